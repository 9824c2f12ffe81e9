"""Whether two ways of grouping differ, and how sure that is (chapters ``07_comparison``, ``09_beyond``).

A difference is ``mean, sd, low, high`` and a ``verdict``: ``higher`` or ``lower`` where the interval lies on one side
of zero, else ``none``.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from vaeclust.corpus.dataset import ARTIST
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.metrics import METRICS
from vaeclust.scores.uncertainty import LEVEL, interval_of_mean
from vaeclust.studies.kept import book_table
from vaeclust.studies.records import STANDARD, headline, pick
from vaeclust.studies.rules import FULL_FEATURES


class Pipeline(NamedTuple):
    """The key of one way of grouping: slugs of method, clusterer and condition, which says on what features."""

    method: str
    clusterer: str = "kmeans"
    condition: str = STANDARD


DRAWS = 4000  # of a bootstrap: with so many, the width of an interval is known to about a hundredth
KEYS = list(Pipeline._fields)
FOUND = ["mean", "sd", "low", "high", "verdict"]  # of every difference
FIRST = Pipeline("features")  # what every pipeline has to beat
FULL = Pipeline("features", condition=FULL_FEATURES)
LAID_OUT = Pipeline("umap", condition=FULL_FEATURES)


def verdict(low: float, high: float) -> str:
    """Return ``higher``, ``lower`` or ``none``: on which side of zero the interval of a difference lies."""
    return "higher" if low > 0 else "lower" if high < 0 else "none"


def _judged_interval(found: Mapping[str, float]) -> dict[str, Any]:
    return {**found, "verdict": verdict(found["low"], found["high"])}


def difference_over_seeds(values: np.ndarray) -> dict[str, Any]:
    """Return the difference whose values over seeds, or over draws, are these; values (n,)."""
    return _judged_interval(interval_of_mean(values))


def paired_difference(
    scores: pd.DataFrame, baseline: pd.DataFrame, metric: str, *, clusterer: str = "kmeans"
) -> dict[str, Any]:
    """Return the difference of two methods in one metric, seed by seed.

    scores, baseline: rows of ``scores.csv``, one condition and one space of the metric each. Raises ValueError when
    the two do not have the same seeds.
    """
    tables = [pick(table, metric=metric, clusterer=clusterer) for table in (scores, baseline)]
    ours, theirs = (table.set_index("seed")["value"].sort_index() for table in tables)
    if list(ours.index) != list(theirs.index):
        raise ValueError(f"seeds {list(ours.index)} against {list(theirs.index)}; paired differences need the same")
    return difference_over_seeds((ours - theirs).to_numpy())


def training_effects(scores: pd.DataFrame, metrics: Iterable[str] = ("nmi", "ari")) -> pd.DataFrame:
    """Return for every network how training changed its scores against the headline label, paired by seed.

    ``method, metric, mean, sd, low, high, verdict``. scores: rows of ``scores.csv`` of all methods, in the conditions
    ``standard`` and ``untrained``.
    """
    labelled = pick(scores, reference=[headline(scores)], condition=[STANDARD, "untrained"])
    rows = []
    for slug, group in labelled.groupby("method", sort=False):
        parts = dict(list(group.groupby("condition")))
        if len(parts) == 2:
            for metric in metrics:
                change = paired_difference(parts[STANDARD], parts["untrained"], metric)
                rows.append({"method": slug, "metric": metric, **change})
    return pd.DataFrame(rows, columns=["method", "metric", *FOUND])


def condition_differences(scores: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Return for every condition how its scores against labels differ from those of another method, paired by seed.

    ``condition, metric, mean, sd, low, high, verdict``. scores, baseline: ``scores.csv`` of two methods; the baseline
    under its standard condition.
    """
    standard = pick(baseline, condition=STANDARD, reference=[headline(baseline)])
    labelled = pick(scores, reference=[headline(scores)])
    both = set(labelled["metric"]) & set(standard["metric"])
    metrics = [name for name in METRICS if name in both]
    rows = []
    for condition, group in labelled.groupby("condition", sort=False):
        for metric in metrics:
            found = paired_difference(group, standard, metric)
            rows.append({"condition": condition, "metric": metric, **found})
    return pd.DataFrame(rows, columns=["condition", "metric", *FOUND])


def control_differences(scores: pd.DataFrame, metric: str = "nmi") -> pd.DataFrame:
    """Return how a method differs from itself under every other condition, against labels and paired by seed.

    ``metric, condition, baseline_condition, mean, sd, low, high, verdict``. scores: ``scores.csv`` of one method.
    """
    conditions = dict(list(pick(scores, reference=headline(scores)).groupby("condition", sort=False)))
    standard, rows = conditions.pop(STANDARD), []
    for condition, group in conditions.items():
        keys = {"metric": metric, "condition": STANDARD, "baseline_condition": condition}
        rows.append(keys | paired_difference(standard, group, metric))
    return pd.DataFrame(rows)


def bootstrap_means(
    clusters: pd.DataFrame,
    reference: pd.Series,
    metric: str,
    draws: int = DRAWS,
    seed: int = 0,
    units: pd.Series | None = None,
) -> pd.Series:
    """Return the mean over seeds of a metric: as measured first, then for every draw of seeds and tracks.

    Bootstrap over both at once: each draw takes seeds and tracks with replacement, of each one less than there are, so
    that the variance of a mean is s²/n and not s²(n - 1)/n² (Efron & Tibshirani 1993; Rao & Wu 1988). Seeds and
    units have draws of their own, which depend on their numbers alone, so that two methods of one study share them. The
    name of the result are the seeds.

    clusters: ``track_id, seed, cluster`` of one clusterer and condition; reference: label by track id, missing where
    unknown. units: what is drawn whole, by track id, such as artists; a track without one stands alone, and so do all
    without any.
    """
    known = reference.dropna()
    truth = pd.factorize(known)[0]
    table = clusters.pivot(index="seed", columns="track_id", values="cluster")[known.index]
    unit = unit_numbers(units, known.index)
    n, s = int(unit.max()) + 1, len(table)
    seeds, weights = (_drawn(count, draws, [seed, place]) for place, count in enumerate((s, n)))
    weights = weights[:, unit]
    found = np.stack([METRICS[metric].function(truth, row, weights) for row in table.to_numpy()], axis=1)
    values = (found * seeds).sum(axis=1) / seeds.sum(axis=1)  # found, seeds: (draws, seeds)
    return pd.Series(values, name=tuple(table.index))


def _drawn(count: int, draws: int, seed: list[int]) -> np.ndarray:
    """Return how often each of ``count`` is taken: once each at first, then as each draw has it, (1 + draws, count)."""
    rng = np.random.default_rng(seed)
    taken = rng.integers(count, size=(draws, max(1, count - 1)))
    return np.stack([np.ones(count, dtype=np.int64), *(np.bincount(row, minlength=count) for row in taken)])


def unit_numbers(units: pd.Series | None, tracks: pd.Index) -> np.ndarray:
    """Return the number of the unit of every track, (n,) int, in the order of the tracks; one without a unit is alone.

    units: by track id, names or numbers, missing where unknown; None: every track is alone.

    >>> unit_numbers(pd.Series([1, None, 1, None], list("abcd")), pd.Index(list("abcd"))).tolist()
    [0, 1, 0, 2]
    """
    if units is None:
        return np.arange(len(tracks))
    named = units.reindex(tracks)
    keys = [("track", place) if pd.isna(unit) else ("unit", unit) for place, unit in enumerate(named)]
    return pd.factorize(pd.Index(keys, tupleize_cols=False))[0]


def difference(draws: list[pd.Series], level: float = LEVEL) -> dict[str, Any]:
    """Return one method's mean, or the difference of two, when both seeds and tracks might have been others.

    draws: of :func:`bootstrap_means`, one or two of them. ``sd`` is the deviation over draws; the interval is normal
    around what was measured, since repeated tracks shift the draws themselves. The seeds of one may be some of those of
    the other, such as the ensembles of a consensus; then only the tracks are paired. Raises ValueError for fewer than
    two seeds, or when those of both differ otherwise.
    """
    fewest, *others = sorted((set(values.name) for values in draws), key=len)
    if len(fewest) < 2 or any(not fewest <= other for other in others):
        raise ValueError(f"seeds {[list(values.name) for values in draws]}; expected the same, at least two")
    values = draws[0] - draws[1] if len(draws) > 1 else draws[0]
    mean, deviation = values[0], values[1:].std(ddof=1)
    half = stats.norm.ppf((1 + level) / 2) * deviation
    return _judged_interval({"mean": mean, "sd": deviation, "low": mean - half, "high": mean + half})


def difference_row(
    pipeline: Pipeline, baseline: Pipeline, drawn: Mapping[Pipeline, pd.Series], metric: str
) -> dict[str, Any]:
    """Return one row of :func:`differences_to`."""
    theirs = {f"baseline_{name}": key for name, key in baseline._asdict().items()}
    both = {"metric": metric, "baseline": theirs.pop("baseline_method"), **theirs, **pipeline._asdict()}
    return {**both, **difference([drawn[pipeline], drawn[baseline]])}


def differences_to(
    baselines: Iterable[Pipeline], drawn: Mapping[Pipeline, pd.Series], metric: str, *, but: Iterable[Pipeline] = ()
) -> pd.DataFrame:
    """Return how every pipeline, ``but`` a few, differs from each of the baselines that are among them.

    ``metric, baseline, baseline_clusterer, baseline_condition, method, clusterer, condition, mean, sd, low, high,
    verdict``. drawn: :func:`bootstrap_means` of every pipeline in the metric.
    """
    rows = []
    for baseline, pipeline in product(baselines, drawn):
        if baseline in drawn and pipeline not in (baseline, *but):
            rows.append(difference_row(pipeline, baseline, drawn, metric))
    return pd.DataFrame(rows)


def baseline_differences(
    clusters: pd.DataFrame,
    reference: pd.Series,
    *,
    units: pd.Series | None = None,
    baselines: Iterable[str] = ("pca", "raw"),
) -> pd.DataFrame:
    """Return :func:`differences_to` for K-Means on every method but the last baseline, in NMI and ARI.

    clusters: ``method, track_id, seed, clusterer, cluster`` of the standard condition, baselines among them.
    reference: label by track id; units: as of :func:`bootstrap_means`. Without any label, and with a single seed, there
    is no row.
    """
    if reference.isna().all() or clusters["seed"].nunique() < 2:
        return pd.DataFrame(columns=["metric", *(f"baseline_{name}" for name in KEYS[1:]), "baseline", *KEYS, *FOUND])
    groups = dict(list(pick(clusters, clusterer="kmeans").groupby("method")))
    slugs = [slug for slug in METHODS if slug in groups]
    compared = [Pipeline(slug) for slug in baselines]
    tables = []
    for metric in ("nmi", "ari"):
        drawn = {Pipeline(slug): bootstrap_means(groups[slug], reference, metric, units=units) for slug in slugs}
        tables.append(differences_to(compared, drawn, metric, but=compared[-1:]))
    return pd.concat(tables, ignore_index=True)


def pipeline_differences(
    clusters: pd.DataFrame,
    reference: pd.Series,
    baselines: Iterable[Pipeline],
    metric: str = "nmi",
    *,
    units: pd.Series | None = None,
) -> pd.DataFrame:
    """Return :func:`differences_to` for every method, clusterer and condition of a table of clusters.

    reference, units: as of :func:`bootstrap_means`.
    """
    drawn = {}
    for key, group in clusters.groupby(KEYS):
        drawn[Pipeline(*key)] = bootstrap_means(group, reference, metric, units=units)
    return differences_to(baselines, drawn, metric)


def survivors(differences: pd.DataFrame, level: float = LEVEL) -> pd.Series:
    """Return which differences of a family hold when all of them are tested together, (n,) bool; Holm (1979).

    differences: ``mean, sd`` with the deviation over draws, one row a test, two-sided and normal. The chance that any
    of them is taken for a difference that is none stays below 1 - level.

    >>> survivors(pd.DataFrame({"mean": [0.04, 0.021, 0.0], "sd": 0.01})).tolist()
    [True, False, False]
    """
    p = 2 * stats.norm.sf((differences["mean"] / differences["sd"]).abs().to_numpy(dtype=float))
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    kept = np.empty(len(p), dtype=bool)
    kept[order] = steps < 1 - level
    return pd.Series(kept, differences.index)


def detectable(differences: pd.DataFrame, power: float = 0.8, level: float = LEVEL) -> pd.Series:
    """Return the smallest difference that a study of this kind finds so often, (n,), from the deviation over draws.

    >>> detectable(pd.DataFrame({"sd": [0.01]})).round(3).tolist()
    [0.028]
    """
    return (stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(power)) * differences["sd"]


def released_differences(root: Path | None = None, unit: str = ARTIST) -> pd.DataFrame:
    """Return all differences over seeds and artists as released, or over seeds and tracks; :func:`differences_to`."""
    table = book_table("differences", root)
    return pick(table, unit=unit).drop(columns="unit")


def released_gains(baseline: Pipeline, unit: str = ARTIST) -> pd.DataFrame:
    """Return the released differences of all pipelines to one of them, the largest first."""
    method, clusterer, condition = baseline
    table = released_differences(unit=unit)
    rows = pick(table, baseline=method, baseline_clusterer=clusterer, baseline_condition=condition)
    return rows.sort_values("mean", ascending=False)
