"""Lyrics as numbers: 30 features a track, aligned with the tracks of a corpus."""

from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.paths import resolve
from vaeclust.tables import numeric_columns, read_csv, some, track_ids

N_FEATURES = 30


def load_lyrics(source: str | Path | None, ids: pd.Index) -> tuple[np.ndarray | None, np.ndarray]:
    """Return lyrics features (n, 30) float32, or None, and has_lyrics (n,) bool, in the order of ``ids``.

    ``source`` is a CSV with ``track_id`` and 30 numeric columns; a track without a row has no lyrics: zeros.

    Raises ValueError when the table has another width or knows none of the tracks, FileNotFoundError when it
    is not there.
    """
    if not source:
        return None, np.zeros(len(ids), dtype=bool)
    path = resolve(source)
    table = read_csv(path, "table of lyrics features")
    table.index = track_ids(table, path)
    columns = [column for column in table.columns if column not in ("track_id", "filename", "genre", "label")]
    if len(columns) != N_FEATURES:
        raise ValueError(f"{path}: found {len(columns)} lyrics features ({some(columns)}); expected {N_FEATURES}")
    has_lyrics = np.asarray(ids.isin(table.index))
    if not has_lyrics.any():
        raise ValueError(f"{path}: lyrics of {some(table.index)}, but none of the {len(ids)} tracks ({some(ids)})")
    values = numeric_columns(table, columns, path).reindex(ids).fillna(0.0)
    return values.to_numpy(dtype=np.float32), has_lyrics
