"""``vaeclust listen`` and ``vaeclust similar``, as they are typed, on real files."""

import re

import pandas as pd
import pytest
from conftest import command
from sounds import song

from vaeclust.your_music.groups import read_songs

NAMES = ['so what\'s "this".wav', "line # hash.wav", "গান ১.wav", "🎸 <img src=x onerror=alert(1)>.wav"]


@pytest.fixture(scope="module")
def heard(tmp_path_factory, request):
    """A project in which a library of two folders was listened to, and its place among the results."""
    from conftest import copy_project

    project = copy_project(tmp_path_factory.mktemp("listen"))
    for number in range(16):
        name = NAMES[number] if number < len(NAMES) else f"{number}.wav"
        song(project / ("one" if number % 2 else "two") / name, seed=number, seconds=4)
    song(project / "two" / "book" / "chapter.wav", seed=99, seconds=4)
    done = listen(project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project, done


def listen(project, *more):
    options = ["--exclude", "*/book/*", "--name", "mine", "-p", "seeds=3"]
    return command("vaeclust", "listen", "one", "two", *options, *more, cwd=project)


def songs_of(project):
    return read_songs(project / "results" / "mine" / "listen" / "songs.csv").set_index("track_id")


def test_it_says_what_it_took_and_where_the_page_is(heard):
    project, done = heard
    assert re.search(r"mine: 16 tracks, (200|57) features", done.stdout)
    page = project / "results" / "mine" / "listen" / "html" / "book" / "chapters" / "10_your_music.html"
    assert f"open {page}" in done.stdout
    assert page.is_file()
    assert not (project / "_build" / "html").exists()  # the book's own pages stay as they are
    assert not (project / "book" / "chapters" / "10_your_music.ipynb").exists()
    assert sorted(path.name for path in (project / "results" / "mine").iterdir() if path.name[0] != ".") == [
        "corpus.json", "listen",
    ]  # fmt: skip


def test_the_page_shows_songs_and_no_code(heard):
    project, _ = heard
    page = (project / "results/mine/listen/html/book/chapters/10_your_music.html").read_text(encoding="utf-8")
    for heading in ("The groups", "The map", "The songs", "The odd ones out", "Almost the same"):
        assert f">{heading}<" in page
    assert "cell_input" not in page
    for hidden in ("Exercises", "Parameters", "papermill", "Features of another model"):
        assert hidden not in page
    assert "<img src=x" not in page
    files = re.findall(r'(?:data-sound|href)="([^"]+\.wav)"', page)
    assert files
    explorer = page.replace("10_your_music", "11_explorer")
    assert explorer


def test_all_songs_are_in_the_table_and_in_lists_that_open(heard):
    project, _ = heard
    place = project / "results" / "mine" / "listen"
    songs = songs_of(project)
    assert len(songs) == 16
    assert songs["name"].notna().all()
    assert songs.groupby("cluster")["name"].nunique().eq(1).all()
    assert songs["name"].nunique() == songs["cluster"].nunique()
    lists = sorted((place / "playlists").glob("*.m3u8"))
    assert len(lists) == songs["cluster"].nunique()
    lines = [line for path in lists for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert len(lines) == 16
    assert all((place / "playlists" / line).is_file() for line in lines)


def test_songs_like_one(heard):
    project, _ = heard
    found = command("vaeclust", "similar", "so what's", "--in", "results/mine", "--playlist", "like.m3u8", cwd=project)
    assert found.returncode == 0, found.stderr
    assert "nearest to one/so what's" in found.stdout or "nearest to two/so what's" in found.stdout
    lines = (project / "like.m3u8").read_text(encoding="utf-8").splitlines()
    assert [line[:8] for line in lines[:2]] == ["#EXTM3U", "#EXTINF:"]
    assert len(lines) == 1 + 2 * 16
    assert all((project / line).is_file() for line in lines[2::2])
    none = command("vaeclust", "similar", "nothing like it", "--in", "results/mine", cwd=project)
    assert none.returncode == 1
    assert "is meant by 'nothing like it'" in none.stderr
    assert "Traceback" not in none.stderr


def test_groups_keep_their_names_when_songs_come_and_go(heard):
    again, _ = heard
    before = songs_of(again)
    changed = next((again / "results" / "mine" / "listen" / "playlists").glob("*.m3u8"))
    changed.write_text(changed.read_text(encoding="utf-8") + "#mine\n", encoding="utf-8")
    (again / "one" / "5.wav").unlink()
    song(again / "two" / "new.wav", seed=50, seconds=4)
    done = listen(again)
    assert done.returncode == 0, done.stdout + done.stderr
    after = songs_of(again)
    assert set(after.index) == {*before.index, "two/new"} - {"one/5"}
    both = before.join(after, rsuffix="_after", how="inner")
    assert (both["name"] == both["name_after"]).mean() >= 0.9
    assert changed.read_text(encoding="utf-8").endswith("#mine\n")  # its owner's
    assert pd.notna(after.loc["two/new", "name"])


def test_what_cannot_be_listened_to_is_said(project, tmp_path):
    (project / "empty").mkdir()
    for arguments, says in {
        ("empty",): "no audio file found",
        ("nowhere",): "no file",
        ("empty", "-p", "sedes=3"): "no parameter 'sedes'",
    }.items():
        done = command("vaeclust", "listen", *arguments, cwd=project)
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    song(project / "single" / "one.wav", seed=1, seconds=4)
    done = command("vaeclust", "listen", "single", cwd=project)
    assert done.returncode == 1
    assert "single: songs to group: 1; expected at least 4" in done.stderr
    (project / "file").write_text("no folder")
    for more, what in ((["--playlists", "file/lists"], "playlists"), (["-p", "results_dir=file/results"], "results")):
        done = command("vaeclust", "listen", "single", *more, cwd=project)
        assert done.returncode == 1
        assert f"{what} cannot be written there" in done.stderr
        assert "measuring" not in done.stderr  # said before an hour of listening, not after


def test_the_fewest_songs_their_clips_and_a_move(project, tmp_path):
    for number in range(4):
        song(project / "few" / f"{number}.wav", seed=number, seconds=4)
    done = command("vaeclust", "listen", "few", "--clips", "2", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    html = project / "results" / "few" / "listen" / "html"
    page = html / "book" / "chapters" / "10_your_music.html"
    addresses = re.findall(r'href="([^"]+\.mp3)"', page.read_text(encoding="utf-8"))
    html.rename(tmp_path / "shown")
    clips = {(tmp_path / "shown" / "book" / "chapters" / address).resolve() for address in addresses}
    assert len(clips) == 4
    assert all(clip.is_file() and clip.is_relative_to(tmp_path / "shown") for clip in clips)

    before = read_songs(project / "results" / "few" / "listen" / "songs.csv").set_index("track_id")
    (project / "few").rename(project / "many")
    done = command("vaeclust", "listen", "many", "--name", "few", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    song(project / "more" / "4.wav", seed=4, seconds=4)
    done = command("vaeclust", "listen", "many", "more", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "These are the songs of few" in done.stdout
    assert sorted(path.name for path in (project / "results").iterdir()) == ["few"]
    after = read_songs(project / "results" / "few" / "listen" / "songs.csv").set_index("track_id")
    assert after["cluster"].iloc[:4].tolist() == before["cluster"].tolist()
    assert list(after.index) == ["many/0", "many/1", "many/2", "many/3", "more/4"]
