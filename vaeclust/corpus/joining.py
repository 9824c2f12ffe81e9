"""Which row of somebody's table is which track of a corpus (page ``reproduce``).

Ids are compared as they are; without case, Unicode form, the suffix of a sound and the address of a service; and as
paths, by as much of their ends as tells them apart. The column by which most tracks are joined is that of the ids.
Where none joins half of them, artist and title do, or the number that stands inside a name.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vaeclust.corpus.roles import ARTIST, ID, OTHER, TITLE, columns_of, role_of
from vaeclust.corpus.tables import AUDIO_SUFFIX, GTZAN_ID, examples

DEEPEST = 6  # parts of a path that are compared
ENOUGH = 0.5  # of the fewer ids, which a way to compare has to join to be the one
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}$")
_NUMBER = re.compile(r"\d+")


# What stands before the id of a track in the addresses of services, and what follows it.
_ADDRESS = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/(?:[\w-]+/)?track/|"
    r"https?://(?:www\.|m\.|music\.)?youtube\.com/watch\?(?:\S*&)?v=|https?://youtu\.be/)([\w-]+)(?:[?&#/]\S*)?"
)
MISSES = ("table", "id", "what")  # columns


class Joined(NamedTuple):
    """A table by the ids of a corpus, each once; by which column and how; the ids of both sides that miss."""

    table: pd.DataFrame
    column: str
    how: str
    unknown: list[str]
    without: list[str]

    def note(self, what: str) -> str:
        """Return in a line what was joined by what, and what was not."""
        n = len(self.table) + len(self.without)
        found = f"{what}: id from `{self.column}`, {self.how}: {len(self.table):,} of {n:,} tracks"
        for missing, names in (("ids of no track", self.unknown), ("tracks of no row", self.without)):
            if names:
                found += f"; {missing}, {len(names):,}: {', '.join(names[:3])}{', …' if len(names) > 3 else ''}"
        return found

    def misses(self, what: str) -> pd.DataFrame:
        """Return the ids that miss, (n, 3): ``table, id, what``."""
        rows = [(what, track, "in no track of the corpus") for track in self.unknown]
        rows += [(what, track, "in no row of the table") for track in self.without]
        return pd.DataFrame(rows, columns=pd.Index(MISSES))


class _Way(NamedTuple):
    """One way to join: the column that it goes by, how, the keys of all rows, and which of them is which of ours."""

    column: str
    how: str
    keys: pd.Series
    found: dict[str, str]

    def tracks(self) -> int:
        return len(set(self.found.values()))


def joined(table: pd.DataFrame, ids: Iterable[str], what: str, about: pd.DataFrame | None = None) -> Joined:
    """Return a table by the ids of a corpus, as far as its rows are tracks of that.

    what: what errors call the table, with its path. about: artist and title of the tracks by id, as far as they are
    known; else files may be called so. Rows that stand twice and say the same are one.

    Raises
    ------
    ValueError
        Where no column can be ids; where none of them is in the corpus; where two rows mean one track.
    """
    ours = list(ids)
    table = table.drop_duplicates()
    ways = list(_ways_to_join(table, ours, about))
    if not ways:
        raise ValueError(
            f"{what}: found the columns {examples(table.columns)}; expected one that says which track a row is, such "
            f"as track_id, id, filename or path, or artist and title"
        )
    best = ways[0]
    for way in ways:
        if way.tracks() > best.tracks():
            best = way
    if not best.found:
        told = best.keys.dropna()
        raise ValueError(
            f"{what}: none of its {len(told)} track ids is in the corpus ({examples(told)} against {examples(ours)})"
        )
    index = best.keys.map(best.found)
    inside = table[index.notna()].set_axis(pd.Index(index.dropna(), name="track_id"), axis=0)
    twice = inside.index[inside.index.duplicated()].unique()
    if len(twice):
        meant = examples(best.keys[index == twice[0]])
        raise ValueError(
            f"{what}: track ids that stand more than once: {examples(twice)} ({meant}); keep one row of each"
        )
    unknown = best.keys[index.isna() & best.keys.notna()].unique().tolist()
    with_row = set(inside.index)
    return Joined(inside, best.column, best.how, unknown, [track for track in ours if track not in with_row])


def _ways_to_join(table: pd.DataFrame, ours: list[str], about: pd.DataFrame | None) -> Iterator[_Way]:
    """Yield the ways to join a table: by its ids, and where none of them joins half, by names and by numbers."""
    columns = {column: table[column].astype("str") for column in columns_of(ID, table.columns)}
    most = 0.0
    for column, keys in columns.items():
        theirs = keys.dropna().unique().tolist()
        how, found = matched(theirs, ours)
        yield _Way(column, how, keys, found)
        most = max(most, len(set(found.values())) / max(1, min(len(theirs), len(ours))))
    if most >= ENOUGH:
        return
    if (names := _names(table)) is not None:
        told = None if about is None else _names(about)
        known = {} if told is None else told.dropna().to_dict()
        names = names.mask(names.duplicated(keep=False))  # two songs of one name are not told apart
        found = _by_key(names.dropna().tolist(), ours, str, lambda track: known.get(track, _words(_end(track, 1))))
        yield _Way("` and `".join(_named(table)), "by their words", names, found)
        if len(found) >= ENOUGH * min(names.notna().sum(), len(ours)):
            return
    for column, keys in columns.items():
        theirs = keys.dropna().unique().tolist()
        found = _by_key(theirs, ours, _number, _number)
        if len(set(found.values())) >= ENOUGH * min(len(set(ours)), len(theirs)):  # a few numbers agree by chance
            yield _Way(column, "by the number in their names", keys, found)


def _named(table: pd.DataFrame) -> list[str]:
    """Return the columns of artist and title; none unless there are both."""
    columns = [columns_of(role, table.columns)[:1] for role in (ARTIST, TITLE)]
    return [column for found in columns for column in found] if all(columns) else []


def _names(table: pd.DataFrame) -> pd.Series | None:
    """Return the words of artist and title, in small letters; missing where one of them is."""
    columns = _named(table)
    if not columns:
        return None
    artist, title = (table[column].astype("str").str.strip() for column in columns)
    return (artist + " " + title).where((artist != "") & (title != "")).map(_words, na_action="ignore")


def _words(text: str) -> str:
    """Return the letters and digits of a text in one Unicode form and small letters, with single blanks between words.

    >>> _words("AC/DC – T.N.T. (Live)")
    'ac dc t n t live'
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain).split())


def one_row_each(table: pd.DataFrame, path: Path, same: Sequence[str] | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Return a table of which rows that tell the same of a track are one, and a line that says so where they are.

    same: the columns in which they do, by default those that are known by name; a song that is in two playlists is one
    song.
    """
    known = [name for name in table if role_of(str(name)) not in ("", OTHER)] if same is None else list(same)
    table = table.drop_duplicates()
    once = table.drop_duplicates(subset=known or None)
    left = len(table) - len(once)
    if not left:
        return once, []
    several = table[table.duplicated(subset=known, keep=False)]
    values = several.groupby(known, dropna=False, sort=False).nunique(dropna=False)
    differ = [str(name) for name in values if (values[name] > 1).any()]
    said = f"{path.name}: {left:,} rows tell nothing new but {examples(differ, 10)}; the first of each track is taken"
    return once, [said]


def all_misses(*tables: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the ids that miss in any table; None where none does."""
    found = [table for table in tables if table is not None and len(table)]
    return pd.concat(found, ignore_index=True) if found else None


def matched(theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, dict[str, str]]:
    r"""Return how ids were compared, and which of theirs is which of ours.

    That is the first way that joins half of the fewer ones, so that a weaker way never overrules a stronger one; else
    the one that joins most.

    >>> matched(["C:\\me\\data\\english\\a.WAV"], ["english/a", "bangla/a"])
    ('by the ends of their paths', {'C:\\me\\data\\english\\a.WAV': 'english/a'})
    >>> matched(["https://open.spotify.com/track/4uLU6hM?si=1"], ["spotify:track:4uLU6hM"])[0]
    'without case and suffix'
    """
    best: tuple[str, dict[str, str]] = ("", {})
    for how, keys in _ways():
        found = _by_key(theirs, ours, *keys)
        if len(set(found.values())) > len(set(best[1].values())):
            best = (how, found)
        if len(set(best[1].values())) >= ENOUGH * min(len(set(ours)), len(set(theirs))):
            break
    return best


def _ways() -> Iterable[tuple[str, tuple[Callable[[str], str], Callable[[str], str]]]]:
    """Yield the ways to compare ids: what is said of each, and what is compared of theirs and of ours."""
    yield "as they are", (str, str)
    yield "without case and suffix", (plain_id, plain_id)
    for depth in range(DEEPEST, 0, -1):
        end = "by the ends of their paths" if depth > 1 else "by file name"
        yield end, (partial(_end, depth=depth), partial(_end, depth=depth))


def _by_key(
    theirs: Sequence[str], ours: Sequence[str], of_theirs: Callable[[str], str], of_ours: Callable[[str], str]
) -> dict[str, str]:
    """Return which of theirs is which of ours; what two of ours share tells nothing."""
    places: dict[str, list[str]] = defaultdict(list)
    for track in ours:
        if key := of_ours(track):
            places[key].append(track)
    keys = ((text, of_theirs(text)) for text in theirs)
    return {text: places[key][0] for text, key in keys if key and len(places.get(key, ())) == 1}


def plain_id(text: str) -> str:
    r"""Return an id as it is compared: one Unicode form, one slash, small letters, no suffix of a sound, no address.

    Of a path of GTZAN its id remains.

    >>> plain_id("Genres\\Jazz\\jazz.00012.au"), plain_id(" Été.MP3"), plain_id("https://youtu.be/dQw4w9WgXcQ?t=1")
    ('jazz.00012', 'été', 'dqw4w9wgxcq')
    """
    plain = unicodedata.normalize("NFC", str(text)).strip()
    if address := _ADDRESS.fullmatch(plain):
        return address.group(1).casefold()
    plain = AUDIO_SUFFIX.sub("", plain.replace("\\", "/").casefold()).removeprefix("./")
    known = GTZAN_ID.search(plain)
    return known.group(1) if known else plain


def _end(text: str, depth: int) -> str:
    """Return the last parts of a path without its suffix; nothing where it has fewer."""
    parts = _SUFFIX.sub("", plain_id(text)).split("/")
    return "/".join(parts[-depth:]) if len(parts) >= depth else ""


def _number(text: str) -> str:
    """Return the one number in a file's name without the zeros before it; nothing where there are several."""
    numbers = _NUMBER.findall(_end(text, 1))
    return str(int(numbers[0])) if len(numbers) == 1 else ""
