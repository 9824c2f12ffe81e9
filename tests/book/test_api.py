"""The page of the package: its lists are the tables of contents, its markup is valid whatever a docstring says."""

import pytest

from vaeclust.book.api import ROOMS, door_lines, field_names, public_names, room_lines, valid_markup
from vaeclust.corpus.dataset import Dataset
from vaeclust.methods.models import Output
from vaeclust.scores.metrics import Metric


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("(*, features) → (*)", r"(\*, features) → (\*)"),
        ("views, each (seeds, *shape)", r"views, each (seeds, \*shape)"),
        ("then *all* dimensions", "then *all* dimensions"),
        ("``(*, features)`` of ``nn.Module``s", r"``(*, features)`` of ``nn.Module``\ s"),
        (">>> print(*names)", ">>> print(*names)"),
        ("(chapters ``00_data``, ``99_none``)", "(chapters :doc:`00_data </book/chapters/00_data>`, ``99_none``)"),
        ("(page ``metrics``), a ``style``", "(page :doc:`metrics </book/metrics>`), a ``style``"),
    ],
)
def test_docstrings_become_valid_markup(text, valid):
    assert valid_markup(text, {"book/chapters/00_data", "book/metrics", "book/style"}) == valid


def test_a_dataclass_is_called_by_its_fields():
    assert field_names(Metric) == "(name, title, kind, function, higher_is_better, low, high)"
    assert field_names(Output).startswith("(reconstruction, mean, log_variance=..., ")
    assert "<" not in field_names(Dataset)


@pytest.mark.parametrize("room", [*ROOMS, "corpus.demo"])
def test_a_room_shows_every_name_that_it_hands_on(room):
    lines = list(room_lines(room))
    for module, names in public_names(room).items():
        home = f"vaeclust.{room}.{module}".rstrip(".")  # a room may be one module
        assert f".. rubric:: {home}" in lines
        for name in names:
            assert any(line.startswith(".. ") and line.endswith((f"{home}.{name}", f":: {name}")) for line in lines)


def test_what_the_package_hands_on_leads_into_its_rooms():
    lines = list(door_lines())
    assert len(lines) == sum(map(len, public_names("").values()))
    for line in lines:
        address, said = line.removeprefix("- :py:obj:`").split(">`: ")
        name, home = address.split(" <vaeclust.")
        place, _, same = home.rpartition(".")
        room, _, module = place.partition(".")
        assert name == same
        assert name in public_names(room)[module]
        assert said[0].isalpha()
