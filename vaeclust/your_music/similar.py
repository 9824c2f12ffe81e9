"""Songs like one song, and the song that somebody means (chapter ``10_your_music``)."""

import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import Dataset, track_name
from vaeclust.corpus.tables import examples
from vaeclust.files import project_root
from vaeclust.your_music.groups import read_songs
from vaeclust.your_music.library import CHAPTER, LISTEN, SONGS
from vaeclust.your_music.list_folder import writable_folder, write_lists
from vaeclust.your_music.playlists import own_file, playlist_text

MOST_LISTED = 10  # songs that a text may mean
DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")  # a keyboard has one key for all of them


def similar_songs(space: pd.DataFrame, song: str, n: int = 20) -> pd.Series:
    """Return the Euclidean distance of the ``n`` songs that lie nearest to one, by track id, nearest first.

    The song itself is left out; of songs that lie equally far the first of the table comes first. Fewer than ``n``
    where there are no more.

    Parameters
    ----------
    space : DataFrame
        An embedding, (songs, d), indexed by track id.
    song : str
        A track id; :func:`find_songs` gives it.

    Raises
    ------
    ValueError
        For a song that the embedding does not have; for ``n`` below 1.

    Examples
    --------
    >>> space = pd.DataFrame({"x": [0.0, 3.0, 1.0]}, index=["first", "second", "third"])
    >>> similar_songs(space, "first").to_dict()
    {'third': 1.0, 'second': 3.0}
    """
    if song not in space.index:
        raise ValueError(
            f"no song {song!r} in the embedding; expected one of its {len(space)} track ids, such as "
            f"{examples(space.index)}"
        )
    if n < 1:
        raise ValueError(f"n={n}; expected at least one song to look for")
    points = space.to_numpy(dtype=np.float64)
    distance = np.linalg.norm(points - points[space.index.get_loc(song)], axis=1)
    found = pd.Series(distance, space.index, name="distance").drop(song)
    return found.sort_values(kind="stable").head(n)


def find_songs(songs: Dataset | pd.DataFrame, text: str) -> list[str]:
    """Return the track ids of the songs that a text may mean, in the order of the table; none where nothing fits.

    The first of these that finds any says all that fit: the path of a file or a track id; a title, or artist and title
    as in ``"Artist - Title"``; the same without accents and signs; a part of any of these; every word of the text
    somewhere in them, accents aside. Case, Unicode form, the kind of dash and the width of gaps never matter.

    Parameters
    ----------
    songs : Dataset or DataFrame
        A table is indexed by track id and has any of the columns ``artist``, ``title``, ``path``.
    text : str
        A relative path counts from the folder in which one is.

    Raises
    ------
    ValueError
        For a text without a letter.

    Examples
    --------
    >>> songs = pd.DataFrame({"artist": ["Ann", "Bo"], "title": ["Été", "Été indien"]}, index=["a1", "b2"])
    >>> find_songs(songs, "ÉTÉ"), find_songs(songs, "bo - été INDIEN"), find_songs(songs, "ete")
    (['a1'], ['b2'], ['a1', 'b2'])
    """
    wanted = folded(text)
    if not wanted:
        raise ValueError(
            "an empty text names no song; expected the path of a file, a track id, a title or a part of it"
        )
    words, plain = bare(wanted).split(), _letters(wanted)
    table = songs.tracks if isinstance(songs, Dataset) else songs
    rules: list[Callable[[list[str], list[str]], bool]] = [
        lambda addresses, names: wanted in addresses or folded(os.path.abspath(text)) in addresses,
        lambda addresses, names: wanted in names,
        lambda addresses, names: plain in map(_letters, names),
        lambda addresses, names: any(wanted in known for known in (*addresses, *names)),
        lambda addresses, names: all(word in bare(" ".join((*addresses, *names))) for word in words),
    ]
    known = {track: (_addresses(track, row), _names(row)) for track, row in zip(table.index, _rows(table), strict=True)}
    for rule in rules:
        if found := [track for track, about in known.items() if rule(*about)]:
            return found
    return []


def folded(text: str) -> str:
    """Return a text without what two ways to write it may differ in: case, Unicode form, kinds of dashes and gaps.

    >>> folded("Ｓtraße –  Ｅins")
    'strasse - eins'
    """
    return " ".join(
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(DASHES).split()
    )


def bare(text: str) -> str:
    """Return a text without the marks on its letters, as the explorer's search compares them.

    >>> bare("beyoncé")
    'beyonce'
    """
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c)[0] != "M")


def _letters(text: str) -> str:
    """Return a folded text without accents and signs, one gap between words; as it is where nothing else is in it."""
    return " ".join(re.findall(r"\w+", bare(text))) or text


def _rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return what is known of each song: column → text, of those columns that say something."""
    columns = [column for column in ("artist", "title", "path") if column in table]
    rows = table[columns].to_dict("records")
    return [{column: str(value) for column, value in row.items() if pd.notna(value)} for row in rows]


def _addresses(track: str, row: dict[str, str]) -> list[str]:
    """Return what names one song alone: its id, its path as it is told and from the root of the disk."""
    paths = [row["path"], os.path.abspath(project_root() / row["path"])] if "path" in row else []
    return [folded(text) for text in (track, *paths)]


def _names(row: dict[str, str]) -> list[str]:
    """Return what a song is called: its title, and artist and title."""
    artist, title = row.get("artist", ""), row.get("title", "")
    whole = f"{artist} - {title}" if artist and title else artist
    return [folded(name) for name in (title, whole) if name]


class Similar(NamedTuple):
    """A song and those nearest to it, by track id: ``artist, title, path, distance``; and the same in words."""

    song: str
    songs: pd.DataFrame
    told: str


def record_folder(folder: Path) -> Path:
    """Return the record of a library in the folder of a corpus: that of ``listen``, else that of the chapter.

    Raises FileNotFoundError, with the command that makes it, where neither is there.
    """
    place = next((folder / name for name in (LISTEN, CHAPTER) if (folder / name / SONGS).is_file()), None)
    if place is None:
        raise FileNotFoundError(
            f"no {SONGS} in {folder / LISTEN} or {folder / CHAPTER}: make it with `vaeclust listen FOLDER`, then give "
            f"the folder of its results"
        )
    return place


def similar_table(folder: Path, text: str, n: int = 20) -> Similar:
    """Return the songs that are nearest to the one that a text means, in the description of the last run.

    folder: of a corpus among the results, whose record ``listen`` is read, else that of the chapter. text: as
    :func:`find_songs` takes it.

    Raises
    ------
    FileNotFoundError
        Where neither is there; says which command makes it.
    ValueError
        For a text that means no song, or several: these are listed.
    """
    place = record_folder(folder)
    songs = read_songs(place / SONGS).set_index("track_id")
    fits = find_songs(songs, text)
    if not fits:
        raise ValueError(f"no song of {place} is meant by {text!r}; expected a path, an id, or a part of a title")
    if len(fits) > 1:
        shown = [f"{track_name(track, songs.loc[track])} ({track})" for track in fits[:MOST_LISTED]]
        more = "; …" if len(fits) > MOST_LISTED else ""
        raise ValueError(f"{text!r} may mean {len(fits)} songs; say which: {'; '.join(shown)}{more}")
    with np.load(place / "embeddings.npz", allow_pickle=False) as arrays:
        space = pd.DataFrame(arrays["embeddings"][0], index=arrays["track_id"])
    near = pd.concat([pd.Series({fits[0]: 0.0}), similar_songs(space, fits[0], n)])
    found = songs.reindex(near.index)[["artist", "title", "path"]].assign(distance=near)
    called = [track_name(track, row) for track, row in found.iterrows()]
    lines = [f"{number:3d}  {name}" for number, name in enumerate(called) if number]
    told = [f"nearest to {called[0]}, in {place}:", *lines]
    return Similar(fits[0], found, "\n".join(told))


def write_similar(found: Similar, path: Path) -> Path:
    """Write a song and those nearest to it as a playlist, as far as they have files, and return its path.

    A list of that name that its owner made or changed stays, and this one is called ``-2``. Raises ValueError where no
    song has a file, and OSError for a folder that cannot be written to.
    """
    files = found.songs["path"].dropna().map(own_file)
    if files.empty:
        raise ValueError("no file of these songs is known, so there is nothing to write into a playlist")
    text = playlist_text(found.songs.loc[files.index], files, path.parent)
    with writable_folder(path.parent):
        written = write_lists(path.parent, [(path.stem, text)], library=f"like {path.stem}")
    return written.paths[0]
