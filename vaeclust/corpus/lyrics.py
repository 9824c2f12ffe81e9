"""Lyrics as numbers: text or bags of words → TF-IDF → 30 features a track (chapter ``00_data``).

Tracks without lyrics are a normal case: their features are zero, which after centring is the mean of the others.
"""

import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from threadpoolctl import threadpool_limits

from vaeclust.corpus.arrays import ARRAYS, given_numbers
from vaeclust.corpus.bags import Bag, bag_of_table, musixmatch
from vaeclust.corpus.columns import numeric_names
from vaeclust.corpus.formats import read_table
from vaeclust.corpus.joining import Joined, joined
from vaeclust.corpus.language_names import language_code
from vaeclust.corpus.lyrics_files import TEXT, read_folder, table_texts
from vaeclust.corpus.shapes import expanded
from vaeclust.corpus.tables import examples, npz_array, numeric_columns
from vaeclust.corpus.words import ENGLISH, NO_LYRICS, stop_words, sung, words
from vaeclust.corpus.words import languages as languages_of
from vaeclust.files import resolve

RECIPE = 1  # of the features of texts: raised whenever they change, see ``audio.RECIPE``
N_FEATURES = 30
ROW = "row"  # the column of a table whose rows are joined by their place
LEAST_TRACKS, LARGEST_SHARE = 2, 0.5  # a term must be in at least two tracks and at most half of them


class Lyrics(NamedTuple):
    """Features (n, d) float32, or None; has_lyrics (n,) bool; the language of every text by track id, or None.

    notes and misses: how a table was read and joined, and the ids that miss, as of
    :class:`~vaeclust.corpus.joining.Joined`.
    """

    features: np.ndarray | None
    has_lyrics: np.ndarray
    languages: pd.Series | None = None
    notes: tuple[str, ...] = ()
    misses: pd.DataFrame | None = None


def load_lyrics(
    source: str | Path | pd.Series | None,
    ids: pd.Index,
    tracks: pd.DataFrame | None = None,
    *,
    left_out: Collection[str] = (),
) -> Lyrics:
    """Return lyrics features (n, d) float32, or None, and has_lyrics (n,) bool, in the order of ``ids``; languages.

    ``source`` is a series of texts by track id; a folder of ``<track_id>.txt``, or of tables of texts; a table with a
    column that says which track a row is and either ``text`` or ``lyrics``, or the paths of files of them, or ``term``
    and ``count`` (a bag of words), or columns of numbers, such as the embeddings of a sentence model; a bag of words as
    musiXmatch writes it; an ``.npz`` or ``.npy`` of such numbers; or a table with ``row`` in place of an id, whose rows
    are joined to the tracks by their place alone, as the published study did. Texts and bags become d = 30 features,
    numbers stay as they are.

    tracks: what is known of them, by track id: artist and title, by which a table without ids is joined; language, by
    which the words that tell nothing are left out, and which is guessed where it is not known.

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
    >>> found = load_lyrics(texts, pd.Index(["a", "b", "c", "d"]))
    >>> found.features.shape, found.has_lyrics.tolist()
    ((4, 30), [True, True, True, False])
    """
    if source is None or (not isinstance(source, pd.Series) and not source):
        return Lyrics(None, np.zeros(len(ids), dtype=bool))
    if isinstance(source, pd.Series):
        found, where = _Found(source[source.index.isin(ids)]), "lyrics beside the audio"
        if not len(found.content):
            return Lyrics(None, np.zeros(len(ids), dtype=bool))
    else:
        place, array = npz_array(source)
        path = resolve(place)
        found, where = _found(path, array, ids, {"about": tracks, "left_out": left_out}), str(path)
    if found.unknown:
        warnings.warn(
            f"{where}: lyrics of tracks that the corpus does not have: {examples(found.unknown)}", stacklevel=2
        )
    content, guessed = found.content, None
    told = None if tracks is None or "language" not in tracks else tracks["language"].map(language_code)
    if isinstance(content, pd.Series):
        content = content[~content.str.strip().str.casefold().isin(NO_LYRICS)].map(sung)
        if isinstance(source, pd.Series) and content.empty:
            return Lyrics(None, np.zeros(len(ids), dtype=bool))
        guessed = languages_of(content)
        features = text_features(content, guessed if told is None else told.reindex(content.index).fillna(guessed))
    elif isinstance(content, Bag):
        features = count_features(*content, languages=None if told is None else told.reindex(content.ids))
    else:
        features = content
    notes, has_lyrics = found.notes, np.asarray(ids.isin(features.index))
    values = features.reindex(ids).fillna(0.0).to_numpy(dtype=np.float32)
    several = guessed is not None and guessed.nunique() > 1
    if several and told is None and guessed is not None:
        notes = (*notes, f"the language of {len(guessed):,} texts is guessed, since no column tells it")
    return Lyrics(values, has_lyrics, guessed if several else None, notes, found.misses)


class _Found(NamedTuple):
    """Lyrics by track id, as texts, counts or features (n, d); of which ids of theirs is no track; notes and misses."""

    content: pd.Series | pd.DataFrame | Bag
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    misses: pd.DataFrame | None = None

    def joined_by(self, found: Joined, path: Path, notes: Sequence[str] = ()) -> "_Found":
        """Return them with what is to be said of how they were joined."""
        said = (*notes, found.note(path.name))
        return self._replace(unknown=tuple(found.unknown), notes=said, misses=found.misses(path.name))


def _found(path: Path, array: str, ids: pd.Index, known: Mapping[str, Any]) -> _Found:
    """Read a folder or file of lyrics; known: of the tracks, for :func:`~vaeclust.corpus.joining.joined`."""
    if path.is_dir():
        folder, notes = read_folder(path, ids[0])
        found = joined(folder, ids, str(path), **known)
        return _Found(found.table[TEXT]).joined_by(found, path, notes)
    if path.suffix.lower() in ARRAYS:
        numbers = given_numbers(path, array, list(ids), **known)
        return _Found(numbers.values, notes=numbers.notes, misses=numbers.misses)
    if path.is_file() and (bag := musixmatch(path)) is not None:
        return _joined_bag(bag, ids, path, known)
    read = read_table(path, "table of lyrics")
    table, said = expanded(read.table, path)
    if ROW in table and "track_id" not in table:
        table.index = _row_tracks(table, ids, path)
        return _Found(_numeric_features(table, path))
    if (bag := bag_of_table(table, path)) is not None:
        return _joined_bag(bag, ids, path, known)
    found = joined(table, ids, str(path), **known)
    texts = table_texts(found.table, path)
    content = _numeric_features(found.table, path) if texts is None else texts
    return _Found(content).joined_by(found, path, [*read.notes, *said])


def text_features(texts: pd.Series, languages: pd.Series | None = None) -> pd.DataFrame:
    """Return the 30 features of texts, both indexed by track id; a text without a single word is left out.

    languages: as for :func:`count_features`.

    >>> texts = pd.Series({"a": "river and moon", "b": "river of stone", "c": "moon over stone"})
    >>> text_features(texts).shape
    (3, 30)
    """
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(analyzer=words)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:
        raise ValueError(f"no words in the lyrics of {examples(texts.index)}; expected text in at least one") from None
    return count_features(counts, vectorizer.get_feature_names_out(), texts.index, languages=languages)


def count_features(
    counts: sparse.spmatrix, terms: np.ndarray, ids: pd.Index, *, languages: pd.Series | None = None
) -> pd.DataFrame:
    """Return 30 features from term counts (tracks, terms).

    languages: (tracks,) codes by track id, such as ``en``; a text of which it is missing counts as English. Words that
    tell nothing in a language, and those in more than half of its texts, are left out of these.

    TF-IDF with sublinear counts, stop words and terms outside the bounds of document frequency left out
    (Salton & Buckley 1988); truncated SVD (Deerwester et al. 1990); centred; then *all* dimensions are divided by
    the deviation of the widest one. Standardising each would blow the last dimensions, which are mostly noise, up to
    the size of the first; with one common divisor they keep their small share of every distance.
    """
    # Imported where it is used: it costs a second that a corpus whose features are given does not need.
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = sparse.csr_matrix(counts, dtype=np.float64)
    spoken = np.asarray(counts.sum(axis=1)).ravel() > 0
    if not spoken.all():
        warnings.warn(f"lyrics without a single word, taken as missing: {examples(ids[~spoken])}", stacklevel=2)
    counts, ids = counts[spoken], ids[spoken]
    codes = np.full(len(ids), ENGLISH) if languages is None else languages.reindex(ids).fillna(ENGLISH).to_numpy()
    content, kept = np.zeros(len(terms), dtype=bool), 0
    for code in sorted(set(codes)):
        inside = codes == code
        own = ~np.isin(terms, list(stop_words(code)))
        allowed = own & (_frequency(counts[inside]) <= LARGEST_SHARE * inside.sum())
        kept = kept + sparse.diags_array(inside * 1.0) @ counts @ sparse.diags_array(allowed * 1.0)
        content |= own
    telling = _frequency(kept) >= LEAST_TRACKS
    if telling.sum() < 2:  # too few tracks, or words, for these bounds; a single term spans nothing
        kept, telling = counts, content if content.any() else np.ones(len(terms), dtype=bool)
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(sparse.csr_matrix(kept)[:, telling])
    size = min(N_FEATURES, weights.shape[1] - 1, len(ids) - 1)
    values = np.zeros((len(ids), N_FEATURES))
    if size > 0:
        with threadpool_limits(1):
            values[:, :size] = TruncatedSVD(size, n_iter=10, random_state=0).fit_transform(weights)
    values -= values.mean(axis=0)
    values /= max(values.std(axis=0).max(), 1e-12)
    return pd.DataFrame(values, index=ids, columns=[f"lyrics_{i:02d}" for i in range(N_FEATURES)])


def _frequency(counts: sparse.spmatrix) -> np.ndarray:
    """Return in how many rows of counts (tracks, terms) each term stands, (terms,) int."""
    return np.asarray((counts > 0).sum(axis=0)).ravel()


def _joined_bag(bag: Bag, ids: pd.Index, path: Path, known: Mapping[str, Any]) -> _Found:
    """Return a bag by the ids of the corpus."""
    listed = pd.DataFrame({"track_id": bag.ids, "row": range(len(bag.ids))})
    found = joined(listed, ids, str(path), **known)
    return _Found(Bag(bag.counts[found.table["row"].to_numpy()], bag.terms, found.table.index)).joined_by(found, path)


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
    columns = [column for column in numeric_names(table) if column != ROW]
    if not columns:
        raise ValueError(
            f"{path}: found the columns {examples(table.columns)}; expected track_id and text, or track_id, term and "
            f"count, or track_id and columns of numbers"
        )
    return numeric_columns(table, columns, path)
