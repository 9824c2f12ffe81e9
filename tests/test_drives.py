"""Paths on several drives, by the rules of Windows (its path classes; no test runs there)."""

import ntpath
import os
from pathlib import Path, PureWindowsPath

import pytest

from vaeclust.corpus import folders
from vaeclust.your_music import playlists


@pytest.fixture
def windows(monkeypatch):
    monkeypatch.setattr(os.path, "relpath", ntpath.relpath)
    monkeypatch.setattr(os.path, "commonpath", ntpath.commonpath)


def test_a_song_on_another_drive_has_an_absolute_address(windows):
    page = PureWindowsPath("C:/project/_build/html")
    assert playlists._address(PureWindowsPath("D:/Music/a b.mp3"), page) == "file:///D:/Music/a%20b.mp3"
    assert playlists._address(PureWindowsPath("C:/project/a b.mp3"), page).replace("%5C", "/") == "../../a%20b.mp3"


def test_a_playlist_on_another_drive_names_the_whole_path(windows):
    song, folder = PureWindowsPath("D:/Music/a b.mp3"), PureWindowsPath("C:/lists")
    assert playlists._route(song, folder) == "D:/Music/a b.mp3"


def test_folders_on_two_drives_share_none(windows):
    assert folders.shared_folder([PureWindowsPath("C:/Music"), PureWindowsPath("D:/Music")]) == Path()
