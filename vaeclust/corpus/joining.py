"""Which row of somebody's table is which track of a corpus (page ``reproduce``).

Ids are compared as they are; without case, Unicode form, the suffix of a sound and the address of a service; by their
letters and digits; and as paths, by as much of their ends as tells them apart. The column by which most tracks are
joined is that of the ids. Where none joins half of them, artist and title do, in columns or in the names of files, or
the number that stands inside a name.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vaeclust.corpus.roles import ID, OTHER, columns_of, role_of
from vaeclust.corpus.song_names import (
    ENOUGH,
    by_key,
    letters,
    names_of_files,
    names_of_rows,
    names_of_tracks,
    path_end,
    path_letters,
    plain_id,
    same_songs,
    song_letters,
)
from vaeclust.corpus.tables import examples

DEEPEST = 6  # parts of a path that are compared
UNNAMED = re.compile(r"column \d+")  # what columns of a table without a header are called
_NUMBER = re.compile(r"\d+")
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


def joined(
    table: pd.DataFrame,
    ids: Iterable[str],
    what: str,
    about: pd.DataFrame | None = None,
    *,
    left_out: Collection[str] = (),
) -> Joined:
    """Return a table by the ids of a corpus, as far as its rows are tracks of that.

    what: what errors call the table, with its path. about: artist and title of the tracks by id, as far as they are
    known; else files may be called so. Rows that stand twice and say the same are one. left_out: tracks of the corpus
    that were left out: a row of one is dropped, and is no stranger.

    Raises
    ------
    ValueError
        Where no column can be ids; where none of them is in the corpus; where two rows mean one track.
    """
    kept = list(ids)
    ours = list(dict.fromkeys([*kept, *left_out]))
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
    inside = inside[inside.index.isin(kept)]
    with_row = set(inside.index)
    return Joined(inside, best.column, best.how, unknown, [track for track in kept if track not in with_row])


def _ways_to_join(table: pd.DataFrame, ours: list[str], about: pd.DataFrame | None) -> Iterator[_Way]:
    """Yield the ways to join a table: by its ids, and where none of them joins half, by names and by numbers."""
    columns = {column: table[column].astype("str") for column in columns_of(ID, table.columns)}
    without_name = [name for name in table if UNNAMED.fullmatch(str(name)) and table[name].dtype.kind not in "fiub"]
    most = 0.0
    for column, keys in {**columns, **{name: table[name].astype("str") for name in without_name}}.items():
        theirs = keys.dropna().unique().tolist()
        how, found = matched(theirs, ours)
        if found or column in columns:
            yield _Way(column, how, keys, found)
        most = max(most, len(set(found.values())) / max(1, min(len(theirs), len(ours))))
    if most >= ENOUGH:
        return
    for way in _ways_by_name(table, columns, names_of_tracks(ours, about)):
        yield way
        if way.tracks() >= ENOUGH * min(way.keys.nunique(), len(ours)):
            return
    for column, keys in columns.items():
        theirs = keys.dropna().unique().tolist()
        found = by_key(theirs, ours, _number, _number)
        if len(set(found.values())) >= ENOUGH * min(len(set(ours)), len(theirs)):  # a few numbers agree by chance
            yield _Way(column, "by the number in their names", keys, found)


def _ways_by_name(table: pd.DataFrame, ids: dict[str, pd.Series], ours: pd.DataFrame) -> Iterator[_Way]:
    """Yield the ways to join rows by what songs are called: in columns of the table, and in ids that are such names."""
    columns, names = names_of_rows(table)
    if columns:
        keys = pd.Series(names.index, table.index).where((names["title"] != "").to_numpy())
        yield _Way("` and `".join(columns), *_named(keys, names, ours))
    for column, keys in ids.items():
        yield _Way(column, *_named(keys, names_of_files(keys.dropna().unique().tolist()), ours))


def _named(keys: pd.Series, names: pd.DataFrame, ours: pd.DataFrame) -> tuple[str, pd.Series, dict[str, str]]:
    how, found = same_songs(names[names["title"] != ""], ours)
    return how, keys, found


def one_row_each(table: pd.DataFrame, path: Path, same: Sequence[str] | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Return a table of which rows that tell the same of a track are one, and a line that says so where they are.

    same: the columns in which they do, by default those that are known by name; a song that is in two playlists is one
    song.
    """
    known = [name for name in table if role_of(str(name)) not in ("", OTHER)] if same is None else list(same)
    rows = len(table)
    table = table.drop_duplicates()
    once = table.drop_duplicates(subset=known or None)
    twice, left = rows - len(table), len(table) - len(once)
    again = "1 row stands" if twice == 1 else f"{twice:,} rows stand"
    notes = [f"{path.name}: {again} there twice, the same in all columns, and counts once"] if twice else []
    if not left:
        return once, notes
    several = table[table.duplicated(subset=known, keep=False)]
    values = several.groupby(known, dropna=False, sort=False).nunique(dropna=False)
    differ = [str(name) for name in values if (values[name] > 1).any()]
    tell = "1 row tells" if left == 1 else f"{left:,} rows tell"
    said = f"{path.name}: {tell} nothing new but {examples(differ, 10)}; the first of each track is taken"
    return once, [*notes, said]


def all_misses(*tables: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the ids that miss in any table; None where none does."""
    found = [table for table in tables if table is not None and len(table)]
    return pd.concat(found, ignore_index=True) if found else None


def matched(theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, dict[str, str]]:
    r"""Return how ids were compared, and which of theirs is which of ours.

    What differs in nothing that tells songs apart is compared in steps that complete each other: what is the same
    without case stays, what is left is compared by letters and digits. Of whole ids and the ends of paths it is the
    first that joins half of the fewer ones, so that a weaker way never overrules a stronger one; else the one that
    joins most.

    >>> matched(["C:\\me\\data\\english\\a.WAV"], ["english/a", "bangla/a"])
    ('by the ends of their paths', {'C:\\me\\data\\english\\a.WAV': 'english/a'})
    >>> matched(["https://open.spotify.com/track/4uLU6hM?si=1"], ["spotify:track:4uLU6hM"])[0]
    'without case and suffix'
    >>> matched(["E_1", "a_lyrics"], ["E-1", "a"])
    ('by letters and digits', {'E_1': 'E-1'})
    """
    fewer = min(len(set(ours)), len(set(theirs)))
    best: tuple[str, dict[str, str]] = ("", {})
    for steps in _ways():
        how, found = "", dict[str, str]()
        for said, key in steps.items():
            if len(found) < fewer and (more := _left_over(by_key(theirs, ours, key, key), found)):
                how, found = said, found | more
        if len(set(found.values())) > len(set(best[1].values())):
            best = (how, found)
        if len(set(best[1].values())) >= ENOUGH * fewer:
            break
    if more := _by_bare_names(theirs, ours, best[1]):
        return f"{best[0]}, else by file name", best[1] | more
    return best


def _by_bare_names(theirs: Sequence[str], ours: Sequence[str], before: dict[str, str]) -> dict[str, str]:
    """Return which of theirs that are left is which of ours by the names of files, where one of both has no folder.

    Of a list that names files and a corpus that has some of them in folders, or the other way round.
    """
    rest = [text for text in theirs if text not in before] if before else []
    found = _left_over(by_key(rest, ours, partial(song_letters, depth=1), partial(song_letters, depth=1)), before)
    return {text: track for text, track in found.items() if ("/" in plain_id(text)) != ("/" in plain_id(track))}


def _left_over(found: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    taken = set(before.values())
    return {text: track for text, track in found.items() if text not in before and track not in taken}


def _ways() -> Iterable[dict[str, Callable[[str], str]]]:
    """Yield the ways to compare ids, each in steps: what is said of a step, and what is compared."""
    yield {"as they are": str, "without case and suffix": plain_id, "by letters and digits": letters}
    for depth in range(DEEPEST, 0, -1):
        end = "by the ends of their paths" if depth > 1 else "by file name"
        steps = {"": path_end, ", letters and digits": path_letters, ", without words such as lyrics": song_letters}
        yield {f"{end}{said}": partial(key, depth=depth) for said, key in steps.items()}


def _number(text: str) -> str:
    """Return the one number in a file's name without the zeros before it; nothing where there are several."""
    numbers = _NUMBER.findall(path_end(text, 1))
    return str(int(numbers[0])) if len(numbers) == 1 else ""
