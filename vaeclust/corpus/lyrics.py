"""Lyrics as numbers: text or bags of words → TF-IDF → 30 features a track (chapter ``00_data``).

Tracks without lyrics are a normal case: their features are zero, which after centring is the mean of the others.
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from threadpoolctl import threadpool_limits

from vaeclust.corpus.tables import examples, numeric_columns, read_csv, track_ids
from vaeclust.files import resolve

RECIPE = 1  # of the features of texts: raised whenever they change, see ``audio.RECIPE``
N_FEATURES = 30
NOT_FEATURES = ("track_id", "filename", "row", "genre", "label", "own_genre")
LEAST_TRACKS, LARGEST_SHARE = 2, 0.5  # a term must be in at least two tracks and at most half of them


def load_lyrics(source: str | Path | pd.Series | None, ids: pd.Index) -> tuple[np.ndarray | None, np.ndarray]:
    """Return lyrics features (n, 30) float32, or None, and has_lyrics (n,) bool, in the order of ``ids``.

    ``source`` is a series of texts by track id; a folder of ``<track_id>.txt``; a CSV with ``track_id`` and either
    ``text``, or ``term`` and ``count`` (a bag of words), or 30 numeric columns; or a CSV with ``row`` in place of
    ``track_id``, whose rows are joined to the tracks by their place alone, as the published study did.

    Raises
    ------
    FileNotFoundError
        For a source that is not there.
    ValueError
        For a table of another form, negative counts, or when no track has lyrics. Files that cannot be read,
        empty ones, and lyrics of unknown tracks are named in a warning.

    Examples
    --------
    >>> texts = pd.Series({"a": "river and moon", "b": "river of stone", "c": "moon over stone"})
    >>> features, has_lyrics = load_lyrics(texts, pd.Index(["a", "b", "c", "d"]))
    >>> features.shape, has_lyrics.tolist()
    ((4, 30), [True, True, True, False])
    """
    if source is None or (not isinstance(source, pd.Series) and not source):
        return None, np.zeros(len(ids), dtype=bool)
    path = Path("lyrics beside the audio") if isinstance(source, pd.Series) else resolve(source)
    if isinstance(source, pd.Series):
        features = text_features(source)
    elif path.is_dir():
        features = text_features(_read_folder(path, ids))
    else:
        table = read_csv(path, "table of lyrics")
        if "row" in table and "track_id" not in table:
            table.index = _row_tracks(table, ids, path)
            features = _numeric_features(table, path)
        elif {"term", "count"} <= set(table.columns):
            features = _bag_features(table, path)
        else:
            table.index = track_ids(table, path)
            features = text_features(table["text"].dropna()) if "text" in table else _numeric_features(table, path)
    unknown = features.index.difference(ids)
    if len(unknown):
        warnings.warn(f"{path}: lyrics of tracks that the corpus does not have: {examples(unknown)}", stacklevel=2)
    has_lyrics = np.asarray(ids.isin(features.index))
    if not has_lyrics.any():
        raise ValueError(
            f"{path}: lyrics of {examples(features.index)}, but of none of the {len(ids)} tracks ({examples(ids)})"
        )
    return features.reindex(ids).fillna(0.0).to_numpy(dtype=np.float32), has_lyrics


def text_features(texts: pd.Series) -> pd.DataFrame:
    """Return the 30 features of texts, both indexed by track id; a text without a single word is left out.

    >>> texts = pd.Series({"a": "river and moon", "b": "river of stone", "c": "moon over stone"})
    >>> text_features(texts).shape
    (3, 30)
    """
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer()
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:
        raise ValueError(f"no words in the lyrics of {examples(texts.index)}; expected text in at least one") from None
    return count_features(counts, vectorizer.get_feature_names_out(), texts.index)


def count_features(counts: sparse.spmatrix, terms: np.ndarray, ids: pd.Index) -> pd.DataFrame:
    """Return 30 features from term counts (tracks, terms).

    TF-IDF with sublinear counts, English stop words and terms outside the bounds of document frequency left out
    (Salton & Buckley 1988); truncated SVD (Deerwester et al. 1990); centred; then *all* dimensions are divided by
    the deviation of the widest one. Standardising each would blow the last dimensions, which are mostly noise, up to
    the size of the first; with one common divisor they keep their small share of every distance.
    """
    # Imported where it is used: it costs a second that a corpus whose features are given does not need.
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfTransformer

    counts = sparse.csr_matrix(counts, dtype=np.float64)
    spoken = np.asarray(counts.sum(axis=1)).ravel() > 0
    if not spoken.all():
        warnings.warn(f"lyrics without a single word, taken as missing: {examples(ids[~spoken])}", stacklevel=2)
    counts, ids = counts[spoken], ids[spoken]
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    content = ~np.isin(terms, list(ENGLISH_STOP_WORDS))
    telling = content & (frequency >= LEAST_TRACKS) & (frequency <= LARGEST_SHARE * len(ids))
    if not telling.any():  # too few tracks for these bounds
        telling = content
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, telling])
    size = min(N_FEATURES, weights.shape[1] - 1, len(ids) - 1)
    values = np.zeros((len(ids), N_FEATURES))
    if size > 0:
        with threadpool_limits(1):
            values[:, :size] = TruncatedSVD(size, n_iter=10, random_state=0).fit_transform(weights)
    values -= values.mean(axis=0)
    values /= max(values.std(axis=0).max(), 1e-12)
    return pd.DataFrame(values, index=ids, columns=[f"lyrics_{i:02d}" for i in range(N_FEATURES)])


def _read_folder(folder: Path, ids: pd.Index) -> pd.Series:
    texts, faults = {}, []
    for path in sorted(folder.rglob("*.txt")):
        track = path.relative_to(folder).with_name(path.name.removesuffix(".txt")).as_posix()
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (UnicodeDecodeError, OSError) as error:
            faults.append(f"{path} of track {track} ({error})")
            continue
        if "\0" in text or not text.strip():
            faults.append(f"{path} of track {track} ({'empty' if not text.strip() else 'not text'})")
            continue
        texts[track] = text
    if faults:
        warnings.warn(f"lyrics that cannot be read, taken as missing: {'; '.join(faults)}", stacklevel=3)
    if not texts:
        raise ValueError(f"{folder}: no readable <track_id>.txt; expected names such as {ids[0]}.txt")
    return pd.Series(texts)


def _bag_features(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the features of a table with one row a track and term: ``track_id, term, count``."""
    if "track_id" not in table or table["track_id"].isna().any():
        raise ValueError(f"{path}: a bag of words needs a track_id in every row")
    table.index = pd.Index(table["track_id"])
    counts = numeric_columns(table, ["count"], path)["count"]
    if (counts < 0).any():
        row = int(np.flatnonzero(counts < 0)[0])
        raise ValueError(f"{path}: negative count of {table['term'].iloc[row]!r} for track {table.index[row]}")
    tracks, terms = pd.factorize(table["track_id"]), pd.factorize(table["term"].astype(str), sort=True)
    shape = (len(tracks[1]), len(terms[1]))
    matrix = sparse.csr_matrix((counts.to_numpy(), (tracks[0], terms[0])), shape=shape)
    return count_features(matrix, np.asarray(terms[1]), pd.Index(tracks[1]))


def _row_tracks(table: pd.DataFrame, ids: pd.Index, path: Path) -> pd.Index:
    """Return the track that stands at every row's place; ValueError unless the rows count the tracks from 0."""
    rows = numeric_columns(table, ["row"], path)["row"].astype(int)
    if sorted(rows) != list(range(len(ids))):
        raise ValueError(
            f"{path}: rows {rows.min()} to {rows.max()} ({len(rows)} in all) for {len(ids)} tracks; expected every "
            f"row from 0 to {len(ids) - 1} once, since nothing but its place joins it to a track"
        )
    return ids[rows]


def _numeric_features(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    columns = [column for column in table.columns if column not in NOT_FEATURES]
    if len(columns) != N_FEATURES:
        raise ValueError(
            f"{path}: found the columns {examples(table.columns)}; expected track_id and text, or track_id, term and "
            f"count, or track_id and {N_FEATURES} numeric columns"
        )
    return numeric_columns(table, columns, path)
