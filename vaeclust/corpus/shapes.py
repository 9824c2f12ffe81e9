"""Tables of features in other shapes than one row a track and one number a cell, put into that shape.

Embeddings are often a list in one cell; some tools write a row for each feature and a column for each track; others a
row for each slice of a recording. Whatever is done is said.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.roles import folded_name, role_of
from vaeclust.corpus.tables import as_numbers, examples

FEATURE_NAMES = ("feature", "features", "feature name", "descriptor", "variable")  # of a column that names features
ALIKE = 0.9  # of recordings: so many have to have gapless numbers, and as many slices where nothing else tells
_LIST = re.compile(r"\s*[\[(]\s*[-+\d.][^\]\[()]*[\])]\s*")
_SLICE = re.compile(
    r"^(?P<recording>.+?)(?:[\s._-]+(?P<word>seg|segment|part|chunk|slice|patch|window|excerpt)[\s._-]*|(?<=\d{3})[._])"
    r"\(?(?P<number>\d{1,4})\)?$",
    re.IGNORECASE,
)


def expanded(table: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return a table in which a column of lists of numbers is a column for each of them; lines that say so.

    Lists of several lengths stay as they are, which is said; ValueError where they are all that there is.

    >>> expanded(pd.DataFrame({"id": ["a", "b"], "v": ["[1, 2]", "[3.5 4]"]}), Path("x.csv"))[0].to_dict("list")
    {'id': ['a', 'b'], 'v 0': [1.0, 3.5], 'v 1': [2.0, 4.0]}
    """
    notes = []
    for name in [name for name in table if not role_of(str(name)) and _holds_lists(table[name])]:
        lists = [_listed(cell) for cell in table[name]]
        widths = sorted({len(values) for values in lists if values})
        if len(widths) == 1:
            values = np.array([found or [np.nan] * widths[0] for found in lists])
            columns = pd.DataFrame(values, table.index, [f"{name} {i}" for i in range(widths[0])])
            table = table.drop(columns=name).join(columns)
            notes.append(f"{path.name}: the lists of `{name}` are {widths[0]} numbers, a column each")
        elif any(pd.api.types.is_numeric_dtype(table[other]) for other in table if not role_of(str(other))):
            notes.append(
                f"{path.name}: the lists of `{name}` have {widths[0]} to {widths[-1]} numbers and are not used"
            )
        else:
            raise ValueError(
                f"{path}: the lists of `{name}` have {widths[0]} to {widths[-1]} numbers; expected as many in each row"
            )
    return table, notes


def turned(table: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return a table whose first column names features and whose others are tracks, with tracks as rows; says so."""
    first = table.columns[0]
    names = table[first].astype("str")
    called = folded_name(first) in FEATURE_NAMES
    known = names.map(folded_name).isin(_known_features()).mean() > 0.5
    others = [name for name in table if name != first]
    if not (called or known) or not names.is_unique or len(others) < 2 or any(role_of(str(name)) for name in others):
        return table, []
    if not all(pd.to_numeric(table[name], errors="coerce").notna().mean() > 0.5 for name in others):
        return table, []
    rows = table.set_index(first).T.rename_axis("track_id").rename_axis(None, axis=1).reset_index()
    columns = {name: rows[name].astype("str") if role_of(str(name)) else _typed(rows[name]) for name in rows}
    note = f"{path.name}: its rows are features and its columns tracks ({examples(others, 3)}): it is turned"
    return pd.DataFrame(columns), [note]


def one_row_a_recording(
    table: pd.DataFrame, ids: pd.Series, numeric: Sequence[str], path: Path, ours: Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.Series, list[str]]:
    """Return a table, and its ids, with one row a recording where it has one a slice; lines that say so.

    Slices are several rows of most ids, or ids such as ``blues.00000.3`` or ``song_seg2`` (see :func:`recordings`).
    Numbers that vary in a recording are averaged; what else is known of a recording is what most of its slices say.
    ours: ids that are tracks, whatever they look like. Rows that stand twice and say the same are one.
    """
    rows = ~table.duplicated()
    table, ids = table[rows], ids[rows]
    times = ids.value_counts()
    found = ids if len(times) > 1 and (times > 1).mean() > 0.5 else None if ids.isin(ours).any() else recordings(ids)
    if found is None:
        return table, ids, []
    by_recording = table.groupby(found.to_numpy(), sort=False)
    varying = [name for name in numeric if by_recording[name].nunique().max() > 1]
    numbers = table[varying].apply(as_numbers)
    numbers = numbers.where(np.isfinite(numbers))
    means = numbers.groupby(found.to_numpy(), sort=False).mean()
    told = {name: by_recording[name].agg(_commonest) for name in table if name not in varying}
    slices = by_recording.size()
    note = (
        f"{path.name}: {len(table):,} rows are slices of {len(slices):,} recordings, up to {slices.max()} of each, and "
        f"are averaged, since slices of one recording are no tracks of their own"
    )
    faulty = int(numbers.isna().any(axis=1).sum())
    note += f"; cells that are no numbers, in {faulty:,} slices, are left out of the means" if faulty else ""
    shaped = pd.DataFrame({**told, **means})[list(table)].reset_index(drop=True)
    return shaped, pd.Series(means.index, shaped.index), [note]


def recordings(ids: pd.Series) -> pd.Series | None:
    """Return the recording of each id where all are slices of recordings, else None.

    A slice is named by a word, ``_seg3``, ``part 02``, or by a number behind another of three digits or more. Numbers
    have to count from 0 or 1 on in nearly each recording; bare ones from 0, and as far in nearly each: songs of an
    album and tracks of a genre, ``rock_1`` to ``rock_9``, are no slices.

    >>> recordings(pd.Series([f"blues.0000{song}.{part}" for song in range(2) for part in range(3)])).unique().tolist()
    ['blues.00000', 'blues.00001']
    >>> recordings(pd.Series([f"blues.0000{song}" for song in range(6)])) is None
    True
    """
    parts = ids.astype("str").str.extract(_SLICE)
    bare = parts["word"].isna().all()
    if parts["number"].isna().any() or not (bare or parts["word"].notna().all()):
        return None
    by_recording = parts["number"].astype(int).groupby(parts["recording"])
    counts, first = by_recording.nunique(), by_recording.min()
    gapless = (by_recording.max() - first + 1 == counts) & (first <= (0 if bare else 1))
    alike = (counts == counts.mode().iat[0]).mean() >= ALIKE
    slices = len(counts) > 1 and counts.median() > 1 and gapless.mean() >= ALIKE and (alike or not bare)
    return parts["recording"] if slices else None


def _holds_lists(column: pd.Series) -> bool:
    cells = column.dropna().head(100)
    if not len(cells) or pd.api.types.is_numeric_dtype(cells):
        return False
    lists = cells.astype("str").str.fullmatch(_LIST).fillna(False).astype(bool)
    return bool(lists.mean() > 0.5 and max(len(_listed(cell)) for cell in cells[lists]) > 1)


def _listed(cell: object) -> list[float]:
    """Return the numbers of a list as it is written; none for anything else."""
    try:
        return [float(number) for number in str(cell).strip("[]() \n").replace(",", " ").split()]
    except ValueError:
        return []


def _known_features() -> frozenset[str]:
    return frozenset(folded_name(column) for row in FEATURE_SETS.values() for column in row.columns)


def _typed(column: pd.Series) -> pd.Series:
    """Return numbers where most cells are, else text."""
    values = pd.to_numeric(column, errors="coerce")
    return values if values.notna().mean() > 0.5 else column.astype("str")


def _commonest(cells: pd.Series) -> object:
    told = cells.mode()
    return told.iat[0] if len(told) else None
