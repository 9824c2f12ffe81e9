"""The linear probe: what it reads, and whom it is not shown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.scores.probes import linear_probe


def accuracy(dataset, **options):
    found = linear_probe(dataset, ["genre"], range(2), **options)
    return found[found["metric"] == "accuracy"]["value"]


def test_what_lies_apart_is_read_and_noise_is_not(corpus):
    found = linear_probe(corpus, ["genre"], range(3))
    assert list(found) == ["reference", "seed", "metric", "value"]
    least = found.groupby("metric")["value"].min()
    assert least["accuracy"] > 0.95
    assert least["nmi"] > 0.85
    noise = np.random.default_rng(0).normal(size=corpus.audio.shape).astype(np.float32)
    assert accuracy(replace(corpus, audio=noise)).mean() == pytest.approx(1 / 4, abs=0.12)


def test_an_artist_is_never_on_both_sides(corpus):
    """Six artists a genre, each with a sound of their own and nothing that is shared by a genre."""
    rng = np.random.default_rng(0)
    artists = corpus.classes * 6 + np.arange(len(corpus)) // 4 % 6
    sounds = rng.normal(size=(24, corpus.audio.shape[1]))[artists] + 0.01 * rng.normal(size=corpus.audio.shape)
    alone = replace(corpus, audio=sounds.astype(np.float32))
    known = replace(alone, tracks=alone.tracks.assign(artist=[f"artist {n}" for n in artists]))
    assert accuracy(alone).mean() > 0.95  # tracks of one artist teach each other
    assert accuracy(known).mean() < 0.5


def test_labels_that_are_too_rare_or_not_there_have_no_row(corpus):
    rare = np.where(np.arange(len(corpus)) < 4, "rare", None)
    for genres in (rare, np.where(rare == "rare", "rare", "other")):  # four tracks of five folds; then one that is left
        tracks = corpus.tracks.assign(genre=genres)
        assert linear_probe(replace(corpus, tracks=tracks), ["genre"], [0]).empty
    assert linear_probe(corpus, ["language"], [0]).empty


def test_some_tracks_without_a_label_are_left_out(corpus):
    odd = corpus.audio.copy()
    odd[::3] = 0
    known = corpus.tracks["genre"].where(np.arange(len(corpus)) % 3 != 0)
    unknown = replace(corpus, audio=odd, tracks=corpus.tracks.assign(genre=known))
    assert accuracy(unknown).min() > 0.9  # what is odd has no label to learn or to miss


def test_a_seed_gives_the_same_numbers(corpus):
    once, again = (linear_probe(corpus, ["genre"], [7]) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
