"""Methods in order: scaled scores, the study's overall score, ranks over seeds (chapter ``07_comparison``)."""

import numpy as np
import pandas as pd

from vaeclust.evidence.published import PUBLISHED_SOURCES, comparable_rows, published_columns, published_scores
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.metrics import LABELS, METRICS


def metric_means(intervals: pd.DataFrame, column: str = "mean") -> pd.DataFrame:
    """Return one row a method and one column a metric, in the order of METHODS and METRICS."""
    table = intervals.pivot(index="method", columns="metric", values=column)
    return table.reindex([m for m in METHODS if m in table.index])[[m for m in METRICS if m in table]]


def scaled_means(means: pd.DataFrame) -> pd.DataFrame:
    """Scale every metric over the compared methods, from 0 (worst) to 1 (best in its own direction).

    ``(mean - worst) / (best - worst)``; where all methods are equal, 0.5. means: methods × metrics.
    """
    low, high = means.min(), means.max()
    shares = (means - low) / (high - low).replace(0.0, np.nan)
    for name in means:
        if not METRICS[name].higher_is_better:
            shares[name] = 1 - shares[name]
    return shares.fillna(0.5).where(means.notna())


def overall_scores(means: pd.DataFrame) -> pd.DataFrame:
    """Return ``overall``, the mean over the study's metrics of :func:`scaled_means`, and ``rank``, 1 for the best.

    Ties share the better rank. Without a score against labels, both are missing: scores of different spaces rank
    nothing. means: methods × metrics.
    """
    score = scaled_means(means[published_columns(means)]).mean(axis=1)
    if not can_be_ranked(means):
        return pd.DataFrame({"overall": np.nan, "rank": pd.array([pd.NA] * len(means), dtype="Int64")}, means.index)
    return pd.DataFrame({"overall": score, "rank": score.rank(ascending=False, method="min").astype(int)})


def overall_origins() -> pd.DataFrame:
    """Return the overall scores that the study printed, and those that its own values give.

    One row a method, columns ``printed, results_file, table``: the mean of the six scores of a source, each scaled
    from 0, the worst of its methods, to 1 (see :func:`scaled_means`); missing where the
    source does not have the method.
    """
    found = {"printed": published_scores()["overall"]}
    for source in reversed(PUBLISHED_SOURCES):
        values = published_scores(source)
        found[source] = scaled_means(values[published_columns(values)]).mean(axis=1)
    return pd.DataFrame(found).loc[published_scores().index]


def can_be_ranked(means: pd.DataFrame) -> bool:
    """Return whether there is a score against labels among the metrics that are the columns of a table."""
    return any(METRICS[name].kind == LABELS for name in means)


def nemenyi_ranks(scores: pd.DataFrame, metric: str = "nmi") -> tuple[pd.Series, pd.DataFrame]:
    """Return mean ranks of the methods over seeds, 1 for the best, and p-values of every two, (methods × methods).

    Friedman's ranks with the seeds as blocks, Nemenyi's test (Demšar 2006, JMLR 7). The blocks are seeds on one
    corpus: the test says nothing about other tracks. Methods that do not draw, or draw the same, tie.

    scores: rows of ``scores.csv`` of one condition, clusterer, space and reference. Without any, as of unlabelled
    music, and with a single seed both results are empty.
    """
    from scikit_posthocs import posthoc_nemenyi_friedman

    values = scores[scores["metric"] == metric].pivot(index="seed", columns="method", values="value")
    values = values[[slug for slug in METHODS if slug in values]]
    if len(values) < 2:
        return pd.Series(dtype=float), pd.DataFrame()
    ranks = values.rank(axis=1, ascending=not METRICS[metric].higher_is_better).mean()
    return ranks, posthoc_nemenyi_friedman(values)


def study_table(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the study's table: a row a method, its mean scores by K-Means, overall score and rank."""
    means = metric_means(comparable_rows(intervals))
    return means.join(overall_scores(means))
