"""A method from corpus to records in one call (chapters ``05_beta_vae`` and ``06_multimodal_vae``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vaeclust.clustering import cluster
from vaeclust.datasets import Dataset
from vaeclust.evidence import intervals
from vaeclust.fits import Fit
from vaeclust.methods import Method, find
from vaeclust.metrics import score
from vaeclust.projections import maps
from vaeclust.records import Record
from vaeclust.training import fit


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
