"""Which row of somebody's table is which track of a corpus (page ``reproduce``).

Ids are compared as they are; without case, Unicode form and the suffix of a sound; as paths, by as much of their ends
as tells them apart; and by the number that stands inside a name. The column by which most tracks are joined is that of
the ids.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import pandas as pd

from vaeclust.corpus.roles import ID, columns_of
from vaeclust.corpus.tables import AUDIO_SUFFIX, GTZAN_ID, examples

DEEPEST = 6  # parts of a path that are compared
ENOUGH = 0.5  # of the fewer ids, which a way to compare has to join to be the one
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}$")
_NUMBER = re.compile(r"\d+")


class Joined(NamedTuple):
    """A table by the ids of a corpus, each once; by which column and how; the ids of both sides that miss."""

    table: pd.DataFrame
    column: str
    how: str
    unknown: list[str]
    without: list[str]

    def note(self, what: str) -> str:
        """Return in a line what was joined by what."""
        n = len(self.table) + len(self.without)
        missed = f"; {len(self.unknown):,} rows of other tracks" if self.unknown else ""
        return f"{what}: id from `{self.column}`, {self.how}: {len(self.table):,} of {n:,} tracks{missed}"


def joined(table: pd.DataFrame, ids: Iterable[str], what: str) -> Joined:
    """Return a table by the ids of a corpus, as far as its rows are tracks of that.

    what: what errors call the table, with its path. Rows that stand twice and say the same are one.

    Raises
    ------
    ValueError
        Where no column can be ids; where none of them is in the corpus; where two rows mean one track.
    """
    ours = list(ids)
    columns = columns_of(ID, table.columns)
    if not columns:
        raise ValueError(
            f"{what}: found the columns {examples(table.columns)}; expected one that says which track a row is, such "
            f"as track_id, id, filename or path"
        )
    best: tuple[int, str, str, dict[str, str]] = (0, columns[0], "", {})
    for column in columns:
        theirs = table[column].dropna().astype(str).unique().tolist()
        how, found = matched(theirs, ours)
        if len(set(found.values())) > best[0]:
            best = (len(set(found.values())), column, how, found)
        if best[0] == len(ours):
            break
    n, column, how, found = best
    if not n:
        told = table[column].dropna()
        raise ValueError(
            f"{what}: none of its {len(told)} track ids is in the corpus ({examples(told)} against {examples(ours)})"
        )
    keys = table[column].astype("str")
    rows = table.assign(**{column: keys}).drop_duplicates()
    index = rows[column].map(found)
    inside = rows[index.notna()].set_axis(pd.Index(index.dropna(), name="track_id"), axis=0)
    twice = inside.index[inside.index.duplicated()].unique()
    if len(twice):
        meant = examples(inside.loc[twice[0], column])
        raise ValueError(
            f"{what}: track ids that stand more than once: {examples(twice)} ({meant}); keep one row of each"
        )
    unknown = keys[~keys.isin(list(found)) & keys.notna()].unique().tolist()
    return Joined(inside, column, how, unknown, [track for track in ours if track not in set(inside.index)])


def matched(theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, dict[str, str]]:
    r"""Return how ids were compared, and which of theirs is which of ours.

    That is the first way that joins half of the fewer ones, so that a weaker way never overrules a stronger one; else
    the one that joins most.

    >>> matched(["C:\\me\\data\\english\\a.WAV"], ["english/a", "bangla/a"])
    ('by the ends of their paths', {'C:\\me\\data\\english\\a.WAV': 'english/a'})
    >>> matched(["718"], ["000/000718", "000/000719"])
    ('by the number in their names', {'718': '000/000718'})
    """
    best: tuple[str, dict[str, str]] = ("", {})
    for how, keys in _ways():
        found = _by_key(theirs, ours, *keys)
        if keys[0] is _number and len(set(found.values())) < ENOUGH * min(len(set(ours)), len(set(theirs))):
            continue  # a few numbers agree by chance
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
    yield "by the number in their names", (_number, _number)


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
    r"""Return an id as it is compared: one Unicode form, one slash, small letters, no suffix of a sound; GTZAN's alone.

    >>> plain_id("Genres\\Jazz\\jazz.00012.au"), plain_id(" Été.MP3")
    ('jazz.00012', 'été')
    """
    plain = unicodedata.normalize("NFC", str(text)).strip().replace("\\", "/").casefold()
    plain = AUDIO_SUFFIX.sub("", plain).removeprefix("./")
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
