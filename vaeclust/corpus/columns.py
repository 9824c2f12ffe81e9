"""Which columns of somebody's table are features: numbers that describe the sound, and nothing else.

What is known by name is none (:mod:`vaeclust.corpus.roles`), nor what says just what a label says, what is made of
other columns, and what is mostly empty.
"""

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.roles import ARTIST, LABELS, OTHER, SPLIT, folded_name, role_of
from vaeclust.corpus.tables import LEFT_OUT, as_numbers, runs

UNUSED = ("", OTHER, SPLIT)  # roles of columns that are neither features nor labels
FULL = frozenset(FEATURE_SETS["full"].columns)
_OF_SETS = frozenset(column for row in FEATURE_SETS.values() for column in row.columns)
_LABELS = (*LABELS, ARTIST)
_PLACE = re.compile(r"(pc|pca|umap|t sne|tsne|mds|ica|component|principal component) ?(dim|component)? ?(\d+|[xyz])")


def numeric_names(table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that are features: numbers, of which nothing else is known by name or by label.

    >>> numeric_names(pd.DataFrame({"track_id": ["1"], "0": ["-1,024.5"], "key": [3], "genre": ["2"], "note": ["x"]}))
    ['0', 'key']
    """
    others = [name for name in table if not role_of(str(name))]
    told = {name: table[name].head(1000).dropna() for name in others}
    codes = codes_of_labels(table)
    numbers = [name for name, cells in told.items() if len(cells) and _are_numbers(cells) and name not in codes]
    return [name for name in numbers if not is_place(name)] or numbers


def is_place(column: str) -> bool:
    """Return whether a column is called as a place on a map or a component, made of other columns.

    >>> is_place("PC1"), is_place("UMAP_x"), is_place("tsne-2"), is_place("umap"), is_place("pcen_1")
    (True, True, True, False, False)
    """
    return bool(_PLACE.fullmatch(folded_name(column)))


def _are_numbers(cells: pd.Series) -> bool:
    """Return whether cells are numbers, which an answer of yes or no is not."""
    return cells.dtype.kind in "fiu" or bool(cells.dtype.kind != "b" and as_numbers(cells).notna().mean() > 0.5)


def codes_of_labels(table: pd.DataFrame) -> dict[str, str]:
    """Return the columns of whole numbers that say just what a label says, which is no feature: column → label.

    >>> codes_of_labels(pd.DataFrame({"genre": ["pop", "rock", "pop"], "y": [0, 1, 0], "tempo": [90, 120, 91]}))
    {'y': 'genre'}
    """
    found: dict[str, str] = {}
    for label in [name for name in table if role_of(str(name)) in _LABELS]:
        classes = table[label].astype("str")
        for name in table:
            if name == label or role_of(str(name)) in _LABELS or not _counts(table[name].head(1000)):
                continue
            both = table[name].notna() & classes.notna()
            pairs = pd.DataFrame({"code": table[name], "label": classes})[both]
            few = 1 < pairs["code"].nunique() == pairs["label"].nunique() < len(pairs)
            if few and _counts(pairs["code"]) and len(pairs.drop_duplicates()) == pairs["code"].nunique():
                found.setdefault(name, label)
    return found


def _counts(cells: pd.Series) -> bool:
    """Return whether all cells are whole numbers, or missing."""
    return cells.dtype.kind in "iu" or bool(cells.dtype.kind == "f" and (cells.dropna() % 1 == 0).all())


def sparse_columns(table: pd.DataFrame, wanted: Mapping[str, str]) -> dict[str, int]:
    """Return the wanted columns that are empty in more than one row of ten, name → in how many.

    None where they are the half of all, or more: then rows are faulty, not columns. The columns of a set stay.
    """
    missing = {name: int(table[column].isna().sum()) for name, column in wanted.items()}
    found = {name: n for name, n in missing.items() if n > max(1, LEFT_OUT * len(table)) and name not in _OF_SETS}
    return found if 2 * len(found) < len(wanted) else {}


def told_of_columns(
    about: pd.DataFrame, wanted: Mapping[str, str], sparse: Mapping[str, int], rows: int
) -> Iterator[str]:
    """Yield what is to be said of the columns of a table: which are features, and which are not, and why.

    about: the columns that are none; wanted: the features, name → column; sparse: of :func:`sparse_columns`; rows: of
    the table.
    """
    if not wanted:
        if numbers := numeric_names(about):
            yield f"its numbers are not used, since features are given: {', '.join(runs(numbers))}"
        return
    why = {name: f"{name} (a code of `{label}`)" for name, label in codes_of_labels(about).items()}
    why |= {str(name): f"{name} (made of other columns)" for name in about if is_place(str(name))}
    why |= {name: f"{name} (missing in {missing:,} of {rows:,} rows)" for name, missing in sparse.items()}
    others = [str(name) for name in about if role_of(str(name)) in UNUSED and name not in why]
    if unused := ", ".join([*why.values(), *runs(others)]):
        yield f"not used as features: {unused}; `--labels` makes labels of columns"
    more = {*about, *wanted.values()} >= FULL and set(wanted) <= FULL and len(wanted) < len(FULL)
    hint = f"; `--features full` takes all {len(FULL)}" if more else ""
    yield f"{len(wanted)} features: {', '.join(runs(wanted))}{hint}"
