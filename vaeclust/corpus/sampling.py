"""What is done about corpora too large to compare every two tracks (page ``metrics``).

Up to MOST tracks everything is computed on all of them. Above it, whatever needs time or memory for every pair, Ward's
tree, DBSCAN, maps, works on a random sample, and the silhouette is that of a sample, with a known error.
"""

from collections.abc import Iterable

import numpy as np

MOST = 10_000
SAMPLE = 5_000


def sample(n: int, seed: int = 0) -> np.ndarray:
    """Return which of n tracks to work on, ascending: all, or SAMPLE at random where there are more than MOST.

    >>> len(sample(10_000)), len(sample(20_000))
    (10000, 5000)
    """
    if n <= MOST:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))


def draw(ids: Iterable[str], most: int, seed: int = 0) -> list[str]:
    """Return at most so many of some ids, in their order; 0 means all. Which are drawn does not hang on their order.

    >>> draw("edcba", 2), draw("abcde", 2), len(draw("abcde", 0))
    (['e', 'd'], ['d', 'e'], 5)
    """
    ids = list(ids)
    if not 0 < most < len(ids):
        return ids
    drawn = set(np.random.default_rng(seed).choice(sorted(ids), most, replace=False))
    return [track for track in ids if track in drawn]
