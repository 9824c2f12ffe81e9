"""Audio, lyrics or both: what each view shows, and what the record of all views holds."""

from dataclasses import replace

import numpy as np
import pytest

from vaeclust.corpus.sources import load
from vaeclust.evidence.words import CONDITION_TITLES
from vaeclust.studies.conditions import lyrics_controls, shuffle_lyrics
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record
from vaeclust.studies.views import ONE, SLUG, TWO, VIEW_METHODS, VIEWED, lyrics_part, shown_corpus, view_conditions


@pytest.fixture(scope="module")
def demo():
    return load("demo")


def test_only_tracks_with_lyrics_are_left(demo, gtzan_folder):
    known = lyrics_part(demo)
    assert len(known) == demo.has_lyrics.sum()
    assert known.has_lyrics.all()
    np.testing.assert_allclose(known.audio.std(axis=0), 1, atol=1e-5)
    assert lyrics_part(replace(demo, has_lyrics=np.arange(len(demo)) < 29)) is None
    paths = {name: gtzan_folder / name for name in ("tracks.csv", "lyrics_bag_of_words.csv.gz")}
    gtzan = load(gtzan_folder / "features_30_sec.csv", tracks=paths["tracks.csv"], lyrics=paths[next(reversed(paths))])
    assert len(lyrics_part(gtzan)) == 629


def test_a_view_shows_what_it_says(spoken):
    assert shown_corpus(spoken, "audio", "umap") is spoken
    assert np.array_equal(shown_corpus(spoken, "lyrics", "vae").audio, spoken.lyrics)
    both = shown_corpus(spoken, "both", "umap").audio
    np.testing.assert_array_equal(both, np.hstack([spoken.audio, spoken.lyrics]))
    assert shown_corpus(spoken, "both", "multimodal_vae") is spoken  # it reads both by itself
    shuffled = shown_corpus(spoken, "shuffled", "product_of_experts")
    np.testing.assert_array_equal(shuffled.audio, spoken.audio)
    assert sorted(map(tuple, shuffled.lyrics)) == sorted(map(tuple, spoken.lyrics))
    assert (shuffled.lyrics != spoken.lyrics).any(axis=1).mean() > 0.9


def test_the_record_of_all_views_says_what_it_is_of(spoken, tmp_path):
    record, k = Record("small", SLUG, tmp_path), spoken.default_k()
    settings = {"seeds": 2, "epochs": 2, "projections": ()}
    record.keep(*(study(slug, view_conditions(slug, spoken, k), **settings) for slug in VIEWED))
    assert set(record.read("clusters")["method"]) == set(VIEWED)
    assert record.read("clusters").columns[0] == record.read("history").columns[0] == "method"
    assert not record.path("maps").exists()
    assert set(record.run()["settings"]) == set(VIEWED)
    assert record.run()["tracks"] == len(spoken)


def test_every_view_has_representations_that_can_see_it():
    assert set(VIEW_METHODS) <= set(CONDITION_TITLES)
    assert set(ONE) & set(TWO) == {"features", "umap"}


def test_controls_move_what_they_say(demo):
    changed = {name: condition.corpus for name, condition in lyrics_controls(demo).items()}
    moved, empty = changed["moved_coverage"], changed["coverage_only"]
    assert moved.has_lyrics.sum() == demo.has_lyrics.sum()
    assert (moved.has_lyrics != demo.has_lyrics).any()
    assert (moved.lyrics[~moved.has_lyrics] == 0).all()
    assert not empty.lyrics.any()
    np.testing.assert_array_equal(empty.has_lyrics, demo.has_lyrics)
    np.testing.assert_array_equal(shuffle_lyrics(demo).has_lyrics, demo.has_lyrics)
    np.testing.assert_array_equal(changed["shuffled_lyrics"].lyrics, shuffle_lyrics(demo).lyrics)
    complete = replace(demo, has_lyrics=np.ones(len(demo), dtype=bool))
    assert not {"moved_coverage", "coverage_only"} & set(lyrics_controls(complete))
