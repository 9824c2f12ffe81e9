"""SCALINGS: the one table of ways from features in their own units to what models see (chapter ``00_data``).

To add one, add a row. Which of them a set of features has by default stands in ``feature_sets``.
"""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

HUGE = 1e100


def standardise(features: pd.DataFrame) -> np.ndarray:
    """Return (n, d) float32: each column less its mean, over its population deviation.

    A constant column becomes zeros, with a warning: it tells no track from another, but keeps its place.

    >>> standardise(pd.DataFrame({"tempo": [60.0, 90.0, 120.0]})).ravel().round(3)
    array([-1.225,  0.   ,  1.225], dtype=float32)
    """
    values = features.to_numpy(dtype=np.float64)
    size = np.abs(values).max(axis=0, initial=0.0)
    extreme = (size > 0) & ((size < 1 / HUGE) | (size > HUGE))
    if extreme.any():  # squares of these are no numbers
        values = values / np.where(extreme, size, 1.0)
    centred = values - values.mean(axis=0)
    deviation = values.std(axis=0)
    # The deviation of a constant column is a rounding error of its mean, not always exactly zero.
    constant = deviation <= 1e-12 * np.abs(values).max(axis=0)
    if constant.any() and len(features) > 1:
        names = ", ".join(features.columns[constant])
        warnings.warn(f"constant feature columns, kept as zeros: {names}", UserWarning, stacklevel=2)
    centred[:, constant] = 0.0
    return (centred / np.where(constant, 1.0, deviation)).astype(np.float32)


def scale_in_common(features: pd.DataFrame) -> np.ndarray:
    """Return (n, d) float32: each column less its mean, then all over one number: the mean variance of a column is 1.

    For columns whose relative scale means something, such as those of one layer of a network. Distances keep their
    proportions, so that K-Means and UMAP find what they find without it; the loss of a VAE does not vanish beside its
    prior by scale alone.

    >>> scale_in_common(pd.DataFrame({"jazz": [0.2, 0.4], "rock": [0.1, 0.1]})).round(3)
    array([[-1.414,  0.   ],
           [ 1.414,  0.   ]], dtype=float32)
    """
    values = features.to_numpy(dtype=np.float64)
    centred = values - values.mean(axis=0)
    deviation = np.sqrt(np.mean(centred**2))
    alike = deviation <= 1e-12 * np.abs(values).max()
    if alike and len(features) > 1:
        warnings.warn("all tracks have the same features, kept as zeros", UserWarning, stacklevel=2)
    return (np.zeros_like(centred) if alike else centred / deviation).astype(np.float32)


def scale_roots(features: pd.DataFrame) -> np.ndarray:
    """Return (n, d) float32: square roots of probabilities, then a common scale.

    Distances between square roots are those of Hellinger: between 0.01 and 0.04 lies as much as between 0.25 and 0.36.
    ValueError for numbers below 0.
    """
    negative = [name for name in features if (features[name] < 0).any()]
    if negative:
        raise ValueError(f"square roots are for probabilities, but these columns hold numbers below 0: {negative[:5]}")
    return scale_in_common(np.sqrt(features))


SCALINGS: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "standard": standardise,
    "common": scale_in_common,
    "roots": scale_roots,
}


def check_scaling(name: str) -> None:
    """Raise ValueError, with those that there are, unless a scaling has that name."""
    if name not in SCALINGS:
        raise ValueError(f"scaling={name!r}; expected one of {', '.join(SCALINGS)}")
