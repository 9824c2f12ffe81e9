"""Lyrics of several languages: what is centred within a language has lost it, and what is left is tested by artists."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust import load
from vaeclust.evidence.differences import bootstrap_means
from vaeclust.evidence.lyrics import language_effects, language_facts, language_gains, language_table
from vaeclust.studies import languages
from vaeclust.studies.conditions import shuffle_lyrics
from vaeclust.studies.protocol import study

LYRICS = np.random.default_rng(0).normal(size=(120, 30)).astype(np.float32)


@pytest.fixture(scope="module")
def bilingual(corpus):
    """A corpus whose lyrics are two languages far apart; every track has some."""
    language = np.where(np.arange(120) % 3 == 0, "bn", "en")
    tracks = corpus.tracks.assign(language=language, artist=[f"artist {i // 4}" for i in range(120)])
    lyrics = LYRICS + 9 * (language == "bn")[:, None].astype(np.float32)
    return replace(corpus, tracks=tracks, lyrics=lyrics, has_lyrics=np.ones(120, bool))


def test_centred_lyrics_have_no_language_left(bilingual):
    centred = languages.centred_lyrics(bilingual)
    for name in ("bn", "en"):
        chosen = (bilingual.tracks["language"] == name).to_numpy()
        np.testing.assert_allclose(centred.lyrics[chosen].mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(
            np.diff(centred.lyrics[chosen], axis=0), np.diff(bilingual.lyrics[chosen], axis=0), atol=1e-5
        )


def test_lyrics_of_others_are_of_the_same_language(bilingual):
    moved = shuffle_lyrics(bilingual, within="language").lyrics
    for name in ("bn", "en"):
        chosen = (bilingual.tracks["language"] == name).to_numpy()
        np.testing.assert_array_equal(np.sort(moved[chosen], axis=0), np.sort(bilingual.lyrics[chosen], axis=0))
    assert (moved != bilingual.lyrics).any(axis=1).mean() > 0.9


def test_sound_and_words_have_the_same_weight(bilingual):
    conditions = languages.language_conditions(languages.spoken_sounds(bilingual))
    kinds = ["", "_lyrics", "_centred", "_others"]
    assert list(conditions) == ["lyrics", "lyrics_centred", *(f"mfcc20{kind}" for kind in kinds)]
    both = conditions["mfcc20_centred"].corpus.audio
    assert both.shape == (120, 50)
    assert both[:, :20].var(axis=0).sum() == pytest.approx(both[:, 20:].var(axis=0).sum(), rel=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        {"lyrics": None},
        {"labels": ("genre",)},
        {"has_lyrics": np.arange(120) % 3 != 0},  # no text of the second language
        {"has_lyrics": np.arange(120) < 30},  # ten of it
    ],
    ids=["no lyrics", "no language", "one language with lyrics", "too few"],
)
def test_one_language_is_no_study(bilingual, change):
    assert languages.spoken_sounds(replace(bilingual, **change)) == {}


def test_other_features_are_as_given_and_all_descriptions_have_the_same_tracks(bilingual):
    renamed = replace(bilingual, features=bilingual.features.add_prefix("x"))
    heard = bilingual.subset(np.arange(120) < 100)
    found = languages.spoken_sounds(renamed, heard=heard)
    assert list(found) == ["standard", "moods_and_tags"]
    assert [corpus.ids for corpus in found.values()] == [bilingual.ids[:100]] * 2


def test_what_is_found_is_told_by_label_and_number_of_clusters(bilingual):
    conditions = languages.language_conditions(languages.spoken_sounds(bilingual))
    found = study("features", conditions, seeds=2, projections=(), ks=(2, 4), n_clusters=2)
    by_k, known = found.tables["by_k"], bilingual.tracks[["genre", "language"]]
    table = language_table(by_k, ["language", "genre"])
    assert list(table.text) == [f"{label}, k = {k}" for label in ("language", "genre") for k in (2, 4)]
    assert table.numbers.loc[("none", "as they are"), "language, k = 2"] == 1.0
    assert table.numbers.loc[("none", "centred"), "language, k = 2"] < 0.1
    effects = language_effects(found.tables["clusters"], known, bilingual.tracks["artist"])
    rows = effects.set_index(["reference", "condition", "baseline_condition"])
    assert rows.loc[("language", "mfcc20_lyrics", "mfcc20"), "verdict"] == "higher"
    assert rows.loc[("genre", "mfcc20_centred", "mfcc20_others"), "verdict"] == "none"  # the texts are noise
    assert language_gains(effects, "language").text.shape == (1, 3)
    facts = language_facts(by_k, effects)
    assert facts["lyrics_language_2"] == "1.000"
    assert "higher (95 % interval" in facts["language_mfcc20_lyrics_over_mfcc20"]
    some = replace(bilingual, has_lyrics=np.arange(120) % 5 > 0)  # tracks without lyrics are in no cluster
    part = study("features", languages.language_conditions(languages.spoken_sounds(some)), seeds=2, projections=())
    assert len(language_effects(part.tables["clusters"], known, bilingual.tracks["artist"])) == 6
    one = study("features", conditions, seeds=1, projections=(), n_clusters=2)
    assert language_effects(one.tables["clusters"], known, None).empty


def test_artists_are_drawn_whole(bilingual):
    """Forty artists whose tracks are copies of each other are forty observations, not a hundred and twenty."""
    ids = pd.Index([f"t{i}" for i in range(120)])
    rng = np.random.default_rng(1)
    genre = pd.Series(np.repeat(rng.integers(3, size=40), 3), ids)
    clusters = pd.DataFrame({"track_id": ids, "cluster": np.repeat(rng.integers(3, size=40), 3)})
    clusters = pd.concat([clusters.assign(seed=seed) for seed in (0, 1)])
    artists = pd.Series(np.repeat(np.arange(40), 3), ids).astype(str)
    alone, whole = (bootstrap_means(clusters, genre, "ari", units=units) for units in (None, artists))
    assert alone[0] == whole[0]
    assert whole[1:].std() > 1.4 * alone[1:].std()  # √3 at large numbers
    unknown = pd.Series(pd.NA, ids, dtype="str")  # whose artist is not known stands alone
    np.testing.assert_array_equal(bootstrap_means(clusters, genre, "ari", units=unknown), alone)


def test_a_thousand_real_songs(songs_folder):
    folder = songs_folder
    given = {"tracks": folder / "tracks.csv", "lyrics": folder / "lyrics_bag_of_words.csv.gz"}
    songs = load(folder / "features_57.csv", **given)
    heard = languages.moods_and_tags(folder / "features_57.csv", f"{folder / 'listening.npz'}", **given)
    sounds = languages.spoken_sounds(songs, load(folder / "features_57.csv", features="full", **given), heard)
    assert {name: corpus.audio.shape for name, corpus in sounds.items()} == {
        "mfcc20": (1000, 20), "full_features": (1000, 57), "moods_and_tags": (1000, 57),
    }  # fmt: skip
    found = study("features", languages.language_conditions(sounds), seeds=5, projections=(), ks=(2, 7))
    nmi = language_table(found.tables["by_k"], ["language", "genre"]).numbers
    words, centred = nmi.loc[("none", "as they are")], nmi.loc[("none", "centred")]
    assert words["language, k = 2"] > 0.9
    assert words["genre, k = 2"] < 0.1
    assert words["language, k = 7"] < 0.6
    assert (nmi.xs("none", level="lyrics")["language, k = 2"] < 0.01).all()
    assert centred["language, k = 2"] < 0.05
    effects = language_effects(found.tables["clusters"], songs.tracks[["genre"]], songs.tracks["artist"])
    verdicts = effects.set_index(["condition", "baseline_condition"])["verdict"]
    assert verdicts["full_features_centred", "full_features"] == "higher"
    assert verdicts["full_features_centred", "full_features_others"] == "higher"
    assert verdicts["moods_and_tags_centred", "moods_and_tags"] == "none"
