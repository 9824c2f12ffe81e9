"""Descriptions of the same tracks: from tables, from sound, from what was heard elsewhere."""

import shutil

import numpy as np
import pandas as pd
import pytest
from sounds import song

from vaeclust.clusters.clusterers import kmeans
from vaeclust.corpus.listening import MUSICNN, PLAIN_TAGS, TAGS
from vaeclust.corpus.scaling import scaled
from vaeclust.evidence.words import CONDITION_TITLES
from vaeclust.scores.labels import ari, nmi, purity
from vaeclust.studies.descriptions import (
    DESCRIPTIONS,
    JOINED,
    PLAIN,
    described_corpora,
    listening_rule,
    plain_tags,
    side_by_side,
)
from vaeclust.studies.rules import FULL_FEATURES


@pytest.fixture
def heard(corpus, tmp_path):
    """What networks heard of all tracks but the first ten, in another order; and an array that nobody knows."""
    rng = np.random.default_rng(0)
    ids = corpus.ids[:9:-1]
    arrays = {"msd_penultimate": rng.normal(size=(110, 200)), "msd_tags": rng.beta(0.3, 3, size=(110, 50))}
    path = tmp_path / "heard.npz"
    np.savez(path, track_id=np.array(ids), moods=rng.uniform(size=(110, 7)), other=np.ones((110, 3)), **arrays)
    return path


def test_every_description_has_a_title():
    assert {*DESCRIPTIONS, PLAIN, JOINED} <= set(CONDITION_TITLES)
    assert len(set(PLAIN_TAGS)) == 20
    assert set(PLAIN_TAGS) < set(TAGS["msd"])


def test_a_table_and_what_was_heard(table_path, heard, corpus):
    found, missing = described_corpora(table_path, heard=str(heard))
    assert list(found) == ["mfcc20", FULL_FEATURES, "moods", "layer_msd", "tags", PLAIN, JOINED]
    assert all(each.ids == corpus.ids[10:] for each in found.values())
    assert found["tags"].scaling == "roots"
    assert found["layer_msd"].scaling == found["moods"].scaling == "common"
    assert set(missing) == {"layer_untrained", "layer_mtt", "layer_every"}
    assert set(missing.values()) == {"not in heard.npz"}
    with np.load(heard) as arrays:
        order = [arrays["track_id"].tolist().index(track) for track in found["tags"].ids]
        np.testing.assert_allclose(found["tags"].features, arrays["msd_tags"][order])


def test_without_sound_there_is_what_the_table_has(table_path, corpus):
    found, missing = described_corpora(table_path)
    assert list(found) == ["mfcc20", FULL_FEATURES]
    assert found["mfcc20"].checksum == corpus.checksum
    assert set(missing.values()) == {"no sound here, and no file of what was heard"}


def test_features_of_ones_own_are_one_more(table_path, corpus, tmp_path):
    own = tmp_path / "own.npz"
    np.savez(own, track_id=np.array(corpus.ids[:50]), embeddings=np.random.default_rng(0).normal(size=(50, 9)))
    found, _ = described_corpora(table_path, features=str(own))
    assert {name: each.audio.shape for name, each in found.items()} == {
        "standard": (50, 9), "mfcc20": (50, 20), FULL_FEATURES: (50, 57),
    }  # fmt: skip


def test_tags_side_by_side_with_features(table_path, heard):
    found, _ = described_corpora(table_path, heard=str(heard))
    tags, joined = found["tags"], found[JOINED]
    assert joined.audio.shape == (110, 107)
    variances = joined.audio.var(axis=0)
    assert variances[:50].sum() == pytest.approx(variances[50:].sum(), rel=1e-4)
    assert variances.mean() == pytest.approx(1, rel=1e-4)
    np.testing.assert_allclose(np.corrcoef(joined.audio[:, 3], tags.audio[:, 3])[0, 1], 1)
    three = side_by_side(tags, found["moods"], found["mfcc20"]).audio.var(axis=0)
    shares = [three[:50].sum(), three[50:57].sum(), three[57:].sum()]
    np.testing.assert_allclose(shares, shares[0], rtol=1e-4)


def test_tags_that_name_no_genre(table_path, heard):
    found, _ = described_corpora(table_path, heard=str(heard))
    plain = plain_tags(found["tags"])
    assert plain.features.shape == (110, 20)
    chosen = found["tags"].features.iloc[:, [TAGS["msd"].index(tag) for tag in PLAIN_TAGS]]
    np.testing.assert_array_equal(plain.audio, scaled(chosen, "roots"))


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    for number in range(6):
        song(folder / f"{number}.wav", seed=number, seconds=7)
    return folder


def test_a_folder_without_weights_says_how_to_get_them(music, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty cache"))
    found, missing = described_corpora(music, most=4)
    assert {name: len(each) for name, each in found.items()} == {"mfcc20": 4, FULL_FEATURES: 4, "layer_untrained": 4}
    for name in ("layer_msd", "layer_mtt", "layer_every", "tags"):
        assert "`vaeclust fetch musicnn` downloads them once" in missing[name]
    again, _ = described_corpora(music, most=4)
    assert again["mfcc20"].ids == found["layer_untrained"].ids


def test_a_folder_is_listened_to(music, listening_cache):
    found, missing = described_corpora(music)
    assert [name for name in DESCRIPTIONS if name in found] == [name for name in DESCRIPTIONS if name != "moods"]
    assert "moods" in missing["moods"] or "onnxruntime" in missing["moods"]
    layer, every, untrained = (
        found[name].features.to_numpy() for name in ("layer_msd", "layer_every", "layer_untrained")
    )
    assert not np.allclose(layer, untrained)
    assert np.allclose(layer, every) == (7 * 16_000 < 2 * 187 * 256)  # one patch alone is heard of so short a clip
    shutil.rmtree(MUSICNN.folder)
    again, _ = described_corpora(music)  # from the cache, without weights
    np.testing.assert_array_equal(again["layer_msd"].audio, found["layer_msd"].audio)


def test_the_synthetic_corpus_is_quick(musicnn_weights):
    found, missing = described_corpora("demo", most=listening_rule()["sample"])
    assert list(found) == ["mfcc20", "layer_untrained", "layer_msd", "tags", PLAIN, JOINED]
    assert {len(each) for each in found.values()} == {100}
    assert set(missing) == {FULL_FEATURES, "moods", "layer_mtt", "layer_every"}


def test_labels_but_no_artists(table, tmp_path):
    about = table[["filename"]].assign(artist=["Ann", "Bo"] * 60, language=["de", "en", None] * 40)
    table.to_csv(tmp_path / "t.csv", index=False)
    about.to_csv(tmp_path / "about.csv", index=False)
    found, _ = described_corpora(tmp_path / "t.csv", tracks=tmp_path / "about.csv", labels="language, genre,artist")
    references = found["mfcc20"].references()
    assert list(references) == ["language", "genre", "artist"]
    assert found["mfcc20"].label_names == ("language", "genre")
    assert pd.Series(references["language"]).value_counts().to_dict() == {0: 40, 1: 40, -1: 40}
    with pytest.raises(ValueError, match=r"label 'mood': no such column in the tracks; found genre, artist, language"):
        described_corpora(tmp_path / "t.csv", tracks=tmp_path / "about.csv", labels="mood")


def test_gtzan_is_grouped_by_what_was_heard(gtzan_folder):
    """The bounds of what was tried before, on all 733 tracks of the published tags."""
    tags = gtzan_folder / "musicnn_msd_tags_733.csv"
    found, _ = described_corpora(
        gtzan_folder / "features_30_sec.csv", tracks=gtzan_folder / "tracks.csv", heard=str(tags)
    )
    assert list(found) == ["mfcc20", FULL_FEATURES, "tags", PLAIN, JOINED]
    scores = {}
    for name, corpus in found.items():
        assert len(corpus) == 733
        each = [kmeans(corpus.audio, 10, seed) for seed in range(3)]
        scores[name] = [np.mean([metric(corpus.classes, c) for c in each]) for metric in (nmi, ari, purity)]
    for name, expected in {
        "mfcc20": (0.299, 0.157, 0.370),
        FULL_FEATURES: (0.348, 0.199, 0.406),
        JOINED: (0.655,),
    }.items():
        assert scores[name][: len(expected)] == pytest.approx(expected, abs=0.02), name
    assert scores["tags"][0] > 0.66
    assert scores["tags"][1] > 0.58
    assert scores["tags"][2] > 0.76


def test_numbers_of_ones_own_are_described_as_given(tmp_path):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 5)), columns=list("abcde"))
    table.assign(track_id=[f"t{i}" for i in range(30)]).to_csv(tmp_path / "own.csv", index=False)
    found, missing = described_corpora(str(tmp_path / "own.csv"))
    assert list(found) == ["standard"]
    assert found["standard"].audio.shape == (30, 5)
    assert {"mfcc20", "tags"} <= set(missing)
