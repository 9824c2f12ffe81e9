"""What cannot work is refused before anything starts, with name, value and what is allowed."""

from dataclasses import replace

import numpy as np
import pytest

from vaeclust.book.chapters import all_chapters
from vaeclust.corpus.dataset import assemble
from vaeclust.methods.training import fit
from vaeclust.studies.conditions import controls, standard
from vaeclust.studies.parameters import PARAMETERS, check_parameters, study_settings
from vaeclust.studies.protocol import study

BAD = [
    *(("seeds", value) for value in (0, -1, 1.5, "3", True)),
    *(("epochs", value) for value in (0, -5, 2.0, "many")),
    *(("batch_size", value) for value in (0, 1)),
    *(("learning_rate", value) for value in (0, 0.0, -1e-3, float("nan"), float("inf"), "fast")),
    *(("latent_dim", value) for value in (0, 1, 1_000_000, 2.5, False)),
    *(("n_clusters", value) for value in (1, -2, 2.0)),
    *(("betas", value) for value in ("", "1,,2", "1,1.0000001", "nan", "inf", "0", "-1", "1;2", True)),
    ("curve", "0.1,,"),
    *(("hidden", value) for value in ("", "128,,64", "0", "64,-1", "1.5", 1.5)),
    ("method", "vea"),
    *(("dataset", value) for value in ("", "  ")),
    *(("results_dir", value) for value in ("", " ")),
    ("features", 20),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_values_are_refused(name, value):
    with pytest.raises(ValueError, match=name) as refused:
        check_parameters({name: value})
    assert str(value) in str(refused.value)
    assert "expected" in str(refused.value) or "have one name" in str(refused.value)


def test_good_values_pass():
    check_parameters({name: parameter.default for name, parameter in PARAMETERS.items()})
    check_parameters({"learning_rate": 1, "curve": "", "n_clusters": 2, "something_else": object()})


def test_every_parameter_of_every_chapter_has_its_row_and_its_default():
    for chapter in all_chapters().values():
        found = {**chapter.parameters, "features": chapter.parameters.get("features") or "mfcc20"}
        assert {n: PARAMETERS[n].default for n in found} == found, chapter.slug


def test_a_default_that_is_too_large_is_lowered_in_a_line(corpus, capsys):
    few = corpus.subset([True] * 6 + [False] * 114)
    few = replace(few, tracks=few.tracks.assign(genre=None), n_groups=10)
    settings = study_settings({}, few, ["pca"])
    assert (settings["latent_dim"], few.default_k()) == (6, 3)
    said = capsys.readouterr().out
    assert "latent_dim is lowered to 6: 6 tracks with 20 features" in said
    assert "n_clusters is lowered to 3: 6 tracks" in said


def test_a_chosen_value_stays_or_is_refused(corpus):
    assert study_settings({"latent_dim": 30}, corpus, ["vae"])["latent_dim"] == 30
    with pytest.raises(ValueError, match=r"latent_dim=30; PCA of \(120, 20\) allows at most 20"):
        study_settings({"latent_dim": 30}, corpus, ["pca", "raw"])
    with pytest.raises(ValueError, match=r"n_clusters=120 for 120 tracks; expected at most 119"):
        study_settings({"n_clusters": 120}, corpus)


def test_training_that_runs_away_is_an_error_at_once(corpus):
    with pytest.raises(ValueError, match=r"the .* of VAE .*is not finite; learning_rate is 1e\+20, expected a smaller"):
        fit("vae", corpus, [0], epochs=200, learning_rate=1e20)


def test_what_is_left_without_copies_bounds_the_defaults(corpus, capsys):
    few = corpus.subset(np.arange(len(corpus)) < 9)
    twice = few.features.iloc[[0, 1, 2, 3, 4, 5, 0, 1, 2]].set_axis(few.ids)
    copies = assemble("copies", few.tracks, twice)
    settings = study_settings({}, copies)
    assert settings["latent_dim"] == 6
    assert "latent_dim is lowered to 6: 9 tracks, 6 different ones with 20 features" in capsys.readouterr().out
    found = study("pca", standard(copies) | controls("pca", copies), **{**settings, "seeds": 1, "n_clusters": 2})
    assert set(found.tables["scores"]["condition"]) == {"standard", "no_duplicates"}
