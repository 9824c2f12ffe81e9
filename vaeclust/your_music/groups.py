"""Groups that last from run to run, and their songs as a table for a spreadsheet (chapter ``10_your_music``)."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans, MiniBatchKMeans

from vaeclust.clusters.clusterers import kmeans, size_order, valid_k
from vaeclust.clusters.ensembles import NOISE
from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.measured import path_text
from vaeclust.files import write_csv
from vaeclust.scores.matching import match_clusters
from vaeclust.your_music.playlists import track_files

MANY = 50_000  # tracks above which K-Means sees them in batches
BATCH = 4_096
LEAST_SHARED = 0.5  # of the tracks, which groups of before must know to be gone on with

SONGS = ("track_id", "artist", "title", "path", "cluster", "name", "sureness", "x", "y")
_TEXTS = ("track_id", "artist", "title", "path", "name")
_NUMBERS = ("sureness", "x", "y")

_FORMULA = re.compile("'*[=+\\-@\t\r＝＋－＠]")  # how a text begins that a spreadsheet computes; ours behind a '
_HIDDEN = re.compile(f"\\A'(?={_FORMULA.pattern})")


def lasting_groups(
    points: np.ndarray, ids: Sequence[str], k: int, *, before: pd.Series | None = None, seed: int = 0
) -> pd.Series:
    """Return the K-Means clusters of a library, whose numbers stay while some songs come and go.

    Where the clusters of before are k and know at least half of the tracks, and each has a track left, K-Means starts
    once from the means of what is left of them, and every cluster keeps its number: it is the same one, moved. Else it
    starts anew, the best of 10 (``clusters.kmeans``), numbered from the largest; where before has tracks in common with
    that, as many of them as possible keep their number (``scores.match_clusters``), as far as there are such numbers
    below k. Above ``MANY`` tracks it is mini-batch K-Means, Sculley (2010).

    Parameters
    ----------
    points : ndarray
        (n, d) float, one row a track.
    ids : sequence of str
        (n,) track ids.
    k : int
        How many clusters.
    before : Series, optional
        Cluster by track id of an earlier run; noise and missing clusters tell nothing.
    seed : int
        The random state of K-Means.

    Returns
    -------
    Series
        (n,) int, indexed by ``track_id``, named ``cluster``. The same bytes for the same input.

    Raises
    ------
    ValueError
        For another number of points than of ids, for ids that stand twice, and for a k that so many tracks cannot have.

    Examples
    --------
    >>> points = np.array([[0.0], [0.1], [0.2], [5.0], [5.1]])
    >>> lasting_groups(points, list("abcde"), 2).tolist()
    [0, 0, 0, 1, 1]
    >>> lasting_groups(points, list("abcde"), 2, before=pd.Series({"c": 1, "d": 0, "e": 0})).tolist()
    [1, 1, 1, 0, 0]
    """
    index = pd.Index(ids, name="track_id")
    if len(index) != len(points) or index.has_duplicates:
        raise ValueError(
            f"{len(points)} points for {len(index)} track ids, {index.nunique()} of them different; expected one id "
            f"for each point"
        )
    valid_k(k, len(points))
    known = _known(before, index)
    with one_thread():
        names, starts = _starts(points, known, before, k)
        if starts is not None:
            return pd.Series(names[_kmeans(points, k, seed, starts)], index, name="cluster")
        found = size_order(_kmeans(points, k, seed), list(ids))
    return found if known.isna().all() else _renamed(found, known, k)


def _known(before: pd.Series | None, index: pd.Index) -> pd.Series:
    """Return the cluster of before of every track, (n,) float; nan where it is not known."""
    if before is None:
        return pd.Series(np.nan, index)
    once = before[~before.index.duplicated()]
    return once[once != NOISE].reindex(index).astype(float)


def _starts(
    points: np.ndarray, known: pd.Series, before: pd.Series | None, k: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the numbers of the clusters of before, (k,), and the means (k, d) of what is left of them.

    None in place of the means where K-Means had better start anew.
    """
    numbers = np.unique(known.dropna()).astype(int)
    there = 0 if before is None else before[before != NOISE].nunique()
    if len(numbers) != k or there != k or known.notna().mean() < LEAST_SHARED:
        return numbers, None
    return numbers, np.stack([points[(known == number).to_numpy()].mean(axis=0) for number in numbers])


def _kmeans(points: np.ndarray, k: int, seed: int, starts: np.ndarray | None = None) -> np.ndarray:
    """Return labels (n,) of K-Means from given starts (k, d), or the best of 10."""
    if len(points) <= MANY and starts is None:
        return kmeans(points, k, seed)
    how = {"n_init": 10} if starts is None else {"init": starts, "n_init": 1}
    if len(points) <= MANY:
        return KMeans(k, random_state=seed, **how).fit_predict(points)
    # With given starts no centre may jump elsewhere because few tracks are near it: it would be another cluster.
    ratio = 0.01 if starts is None else 0.0
    batches = MiniBatchKMeans(k, random_state=seed, batch_size=BATCH, reassignment_ratio=ratio, **how)
    return batches.fit_predict(points)


def _renamed(found: pd.Series, known: pd.Series, k: int) -> pd.Series:
    """Return clusters 0 … k - 1 under the numbers of before, as far as they overlap; the others take what is left."""
    shared = known.notna().to_numpy()
    ours = found[shared].to_numpy()
    matched = match_clusters(ours, known[shared].to_numpy().astype(int))
    names = {own: name for own, name in zip(ours, matched, strict=True) if name in known.to_numpy() and name < k}
    free = iter(sorted(set(range(k)) - set(names.values())))
    return found.map({own: names[own] if own in names else next(free) for own in sorted(found.unique())})


def songs_table(
    dataset: Dataset,
    clusters: pd.Series,
    names: Mapping[int, str],
    sureness: pd.Series | None = None,
    xy: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what a listener may want to know of every song, one row each in the order of the corpus.

    clusters: (n,) int by track id; names: cluster → its name; sureness: (n,) float by track id, how surely a song
    belongs to its cluster; xy: ``x, y`` by track id, its place on the map.

    Returns
    -------
    DataFrame
        ``track_id, artist, title, path, cluster, name, sureness, x, y``, missing where unknown. path is absolute.
    """
    ids = dataset.tracks.index
    numbers = clusters.reindex(ids).astype("Int64")
    table = pd.DataFrame({"track_id": ids}, index=ids)
    for part in ("artist", "title"):
        table[part] = dataset.tracks.get(part)
    table["path"] = [None if file is None else path_text(file) for file in track_files(dataset)]
    table["cluster"] = numbers
    table["name"] = [names.get(int(number)) if pd.notna(number) else None for number in numbers]
    table["sureness"] = np.nan if sureness is None else sureness.reindex(ids)
    for axis in ("x", "y"):
        table[axis] = np.nan if xy is None else xy[axis].reindex(ids)
    return table[list(SONGS)].reset_index(drop=True)


def write_songs(table: pd.DataFrame, path: Path) -> None:
    """Write a table of songs as CSV for a spreadsheet or a music server; :func:`read_songs` reads it again.

    UTF-8 with a byte order mark, without which a widespread spreadsheet takes it for another encoding; every text in
    quotes, so that names may hold quotes and line breaks. A text that a spreadsheet would compute, because it begins
    with one of ``= + - @``, a tab or a return, gets an apostrophe before it: names come from strangers' files. Numbers
    have six digits.
    """
    written = {column: table[column].map(_guarded, na_action="ignore") for column in _TEXTS}
    written |= {column: table[column].map(lambda value: float(f"{value:.6g}")) for column in _NUMBERS}
    write_csv(path, table.assign(**written), index=False, encoding="utf-8-sig", quoting=csv.QUOTE_NONNUMERIC)


def read_songs(path: Path) -> pd.DataFrame:
    """Return a table of songs as it was before :func:`write_songs` wrote it."""
    kinds = dict.fromkeys(_TEXTS, "str") | dict.fromkeys(_NUMBERS, "float64") | {"cluster": "Int64"}
    table = pd.read_csv(path, encoding="utf-8-sig", dtype=kinds, keep_default_na=False, na_values=[""])
    return table.assign(**{column: table[column].str.replace(_HIDDEN, "", n=1, regex=True) for column in _TEXTS})


def _guarded(text: object) -> str:
    return f"'{text}" if _FORMULA.match(str(text)) else str(text)
