"""How sure a number is: intervals over seeds, and their wording (chapter ``07_comparison``)."""

import numpy as np
import pandas as pd
from scipy import stats

from vaeclust.methods import METHODS
from vaeclust.metrics import METRICS
from vaeclust.records import published

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
    """
    if "condition" not in scores:
        scores = scores.assign(condition="standard")
    rows = []
    for key, group in scores.groupby(GROUP, sort=False):
        values = group["value"].dropna().to_numpy()
        rows.append((*key, *_t_interval(values, level), _how(values, len(group), level)))
    return pd.DataFrame(rows, columns=[*GROUP, "mean", "sd", "low", "high", "how"])


def _t_interval(values: np.ndarray, level: float) -> tuple[float, float, float, float]:
    n = len(values)
    mean = values.mean() if n else np.nan
    if n < 2:
        return mean, np.nan, np.nan, np.nan
    sd = values.std(ddof=1)
    half = stats.t.ppf((1 + level) / 2, n - 1) * sd / np.sqrt(n)
    return mean, sd, mean - half, mean + half


def _how(values: np.ndarray, n: int, level: float) -> str:
    missing = f", {n - len(values)} without a value" if len(values) < n else ""
    if len(values) < 2:
        return f"{len(values)} seed: no interval{missing}"
    return f"t interval, {level:.0%}, {len(values)} seeds{missing}"


def wording(mean: float, sd: float) -> str:
    """Return ``mean ± sd`` as the book prints it: ``0.250 ± 0.003``, ``56.3 ± 0.2``, ``1,416 ± 62``."""
    digits = 3 if abs(mean) < 10 else 1 if abs(mean) < 100 else 0
    if not np.isfinite(mean):
        return "–"
    spread = f" ± {sd:,.{digits}f}" if np.isfinite(sd) else ""
    return f"{mean:,.{digits}f}{spread}"


def findings(intervals: pd.DataFrame, *, clusterer: str = "kmeans") -> dict[str, str]:
    """Return ``<method>_<metric>`` → ``mean ± sd``, to glue into prose: own space and genre labels.

    Label-free metrics in the input space are ``<method>_<metric>_input``. What was not measured reads
    'not measured', so that a page about unlabelled music says so.
    """
    texts = {
        f"{method}_{metric}{suffix}": "not measured"
        for method in intervals["method"].unique()
        for metric in METRICS
        for suffix in ("", "_input")
    }
    for row in intervals[intervals["clusterer"] == clusterer].itertuples():
        suffix = "_input" if row.space == "input" else ""
        texts[f"{row.method}_{row.metric}{suffix}"] = wording(row.mean, row.sd)
    return texts


def overview(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of one method for reading: a row for each metric, columns for space, mean and interval."""
    titles = {"own": "own space", "input": "input space", "labels": "genre"}
    table = pd.DataFrame({
        "score": [f"{METRICS[m].title} {METRICS[m].arrow}" for m in intervals["metric"]],
        "measured in": intervals["space"].map(titles).to_numpy(),
        "mean ± sd": [wording(m, sd) for m, sd in zip(intervals["mean"], intervals["sd"], strict=True)],
        "95 % interval of the mean": [
            f"{wording(low, np.nan)} to {wording(high, np.nan)}" if np.isfinite(low) else "–"
            for low, high in zip(intervals["low"], intervals["high"], strict=True)
        ],
    })  # fmt: skip
    return table.set_index("score").rename_axis(None)


def as_published(intervals: pd.DataFrame, *, clusterer: str = "kmeans") -> pd.DataFrame:
    """Return the rows that answer to the published tables: own latent space, genre, standard condition."""
    kept = intervals["space"].isin(["own", "labels"]) & intervals["reference"].isin(["", "genre"])
    return intervals[kept & (intervals["clusterer"] == clusterer) & (intervals["condition"] == "standard")]


def comparison(intervals: pd.DataFrame, column: str = "mean") -> pd.DataFrame:
    """Return one row a method and one column a metric, in the order of METHODS and METRICS."""
    table = intervals.pivot(index="method", columns="metric", values=column)
    return table.reindex([m for m in METHODS if m in table.index])[[m for m in METRICS if m in table]]


def beside_published(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return our ``mean ± sd`` of every method over the rows that the published study printed and kept.

    The results file has no PCA row; what was not published reads '–'.
    """
    rows = {}
    means, deviations = comparison(intervals), comparison(intervals, "sd")
    for slug in means.index:
        title = METHODS[slug].title
        ours = [wording(m, sd) for m, sd in zip(means.loc[slug], deviations.loc[slug], strict=True)]
        rows[title, "this book"] = ours
        for which, source in (("table", "printed table"), ("results_file", "results file")):
            values = published(which).reindex([slug])[means.columns].iloc[0]
            rows[title, source] = [wording(value, np.nan) for value in values]
    columns = [f"{METRICS[name].title} {METRICS[name].arrow}" for name in means]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).set_axis(pd.MultiIndex.from_tuples(rows))
