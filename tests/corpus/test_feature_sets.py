"""Feature sets from the table to what models see: scaling, tags, files of features, the networks that listen."""

import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest
from conftest import command
from scipy.spatial.distance import pdist
from sounds import song

from vaeclust.corpus import measured, named
from vaeclust.corpus.feature_sets import FEATURE_SETS, recognise
from vaeclust.corpus.listening import LAYER, TAGS
from vaeclust.corpus.scaling import SCALINGS, scaled
from vaeclust.corpus.sources import load
from vaeclust.studies.origins import folder_name, origin

LISTENING = ("musicnn", "musicnn-mtt", "musicnn-tags")


@pytest.mark.parametrize("row", FEATURE_SETS.values(), ids=list(FEATURE_SETS))
def test_a_row_takes_what_its_measurement_gives(row):
    measured_columns = row.measurement.columns
    assert len(set(measured_columns)) == len(measured_columns)
    assert set(row.columns) | set(row.tags) <= set(measured_columns)
    assert row.scaling in SCALINGS
    assert recognise(row.columns) is row


# Scaling


@pytest.fixture
def probabilities(corpus):
    rng = np.random.default_rng(3)
    values = rng.beta(0.3, 3, size=(len(corpus), 50)) * rng.uniform(0.05, 1, size=50)
    return pd.DataFrame(values, index=corpus.tracks.index, columns=TAGS["msd"])


def test_a_common_scale_keeps_proportions(probabilities):
    found = scaled(probabilities, "common")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-6)
    assert found.var(axis=0).mean() == pytest.approx(1, rel=1e-5)
    ratio = pdist(found) / pdist(probabilities)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)


def test_roots_are_hellingers_distance(probabilities):
    found = scaled(probabilities, "roots")
    ratio = pdist(found) / pdist(np.sqrt(probabilities))
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
    with pytest.raises(ValueError, match=r"numbers below 0: \['rock'\]"):
        scaled(probabilities.assign(rock=-0.1), "roots")


def test_nothing_to_tell_tracks_apart_by_is_said():
    same = pd.DataFrame(np.full((4, 3), 0.1))
    with pytest.warns(UserWarning, match="all tracks have the same features"):
        assert not scaled(same, "common").any()


# Tables of tags


@pytest.fixture
def tag_table(tmp_path, probabilities):
    """Means and deviations of tags, in no order that is the model's."""
    means, deviations = probabilities.add_suffix(" mean"), (probabilities / 2).add_suffix(" sd")
    table = means.join(deviations)[sorted([*means, *deviations])]
    table.iloc[::-1].to_csv(tmp_path / "tags of a model.csv")
    return tmp_path / "tags of a model.csv"


def test_a_table_of_tag_means_is_known(table_path, tag_table, probabilities, corpus):
    data = load(table_path, features=tag_table)
    assert list(data.features) == list(TAGS["msd"])
    pd.testing.assert_frame_equal(data.tags, data.features)
    np.testing.assert_allclose(data.features, probabilities.loc[data.ids])
    assert data.ids == corpus.ids
    assert data.scaling == "roots"
    np.testing.assert_array_equal(data.audio, scaled(data.features, "roots"))


def test_parts_keep_scaling_and_tags(table_path, tag_table):
    data = load(table_path, features=tag_table)
    part = data.subset(np.arange(len(data)) % 2 == 0)
    assert list(part.tags.index) == part.ids
    np.testing.assert_array_equal(part.audio, scaled(part.features, "roots"))
    whole = data.subset(np.arange(len(data)) % 2 == 0, rescale=False)
    np.testing.assert_array_equal(whole.audio, data.audio[::2])


def test_another_scaling_is_another_study(table_path, tag_table, corpus, tmp_path):
    data, raw = load(table_path, features=tag_table), load(table_path, features=tag_table, scaling="common")
    np.testing.assert_array_equal(raw.audio, scaled(raw.features, "common"))
    assert raw.checksum != data.checksum
    assert origin(raw)["features"] != origin(data)["features"]
    assert (folder_name(data, tmp_path), folder_name(raw, tmp_path)) == (
        "small-tags-of-a-model",
        "small-tags-of-a-model-common",
    )
    assert raw.source != data.source
    assert load(table_path, scaling="standard").variant == ""
    assert load(table_path, scaling="common").audio.var(axis=0).std() > 0.1
    with pytest.raises(ValueError, match="scaling='minmax'; expected one of standard, common, roots"):
        load(table_path, scaling="minmax")


def test_one_array_of_several(tmp_path, table_path, corpus, probabilities):
    rng = np.random.default_rng(0)
    more = {"layer": rng.normal(size=(120, 7)), "tags": probabilities.to_numpy(), "weight": np.ones(120)}
    np.savez(tmp_path / "ears.npz", track_id=np.array(corpus.ids), **more)
    for name, width in (("layer", 7), ("tags", 50)):
        data = load(table_path, features=f"{tmp_path / 'ears.npz'}:{name}")
        assert data.audio.shape == (120, width)
        assert data.scaling == "standard"
        assert data.variant == f"ears-{name}"
        assert data.given["features"].endswith(f"ears.npz:{name}")
    roots = load(table_path, features=f"{tmp_path / 'ears.npz'}:tags", scaling="roots")
    np.testing.assert_allclose(roots.audio, scaled(probabilities, "roots"), atol=1e-6)
    with pytest.raises(ValueError, match=r"or the name of one: ears\.npz:layer, ears\.npz:tags$"):
        load(table_path, features=tmp_path / "ears.npz")
    with pytest.raises(ValueError, match=r"found .*weight \(120,\); expected track_id \(n,\) and an array nothing"):
        load(table_path, features=f"{tmp_path / 'ears.npz'}:nothing")


# Sound


@pytest.fixture
def library(tmp_path):
    for i in range(6):
        song(tmp_path / "songs" / ("low" if i < 3 else "high") / f"{i}.wav", i, seconds=4.0)
    song(tmp_path / "songs" / "low" / "short.wav", 9, seconds=2.0)
    return tmp_path / "songs"


def test_without_weights_only_what_asks_for_them_is_refused(library, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    for features in LISTENING:
        with pytest.raises(FileNotFoundError, match=r"`vaeclust fetch musicnn` .* put musicnn-0\.1\.0-py3"):
            load(library, features=features)
    assert load(library).audio.shape == (7, 20)


@pytest.mark.usefixtures("listening_cache")
def test_a_folder_is_listened_to_once(library, monkeypatch):
    data = load(library, features="musicnn")
    assert repr(data) == "songs: 6 tracks, 200 features, 2 genres, no lyrics; left out: low/short"
    assert data.excluded["low/short"].startswith("it lasts 2.00 s; at least 2.98 s are needed")
    assert list(data.features) == list(LAYER["msd"])
    assert list(data.tags) == list(TAGS["msd"])
    assert data.scaling == "common"
    np.testing.assert_array_equal(data.audio, scaled(data.features, "common"))
    other = load(library, features="musicnn-mtt")
    assert list(other.tags) == list(TAGS["mtt"])
    assert (data.variant, other.variant) == ("musicnn", "musicnn-mtt")
    monkeypatch.setattr(measured, "run", lambda *_, **__: pytest.fail("measured again"))
    tags = load(library, features="musicnn-tags")
    pd.testing.assert_frame_equal(tags.features, data.tags)
    np.testing.assert_array_equal(tags.audio, scaled(data.tags, "roots"))
    shutil.rmtree(named.user_cache_path("vaeclust") / "weights")
    assert load(library, features="musicnn").checksum == data.checksum


def test_the_tables_of_a_corpus_are_read_again(listening_cache, library, project):
    done = command("vaeclust", "data", library, "--features", "musicnn", cwd=project)
    assert done.returncode == 0, done.stderr
    folder, data = project / "results" / "songs-musicnn", load(library, features="musicnn")
    tags = pd.read_csv(folder / "tags.csv", index_col="track_id")
    assert list(tags) == list(TAGS["msd"])
    np.testing.assert_allclose(tags, data.tags)
    again = load(folder / "features.csv", features="musicnn")
    np.testing.assert_allclose(again.audio, data.audio, rtol=1e-5, atol=1e-6)
    assert again.tags is None
    heard = load(folder / "features.csv", features=folder / "tags.csv")
    np.testing.assert_allclose(heard.audio, load(library, features="musicnn-tags").audio, rtol=1e-4, atol=1e-5)


def test_a_table_without_what_was_asked_for_says_so(table_path):
    with pytest.raises(ValueError, match=r"200 columns of features='musicnn' are missing .*or a folder of audio"):
        load(table_path, features="musicnn")


@pytest.mark.usefixtures("listening_cache")
def test_the_demo_corpus_has_every_set(monkeypatch):
    monkeypatch.setattr(named.demo, "track_table", partial(named.demo.track_table, clips_per_style=1))
    few, heard = load("demo"), load("demo", features="musicnn")
    assert heard.ids == few.ids
    assert heard.audio.shape == (10, 200)
    assert heard.tags.shape == (10, 50)
    np.testing.assert_array_equal(heard.lyrics, few.lyrics)
    assert load("demo", features="full").audio.shape == (10, 57)
    monkeypatch.setattr(named, "run", lambda *_, **__: pytest.fail("measured again"))
    again = load("demo", features="musicnn")
    assert again.checksum == heard.checksum
    assert (again.name, again.variant, again.given["features"]) == ("demo", "musicnn", "musicnn")
