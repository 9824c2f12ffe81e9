"""How many clusters a music library has, by criteria that need no labels (chapter ``10_your_music``)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from vaeclust.cores import one_thread
from vaeclust.evidence.agreement import seed_stability
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.matching import overlap_agreement
from vaeclust.studies.records import pick

LARGEST_SAMPLE = 2_000
TIED = 0.02  # stabilities that differ by no more are taken as equal


def choose_k(
    embedding: np.ndarray, *, ks: Iterable[int] = range(2, 16), draws: int = 10, seed: int = 0
) -> pd.DataFrame:
    """Score numbers of clusters for K-Means by three criteria that need no labels.

    Returns
    -------
    DataFrame
        ``k, silhouette, stability, gap, gap_sd``. Stability: mean ARI between the clusterings of two random halves
        that share some tracks, on those (Ben-Hur et al. 2002), each half 80 % of the tracks. Gap: how much tighter
        the clusters are, on a log scale, than those of uniform points in the same box along the principal axes, and
        its standard error (Tibshirani et al. 2001).

    embedding: (n, d). Above 2,000 tracks a random sample of 2,000 stands for all.
    """
    rng = np.random.default_rng(seed)
    n = len(embedding)
    x = embedding[rng.choice(n, LARGEST_SAMPLE, replace=False)] if n > LARGEST_SAMPLE else embedding
    x = (x - x.mean(axis=0)) @ np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2].T
    uniform = [rng.uniform(x.min(axis=0), x.max(axis=0), x.shape) for _ in range(draws)]
    rows = []
    with one_thread():
        for k in (k for k in ks if 2 <= k <= 0.8 * len(x) - 1):
            fitted = KMeans(k, n_init=10, random_state=seed).fit(x)
            expected = [np.log(KMeans(k, n_init=1, random_state=seed).fit(u).inertia_) for u in uniform]
            gap = np.mean(expected) - np.log(fitted.inertia_)
            error = np.std(expected) * np.sqrt(1 + 1 / draws)
            agreement = np.mean([_split_agreement(x, k, rng) for _ in range(draws)])
            rows.append((k, silhouette_score(x, fitted.labels_), agreement, gap, error))
    return pd.DataFrame(rows, columns=["k", "silhouette", "stability", "gap", "gap_sd"])


def recommend_k(table: pd.DataFrame) -> tuple[int, str]:
    """Return a number of clusters and the reason in words; table as from :func:`choose_k`.

    Two for a table without rows, of a corpus too small to tell. Recommended is the k with the best mean rank over the
    three criteria. Stability's own choice is the largest k that
    is hardly less stable than any; the gap's the smallest that is as good as the next within one standard error.
    """
    if table.empty:
        return 2, "There are too few tracks to tell how many clusters there are."
    ranks = table[["silhouette", "stability", "gap"]].rank(ascending=False).mean(axis=1)
    best = int(table["k"][ranks.idxmin()])
    gap, after = table["gap"].to_numpy(), (table["gap"] - table["gap_sd"]).to_numpy()
    enough = np.flatnonzero(gap[:-1] >= after[1:])
    choices = {
        "silhouette": int(table["k"][table["silhouette"].idxmax()]),
        "stability": int(table["k"][table["stability"] >= table["stability"].max() - TIED].max()),
        "gap statistic": int(table["k"].iloc[enough[0] if len(enough) else -1]),
    }
    each = ", ".join(f"{name} {k}" for name, k in choices.items())
    if len(set(choices.values())) == 1:
        return best, f"All three criteria choose {best} clusters."
    return best, f"The criteria do not agree ({each}); {best} clusters have the best mean rank over the three."


def _split_agreement(x: np.ndarray, k: int, rng: np.random.Generator) -> float:
    """Return the ARI of two K-Means clusterings of random 80 % of the points, on the points they share."""

    def labels(part: np.ndarray) -> np.ndarray:
        return KMeans(k, n_init=3, random_state=int(rng.integers(2**31))).fit_predict(x[part])

    parts = (rng.permutation(len(x))[: round(0.8 * len(x))] for _ in range(2))
    return overlap_agreement(parts, labels)


def unlabelled_methods(intervals: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Return methods by what can be said of their K-Means clusters without labels, the most stable first.

    ``stability``: mean ARI between seeds; ``silhouette``: in the input space, the same for all. Standard condition.
    """
    rows = pick(intervals, clusterer="kmeans", condition="standard", space="input")
    silhouette = rows[rows["metric"] == "silhouette"].set_index("method")["mean"]
    found = pick(clusters, clusterer="kmeans", condition="standard").groupby("method")
    agreement = pd.Series({slug: seed_stability(group)["ari"].mean() for slug, group in found})
    table = pd.DataFrame({"stability": agreement, "silhouette": silhouette}).rename_axis("method")
    return table.reindex([slug for slug in METHODS if slug in table.index]).sort_values(
        "stability", ascending=False, kind="stable"
    )
