"""How sure a number is: intervals, differences, ranks, agreement, and their wording (chapter ``07_comparison``)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from vaeclust.clustering import CLUSTERERS
from vaeclust.methods import METHODS
from vaeclust.metrics import METRICS
from vaeclust.records import SOURCES, published

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
        rows.append((*key, *t_interval(group["value"].dropna().to_numpy(), level), _how(group, level)))
    return pd.DataFrame(rows, columns=[*GROUP, "mean", "sd", "low", "high", "how"])


def t_interval(values: np.ndarray, level: float = LEVEL) -> tuple[float, float, float, float]:
    """Return mean, sample standard deviation, and the ends of Student's t interval of the mean; values (n,)."""
    n = len(values)
    mean = values.mean() if n else np.nan
    if n < 2:
        return mean, np.nan, np.nan, np.nan
    sd = values.std(ddof=1)
    half = stats.t.ppf((1 + level) / 2, n - 1) * sd / np.sqrt(n)
    return mean, sd, mean - half, mean + half


def _how(group: pd.DataFrame, level: float) -> str:
    n, missing = group["value"].notna().sum(), group[group["value"].isna()]
    gap = ""
    if len(missing):
        reason = "fewer than two clusters" if "k" in missing and (missing["k"] < 2).all() else "too few or too many"
        gap = f", {len(missing)} without a value ({reason})"
    return f"{n} seed: no interval{gap}" if n < 2 else f"t interval, {level:.0%}, {n} seeds{gap}"


def wording(mean: float, sd: float = np.nan) -> str:
    """Return ``mean ± sd`` as the book prints it: ``0.250 ± 0.003``, ``56.3 ± 0.2``, ``1,416 ± 62``."""
    digits = 3 if abs(mean) < 10 else 1 if abs(mean) < 100 else 0
    if not np.isfinite(mean):
        return "–"
    spread = f" ± {sd:,.{digits}f}" if np.isfinite(sd) else ""
    return f"{round(mean, digits) + 0.0:,.{digits}f}{spread}"  # + 0.0: no sign before a zero


def worded(means: pd.DataFrame, deviations: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`wording` of every cell of two tables of one shape."""
    pairs = {name: zip(means[name], deviations[name], strict=True) for name in means}
    return pd.DataFrame({name: [wording(*pair) for pair in both] for name, both in pairs.items()}, means.index)


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
    chosen = "clusterer == @clusterer and condition == 'standard' and reference in ('', 'genre')"
    for row in intervals.query(chosen).itertuples():
        suffix = "_input" if row.space == "input" else ""
        texts[f"{row.method}_{row.metric}{suffix}"] = wording(row.mean, row.sd)
    return texts


def overview(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of one method for reading: a row a metric and space, mean ± sd for every clusterer."""
    titles = {"own": "own space", "input": "input space", "labels": ""}
    table = intervals[intervals["condition"] == "standard"]
    rows = list(dict.fromkeys(zip(table["metric"], table["space"], table["reference"], strict=True)))
    cells = {}
    for slug, group in table.groupby("clusterer", sort=False):
        group = group.set_index(["metric", "space", "reference"]).loc[rows]
        cells[f"{CLUSTERERS[slug].title}: mean ± sd"] = list(map(wording, group["mean"], group["sd"]))
        if slug == "kmeans":
            bounds = zip(map(wording, group["low"]), map(wording, group["high"]), strict=True)
            cells["95 % interval of the mean"] = [f"{low} to {high}" if low != "–" else "–" for low, high in bounds]
    names = [f"{METRICS[name].title} {METRICS[name].arrow} ({titles[space]}{about})" for name, space, about in rows]
    return pd.DataFrame(cells, index=names)


def survival(intervals: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Return what is left of the K-Means scores of one method under each condition: mean ± sd.

    Rows: conditions, called by ``titles``. Columns: NMI and ARI against every reference, silhouette in both spaces.
    """
    spaces = {"own": "own space", "input": "input space"}
    shown = intervals.query("clusterer == 'kmeans' and metric in ('nmi', 'ari', 'silhouette')")
    names = METRICS["nmi"].title, METRICS["ari"].title, METRICS["silhouette"].title
    cells: dict[str, dict[str, str]] = {}
    for row in shown.itertuples():
        about = row.reference or spaces[row.space]
        title = titles.get(row.condition, row.condition)
        cells.setdefault(title, {})[f"{METRICS[row.metric].title} ({about})"] = wording(row.mean, row.sd)
    table = pd.DataFrame.from_dict(cells, orient="index")
    return table[sorted(table, key=lambda name: names.index(name.split(" (")[0]))].fillna("–")


def side_by_side(scores: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return several runs below each other as :func:`survival` does; scores: name of the run → its scores."""
    return survival(intervals(pd.concat([table.assign(condition=name) for name, table in scores.items()])), {})


def as_published(intervals: pd.DataFrame, *, clusterer: str = "kmeans", condition: str = "standard") -> pd.DataFrame:
    """Return the rows that answer to the published tables: own latent space and genre, one condition."""
    kept = intervals["space"].isin(["own", "labels"]) & intervals["reference"].isin(["", "genre"])
    return intervals[kept & (intervals["clusterer"] == clusterer) & (intervals["condition"] == condition)]


def as_the_study_ran(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`as_published` with the multi-modal row under ``published_lyrics`` where we have that condition."""
    both = [as_published(intervals, condition=name) for name in ("standard", "published_lyrics")]
    return pd.concat(both).drop_duplicates(["method", "metric"], keep="last")


def comparison(intervals: pd.DataFrame, column: str = "mean") -> pd.DataFrame:
    """Return one row a method and one column a metric, in the order of METHODS and METRICS."""
    table = intervals.pivot(index="method", columns="metric", values=column)
    return table.reindex([m for m in METHODS if m in table.index])[[m for m in METRICS if m in table]]


def scaled(means: pd.DataFrame) -> pd.DataFrame:
    """Scale every metric over the compared methods, from 0 (worst) to 1 (best in its own direction).

    ``(mean - worst) / (best - worst)``; where all methods are equal, 0.5. means: methods × metrics.
    """
    low, high = means.min(), means.max()
    shares = (means - low) / (high - low).replace(0.0, np.nan)
    for name in means:
        if not METRICS[name].higher_is_better:
            shares[name] = 1 - shares[name]
    return shares.fillna(0.5).where(means.notna())


def overall(means: pd.DataFrame) -> pd.DataFrame:
    """Return ``overall``, the mean over the metrics of :func:`scaled`, and ``rank``, 1 for the best (page ``metrics``).

    Ties share the better rank. means: methods × metrics.
    """
    score = scaled(means).mean(axis=1)
    return pd.DataFrame({"overall": score, "rank": score.rank(ascending=False, method="min").astype(int)})


def closest_to_genre(intervals: pd.DataFrame, metric: str = "nmi") -> str:
    """Return a clause on which methods agree best with genre: the best mean, and all that overlap its interval.

    intervals: one clusterer and condition.
    """
    table = intervals[intervals["metric"] == metric].set_index("method")
    if table.empty:
        return "there are no genres to agree with"
    best = table["mean"].idxmax()
    near = [m for m in table.index if m != best and not table.loc[m, "high"] < table.loc[best, "low"]]
    title = f"the highest mean {METRICS[metric].title} against genre is that of {METHODS[best].title}"
    title += f", {wording(table.loc[best, 'mean'], table.loc[best, 'sd'])}"
    if not near:
        return f"{title}; no other method's interval reaches it"
    return f"{title}; the intervals of {', '.join(METHODS[m].title for m in near)} overlap its own"


def beside_published(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return our ``mean ± sd`` of every method over the rows that the published study printed and kept.

    Behind each published value stands its distance from our mean, in units of our standard deviation. The results
    file has no PCA row; what was not published reads '–'.
    """
    rows = {}
    ours = as_the_study_ran(intervals)
    means, deviations = comparison(ours), comparison(ours, "sd")
    texts = worded(means, deviations)
    for slug in means.index:
        title = METHODS[slug].title
        rows[title, "this book"] = texts.loc[slug].str.replace("± ", "±\N{NO-BREAK SPACE}").tolist()
        for which, source in SOURCES.items():
            values = published(which).reindex([slug])[means.columns].iloc[0]
            distances = (values - means.loc[slug]) / deviations.loc[slug].replace(0.0, np.nan)
            rows[title, source] = [
                f"{wording(value)} ({distance:+.1f}\N{NO-BREAK SPACE}sd)" if np.isfinite(distance) else wording(value)
                for value, distance in zip(values, distances, strict=True)
            ]
    columns = [f"{METRICS[name].title} {METRICS[name].arrow}" for name in means]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).set_axis(pd.MultiIndex.from_tuples(rows))
