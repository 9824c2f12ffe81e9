"""Text whose cells are separated: by what, how encoded, and which rows are above the table, its header and its body."""

import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

import pandas as pd

from vaeclust.corpus.encoding import encoding_of
from vaeclust.corpus.roles import GENRE, ID, role_of

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
HEAD = 1 << 18  # bytes that are looked at before a file is read
SAMPLE = 100  # rows by which separators are told apart
MOST_HEADER_ROWS = 4
_TOLD = re.compile(r"\ufeff?sep=(.)\s*?\r?\n", re.IGNORECASE)  # a first line for Excel
_COMMA_NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:[.\s]\d{3})+),\d+(?:e[-+]?\d+)?", re.IGNORECASE)
_POINT_NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)\.\d+(?:e[-+]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:[.\s]\d{3})+(?:,\d+)?")


class Layout(NamedTuple):
    """How many rows are above a table, how many its header has, and what its columns are called."""

    above: int
    header: int
    names: list[str]

    def notes(self, name: str) -> list[str]:
        """Return in lines what is unusual about it; name: of the file."""
        found = [f"{name}: the rows above its header were passed over: {self.above}"] if self.above else []
        if not self.header:
            told = [f"`{column}` is its column {i + 1}" for i, column in enumerate(self.names) if role_of(column)]
            found.append(f"{name}: has no header{''.join(f', {one}' for one in told)}")
        elif self.header > 1:
            found.append(f"{name}: {self.header} header rows, joined: {self.names[1]}, …")
        return found


class Sniffed(NamedTuple):
    """How a text is to be read. guessed: the encoding is not said by the file itself."""

    encoding: str
    guessed: bool
    separator: str
    decimal: str
    layout: Layout


def sniff(head: bytes) -> Sniffed:
    """Return how a text is to be read, from its first HEAD bytes.

    Raises pandas' EmptyDataError where there is nothing in it.
    """
    encoding, guessed = encoding_of(head, cut=len(head) == HEAD)
    text = head.decode(encoding, errors="ignore")
    whole = text if len(head) < HEAD else text[: text.rfind("\n")]
    told = _TOLD.match(whole)
    separator, rows = _separated(whole[told.end() :] if told else whole, [told.group(1)] if told else list(SEPARATORS))
    found = layout(rows)
    body = [cell.strip() for row in rows[found.above + found.header :] for cell in row]
    commas, points = (sum(bool(kind.fullmatch(cell)) for cell in body) for kind in (_COMMA_NUMBER, _POINT_NUMBER))
    found = found._replace(above=found.above + bool(told))
    return Sniffed(encoding, guessed, separator, "," if commas > points else ".", found)


def layout(rows: Sequence[Sequence[str]]) -> Layout:
    """Return where in the first rows of a table its header is; rows without anything in them count, too.

    A title stands alone in its row, a comment begins with ``#`` and has another number of cells than the rows have. Of
    several header rows the last has the name of the ids alone. Where the first row has numbers as those below it, or a
    text that stands below it in its column again, there is no header: the first column of texts that are all different
    has the ids, the last of others that is filled the genres. Rows may then have several lengths.

    >>> layout([["My songs"], [], ["id", "a", "b"], ["x", "1", "2"]])
    Layout(above=2, header=1, names=['id', 'a', 'b'])
    >>> layout([["x", "0.5", "0.1", "rock"], ["y", "2", "0", "jazz"], ["z", "1", "5", "rock"]])
    Layout(above=0, header=0, names=['track_id', 'column 2', 'column 3', 'genre'])
    >>> layout([["# a comment"], ["x", "Rock"], ["y", "Jazz", "Soul"], ["z", "Rock"]])
    Layout(above=1, header=0, names=['track_id', 'genre', 'column 3'])
    """
    filled = [row for row in rows if any(map(str.strip, row))]
    width = Counter(map(len, filled)).most_common(1)[0][0]
    several = Counter(sum(bool(cell.strip()) for cell in row) > 1 for row in filled).most_common(1)[0][0]
    above = next((n for n, row in enumerate(rows) if not (several and _is_above(row, width))), 0)
    first = rows[above]
    if _is_body(first) or _stands_below(first, rows[above + 1 :]):
        return Layout(above, 0, _names_without_header([row for row in rows[above:] if any(map(str.strip, row))]))
    below = rows[above : above + MOST_HEADER_ROWS + 1]
    for n, row in enumerate(below):
        if n and row and role_of(row[0]) == ID and not any(cell.strip() for cell in row[1:]):
            columns = zip(*([*upper, *[""] * (len(row) - len(upper))] for upper in below[:n]), strict=False)
            names = [" ".join(part.strip() for part in column if part.strip()) for column in columns]
            return Layout(above, n + 1, _distinct([row[0].strip(), *names[1:]]))
    names = [name.strip() for name in first]
    names[0] = names[0].lstrip("# ") or names[0]  # as numpy and others write a header
    return Layout(above, 1, _distinct(names))


def point_numbers(column: pd.Series) -> pd.Series:
    """Return a column of text in which numbers such as ``1.500,25`` are written with a point, and without thousands."""
    texts = column.astype("str").str.strip()
    german = texts.str.fullmatch(_THOUSANDS).fillna(False).astype(bool)
    if not german.any():
        return column
    numbers = german | texts.str.fullmatch(_COMMA_NUMBER).fillna(False).astype(bool)
    return texts.mask(numbers, texts.str.replace(r"[.\s]", "", regex=True).str.replace(",", ".", regex=False))


def _separated(text: str, separators: Sequence[str]) -> tuple[str, list[list[str]]]:
    """Return what separates cells, which is what most rows, and the first, have equally often, and the first rows."""
    best: tuple[tuple[float, bool, int, float], str, list[list[str]]] | None = None
    for separator in separators:
        rows = _first_rows(text, separator)
        lengths = [len(row) for row in rows if any(row)]
        if not lengths:
            continue
        width, times = Counter(lengths).most_common(1)[0]
        agree = times / len(lengths) if width > 1 else 0.0
        rank = (round(agree, 1), lengths[0] == width, width, agree)
        if best is None or rank > best[0]:
            best = (rank, separator, rows)
    if best is None:
        raise pd.errors.EmptyDataError("there is nothing in it")
    return best[1], best[2]


def _first_rows(text: str, separator: str) -> list[list[str]]:
    """Return the first rows of a text, as far as they can be read so."""
    rows = []
    with contextlib.suppress(csv.Error):  # a line break or a cell that there cannot be: it is another separator
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True):
            rows.append(row)
            if len(rows) == SAMPLE:
                break
    return rows


def _is_above(row: Sequence[str], width: int) -> bool:
    if not any(map(str.strip, row)):
        return True
    alone = bool(row[0].strip()) and not any(map(str.strip, row[1:]))
    return alone or (row[0].startswith("#") and len(row) != width)


def _is_body(row: Sequence[str]) -> bool:
    """Return whether a row has numbers where a header has names; names that are numbers go up, as 0, 1, 2 do."""
    numbers = [number for cell in row if (number := _number(cell)) is not None]
    if not numbers or 2 * len(numbers) < len(row) or any(role_of(cell) for cell in row if cell.strip()):
        return False
    whole = all(number % 1 == 0 for number in numbers)
    return not (all(low < high for low, high in pairwise(numbers)) and (whole or len(numbers) > 2))


def _stands_below(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a first row without any known name has a text that is in the same column of others, too."""
    if any(role_of(cell) for cell in first if cell.strip()):
        return False
    below = {(place, cell.strip()) for row in rows for place, cell in enumerate(row)}
    return any(
        (place, cell.strip()) in below for place, cell in enumerate(first) if cell.strip() and _number(cell) is None
    )


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def _names_without_header(rows: Sequence[Sequence[str]]) -> list[str]:
    columns = list(zip_longest(*rows, fillvalue=""))
    filled = [[cell for cell in column if cell.strip()] for column in columns]
    texts = [i for i, column in enumerate(filled) if column and all(_number(cell) is None for cell in column)]
    different = [i for i in texts if len(set(columns[i])) == len(rows)]
    counted = [] if texts and different else [i for i, column in enumerate(columns[:1]) if _counts(column)]
    names = [f"column {i + 1}" for i in range(len(columns))]
    for i in (different or counted)[:1]:
        names[i] = "track_id"
    for i in [i for i in texts if i not in different and 2 * len(filled[i]) > len(rows)][-1:]:
        names[i] = GENRE
    return names


def _counts(column: Sequence[str]) -> bool:
    return len(set(column)) == len(column) and all(cell.strip().isdigit() for cell in column)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names of which those that stand twice are numbered, and columns without one are called so."""
    seen: Counter[str] = Counter()
    found = []
    for number, name in enumerate(names):
        name = name or f"column {number}"
        found.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found
