"""Lyrics in files: a text a song, several tables in a folder, and texts that a table holds or names."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from vaeclust.corpus.formats import SUFFIXES as TABLES
from vaeclust.corpus.formats import read_table
from vaeclust.corpus.roles import ARTIST, ID, LYRICS, LYRICS_PATH, TITLE, columns_of
from vaeclust.corpus.tables import examples, placed
from vaeclust.corpus.words import sung, text_of

TEXT = "text"  # the column of them
TEXTS = (".txt", ".lrc", ".srt")
WRITINGS = (".doc", ".docx", ".odt", ".pages", ".rtf", ".pdf", ".md", ".html", ".htm", ".epub", ".ttml", ".vtt", ".ass")


def read_folder(folder: Path, track: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the lyrics of a folder, ``file, text``, and what is to be said; of its tables, under names as they have.

    Its files are texts that are called as their tracks; where there are none, tables of texts, all of which are read.
    track: an id, by which an error shows what names are expected. ValueError where no text can be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    texts, tables, writings = (
        [path for path in files if path.suffix.lower() in kinds] for kinds in (TEXTS, {*TABLES} - {*TEXTS}, WRITINGS)
    )
    table, notes = _texts(folder, texts), _unread(folder, writings if not texts else [*writings, *tables])
    if table.empty and tables:
        table, said = _tables(folder, tables)
        notes = [*said, *notes]
    if table.empty:
        raise ValueError(
            f"{folder}: no readable <track_id>.txt, .lrc or .srt; expected names such as {track}.txt"
            f"{''.join(f'; {note}' for note in notes)}"
        )
    return table, notes


def _texts(folder: Path, paths: Sequence[Path]) -> pd.DataFrame:
    texts: dict[str, str] = {}
    faults = []
    for path in paths:
        track = path.relative_to(folder).with_suffix("").as_posix()
        text = text_of(path)
        if not sung(text).strip():
            faults.append(f"{path} of track {track} (no words in it)")
        else:
            texts.setdefault(track, text)
    if faults:
        warnings.warn(f"lyrics that cannot be read, taken as missing: {'; '.join(faults)}", stacklevel=4)
    return pd.DataFrame({"file": list(texts), TEXT: list(texts.values())})


def _tables(folder: Path, paths: Sequence[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Return tables of lyrics as one, under the names that such columns have here; lines that say how they were read.

    Those without lyrics are passed over.
    """
    found: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    for path in paths:
        table, said = read_table(path, "table of lyrics")
        texts = table_texts(table, path)
        if texts is not None:
            columns = {role: columns_of(role, table.columns)[:1] for role in (ID, TITLE, ARTIST)}
            told = {
                "track_id" if role == ID else role: table[name] for role, names in columns.items() for name in names
            }
            found[path.name] = pd.DataFrame(told).assign(**{TEXT: texts}).dropna(subset=TEXT)
            notes += said
    whole = pd.concat(found.values(), ignore_index=True) if found else pd.DataFrame(columns=[TEXT])
    return whole, [*notes, f"{folder.name}: its tables of lyrics are read as one: {examples(found)}"]


def _unread(folder: Path, paths: Sequence[Path]) -> list[str]:
    """Return a line on files that may hold lyrics and are not read, where there are any."""
    names = [path.relative_to(folder).as_posix() for path in paths]
    files = "1 file is" if len(names) == 1 else f"{len(names):,} files are"
    said = f"{folder.name}: {files} not read, since texts are {', '.join(TEXTS)} here: {', '.join(names[:5])}"
    return [said + (", …" if len(names) > 5 else "")] if names else []


def table_texts(table: pd.DataFrame, path: Path) -> pd.Series | None:
    """Return the lyrics that a table holds, or whose files it names, by track id; None where it has no such column.

    table: by track id; path: where it lies, from which the paths in it count. Files that are not there are left out.
    The lyrics are named as the column.
    """
    if columns := columns_of(LYRICS, table.columns):
        return table[columns[0]].dropna()
    if columns := columns_of(LYRICS_PATH, table.columns):
        places = {track: Path(placed(cell, path.parent)) for track, cell in table[columns[0]].dropna().items()}
        found = {track: text_of(place) for track, place in places.items() if place.is_file()}
        return pd.Series(found, dtype=object, name=columns[0])
    return None
