"""What is said about a library without labels, on libraries whose answer is known."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import soundfile
from sounds import encoded

from vaeclust.clusters.clusterers import kmeans, size_order
from vaeclust.corpus.audio import FULL, MFCC20, decode
from vaeclust.corpus.dataset import assemble, equal_rows
from vaeclust.corpus.demo import tracks as demo
from vaeclust.corpus.listening import LAYER, listen
from vaeclust.corpus.sources import load
from vaeclust.your_music.choice_of_k import choose_k, recommend_k
from vaeclust.your_music.portraits import (
    cluster_portraits,
    deviation_words,
    duplicate_pairs,
    near_duplicates,
    odd_tracks,
)


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
    assert near_duplicates(corpus).columns.tolist() == pairs.columns.tolist() == ["track", "almost the same as"]


def test_near_duplicates_are_called_by_name_and_id(corpus):
    named = replace(corpus, tracks=corpus.tracks.assign(title="Song"), audio=corpus.audio.copy())
    named.audio[7] = named.audio[3]
    assert near_duplicates(named).to_numpy().tolist() == [[f"Song ({corpus.ids[3]})", f"Song ({corpus.ids[7]})"]]
    assert duplicate_pairs(named) == [(corpus.ids[3], corpus.ids[7])]


def library(features, seed=0, n=200):
    """A library of songs of a few kinds, its features as they are measured."""
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(5, len(features))) * 3
    values = (kinds[np.arange(n) % 5] + rng.normal(size=(n, len(features)))) * rng.uniform(1, 50, len(features))
    index = pd.Index([f"song {i:03d}" for i in range(n)], name="track_id")
    return pd.DataFrame(values, index, columns=list(features))


def duplicates_of(features, **options):
    about = pd.DataFrame({"genre": pd.NA}, features.index)
    return duplicate_pairs(assemble("songs", about, features, **options))


@pytest.mark.parametrize("features", [MFCC20, FULL], ids=["20", "57"])
def test_a_copy_at_another_level_is_one(features):
    songs = library(features)
    copies = songs[:20].set_axis([f"{song} again" for song in songs.index[:20]])
    copies["mfcc1_mean"] -= 60.0  # what 6 dB are, and more
    for name in songs.columns.intersection(["rms_mean", "harmony_mean", "perceptr_mean"]):
        copies[name] /= 2
    for name in songs.columns.intersection(["rms_var", "harmony_var", "perceptr_var"]):
        copies[name] /= 4
    assert duplicates_of(pd.concat([songs, copies])) == [(song, f"{song} again") for song in songs.index[:20]]


@pytest.mark.parametrize("features", ["mfcc20", "full"])
def test_a_copy_is_one_quieter_or_of_few_bits(tmp_path, monkeypatch, features):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    table = demo.track_table().iloc[::10]
    wanted = set()
    for number, (_, track) in enumerate(table.iterrows()):
        samples = 0.7 * demo.render(track, seconds=5.0)
        (tmp_path / "music").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "music" / f"{number:02d}.flac", samples, 22_050)
        if number % 6 == 0:
            soundfile.write(tmp_path / "music" / f"{number:02d} quiet.flac", samples / 2, 22_050)
            wanted.add((f"{number:02d}", f"{number:02d} quiet"))
        if number % 6 == 3:
            encoded(tmp_path / "music" / f"{number:02d} small.mp3", samples=samples, rate=22_050, bit_rate=32_000)
            wanted.add((f"{number:02d}", f"{number:02d} small"))
    found = {tuple(sorted(pair)) for pair in duplicate_pairs(load(tmp_path / "music", features=features))}
    assert len(wanted & found) >= 0.9 * len(wanted) > 15
    assert len(found - wanted) <= 1


def test_every_two_of_many_copies_are_pairs():
    songs = library(MFCC20)
    exact = pd.concat([songs.iloc[[0]]] * 7).set_axis([f"again {i}" for i in range(7)])
    near = (songs.iloc[[1]] * 1.001).set_axis(["close"])
    found = duplicates_of(pd.concat([songs, exact, near]))
    assert sorted(found) == sorted([*combinations(["song 000", *exact.index], 2), ("song 001", "close")])


def test_what_is_alike_for_no_reason_is_no_duplicate():
    songs = library(MFCC20)
    assert duplicates_of(songs) == []
    assert duplicates_of(songs[:2]) == []
    for start in range(5):
        assert duplicates_of(songs[start:60:5]) == []  # twelve songs of one kind
    with pytest.warns(UserWarning, match="constant"):
        assert len(duplicates_of(songs[:5] * 0)) == 10  # all of them
    twins = pd.concat([songs[:2], songs[:2].set_axis(["a", "b"])])
    assert duplicates_of(twins) == [("song 000", "a"), ("song 001", "b")]  # the two songs themselves are none


def test_one_feature_of_loudness_alone_is_better_than_none():
    songs = library(["mfcc1_mean"], n=40)
    assert duplicates_of(pd.concat([songs, songs[:1].set_axis(["again"])])) == [("song 000", "again")]


def test_the_known_twins_of_gtzan_are_found_and_none_but_of_one_artist(gtzan):
    found = duplicate_pairs(gtzan)
    twins = set(equal_rows(gtzan)[["first", "second"]].itertuples(index=False, name=None))
    assert twins <= set(found)
    artist, title = gtzan.tracks["artist"], gtzan.tracks["title"]
    assert all(artist[one] == artist[other] for one, other in set(found) - twins)
    assert sum(title[one] == title[other] for one, other in found) > 0.7 * len(found) > 35


def test_real_songs_are_heard_again_whatever_their_level_or_codec(gtzan_folder, musicnn_weights, tmp_path):
    heard = {}
    for number, file in enumerate(sorted((gtzan_folder / "audio").rglob("*.0000[01].wav"))):
        heard[file.stem] = listen(decode(file, sample_rate=16_000))
        samples, rate = soundfile.read(file)
        if number % 4 == 0:
            soundfile.write(tmp_path / "quiet.wav", samples / 2, rate)
            soundfile.write(tmp_path / "small.mp3", samples, rate)
            for name in ("quiet.wav", "small.mp3"):
                heard[f"{file.stem} {name}"] = listen(decode(tmp_path / name, sample_rate=16_000))
    layer = pd.DataFrame.from_dict(heard, orient="index").iloc[:, :200].set_axis(list(LAYER["msd"]), axis=1)
    for name in ("quiet.wav", "small.mp3"):
        library = layer[[" " not in song or name in song for song in layer.index]]
        found = duplicates_of(library, scaling="common")
        assert set(found) >= {(song.split()[0], song) for song in library.index if " " in song}
        for song, other in found:  # and no others, but that two bands of metal play alike
            assert song.split()[0] == other.split()[0] or (song + other).count("metal") == 2
