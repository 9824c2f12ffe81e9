"""Folders that are labels, and folders that only say where a file lies."""

import pandas as pd
import pytest

from vaeclust.corpus.levels import folder_labels

SHAPES = {
    "languages": ("{}/{}", ["english", "bangla"], ["a"], ["language"]),
    "languages below one folder": ("audio/{}/{}", ["english", "bangla"], ["a"], ["language"]),
    "languages, then genres": ("{}/{}", ["english", "bangla"], ["folk", "rock"], ["language", "genre"]),
    "genres, then languages": ("{}/{}", ["folk", "rock"], ["english", "bangla"], ["genre", "language"]),
    "genres in their own script": ("{}/{}", ["লোক", "রক"], ["a"], ["genre"]),
    "genres, then artists of each": ("{0}/{0} {1}", ["folk", "rock"], ["Ann", "Bob"], ["genre"]),
    "genres, then years": ("{}/{}", ["folk", "rock"], ["2019", "2020"], ["genre"]),
    "numbers": ("{}/{}", ["000", "001"], ["a"], []),
    "numbers, then what is found in each": ("{}/{}", ["000", "001"], ["folk", "rock"], ["genre"]),
    "rap, which is a language of Easter Island, too": ("{}/{}", ["rap", "rock"], ["a"], ["genre"]),
}


def tracks(shape, first, second, count=4):
    return pd.Index([f"{shape.format(a, b)}/{i}" for a in first for b in second for i in range(count)])


@pytest.mark.parametrize(("shape", "first", "second", "labels"), SHAPES.values(), ids=SHAPES)
def test_folders_are_what_they_are_called(shape, first, second, labels):
    found = folder_labels(tracks(shape, first, second))
    assert list(found) == labels
    assert found.notna().all().all()
    if "language" in labels:
        assert set(found["language"]) == {"english", "bangla"}


def test_one_language_by_two_names_is_one_and_two_tracks_a_folder_are_no_label():
    ids = tracks("{}/{}", ["Bengali", "bangla", "english"], ["a"])
    assert folder_labels(ids)["language"].value_counts().to_dict() == {"Bengali": 8, "english": 4}
    assert folder_labels(tracks("{}/{}", ["english", "bangla"], ["a"], count=2)).empty
    assert folder_labels(pd.Index(["1", "2", "3"])).empty


def test_folders_of_artists_are_no_genres():
    ids = tracks("{}/{}", ["Ann", "Björk", "রুনা"], ["an album"])
    artists = pd.Series([track.split("/")[0].upper() for track in ids], ids)
    assert folder_labels(ids, artists).empty
    assert list(folder_labels(ids, artists.where(artists == "nobody"))) == ["genre"]
    others = pd.Series([f"artist {i % 5}" for i in range(len(ids))], ids)
    assert list(folder_labels(ids, others)) == ["genre"]
