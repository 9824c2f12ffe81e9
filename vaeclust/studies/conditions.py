"""Conditions: what a method is shown, and what is done with it (chapter ``07_comparison``).

Controls are conditions where a good score should vanish, or should stay. A method has those that make sense for it
and its corpus; those of lyrics belong to the method that reads lyrics.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import Dataset, equal_rows, subset
from vaeclust.corpus.lyrics import load_lyrics
from vaeclust.methods.catalogue import Method, find
from vaeclust.methods.fits import Fit


@dataclass(frozen=True)
class Control:
    """One condition.

    Attributes
    ----------
    title : str
        What the book calls it; the page ``metrics`` says what it shows.
    applies : callable
        Whether it makes sense for a method.
    corpus : callable
        The corpus changed for it; None where the corpus has nothing to change.
    train : bool
        Whether networks are trained.
    change_fit, change_clusters : callable
        What is done to the embeddings, or to the clusters.
    """

    title: str
    applies: Callable[[Method], bool] = lambda method: True
    corpus: Callable[[Dataset], Dataset | None] = lambda dataset: dataset
    train: bool = True
    change_fit: Callable[[Fit], Fit] = lambda fit: fit
    change_clusters: Callable[[pd.DataFrame], pd.DataFrame] = lambda clusters: clusters


def no_duplicates(dataset: Dataset) -> Dataset | None:
    """Return the corpus with one track of every group whose features are exactly equal; None if there is no such group.

    The first by id stays. Copies of one recording end up in one cluster whatever the method, and in one genre mostly.
    """
    copies = set(equal_rows(dataset)["second"])
    return subset(dataset, ~dataset.tracks.index.isin(copies)) if copies else None


def fault_filter(dataset: Dataset) -> Dataset | None:
    """Return the tracks that the fault-filtered split of GTZAN keeps; None for a corpus without that column.

    Kereliuk, Sturm & Larsen (2015): exact copies, other versions of a recording, distorted tracks left out.
    """
    if "fault_filtered_split" not in dataset.tracks:
        return None
    return subset(dataset, dataset.tracks["fault_filtered_split"].notna().to_numpy())


def gaussian_noise(fit: Fit) -> Fit:
    """Replace the embeddings by independent normal numbers of the same shape, other ones for every seed."""
    shape = fit.embeddings.shape[1:]
    noise = [np.random.default_rng(seed).normal(size=shape).astype(np.float32) for seed in fit.seeds]
    return replace(fit, embeddings=np.stack(noise))


def random_clusters(clusters: pd.DataFrame) -> pd.DataFrame:
    """Deal the clusters of every seed and clusterer out to the tracks at random; their sizes stay."""
    groups = clusters.groupby(["seed", "clusterer"])["cluster"]
    return clusters.assign(cluster=groups.transform(lambda c: np.random.default_rng(c.name[0]).permutation(c)))


def _raw(method: Method) -> bool:
    return method.slug == "raw"


CONTROLS = {
    "untrained": Control("untrained", applies=lambda method: method.trained, train=False),
    "no_duplicates": Control("duplicates removed", corpus=no_duplicates),
    "fault_filtered": Control("fault-filtered tracks", corpus=fault_filter),
    "gaussian_noise": Control("Gaussian noise", applies=_raw, change_fit=gaussian_noise),
    "random_labels": Control("random clusters", applies=_raw, change_clusters=random_clusters),
}


def controls(method: str | Method, dataset: Dataset) -> dict[str, tuple[Control, Dataset]]:
    """Return the controls that a method has on a corpus, each with the corpus changed for it."""
    method = find(method)
    changed = {slug: control.corpus(dataset) for slug, control in CONTROLS.items() if control.applies(method)}
    return {slug: (CONTROLS[slug], corpus) for slug, corpus in changed.items() if corpus is not None}


def lyrics_controls(dataset: Dataset, published: str | Path = "") -> dict[str, tuple[Control, Dataset]]:
    """Return the corpus with other lyrics, by condition (chapter ``06_multimodal_vae``).

    ``shuffled_lyrics``: every text given to another track, among the tracks that have one; coverage stays.
    ``moved_coverage``: the same among all tracks, so that those without a text are others.
    ``coverage_only``: every text empty, and known to be there or not. Both only where some tracks have none.
    ``genre_lyrics``: every track given the text of any track of its genre, a join that leaks the genre.
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
        if dataset.genres is not None:
            changed["genre_lyrics"] = _share_lyrics_by_genre(dataset, owners)
    if published:
        features, has_lyrics = load_lyrics(published, dataset.tracks.index)
        changed["published_lyrics"] = replace(dataset, lyrics=features, has_lyrics=has_lyrics)
    return {slug: (Control(slug), corpus) for slug, corpus in changed.items()}


def shuffle_lyrics(dataset: Dataset) -> Dataset:
    """Return the corpus with every text given to another track, among the tracks that have one."""
    owners = np.flatnonzero(dataset.has_lyrics)
    lyrics = dataset.lyrics.copy()
    lyrics[owners] = dataset.lyrics[np.random.default_rng(0).permutation(owners)]
    return replace(dataset, lyrics=lyrics)


def _share_lyrics_by_genre(dataset: Dataset, owners: np.ndarray) -> Dataset:
    rng = np.random.default_rng(0)
    lyrics, has_lyrics = np.zeros_like(dataset.lyrics), np.zeros_like(dataset.has_lyrics)
    for genre in sorted(set(dataset.genres[owners]) - {-1}):
        tracks, sources = np.flatnonzero(dataset.genres == genre), owners[dataset.genres[owners] == genre]
        lyrics[tracks] = dataset.lyrics[rng.choice(sources, len(tracks))]
        has_lyrics[tracks] = True
    return replace(dataset, lyrics=lyrics, has_lyrics=has_lyrics)
