"""One clustering that many agree on (chapter ``09_beyond``)."""

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering

from vaeclust.corpus.sampling import sample

CONSENSUS = "consensus"
ENSEMBLE = 3  # seeds of one consensus, at least
NOISE = -1  # of a clusterer that leaves tracks out


def consensus(clusters: pd.DataFrame, k: int, *, size: int = ENSEMBLE) -> pd.DataFrame:
    """Return the clusterings that ensembles of seeds agree on; Fred & Jain (2005), evidence accumulation.

    Tracks are near that share a cluster with many seeds of an ensemble; average linkage cuts them into k. The
    ensembles have no seed in common, so that their spread is that of the method: ten consensuses that each leave one
    of ten seeds out share most of their evidence and agree far too well. Each is called by its first seed. Fewer than
    twice ``size`` seeds are one ensemble; with one seed the result is empty.

    Above ``sampling.MOST`` tracks the linkage is that of a sample, and every other track joins the cluster with whose
    tracks it is together most often.

    clusters: ``track_id, seed, clusterer, cluster`` of one clusterer.

    >>> found = [(track, seed, "kmeans", int(track in "cd")) for seed in range(6) for track in "abcd"]
    >>> table = pd.DataFrame(found, columns=["track_id", "seed", "clusterer", "cluster"])
    >>> agreed = consensus(table, k=2)
    >>> agreed.groupby(["seed", "cluster"])["track_id"].agg("".join).to_dict()
    {(0, 0): 'cd', (0, 1): 'ab', (3, 0): 'cd', (3, 1): 'ab'}
    """
    table = clusters.pivot(index="seed", columns="track_id", values="cluster")[clusters["track_id"].unique()]
    if len(table) < 2:
        return clusters.iloc[:0]
    chosen = sample(table.shape[1])
    rows = []
    for places in np.array_split(np.arange(len(table)), max(1, len(table) // size)):
        found = table.to_numpy()[places]
        seen = found[:, chosen]
        together = ((seen[:, :, None] == seen[:, None, :]) & (seen != NOISE)[:, :, None]).mean(axis=0)
        distance = 1 - together
        np.fill_diagonal(distance, 0)
        labels = AgglomerativeClustering(k, metric="precomputed", linkage="average").fit_predict(distance)
        if len(chosen) < found.shape[1]:
            labels = _nearest_clusters(found, chosen, labels)
        first = table.index[places[0]]
        rows.append(pd.DataFrame({"track_id": table.columns, "seed": first, "clusterer": CONSENSUS, "cluster": labels}))
    return pd.concat(rows, ignore_index=True)


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
