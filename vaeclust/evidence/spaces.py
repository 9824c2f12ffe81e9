"""What is left of a latent space, and what its dimensions stand for (chapters ``05_beta_vae``, ``07_comparison``)."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.clusters.clusterers import CLUSTERERS
from vaeclust.corpus.dataset import Dataset
from vaeclust.evidence.differences import difference_over_seeds
from vaeclust.evidence.published import comparable_rows
from vaeclust.evidence.words import UNMEASURED, difference_clause
from vaeclust.methods.fits import Fit
from vaeclust.scores.disentanglement import MEASURES, known_factors, scores_by_seed
from vaeclust.scores.metrics import METRICS
from vaeclust.studies.records import Record

NOISE_CODE = "noise"


def method_disentanglement(
    dataset: Dataset, methods: Iterable[str], results_dir: str | Path = "results"
) -> pd.DataFrame:
    """Return ``name, seed, measure, value`` of the recorded embeddings of methods, and of noise as the yardstick."""
    known = known_factors(dataset)
    embeddings = {slug: Record(dataset, slug, results_dir).embeddings()[1] for slug in methods}
    first = next(iter(embeddings.values()))
    embeddings[NOISE_CODE] = np.random.default_rng(0).normal(size=first.shape)
    tables = [scores_by_seed(found, known).assign(name=slug) for slug, found in embeddings.items()]
    return pd.concat(tables, ignore_index=True)[["name", "seed", "measure", "value"]]


def disentanglement_gains(table: pd.DataFrame, name: str, other: str) -> str:
    """Return in words how two codes differ in MIG, SAP, disentanglement and informativeness, paired by seed.

    table: ``name, seed, measure, value``; without any row, ``UNMEASURED``.
    """
    if table.empty:
        return UNMEASURED
    codes = table.pivot(index=["measure", "seed"], columns="name", values="value")
    gains = codes[name] - codes[other]
    words = []
    for measure in ("mig", "sap", "disentanglement", "informativeness"):
        gain = difference_over_seeds(gains[measure].to_numpy())
        words.append(f"{MEASURES[measure]} {difference_clause(gain)}")
    return "; ".join(words)


def noise_silhouette(noise: pd.DataFrame, effective: float) -> float:
    """Return the silhouette of round noise of this many dimensions, between the whole ones of the table.

    noise: of :func:`silhouette_of_noise`.
    """
    curve = noise.groupby("dimensions")["silhouette"].mean()
    return float(np.interp(effective, curve.index, curve))


def beta_table(studies: Mapping[float, pd.DataFrame], points: pd.DataFrame) -> pd.DataFrame:
    """Return one row a beta: mean scores by K-Means as the study took them, mean rate, distortion, active dimensions.

    studies: beta → intervals. points: as :func:`rate_and_distortion`, with the column ``beta``.
    """
    rows = {
        beta: comparable_rows(table).set_index("metric")["mean"].reindex(list(METRICS))
        for beta, table in studies.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("beta")
    return table.join(points.groupby("beta")[["rate", "distortion", "active", "effective"]].mean())


def effective_dimension(embedding: np.ndarray) -> float:
    """Return in how many directions an embedding (n, d) really varies: ``(Σ λ)² / Σ λ²``.

    λ: eigenvalues of the covariance. It is d for a round cloud and 1 for a line; the participation ratio.
    """
    eigenvalues = np.linalg.eigvalsh(np.cov(embedding, rowvar=False, dtype=np.float64))
    return float(eigenvalues.sum() ** 2 / np.square(eigenvalues).sum())


def silhouette_of_noise(n: int, k: int, dimensions: Iterable[int], *, draws: int = 3) -> pd.DataFrame:
    """Return ``dimensions, draw, silhouette`` of K-Means on round Gaussian clouds, in which there are no clusters.

    n: points of a cloud; k: clusters asked for.
    """
    rows = []
    for d in dimensions:
        for draw in range(draws):
            cloud = np.random.default_rng([d, draw]).normal(size=(n, d))
            rows.append((d, draw, METRICS["silhouette"].function(cloud, CLUSTERERS["kmeans"].function(cloud, k, draw))))
    return pd.DataFrame(rows, columns=["dimensions", "draw", "silhouette"])


def rate_and_distortion(fit: Fit) -> pd.DataFrame:
    """Return ``seed, rate, distortion, active, effective`` of a fit in evaluation mode (Alemi et al. 2018).

    rate: mean KL divergence of a track, nats, summed over dimensions. distortion: mean squared error of a track,
    summed over features, its embedding decoded. active: dimensions whose variance exceeds 0.01.
    effective: :func:`effective_dimension`.
    """
    by_seed = fit.dimensions.groupby("seed", sort=False)
    error = np.square(fit.reconstructions - fit.corpora[0].audio).sum(axis=2).mean(axis=1)
    rate = by_seed["kl"].sum(min_count=1).to_numpy()
    active = by_seed["active"].sum().to_numpy()
    effective = [effective_dimension(embedding) for embedding in fit.embeddings]
    table = {"seed": fit.seeds, "rate": rate, "distortion": error, "active": active, "effective": effective}
    return pd.DataFrame(table)
