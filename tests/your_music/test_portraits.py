"""What is said about a library without labels, on libraries whose answer is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.clusters.clusterers import kmeans, size_order
from vaeclust.your_music.choice_of_k import choose_k, recommend_k
from vaeclust.your_music.portraits import cluster_portraits, deviation_words, near_duplicates, odd_tracks


def groups(k, n=60, spread=0.4, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(k, 6)) * 6
    return centres[np.arange(n * k) % k] + rng.normal(size=(n * k, 6)) * spread


@pytest.mark.parametrize("k", [3, 5])
def test_clear_groups_are_counted(k):
    best, why = recommend_k(choose_k(groups(k)))
    assert best == k
    assert why == f"All three criteria choose {k} clusters."


def test_without_structure_the_criteria_are_low_and_what_they_say_is_told():
    table = choose_k(np.random.default_rng(0).uniform(size=(300, 6)))
    assert table["silhouette"].max() < 0.25
    assert np.ptp(table["gap"]) < 0.1
    _, why = recommend_k(table)
    assert "do not agree" in why or "All three" in why


def test_few_tracks_allow_few_clusters_and_many_are_sampled():
    assert choose_k(groups(3, n=3))["k"].max() <= 6
    large = choose_k(np.repeat(groups(3), 20, axis=0), ks=[2, 3])
    assert recommend_k(large)[0] == 3


def test_the_choice_is_repeatable():
    pd.testing.assert_frame_equal(choose_k(groups(3), ks=range(2, 5)), choose_k(groups(3), ks=range(2, 5)))


def test_clusters_are_numbered_by_size():
    assert size_order(np.array([7, 7, 2, 7, -1]), [*"abcde"]).tolist() == [0, 0, 1, 0, -1]


def test_a_cluster_is_described_by_what_sets_it_apart():
    assert deviation_words(pd.Series({"tempo": 1.2, "mfcc1_mean": -0.9, "mfcc2_mean": 0.1})) == "fast, quiet"
    assert deviation_words(pd.Series({"spectral_centroid_mean": 0.5, "mfcc2_mean": 0.9})) == "bright"
    assert deviation_words(pd.Series({"tempo": 0.1})) == "much like the library as a whole"
    assert deviation_words(pd.Series({"msd_000": 2.5})) == "these features have no words"


@pytest.fixture
def found(corpus):
    return size_order(kmeans(corpus.audio, 4, 0), corpus.ids)


def test_portraits_name_the_tracks_in_the_middle(corpus, found):
    table = cluster_portraits(corpus, corpus.audio, found)
    assert table["tracks"].sum() == 120
    assert table["tracks"].is_monotonic_decreasing
    first = found[found == 0].index
    points = pd.DataFrame(corpus.audio, corpus.ids).loc[first]
    medoid = np.linalg.norm(points - points.mean(), axis=1).argmin()
    assert table.loc[0, "most typical"].startswith(first[medoid])


def test_the_odd_one_is_found(corpus, found):
    far = corpus.audio.copy()
    far[17] += 25
    assert odd_tracks(corpus, far, found, n=3).index[0] == corpus.ids[17]


def test_near_duplicates_are_found_and_others_are_not(corpus):
    audio = corpus.audio.copy()
    audio[5], audio[40] = audio[80] + 0.001, audio[41]
    pairs = near_duplicates(replace(corpus, audio=audio))
    ids = corpus.ids
    assert {frozenset(pair) for pair in pairs.to_numpy()} == {
        frozenset((ids[5], ids[80])),
        frozenset((ids[40], ids[41])),
    }
    assert near_duplicates(corpus).empty
