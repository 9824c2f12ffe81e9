"""What is left of a latent space, and whether clusterings agree (chapters ``05_beta_vae`` and ``07_comparison``)."""

from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from vaeclust.clustering import CLUSTERERS
from vaeclust.datasets import Dataset
from vaeclust.evidence import as_published
from vaeclust.fits import Fit
from vaeclust.methods import METHODS
from vaeclust.metrics import METRICS, ari


def expected_of_noise(noise: pd.DataFrame, effective: float) -> float:
    """Return the silhouette of round noise of this many dimensions, between the whole ones of the table.

    noise: of :func:`silhouette_of_noise`.
    """
    curve = noise.groupby("dimensions")["silhouette"].mean()
    return float(np.interp(effective, curve.index, curve))


def beta_comparison(studies: Mapping[float, pd.DataFrame], points: pd.DataFrame) -> pd.DataFrame:
    """Return one row a beta: mean scores by K-Means as the study took them, mean rate, distortion, active dimensions.

    studies: beta → intervals. points: as :func:`rate_and_distortion`, with the column ``beta``.
    """
    rows = {
        beta: as_published(table).set_index("metric")["mean"].reindex(list(METRICS)) for beta, table in studies.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("beta")
    return table.join(points.groupby("beta")[["rate", "distortion", "active", "effective"]].mean())


def stability(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return ``clusterer, seed, other, ari``: how far the clusterings of every two seeds agree.

    clusters: ``track_id, seed, clusterer, cluster`` of one method and condition. Noise counts as one cluster.
    """
    rows = []
    for slug, found in clusters.groupby("clusterer", sort=False):
        by_seed = found.pivot(index="track_id", columns="seed", values="cluster")
        for one, other in combinations(by_seed, 2):
            rows.append((slug, one, other, ari(by_seed[one], by_seed[other])))
    return pd.DataFrame(rows, columns=["clusterer", "seed", "other", "ari"])


def agreement(clusters: pd.DataFrame, *, clusterer: str = "kmeans") -> pd.DataFrame:
    """Return methods × methods: ARI between their clusterings with the same seed, averaged over seeds.

    clusters: ``method, track_id, seed, clusterer, cluster`` of one condition.
    """
    found = clusters[clusters["clusterer"] == clusterer]
    labels = found.pivot(index="track_id", columns=["method", "seed"], values="cluster")
    methods = [m for m in METHODS if m in set(found["method"])]
    seeds = sorted(set(found["seed"]))
    rates = [
        [np.mean([ari(labels[one, seed], labels[other, seed]) for seed in seeds]) for other in methods]
        for one in methods
    ]
    return pd.DataFrame(rates, index=methods, columns=methods)


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


def rate_and_distortion(fit: Fit, dataset: Dataset) -> pd.DataFrame:
    """Return ``seed, rate, distortion, active, effective`` of a fit in evaluation mode (Alemi et al. 2018).

    rate: mean KL divergence of a track, nats, summed over dimensions. distortion: mean squared error of a track,
    summed over features, its embedding decoded. active: dimensions whose variance exceeds 0.01.
    effective: :func:`effective_dimension`.
    """
    by_seed = fit.dimensions.groupby("seed", sort=False)
    error = np.square(fit.reconstructions - dataset.audio).sum(axis=2).mean(axis=1)
    rate = by_seed["kl"].sum(min_count=1).to_numpy()
    active = by_seed["active"].sum().to_numpy()
    effective = [effective_dimension(embedding) for embedding in fit.embeddings]
    table = {"seed": fit.seeds, "rate": rate, "distortion": error, "active": active, "effective": effective}
    return pd.DataFrame(table)
