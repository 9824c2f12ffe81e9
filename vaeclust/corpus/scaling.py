"""SCALINGS: the one table of ways from features in their own units to what models see (chapter ``00_data``).

To add one, add a row. Which of them a set of features has by default stands in ``feature_sets``.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

HUGE = 1e100


class Scale(NamedTuple):
    """What turns features in their own units into what models see: made of one corpus, the same for any track.

    Called with (n, d), a frame or an array, it returns (n, d) float32. Columns that are constant in the corpus become
    zeros.

    Attributes
    ----------
    unit : ndarray
        (d,) what a column is divided by first: 1, or the largest size where squares of such numbers are none.
    mean : ndarray
        (d,) of the corpus.
    deviation : ndarray
        (d,) what a centred column is divided by; 0 for a constant one.
    roots : bool
        Whether square roots are taken first.

    Examples
    --------
    >>> scale = standard_scale(pd.DataFrame({"tempo": [60.0, 90.0, 120.0]}))
    >>> scale(np.array([[90.0], [150.0]])).round(3)
    array([[0.   ],
           [2.449]], dtype=float32)
    >>> scale.inverse(np.array([[1.0]])).round(1)
    array([[114.5]])
    """

    unit: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    roots: bool = False

    def __call__(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """Return (n, d) float32; ValueError for numbers below 0 where square roots are taken."""
        centred = self.own(features) / self.unit - self.mean
        constant = self.deviation == 0
        centred[:, constant] = 0.0
        return (centred / np.where(constant, 1.0, self.deviation)).astype(np.float32)

    def own(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """Return (n, d) float64: the numbers that are scaled, or their square roots."""
        values = np.asarray(features, dtype=np.float64)
        if self.roots:
            negative = np.flatnonzero((values < 0).any(axis=0))
            if len(negative):
                names = [features.columns[i] if isinstance(features, pd.DataFrame) else int(i) for i in negative[:5]]
                raise ValueError(f"square roots are for probabilities, but these columns hold numbers below 0: {names}")
            values = np.sqrt(values)
        return values

    def inverse(self, seen: np.ndarray) -> np.ndarray:
        """Return (n, d) float64: features in their own units. A square root below 0 becomes 0."""
        values = (np.asarray(seen, dtype=np.float64) * self.deviation + self.mean) * self.unit
        return np.square(np.maximum(values, 0)) if self.roots else values


def standard_scale(features: pd.DataFrame) -> Scale:
    """Return what takes each column's mean away, and divides by its population deviation.

    A constant column becomes zeros, with a warning: it tells no track from another, but keeps its place.
    """
    values = features.to_numpy(dtype=np.float64)
    size = np.abs(values).max(axis=0, initial=0.0)
    extreme = (size > 0) & ((size < 1 / HUGE) | (size > HUGE))  # squares of these are no numbers
    unit = np.where(extreme, size, 1.0)
    values = values / unit
    deviation = values.std(axis=0)
    # The deviation of a constant column is a rounding error of its mean, not always exactly zero.
    constant = deviation <= 1e-12 * np.abs(values).max(axis=0)
    if constant.any() and len(features) > 1:
        names = ", ".join(map(str, features.columns[constant]))
        warnings.warn(f"constant feature columns, kept as zeros: {names}", UserWarning, stacklevel=4)
    return Scale(unit, values.mean(axis=0), np.where(constant, 0.0, deviation))


def common_scale(features: pd.DataFrame) -> Scale:
    """Return what takes each column's mean away, then divides all by one number: the mean variance of a column is 1.

    For columns whose relative scale means something, such as those of one layer of a network. Distances keep their
    proportions, so that K-Means and UMAP find what they find without it; the loss of a VAE does not vanish beside its
    prior by scale alone. Warns where all tracks are alike, and become zeros.

    >>> scaled(pd.DataFrame({"jazz": [0.2, 0.4], "rock": [0.1, 0.1]}), "common").round(3)
    array([[-1.414,  0.   ],
           [ 1.414,  0.   ]], dtype=float32)
    """
    values = features.to_numpy(dtype=np.float64)
    mean = values.mean(axis=0)
    deviation = np.sqrt(np.mean((values - mean) ** 2))
    alike = deviation <= 1e-12 * np.abs(values).max()
    if alike and len(features) > 1:
        warnings.warn("all tracks have the same features, kept as zeros", UserWarning, stacklevel=4)
    return Scale(np.ones_like(mean), mean, np.full_like(mean, 0.0 if alike else deviation))


def roots_scale(features: pd.DataFrame) -> Scale:
    """Return :func:`common_scale` of the square roots of probabilities; ValueError for numbers below 0.

    Distances between square roots are those of Hellinger: between 0.01 and 0.04 lies as much as between 0.25 and 0.36.
    """
    blank = np.ones(features.shape[1])
    roots = Scale(blank, blank, blank, roots=True).own(features)
    return common_scale(pd.DataFrame(roots, columns=features.columns))._replace(roots=True)


SCALINGS: dict[str, Callable[[pd.DataFrame], Scale]] = {
    "standard": standard_scale,
    "common": common_scale,
    "roots": roots_scale,
}


def scaled(features: pd.DataFrame, scaling: str = "standard") -> np.ndarray:
    """Return (n, d) float32: features as a row of SCALINGS takes them, made of these tracks.

    >>> scaled(pd.DataFrame({"tempo": [60.0, 90.0, 120.0]})).ravel().round(3)
    array([-1.225,  0.   ,  1.225], dtype=float32)
    """
    return SCALINGS[scaling](features)(features)


def check_scaling(name: str) -> None:
    """Raise ValueError, with those that there are, unless a scaling has that name."""
    if name not in SCALINGS:
        raise ValueError(f"scaling={name!r}; expected one of {', '.join(SCALINGS)}")
