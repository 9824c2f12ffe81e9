"""Playlists: what a player finds in them, and whose they are."""

import math
import os
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import mutagen
import numpy as np
import pandas as pd
import pytest
from sounds import song

from vaeclust.corpus.dataset import assemble
from vaeclust.corpus.measured import path_text
from vaeclust.files import read_json
from vaeclust.your_music import list_folder, playlists
from vaeclust.your_music.list_folder import BEFORE, OWNERSHIP, write_lists
from vaeclust.your_music.playlists import song_seconds, sound_addresses, write_playlists

NIGHT = {0: "Calm night", 1: "Loud day"}


def library(files, **columns):
    """Return a corpus of files, each with features of its own."""
    ids = pd.Index([f"song {i}" for i in range(len(files))], name="track_id")
    tracks = pd.DataFrame({"genre": None, "path": [file and path_text(file) for file in files], **columns}, index=ids)
    features = np.random.default_rng(0).normal(size=(len(files), 3))
    return assemble("mine", tracks, pd.DataFrame(features, ids, columns=["a", "b", "c"]))


@pytest.fixture
def six(tmp_path):
    """Six songs with artist and title, the first three in cluster 0, the others in 1."""
    files = [song(tmp_path / "music" / f"{i}.flac", seed=i, seconds=1 + i) for i in range(6)]
    return library(files, artist=list("ABCDEF"), title=[f"No. {i}" for i in range(6)])


def halves(dataset):
    return pd.Series(np.arange(len(dataset)) * 2 // len(dataset), dataset.tracks.index)


def songs_of(playlist):
    """Return the files that a player finds by a playlist: of each line that is no comment."""
    lines = playlist.read_bytes().decode("utf-8").split("\n")
    places = [line for line in lines if line.strip() and not line.startswith("#")]
    return [
        Path(os.fsdecode(unquote_to_bytes(urlsplit(place).path))) if "://" in place else playlist.parent / place
        for place in places
    ]


def texts(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.m3u8")}


def test_a_list_holds_its_songs_the_most_typical_first(six, tmp_path):
    order = pd.Series([3.0, 1.0, 2.0, 1.0, 1.0, 0.5], six.tracks.index)
    told = write_playlists(six, halves(six), tmp_path / "lists", names=NIGHT, order=order)
    assert [path.name for path in told.paths] == ["Calm-night.m3u8", "Loud-day.m3u8"]
    assert told.paths[0].read_text(encoding="utf-8") == (
        "#EXTM3U\n#EXTINF:2,B - No. 1\n../music/1.flac\n#EXTINF:3,C - No. 2\n../music/2.flac\n"
        "#EXTINF:1,A - No. 0\n../music/0.flac\n"
    )
    assert [file.stem for file in songs_of(told.paths[1])] == ["5", "3", "4"]
    assert (told.kept, told.removed, told.left_out) == ([], [], {})
    by_number = write_playlists(six, halves(six), tmp_path / "by number")
    assert [path.name for path in by_number.paths] == ["cluster_00.m3u8", "cluster_01.m3u8"]


HOSTILE_FILES = [
    "plain.mp3", "#1 hit.ogg", " before.mp3", "after .flac", "line\nbreak.mp3", "return\r.mp3", "paragraph\u2029.mp3",
    "http: no.mp3", "http://no.mp3", "100% \"it's\" & <b>.mp3", "emoji 🎵.mp3", "أغنية.mp3", "#EXTM3U.wav",
    "a\\b.mp3", os.fsdecode(b"caf\xe9.mp3"),
]  # fmt: skip


@pytest.mark.parametrize("lists", ["music", "lists", "music/deep/lists"])
def test_every_song_opens_whatever_it_is_called(tmp_path, lists):
    files = [song(tmp_path / "music" / name, seed=i, seconds=0.5) for i, name in enumerate(HOSTILE_FILES)]
    titles = [f"\r\n\x00\u2028 t{i} أغنية 🎸" for i in range(len(files))]
    dataset = library(files, artist="A\n#EXTINF:9,B", title=titles)
    told = write_playlists(dataset, halves(dataset), tmp_path / lists)
    found = [file for path in told.paths for file in songs_of(path)]
    assert [file.resolve() for file in found] == [file.resolve() for file in files]
    assert all(mutagen.File(file).info.length > 0.4 for file in found)
    lines = [line for path in told.paths for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2 + 2 * len(files)
    assert lines.count("#EXTINF:0,A #EXTINF:9,B - t3 أغنية 🎸") == 1


HOSTILE_NAMES = {
    0: "mellow / ../.. / \"folk\"", 1: "mellow folk?", 2: "MELLOW: folk!", 3: "\n#EXTM3U", 4: "///", 5: "con",
    6: "أغنية حزينة", 7: "🎸🔥", 8: "long " * 60, 9: "字" * 90, 10: "\u202egnp.exe", 11: "..", 12: "\u200d",
}  # fmt: skip


def test_lists_are_called_as_their_clusters_in_any_script(tmp_path):
    files = [song(tmp_path / f"{i}.wav", seed=i, seconds=0.1) for i in range(13)]
    dataset = library(files)
    clusters = pd.Series(range(13), dataset.tracks.index)
    told = write_playlists(dataset, clusters, tmp_path / "lists", names=HOSTILE_NAMES)
    names = [path.name.removesuffix(".m3u8") for path in told.paths]
    assert names == [
        "mellow-..-..-folk", "mellow-folk", "MELLOW-folk-2", "EXTM3U", "cluster_04", "cluster_05", "أغنية-حزينة",
        "🎸🔥", ("long-" * 12)[:-1], "字" * 60, "gnp.exe", "cluster_11", "cluster_12",
    ]  # fmt: skip
    assert sorted(texts(tmp_path / "lists")) == sorted(path.name for path in told.paths)
    assert [songs_of(path)[0].resolve() for path in told.paths] == files
    again = write_playlists(dataset, clusters, tmp_path / "lists", names=HOSTILE_NAMES)
    assert again == told


def test_what_is_there_twice_stands_once_and_what_is_long_or_gone_stays_out(tmp_path, six):
    twice = song(tmp_path / "music" / "another master.mp3", seed=9, seconds=2.2)
    live = song(tmp_path / "music" / "live.mp3", seed=10, seconds=12)
    files = [*(Path(path) for path in six.tracks["path"]), twice, live, live, tmp_path / "gone.mp3", None]
    artists = [*"ABCDEF", "b", "B", "x", "x", "x"]
    titles = [*six.tracks["title"], "NO. 1", "No. 1", None, "gone", "none"]
    dataset = library(files, artist=artists, title=titles)
    features = dataset.features.copy()
    features.iloc[5] = features.iloc[4]
    dataset = replace(dataset, features=features)
    clusters = halves(dataset)
    clusters.iloc[0], clusters.iloc[2] = -1, 2
    told = write_playlists(dataset, clusters.drop("song 3"), tmp_path / "lists", longest=11 / 60)
    gone = tmp_path / "gone.mp3"
    assert told.left_out == {
        "song 0": "it is in no cluster", "song 3": "it is in no cluster", "song 5": "the same song as song 4",
        "song 6": "the same song as song 1", "song 7": "it lasts 0.2 minutes, more than 0.183",
        "song 8": "it lasts 0.2 minutes, more than 0.183", "song 9": f"its file is gone: {gone}",
        "song 10": "it has no file",
    }  # fmt: skip
    assert [file.name for path in told.paths for file in songs_of(path)] == ["1.flac", "4.flac", "2.flac"]
    longer = write_playlists(dataset, clusters, tmp_path / "longer", longest=math.inf)
    assert "song 7" not in longer.left_out, "a live version is another song"


def test_a_copy_stands_for_a_song_that_is_gone(six, tmp_path):
    Path(six.tracks["path"].iloc[0]).unlink()
    told = write_playlists(
        replace(six, tracks=six.tracks.assign(artist="A", title="the same")), halves(six), tmp_path / "lists"
    )
    assert [file.name for path in told.paths for file in songs_of(path)] == ["1.flac"]
    assert set(told.left_out) == set(six.ids) - {"song 1"}


def test_artists_without_titles_are_no_copies_of_each_other(six, tmp_path):
    tracks = six.tracks.assign(artist="Unknown", title=None)
    assert write_playlists(replace(six, tracks=tracks), halves(six), tmp_path).left_out == {}


def test_a_length_that_no_header_says_is_said_to_be_unknown(six, tmp_path):
    Path(six.tracks["path"].iloc[0]).write_bytes(b"no sound")
    assert math.isnan(song_seconds(Path(six.tracks["path"].iloc[0])))
    told = write_playlists(six, halves(six), tmp_path / "lists")
    assert told.paths[0].read_text().startswith("#EXTM3U\n#EXTINF:-1,A - No. 0\n")


def test_lists_and_songs_move_together_and_other_disks_have_whole_paths(six, tmp_path):
    told = write_playlists(six, halves(six), tmp_path / "music" / "lists")
    (tmp_path / "music").rename(tmp_path / "moved")
    assert all(file.is_file() for file in songs_of(tmp_path / "moved" / "lists" / told.paths[0].name))
    (tmp_path / "moved").rename(tmp_path / "music")
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second disk")
    other = memory / f"vaeclust-lists-{os.getpid()}"
    try:
        told = write_playlists(six, halves(six), other)
        assert [str(file) for file in songs_of(told.paths[0])] == six.tracks["path"].iloc[:3].tolist()
        assert songs_of(told.paths[0])[0].is_absolute()
    finally:
        shutil.rmtree(other)


def test_songs_open_from_a_folder_that_is_a_link(six, tmp_path):
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "lists").symlink_to(tmp_path / "far" / "away")
    told = write_playlists(six, halves(six), tmp_path / "lists")
    assert all(file.is_file() for path in told.paths for file in songs_of(path))


def test_a_run_without_news_touches_nothing(six, tmp_path):
    first = write_playlists(six, halves(six), tmp_path / "lists", names=NIGHT)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "lists").rglob("*")}
    assert write_playlists(six, halves(six), tmp_path / "lists", names=NIGHT) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "lists").rglob("*")} == before
    assert BEFORE not in {path.name for path in before}


def test_lists_of_clusters_that_are_gone_go_and_the_last_are_kept_aside(six, tmp_path):
    folder = tmp_path / "lists"
    first = write_playlists(six, halves(six), folder, names=NIGHT)
    old = texts(folder)
    told = write_playlists(six, halves(six) * 0, folder, names={0: "All"})
    assert [path.name for path in told.paths] == ["All.m3u8"]
    assert told.removed == first.paths
    assert set(texts(folder)) == {"All.m3u8"}
    assert texts(folder / BEFORE / "mine") == old
    newest = texts(folder)
    write_playlists(six, halves(six), folder, names=NIGHT)
    assert texts(folder / BEFORE / "mine") == newest


def test_what_its_owner_edited_or_renamed_is_never_touched(six, tmp_path):
    folder = tmp_path / "lists"
    calm, loud = write_playlists(six, halves(six), folder, names=NIGHT).paths
    calm.write_bytes(calm.read_bytes() + b"../music/5.flac\n")
    edited = calm.read_bytes()
    loud.rename(folder / "My day.m3u8")
    renamed = (folder / "My day.m3u8").read_bytes()
    own = folder / "Mine.m3u8"
    own.write_text("#EXTM3U\n")
    kept = [calm, own, folder / "My day.m3u8"]
    for _ in range(2):
        told = write_playlists(six, halves(six), folder, names=NIGHT)
        assert [path.name for path in told.paths] == ["Calm-night-2.m3u8", "Loud-day.m3u8"]
        assert (told.kept, told.removed) == (kept, [])
        assert (calm.read_bytes(), kept[2].read_bytes(), own.read_text()) == (edited, renamed, "#EXTM3U\n")
    told = write_playlists(six, halves(six), folder, names={0: "Mine", 1: "My day"})
    assert [path.name for path in told.paths] == ["Mine-2.m3u8", "My-day.m3u8"]
    assert [path.name for path in told.removed] == ["Calm-night-2.m3u8", "Loud-day.m3u8"]
    assert (calm.read_bytes(), kept[2].read_bytes(), own.read_text()) == (edited, renamed, "#EXTM3U\n")


def test_two_libraries_share_a_folder_and_leave_each_other_alone(six, tmp_path):
    folder = tmp_path / "lists"
    write_playlists(six, halves(six), folder, names=NIGHT)
    other = replace(six, name="yours", tracks=six.tracks.assign(artist="Z"))
    yours = write_playlists(other, halves(other), folder, names={0: "Calm night", 1: "Else"})
    assert [path.name for path in yours.paths] == ["Calm-night-2.m3u8", "Else.m3u8"]
    assert yours.removed == []
    mine = write_playlists(six, halves(six), folder, names={0: "Calm night", 1: "New"})
    assert [path.name for path in mine.paths] == ["Calm-night.m3u8", "New.m3u8"]
    assert [path.name for path in mine.removed] == ["Loud-day.m3u8"]
    assert mine.kept == yours.paths
    assert all("Z - " in path.read_text() for path in yours.paths)


def test_a_list_that_its_owner_deleted_is_written_again_and_a_link_is_the_owners(six, tmp_path):
    folder = tmp_path / "lists"
    calm, loud = write_playlists(six, halves(six), folder, names=NIGHT).paths
    calm.unlink()
    loud.rename(tmp_path / "elsewhere.m3u8")
    loud.symlink_to(tmp_path / "elsewhere.m3u8")
    told = write_playlists(six, halves(six), folder, names=NIGHT)
    assert [path.name for path in told.paths] == ["Calm-night.m3u8", "Loud-day-2.m3u8"]
    assert told.kept == [loud]
    assert loud.is_symlink()


def test_where_no_song_has_its_file_nothing_is_touched(six, tmp_path):
    folder = tmp_path / "lists"
    write_playlists(six, halves(six), folder)
    before = texts(folder)
    (tmp_path / "music").rename(tmp_path / "not mounted")
    told = write_playlists(six, halves(six), folder)
    assert told.paths == []
    assert all(why.startswith("its file is gone: /") for why in told.left_out.values())
    assert len(told.left_out) == 6
    assert texts(folder) == before
    assert not (tmp_path / "new").exists()
    assert write_playlists(library([None] * 3), halves(library([None] * 3)), tmp_path / "new").paths == []
    assert not (tmp_path / "new").exists()


def test_a_run_that_is_stopped_half_way_loses_and_doubles_nothing(tmp_path, monkeypatch):
    old = [(name, f"{name} old\n") for name in "abcd"]
    new = [(name, f"{name} new\n") for name in "bcde"]
    write_lists(tmp_path, old, library="mine")
    with monkeypatch.context() as patch:
        write, done = list_folder._write, []

        def stop(path, text):
            if len(done) == 6:  # four were put aside, two are new
                raise KeyboardInterrupt
            write(path, text)
            done.append(path)

        patch.setattr(list_folder, "_write", stop)
        with pytest.raises(KeyboardInterrupt):
            write_lists(tmp_path, new, library="mine")
    assert texts(tmp_path)["b.m3u8"] == b"b new\n"
    assert texts(tmp_path)["d.m3u8"] == b"d old\n"
    told = write_lists(tmp_path, new, library="mine")
    assert texts(tmp_path) == {f"{name}.m3u8": text.encode() for name, text in new}
    assert (told.kept, told.removed) == ([], [tmp_path / "a.m3u8"])
    assert texts(tmp_path / BEFORE / "mine") == {f"{name}.m3u8": text.encode() for name, text in old}


@pytest.mark.parametrize(
    "content",
    ["", "[]", "no JSON", '{"mine": 3}', '{"mine": {"lists": 3}}',
     '{"mine": {"lists": {"gone.m3u8": [""], "a.m3u8": null}}}',
     '{"mine": {"lists": {"../prey.m3u8": ["DIGEST"], "": [""], "..": [""]}}}'],
)  # fmt: skip
def test_a_damaged_or_hostile_record_of_lists_costs_no_file(tmp_path, content):
    prey = tmp_path / "prey.m3u8"
    prey.write_text("mine")
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.m3u8").write_text("perhaps ours")
    (folder / OWNERSHIP).write_text(content.replace("DIGEST", list_folder.digest("mine")))
    told = write_lists(folder, [("a", "new")], library="mine")
    assert [path.name for path in told.paths] == ["a-2.m3u8"]
    assert (folder / "a.m3u8").read_text() == "perhaps ours"
    assert prey.read_text() == "mine"
    assert read_json(folder / OWNERSHIP)["mine"]["lists"].keys() == {"a-2.m3u8"}


def test_a_folder_that_cannot_be_written_to_is_said_in_one_line(six, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file.lists: playlists cannot be written there .*choose another folder") as told:
        write_playlists(six, halves(six), tmp_path / "file" / "lists")
    assert "\n" not in str(told.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_said_and_left_as_it_is(six, tmp_path):
    folder = tmp_path / "lists"
    write_playlists(six, halves(six), folder, names=NIGHT)
    before = texts(folder)
    folder.chmod(0o555)
    try:
        with pytest.raises(OSError, match="playlists cannot be written there"):
            write_playlists(six, halves(six), folder, names={0: "other"})
        assert texts(folder) == before
    finally:
        folder.chmod(0o755)


def test_the_demo_corpus_has_lists_of_its_clips(tmp_path):
    from vaeclust.corpus.sources import load

    demo = load("demo")
    told = write_playlists(demo, pd.Series(np.arange(600) % 4, demo.tracks.index), tmp_path)
    files = [file for path in told.paths for file in songs_of(path)]
    assert len(told.paths) == 4
    assert len(files) + len(told.left_out) == 600
    assert len(files) > 590
    assert all(file.is_file() for file in files)
    assert song_seconds(files[0]) == pytest.approx(5, abs=0.2)


def test_what_has_a_file_is_played_but_gtzan_never(corpus, tmp_path):
    (tmp_path / "x y.mp3").touch()
    paths = pd.Series(str(tmp_path / "x y.mp3"), corpus.tracks.index)
    paths.iloc[0], paths.iloc[1] = str(tmp_path / "gone.mp3"), None
    owned = replace(corpus, tracks=corpus.tracks.assign(path=paths))
    heard = sound_addresses(owned)
    assert heard.isna().tolist() == [True, True] + [False] * 118
    assert heard[2:].str.endswith("x%20y.mp3").all()
    assert sound_addresses(replace(owned, name="gtzan")).isna().all()
    ids = [f"blues.{i:05d}" for i in range(60)] + [f"rock.{i:05d}" for i in range(60)]
    some_of_gtzan = replace(owned, tracks=owned.tracks.set_axis(ids), name="my-clips")
    assert sound_addresses(some_of_gtzan).isna().all()
    assert sound_addresses(corpus).isna().all()
    silent = library([song(tmp_path / f"{i}.wav", seed=i) for i in range(2)])
    silent = replace(silent, name="gtzan")
    assert len(write_playlists(silent, halves(silent), tmp_path / "lists").paths) == 2, "they are their owner's files"
    assert playlists.track_files(corpus).isna().all()


def test_clips_lie_beside_their_page_and_move_with_it(six, tmp_path):
    dataset = six
    files = playlists.track_files(dataset)
    place = tmp_path / "listen"
    page = place / "html" / "book" / "chapters"
    page.mkdir(parents=True)
    Path(files.iloc[1]).write_bytes(b"no sound")
    found = playlists.cut_clips(dataset, place / "clips", page, seconds=1)
    assert found.isna().tolist() == [False, True] + [False] * (len(dataset) - 2)
    shutil.copytree(place / "clips", place / "html" / "clips")  # as the command does with its pages
    moved = tmp_path / "elsewhere"
    (place / "html").rename(moved)
    for address in found.dropna():
        clip = moved / "book" / "chapters" / address
        assert song_seconds(clip) == pytest.approx(1, abs=0.1)
    again = playlists.clip_addresses(dataset, moved / "clips", page)
    assert again.tolist() == found.tolist()
