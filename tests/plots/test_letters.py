"""Names in every script are no boxes in figures."""

import io
import warnings

import matplotlib.pyplot as plt
import pytest

from vaeclust.plots.style import use_book_style


def drawn(names: list[str]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use_book_style()
        figure, ax = plt.subplots()
        ax.bar(range(len(names)), range(len(names)), label=names)
        ax.set_xticks(range(len(names)), names, rotation=45)
        ax.legend()
        written = io.BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
        plt.close(figure)
    return written.getvalue().decode()


@pytest.mark.parametrize("name", ["গান", "हिन्दी", "摇滚", "ロック", "ฉันรักเธอ", "🎸"])
def test_letters_that_the_font_lacks_stay_text(name):
    assert f">{name}</text>" in drawn([name, "Rock"])


@pytest.mark.parametrize("name", ["Rock", "Übung", "Рок", "Λαϊκά"])
def test_letters_that_it_has_are_outlines_as_before(name):
    assert "<text" not in drawn([name, "Folk"])
