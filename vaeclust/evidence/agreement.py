"""Whether clusterings agree: of seeds, of methods, of a single track (chapters ``07_comparison``, ``11_explorer``)."""

from itertools import combinations, product

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.evidence.words import ONE_SEED, percent
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.labels import ari
from vaeclust.scores.matching import match_clusters
from vaeclust.studies.records import pick


def seed_stability(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return ``clusterer, seed, other, ari``: how far the clusterings of every two seeds agree.

    clusters: ``track_id, seed, clusterer, cluster`` of one method and condition. Noise counts as one cluster.
    """
    rows = []
    for slug, found in clusters.groupby("clusterer", sort=False):
        by_seed = found.pivot(index="track_id", columns="seed", values="cluster")
        for one, other in combinations(by_seed, 2):
            rows.append((slug, one, other, ari(by_seed[one], by_seed[other])))
    return pd.DataFrame(rows, columns=["clusterer", "seed", "other", "ari"])


def method_agreement(clusters: pd.DataFrame, *, clusterer: str = "kmeans") -> pd.DataFrame:
    """Return methods × methods: ARI between their clusterings with the same seed, averaged over seeds.

    clusters: ``method, track_id, seed, clusterer, cluster`` of one condition.
    """
    found = pick(clusters, clusterer=clusterer)
    labels = found.pivot(index="track_id", columns=["method", "seed"], values="cluster")
    methods = [m for m in METHODS if m in set(found["method"])]
    seeds = sorted(set(found["seed"]))
    table = pd.DataFrame(0.0, index=methods, columns=methods)
    for one, other in product(methods, methods):
        table.loc[one, other] = np.mean([ari(labels[one, seed], labels[other, seed]) for seed in seeds])
    return table


def seed_agreement(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return tracks × seeds but the first: whether that seed puts the track where the first one puts it.

    The numbers of clusters mean nothing from seed to seed, so those of each seed first get the names of those of the
    first (``matching.match_clusters``). The mean of a row is how sure the track's cluster is; with one seed there is no
    column. clusters: ``track_id, seed, cluster`` of one method, condition and clusterer.
    """
    by_seed = clusters.pivot(index="track_id", columns="seed", values="cluster")
    first = by_seed.iloc[:, 0].to_numpy()
    agree = {seed: match_clusters(found.to_numpy(), first) == first for seed, found in by_seed.iloc[:, 1:].items()}
    return pd.DataFrame(agree, index=by_seed.index)


def agreement_shares(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return tracks × methods: the share of the other seeds that agree about the track's cluster, least sure first.

    clusters: ``method, track_id, seed, cluster`` of one condition and clusterer. With one seed every share is missing.
    """
    each = {slug: seed_agreement(found).mean(axis=1) for slug, found in clusters.groupby("method", sort=False)}
    table = pd.DataFrame(each)
    return table.loc[table.mean(axis=1).sort_values(kind="stable").index]


def sureness_table(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return one row a method: mean share of the other seeds that agree, and how many tracks are how sure.

    The last column is the mean when every seed's clusters are dealt out to the tracks at random. clusters: as for
    :func:`agreement_shares`.
    """
    each = agreement_shares(clusters)
    rng = np.random.default_rng(0)
    dealt = clusters.assign(cluster=clusters.groupby(["method", "seed"])["cluster"].transform(rng.permutation))
    table = pd.DataFrame({"mean": each.mean()}).rename_axis("method")
    table["all seeds agree"] = (each == 1).mean().where(each.notna().any())
    table["fewer than half agree"] = (each < 0.5).mean().where(each.notna().any())
    table["mean by chance"] = agreement_shares(dealt).mean()
    return table


def doubtful_tracks(dataset: Dataset, clusters: pd.DataFrame, *, n: int = 10) -> pd.DataFrame:
    """Return the tracks whose clusters change most from seed to seed, averaged over the methods."""
    mean = agreement_shares(clusters).mean(axis=1).dropna().iloc[:n]
    names = [dataset.display_name(track) for track in mean.index]
    table = pd.DataFrame({"seeds that agree": mean.map(percent).to_numpy()}, index=names)
    if dataset.headline:
        table.insert(0, dataset.headline, dataset.class_of.reindex(mean.index).fillna("").to_numpy())
    return table


def sureness_facts(clusters: pd.DataFrame) -> dict[str, str]:
    """Return in words what :func:`sureness_table` says: surest and least sure method, chance, certain tracks."""
    table = sureness_table(clusters)
    if table["mean"].isna().all():
        return dict.fromkeys(("surest", "least", "chance", "certain"), ONE_SEED)
    means = table["mean"].sort_values(ascending=False, kind="stable")
    named = [f"{METHODS[slug].title} ({percent(mean)})" for slug, mean in means.items()]
    certain = (agreement_shares(clusters) == 1).all(axis=1).mean()
    chance = f"{percent(table['mean by chance'].min())} to {percent(table['mean by chance'].max())}"
    return {"surest": named[0], "least": named[-1], "chance": chance, "certain": percent(certain)}
