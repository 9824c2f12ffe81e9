"""A library: what it is described by, its files, what its last run found, songs like one song."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sounds import song

from vaeclust.corpus.sources import load
from vaeclust.methods.catalogue import COMPARED
from vaeclust.methods.training import fit
from vaeclust.studies.drafts import publish
from vaeclust.studies.origins import folder_name
from vaeclust.studies.protocol import fitting_records, method_settings, study
from vaeclust.studies.records import Record
from vaeclust.your_music import library
from vaeclust.your_music.explorer import explorer_contents
from vaeclust.your_music.groups import songs_table, write_songs
from vaeclust.your_music.library import CHAPTER, LISTEN, describe_library
from vaeclust.your_music.names import cluster_names
from vaeclust.your_music.similar import similar_table, write_similar


@pytest.fixture
def music(tmp_path):
    for number in range(6):
        song(tmp_path / "music" / "ab"[number % 2] / f"{number}.wav", seed=number, seconds=4)
    return tmp_path / "music"


def test_a_table_is_described_by_all_that_it_has(table, table_path, tmp_path):
    found = describe_library(table_path)
    assert found.dataset.audio.shape == (120, 57)
    assert found.why.startswith("All 57 measured features")
    assert folder_name(found.dataset, tmp_path) == folder_name(load(table_path), tmp_path) == "small"
    few = table.drop(columns=[name for name in table if name.startswith("tempo")])
    few.to_csv(tmp_path / "few.csv", index=False)
    assert describe_library(tmp_path / "few.csv").dataset.audio.shape == (120, 20)


def test_what_was_asked_for_is_taken(table_path, tmp_path):
    asked = describe_library(table_path, features="full")
    assert asked.dataset.variant == "full"
    assert asked.why == "The features that were asked for: full."


def test_a_folder_is_described_by_what_was_heard_where_that_costs_nothing(music, listening_cache):
    assert describe_library(music).dataset.audio.shape == (6, 57)
    heard = describe_library(music, place=LISTEN)
    assert heard.dataset.audio.shape == (6, 200)
    assert heard.dataset.variant == ""
    assert describe_library(music).dataset.audio.shape == (6, 200)  # all were listened to now
    song(music / "new.wav", seed=9, seconds=4)
    assert describe_library(music).dataset.audio.shape == (7, 57)


def test_without_weights_the_command_goes_on_and_says_what_that_costs(music, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty cache"))
    found = describe_library(music, place=LISTEN)
    assert found.dataset.audio.shape == (6, 57)
    assert "vaeclust fetch musicnn" in found.why
    assert "what a network heard agreed more with genre" in found.why


def test_folders_files_and_patterns(music, tmp_path):
    other = song(tmp_path / "elsewhere" / "7.wav", seed=7)
    song(tmp_path / "elsewhere" / "8.wav", seed=8)
    both = os.pathsep.join([str(music / "a"), str(other)])
    found = load(both)
    assert found.ids == ["music/a/0", "music/a/2", "music/a/4", "elsewhere/7"]
    assert found.source.split("|")[0].split(os.pathsep) == [str(music / "a"), str(other)]
    assert load(str(other) + os.pathsep + str(music)).name == file_stem(tmp_path)
    part = load(music, exclude="*/b/*, 4.wav")
    assert part.ids == ["a/0", "a/2"]
    assert part.excluded == {
        "a/4": "its path is like 4.wav", **{f"b/{n}": "its path is like */b/*" for n in (1, 3, 5)},
    }  # fmt: skip
    (music / "a" / "0.wav").rename(music / "a" / "hello, goodbye.wav")
    assert load(music, exclude=r"hello\, good*,b/*").ids == ["a/2", "a/4"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(os.pathsep.join([str(music), str(tmp_path / "nowhere")]))


def test_patterns_leave_out_tracks_of_a_table(table_path, tmp_path):
    part = load(table_path, exclude="a/*,*/track 1")
    assert len(part) == 89
    assert set(part.ids) & {"a/track 0", "b/track 1"} == set()
    assert part.excluded["a/track 0"] == "it is like a/*"
    about = pd.DataFrame({"track_id": load(table_path).ids, "path": "Music/Audiobooks/x.mp3"})
    about.loc[5:, "path"] = "Music/y.mp3"
    about.to_csv(tmp_path / "tracks.csv", index=False)
    assert len(load(table_path, tracks=tmp_path / "tracks.csv", exclude="*/Audiobooks/*")) == 115


def test_the_twenty_means_can_be_asked_for(music):
    assert describe_library(music, features="mfcc20", place=LISTEN).dataset.audio.shape == (6, 20)


def listened(dataset, results, names=("one", "two")):
    """What a run of the command keeps of a library: its folder's owner, and songs.csv."""
    record = Record(dataset, LISTEN, results).draft()
    groups = pd.Series(np.arange(len(dataset)) % 2, dataset.tracks.index)
    write_songs(songs_table(dataset, groups, dict(enumerate(names))), record.workplace / "songs.csv")
    publish()
    return groups


def test_a_library_that_moved_or_grew_is_gone_on_with(music, tmp_path):
    results = tmp_path / "results"
    first = load(music)
    groups = listened(first, results)
    assert library.lasting_folder(first, results) == "music"

    moved = tmp_path / "disk" / "music"
    moved.parent.mkdir()
    music.rename(moved)
    now = load(moved)
    assert folder_name(now, results) == "music-2"
    assert library.lasting_folder(now, results) == folder_name(now, results) == "music"
    before = library.last_songs(Record(now, LISTEN, results), now)
    assert before["cluster"].to_dict() == groups.to_dict()
    listened(now, results)

    song(tmp_path / "more" / "a" / "0.wav", seed=20, seconds=4)  # its id would be that of another song
    both = load(os.pathsep.join([str(moved), str(tmp_path / "more")]))
    assert library.lasting_folder(both, results) == "music"
    before = library.last_songs(Record(replace(both, name="music"), LISTEN, results), both)
    assert before["cluster"].to_dict() == {f"disk/music/{track}": group for track, group in groups.items()}

    assert library.lasting_folder(replace(both, name="mine"), results, named=True) == "mine"  # a name keeps apart
    renamed = moved.rename(tmp_path / "disk" / "songs")
    again = load(renamed)
    assert library.lasting_folder(again, results) == "music"  # known by the content of its files
    assert library.last_songs(Record(replace(again, name="music"), LISTEN, results), again)["cluster"].to_dict() == (
        groups.to_dict()
    )
    moved = renamed
    part = load(moved / "a")
    assert library.lasting_folder(part, results) == "a"  # a part of a library is another one
    for number in range(30, 50):
        song(tmp_path / "others" / f"{number}.wav", seed=number, seconds=4)
    other = load(tmp_path / "others", name="music")
    assert library.lasting_folder(other, results) == "music-2"  # another library of that name


def test_languages_stand_in_names(corpus):
    spoken = replace(corpus, tracks=corpus.tracks.assign(language=["bn", "en"] * 60))
    assert spoken.label_names == ("genre", "language")
    names = cluster_names(pd.Series(np.arange(120) % 2, corpus.ids), labels=spoken.tracks[list(spoken.label_names)])
    assert names.tolist() == ["100 % Bengali", "100 % English"]


def file_stem(path):
    return path.name.split(".")[0]


def test_plain_words_for_what_is_measured(table_path):
    data = load(table_path, features="full")
    words = library.measured_words(data)
    assert {"loud", "quiet", "fast", "slow", "bright", "dark"} <= set(words)
    np.testing.assert_array_equal(words["loud"], -words["quiet"])
    loudness = data.features["rms_mean"]
    assert words["loud"].idxmax() == loudness.idxmax()
    unknown = replace(data, features=data.features.add_prefix("x_"))
    assert library.measured_words(unknown) is None


@pytest.fixture
def record(corpus, tmp_path):
    """The record of a library, as the chapter makes it, with songs.csv."""
    kept = Record(corpus, CHAPTER, tmp_path)
    fitted = fit("raw", corpus, range(3))
    groups = pd.Series(np.arange(120) % 4, corpus.tracks.index)
    told = {"method": "raw", "seeds": 3}
    kept.keep(library.library_study(fitted, groups, 4, projection="pca", told=told))
    about = corpus.tracks.assign(artist="Ann", title=[f"Song {n:03d}" for n in range(120)])
    names = {n: f"name {'ABCD'[n]}" for n in range(4)}
    write_songs(songs_table(replace(corpus, tracks=about), groups, names), kept.folder / "songs.csv")
    return kept


def test_the_groups_of_the_first_seed_are_those_that_were_given(record, corpus):
    clusters = record.read("clusters")
    first = clusters[clusters["seed"] == 0].set_index("track_id")["cluster"]
    assert first.loc[corpus.ids].tolist() == [n % 4 for n in range(120)]
    sure = library.sureness(clusters)
    assert sure.between(0, 1).all()
    assert library.sureness(clusters[clusters["seed"] == 0]).isna().all()
    scores = record.read("scores")
    purity = scores[(scores["seed"] == 0) & (scores["metric"] == "purity") & (scores["reference"] == "genre")]
    assert purity["value"].tolist() == [1.0]  # four genres in turn, as the groups


def test_what_the_last_run_found_is_read_again(record, tmp_path, corpus):
    songs = library.last_songs(record, corpus)
    assert library.group_names(songs) == {n: f"name {'ABCD'[n]}" for n in range(4)}
    assert library.last_songs(Record(corpus, LISTEN, tmp_path), corpus) is None
    songs.drop(columns="cluster").to_csv(record.folder / "songs.csv")
    assert library.last_songs(record, corpus) is None


def test_the_explorer_reads_one_record_or_those_of_all(record, corpus, tmp_path):
    found = library.explored_records(corpus, tmp_path, reads=CHAPTER)
    assert list(found.spaces) == ["raw"]
    assert set(found.clusters["method"]) == set(found.maps["method"]) == {"raw"}
    np.testing.assert_array_equal(found.spaces["raw"].loc[corpus.ids], corpus.audio)
    with pytest.raises(FileNotFoundError, match="of pca"):
        library.explored_records(corpus, tmp_path)
    settings = {"seeds": 2, "epochs": 1, "latent_dim": 3}
    for slug in COMPARED:
        study(slug, corpus, Record(corpus, slug, tmp_path), projections=("pca",), **settings)
    every = library.explored_records(corpus, tmp_path, **settings)
    assert list(every.spaces) == [CHAPTER, *COMPARED]
    assert set(every.clusters["method"]) == set(every.maps["method"]) == set(every.spaces)
    shown = explorer_contents(corpus, every.maps, every.clusters, every.spaces, names=every.names, titles=every.titles)
    assert shown["methods"][0]["title"] == "Your own music"
    assert shown["shown"][0] == CHAPTER
    called = {shown["methods"][0]["names"][str(n)] for n in shown["methods"][0]["cluster"]}
    assert called == {f"name {letter}" for letter in "ABCD"}
    first = shown["methods"][0]
    assert first["names"][str(first["cluster"][2])] == "name C"  # the third track's group, under whatever number
    assert shown["methods"][1]["names"] is None


def test_songs_like_one_song(record, corpus):
    found = similar_table(record.folder.parent, "song 003", 5)
    assert found.song == corpus.ids[3]
    assert len(found.songs) == 6
    assert found.songs.index[0] == found.song
    assert found.songs["distance"].is_monotonic_increasing
    distances = np.linalg.norm(corpus.audio - corpus.audio[3], axis=1)
    assert found.songs.index[1] == corpus.ids[np.argsort(distances)[1]]
    assert "nearest to Ann – Song 003" in found.told
    with pytest.raises(ValueError, match="may mean 120 songs; say which"):
        similar_table(record.folder.parent, "Ann", 5)
    with pytest.raises(ValueError, match=r"no song of .* is meant by 'nothing like it'"):
        similar_table(record.folder.parent, "nothing like it")
    with pytest.raises(FileNotFoundError, match="vaeclust listen FOLDER"):
        similar_table(record.folder.parent / "elsewhere", "song")
    with pytest.raises(ValueError, match="no file of these songs is known"):
        write_similar(found, record.folder / "like.m3u8")


def test_records_that_do_not_fit_are_not_shown(corpus, tmp_path):
    settings = {"seeds": 2, "epochs": 1, "latent_dim": 3}
    for slug in ("pca", "vae"):
        study(slug, corpus, Record(corpus, slug, tmp_path), projections=(), **settings)
    assert list(fitting_records(["pca", "vae", "raw"], corpus, tmp_path, **settings)) == ["pca", "vae"]
    assert list(fitting_records(["pca", "vae"], corpus, tmp_path, **{**settings, "epochs": 2})) == ["pca"]
    assert method_settings("vae", {**settings, "hidden": (8,), "n_clusters": 4}) == {
        "epochs": 1, "latent_dim": 3, "hidden": (8,),
    }  # fmt: skip
