"""One clustering that many agree on (chapter ``09_beyond``)."""

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering

from vaeclust.corpus.sampling import sample

CONSENSUS = "consensus"
NOISE = -1  # of a clusterer that leaves tracks out


def consensus(clusters: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return one clustering a seed that all the other seeds agree on; Fred & Jain (2005), evidence accumulation.

    Tracks are near that share a cluster in many seeds; average linkage cuts them into k. Each seed's own clustering
    is left out of its consensus, so that there is a spread; these clusterings share most of their evidence.

    Above ``sampling.MOST`` tracks the linkage is that of a sample, and every other track joins the cluster with whose
    tracks it is together most often.

    clusters: ``track_id, seed, clusterer, cluster`` of one clusterer. With one seed the result is empty.

    >>> found = [(track, seed, "kmeans", int(track in "cd")) for seed in range(3) for track in "abcd"]
    >>> table = pd.DataFrame(found, columns=["track_id", "seed", "clusterer", "cluster"])
    >>> agreed = consensus(table, k=2)
    >>> sorted(agreed.groupby(["seed", "cluster"])["track_id"].agg("".join))
    ['ab', 'ab', 'ab', 'cd', 'cd', 'cd']
    """
    table = clusters.pivot(index="seed", columns="track_id", values="cluster")[clusters["track_id"].unique()]
    found = table.to_numpy()
    chosen = sample(found.shape[1])
    together = np.zeros((len(chosen),) * 2)
    by_seed = [(row[:, None] == row) & (row != NOISE)[:, None] for row in found[:, chosen]]
    for same in by_seed:
        together += same
    rows = []
    for place, (seed, same) in enumerate(zip(table.index, by_seed, strict=True)) if len(found) > 1 else ():
        distance = 1 - (together - same) / (len(found) - 1)
        np.fill_diagonal(distance, 0)
        labels = AgglomerativeClustering(k, metric="precomputed", linkage="average").fit_predict(distance)
        if len(chosen) < found.shape[1]:
            labels = _nearest_clusters(np.delete(found, place, axis=0), chosen, labels)
        rows.append(pd.DataFrame({"track_id": table.columns, "seed": seed, "clusterer": CONSENSUS, "cluster": labels}))
    return pd.concat(rows, ignore_index=True) if rows else clusters.iloc[:0]


def _nearest_clusters(found: np.ndarray, chosen: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return labels of all tracks: the chosen ones keep theirs, others join those they share most clusters with.

    found: (seeds, n); chosen: (m,) tracks; labels: (m,) from 0.
    """
    sizes = np.bincount(labels)
    shared = np.zeros((found.shape[1], len(sizes)))
    for row in found:
        names, code = np.unique(row, return_inverse=True)
        members = np.zeros((len(names), len(sizes)))
        np.add.at(members, (code[chosen], labels), 1)
        members[names == NOISE] = 0
        shared += (members / sizes)[code]
    everywhere = shared.argmax(axis=1)
    everywhere[chosen] = labels
    return everywhere
