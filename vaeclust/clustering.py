"""Clusterers, all by one signature: ``(embedding (n, d), k, seed) -> labels (n,)`` (chapter ``07_comparison``)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from vaeclust.datasets import Dataset
from vaeclust.training import Fit, one_thread

NOISE = -1


@dataclass(frozen=True)
class Clusterer:
    """One way to group tracks; ``function(embedding (n, d), k, seed)`` returns (n,) int labels, -1 for noise."""

    slug: str
    title: str
    function: Callable[[np.ndarray, int, int], np.ndarray]


def kmeans(embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
    """K-Means, the best of 10 restarts from k-means++; Lloyd (1982), Arthur & Vassilvitskii (2007)."""
    return KMeans(k, n_init=10, random_state=seed).fit_predict(embedding)


CLUSTERERS = {c.slug: c for c in (Clusterer("kmeans", "K-Means", kmeans),)}


def cluster(
    fit: Fit, dataset: Dataset, n_clusters: int = 0, *, clusterers: tuple[str, ...] = tuple(CLUSTERERS)
) -> pd.DataFrame:
    """Cluster the embedding of every seed; the clusterer's random state is the seed.

    ``n_clusters=0`` means as many as there are genres, 10 without labels.

    Returns
    -------
    DataFrame
        ``track_id, seed, clusterer, cluster``, -1 for noise.

    Raises
    ------
    ValueError
        For a number of clusters that this many tracks cannot have; names the largest allowed.
    """
    k = checked_k(n_clusters or dataset.default_k(), len(dataset))
    frames = []
    with one_thread():
        for seed, embedding in zip(fit.seeds, fit.embeddings, strict=True):
            for slug in clusterers:
                labels = CLUSTERERS[slug].function(embedding, k, seed)
                columns = {"track_id": dataset.ids, "seed": seed, "clusterer": slug, "cluster": labels}
                frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def checked_k(k: int, n: int) -> int:
    """Return k if n tracks can be put into k clusters and scored; ValueError names the largest k otherwise."""
    if not 2 <= k <= n - 1:
        raise ValueError(
            f"{k} clusters for {n} tracks; expected at least 2 and at most {n - 1} "
            f"(the silhouette needs a cluster with two tracks). Set n_clusters accordingly"
        )
    return k
