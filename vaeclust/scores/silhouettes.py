"""The silhouette, exact or estimated with a known error (page ``metrics``)."""

from zlib import crc32

import numpy as np
from sklearn import config_context
from sklearn import metrics as sk
from sklearn.metrics.pairwise import euclidean_distances

from vaeclust.corpus.sampling import MOST

PRECISION = 0.01  # half-width of the 95 % interval of a silhouette that is estimated
BLOCK = 500


def silhouette(points: np.ndarray, clusters: np.ndarray) -> float:
    """Return the mean silhouette; Rousseeuw (1987). points: (n, d), clusters: (n,) int.

    Up to 10,000 points it is exact, computed block by block. Above that it is :func:`estimated_silhouette`.

    >>> round(silhouette(np.array([[0.0], [0.1], [5.0], [5.1]]), np.array([0, 0, 1, 1])), 2)
    0.98
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

    >>> points = np.random.default_rng(0).normal(size=(2_000, 2))
    >>> value, precision = estimated_silhouette(points, (points[:, 0] > 0).astype(int), precision=0.05)
    >>> round(value, 1), precision < 0.05
    (0.3, True)
    """
    order = np.argsort(clusters, kind="stable")
    points = points[order].astype(np.float64)
    names, starts, sizes = np.unique(clusters[order], return_index=True, return_counts=True)
    own = np.repeat(np.arange(len(names)), sizes)
    drawn = np.random.default_rng(crc32(clusters.tobytes())).permutation(len(points))
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
