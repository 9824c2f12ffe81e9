"""How sure the cluster of a single track is: the share of seeds that agree about it (chapter ``11_explorer``)."""

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from vaeclust.datasets import Dataset
from vaeclust.library import name_of
from vaeclust.methods import METHODS
from vaeclust.metrics import counts


def matched(labels: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return labels (n,) renamed one to one, so that as many tracks as possible bear their name in reference (n,).

    Optimal assignment on the counts of shared tracks, Kuhn (1955). Where labels has more clusters than reference, those
    left over get new numbers, from the largest of reference on.
    """
    ours, row = np.unique(labels, return_inverse=True)
    theirs = np.unique(reference)
    taken, given = linear_sum_assignment(counts(labels, reference), maximize=True)
    left = np.setdiff1d(np.arange(len(ours)), taken)
    names = np.empty_like(ours)
    names[taken] = theirs[given]
    names[left] = theirs.max() + 1 + np.arange(len(left))
    return names[row]


def agreeing(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return tracks × seeds but the first: whether that seed puts the track where the first one puts it.

    The numbers of clusters mean nothing from seed to seed, so those of each seed are first :func:`matched` with those
    of the first. The mean of a row is how sure the track's cluster is; with one seed there is no column.
    clusters: ``track_id, seed, cluster`` of one method, condition and clusterer.
    """
    by_seed = clusters.pivot(index="track_id", columns="seed", values="cluster")
    first = by_seed.iloc[:, 0].to_numpy()
    agree = {seed: matched(found.to_numpy(), first) == first for seed, found in by_seed.iloc[:, 1:].items()}
    return pd.DataFrame(agree, index=by_seed.index)


def shares(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return tracks × methods: the share of the other seeds that agree about the track's cluster, least sure first.

    clusters: ``method, track_id, seed, cluster`` of one condition and clusterer. With one seed every share is missing.
    """
    each = {slug: agreeing(found).mean(axis=1) for slug, found in clusters.groupby("method", sort=False)}
    table = pd.DataFrame(each)
    return table.loc[table.mean(axis=1).sort_values(kind="stable").index]


def how_sure(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return one row a method: mean share of the other seeds that agree, and how many tracks are how sure.

    The last column is the mean when every seed's clusters are dealt out to the tracks at random. clusters: as for
    :func:`shares`.
    """
    each = shares(clusters)
    rng = np.random.default_rng(0)
    dealt = clusters.assign(cluster=clusters.groupby(["method", "seed"])["cluster"].transform(rng.permutation))
    return pd.DataFrame({
        "mean": each.mean(),
        "all seeds agree": (each == 1).mean().where(each.notna().any()),
        "fewer than half agree": (each < 0.5).mean().where(each.notna().any()),
        "mean by chance": shares(dealt).mean(),
    }).rename_axis("method")  # fmt: skip


def least_sure(dataset: Dataset, clusters: pd.DataFrame, *, n: int = 10) -> pd.DataFrame:
    """Return the tracks whose clusters change most from seed to seed, averaged over the methods."""
    mean = shares(clusters).mean(axis=1).dropna().iloc[:n]
    names = [name_of(dataset, track) for track in mean.index]
    table = pd.DataFrame({"seeds that agree": mean.map("{:.0%}".format).to_numpy()}, index=names)
    if dataset.genres is not None:
        table.insert(0, "genre", dataset.tracks["genre"].reindex(mean.index).fillna("").to_numpy())
    return table


def findings(clusters: pd.DataFrame) -> dict[str, str]:
    """Return in words what :func:`how_sure` says: the surest method, the least sure one, chance, certain tracks."""
    table = how_sure(clusters)
    if table["mean"].isna().all():
        return dict.fromkeys(("surest", "least", "chance", "certain"), "not known from a single seed")
    means = table["mean"].sort_values(ascending=False, kind="stable")
    named = [f"{METHODS[slug].title} ({mean:.0%})" for slug, mean in means.items()]
    certain = (shares(clusters) == 1).all(axis=1).mean()
    chance = f"{table['mean by chance'].min():.0%} to {table['mean by chance'].max():.0%}"
    return {"surest": named[0], "least": named[-1], "chance": chance, "certain": f"{certain:.0%}"}
