"""Pipelines that the study left out, their settings chosen without labels (chapter ``09_beyond``).

A pipeline is a representation (a row of METHODS) and a clusterer, on one set of features. The rule by which UMAP's
settings are chosen is ``reference/beyond.toml``, written before any label was scored.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering
from sklearn.preprocessing import PowerTransformer

from vaeclust.clustering import CLUSTERERS, NOISE, OWN, cluster, own
from vaeclust.controls import fault_filtered
from vaeclust.datasets import FULL, Dataset, load, subset
from vaeclust.differences import as_interval, differs, verdict
from vaeclust.evidence import intervals, wording
from vaeclust.methods import Method, find
from vaeclust.metrics import METRICS, ari, score
from vaeclust.paths import resolve
from vaeclust.projections import maps
from vaeclust.records import SOURCES, STANDARD, Record, joined, published
from vaeclust.samples import sample
from vaeclust.training import fit

REPRESENTATIONS = ("features", "umap", "autoencoder_umap", "vae_umap", "vade")
USED = ("kmeans", "gaussian_mixture", "spectral", "hdbscan")
CONSENSUS = "consensus"
WITH_FULL = "full_features"
FILTERED = "full_features_fault_filtered"
FEATURES = {STANDARD: "given features", WITH_FULL: "57 features", FILTERED: "57 features, fault-filtered tracks"}

FIRST = "Features alone, K-Means, given features"


@cache
def rule() -> dict:
    """Return the rule of choice: ``rule`` in words, ``pairs``, ``share``, ``tolerance``, ``grid``."""
    return tomllib.loads(files("vaeclust").joinpath("reference/beyond.toml").read_text("utf-8"))


def power_transformed(dataset: Dataset) -> Dataset:
    """Return the corpus with every feature made as normal as a power can make it; Yeo & Johnson (2000).

    Variances and tempo have long tails, which would rule every distance.
    """
    return replace(dataset, audio=PowerTransformer().fit_transform(dataset.features).astype(np.float32))


def with_settings(slug: str, features: str, k: int) -> Method:
    """Return a representation with UMAP's settings settled for a set of features, or with a mixture of k components.

    features: a key of FEATURES. A representation with neither is returned as it is.
    """
    method = find(slug)
    if method.model == "UMAP":
        return find(method, **choose(settled(features)))
    return find(method, components=k) if method.model == "VaDE" else method


def part(dataset: Dataset, kept: np.ndarray) -> Dataset:
    """Return the tracks where ``kept`` (n,) bool is true, their features scaled as they are in the whole corpus."""
    return replace(subset(dataset, kept), audio=dataset.audio[kept])


def stability(method: Method, dataset: Dataset, k: int, *, seed: int = 0) -> float:
    """Return how far the K-Means clusterings of two random parts of a corpus agree on the tracks of both, as ARI.

    Ben-Hur et al. (2002). Each part is represented and clustered on its own; no label is seen.
    """
    rng = np.random.default_rng(seed)
    n = len(dataset)
    parts = [np.sort(rng.choice(n, round(rule()["share"] * n), replace=False)) for _ in range(2)]
    found = []
    for chosen in parts:
        embedding = fit(method, part(dataset, np.isin(np.arange(n), chosen)), [seed]).embeddings[0]
        found.append(pd.Series(CLUSTERERS["kmeans"].function(embedding, k, seed), index=chosen))
    both = found[0].index.intersection(found[1].index)
    return float(ari(found[0][both], found[1][both]))


def judged(dataset: Dataset, k: int) -> pd.DataFrame:
    """Return every setting of the grid with its mean stability: ``n_neighbors, n_components, stability``."""
    rows = []
    for neighbours, components in product(rule()["grid"]["n_neighbors"], rule()["grid"]["n_components"]):
        method = find("umap", n_neighbors=neighbours, n_components=components)
        values = [stability(method, dataset, k, seed=pair) for pair in range(rule()["pairs"])]
        rows.append((neighbours, components, np.mean(values)))
    return pd.DataFrame(rows, columns=["n_neighbors", "n_components", "stability"])


def choose(table: pd.DataFrame) -> dict[str, int]:
    """Return the setting that the rule takes from a table of :func:`judged`."""
    near = table[table["stability"] >= table["stability"].max() - rule()["tolerance"]]
    return near.iloc[0][["n_neighbors", "n_components"]].astype(int).to_dict()


@cache
def settled(features: str) -> pd.DataFrame:
    """Return the table of :func:`judged` for GTZAN that the book goes by; features: a key of FEATURES."""
    table = pd.read_csv(str(files("vaeclust").joinpath("reference/beyond_stability.csv")))
    return table[table["features"] == features].drop(columns="features").reset_index(drop=True)


def consensus(clusters: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return one clustering a seed that all the other seeds agree on; Fred & Jain (2005), evidence accumulation.

    Tracks are near that share a cluster in many seeds; average linkage cuts them into k. Each seed's own clustering
    is left out of its consensus, so that there is a spread; these clusterings share most of their evidence.

    Above ``samples.MOST`` tracks the linkage is that of a sample, and every other track joins the cluster with whose
    tracks it is together most often.

    clusters: ``track_id, seed, clusterer, cluster`` of one clusterer. With one seed the result is empty.
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
            labels = _joining(np.delete(found, place, axis=0), chosen, labels)
        rows.append(pd.DataFrame({"track_id": table.columns, "seed": seed, "clusterer": CONSENSUS, "cluster": labels}))
    return pd.concat(rows, ignore_index=True) if rows else clusters.iloc[:0]


def _joining(found: np.ndarray, chosen: np.ndarray, labels: np.ndarray) -> np.ndarray:
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


def with_all_features(source: str, *, lyrics: str = "", tracks: str = "", features: str = "mfcc20") -> Dataset | None:
    """Load a corpus with all 57 features if that costs nothing: from a table that has them, or if asked for."""
    path = resolve(source)
    if features == "full" or (path.is_file() and set(FULL) <= set(pd.read_csv(path, nrows=0).columns)):
        return load(source, lyrics=lyrics, tracks=tracks, features="full")
    return None


def corpora(dataset: Dataset, full: Dataset | None) -> dict[str, Dataset]:
    """Return the corpus by condition: as it is; with all 57 features; and with those on the fault-filtered tracks."""
    found = {STANDARD: dataset}
    if full is not None:
        found[WITH_FULL] = power_transformed(full)
        filtered = fault_filtered(full)
        if filtered is not None:
            found[FILTERED] = power_transformed(filtered)
    return found


def run(
    slug: str,
    corpora: Mapping[str, Dataset],
    *,
    seeds: int = 10,
    n_clusters: int = 0,
    results_dir: str | Path = "results",
    parameters: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Record:
    """Represent, cluster by every one of USED and by consensus, score and record a corpus under every condition.

    ``settings`` are those of :func:`training.fit`; UMAP's are those that the rule has chosen.
    """
    dataset = corpora[STANDARD]
    record = Record(dataset.name, slug, results_dir)
    k = n_clusters or dataset.default_k()
    fits, clusters, scores = {}, {}, {}
    for condition, corpus in corpora.items():
        method = with_settings(slug, STANDARD if condition == STANDARD else WITH_FULL, k)
        fits[condition] = fit(method, corpus, range(seeds), **settings)
        found = cluster(fits[condition], corpus, k, clusterers=USED)
        agreed = consensus(found[found["clusterer"] == "kmeans"], k)
        parts = [part for part in (found, agreed, own(fits[condition], corpus)) if len(part)]
        clusters[condition] = pd.concat(parts, ignore_index=True)
        scores[condition] = score(fits[condition], clusters[condition], corpus)
    record.save_fit(fits[STANDARD], dataset)
    record.write("clusters", joined(clusters))
    record.write("intervals", intervals(record.write("scores", joined(scores))))
    record.write("maps", maps(fits[STANDARD].embeddings[0], dataset.ids, projections=("pca",)))
    record.save_run(
        fits[STANDARD], dataset, {**(parameters or {}), "seeds": seeds, "n_clusters": n_clusters, **settings}
    )
    return record


def smaller(dataset: Dataset, size: int, seed: int) -> Dataset:
    """Return ``size`` tracks of a corpus drawn at random."""
    chosen = np.random.default_rng(seed).choice(len(dataset), size, replace=False)
    return part(dataset, np.isin(np.arange(len(dataset)), chosen))


def by_size(dataset: Dataset, k: int, **settings: Any) -> pd.DataFrame:
    """Return the agreement with genre of K-Means on representations of random parts of a labelled corpus.

    ``method, tracks, seed, nmi``: for every size of the rule that the corpus exceeds, and for the whole, one draw a
    seed. Draws of one corpus share tracks, the more the larger they are. ``settings`` are those of
    :func:`training.fit`.
    """
    draws, rows = range(rule()["draws"]), []
    parts = {size: [smaller(dataset, size, draw) for draw in draws] for size in rule()["sizes"]
             if k < size < len(dataset)}  # fmt: skip
    for (size, corpus), slug in product([*parts.items(), (len(dataset), dataset)], rule()["by_size"]):
        fitted = fit(with_settings(slug, WITH_FULL, k), corpus, draws, **settings)
        found = cluster(fitted, corpus, k, clusterers=("kmeans",))
        scores = score(fitted, found, corpus, metrics=("nmi",)).query("reference == 'genre'")
        rows += [(slug, size, seed, value) for seed, value in zip(scores["seed"], scores["value"], strict=True)]
    return pd.DataFrame(rows, columns=["method", "tracks", "seed", "nmi"])


def size_effects(table: pd.DataFrame, baseline: str = "features") -> pd.DataFrame:
    """Return how the NMI of each method differs from that of the baseline on the same draws, in words: sizes × titles.

    table: of :func:`by_size`.
    """
    rows = {}
    for size, group in table.groupby("tracks"):
        wide = group.pivot(index="seed", columns="method", values="nmi")
        rows[f"{size:,} tracks"] = {
            find(slug).title: differs(as_interval((wide[slug] - wide[baseline]).to_numpy()), short=True)
            for slug in wide
            if slug != baseline
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def pipelines(table: pd.DataFrame, column: str = "mean") -> pd.DataFrame:
    """Return pipelines × the six metrics as the study took them, on all tracks, the highest NMI first.

    table: intervals of REPRESENTATIONS. The index says each pipeline in words: representation, clusterer, features.
    """
    table = table[table["condition"] != FILTERED]
    rows = table[table["reference"].isin(["", "genre"]) & table["space"].isin(["own", "labels"])]
    wide = rows.assign(pipeline=titles(rows)).pivot(index="pipeline", columns="metric", values=column)
    wide = wide[[name for name in METRICS if name in wide]]
    return wide.sort_values("nmi" if "nmi" in wide else "silhouette", ascending=False)


def titles(table: pd.DataFrame) -> pd.Series:
    """Return what every row's pipeline is called: ``UMAP, K-Means, 57 features``."""
    clusterers = {slug: row.title for slug, row in CLUSTERERS.items()} | {
        CONSENSUS: "consensus of K-Means",
        OWN: "its own mixture",
    }
    parts = (
        table["method"].map({slug: find(slug).title for slug in REPRESENTATIONS}),
        table["clusterer"].map(clusterers),
        table["condition"].map(FEATURES),
    )
    return parts[0] + ", " + parts[1] + ", " + parts[2]


def published_best() -> pd.Series:
    """Return the best value of every metric that the study printed or kept in its results file, over all methods."""
    table = pd.concat([published(source) for source in SOURCES])
    return pd.Series({
        name: table[name].max() if metric.higher_is_better else table[name].min() for name, metric in METRICS.items()
    })  # fmt: skip


def better_in_all(means: pd.DataFrame) -> list[str]:
    """Return the pipelines whose means are better than :func:`published_best` in every metric at once."""
    best = published_best()[means.columns]
    signs = np.array([1 if METRICS[name].higher_is_better else -1 for name in means])
    return means.index[((means - best) * signs > 0).all(axis=1)].tolist()


def in_input_space(table: pd.DataFrame) -> pd.DataFrame:
    """Return K-Means pipelines × label-free metrics of their clusters in the input space, highest silhouette first.

    Only pipelines on the same features share it. table: intervals of REPRESENTATIONS.
    """
    rows = table[(table["space"] == "input") & (table["clusterer"] == "kmeans") & (table["condition"] != FILTERED)]
    wide = rows.assign(pipeline=titles(rows)).pivot(index="pipeline", columns="metric", values="mean")
    return wide[[name for name in METRICS if name in wide]].sort_values("silhouette", ascending=False)


def summary(table: pd.DataFrame, gains: Mapping[str, Mapping[str, float]]) -> dict[str, object]:
    """Return the findings of the chapter as texts to state.

    table: intervals; gains: how every pipeline differs in NMI from K-Means on the given features.
    """
    rows = table.assign(pipeline=titles(table)).set_index(["pipeline", "space", "reference", "metric"])[["mean", "sd"]]
    means = pipelines(table)
    best = means["nmi"].idxmax()
    representation, clusterer, _ = best.split(", ")
    filtered = f"{representation}, {clusterer}, {FEATURES[FILTERED]}"
    alone = f"{find('features').title}, {CLUSTERERS['kmeans'].title}, {best.split(', ')[2]}"

    def words(pipeline: str, space: str, reference: str, *metrics: str) -> str:
        found = [(METRICS[name].title, *rows.loc[(pipeline, space, reference, name)]) for name in metrics]
        return ", ".join(f"{title if len(found) > 1 else ''} {wording(mean, sd)}".strip() for title, mean, sd in found)

    against = {title: verdict(gain) for title, gain in gains.items()}
    return {
        "best": best,
        "best_scores": words(best, "labels", "genre", "nmi", "ari", "purity"),
        "all_six": "; ".join(better_in_all(means)) or "none of them",
        "n_pipelines": len(against),
        "n_higher": sum(word == "higher" for word in against.values()),
        "best_filtered": words(filtered, "labels", "genre", "nmi", "ari", "purity"),
        "best_artist": words(best, "labels", "artist", "nmi"),
        "best_input": words(best, "input", "", "silhouette"),
        "features_input": words(alone, "input", "", "silhouette"),
    }
