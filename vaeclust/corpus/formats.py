"""Any file of a table as a table: what separates its cells, how it is encoded, which rows are its header.

What had to be guessed is said in a note. Cells of columns that are known by name (:mod:`vaeclust.corpus.roles`) stay
text, so that the ids ``NA``, ``1e5`` and ``007`` are what they were.
"""

import bz2
import contextlib
import csv
import gzip
import io
import json
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from vaeclust.corpus.roles import ID, role_of

SUFFIXES = tuple(
    ".csv .tsv .txt .gz .bz2 .xz .zip .xlsx .xls .ods .parquet .pq .json .jsonl .ndjson .pkl .pickle".split()
)
OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
HEAD = 1 << 18  # bytes that are looked at before a file is read
SAMPLE = 100  # rows by which separators are told apart
MOST_HEADER_ROWS = 4
MISSING = ["", "NA", "N/A", "n/a", "nan", "NaN", "NAN", "null", "NULL", "None", "-", "<NA>", "#N/A"]  # in numbers
_COMMA_NUMBER = re.compile(r"[-+]?\d+,\d+(e[-+]?\d+)?", re.IGNORECASE)
_POINT_NUMBER = re.compile(r"[-+]?\d+\.\d+(e[-+]?\d+)?", re.IGNORECASE)
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
        if suffix in (".xlsx", ".xls", ".ods"):
            found = Read(_spreadsheet(path), ())
        elif suffix in (".json", ".jsonl", ".ndjson"):
            found = Read(_as_text(_records(path)), ())
        elif suffix in (".parquet", ".pq"):
            found = Read(_parquet(path), ())
        else:
            found = _delimited(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError, OSError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a {what}: {error or 'there is nothing in it'}") from error
    table = _without_row_numbers(found.table.rename(columns=lambda name: str(name).strip()))
    if table.empty:
        raise ValueError(f"{path}: the {what} has no rows; expected one row a track under a header line")
    return Read(table, found.notes)


def column_names(path: Path) -> list[str]:
    """Return what the columns of a table are called, without reading all of it; none where it cannot be read."""
    try:
        source, _ = _content(path)
        sniffed = _sniff(_head(source))
        return [name.strip() for name in sniffed.names]
    except (OSError, csv.Error, ValueError):
        return []


class _Sniffed(NamedTuple):
    encoding: str
    guessed: bool  # not said by the file itself
    separator: str
    decimal: str
    header: int  # rows
    names: list[str]


def _delimited(path: Path) -> Read:
    source, notes = _content(path)
    sniffed = _sniff(_head(source))
    if sniffed.guessed:
        notes.append(f"{path.name} is no UTF-8 and was read as {sniffed.encoding}")
    if sniffed.separator != "," or sniffed.decimal != ".":
        point = " with decimal commas" if sniffed.decimal == "," else ""
        notes.append(f"{path.name}: cells between {SEPARATORS[sniffed.separator]}{point}")
    if sniffed.header > 1:
        notes.append(f"{path.name}: {sniffed.header} header rows, joined: {sniffed.names[1]}, …")
    known = {name for name in sniffed.names if role_of(name)}
    options: dict[str, Any] = {
        "sep": sniffed.separator,
        "decimal": sniffed.decimal,
        "header": None,
        "skiprows": sniffed.header,
        "names": sniffed.names,
        "index_col": False,
        "dtype": dict.fromkeys(known, str),
        "keep_default_na": False,
        "na_values": {name: [""] if name in known else MISSING for name in sniffed.names},
        "skipinitialspace": True,
        "low_memory": False,
        "compression": "infer" if isinstance(source, Path) else None,
    }
    try:
        return Read(pd.read_csv(source, encoding=sniffed.encoding, **options), tuple(notes))
    except UnicodeDecodeError:  # far down, below what was looked at
        if isinstance(source, io.BytesIO):
            source.seek(0)
        table = pd.read_csv(source, encoding="cp1252", encoding_errors="replace", **options)
        return Read(table, (*notes, f"{path.name} is no UTF-8 and was read as cp1252"))


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


def _sniff(head: bytes) -> _Sniffed:
    encoding, guessed = _encoding(head)
    text = head.decode(encoding, errors="ignore")
    whole = text if len(head) < HEAD else text[: text.rfind("\n")]
    separator, rows = _separated(whole)
    header, names = _header(rows)
    body = [cell.strip() for row in rows[header:] for cell in row]
    commas, points = (sum(bool(kind.fullmatch(cell)) for cell in body) for kind in (_COMMA_NUMBER, _POINT_NUMBER))
    return _Sniffed(encoding, guessed, separator, "," if commas > points else ".", header, names)


def _encoding(head: bytes) -> tuple[str, bool]:
    """Return how bytes are encoded, and whether that was guessed: UTF-8, UTF-16 or what Windows wrote."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return name, False
    for name, zeros in (("utf-16-le", head[1:400:2]), ("utf-16-be", head[0:400:2])):
        if len(zeros) > 8 and zeros.count(0) > 0.7 * len(zeros):
            return name, True
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 or len(head) < HEAD:  # else a letter was cut in two
            # 0x80 to 0x9f are letters and quotes on Windows, and nothing that is printed in Latin-1.
            undefined = any(byte in head for byte in b"\x81\x8d\x8f\x90\x9d")
            return ("latin-1" if undefined else "cp1252"), True
    return "utf-8", False


def _separated(text: str) -> tuple[str, list[list[str]]]:
    """Return what separates cells, which is what most rows have as often as the first, and the first rows."""
    best: tuple[tuple[float, int], str, list[list[str]]] | None = None
    for separator in SEPARATORS:
        rows = _first_rows(text, separator)
        if not rows:
            continue
        agree = Counter(map(len, rows))[len(rows[0])] / len(rows)
        rank = (round(agree, 1) if len(rows[0]) > 1 else 0.0, len(rows[0]))
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
            if any(row):
                rows.append(row)
            if len(rows) == SAMPLE:
                break
    return rows


def _header(rows: list[list[str]]) -> tuple[int, list[str]]:
    """Return how many rows are the header, and its names: of several, the last has the name of the ids alone."""
    for n, row in enumerate(rows[: MOST_HEADER_ROWS + 1]):
        if n and row and role_of(row[0]) == ID and not any(cell.strip() for cell in row[1:]):
            columns = zip(*(above + [""] * (len(row) - len(above)) for above in rows[:n]), strict=False)
            names = [" ".join(part.strip() for part in column if part.strip()) for column in columns]
            return n + 1, _distinct([row[0].strip(), *names[1:]])
    return 1, _distinct([name.strip() for name in rows[0]])


def _distinct(names: list[str]) -> list[str]:
    """Return names of which those that stand twice are numbered, and columns without one are called so."""
    seen: Counter[str] = Counter()
    found = []
    for number, name in enumerate(names):
        name = name or f"column {number}"
        found.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def _without_row_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out a first column without a name that counts rows, perhaps with gaps: a frame's own index in a file."""
    first = table.columns[0] if len(table.columns) else ""
    if first not in ("column 0", "Unnamed: 0") or len(table.columns) == 1:
        return table
    numbers = pd.to_numeric(table[first], errors="coerce")
    counts = bool((numbers.diff().iloc[1:] > 0).all() and (numbers % 1 == 0).all())
    return table.drop(columns=first) if counts else table.rename(columns={first: "track_id"})


def _records(path: Path) -> pd.DataFrame:
    """Return a list of records, or one a line, as a table."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        try:
            found = json.loads(text)
        except ValueError:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ValueError(f"{path}: expected a list of records, one a track, or one a line")
    return pd.DataFrame(found).map(lambda cell: json.dumps(cell) if isinstance(cell, list | dict) else cell)


def _spreadsheet(path: Path) -> pd.DataFrame:
    try:
        found = pd.read_excel(path, dtype=object)
    except ImportError:
        raise ValueError(f"{path}: a spreadsheet needs openpyxl: pip install openpyxl, or save it as CSV") from None
    return _as_text(found)


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
    """Return a typed table with text in the columns that are known by name, as files of text have it."""
    known = [name for name in table if role_of(str(name))]
    texts = {name: table[name].map(str, na_action="ignore").astype("str") for name in known}
    return table.assign(**texts).infer_objects()
