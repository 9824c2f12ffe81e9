"""Scores against labels, from the table of counts that is all they see (page ``metrics``)."""

import numpy as np
from scipy import sparse
from scipy.special import entr
from sklearn.metrics import adjusted_mutual_info_score


def contingency(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return how many tracks of every class are in every cluster, (classes, clusters): all that label metrics see.

    reference, clusters: (n,), names of any kind. weights: (draws, n), how often each draw of a bootstrap takes each
    track; then (draws, classes, clusters), at the cost of one sparse product instead of a table a draw.

    >>> genre, clusters = np.array([0, 0, 0, 1, 1, 1]), np.array([5, 5, 5, 5, 2, 2])
    >>> contingency(genre, clusters)
    array([[0., 3.],
           [2., 1.]])
    >>> twice = np.array([[2, 0, 0, 0, 0, 0]])  # a draw that takes the first track twice, and no other
    >>> contingency(genre, clusters, twice).tolist()
    [[[0.0, 2.0], [0.0, 0.0]]]
    """
    classes, row = np.unique(reference, return_inverse=True)
    names, column = np.unique(clusters, return_inverse=True)
    cell, n = row * len(names) + column, len(row)
    cells = sparse.csr_array((np.ones(n), (np.arange(n), cell)), shape=(n, len(classes) * len(names)))
    taken = np.ones(n) if weights is None else weights
    return (taken @ cells).reshape(*taken.shape[:-1], len(classes), len(names))


def entropies(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the entropies of class, of cluster and of both together, in nats, (*,) each.

    counts: (*, classes, clusters), of :func:`contingency`.

    >>> [round(float(entropy), 3) for entropy in entropies(np.array([[2.0, 0.0], [0.0, 2.0]]))]  # log 2 each
    [0.693, 0.693, 0.693]
    """
    shares = counts / counts.sum(axis=(-2, -1), keepdims=True)
    return (
        entr(shares.sum(axis=-1)).sum(axis=-1),
        entr(shares.sum(axis=-2)).sum(axis=-1),
        entr(shares).sum(axis=(-2, -1)),
    )


def nmi(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> float | np.ndarray:
    """Return the normalised mutual information, ``MI / mean(H(class), H(cluster))``; 1 if both sides are one group.

    Strehl & Ghosh (2002), with the arithmetic mean, as scikit-learn has it. Arguments: of
    :func:`contingency`; with weights, a value for each draw.

    >>> genre, clusters = np.array([0, 0, 0, 1, 1, 1]), np.array([5, 5, 5, 5, 2, 2])
    >>> round(float(nmi(genre, clusters)), 3), float(nmi(genre, 1 - genre))
    (0.479, 1.0)
    """
    of_class, of_cluster, of_both = entropies(contingency(reference, clusters, weights))
    mean = (of_class + of_cluster) / 2
    shared = np.maximum(of_class + of_cluster - of_both, 0)
    return np.where(mean > 0, shared / np.where(mean > 0, mean, 1), 1.0)[()]


def ami(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> float | np.ndarray:
    """Return the adjusted mutual information: what of the NMI is left when that of chance is taken off.

    ``(MI - E[MI]) / (mean(H(class), H(cluster)) - E[MI])``, E over clusters of the same sizes; Vinh, Epps & Bailey
    (2010). Arguments: of :func:`contingency`; with weights, a value for each draw, one after another.

    >>> genre, clusters = np.array([0, 0, 0, 1, 1, 1]), np.array([5, 5, 5, 5, 2, 2])
    >>> round(float(ami(genre, clusters)), 3), float(ami(genre, 1 - genre))
    (0.355, 1.0)
    """
    if weights is None:
        return float(adjusted_mutual_info_score(reference, clusters))
    taken = (np.repeat(np.arange(len(reference)), row) for row in weights)
    return np.array([adjusted_mutual_info_score(reference[rows], clusters[rows]) for rows in taken])


def ari(reference: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> float | np.ndarray:
    """Return the adjusted Rand index: pairs of tracks that both sides keep together, less what chance would give.

    1 if both group alike; Hubert & Arabie (1985). Arguments: of :func:`contingency`; with weights, a value for each
    draw.

    >>> genre, clusters = np.array([0, 0, 0, 1, 1, 1]), np.array([5, 5, 5, 5, 2, 2])
    >>> round(float(ari(genre, clusters)), 3), float(ari(genre, 1 - genre))
    (0.324, 1.0)
    """
    table = contingency(reference, clusters, weights)
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
    :func:`contingency`; with weights, a value for each draw.

    >>> genre, clusters = np.array([0, 0, 0, 1, 1, 1]), np.array([5, 5, 5, 5, 2, 2])
    >>> round(float(purity(genre, clusters)), 3), float(purity(genre, np.arange(6)))
    (0.833, 1.0)
    """
    table = contingency(reference, clusters, weights)
    return table.max(axis=-2).sum(axis=-1) / table.sum(axis=(-2, -1))
