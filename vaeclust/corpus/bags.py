"""Bags of words: which word stands how often in the lyrics of which track."""

import io
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from vaeclust.corpus.formats import OPENERS
from vaeclust.corpus.roles import ID, columns_of, folded_name
from vaeclust.corpus.tables import numeric_columns

_TERM, _COUNT = ("term", "word", "token"), ("count", "freq", "frequency", "n", "tf", "occurrences")
_WORDS = "%"  # how the line of all words begins in the files of musiXmatch


class Bag(NamedTuple):
    """Counts (tracks, terms), sparse, the terms and the ids of the tracks."""

    counts: sparse.spmatrix
    terms: np.ndarray
    ids: pd.Index


def bag_of_table(table: pd.DataFrame, path: Path) -> Bag | None:
    """Return the counts of a table with one row a track and term: ``track_id, term, count``, whatever they are called.

    None for a table of anything else. ValueError for a row without an id, and for a count that is none.

    >>> table = pd.DataFrame({"song": ["a", "b", "a"], "word": ["sea", "sea", "sun"], "n": [2, 1, 3]})
    >>> bag_of_table(table, Path("x.csv")).counts.toarray().tolist()
    [[2.0, 3.0], [1.0, 0.0]]
    """
    by_name = {folded_name(column): column for column in reversed(list(table))}
    term, count = (next((by_name[name] for name in names if name in by_name), None) for names in (_TERM, _COUNT))
    if term is None or count is None:
        return None
    track = next(iter(columns_of(ID, [name for name in table if name not in (term, count)])), "track_id")
    table = table.rename(columns={track: "track_id", term: "term", count: "count"})
    if "track_id" not in table or table["track_id"].isna().any():
        raise ValueError(f"{path}: a bag of words needs a track_id in every row")
    table.index = pd.Index(table["track_id"])
    counts = numeric_columns(table, ["count"], path)["count"]
    if (counts < 0).any():
        row = int(np.flatnonzero(counts < 0)[0])
        raise ValueError(f"{path}: negative count of {table['term'].iloc[row]!r} for track {table.index[row]}")
    songs, terms = pd.factorize(table["track_id"]), pd.factorize(table["term"].astype(str), sort=True)
    matrix = sparse.csr_matrix((counts.to_numpy(), (songs[0], terms[0])), shape=(len(songs[1]), len(terms[1])))
    return Bag(matrix, np.asarray(terms[1]), songs[1])


def musixmatch(path: Path) -> Bag | None:
    """Return the counts of a file of the musiXmatch dataset, as it is or packed; None for any other file.

    Lines with ``#`` are comments; one has all words, ``%the,and,…``; every other one is a track, ``TR…,id,1:5,3:2``:
    numbers of words, from 1 on, and how often each stands in it. ValueError for a line that is none of them.
    """
    if path.suffix.lower() not in (".txt", ".zip", *OPENERS):
        return None
    with _opened(path) as file:
        lines = (line.strip() for line in file)
        told = (line for line in lines if line and not line.startswith("#"))
        first = next(told, "")
        return _counted(told, first.removeprefix(_WORDS).split(","), path) if first.startswith(_WORDS) else None


def _counted(lines: Iterable[str], terms: list[str], path: Path) -> Bag:
    ids, ends, numbers, counts = [], [0], array("l"), array("l")
    for line in lines:
        track, _, *cells = line.split(",")
        try:
            pairs = [(int(number), int(count)) for number, _, count in (cell.partition(":") for cell in cells)]
        except ValueError:
            pairs = [(0, 0)]
        if any(not 1 <= number <= len(terms) for number, _ in pairs):
            raise ValueError(
                f"{path}: {track} has {line[:60]}; expected numbers from 1 to {len(terms)}, each with a count"
            )
        ids.append(track)
        numbers.extend(number - 1 for number, _ in pairs)
        counts.extend(count for _, count in pairs)
        ends.append(len(numbers))
    matrix = sparse.csr_matrix((np.array(counts, float), np.array(numbers), ends), shape=(len(ids), len(terms)))
    return Bag(matrix, np.array(terms), pd.Index(ids))


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[str]]:
    """Yield the lines of a file, or of the first one in an archive."""
    if path.suffix.lower() != ".zip":
        with OPENERS.get(path.suffix.lower(), open)(path, "rt", encoding="utf-8", errors="replace") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        yield io.TextIOWrapper(file, "utf-8", errors="replace")
