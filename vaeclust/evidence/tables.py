"""Tables of scores and of differences, for reading (all chapters)."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from vaeclust.clusters.clusterers import CLUSTERERS
from vaeclust.evidence.differences import baseline_differences, paired_difference
from vaeclust.evidence.published import PUBLISHED_SOURCES, published_scores, replica_rows
from vaeclust.evidence.ranks import metric_means
from vaeclust.evidence.words import difference_clause, mean_sd, mean_sd_cells
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.metrics import METRICS
from vaeclust.scores.uncertainty import intervals


def score_overview(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of one method for reading: a row a metric and space, mean ± sd for every clusterer."""
    titles = {"own": "own space", "input": "input space", "labels": ""}
    table = intervals[intervals["condition"] == "standard"]
    rows = list(dict.fromkeys(zip(table["metric"], table["space"], table["reference"], strict=True)))
    cells = {}
    for slug, group in table.groupby("clusterer", sort=False):
        group = group.set_index(["metric", "space", "reference"]).loc[rows]
        cells[f"{CLUSTERERS[slug].title}: mean ± sd"] = list(map(mean_sd, group["mean"], group["sd"]))
        if slug == "kmeans":
            bounds = zip(map(mean_sd, group["low"]), map(mean_sd, group["high"]), strict=True)
            cells["95 % interval of the mean"] = [f"{low} to {high}" if low != "–" else "–" for low, high in bounds]
    names = [f"{METRICS[name].title} {METRICS[name].arrow} ({titles[space]}{about})" for name, space, about in rows]
    return pd.DataFrame(cells, index=names)


def condition_scores(intervals: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
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
        cells.setdefault(title, {})[f"{METRICS[row.metric].title} ({about})"] = mean_sd(row.mean, row.sd)
    table = pd.DataFrame.from_dict(cells, orient="index")
    return table[sorted(table, key=lambda name: names.index(name.split(" (")[0]))].fillna("–")


def run_scores(scores: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return several runs below each other as :func:`condition_scores` does; scores: name of the run → its scores."""
    return condition_scores(intervals(pd.concat([table.assign(condition=name) for name, table in scores.items()])), {})


def published_comparison(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return our ``mean ± sd`` of every method over the rows that the published study printed and kept.

    Behind each published value stands its distance from our mean, in units of our standard deviation. The results
    file has no PCA row; what was not published reads '–'.
    """
    rows = {}
    ours = replica_rows(intervals)
    means, deviations = metric_means(ours), metric_means(ours, "sd")
    texts = mean_sd_cells(means, deviations)
    for slug in means.index:
        title = METHODS[slug].title
        rows[title, "this book"] = texts.loc[slug].str.replace("± ", "±\N{NO-BREAK SPACE}").tolist()
        for which, source in PUBLISHED_SOURCES.items():
            values = published_scores(which).reindex([slug])[means.columns].iloc[0]
            distances = (values - means.loc[slug]) / deviations.loc[slug].replace(0.0, np.nan)
            rows[title, source] = [
                f"{mean_sd(value)} ({distance:+.1f}\N{NO-BREAK SPACE}sd)" if np.isfinite(distance) else mean_sd(value)
                for value, distance in zip(values, distances, strict=True)
            ]
    columns = [f"{METRICS[name].title} {METRICS[name].arrow}" for name in means]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).set_axis(pd.MultiIndex.from_tuples(rows))


def baseline_table(
    clusters: pd.DataFrame, reference: pd.Series, *, baselines: Iterable[str] = ("pca", "raw")
) -> pd.DataFrame:
    """Return :func:`baseline_differences` in words: a row a method, columns such as ``NMI against PCA``."""
    return difference_cells(baseline_differences(clusters, reference, baselines=baselines))


def difference_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of :func:`baseline_differences` for reading, a row a method."""
    cells: dict[str, dict[str, str]] = {}
    for row in table.to_dict("records"):
        column = f"{METRICS[row['metric']].title} against {METHODS[row['baseline']].title}"
        cells.setdefault(column, {})[METHODS[row["method"]].title] = difference_clause(row, short=True)
    rows = [METHODS[slug].title for slug in METHODS if slug in set(table["method"])]
    return pd.DataFrame(cells, index=rows).fillna("–")


def training_table(scores: pd.DataFrame, metrics: Iterable[str] = ("nmi", "ari")) -> pd.DataFrame:
    """Return for every method with a network how training changed its scores against genre, paired by seed.

    scores: rows of ``scores.csv`` of all methods, in the conditions ``standard`` and ``untrained``.
    """
    labelled = scores[scores["reference"] == "genre"]
    rows = {}
    for slug, group in labelled.groupby("method", sort=False):
        before, after = (group[group["condition"] == name] for name in ("untrained", "standard"))
        if len(before):
            rows[METHODS[slug].title] = [
                difference_clause(paired_difference(after, before, metric)) for metric in metrics
            ]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[METRICS[name].title for name in metrics])


def condition_differences(scores: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Return for every condition how its scores against genre differ from those of another method, in words.

    scores, baseline: ``scores.csv`` of two methods; the baseline under its standard condition.
    """
    standard = baseline.query("condition == 'standard' and reference == 'genre'")
    labelled = scores[scores["reference"] == "genre"]
    metrics = [name for name in METRICS if name in set(labelled["metric"])]
    rows = {
        condition: [difference_clause(paired_difference(group, standard, metric)) for metric in metrics]
        for condition, group in labelled.groupby("condition", sort=False)
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[METRICS[name].title for name in metrics])
