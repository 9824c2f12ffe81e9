"""A corpus as the models see it, and what can be done with it as a whole (chapter ``00_data``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.corpus.lyrics import load_lyrics
from vaeclust.corpus.named import CORPORA
from vaeclust.corpus.scaling import check_scaling, scaled
from vaeclust.corpus.tables import examples
from vaeclust.files import CHECKSUM, digest

LABELS = ("genre", "language", "mood", "tag", "artist")  # what is known by name to score against
ARTIST = "artist"  # no label to group by: whoever finds the singer has found no more than the singer
LEAST_SHARE = 0.01  # of the labelled tracks: what a class needs to be looked for
DEFAULT_K = 10  # clusters of a corpus without labels


@dataclass(frozen=True)
class Dataset:
    """A corpus, checked and scaled.

    Attributes
    ----------
    name : str
        ``gtzan``, ``gtzan-mini``, ``demo`` or the stem of its file or folder. Names the folder of its results.
    tracks : DataFrame
        Indexed by ``track_id``, with at least the column ``genre`` (missing where unknown).
    features : DataFrame
        (n, d) float64, indexed by ``track_id``, in the features' own units.
    audio : ndarray
        (n, d) float32: ``features``, scaled. What models see.
    lyrics : ndarray or None
        (n, 30) float32; rows of tracks without lyrics are zero.
    has_lyrics : ndarray
        (n,) bool.
    excluded : dict
        Track id → why it was left out.
    checksum : str
        SHA-256 over everything that the models and the scores see.
    variant : str
        What follows the name in the folder of its results: other features than the 20 means.
    source : str
        Which corpus it is: its name, or the path of its file or folder, and of its features; empty for one that was
        assembled by hand.
    given : dict
        What it was loaded from, as the options of the command name it.
    scaling : str
        How ``audio`` comes from ``features``: a row of SCALINGS, such as ``standard``, with the population deviation.
    n_groups : int
        How many classes of the headline label there are that a track in a hundred has.
    labels : tuple of str
        The columns of ``tracks`` to score against, the first before all (see :attr:`headline`).
    tags : DataFrame or None
        (n, 50) float64, indexed by ``track_id``: how likely a listening network finds each of its tags, in its order.
    notes : tuple of str
        What was understood of its files: which column says which track a row is, what was guessed, what was left.
    unmatched : DataFrame or None
        Ids of given tables that are no track, and tracks that are in no row: ``table, id, what``.

    Examples
    --------
    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> dataset
    factors: 30 tracks, 9 features, 10 genres, no lyrics
    >>> dataset.audio.shape, dataset.default_k()
    ((30, 9), 10)
    """

    name: str
    tracks: pd.DataFrame
    features: pd.DataFrame
    audio: np.ndarray
    lyrics: np.ndarray | None
    has_lyrics: np.ndarray
    excluded: dict[str, str] = field(default_factory=dict)
    checksum: str = ""
    variant: str = ""
    source: str = ""
    given: dict[str, str] = field(default_factory=dict)
    scaling: str = "standard"
    n_groups: int = DEFAULT_K
    labels: tuple[str, ...] = LABELS
    tags: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    unmatched: pd.DataFrame | None = None

    def __len__(self) -> int:
        return len(self.tracks)

    def __repr__(self) -> str:
        classes = {name: self.tracks[name].nunique() for name in self.label_names}
        counts = (f"{n} {name}s" if name in LABELS else f"{n} values of {name}" for name, n in classes.items())
        labels = ", ".join(counts) or "no labels"
        lyrics = f"{self.has_lyrics.sum():,} with lyrics" if self.lyrics is not None else "no lyrics"
        left_out = f"; left out: {examples(self.excluded)}" if self.excluded else ""
        known = CORPORA.get(self.known_as)
        name = f"{self.name} (synthetic)" if known and known.synthetic else self.name
        return f"{name}: {len(self):,} tracks, {self.audio.shape[1]} features, {labels}, {lyrics}{left_out}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        return {"text/plain": repr(self)}, {CHECKSUM: self.checksum}

    @property
    def known_as(self) -> str:
        """The name under which CORPORA has it, whatever it is called here; empty for one's own music."""
        found = self.source.partition("|")[0] if self.source else self.name
        return found if found in CORPORA else ""

    @property
    def ids(self) -> list[str]:
        """The track ids in the order of all arrays."""
        return self.tracks.index.tolist()

    def references(self) -> dict[str, np.ndarray]:
        """Return the labels to score against, (n,) int each, -1 where unknown: those of ``labels``, as far as known.

        Fewer than two artists are none; with an artist for every track there is nothing to find, and they are none too.
        So it is with every other label. Classes of the headline are numbered as ``class_names``.

        >>> from vaeclust.corpus import assemble
        >>> tracks = pd.DataFrame({"genre": ["rock", "jazz", "rock", None]}, index=["a", "b", "c", "d"])
        >>> features = pd.DataFrame({"tempo": [90.0, 120.0, 140.0, 80.0]}, index=tracks.index)
        >>> assemble("mine", tracks, features).references()
        {'genre': array([ 1,  0,  1, -1])}
        """
        return {name: pd.factorize(self.tracks[name], sort=name == self.headline)[0] for name in self._scored}

    @cached_property
    def _scored(self) -> tuple[str, ...]:
        told = {name: self.tracks[name] for name in self.labels if name in self.tracks}
        return tuple(name for name, column in told.items() if 2 <= column.nunique() < column.notna().sum())

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels that groups are compared by: all references but the artist."""
        return tuple(name for name in self._scored if name != ARTIST)

    @property
    def headline(self) -> str:
        """The label that results are told by, the first of ``label_names``; empty without one."""
        return next(iter(self.label_names), "")

    @cached_property
    def classes(self) -> np.ndarray | None:
        """The headline label, (n,) int, indices into ``class_names``, -1 where unknown; None for unlabelled music."""
        return self.references()[self.headline] if self.headline else None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The values of the headline label, sorted; empty for unlabelled music."""
        return tuple(sorted(self.tracks[self.headline].dropna().unique())) if self.headline else ()

    @property
    def class_of(self) -> pd.Series:
        """The headline label of every track, by track id, missing where unknown; named as the label is."""
        unknown = pd.Series(pd.NA, self.tracks.index, dtype="str", name="label")
        return self.tracks[self.headline] if self.headline else unknown

    def default_k(self) -> int:
        """Return the number of clusters to look for: as many as the headline label has classes, 10 without labels.

        A class that less than one in a hundred of the labelled tracks has is none to look for. A part of a corpus looks
        for as many as the whole; none for more than half its tracks.
        """
        return max(2, min(self.n_groups, len(self) // 2))

    def subset(self, kept: np.ndarray, *, rescale: bool = True) -> "Dataset":
        """Return the tracks where ``kept`` (n,) bool is true; names and checksum stay.

        Their features are scaled anew, or with ``rescale=False`` as they are in the whole corpus.
        """
        features = self.features[kept]
        arrays: dict[str, Any] = {
            name: None if (array := getattr(self, name)) is None else array[kept]
            for name in ("lyrics", "has_lyrics", "tags")
        }
        audio = scaled(features, self.scaling) if rescale else self.audio[kept]
        return replace(self, tracks=self.tracks[kept], features=features, audio=audio, **arrays)

    def display_name(self, track: str) -> str:
        """Return artist and title of a track as far as they are known, on one line; its id in place of a title."""
        return track_name(track, self.tracks.loc[track])


def track_name(track: str, about: pd.Series) -> str:
    """Return what a track is called, on one line: artist and title as far as a row knows them; without title its id.

    >>> track_name("a1", pd.Series({"artist": "Ann", "title": None}))
    'Ann – a1'
    """
    told = {column: about[column] for column in ("artist", "title") if column in about and pd.notna(about[column])}
    known = [told.get("artist", ""), told.get("title", track)]
    return " – ".join(filter(None, (" ".join(str(name).split()) for name in known)))


def assemble(
    name: str,
    tracks: pd.DataFrame,
    features: pd.DataFrame,
    *,
    lyrics: str | Path | pd.Series | None = None,
    excluded: Mapping[str, str] | None = None,
    scaling: str = "standard",
    tags: pd.DataFrame | None = None,
    labels: tuple[str, ...] = LABELS,
) -> Dataset:
    """Assemble a Dataset from checked tables that share their index (see :func:`~vaeclust.corpus.sources.load`).

    Names of features may be numbers, which become texts.
    ValueError for a scaling that is none.
    """
    check_scaling(scaling)
    features = features.rename(columns=str)
    audio = scaled(features, scaling)
    words = load_lyrics(lyrics, tracks.index, tracks, left_out=list(excluded or {}))
    if words.languages is not None and "language" not in tracks:
        tracks = tracks.assign(language=words.languages.reindex(tracks.index))
    lyrics_features, has_lyrics = words.features, words.has_lyrics
    more: dict[str, Any] = {"excluded": dict(excluded or {}), "scaling": scaling, "tags": tags, "labels": labels}
    more |= {"notes": words.notes, "unmatched": words.misses}
    corpus = Dataset(name, tracks, features, audio, lyrics_features, has_lyrics, **more)
    others = corpus.label_names[1:]
    checksum = digest(
        *("\n".join(part) for part in (list(tracks.index), list(features.columns), _texts(corpus.class_of))),
        np.ascontiguousarray(features.to_numpy(), dtype="<f8").tobytes(),
        b"" if lyrics_features is None else lyrics_features.tobytes(),
        "" if scaling == "standard" else scaling,
        *("\n".join([label, *_texts(tracks[label])]) for label in others),
    )
    shares = corpus.class_of.value_counts(normalize=True)
    n_groups = max(2, int((shares >= LEAST_SHARE).sum())) if corpus.headline else DEFAULT_K
    return replace(corpus, checksum=checksum, n_groups=n_groups)


def corpora_by_seed(dataset: Dataset | Sequence[Dataset], seeds: Sequence[int]) -> tuple[Dataset, ...]:
    """Return a corpus for every seed: the same for all, or those that are given.

    Raises ValueError unless there are as many as seeds, all with the same numbers of tracks and features.

    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=1)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> [len(corpus) for corpus in corpora_by_seed(dataset, seeds=[0, 1, 2])]
    [10, 10, 10]
    """
    corpora = (dataset,) * len(seeds) if isinstance(dataset, Dataset) else tuple(dataset)
    shapes = sorted({corpus.audio.shape for corpus in corpora})
    if len(corpora) != len(seeds) or len(shapes) > 1:
        raise ValueError(
            f"{len(corpora)} corpora of shapes {shapes} for {len(seeds)} seeds; expected one for each, all of one shape"
        )
    return corpora


def dataset_tables(dataset: Dataset) -> dict[str, pd.DataFrame]:
    """Return a corpus as tables that ``load`` reads again: ``features`` with what is known of each track,
    ``lyrics_features`` of the tracks that have lyrics, and ``tags``, if there are any.

    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=1)
    >>> tables = dataset_tables(assemble("tempi", tracks, tracks[["tempo", "density"]]))
    >>> {name: list(table) for name, table in tables.items()}
    {'features': ['genre', 'artist', 'title', 'tempo', 'density']}
    """
    told = dict.fromkeys(("genre", "artist", "title", "path", *dataset.labels))
    columns = [name for name in told if name in dataset.tracks]
    found = {"features": dataset.tracks[columns].join(dataset.features)}
    if dataset.lyrics is not None:
        names = [f"lyrics_{i:02d}" for i in range(dataset.lyrics.shape[1])]
        lyrics = pd.DataFrame(dataset.lyrics, index=dataset.tracks.index, columns=names)
        found["lyrics_features"] = lyrics[dataset.has_lyrics]
    if dataset.tags is not None:
        found["tags"] = dataset.tags
    return found


def equal_rows(dataset: Dataset) -> pd.DataFrame:
    """Return every pair of tracks whose features are exactly equal: ``first, second, first_class, second_class``."""
    groups = dataset.features.groupby(list(dataset.features.columns), sort=False).groups.values()
    pairs = sorted(pair for group in groups for pair in combinations(group, 2))
    known = dataset.class_of
    rows = [(first, second, known[first], known[second]) for first, second in pairs]
    return pd.DataFrame(rows, columns=["first", "second", "first_class", "second_class"])


def _texts(label: pd.Series) -> list[str]:
    """Return the classes of tracks as texts, empty where unknown; nothing where none is known."""
    return [] if label.isna().all() else label.fillna("").tolist()


def silence(dataset: Dataset) -> str:
    """Return why no sound of a corpus may be played, as the end of a sentence; empty where it may.

    A part of a corpus that is known by name is as silent as the whole, whatever its own name.
    """
    for name, corpus in CORPORA.items():
        if corpus.silence and (dataset.name.startswith(name) or corpus.ids() >= set(dataset.ids)):
            return corpus.silence
    return ""
