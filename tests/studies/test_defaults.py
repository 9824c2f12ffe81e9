"""What is not said is what the chapters run."""

from inspect import signature

import pytest

from vaeclust.book.chapters import all_chapters
from vaeclust.methods.training import fit
from vaeclust.studies.protocol import study


@pytest.mark.parametrize("function", [fit, study], ids=lambda function: function.__name__)
def test_defaults_are_the_parameters_of_a_chapter(function):
    chapter = all_chapters()["03_vae"].parameters
    parameters = signature(function).parameters
    defaults = {name: parameters[name].default for name in chapter if name in parameters and name != "dataset"}
    assert defaults["seeds"] in (chapter["seeds"], range(chapter["seeds"]))
    assert {**defaults, "seeds": chapter["seeds"]} == {name: chapter[name] for name in defaults}
    assert len(defaults) >= 2
