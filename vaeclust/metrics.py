"""METRICS: the six scores of a clustering, with kind, direction and range (page ``metrics``)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import entr
from sklearn import config_context
from sklearn import metrics as sk
from sklearn.metrics.pairwise import euclidean_distances

from vaeclust.clustering import NOISE, cluster
from vaeclust.datasets import Dataset, one_each
from vaeclust.fits import Fit
from vaeclust.parallel import one_thread
from vaeclust.samples import MOST

LABEL_FREE, LABELS = "label-free", "labels"
PRECISION = 0.01  # half-width of the 95 % interval of a silhouette that is estimated
BLOCK = 500


@dataclass(frozen=True)
class Metric:
    """One score of a clustering.

    Attributes
    ----------
    name, title : str
        Column value in the records, and the name that the book prints.
    kind : {"label-free", "labels"}
        ``function(points (n, d), clusters (n,))``, or ``function(reference (n,), clusters (n,), weights=None)``, whose
        weights are those of :func:`counts`.
    higher_is_better : bool
    low, high : float
        The range of values.
    """

    name: str
    title: str
    kind: str
    function: Callable[..., float | np.ndarray]
    higher_is_better: bool
    low: float
    high: float

    @property
    def arrow(self) -> str:
        """The direction of better, as the tables print it."""
        return "↑" if self.higher_is_better else "↓"


def counts(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return how many tracks of every class are in every cluster, (classes, clusters): all that label metrics see.

    reference, clusters: (n,), names of any kind. weights: (draws, n), how often each draw of a bootstrap takes each
    track; then (draws, classes, clusters), at the cost of one sparse product instead of a table a draw.
    """
    classes, row = np.unique(reference, return_inverse=True)
    names, column = np.unique(clusters, return_inverse=True)
    cell, n = row * len(names) + column, len(row)
    cells = sparse.csr_array((np.ones(n), (np.arange(n), cell)), shape=(n, len(classes) * len(names)))
    taken = np.ones(n) if weights is None else weights
    return (taken @ cells).reshape(*taken.shape[:-1], len(classes), len(names))


def entropies(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the entropies of class, of cluster and of both together, in nats, (*,) each.

    counts: (*, classes, clusters), of :func:`counts`.
    """
    shares = counts / counts.sum(axis=(-2, -1), keepdims=True)
    return (
        entr(shares.sum(axis=-1)).sum(axis=-1),
        entr(shares.sum(axis=-2)).sum(axis=-1),
        entr(shares).sum(axis=(-2, -1)),
    )


def nmi(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> float | np.ndarray:
    """Return the normalised mutual information, ``MI / mean(H(class), H(cluster))``; 1 if both sides are one group.

    Strehl & Ghosh (2002), with the arithmetic mean, as scikit-learn has it. Arguments: of :func:`counts`; with weights,
    a value for each draw.
    """
    of_class, of_cluster, of_both = entropies(counts(reference, clusters, weights))
    mean = (of_class + of_cluster) / 2
    shared = np.maximum(of_class + of_cluster - of_both, 0)
    return np.where(mean > 0, shared / np.where(mean > 0, mean, 1), 1.0)[()]


def ari(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> float | np.ndarray:
    """Return the adjusted Rand index: pairs of tracks that both sides keep together, less what chance would give.

    1 if both group alike; Hubert & Arabie (1985). Arguments: of :func:`counts`; with weights, a value for each draw.
    """
    table = counts(reference, clusters, weights)
    n = table.sum(axis=(-2, -1))
    together = np.square(table).sum(axis=(-2, -1)) - n  # ordered pairs
    in_classes, in_clusters = (np.square(table.sum(axis=axis)).sum(axis=-1) - n for axis in (-1, -2))
    expected = in_classes * in_clusters / np.maximum(n * (n - 1), 1)
    most = (in_classes + in_clusters) / 2
    return np.where(most > expected, (together - expected) / np.where(most > expected, most - expected, 1), 1.0)[()]


def purity(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> float | np.ndarray:
    """Return the share of tracks that belong to the commonest class of their cluster.

    ``(1/n) Σ_cluster max_class |cluster ∩ class|``; Manning, Raghavan & Schütze (2008), section 16.3. It is
    at least the share of the commonest class, and 1 when every track is a cluster of its own. Arguments: of
    :func:`counts`; with weights, a value for each draw.
    """
    table = counts(reference, clusters, weights)
    return table.max(axis=-2).sum(axis=-1) / table.sum(axis=(-2, -1))


def silhouette(points: np.ndarray, clusters: np.ndarray) -> float:
    """Return the mean silhouette; Rousseeuw (1987). points: (n, d), clusters: (n,) int.

    Up to 10,000 points it is exact, computed block by block. Above that it is :func:`estimated_silhouette`.
    """
    if len(points) > MOST:
        return estimated_silhouette(points, clusters)[0]
    with config_context(working_memory=128):  # MB
        return sk.silhouette_score(points, clusters)


def estimated_silhouette(
    points: np.ndarray, clusters: np.ndarray, *, precision: float = PRECISION
) -> tuple[float, float]:
    """Return the mean silhouette of points drawn at random, each compared with all others, and its precision.

    Points are drawn, 500 at a time, until the half-width of the 95 % interval of their mean is at most ``precision``.
    The draw depends on the clusters, so that every seed has one of its own and the spread over seeds holds the
    error.
    """
    order = np.argsort(clusters, kind="stable")
    points = points[order].astype(np.float64)
    names, starts, sizes = np.unique(clusters[order], return_index=True, return_counts=True)
    own = np.repeat(np.arange(len(names)), sizes)
    drawn = np.random.default_rng(crc32(np.ascontiguousarray(clusters))).permutation(len(points))
    values = np.empty(0)
    for block in np.split(drawn, range(BLOCK, len(drawn), BLOCK)):
        sums = np.add.reduceat(euclidean_distances(points[block], points), starts, axis=1)  # (block, clusters)
        inside = own[block][:, None] == np.arange(len(names))
        near = sums[inside] / np.maximum(sizes[own[block]] - 1, 1)
        far = np.where(inside, np.inf, sums / sizes).min(axis=1)
        alone = sizes[own[block]] == 1  # such a point has a silhouette of 0
        values = np.append(values, np.where(alone, 0.0, (far - near) / np.maximum(near, far)))
        error = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
        if error <= precision:
            break
    return float(values.mean()), float(error)


METRICS = {
    metric.name: metric
    for metric in (
        Metric("silhouette", "Silhouette", LABEL_FREE, silhouette, True, -1, 1),
        Metric("calinski_harabasz", "Calinski-Harabasz", LABEL_FREE, sk.calinski_harabasz_score, True, 0, np.inf),
        Metric("davies_bouldin", "Davies-Bouldin", LABEL_FREE, sk.davies_bouldin_score, False, 0, np.inf),
        Metric("ari", "ARI", LABELS, ari, True, -0.5, 1),
        Metric("nmi", "NMI", LABELS, nmi, True, 0, 1),
        Metric("purity", "Purity", LABELS, purity, True, 0, 1),
    )
}


def evaluate(metric: Metric, against: np.ndarray, clusters: np.ndarray) -> float:
    """Return one score; label-free metrics leave noise out, and are NaN unless 2 to n - 1 clusters remain.

    against: (n, d) points for a label-free metric, (n,) reference labels otherwise, where -1 means unknown and
    such tracks are left out, and noise counts as one cluster more. clusters: (n,) int.
    """
    if metric.kind == LABELS:
        known = against >= 0
        return float(metric.function(against[known], clusters[known]))
    kept = clusters != NOISE
    if not 2 <= len(np.unique(clusters[kept])) <= kept.sum() - 1:
        return float("nan")
    return float(metric.function(against[kept], clusters[kept]))


def score(
    fit: Fit, clusters: pd.DataFrame, dataset: Dataset | Sequence[Dataset], *, metrics: tuple[str, ...] = tuple(METRICS)
) -> pd.DataFrame:
    """Score every clustering of a fit; dataset: what was fitted, the corpus of all seeds or one for each.

    Label-free metrics are computed twice: in the method's ``own`` latent space, as the published study did, and in
    the ``input`` space, the same for every method and so comparable. Metrics against labels take every reference that
    the corpus has: genre, artist.

    Returns
    -------
    DataFrame
        ``method, seed, clusterer, k, space, reference, metric, value``; k counts the clusters found.
    """
    rows = []
    seen = dict(zip(fit.seeds, zip(fit.embeddings, one_each(dataset, fit.seeds), strict=True), strict=True))
    with one_thread():
        for (seed, clusterer), group in clusters.groupby(["seed", "clusterer"], sort=False):
            labels = group["cluster"].to_numpy()
            k = len(np.unique(labels[labels != NOISE]))
            embedding, corpus = seen[seed]
            for space, reference, kind, against in (
                ("own", "", LABEL_FREE, embedding),
                ("input", "", LABEL_FREE, corpus.audio),
                *(("labels", reference, LABELS, known) for reference, known in corpus.references().items()),
            ):
                for metric in (METRICS[name] for name in metrics):
                    if metric.kind == kind:
                        value = evaluate(metric, against, labels)
                        rows.append((fit.method.slug, seed, clusterer, k, space, reference, metric.name, value))
    columns = ["method", "seed", "clusterer", "k", "space", "reference", "metric", "value"]
    return pd.DataFrame(rows, columns=columns)


def score_by_k(fit: Fit, dataset: Dataset, ks: Iterable[int] = range(2, 21), *, n_seeds: int = 3) -> pd.DataFrame:
    """Score K-Means for several numbers of clusters, for the first seeds of a fit; columns as :func:`score`.

    Numbers that this many tracks cannot have are left out.
    """
    few = replace(fit, seeds=fit.seeds[:n_seeds], embeddings=fit.embeddings[:n_seeds])
    possible = [k for k in ks if 2 <= k <= len(dataset) - 1]
    tables = [score(few, cluster(few, dataset, k, clusterers=("kmeans",)), dataset) for k in possible]
    return pd.concat(tables, ignore_index=True)
