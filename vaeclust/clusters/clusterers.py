"""Clusterers, all by one signature: ``(embedding (n, d), k, seed) -> labels (n,)`` (chapter ``07_comparison``)."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.metrics import pairwise_distances_argmin
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from vaeclust.clusters.ensembles import CONSENSUS, NOISE, consensus
from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.sampling import sample

if TYPE_CHECKING:
    from vaeclust.methods.fits import Fit

OWN = "own"  # the clusters of a method that has its own: VaDE's mixture prior
MIN_SAMPLES = 5


@dataclass(frozen=True)
class Clusterer:
    """One way to group tracks; ``function(embedding (n, d), k, seed)`` returns (n,) int labels, -1 for noise.

    ``published``: whether it is one of the three of the published study, which every method has. ``pairwise``:
    whether it needs time or memory for every two tracks, so that :meth:`labels` samples a large corpus.
    """

    slug: str
    title: str
    function: Callable[[np.ndarray, int, int], np.ndarray]
    published: bool = False
    pairwise: bool = True

    def labels(self, embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
        """Return what ``function`` returns; above ``sampling.MOST`` tracks at a cost that grows with their number only.

        A pairwise clusterer then sees 5,000 tracks drawn by the seed, and every other track joins its nearest sampled
        one, as noise too.
        """
        chosen = sample(len(embedding), seed)
        if not self.pairwise or len(chosen) == len(embedding):
            return self.function(embedding, k, seed)
        found = self.function(embedding[chosen], k, seed)
        return found[pairwise_distances_argmin(embedding, embedding[chosen])]


def kmeans(embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
    """K-Means, the best of 10 restarts from k-means++; Lloyd (1982), Arthur & Vassilvitskii (2007).

    >>> points = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    >>> found = kmeans(points, k=2, seed=0)
    >>> [len(set(found[:3])), len(set(found[3:])), len(set(found))]
    [1, 1, 2]
    """
    return KMeans(k, n_init=10, random_state=seed).fit_predict(embedding)


def agglomerative(embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Agglomerative clustering by Ward's criterion; Ward (1963). It draws nothing: the seed is not used."""
    return AgglomerativeClustering(k, linkage="ward").fit_predict(embedding)


def dbscan(embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
    """DBSCAN; Ester et al. (1996). Dense regions are clusters, the rest is noise (-1): k and seed are not used.

    A region is dense where 5 tracks lie within ``eps`` of one, and ``eps`` is the knee of the k-distance curve.

    >>> ring = np.stack([np.cos(np.arange(60) / 9), np.sin(np.arange(60) / 9)], axis=1)
    >>> dbscan(np.vstack([ring, [[9.0, 9.0]]]), k=2, seed=0)[-3:]  # the last is far from all others
    array([ 0,  0, -1])
    """
    return DBSCAN(eps=knee(k_distances(embedding)), min_samples=MIN_SAMPLES).fit_predict(embedding)


def gaussian_mixture(embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Mixture of k Gaussians with full covariances, the best of three starts; Dempster, Laird & Rubin (1977)."""
    mixture = GaussianMixture(k, n_init=3, reg_covar=1e-3, random_state=seed)
    return mixture.fit_predict(embedding.astype(np.float64))


def spectral(embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
    """K-Means on the eigenvectors of the graph of 10 nearest neighbours; Ng, Jordan & Weiss (2002)."""
    neighbours = min(10, len(embedding) - 1)
    graph = SpectralClustering(k, affinity="nearest_neighbors", n_neighbors=neighbours, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Graph is not fully connected")  # islands are what UMAP is there to make
        return graph.fit_predict(embedding)


def hdbscan(embedding: np.ndarray, k: int, seed: int) -> np.ndarray:
    """HDBSCAN; Campello et al. (2013). Clusters hold 2 % of the tracks or more, noise is -1; k, seed are not used."""
    return HDBSCAN(min_cluster_size=max(MIN_SAMPLES, len(embedding) // 50), copy=True).fit_predict(embedding)


def k_distances(embedding: np.ndarray) -> np.ndarray:
    """Return the distance of every track to its 4th neighbour (5 tracks with itself), ascending: (n, d) → (n,).

    >>> k_distances(np.arange(6.0)[:, None]).tolist()
    [2.0, 2.0, 3.0, 3.0, 4.0, 4.0]
    """
    neighbours = NearestNeighbors(n_neighbors=min(MIN_SAMPLES, len(embedding))).fit(embedding)
    return np.sort(neighbours.kneighbors(embedding)[0][:, -1])


def knee(distances: np.ndarray) -> float:
    """Return the value at the knee of an ascending curve: its point farthest below the chord from end to end.

    Satopää et al. (2011), with both axes scaled to 1. Never 0, which no radius may be.

    >>> knee(np.array([1.0, 1.1, 1.2, 1.3, 5.0, 9.0]))
    1.3
    """
    height = np.ptp(distances) or 1.0
    below = np.linspace(0, 1, len(distances)) - (distances - distances[0]) / height
    return max(float(distances[below.argmax()]), 1e-9)


CLUSTERERS = {
    c.slug: c
    for c in (
        Clusterer("kmeans", "K-Means", kmeans, published=True, pairwise=False),
        Clusterer("agglomerative", "Agglomerative", agglomerative, published=True),
        Clusterer("dbscan", "DBSCAN", dbscan, published=True),
        Clusterer("gaussian_mixture", "Gaussian mixture", gaussian_mixture, pairwise=False),
        Clusterer("spectral", "Spectral", spectral),
        Clusterer("hdbscan", "HDBSCAN", hdbscan),
    )
}

PUBLISHED_CLUSTERERS = tuple(slug for slug, clusterer in CLUSTERERS.items() if clusterer.published)


def check_clusterers(clusterers: Iterable[str]) -> None:
    """Raise ValueError for a clusterer that is not known, and for a consensus without the K-Means that it is of."""
    chosen = tuple(clusterers)
    for slug in chosen:
        if slug not in (*CLUSTERERS, CONSENSUS, OWN):
            raise ValueError(f"unknown clusterer {slug!r}; expected some of {', '.join((*CLUSTERERS, CONSENSUS, OWN))}")
    if CONSENSUS in chosen and "kmeans" not in chosen:
        raise ValueError(f"clusterers {', '.join(chosen)}: the consensus is one of K-Means; add kmeans")


def cluster(fit: "Fit", n_clusters: int = 0, *, clusterers: tuple[str, ...] = PUBLISHED_CLUSTERERS) -> pd.DataFrame:
    """Cluster the embedding of every seed; the clusterer's random state is the seed.

    ``n_clusters=0`` means as many as there are genres, 10 without labels. clusterers: of CLUSTERERS; ``"consensus"``,
    of the K-Means clusterings (see :func:`~vaeclust.clusters.ensembles.consensus`); ``"own"``, those that the method
    itself gives, no row for one that gives none. See :meth:`Clusterer.labels` for corpora above 10,000 tracks.

    Returns
    -------
    DataFrame
        ``track_id, seed, clusterer, cluster``, -1 for noise.

    Raises
    ------
    ValueError
        For a number of clusters that this many tracks cannot have, with the largest allowed; for an unknown clusterer;
        and where none of them gives any clusters.

    Examples
    --------
    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> from vaeclust.methods import fit
    >>> clusters = cluster(fit("pca", dataset, seeds=range(2), latent_dim=3), clusterers=("kmeans",))
    >>> clusters.columns.tolist(), len(clusters), clusters["cluster"].nunique()
    (['track_id', 'seed', 'clusterer', 'cluster'], 60, 10)
    """
    check_clusterers(clusterers)
    frames = []
    with one_thread():
        for seed, embedding, corpus in zip(fit.seeds, fit.embeddings, fit.corpora, strict=True):
            k = valid_k(n_clusters or corpus.default_k(), len(corpus))
            for slug in filter(CLUSTERERS.get, clusterers):
                frames.append(_rows(corpus, seed, slug, CLUSTERERS[slug].labels(embedding, k, seed)))
    if CONSENSUS in clusterers:
        kmeans_rows = pd.concat([frame for frame in frames if frame["clusterer"].iloc[0] == "kmeans"])
        frames.append(consensus(kmeans_rows, k))
    if OWN in clusterers and fit.assignments is not None:
        each = zip(fit.corpora, fit.seeds, fit.assignments, strict=True)
        frames += [_rows(corpus, seed, OWN, labels) for corpus, seed, labels in each]
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        raise ValueError(f"{fit.method.title} by {', '.join(clusterers) or 'no clusterer'} has no clusters; add kmeans")
    return pd.concat(frames, ignore_index=True)


def _rows(corpus: Dataset, seed: int, clusterer: str, labels: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"track_id": corpus.ids, "seed": seed, "clusterer": clusterer, "cluster": labels})


def track_clusters(clusters: pd.DataFrame, *, seed: int = 0, clusterer: str = "kmeans") -> pd.Series:
    """Return the cluster of every track, indexed by ``track_id``, of one seed and clusterer.

    >>> found = pd.DataFrame({"track_id": ["a", "b"], "seed": 0, "clusterer": "kmeans", "cluster": [1, 0]})
    >>> track_clusters(found).to_dict()
    {'a': 1, 'b': 0}
    """
    return clusters.query("seed == @seed and clusterer == @clusterer").set_index("track_id")["cluster"]


def size_order(found: np.ndarray, ids: list[str]) -> pd.Series:
    """Return clusters renumbered from the largest, 0, to the smallest, indexed by ``track_id``; noise stays noise.

    >>> size_order(np.array([7, 3, 3, -1]), ["a", "b", "c", "d"]).to_dict()
    {'a': 1, 'b': 0, 'c': 0, 'd': -1}
    """
    kept = pd.Series(found[found != NOISE])
    order = {cluster: rank for rank, cluster in enumerate(kept.value_counts(sort=True).index)}
    renamed = [order.get(cluster, NOISE) for cluster in found]
    return pd.Series(renamed, pd.Index(ids, name="track_id"), name="cluster")


def cluster_summary(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return what every clusterer found: number of clusters, share of the largest, share of noise; seeds averaged.

    clusters: ``seed, clusterer, cluster``.
    """
    rows = {}
    for slug, found in clusters.groupby("clusterer", sort=False):
        kept = found[found["cluster"] != NOISE]
        per_seed = found.groupby("seed").size()
        sizes = kept.groupby(["seed", "cluster"]).size()
        rows[CLUSTERERS[slug].title] = {
            "clusters": f"{sizes.groupby('seed').size().reindex(per_seed.index, fill_value=0).mean():.1f}",
            "largest cluster": f"{(sizes.groupby('seed').max() / per_seed).fillna(0.0).mean():.0%}",
            "noise": f"{1 - len(kept) / len(found):.0%}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def valid_k(k: int, n: int) -> int:
    """Return k if n tracks can be put into k clusters and scored; ValueError names the largest k otherwise."""
    if not 2 <= k <= n - 1:
        raise ValueError(
            f"{k} clusters for {n} tracks; expected at least 2 and at most {n - 1} "
            f"(the silhouette needs a cluster with two tracks). Set n_clusters accordingly"
        )
    return k
