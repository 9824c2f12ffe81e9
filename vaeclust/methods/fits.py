"""What a fit of a method is, and its tables (chapter ``03_vae``)."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.methods.catalogue import Method
from vaeclust.methods.models import Output, kl_divergence

ACTIVE_VARIANCE = 0.01


@dataclass(frozen=True)
class Fit:
    """A method fitted to a corpus, once for every seed.

    Attributes
    ----------
    method : Method
    seeds : tuple of int
    corpora : tuple of Dataset
        What it was fitted to, one for each seed: the same corpus for all, or parts of one.
    embeddings : ndarray
        (seeds, n, d) float32: posterior means (codes, principal components) in evaluation mode.
    reconstructions : ndarray
        (seeds, n, features) float32: the embeddings decoded, standardised audio features.
    history : DataFrame
        ``seed, epoch, term, value``: every term of the loss, summed over dimensions, averaged over tracks, and
        ``loss``, their weighted sum. Empty for PCA.
    dimensions : DataFrame
        ``seed, dimension, variance, kl, active``: per latent dimension the variance of the embedding over tracks,
        the mean KL divergence to the standard normal (nats; NaN without a posterior or with another prior), and
        whether the variance is above 0.01 (an active unit, Burda et al. 2016, arXiv:1509.00519).
    seconds : float
        Training time, all seeds together.
    n_parameters : int
        Of one model.
    models : tuple of Module
        The trained models in evaluation mode, one a seed; for PCA the fitted estimator.
    assignments : ndarray or None
        (seeds, n) int: the cluster that a method with a mixture prior itself gives every track.
    """

    method: Method
    seeds: tuple[int, ...]
    corpora: tuple[Dataset, ...]
    embeddings: np.ndarray
    reconstructions: np.ndarray
    history: pd.DataFrame
    dimensions: pd.DataFrame
    seconds: float
    n_parameters: int
    models: tuple
    assignments: np.ndarray | None = None

    def head(self, n: int) -> "Fit":
        """Return the fit of the first n seeds, with the history and dimensions of these alone."""
        arrays = {name: getattr(self, name)[:n] for name in ("seeds", "corpora", "embeddings", "reconstructions")}
        tables = {name: getattr(self, name) for name in ("history", "dimensions")}
        kept = {name: table[table["seed"].isin(self.seeds[:n])] for name, table in tables.items()}
        own = None if self.assignments is None else self.assignments[:n]
        return replace(self, **arrays, **kept, models=self.models[:n], assignments=own)


def history_table(epochs: list[dict[str, np.ndarray]], seeds: tuple[int, ...]) -> pd.DataFrame:
    """Return ``seed, epoch, term, value`` from the terms of every epoch, each (seeds,).

    >>> history_table([{"loss": np.array([9.0, 8.0])}, {"loss": np.array([7.0, 6.5])}], seeds=(0, 1))
       seed  epoch  term  value
    0     0      1  loss    9.0
    1     1      1  loss    8.0
    2     0      2  loss    7.0
    3     1      2  loss    6.5
    """
    rows = [
        (seed, epoch, term, value)
        for epoch, terms in enumerate(epochs, 1)
        for term, values in terms.items()
        for seed, value in zip(seeds, values.tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=["seed", "epoch", "term", "value"])


def dimensions_table(output: Output, seeds: tuple[int, ...]) -> pd.DataFrame:
    """Return ``seed, dimension, variance, kl, active`` of embeddings (seeds, n, d)."""
    variance = output.mean.double().var(dim=1, correction=0).numpy()  # (seeds, d)
    kl = np.full_like(variance, np.nan)
    if output.log_variance is not None and output.kl is None:  # to the standard normal, dimension by dimension
        kl = kl_divergence(output).double().mean(dim=1).numpy()
    d = variance.shape[1]
    return pd.DataFrame({
        "seed": np.repeat(seeds, d),
        "dimension": np.tile(np.arange(d), len(seeds)),
        "variance": variance.ravel(),
        "kl": kl.ravel(),
        "active": variance.ravel() > ACTIVE_VARIANCE,
    })  # fmt: skip
