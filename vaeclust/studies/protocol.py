"""A method from corpus to record in one call (all chapters of methods)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vaeclust.clusters.clusterers import cluster, own_clusters
from vaeclust.clusters.ensembles import consensus
from vaeclust.corpus.dataset import Dataset
from vaeclust.methods.catalogue import Method, find
from vaeclust.methods.fits import Fit
from vaeclust.methods.projections import maps
from vaeclust.methods.training import fit
from vaeclust.scores.metrics import score
from vaeclust.scores.uncertainty import intervals
from vaeclust.studies.conditions import Control
from vaeclust.studies.records import STANDARD, Record, stack_conditions
from vaeclust.studies.rules import FULL_FEATURES, PIPELINE_CLUSTERERS, tuned_method
from vaeclust.studies.views import SLUG, VIEW_METHODS, shown_corpus


@dataclass(frozen=True)
class Study:
    """What became of a method under the standard condition."""

    record: Record
    fit: Fit
    clusters: pd.DataFrame
    scores: pd.DataFrame
    intervals: pd.DataFrame
    maps: pd.DataFrame


def study(
    method: str | Method,
    dataset: Dataset,
    *,
    seeds: int = 10,
    n_clusters: int = 0,
    results_dir: str | Path = "results",
    parameters: Mapping[str, Any] | None = None,
    projections: tuple[str, ...] = ("tsne", "pca"),
    **settings: Any,
) -> Study:
    """Fit, cluster, score and record a method: what the chapters 01 to 04 do step by step.

    Parameters
    ----------
    parameters : mapping, optional
        What else run.json should tell: where the corpus came from.
    projections : tuple of str
        The maps to make, of ``projections.PROJECTIONS``.
    settings
        Of :func:`training.fit`: epochs, batch_size, learning_rate, latent_dim.
    """
    method = find(method)
    record = Record(dataset.name, method.slug, results_dir)
    fitted = fit(method, dataset, range(seeds), **settings)
    clusters = cluster(fitted, dataset, n_clusters)
    record.save_fit(fitted, dataset)
    record.write("clusters", clusters)
    scores = record.write("scores", score(fitted, clusters, dataset))
    summary = record.write("intervals", intervals(scores))
    points = record.write("maps", maps(fitted.embeddings[0], dataset.ids, projections=projections))
    record.save_run(fitted, dataset, {**(parameters or {}), "seeds": seeds, "n_clusters": n_clusters, **settings})
    return Study(record, fitted, clusters, scores, summary, points)


def trial(
    method: str | Method, dataset: Dataset, *, seeds: int = 3, n_clusters: int = 0, **settings: Any
) -> tuple[Fit, pd.DataFrame]:
    """Fit, cluster by K-Means and score a method without keeping a record: for trying things out in the exercises.

    ``settings`` are those of :func:`training.fit`. Returns the fit and its scores.
    """
    fitted = fit(method, dataset, range(seeds), **settings)
    clusters = cluster(fitted, dataset, n_clusters, clusterers=("kmeans",))
    return fitted, score(fitted, clusters, dataset)


def add_controls(
    record: Record,
    method: str | Method,
    chosen: Mapping[str, tuple[Control, Dataset]],
    *,
    seeds: int = 10,
    n_clusters: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Fit, cluster by K-Means and score a method under controls; its records get them in place of earlier ones.

    ``settings`` are those of :func:`training.fit`. Returns the intervals of all conditions of the record.
    """
    tables: dict[str, dict[str, pd.DataFrame]] = {"history": {}, "dimensions": {}, "clusters": {}, "scores": {}}
    for slug, (control, corpus) in chosen.items():
        fitted = control.change_fit(fit(method, corpus, range(seeds), train=control.train, **settings))
        clusters = control.change_clusters(cluster(fitted, corpus, n_clusters, clusterers=("kmeans",)))
        tables["history"][slug] = fitted.history
        tables["dimensions"][slug] = fitted.dimensions
        tables["clusters"][slug] = clusters
        tables["scores"][slug] = score(fitted, clusters, corpus)
    for name, by_condition in tables.items():
        by_condition = {slug: table for slug, table in by_condition.items() if len(table)}
        if by_condition:
            record.append(name, stack_conditions(by_condition))
    return record.write("intervals", intervals(record.read("scores")))


def run_pipelines(
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
        method = tuned_method(slug, STANDARD if condition == STANDARD else FULL_FEATURES, k)
        fits[condition] = fit(method, corpus, range(seeds), **settings)
        found = cluster(fits[condition], corpus, k, clusterers=PIPELINE_CLUSTERERS)
        agreed = consensus(found[found["clusterer"] == "kmeans"], k)
        parts = [part for part in (found, agreed, own_clusters(fits[condition], corpus)) if len(part)]
        clusters[condition] = pd.concat(parts, ignore_index=True)
        scores[condition] = score(fits[condition], clusters[condition], corpus)
    record.save_fit(fits[STANDARD], dataset)
    record.write("clusters", stack_conditions(clusters))
    record.write("intervals", intervals(record.write("scores", stack_conditions(scores))))
    record.write("maps", maps(fits[STANDARD].embeddings[0], dataset.ids, projections=("pca",)))
    record.save_run(
        fits[STANDARD], dataset, {**(parameters or {}), "seeds": seeds, "n_clusters": n_clusters, **settings}
    )
    return record


def run_views(
    dataset: Dataset,
    *,
    seeds: int = 10,
    n_clusters: int = 0,
    results_dir: str | Path = "results",
    parameters: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Record:
    """Represent, cluster by K-Means, score and record every view; a condition is ``<method>_<view>``.

    dataset: tracks that all have lyrics. The input space is the audio for all views. ``settings`` are those of
    :func:`training.fit`.
    """
    record, k = Record(dataset.name, SLUG, results_dir), n_clusters or dataset.default_k()
    clusters, scores = {}, {}
    for view, slugs in VIEW_METHODS.items():
        for slug in slugs:
            method = tuned_method(slug, FULL_FEATURES, k)
            fitted = fit(method, shown_corpus(dataset, view, slug), range(seeds), **settings)
            found = cluster(fitted, dataset, k, clusterers=("kmeans",))
            clusters[f"{slug}_{view}"] = found
            scores[f"{slug}_{view}"] = score(fitted, found, dataset)
    record.write("clusters", stack_conditions(clusters))
    record.write("intervals", intervals(record.write("scores", stack_conditions(scores))))
    record.save_run(fitted, dataset, {**(parameters or {}), "seeds": seeds, "n_clusters": n_clusters, **settings})
    return record
