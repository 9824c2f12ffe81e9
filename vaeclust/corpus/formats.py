"""Any file of a table as a table: what separates its cells, how it is encoded, which rows are its header.

What had to be guessed is said in a note. Cells of columns that are known by name (:mod:`vaeclust.corpus.roles`) stay
text, so that the ids ``NA``, ``1e5`` and ``007`` are what they were.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vaeclust.corpus.delimited import HEAD, SAMPLE, SEPARATORS, layout, point_numbers, sniff
from vaeclust.corpus.roles import ID, columns_of, role_of
from vaeclust.corpus.tables import printed_texts

SUFFIXES = tuple(
    ".csv .tsv .txt .gz .bz2 .xz .zip .xlsx .xls .ods .parquet .pq .json .jsonl .ndjson .pkl .pickle".split()
)
_WORKBOOKS, _RECORDS, _PARQUET = (".xlsx", ".xls", ".ods"), (".json", ".jsonl", ".ndjson"), (".parquet", ".pq")
OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_SEVERAL = (list, tuple, dict, np.ndarray)  # of the values in a cell
MISSING = ["", "NA", "N/A", "n/a", "nan", "NaN", "NAN", "null", "NULL", "None", "-", "<NA>", "#N/A"]  # in numbers
PICKLE = (
    "{path} is a pickle, which can run anything when it is opened, and is not read. One of your own making becomes a "
    "table with: python -c \"import pandas as pd; pd.DataFrame(pd.read_pickle('{name}')).to_csv('{stem}.csv')\""
)


class Read(NamedTuple):
    """A table as it is in its file, with one row a line and text where columns are known by name; what was guessed."""

    table: pd.DataFrame
    notes: tuple[str, ...]


def read_table(path: Path, what: str = "table") -> Read:
    """Read a table: delimited text (compressed or not), ``.xlsx`` or ``.parquet``.

    what: what errors call it. Raises FileNotFoundError, and ValueError for anything that is no table with rows; a
    pickle is refused with the line that converts one.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{what}: no file {path}")
    suffix = path.suffix.lower()
    if suffix in (".pkl", ".pickle", ".joblib"):
        raise ValueError(PICKLE.format(path=path, name=path.name, stem=path.stem))
    try:
        csv.field_size_limit(HEAD)  # a text may be longer than what the module expects of a cell
        if suffix in _WORKBOOKS:
            found = _spreadsheet(path, what)
        elif suffix in _RECORDS:
            found = Read(_as_text(_records(path)), ())
        elif suffix in _PARQUET:
            found = Read(_parquet(path), ())
        else:
            found = _delimited(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError, OSError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a {what}: {error or 'there is nothing in it'}") from error
    table = printed_texts(_without_row_numbers(found.table.rename(columns=lambda name: str(name).strip())))
    if table.empty:
        raise ValueError(f"{path}: the {what} has no rows; expected one row a track under a header line")
    return Read(table, found.notes)


def column_names(path: Path) -> list[str]:
    """Return what the columns of a table are called, of delimited text without reading all of it; else nothing."""
    try:
        if path.suffix.lower() in (*_WORKBOOKS, *_RECORDS, *_PARQUET):
            return [str(name) for name in read_table(path).table]
        source, _ = _content(path)
        return sniff(_head(source)).layout.names
    except (OSError, csv.Error, ValueError):
        return []


def _delimited(path: Path) -> Read:
    source, notes = _content(path)
    sniffed = sniff(_head(source))
    names = sniffed.layout.names
    if sniffed.guessed:
        notes.append(f"{path.name} is no UTF-8 and was read as {sniffed.encoding}")
    if sniffed.separator != "," or sniffed.decimal != ".":
        point = " with decimal commas" if sniffed.decimal == "," else ""
        between = SEPARATORS.get(sniffed.separator, repr(sniffed.separator))
        notes.append(f"{path.name}: cells between {between}{point}")
    notes += sniffed.layout.notes(path.name)
    known = {name for name in names if role_of(name)}
    options: dict[str, Any] = {
        "sep": sniffed.separator,
        "decimal": sniffed.decimal,
        "header": None,
        "skiprows": sniffed.layout.above + sniffed.layout.header,
        "names": names,
        "index_col": False,
        "dtype": dict.fromkeys(known, str),
        "keep_default_na": False,
        "na_values": {name: [""] if name in known else MISSING for name in names},
        "skipinitialspace": True,
        "low_memory": False,
        "compression": "infer" if isinstance(source, Path) else None,
    }
    try:
        table = pd.read_csv(source, encoding=sniffed.encoding, **options)
    except UnicodeDecodeError:  # far down, below what was looked at
        if isinstance(source, io.BytesIO):
            source.seek(0)
        table = pd.read_csv(source, encoding="cp1252", encoding_errors="replace", **options)
        notes.append(f"{path.name} is no UTF-8 and was read as cp1252")
    if sniffed.decimal == ",":
        texts = [name for name in names if name not in known and not pd.api.types.is_numeric_dtype(table[name])]
        table = table.assign(**{name: point_numbers(table[name]) for name in texts})
    return Read(table, tuple(notes))


def _content(path: Path) -> tuple[Path | io.BytesIO, list[str]]:
    """Return what to read: the file, or the one table of an archive that holds several, which is said."""
    if path.suffix.lower() != ".zip":
        return path, []
    with zipfile.ZipFile(path) as archive:
        tables = [entry for entry in archive.infolist() if entry.filename.endswith((".csv", ".tsv", ".txt"))]
        tables = [entry for entry in tables if not Path(entry.filename).name.startswith(".")]
        if not tables:
            raise ValueError(f"{path}: no table in this archive; expected a .csv, .tsv or .txt")
        chosen = next((e for e in tables if Path(e.filename).stem == path.stem), max(tables, key=lambda e: e.file_size))
        others = [entry.filename for entry in tables if entry is not chosen]
        notes = [f"{path.name}: {chosen.filename} was read, not {', '.join(others)}"] if others else []
        return io.BytesIO(archive.read(chosen)), notes


def _head(source: Path | io.BytesIO) -> bytes:
    if isinstance(source, io.BytesIO):
        found = source.read(HEAD)
        source.seek(0)
        return found
    with OPENERS.get(source.suffix.lower(), open)(source, "rb") as file:
        return file.read(HEAD)


def _without_row_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out a first column without a name that counts rows, perhaps with gaps: a frame's own index in a file."""
    first = table.columns[0] if len(table.columns) else ""
    if first not in ("column 0", "Unnamed: 0") or len(table.columns) == 1:
        return table
    numbers = pd.to_numeric(table[first], errors="coerce")
    counts = bool((numbers.diff().iloc[1:] > 0).all() and (numbers % 1 == 0).all())
    return table.drop(columns=first) if counts else table.rename(columns={first: "track_id"})


def _records(path: Path) -> pd.DataFrame:
    """Return a list of records, or one a line, or what is such a list in a record, as a table.

    A record of records, as ``{"song 1": {"tempo": 90}}``, has the ids as its names.
    """
    text = path.read_text(encoding="utf-8-sig")
    try:
        try:
            found = json.loads(text)
        except ValueError:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if isinstance(found, dict):
        lists = [part for part in found.values() if isinstance(part, list) and part and isinstance(part[0], dict)]
        if len(lists) == 1:  # lyricsgenius' {"songs": [...]}, an API's {"items": [...]}
            found = lists[0]
        elif len(found) > 1 and all(isinstance(part, dict) for part in found.values()):
            found = [{"track_id": name, **part} for name, part in found.items()]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ValueError(f"{path}: expected a list of records, one a track, alone, under one name, or one a line")
    return pd.json_normalize(found)  # what is told in a part of a record is a column, too: audio_features.energy


def _spreadsheet(path: Path, what: str) -> Read:
    """Return the sheet that says which track a row is, the first of equal ones.

    Of several, for features, that with the most columns of numbers, else that with the most columns of texts.
    """
    try:
        sheets = pd.read_excel(path, dtype=object, header=None, sheet_name=None)
    except ImportError:
        raise ValueError(f"{path}: a spreadsheet needs openpyxl: pip install openpyxl, or save it as CSV") from None
    found = {str(name): _sheet(cells, path) for name, cells in sheets.items() if not cells.dropna(how="all").empty}
    if not found:
        raise pd.errors.EmptyDataError("there is nothing in it")
    kind = "number" if what == "table of features" else "str"
    chosen = max(found, key=lambda name: _promise(found[name].table, kind))
    others = [name for name in found if name != chosen]
    notes = [f"{path.name}: sheet {chosen} was read, not {', '.join(others)}"] if others else []
    return found[chosen]._replace(notes=(*notes, *found[chosen].notes))


def _sheet(cells: pd.DataFrame, path: Path) -> Read:
    rows = cells.head(SAMPLE).map(lambda cell: "" if pd.isna(cell) else str(cell)).to_numpy().tolist()
    found = layout(rows)
    body = cells.iloc[found.above + found.header :].dropna(how="all").reset_index(drop=True)
    return Read(_as_text(body.set_axis(found.names, axis=1)), tuple(found.notes(path.name)))


def _promise(sheet: pd.DataFrame, kind: str) -> tuple[bool, int]:
    return bool(columns_of(ID, sheet.columns)), len(sheet.select_dtypes(kind).columns)


def _parquet(path: Path) -> pd.DataFrame:
    try:
        import duckdb
    except ImportError:
        try:
            return _as_text(pd.read_parquet(path))
        except ImportError:
            raise ValueError(f"{path}: parquet needs duckdb: pip install duckdb, or save it as CSV") from None
    return _as_text(duckdb.read_parquet(str(path)).df())


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a typed table with text in the columns that are known by name, and for lists, as files of text have it."""
    table = table.assign(**{name: table[name].map(_listed) for name in table if table[name].dtype == object})
    known = [name for name in table if role_of(str(name))]
    texts = {name: table[name].map(str, na_action="ignore").astype("str") for name in known}
    return table.assign(**texts).infer_objects()


def _listed(cell: object) -> object:
    return json.dumps(np.asarray(cell).tolist()) if isinstance(cell, _SEVERAL) else cell
