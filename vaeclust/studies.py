"""A method from corpus to records in one call (chapters ``05_beta_vae`` and ``06_multimodal_vae``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vaeclust.clustering import cluster
from vaeclust.datasets import Dataset
from vaeclust.evidence import intervals
from vaeclust.methods import Method, find
from vaeclust.metrics import score
from vaeclust.projections import maps
from vaeclust.records import STANDARD, Record, joined
from vaeclust.training import Fit, fit


@dataclass(frozen=True)
class Study:
    """What became of a method: its fit under the standard condition, and tables of all conditions."""

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
    controls: Mapping[str, Dataset] | None = None,
    results_dir: str | Path = "results",
    parameters: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Study:
    """Fit, cluster, score and record a method: what the chapters 01 to 04 do step by step.

    Parameters
    ----------
    controls : mapping, optional
        Name of a condition → the corpus changed for it. Scored beside the standard condition, in the same tables.
    parameters : mapping, optional
        What else run.json should tell: where the corpus came from.
    settings
        Of :func:`training.fit`: epochs, batch_size, learning_rate, latent_dim.
    """
    method = find(method)
    record = Record(dataset.name, method.slug, results_dir)
    corpora = {STANDARD: dataset, **(controls or {})}
    fits = {name: fit(method, corpus, range(seeds), **settings) for name, corpus in corpora.items()}
    clusters = {name: cluster(fits[name], corpus, n_clusters) for name, corpus in corpora.items()}
    scores = {name: score(fits[name], clusters[name], corpus) for name, corpus in corpora.items()}
    standard = fits[STANDARD]
    record.save_fit(standard, dataset, {name: control for name, control in fits.items() if name != STANDARD})
    record.write("clusters", joined(clusters))
    written = record.write("scores", joined(scores))
    summary = record.write("intervals", intervals(written))
    points = record.write("maps", maps(standard.embeddings[0], dataset.ids, projections=("tsne", "pca")))
    record.save_run(standard, dataset, {**(parameters or {}), "seeds": seeds, "n_clusters": n_clusters, **settings})
    return Study(record, standard, clusters[STANDARD], written, summary, points)
