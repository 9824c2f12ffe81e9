"""Numbers of tracks from any file: the numeric columns of a table, the arrays of ``.npz`` and ``.npy``.

An array has the ids of its rows beside it: in the same npz, or for ``.npy`` in a file of ids. Without them its rows are
the tracks of a corpus in their order, if there are as many.
"""

import io
import pickle
import re
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vaeclust.corpus.columns import numeric_names, sparse_columns, told_of_columns
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.formats import read_table
from vaeclust.corpus.joining import joined, one_row_each
from vaeclust.corpus.roles import ID, columns_of, role_of
from vaeclust.corpus.shapes import expanded, one_row_a_recording, turned
from vaeclust.corpus.song_names import names_of_rows
from vaeclust.corpus.tables import clean_ids, distinct_rows, examples, finite_numbers

ARRAYS = (".npz", ".npy")
ROW_NUMBERS = "no column says which track a row is: tracks are called by the numbers of their rows"
_OF_WORDS = re.compile(r"text|lyric|word|sentence|bert")
LEAST_SONGS = 6  # in a file with an array for each; fewer arrays are rather several ones of all songs
_IDS = ("{stem}_ids.csv", "{stem}_ids.txt", "{stem}_ids.npy", "ids.csv", "ids.txt", "ids.npy")


Columns = Callable[[pd.DataFrame], Mapping[str, str]]


class Numbers(NamedTuple):
    """Numbers of tracks, (n, d) float64 by track id, all finite; what else their table holds; what is to be said.

    about: (n, columns) by track id, as text. faults: track id → why it was left out. misses: as of
    :class:`~vaeclust.corpus.joining.Joined`. averaged: whether they are means over slices of recordings.
    """

    values: pd.DataFrame
    about: pd.DataFrame
    faults: dict[str, str]
    notes: tuple[str, ...]
    misses: pd.DataFrame | None = None
    averaged: bool = False


def read_numbers(path: Path, array: str = "", ids: Sequence[str] = (), *, columns: Columns | None = None) -> Numbers:
    """Read a file of features as a corpus of its own: its ids are those of the corpus.

    ids: of an array that has none, in the order of its rows. columns: what gives the wanted ones of a table, name →
    column; by default all that hold numbers. Raises FileNotFoundError, and ValueError for anything that is not as
    expected.
    """
    table, notes = _read(path, array, ids)
    candidates = [name for name in columns_of(ID, table.columns) if table[name].notna().any()]
    unique = [name for name in candidates if table[name].is_unique and table[name].notna().all()]
    if candidates:
        column = candidates[0] if candidates[0] in ("track_id", "filename") else (unique or candidates)[0]
        if numbers := numeric_names(table):  # a song that is in two playlists has one sound
            table, said = one_row_each(table, path, [column, *numbers])
            notes += said
        rows = clean_ids(table[column]).where(table[column].notna())
        called, names = names_of_rows(table)
        if len(called) > 1 and column in called and not rows.is_unique and names.index.is_unique:  # songs of one title
            rows, column = pd.Series(names.index, table.index), "` and `".join(called)
        notes.append(f"{path.name}: id from `{column}`")
    else:
        rows = pd.Series(row_ids(len(table)), table.index)  # joins nothing
        notes.append(f"{path.name}: {ROW_NUMBERS}")
    table, rows, said = one_row_a_recording(table, rows, numeric_names(table), path)
    notes += said
    found = _numbers(distinct_rows(table, rows, path), path, columns, notes, needed=columns is None)
    return found._replace(averaged=bool(said))


def table_ids(path: Path) -> list[str]:
    """Return the ids of the rows of a table in their order: the surest column in which all differ.

    Else artist and title, where they differ; else numbers of rows, which only this order joins.
    """
    table = read_table(path, "tracks table").table
    columns = [name for name in columns_of(ID, table.columns) if table[name].is_unique and table[name].notna().all()]
    if columns:
        return clean_ids(table[columns[0]]).tolist()
    called, names = names_of_rows(table)
    return names.index.tolist() if called and names.index.is_unique else row_ids(len(table))


def row_ids(rows: int) -> list[str]:
    """Return what tracks are called that nothing names: by the numbers of their rows."""
    return [f"row {row + 1} of {rows}" for row in range(rows)]


def given_numbers(
    path: Path,
    array: str,
    ids: Sequence[str],
    *,
    columns: Columns | None = None,
    about: pd.DataFrame | None = None,
    left_out: Collection[str] = (),
) -> Numbers:
    """Read a file of features for the tracks of a corpus, joined by what says which track a row is.

    columns: as for :func:`read_numbers`. about, left_out: as for :func:`~vaeclust.corpus.joining.joined`. Raises as
    :func:`read_numbers` does, and ValueError where no row is a track.
    """
    table, notes = _read(path, array, ids)
    table, said = _by_recording(table, ids, path)
    notes += said
    found = joined(table, ids, f"{path}", about, left_out=left_out)
    notes.append(found.note(path.name))
    rows = found.table.loc[[track for track in ids if track in found.table.index]]
    return _numbers(rows, path, columns, notes, needed=True)._replace(misses=found.misses(path.name))


def _read(path: Path, array: str, ids: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    if path.suffix.lower() in ARRAYS:
        return _array_table(path, array, ids)
    table, notes = read_table(path, "table of features")
    for shape in (turned, expanded):
        table, said = shape(table, path)
        notes = (*notes, *said)
    return table, list(notes)


def _by_recording(table: pd.DataFrame, ours: Sequence[str], path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return a table with one row a recording, where one of its columns of ids says that its rows are slices."""
    for column in columns_of(ID, table.columns):
        keys = clean_ids(table[column]).where(table[column].notna())
        shaped, recordings, said = one_row_a_recording(table, keys, numeric_names(table), path, ours)
        if said:
            return shaped.assign(**{column: recordings}), said
    return table, []


def _numbers(table: pd.DataFrame, path: Path, columns: Columns | None, notes: list[str], *, needed: bool) -> Numbers:
    wanted = {name: name for name in numeric_names(table)} if columns is None else columns(table)
    if not wanted and needed:
        raise ValueError(f"{path}: no column beside {examples(table.columns)}; expected one for each dimension")
    sparse = sparse_columns(table, wanted)
    wanted = {name: column for name, column in wanted.items() if name not in sparse}
    values, faults = finite_numbers(table, list(wanted.values()), path)
    about = table.drop(columns=list(wanted.values())).loc[values.index]
    notes = [*notes, *(f"{path.name}: {said}" for said in told_of_columns(about, wanted, sparse, len(table)))]
    return Numbers(values.set_axis(list(wanted), axis=1), about, faults, tuple(notes))


def _array_table(path: Path, array: str, ids: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return an array as a table with a column ``track_id``, and what is to be said; repeated ids are averaged."""
    arrays = _arrays(path)
    if array == "" and _one_each(arrays):
        return _song_table(arrays, path)
    shapes = examples(f"{name} {values.shape}" for name, values in arrays.items())
    matrices = {n: v for n, v in arrays.items() if v.ndim == 2 and v.dtype.kind in "fiu" and array in ("", n)}
    of_words = [name for name in matrices if _OF_WORDS.search(name.casefold())]
    if len(matrices) == len(of_words) + 1 > 1:  # features of the sound and of the words of the same songs
        matrices = {name: values for name, values in matrices.items() if name not in of_words}
        notes = [f"{path.name}: {next(iter(matrices))} is taken; lyrics may be {path.name}:{of_words[0]}"]
    else:
        notes = []
    matrix = next(iter(matrices.values()), None)
    flat = {_one_of(name): name for name, values in arrays.items() if values.ndim == 1}
    named = columns_of(ID, flat) + [one for one in flat if one.casefold().endswith("id")]
    key = next(iter(dict.fromkeys(named)), None)
    told = None if key is None else arrays[flat.pop(key)]
    if matrix is None or len(matrices) > 1 or (told is not None and told.shape != matrix.shape[:1]):
        wanted = f"an array {array} (n, d)" if array else "one array (n, d)"
        choices = f", or the name of one: {examples(f'{path.name}:{name}' for name in matrices)}"
        raise ValueError(
            f"{path}: found {shapes}; expected track_id (n,) and {wanted}{choices if len(matrices) > 1 else ''}"
        )
    table = pd.DataFrame(matrix, columns=[f"dimension {i}" for i in range(matrix.shape[1])])
    known = {one: name for one, name in flat.items() if role_of(one) and len(arrays[name]) == len(matrix)}
    about = {one: arrays[name].astype(str) for one, name in known.items()}
    others = [name for one, name in flat.items() if one not in known] if array == "" else []
    notes += [f"{path.name}: not used: {examples(others)}"] if others else []
    if told is None:
        told, note = _ids_beside(path, len(matrix), ids)
        notes += [note] if note else []
    if told is None:
        return table.assign(**about), notes
    labels = pd.Series([str(name) for name in told])
    about = pd.DataFrame(about, index=labels)
    if not labels.is_unique:
        groups = table.groupby(labels.to_numpy(), sort=False)
        notes.append(f"{path.name}: rows of one id, up to {groups.size().max()}, are averaged")
        table, about = groups.mean(), about[~about.index.duplicated()]
        labels = pd.Series(table.index)
    table = table.reset_index(drop=True).join(about.reset_index(drop=True))
    column = key if key and role_of(key) == ID else "track_id"
    return table.assign(**{column: labels.astype("str").to_numpy()}), notes


def _one_each(arrays: Mapping[str, np.ndarray]) -> bool:
    """Return whether each array is a song's: numbers of one width, under names that say nothing else of them."""
    widths = {values.shape[-1:] for values in arrays.values()}
    of_songs = all(values.ndim in (1, 2) and values.dtype.kind in "fiu" and values.size for values in arrays.values())
    features = {name for row in FEATURE_SETS.values() for name in (*row.columns, *row.tags)}
    other = any(role_of(_one_of(name)) for name in arrays) or 2 * len(features.intersection(arrays)) > len(arrays)
    return len(arrays) >= LEAST_SONGS and len(widths) == 1 and widths != {(1,)} and of_songs and not other


def _song_table(arrays: Mapping[str, np.ndarray], path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return arrays (d,) or (patches, d), one a song, as a table; patches are averaged, which is said."""
    rows = [values.mean(axis=0, dtype=np.float64) if values.ndim == 2 else values for values in arrays.values()]
    table = pd.DataFrame(np.array(rows), columns=[f"dimension {i}" for i in range(len(rows[0]))])
    patches = max((len(values) for values in arrays.values() if values.ndim == 2), default=1)
    averaged = f"; its patches, up to {patches}, are averaged" if patches > 1 else ""
    return table.assign(track_id=list(arrays)), [f"{path.name}: each of its {len(arrays):,} arrays is a song{averaged}"]


def _one_of(name: str) -> str:
    """Return what a row of an array is called: of ``filenames`` a ``filename``; ``y`` is a label, ``y_genre`` a genre.

    >>> _one_of("filenames"), _one_of("IDS"), _one_of("y"), _one_of("y_lang"), _one_of("bias")
    ('filename', 'ID', 'label', 'lang', 'bias')
    """
    one = name[:-1] if name.casefold().endswith("s") and role_of(name[:-1]) else name
    return "label" if one.casefold() == "y" else one[2:] if one.casefold().startswith("y_") else one


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise FileNotFoundError(f"table of features: no file {path}")
    try:
        if path.suffix.lower() == ".npy":
            return {"array": np.load(path, allow_pickle=False)}
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _read_array(archive.read(name)) for name in names}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        kind = path.suffix.lstrip(".")
        raise ValueError(f"{path} cannot be read as an {kind} without pickle: {error}") from error


def _read_array(content: bytes) -> np.ndarray:
    """Return an array as it is in an npz; one of texts that are Python objects too, for which nothing is run."""
    try:
        return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except ValueError:
        file = io.BytesIO(content)
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        if not dtype.hasobject:
            raise
        found = _Texts(file).load()
        if not isinstance(found, np.ndarray) or not all(isinstance(cell, str | int | float) for cell in found.flat):
            raise ValueError("an array holds other objects than texts; save it with .astype(str)") from None
        return found.reshape(shape).astype(str)


class _Texts(pickle.Unpickler):
    """Reads an array of texts from a pickle, and knows nothing that could run anything: not even how to import."""

    def find_class(self, module: str, name: str) -> Any:
        known = {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return np._core.multiarray._reconstruct  # type: ignore[attr-defined]
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it holds {module}.{name}; texts alone are read: save it with .astype(str)")
        return known[module, name]


def _ids_beside(path: Path, rows: int, ids: Sequence[str]) -> tuple[np.ndarray | None, str]:
    """Return the ids of the rows of an array from a file beside it, else the corpus' own where there are as many."""
    for pattern in _IDS:
        place = path.with_name(pattern.format(stem=path.stem))
        if not place.is_file():
            continue
        if place.suffix == ".npy":
            told = np.load(place, allow_pickle=False)
        elif place.suffix == ".txt":
            told = np.array(place.read_text(encoding="utf-8").split("\n"))
            told = told[:-1] if len(told) and not told[-1] else told
        else:
            table = read_table(place, "table of ids").table
            told = table[(columns_of(ID, table.columns) or list(table))[0]].to_numpy()
        if len(told) == rows:
            return told, f"{path.name}: ids from {place.name}"
    if not ids:
        return None, ""
    if len(ids) != rows:
        raise ValueError(
            f"{path}: {rows} rows without ids for {len(ids)} tracks; expected as many, in their order, or the ids of "
            f"the rows in {_IDS[0].format(stem=path.stem)}"
        )
    return np.asarray(ids), f"{path.name}: has no ids; its {rows} rows are the tracks in their order"
