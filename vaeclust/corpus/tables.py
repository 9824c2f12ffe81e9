"""Tables of tracks from outside: read as data, checked, with errors that name file, line and column."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

GTZAN_GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
GTZAN_IDS = frozenset(f"{genre}.{number:05d}" for genre in GTZAN_GENRES for number in range(100))
TEXT = ("track_id", "filename", "label", "genre", "artist", "title", "path")
AUDIO_SUFFIX = re.compile(r"\.(wav|wave|flac|ogg|oga|opus|mp3|m4a|mp4|aac|au|aif|aiff)$", re.IGNORECASE)
GTZAN_ID = re.compile(rf"(?:^|[/\\])((?:{'|'.join(GTZAN_GENRES)})\.\d{{5}})$")


def read_csv(path: Path, what: str) -> pd.DataFrame:
    """Read a CSV (compressed or not) whose id columns stay text; errors name the file and what it should be."""
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(f"{what}: no file {path}") from None
        raise ValueError(f"{path} cannot be read as a CSV {what}: {error}") from error
    if table.empty:
        raise ValueError(f"{path}: the {what} has no rows; expected one row a track under a header line")
    return table


def track_ids(table: pd.DataFrame, path: Path) -> pd.Index:
    """Return the track ids of a table: ``track_id``, or ``filename`` without its audio suffix.

    Raises ValueError when neither column is there, an id is empty, or an id stands twice.

    >>> table = pd.DataFrame({"filename": ["genres/jazz/jazz.00012.au", "my song.mp3"]})
    >>> track_ids(table, Path("features.csv")).tolist()
    ['jazz.00012', 'my song']
    """
    column = next((c for c in ("track_id", "filename") if c in table), None)
    if column is None:
        raise ValueError(f"{path}: found the columns {examples(table.columns)}; expected track_id or filename")
    ids = table[column].str.replace("\\", "/", regex=False)
    if column == "filename":
        ids = ids.str.replace(AUDIO_SUFFIX, "", regex=True)
    ids = ids.str.extract(GTZAN_ID)[0].fillna(ids)
    if ids.isna().any():
        lines = [str(row + 2) for row in np.flatnonzero(ids.isna())]
        raise ValueError(f"{path}: no track id in line {examples(lines)}; expected one in every row")
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise ValueError(f"{path}: track ids that stand more than once: {examples(twice)}; keep one row of each")
    return pd.Index(ids, name="track_id")


def numeric_columns(table: pd.DataFrame, columns: list[str], path: Path) -> pd.DataFrame:
    """Return these columns as float64; ValueError names the first cells that hold text, NaN or infinity."""
    values = table[columns].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    bad = np.argwhere(~np.isfinite(values.to_numpy()))
    if len(bad):
        cells = [f"{columns[j]} of {table.index[i]} is {_cell_text(table[columns[j]].iloc[i])}" for i, j in bad[:3]]
        raise ValueError(
            f"{path}: {len(bad)} feature values are not finite numbers ({'; '.join(cells)}"
            f"{', …' if len(bad) > 3 else ''}); repair or remove these rows"
        )
    return values


def npz_array(place: str | Path) -> tuple[str, str]:
    """Return path and array of ``FILE.npz:ARRAY``; any other text is a path without an array.

    >>> npz_array("listening.npz:msd_tags"), npz_array("full")
    (('listening.npz', 'msd_tags'), ('full', ''))
    """
    path, colon, array = str(place).rpartition(":")
    return (path, array) if colon and path.endswith(".npz") else (str(place), "")


def read_embeddings(path: Path, array: str = "") -> pd.DataFrame:
    """Read any features of tracks, (n, d) float64, indexed by track id.

    A CSV with ``track_id`` or ``filename`` and d columns of numbers; or an npz with an array ``track_id`` (n,) of
    text and arrays (n, d) of numbers, without pickle: the one named, or the only one. ValueError says what is wrong.
    """
    if path.suffix != ".npz":
        table = read_csv(path, "table of embeddings")
        table.index = track_ids(table, path)
        columns = [name for name in table if name not in TEXT]
        if not columns:
            raise ValueError(f"{path}: no column beside {examples(table.columns)}; expected one for each dimension")
        return numeric_columns(table, columns, path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(f"table of embeddings: no file {path}") from None
        raise ValueError(f"{path} cannot be read as an npz without pickle: {error}") from error
    shapes = ", ".join(f"{name} {array.shape}" for name, array in found.items())
    ids = found.pop("track_id", None)
    matrices = {name: values for name, values in found.items() if values.ndim == 2 and array in ("", name)}
    matrix = next(iter(matrices.values()), None)
    if ids is None or matrix is None or len(matrices) > 1 or ids.shape != matrix.shape[:1]:
        wanted = f"an array {array} (n, d)" if array else "one array (n, d)"
        choices = f", or the name of one: {examples(f'{path.name}:{name}' for name in matrices)}"
        raise ValueError(
            f"{path}: found {shapes}; expected track_id (n,) and {wanted}{choices if len(matrices) > 1 else ''}"
        )
    table = pd.DataFrame(matrix, columns=[f"dimension {i}" for i in range(matrix.shape[1])])
    table.index = track_ids(pd.DataFrame({"track_id": ids.astype(str)}), path)
    return numeric_columns(table, list(table), path)


def _cell_text(value: object) -> str:
    return "missing" if pd.isna(value) else f"'{value}'"


def examples(names: Iterable, most: int = 5) -> str:
    """Return the first few names, for an error message.

    >>> examples(range(100), most=3)
    '0, 1, 2, … (100 in all)'
    """
    names = [str(name) for name in names]
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")
