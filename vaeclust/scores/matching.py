"""Two clusterings of the same tracks: named after each other, and how far they agree (chapter ``11_explorer``)."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from vaeclust.scores.labels import ari, contingency


def match_clusters(labels: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return labels (n,) renamed one to one, so that as many tracks as possible bear their name in reference (n,).

    Optimal assignment on the counts of shared tracks, Kuhn (1955). Where labels has more clusters than reference, those
    left over get new numbers, from the largest of reference on.

    >>> match_clusters(np.array([2, 2, 0, 0, 1]), reference=np.array([0, 0, 1, 1, 1]))
    array([0, 0, 1, 1, 2])
    """
    ours, row = np.unique(labels, return_inverse=True)
    theirs = np.unique(reference)
    taken, given = linear_sum_assignment(contingency(labels, reference), maximize=True)
    left = np.setdiff1d(np.arange(len(ours)), taken)
    names = np.empty_like(ours)
    names[taken] = theirs[given]
    names[left] = theirs.max() + 1 + np.arange(len(left))
    return names[row]


def overlap_agreement(parts: Iterable[np.ndarray], labels: Callable[[np.ndarray], np.ndarray]) -> float:
    """Return how far the clusterings of two parts of a corpus agree on the tracks of both, as ARI.

    Ben-Hur, Elisseeff & Guyon (2002). parts: two arrays of track numbers; labels: the clusters of such a part, in its
    order.

    >>> parts = np.array([0, 1, 2, 3]), np.array([2, 3, 4, 5])
    >>> overlap_agreement(parts, lambda part: part % 2)  # tracks 2 and 3 are apart in both
    1.0
    """
    found = [pd.Series(labels(part), index=part) for part in parts]
    both = found[0].index.intersection(found[1].index)
    return float(ari(found[0][both].to_numpy(), found[1][both].to_numpy()))
