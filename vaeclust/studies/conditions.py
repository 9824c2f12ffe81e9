"""Conditions: what a method is shown, and what is done with it (all chapters of methods).

Controls are conditions where a good score should vanish, or should stay. A method has those that make sense for it
and its corpus; those of lyrics belong to the method that reads lyrics.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.clusters.clusterers import PUBLISHED_CLUSTERERS, check_clusterers
from vaeclust.corpus.dataset import Dataset, equal_rows
from vaeclust.corpus.lyrics import load_lyrics
from vaeclust.methods.catalogue import Method, find
from vaeclust.methods.fits import Fit
from vaeclust.studies.records import STANDARD


@dataclass(frozen=True)
class Condition:
    """What a method is shown, and what is done with it.

    Attributes
    ----------
    corpus : Dataset or sequence of Dataset
        What it is fitted to: one for all seeds, or one for each.
    method : Method, optional
        The method in other settings than the study's.
    judged : Dataset, optional
        What its clusters are scored on, where that is not the corpus: the same tracks with other features.
    clusterers : tuple of str
        As ``clusterers.cluster`` takes them; ValueError for an unknown one.
    train : bool
        Whether networks are trained.
    settings : mapping
        Other settings than those of the study, its number of clusters among them.
    change_fit, change_clusters : callable
        What is done to the embeddings, or to the clusters.
    """

    corpus: Dataset | Sequence[Dataset]
    method: Method | None = None
    judged: Dataset | None = None
    clusterers: tuple[str, ...] = ("kmeans",)
    train: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    change_fit: Callable[[Fit], Fit] = lambda fit: fit
    change_clusters: Callable[[pd.DataFrame], pd.DataFrame] = lambda clusters: clusters

    def __post_init__(self) -> None:
        check_clusterers(self.clusterers)  # before anything is trained


def standard(dataset: Dataset) -> dict[str, Condition]:
    """Return the condition under which every method is compared: the corpus as it is, the study's clusterers."""
    return {STANDARD: Condition(dataset, clusterers=PUBLISHED_CLUSTERERS)}


def controls(method: str | Method, dataset: Dataset) -> dict[str, Condition]:
    """Return the controls that make sense for a method and its corpus: where a good score should vanish, or stay.

    ``untrained``: networks as they are initialised; ``no_duplicates`` and ``fault_filtered``: the corpus without its
    exact copies, or known faults, where it has any; and for no network at all ``gaussian_noise``, normal numbers in
    place of the features, and ``random_labels``, its clusters dealt out at random.
    """
    method = find(method)
    found = {"untrained": Condition(dataset, train=False)} if method.trained else {}
    parts = {"no_duplicates": no_duplicates(dataset), "fault_filtered": fault_filter(dataset)}
    found |= {name: Condition(part) for name, part in parts.items() if part is not None}
    if method.slug == "raw":
        found["gaussian_noise"] = Condition(dataset, change_fit=gaussian_noise)
        found["random_labels"] = Condition(dataset, change_clusters=random_clusters)
    return found


def no_duplicates(dataset: Dataset) -> Dataset | None:
    """Return the corpus with one track of every group whose features are exactly equal; None if there is no such group.

    The first by id stays. Copies of one recording end up in one cluster whatever the method, and in one genre mostly.
    """
    copies = set(equal_rows(dataset)["second"])
    return dataset.subset(~dataset.tracks.index.isin(copies)) if copies else None


def fault_filter(dataset: Dataset) -> Dataset | None:
    """Return the tracks that the fault-filtered split of GTZAN keeps; None for a corpus without that column.

    Kereliuk, Sturm & Larsen (2015): exact copies, other versions of a recording, distorted tracks left out.
    """
    if "fault_filtered_split" not in dataset.tracks:
        return None
    return dataset.subset(dataset.tracks["fault_filtered_split"].notna().to_numpy())


def gaussian_noise(fit: Fit) -> Fit:
    """Replace the embeddings by independent normal numbers of the same shape, other ones for every seed."""
    shape = fit.embeddings.shape[1:]
    noise = [np.random.default_rng(seed).normal(size=shape).astype(np.float32) for seed in fit.seeds]
    return replace(fit, embeddings=np.stack(noise))


def random_clusters(clusters: pd.DataFrame) -> pd.DataFrame:
    """Deal the clusters of every seed and clusterer out to the tracks at random; their sizes stay.

    >>> found = pd.DataFrame({"seed": 0, "clusterer": "kmeans", "cluster": [0, 0, 0, 1]})
    >>> sorted(random_clusters(found)["cluster"])
    [0, 0, 0, 1]
    """
    groups = clusters.groupby(["seed", "clusterer"])["cluster"]
    return clusters.assign(cluster=groups.transform(lambda c: np.random.default_rng(c.name[0]).permutation(c)))


def keep_labels(dataset: Dataset, kept: np.ndarray) -> Dataset:
    """Return the corpus with the labels of the tracks where ``kept`` (n,) bool is true; those of others are unknown."""
    names = list(dataset.references())
    return replace(dataset, tracks=dataset.tracks.assign(**{name: dataset.tracks[name].where(kept) for name in names}))


def lyrics_controls(dataset: Dataset, published: str | Path = "") -> dict[str, Condition]:
    """Return the corpus with other lyrics, by condition (chapter ``06_multimodal_vae``).

    ``shuffled_lyrics``: every text given to another track, among the tracks that have one; coverage stays.
    ``moved_coverage``: the same among all tracks, so that those without a text are others.
    ``coverage_only``: every text empty, and known to be there or not. Both only where some tracks have none.
    ``genre_lyrics``: every track given the text of any track of its genre (of its class, where another label is
    the headline), a join that leaks the label.
    ``published_lyrics``: the features of the published study, joined row by row, if their table is given.
    """
    changed = {}
    if dataset.lyrics is not None:
        owners = np.flatnonzero(dataset.has_lyrics)
        changed["shuffled_lyrics"] = shuffle_lyrics(dataset)
        if not dataset.has_lyrics.all():
            moved = np.random.default_rng(0).permutation(len(dataset))
            changed["moved_coverage"] = replace(
                dataset, lyrics=dataset.lyrics[moved], has_lyrics=dataset.has_lyrics[moved]
            )
            changed["coverage_only"] = replace(dataset, lyrics=np.zeros_like(dataset.lyrics))
        if dataset.classes is not None:
            changed["genre_lyrics"] = _share_lyrics_by_class(dataset, owners, dataset.classes)
    if published:
        features, has_lyrics, *_ = load_lyrics(published, dataset.tracks.index)
        changed["published_lyrics"] = replace(dataset, lyrics=features, has_lyrics=has_lyrics)
    return {name: Condition(corpus) for name, corpus in changed.items()}


def shuffle_lyrics(dataset: Dataset, *, within: str = "") -> Dataset:
    """Return the corpus with every text given to another track, among the tracks that have one.

    within: the column of the tracks, such as the language, in which both say the same; those that say nothing keep
    their texts. Raises ValueError for a corpus without lyrics.
    """
    if dataset.lyrics is None:
        raise ValueError(f"{dataset.name} has no lyrics to give to other tracks")
    owners, rng, lyrics = np.flatnonzero(dataset.has_lyrics), np.random.default_rng(0), dataset.lyrics.copy()
    told = dataset.tracks[within].to_numpy()[owners] if within else np.full(len(owners), "all")
    for _, group in pd.Series(owners).groupby(told):
        lyrics[group.to_numpy()] = dataset.lyrics[rng.permutation(group.to_numpy())]
    return replace(dataset, lyrics=lyrics)


def _share_lyrics_by_class(dataset: Dataset, owners: np.ndarray, classes: np.ndarray) -> Dataset:
    assert dataset.lyrics is not None
    rng = np.random.default_rng(0)
    lyrics, has_lyrics = np.zeros_like(dataset.lyrics), np.zeros_like(dataset.has_lyrics)
    for each in sorted(set(classes[owners]) - {-1}):
        tracks, sources = np.flatnonzero(classes == each), owners[classes[owners] == each]
        lyrics[tracks] = dataset.lyrics[rng.choice(sources, len(tracks))]
        has_lyrics[tracks] = True
    return replace(dataset, lyrics=lyrics, has_lyrics=has_lyrics)
