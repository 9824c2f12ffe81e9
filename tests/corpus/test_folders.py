"""A folder of music from the file system to a Dataset: ids, genres, lyrics, faults, the cache, a killed run."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from conftest import command
from sounds import RATE, damaged, encoded, music, song, without_xing

from vaeclust.corpus import audio, cache, measured
from vaeclust.corpus.cache import Cache
from vaeclust.corpus.facts import FACTS
from vaeclust.corpus.folders import audio_files, sidecars
from vaeclust.corpus.measured import extract
from vaeclust.corpus.sources import load
from vaeclust.corpus.words import sung, words


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Every test starts with an empty cache; so do the processes that it starts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "my music"
    for i in range(4):
        song(folder / "rock" / f"{i}.wav", i)
        song(folder / "folk" / f"{i}.flac", 10 + i)
    return folder


def test_genres_from_the_first_folder_level(library):
    data = load(library)
    assert data.name == "my-music"
    assert data.class_names == ("folk", "rock")
    assert data.ids[0] == "folk/0"
    assert data.audio.shape == (8, 20)
    assert Path(data.tracks["path"].iloc[0]) == library / "folk" / "0.flac"


def test_as_many_seconds_are_measured_as_asked(library):
    short, path = load(library, seconds=1.0).features.loc["folk/0"], library / "folk" / "0.flac"
    np.testing.assert_allclose(short, audio.measure(audio.decode(path, seconds=1.0), "mfcc20"), rtol=1e-6)
    assert not np.allclose(short, load(library).features.loc["folk/0"], rtol=1e-3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><html>" + b"x" * 600, "a web page"),
        (b"\0\0\0 ftypM4A " + b"\0" * 600, "an MP4 (M4A) file, whatever it is called"),
        (b"\x1aE\xdf\xa3" + b"\1" * 600, "a WebM or Matroska file"),
        (b"just words\n" * 60, "a text"),
    ],
)
def test_what_is_no_audio_is_called_what_it_is(library, content, says):
    (library / "rock" / "9.mp3").write_bytes(content)
    assert says in load(library).excluded["rock/9"]


def test_folders_called_by_numbers_are_no_labels(tmp_path):
    for i in range(9):
        song(tmp_path / "music" / ("000", "001", "2019-07")[i % 3] / f"{i}.wav", i)
    assert load(tmp_path / "music").classes is None


def test_genres_from_tags_win_over_folders(library):
    import mutagen.flac

    for path in (library / "folk").iterdir():
        tags = mutagen.flac.FLAC(path)
        tags["genre"], tags["artist"], tags["title"] = "Blues <3", "Ann & Bob", path.stem
        tags["lyrics"] = "river mountain willow " * 3
        tags.save()
    for path in list((library / "rock").iterdir())[:2]:
        path.unlink()
    data = load(library)
    assert set(data.tracks["genre"].dropna()) == {"Blues <3"}
    assert data.classes is None  # one genre only
    assert data.tracks["artist"].iloc[0] == "Ann & Bob"
    assert data.has_lyrics.sum() == 4


def test_without_folders_or_tags_there_are_no_genres(tmp_path):
    for i in range(3):
        song(tmp_path / "flat" / f"{i}.wav", i)
    data = load(tmp_path / "flat")
    assert data.classes is None
    assert data.default_k() == 2  # of three tracks


def test_lyrics_beside_the_files(library):
    (library / "rock" / "0.txt").write_text("engine highway wheel " * 4)
    (library / "rock" / "1.lrc").write_text("[ar:someone]\n[00:12.30]engine station\n[01:02]highway wheel\n")
    (library / "folk" / "0.txt").write_text("river mountain willow " * 4)
    data = load(library)
    assert pd.Series(data.has_lyrics, data.ids)[lambda has: has].index.tolist() == ["folk/0", "rock/0", "rock/1"]


LINES = "engine station highway wheel"
TIMED = {
    "0.lrc": "[ar:someone]\n[00:12.30]engine station\n[01:02]highway wheel\n",
    "1.LRC": "[offset:+200]\n[00:12.40]<00:12.40>engine <00:13.10>station\n[00:20.1][00:40.1]highway wheel\n",
    "2.en.lrc": "\ufeff[00:01]engine station\r\n[00:02]highway wheel",
    "3.srt": "1\n00:00:01,000 --> 00:00:04,000\nengine station\n\n2\n00:00:05,000 --> 00:00:06,000\nhighway wheel\n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_timed_lyrics_of_all_kinds_are_their_words_alone(library, encoding):
    for name, text in TIMED.items():
        (library / "rock" / name).write_text(text, encoding=encoding, errors="ignore")
    (library / "rock" / "0.txt").write_text(" \n")  # says nothing, so the .lrc is read
    found = sidecars((library / "rock").glob("*.wav"))
    assert len(found) == 4
    assert {" ".join(words(sung(text))) for text in found.values()} == {LINES}
    (library / "folk" / "0.txt").mkdir()
    (library / "folk" / "1.lrc").symlink_to(library / "nowhere")
    assert sidecars((library / "folk").glob("*.flac")) == {}  # none that can be read, and no error


def test_every_fault_has_its_reason_and_the_rest_is_unharmed(library):
    (library / "rock" / "zero.wav").touch()
    (library / "rock" / "text.mp3").write_text("lyrics? " * 50)
    (library / "rock" / "gone.wav").symlink_to("nowhere.wav")
    (library / "rock" / "loop.wav").symlink_to("loop.wav")
    (library / "rock" / "round").symlink_to(library, target_is_directory=True)
    shutil.copy(library / "rock" / "0.wav", library / "rock" / "again.wav")
    odd = ["a b'c\"d.wav", "emoji 🎵.wav", "line\nbreak.wav", "<script>alert(1)<.wav", os.fsdecode(b"latin\xe9.wav")]
    for seed, name in enumerate(odd, 20):
        song(library / "folk" / name, seed)
    song(library / "folk" / "0.wav", 30)  # beside 0.flac
    data = load(library)
    assert len(data) == 8 + len(odd) + 1
    assert set(data.excluded) == {"rock/zero", "rock/text", "rock/gone", "rock/loop", "rock/again"}
    assert data.excluded["rock/again"] == "the same file as rock/0"
    assert {"folk/0.wav", "folk/0.flac", "folk/line\nbreak", "folk/latin\\xe9"} <= set(data.ids)


def test_an_unreadable_folder_is_said(library, monkeypatch):
    locked = library / "locked"
    song(locked / "x.wav")
    listing = os.listdir

    def refuse(path):  # root, as which tests may run, can read everything
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.warns(UserWarning, match="locked cannot be read and is left out"):
        assert len(list(audio_files(library))) == 8


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: p.mkdir(), "no audio file"),
        (lambda p: song(p / "x.wav").write_bytes(b""), "none of the 1 audio files can be used \\(x: the file is empty"),
    ],
)
def test_a_folder_without_usable_music_is_refused(tmp_path, make, says):
    make(tmp_path / "music")
    with pytest.raises(ValueError, match=says):
        load(tmp_path / "music")


def test_data_leaves_tables_that_load_as_the_same_corpus(library, project):
    (library / "rock" / "0.txt").write_text("engine highway wheel " * 4)
    (library / "folk" / "0.txt").write_text("river mountain willow " * 4)
    (library / "folk" / "zero.wav").touch()
    done = command("vaeclust", "data", library, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "left out folk/zero: the file is empty" in done.stdout
    results = project / "results" / "my-music"
    again = load(results / "features.csv", lyrics=results / "lyrics_features.csv")
    data = load(library)
    pd.testing.assert_frame_equal(again.features, data.features)
    np.testing.assert_array_equal(again.classes, data.classes)
    np.testing.assert_allclose(again.lyrics, data.lyrics, atol=1e-6)


def test_the_second_time_nothing_is_decoded(library, monkeypatch):
    first = load(library)
    monkeypatch.setattr(measured, "run", lambda *a, **k: pytest.fail("a file was measured again"))
    assert load(library).features.equals(first.features)


def test_a_changed_file_is_measured_again_and_a_moved_one_recognised(library):
    first = load(library)
    song(library / "rock" / "0.wav", 99)
    os.utime(library / "rock" / "0.wav", ns=(1, 1))
    again = load(library)
    changed = (first.features != again.features).any(axis=1)
    assert changed[changed].index.tolist() == ["rock/0"]


def test_a_library_that_moved_is_not_measured_again(library, monkeypatch):
    first = load(library)
    moved = library.rename(library.parent / "elsewhere")
    song(moved / "rock" / "0.wav", 99)  # as long as it was, but another
    measured_now = []
    run = measured.run

    def counted(function, tasks, **options):
        tasks = list(tasks)
        measured_now.extend(path.name for path, *_ in tasks)
        return run(function, tasks, **options)

    monkeypatch.setattr(measured, "run", counted)
    again = load(moved)
    assert measured_now == ["0.wav"]
    assert again.ids == first.ids
    assert again.features.drop("rock/0").equals(first.features.drop("rock/0"))
    monkeypatch.setattr(measured, "run", lambda *a, **k: pytest.fail("a file was measured again"))
    assert load(moved).features.equals(again.features)


def test_a_damaged_cache_is_put_aside(library):
    first = load(library)
    path = Cache().path
    for extra in path.parent.glob("measured.sqlite-*"):
        extra.unlink()
    path.write_bytes(b"this is no database" * 100)
    with pytest.warns(UserWarning, match="was damaged and is now"):
        assert load(library).features.equals(first.features)
    assert list(path.parent.glob("measured.damaged-*"))


def test_a_full_disk_costs_the_cache_and_not_the_run(library, monkeypatch):
    open_database = Cache.open

    @contextlib.contextmanager
    def limited(self):
        with open_database(self) as database:
            database.execute(f"PRAGMA max_page_count={database.execute('PRAGMA page_count').fetchone()[0]}")
            yield database

    cache = Cache()
    monkeypatch.setattr(Cache, "open", limited)
    files = [song(library / "many" / f"{i}.wav", i, seconds=1.0) for i in range(40)]
    with pytest.warns(UserWarning, match="not kept for the next run: database or disk is full"):
        found = extract(files, features="full", cache=cache)
    assert all(len(each.values) == 57 for each in found.values())


def test_a_killed_run_goes_on_and_ends_with_the_same_table(tmp_path, project):
    folder = tmp_path / "long"
    for i in range(24):
        song(folder / f"{i:02d}.wav", i, seconds=10.0)
    arguments = [Path(sys.executable).with_name("vaeclust"), "data", str(folder), "--features", "full"]
    running = subprocess.Popen(arguments, cwd=project, start_new_session=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    cache = Cache()
    deadline = time.monotonic() + 120
    count = 0
    while count < 3:
        assert time.monotonic() < deadline
        assert running.poll() is None, "it ended before it could be killed"
        time.sleep(0.2)
        with cache.open() as database:
            (count,) = database.execute("SELECT count(*) FROM measured").fetchone()
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    with cache.open() as database:
        (kept,) = database.execute("SELECT count(*) FROM measured").fetchone()
    assert 3 <= kept < 24
    second = command("vaeclust", "data", folder, "--features", "full", cwd=project)
    assert second.returncode == 0, second.stderr
    assert f"/{24 - kept} " in second.stderr  # the progress bar counts what was left to do
    table = (project / "results" / "long-full" / "features.csv").read_bytes()
    shutil.rmtree(cache.path.parent)
    assert command("vaeclust", "data", folder, "--features", "full", cwd=project).returncode == 0
    assert (project / "results" / "long-full" / "features.csv").read_bytes() == table


def test_two_runs_at_once_do_no_harm(library, project):
    arguments = [Path(sys.executable).with_name("vaeclust"), "data", str(library)]
    both = [subprocess.Popen(arguments, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for running in both:
        _, error = running.communicate(timeout=120)
        assert running.returncode == 0, error
    assert len(pd.read_csv(project / "results" / "my-music" / "features.csv")) == 8


def told(track, data):
    return data.tracks.loc[track, list(FACTS)].tolist()


def test_what_each_file_is_stands_in_the_tracks_and_not_in_the_features(tmp_path):
    soundfile.write(song(tmp_path / "music" / "a.wav").with_name("b.flac"), music(3, rate=8_000), 8_000)
    encoded(tmp_path / "music" / "c.mp3", bit_rate=32_000, seconds=5)
    (tmp_path / "music" / "c.mp3").rename(tmp_path / "music" / "d.ogg")
    data = load(tmp_path / "music")
    assert told("a", data) == ["wav", 22_050, 352_800, 2.0]
    assert told("b", data)[:2] == ["flac", 8_000]
    assert told("d", data)[0] == "mp3"  # whatever it is called
    assert told("d", data)[2] == pytest.approx(32_000, rel=0.02)
    assert told("d", data)[3] == pytest.approx(5, abs=0.1)
    assert data.audio.shape == (3, 20)
    assert not set(FACTS) & set(data.features)
    (tmp_path / "about.csv").write_text("track_id,length,sample_rate,year\na,3:05,unknown,1999\n")
    assert told("a", load(tmp_path / "music", tracks=tmp_path / "about.csv")) == told("a", data)


def test_facts_are_kept_and_those_missing_in_an_earlier_cache_are_looked_up_without_measuring(library, monkeypatch):
    first = load(library)
    with Cache().open() as database:
        database.execute("DROP TABLE facts")  # as an earlier version left it
    done = counted_work(monkeypatch)
    again = load(library)
    assert [kind for kind, _ in done] == ["_look_again"] * 8
    pd.testing.assert_frame_equal(again.tracks, first.tracks)
    pd.testing.assert_frame_equal(load(library).tracks, first.tracks)
    assert len(done) == 8  # kept from the second time on


def counted_work(monkeypatch):
    """Every task that workers are given: what is done, and of which file."""
    done = []
    run = measured.run

    def counted(function, tasks, **options):
        tasks = list(tasks)
        done.extend((function.__name__, path.name) for path, *_ in tasks)
        return run(function, tasks, **options)

    monkeypatch.setattr(measured, "run", counted)
    return done


def test_of_an_earlier_cache_only_what_is_read_otherwise_now_is_measured_again(library, monkeypatch):
    silent = library / "rock" / "silent.flac"
    soundfile.write(silent, np.concatenate([np.zeros(3 * RATE), music(4, seed=7)]), RATE)
    guessed = without_xing(library / "rock" / "guess.mp3", [(music(4), 128_000), (music(8, seed=1), 8_000)])
    first = load(library)
    with Cache().open() as database:  # as an earlier version left it
        database.execute("UPDATE facts SET reading = 1")
        rows = dict(database.execute("SELECT files.path, files.digest FROM files"))
        row = ("earlier recipe", rows[str(silent)])
        database.execute("INSERT INTO measured SELECT digest, ?, content FROM measured WHERE digest = ?", row)
        unread = json.dumps({"values": [], "reason": "it needs ffmpeg", "tags": {}})
        database.execute(
            "UPDATE measured SET content = ? WHERE digest = ?", (unread, rows[str(library / "folk/0.flac")])
        )
        database.execute("DELETE FROM facts WHERE digest = ?", (rows[str(library / "folk/0.flac")],))
    done = counted_work(monkeypatch)
    again = load(library)
    mp3s = {guessed.name, "guess.part.mp3"}
    assert {name for kind, name in done if kind == "measure_file"} == {"silent.flac", *mp3s, "0.flac"}
    pd.testing.assert_frame_equal(again.features, first.features)
    with Cache().open() as database:  # what another recipe measured of such a file is not trusted either
        assert not list(database.execute("SELECT 1 FROM measured WHERE recipe = 'earlier recipe'"))


def test_another_part_is_another_measurement(library, monkeypatch):
    first = load(library, seconds=1)
    later = load(library, seconds=1, offset=0.5)
    path = library / "folk" / "0.flac"
    expected = audio.measure(audio.decode(path, seconds=1, offset=0.5), "mfcc20")
    np.testing.assert_allclose(later.features.loc["folk/0"], expected, rtol=1e-6)
    done = counted_work(monkeypatch)
    assert load(library, seconds=1).features.equals(first.features)
    assert load(library, seconds=1, offset=0.5).features.equals(later.features)
    assert done == []


def test_the_start_is_skipped_on_the_command_line(library, project):
    done = command("vaeclust", "data", library, "--offset", "1.5", cwd=project)
    assert done.returncode == 1
    assert "it lasts 0.50 s behind the first 1.5 s" in done.stderr


def test_what_is_damaged_in_part_is_said_at_every_run(library):
    damaged(library / "folk" / "9.mp3", "noise")
    for _ in range(2):
        data = load(library)
        assert "folk/9" in data.ids
        assert any("damaged in part" in note and "folk/9: " in note for note in data.notes)


def test_where_no_cache_can_be_everything_is_measured_and_that_is_said_once(library, monkeypatch, tmp_path):
    first = load(library)
    (tmp_path / "a file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a file"))
    with pytest.warns(UserWarning, match="not kept for the next run: .*XDG_CACHE_HOME") as said:
        assert load(library).features.equals(first.features)
    assert len(said) == 1


READ_ONLY = """
import os, sys, warnings
from vaeclust.corpus import measured
from vaeclust.corpus.sources import load
print(load(sys.argv[1]).checksum)
os.setuid(65534)
measured.run = lambda *a, **k: sys.exit("measured again")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    print(load(sys.argv[1]).checksum)
print(len(said), said[0].message)
"""


def test_a_cache_that_cannot_be_written_is_read(library):
    if os.getuid():
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory() as folder:  # those of the tests are shut to others
        place = Path(folder)
        place.chmod(0o755)
        shutil.copytree(library, place / "music")
        environment = {**os.environ, "XDG_CACHE_HOME": f"{place / 'cache'}"}
        call = [sys.executable, "-c", READ_ONLY, place / "music"]
        told = subprocess.run(call, capture_output=True, text=True, check=False, env=environment)
        assert told.returncode == 0, told.stderr
        mine, theirs, warned = told.stdout.splitlines()
        assert mine == theirs
        assert warned.startswith("1 what is measured now is not kept for the next run")


def test_a_cache_that_another_process_holds_is_done_without(library, monkeypatch):
    first = load(library)
    monkeypatch.setattr(cache, "PATIENCE", 0.3)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, Cache().path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.warns(UserWarning, match="not kept for the next run: .*locked") as said:
        assert load(library).features.equals(first.features)
    assert len(said) == 1
    holder.communicate("\n")


HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode=DELETE")
database.execute("PRAGMA locking_mode=EXCLUSIVE")
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
input()
"""


def test_a_damaged_page_of_the_cache_costs_only_what_stood_on_it(tmp_path, monkeypatch):
    folder = tmp_path / "many"
    for i in range(40):
        song(folder / f"{i:02d}.wav", i, seconds=1.0)
    first = load(folder, features="full")
    with sqlite3.connect(Cache().path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
        (size,) = database.execute("PRAGMA page_size").fetchone()
        (page,) = database.execute(
            "SELECT pageno FROM dbstat WHERE name = 'measured' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 2"
        ).fetchone()
    database.close()
    content = bytearray(Cache().path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    Cache().path.write_bytes(content)
    done = counted_work(monkeypatch)
    with pytest.warns(UserWarning, match="was damaged and is now .* with .* of its measurements"):
        pd.testing.assert_frame_equal(load(folder, features="full").features, first.features)
    again = {name for kind, name in done if kind == "measure_file"}
    assert 0 < len(again) < 20
    done.clear()
    pd.testing.assert_frame_equal(load(folder, features="full").features, first.features)
    assert done == []


@pytest.mark.parametrize("content", ["{", "[]", '{"colour": 1}', '{"values": "x'])
def test_a_damaged_row_of_the_cache_is_measured_again(library, monkeypatch, content):
    first = load(library)
    with Cache().open() as database:
        database.execute("UPDATE measured SET content = ? WHERE rowid = 3", (content,))
    done = counted_work(monkeypatch)
    with pytest.warns(UserWarning, match="a row of the cache of measurements is damaged"):
        assert load(library).features.equals(first.features)
    assert len(done) == 1


def killed_over_one(path, features, seconds, offset):
    """What the kernel does to a worker that takes too much memory."""
    if path.name.startswith("2"):
        os.kill(os.getpid(), signal.SIGKILL)
    return measured.measure_file(path, features, seconds, offset)


def test_a_file_over_which_a_worker_is_killed_is_named_and_the_rest_goes_on(library, monkeypatch):
    run = measured.run
    monkeypatch.setattr(measured, "run", lambda function, *a, **k: run(killed_over_one, *a, **k))
    data = load(library)
    assert data.excluded == dict.fromkeys(("folk/2", "rock/2"), "the process that measured it was killed, perhaps for "
                                          "lack of memory")  # fmt: skip
    assert len(data) == 6
    monkeypatch.setattr(measured, "run", run)
    assert len(load(library)) == 8  # another run tries them again


def test_folders_whose_names_differ_have_results_of_their_own(tmp_path, project):
    places = ["Vol. 1", "Vol. 2", "🎸", "🎵", "one drive/Music", "other drive/Music", "one drive/Music"]
    for number, place in enumerate(places[:6]):
        for seed in range(2):
            song(tmp_path / "drives" / place / f"{number}{seed}.wav", 2 * number + seed)
    said = [command("vaeclust", "data", tmp_path / "drives" / place, cwd=project).stdout for place in places]
    tables = {path.parent.name: pd.read_csv(path, dtype=str) for path in project.glob("results/*/features.csv")}
    found = {name: table["track_id"].tolist() for name, table in tables.items()}
    assert found == {
        "Vol.-1": ["00", "01"], "Vol.-2": ["10", "11"], "🎸": ["20", "21"], "🎵": ["30", "31"],
        "Music": ["40", "41"], "Music-2": ["50", "51"],
    }  # fmt: skip
    told = "another corpus of that name has records already; these go to"
    assert [told in line for line in said] == [False] * 5 + [True, False]
