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

SURENESS_BINS = (0, 0.5, 0.7, 0.9, 1, 1.01)
SURENESS_ROWS = ("below 50%", "50% to 70%", "70% to 90%", "90% to 100%", "100%")


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
    """Return tracks × seeds: the share of the other seeds that put a track where this seed puts it.

    The numbers of clusters mean nothing from seed to seed, so those of one seed first get the names of those of the
    other (``matching.match_clusters``), for every two of them. The mean of a row is how sure the track's cluster is,
    whichever seed one looks at; with one seed there is no column. clusters: ``track_id, seed, cluster`` of one method,
    condition and clusterer.
    """
    agree = _agreeing_pairs(clusters)
    if not agree:
        return pd.DataFrame(index=pd.Index(sorted(clusters["track_id"].unique()), name="track_id"))
    seeds = sorted({seed for pair in agree for seed in pair})
    shares = {s: np.mean([found for pair, found in agree.items() if s in pair], axis=0) for s in seeds}
    return pd.DataFrame(shares, next(iter(agree.values())).index)


def _agreeing_pairs(clusters: pd.DataFrame) -> dict[tuple[int, int], pd.Series]:
    """Return for every two seeds, by track, whether both put it into the same cluster, once matched."""
    by_seed = clusters.pivot(index="track_id", columns="seed", values="cluster")
    found = {}
    for one, other in combinations(by_seed, 2):
        first = by_seed[one].to_numpy()
        found[one, other] = pd.Series(match_clusters(by_seed[other].to_numpy(), first) == first, by_seed.index)
    return found


def agreement_shares(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return tracks × methods: the share of the other seeds that agree about the track's cluster, least sure first.

    The mean over all seeds that could have been the first. With one seed every share is missing. clusters:
    ``method, track_id, seed, cluster`` of one condition and clusterer.
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


def calibration_table(clusters: pd.DataFrame, label: pd.Series) -> pd.DataFrame:
    """Return whether sureness holds for a seed that had no say in it, and what it says about a label.

    Every seed is left out once: the others say how sure each track is, and then how many of them the one left out
    agrees with. A row for tracks that are about as sure, over all methods and seeds: ``tracks`` (their share),
    ``sureness``, ``agreement`` of the seed left out, and ``common label``: the share whose label is the most frequent
    one of the cluster that this seed puts them in. No row with fewer than three seeds.

    clusters: as for :func:`agreement_shares`. label: by track id, missing where unknown; without any, no such column.
    """
    parts = []
    for _, found in clusters.groupby("method", sort=False):
        pairs = _agreeing_pairs(found)
        by_seed = found.pivot(index="track_id", columns="seed", values="cluster")
        for left in by_seed if by_seed.shape[1] > 2 else ():
            part = pd.DataFrame({
                "sureness": np.mean([agree for pair, agree in pairs.items() if left not in pair], axis=0),
                "agreement": np.mean([agree for pair, agree in pairs.items() if left in pair], axis=0),
            }, by_seed.index)  # fmt: skip
            known = label.reindex(by_seed.index).dropna()
            common = known.groupby(by_seed.loc[known.index, left]).transform(lambda names: names.mode().iloc[0])
            parts.append(part.assign(common=(known == common).astype(float)))
    if not parts:
        return pd.DataFrame(columns=["tracks", "sureness", "agreement"])
    every = pd.concat(parts)
    bins = pd.cut(every["sureness"], SURENESS_BINS, right=False, labels=SURENESS_ROWS)
    groups = every.groupby(bins, observed=True)
    table = groups[["sureness", "agreement", "common"]].mean()
    table.insert(0, "tracks", groups.size() / len(every))
    table.index = table.index.astype(str)
    heads = {"agreement": "agreement of the seed left out", "common": f"most common {label.name}"}
    named = table.rename_axis("how sure").rename(columns=heads)
    return named.dropna(axis=1, how="all")


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
