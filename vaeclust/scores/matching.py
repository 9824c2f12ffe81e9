"""Clusters of one clustering named after those of another (chapter ``11_explorer``)."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from vaeclust.scores.labels import contingency


def match_clusters(labels: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return labels (n,) renamed one to one, so that as many tracks as possible bear their name in reference (n,).

    Optimal assignment on the counts of shared tracks, Kuhn (1955). Where labels has more clusters than reference, those
    left over get new numbers, from the largest of reference on.
    """
    ours, row = np.unique(labels, return_inverse=True)
    theirs = np.unique(reference)
    taken, given = linear_sum_assignment(contingency(labels, reference), maximize=True)
    left = np.setdiff1d(np.arange(len(ours)), taken)
    names = np.empty_like(ours)
    names[taken] = theirs[given]
    names[left] = theirs.max() + 1 + np.arange(len(left))
    return names[row]
