"""What tables of tracks from outside hold: ids, numbers, arrays; errors name file, line and column."""

import re
from ast import literal_eval
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.corpus.reading import SUFFIXES

GTZAN_GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
GTZAN_IDS = frozenset(f"{genre}.{number:05d}" for genre in GTZAN_GENRES for number in range(100))
AUDIO_SUFFIX = re.compile(rf"({'|'.join(map(re.escape, SUFFIXES))})$", re.IGNORECASE)
GTZAN_ID = re.compile(rf"(?:^|[/\\])((?:{'|'.join(GTZAN_GENRES)})\.\d{{5}})$")
LEFT_OUT = 0.1  # of the rows of a table, up to which those whose numbers are none are left out; one always is
_NUMBERS = re.compile(r"\d+")
_PRINTED = re.compile(r"b'(?:[^'\\]|\\.)*'|b\"(?:[^\"\\]|\\.)*\"")  # b'...' of Python
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:([,'\s\u2019])\d{3})(?:\1\d{3})*(\.\d+)?")


def clean_ids(ids: pd.Series) -> pd.Series:
    """Return track ids without the suffix of a sound, with one kind of slash, and of GTZAN's paths its ids.

    >>> clean_ids(pd.Series(["genres/jazz/jazz.00012.au", "my song.mp3"])).tolist()
    ['jazz.00012', 'my song']
    """
    ids = ids.astype("str").str.replace("\\", "/", regex=False).str.replace(AUDIO_SUFFIX, "", regex=True)
    return ids.str.extract(GTZAN_ID)[0].fillna(ids)


def distinct_rows(table: pd.DataFrame, ids: pd.Series, path: Path) -> pd.DataFrame:
    """Return a table by track id, of which rows that say the same are one; ids: (n,) in its order.

    Raises ValueError for an empty id, and for rows of one id that differ.
    """
    if ids.isna().any():
        lines = [str(row + 2) for row in np.flatnonzero(ids.isna())]
        raise ValueError(f"{path}: no track id in line {examples(lines)}; expected one in every row")
    table = table.set_axis(pd.Index(ids, name="track_id"), axis=0)
    if table.index.is_unique:
        return table
    once = table[~(table.index.duplicated() & table.duplicated())]
    twice = once.index[once.index.duplicated()].unique()
    if len(twice):
        raise ValueError(f"{path}: track ids that stand more than once: {examples(twice)}; keep one row of each")
    return once


def finite_numbers(table: pd.DataFrame, columns: list[str], path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return these columns as float64, (n, d), without the rows that hold anything else: track id → what.

    Commas between thousands are none of the number. ValueError where more than one row and one in ten would go.
    """
    values = table[columns].apply(as_numbers)
    bad = ~np.isfinite(values.to_numpy())
    rows = bad.any(axis=1)
    if not rows.any():
        return values, {}
    cells = {table.index[i]: _cell(table, columns[int(bad[i].argmax())], i) for i in map(int, np.flatnonzero(rows))}
    if rows.sum() > max(1, LEFT_OUT * len(rows)):
        shown = "; ".join(f"{column_cell} of {track}" for track, column_cell in list(cells.items())[:3])
        counts = pd.Series(bad.sum(axis=0), columns).sort_values(ascending=False, kind="stable")
        faulty = examples([f"{name} in {n:,}" for name, n in counts[counts > 0].items()])
        raise ValueError(
            f"{path}: {bad.sum()} feature values are not finite numbers ({shown}{', …' if len(cells) > 3 else ''}), in "
            f"{rows.sum()} of {len(rows)} rows (column {faulty}); expected them in one row of ten at "
            f"most, which is then left out: repair or remove these rows, or the columns"
        )
    return values[~rows], {str(track): f"{cell}, no number" for track, cell in cells.items()}


def check_variation(values: pd.DataFrame, path: Path) -> None:
    """Raise ValueError where several tracks, (n, d) float64, are all the same: nothing tells one from another."""
    if len(values) > 1 and not (values != values.iloc[0]).any(axis=None):
        raise ValueError(
            f"{path}: all {len(values):,} tracks have the same features ({examples(values.columns)}); expected some "
            f"that tell them apart"
        )


def numeric_columns(table: pd.DataFrame, columns: list[str], path: Path) -> pd.DataFrame:
    """Return these columns as float64; ValueError names the first cells that hold text, NaN or infinity."""
    values = table[columns].apply(as_numbers)
    bad = np.argwhere(~np.isfinite(values.to_numpy()))
    if len(bad):
        cells = [f"{_cell(table, columns[j], i)} of {table.index[i]}" for i, j in bad[:3]]
        raise ValueError(
            f"{path}: {len(bad)} values are not finite numbers ({'; '.join(cells)}"
            f"{', …' if len(bad) > 3 else ''}); repair or remove these rows"
        )
    return values


def as_numbers(column: pd.Series) -> pd.Series:
    """Return a column as float64, without signs between thousands, brackets and per cent; NaN for what is none."""
    if column.dtype.kind not in "fiub":
        texts = column.astype("str").str.strip("[]% ")
        thousands = texts.str.fullmatch(_THOUSANDS).fillna(False).astype(bool)
        column = texts.mask(thousands, texts.str.replace(r"[,'\s\u2019]", "", regex=True))
    return pd.to_numeric(column, errors="coerce").astype(np.float64)


def _cell(table: pd.DataFrame, column: str, row: int) -> str:
    value = table[column].iloc[row]
    return f"{column} is missing" if pd.isna(value) else f"{column} is '{value}'"


def printed_texts(table: pd.DataFrame) -> pd.DataFrame:
    r"""Return a table in which bytes that Python printed into cells, as of an HDF5 file, are their texts.

    >>> printed_texts(pd.DataFrame({"a": ["b'So'", r"b'\xc3\x93lafur'", "b", "b''"]}))["a"].tolist()
    ['So', 'Ólafur', 'b', nan]
    """
    texts = {name: table[name].astype("str") for name in table if table[name].dtype.kind not in "fiubM"}
    printed = {name: cells.str.fullmatch(_PRINTED).fillna(False).astype(bool) for name, cells in texts.items()}
    return table.assign(
        **{
            name: table[name].mask(rows, texts[name][rows].map(_printed))
            for name, rows in printed.items()
            if rows.any()
        }
    )


def _printed(cell: str) -> str | None:
    try:
        return literal_eval(cell).decode("utf-8", errors="replace") or None
    except (ValueError, SyntaxError):  # it only looks like bytes
        return cell


def placed(place: str, folder: Path) -> str:
    """Return a path that counts from the folder of a table, where there is something; else as it is.

    >>> placed("songs/a.wav", Path("nowhere"))
    'songs/a.wav'
    """
    beside = folder / place.replace("\\", "/")
    return str(beside) if beside.is_file() else place


def npz_array(place: str | Path) -> tuple[str, str]:
    """Return path and array of ``FILE.npz:ARRAY``; any other text is a path without an array.

    >>> npz_array("listening.npz:msd_tags"), npz_array("full")
    (('listening.npz', 'msd_tags'), ('full', ''))
    """
    path, colon, array = str(place).rpartition(":")
    return (path, array) if colon and path.endswith(".npz") else (str(place), "")


def examples(names: Iterable, most: int = 5) -> str:
    """Return the first few names, for an error message.

    >>> examples(range(100), most=3)
    '0, 1, 2, … (100 in all)'
    """
    names = [str(name) for name in names]
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")


def runs(names: Iterable, most: int = 24) -> list[str]:
    """Return names of which those that differ in one number alone are one entry; of very many entries the first.

    >>> runs(["mfcc1_mean", "mfcc1_std", "mfcc2_mean", "mfcc2_std", "mfcc3_mean", "mfcc3_std", "tempo"])
    ['mfcc1_mean … mfcc3_mean', 'mfcc1_std … mfcc3_std', 'tempo']
    """
    alike: dict[str, list[str]] = {}
    for name in map(str, names):
        numbers = _NUMBERS.findall(name)
        alike.setdefault(_NUMBERS.sub("#", name, count=1) if numbers else name, []).append(name)
    found = []
    for same in alike.values():
        found += [f"{same[0]} … {same[-1]}"] if len(same) > 2 else same
    return [*found[:most], f"… ({len(found)} in all)"] if len(found) > most else found
