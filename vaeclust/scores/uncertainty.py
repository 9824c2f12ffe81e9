"""How sure a mean over seeds is (chapter ``07_comparison``)."""

import numpy as np
import pandas as pd
from scipy import stats

LEVEL = 0.95
GROUP = ["method", "condition", "clusterer", "space", "reference", "metric"]


def intervals(scores: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """Summarise scores over seeds.

    Returns
    -------
    DataFrame
        ``method, condition, clusterer, space, reference, metric, mean, sd, low, high, how``: mean and sample
        standard deviation over the seeds that have a value, and Student's t interval of the mean. With one seed
        there is no deviation and no interval: NaN, and ``how`` says so.

    Examples
    --------
    >>> columns = dict(method="vae", clusterer="kmeans", space="own", reference="", metric="silhouette")
    >>> summary = intervals(pd.DataFrame({"seed": range(3), "value": [0.25, 0.27, 0.26], **columns}))
    >>> summary[["mean", "low", "high", "how"]].round(3)
       mean    low   high                       how
    0  0.26  0.235  0.285  t interval, 95%, 3 seeds
    """
    if "condition" not in scores:
        scores = scores.assign(condition="standard")
    rows = []
    for key, group in scores.groupby(GROUP, sort=False):
        rows.append((*key, *t_interval(group["value"].dropna().to_numpy(), level), _interval_kind(group, level)))
    return pd.DataFrame(rows, columns=[*GROUP, "mean", "sd", "low", "high", "how"])


def t_interval(values: np.ndarray, level: float = LEVEL) -> tuple[float, float, float, float]:
    """Return mean, sample standard deviation, and the ends of Student's t interval of the mean; values (n,).

    >>> [round(float(value), 3) for value in t_interval(np.array([0.25, 0.27, 0.26]))]
    [0.26, 0.01, 0.235, 0.285]
    """
    n = len(values)
    mean = values.mean() if n else np.nan
    if n < 2:
        return mean, np.nan, np.nan, np.nan
    sd = values.std(ddof=1)
    half = stats.t.ppf((1 + level) / 2, n - 1) * sd / np.sqrt(n)
    return mean, sd, mean - half, mean + half


def _interval_kind(group: pd.DataFrame, level: float) -> str:
    n, missing = group["value"].notna().sum(), group[group["value"].isna()]
    gap = ""
    if len(missing):
        reason = "fewer than two clusters" if "k" in missing and (missing["k"] < 2).all() else "too few or too many"
        gap = f", {len(missing)} without a value ({reason})"
    return f"{n} seed: no interval{gap}" if n < 2 else f"t interval, {level:.0%}, {n} seeds{gap}"


def interval_of_mean(differences: np.ndarray) -> dict[str, float]:
    """Return ``mean, sd, low, high`` of differences (n,), by :func:`t_interval`.

    >>> {name: round(float(value), 3) for name, value in interval_of_mean(np.array([0.25, 0.27, 0.26])).items()}
    {'mean': 0.26, 'sd': 0.01, 'low': 0.235, 'high': 0.285}
    """
    return dict(zip(("mean", "sd", "low", "high"), t_interval(differences), strict=True))
