"""What is said about a library without labels, on libraries whose answer is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.clusters.clusterers import kmeans, size_order
from vaeclust.your_music import playlists
from vaeclust.your_music.choice_of_k import choose_k, recommend_k
from vaeclust.your_music.playlists import write_playlists
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


@pytest.mark.parametrize("deviations", [{"msd_000": 2.5}, {"msd_000": 0.0}, {"tempo": np.nan}, {}])
def test_features_without_words_say_that_nothing_is_known(deviations):
    assert deviation_words(pd.Series(deviations, dtype=float)) == "unknown: these features have no words"


@pytest.mark.parametrize("other", [{"mfcc7_mean": -1.5}, {"mfcc7_mean": np.nan}, {"rms_mean": np.nan}])
def test_what_lies_apart_without_words_is_not_much_like_the_library(other):
    assert deviation_words(pd.Series({"tempo": 0.1} | other)) == "unknown: what sets it apart has no words"
    assert deviation_words(pd.Series({"tempo": 0.9} | other)) == "fast"


def test_a_portrait_of_one_track_says_what_is_unknown_of_it(corpus):
    audio = np.zeros_like(corpus.audio)
    audio[5, corpus.features.columns.get_loc("mfcc7_mean")] = 3
    alone = pd.Series((np.arange(len(corpus)) == 5).astype(int), corpus.tracks.index)
    words = cluster_portraits(replace(corpus, audio=audio), audio, alone)["what sets it apart"]
    assert words.to_list() == ["much like the library as a whole", "unknown: what sets it apart has no words"]


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


def test_awkward_names_in_playlists(corpus, found, tmp_path):
    paths = pd.Series("plain.mp3", corpus.tracks.index)
    paths.iloc[0], paths.iloc[1] = "line\nbreak.mp3", "emoji 🎵 'x'.mp3"
    owned = replace(corpus, tracks=corpus.tracks.assign(path=paths))
    text = "".join(path.read_text(encoding="utf-8") for path in write_playlists(owned, found, tmp_path))
    assert "line%0Abreak.mp3" in text
    assert "emoji 🎵 'x'.mp3" in text
    assert write_playlists(corpus, found, tmp_path) == []


def test_what_has_a_file_is_played_but_gtzan_never(corpus, tmp_path):
    (tmp_path / "x y.mp3").touch()
    paths = pd.Series(str(tmp_path / "x y.mp3"), corpus.tracks.index)
    paths.iloc[0], paths.iloc[1] = str(tmp_path / "gone.mp3"), None
    owned = replace(corpus, tracks=corpus.tracks.assign(path=paths))
    heard = playlists.sound_addresses(owned)
    assert heard.isna().tolist() == [True, True] + [False] * 118
    assert heard[2:].str.endswith("x%20y.mp3").all()
    assert playlists.sound_addresses(replace(owned, name="gtzan")).isna().all()
    ids = [f"blues.{i:05d}" for i in range(60)] + [f"rock.{i:05d}" for i in range(60)]
    some_of_gtzan = replace(owned, tracks=owned.tracks.set_axis(ids), name="my-clips")
    assert playlists.sound_addresses(some_of_gtzan).isna().all()
    assert playlists.sound_addresses(corpus).isna().all()
