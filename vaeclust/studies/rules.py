"""Pipelines that the study left out, their settings chosen without labels (chapter ``09_beyond``).

A pipeline is a representation (a row of METHODS) and a clusterer, on one set of features. The rule by which UMAP's
settings are chosen is ``reference/beyond.toml``, written before any label was scored.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np
import pandas as pd
from sklearn.preprocessing import PowerTransformer

from vaeclust.clusters.clusterers import CLUSTERERS
from vaeclust.corpus.dataset import Dataset
from vaeclust.methods.catalogue import METHODS, Method, find
from vaeclust.methods.training import fit
from vaeclust.scores.matching import overlap_agreement
from vaeclust.studies.conditions import Condition, fault_filter
from vaeclust.studies.records import STANDARD

CHAPTER = "09_beyond"
FULL_FEATURES = "full_features"
FILTERED = "full_features_fault_filtered"


@cache
def rule() -> dict:
    """Return the rule of choice: ``rule`` in words, ``pairs``, ``share``, ``tolerance``, ``grid``."""
    return tomllib.loads(files("vaeclust.studies").joinpath("reference/beyond.toml").read_text("utf-8"))


def power_transform(dataset: Dataset) -> Dataset:
    """Return the corpus with every feature made as normal as a power can make it; Yeo & Johnson (2000).

    Variances and tempo have long tails, which would rule every distance.
    """
    return replace(dataset, audio=PowerTransformer().fit_transform(dataset.features).astype(np.float32))


def tuned_method(slug: str, features: str, k: int) -> Method:
    """Return a representation with UMAP's settings settled for a set of features, or with a mixture of k components.

    features: STANDARD or FULL_FEATURES. A representation with neither is returned as it is.

    >>> dict(tuned_method("vade", FULL_FEATURES, k=8).settings)
    {'components': 8}
    """
    method = find(slug)
    if method.model == "UMAP":
        return find(method, **choose_setting(kept_stabilities(features)))
    return find(method, components=k) if method.model == "VaDE" else method


def split_stability(method: Method, dataset: Dataset, k: int, *, seed: int = 0) -> float:
    """Return how far the K-Means clusterings of two random parts of a corpus agree on the tracks of both, as ARI.

    Each part is represented and clustered on its own (``matching.overlap_agreement``); no label is seen.
    """
    rng = np.random.default_rng(seed)
    n = len(dataset)
    parts = [np.sort(rng.choice(n, round(rule()["share"] * n), replace=False)) for _ in range(2)]

    def labels(chosen: np.ndarray) -> np.ndarray:
        part = dataset.subset(np.isin(np.arange(n), chosen), rescale=False)
        return CLUSTERERS["kmeans"].function(fit(method, part, [seed]).embeddings[0], k, seed)

    return overlap_agreement(parts, labels)


def setting_stabilities(dataset: Dataset, k: int) -> pd.DataFrame:
    """Return every setting of the grid with its mean stability: ``n_neighbors, n_components, stability``."""
    rows = []
    for neighbours, components in product(rule()["grid"]["n_neighbors"], rule()["grid"]["n_components"]):
        method = find("umap", n_neighbors=neighbours, n_components=components)
        values = [split_stability(method, dataset, k, seed=pair) for pair in range(rule()["pairs"])]
        rows.append((neighbours, components, np.mean(values)))
    return pd.DataFrame(rows, columns=["n_neighbors", "n_components", "stability"])


def choose_setting(table: pd.DataFrame) -> dict[str, int]:
    """Return the setting that the rule takes from a table of :func:`setting_stabilities`.

    >>> choose_setting(kept_stabilities(FULL_FEATURES))
    {'n_neighbors': 15, 'n_components': 5}
    """
    near = table[table["stability"] >= table["stability"].max() - rule()["tolerance"]]
    return near.iloc[0][["n_neighbors", "n_components"]].astype(int).to_dict()


@cache
def kept_stabilities(features: str) -> pd.DataFrame:
    """Return the table of :func:`setting_stabilities` for GTZAN that the book goes by; features: a condition."""
    table = pd.read_csv(str(files("vaeclust.studies").joinpath("reference/beyond_stability.csv")))
    return table[table["features"] == features].drop(columns="features").reset_index(drop=True)


def pipeline_conditions(
    slug: str, dataset: Dataset, full: Dataset | None, k: int, clusterers: Iterable[str]
) -> dict[str, Condition]:
    """Return a representation's conditions: the given features; all 57; and these on the fault-filtered tracks.

    clusterers: as ``clusterers.cluster`` takes them. Raises ValueError for an unknown representation or clusterer, and
    for a representation whose records another chapter keeps: they would be written over.
    """
    if find(slug).chapter != CHAPTER:
        raise ValueError(
            f"the records of {slug} are those of chapter {find(slug).chapter}; expected a representation of {CHAPTER}: "
            f"{', '.join(name for name, method in METHODS.items() if method.chapter == CHAPTER)}. "
            f"To study {find(slug).title} here, give it a row of its own in METHODS, as 'features' has beside 'raw'"
        )
    corpora = {STANDARD: dataset}
    if full is not None:
        corpora[FULL_FEATURES] = power_transform(full)
        filtered = fault_filter(full)
        if filtered is not None:
            corpora[FILTERED] = power_transform(filtered)
    found = {}
    for name, corpus in corpora.items():
        method = tuned_method(slug, STANDARD if name == STANDARD else FULL_FEATURES, k)
        found[name] = Condition(corpus, method=method, clusterers=tuple(clusterers))
    return found
