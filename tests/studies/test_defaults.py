"""What is not said is what the chapters run."""

from inspect import signature

import pytest

from vaeclust.book.chapters import all_chapters
from vaeclust.methods.training import fit
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record, add_umap_maps, read_all


@pytest.mark.parametrize("function", [fit, study, Record, read_all, add_umap_maps], ids=lambda f: f.__name__)
def test_defaults_are_the_parameters_of_a_chapter(function):
    chapter = all_chapters()["03_vae"].parameters
    parameters = signature(function).parameters
    of_the_same = [name for name in chapter if name in parameters and name not in ("dataset", "name")]
    defaults = {name: parameters[name].default for name in of_the_same}
    if defaults.get("seeds") == range(chapter["seeds"]):
        defaults["seeds"] = chapter["seeds"]
    assert defaults
    assert defaults == {name: chapter[name] for name in defaults}
