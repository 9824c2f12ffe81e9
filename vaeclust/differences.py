"""Whether two methods differ, how sure that is, and in which words (chapter ``07_comparison``)."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from vaeclust.evidence import LEVEL, t_interval
from vaeclust.methods import METHODS
from vaeclust.metrics import METRICS


def paired(scores: pd.DataFrame, baseline: pd.DataFrame, metric: str, *, clusterer: str = "kmeans") -> dict:
    """Return ``mean, sd, low, high`` of the difference of two methods in one metric, seed by seed.

    scores, baseline: rows of ``scores.csv``, one condition and one space of the metric each. Raises ValueError when
    the two do not have the same seeds.
    """
    chosen = f"metric == '{metric}' and clusterer == '{clusterer}'"
    ours, theirs = (t.query(chosen).set_index("seed")["value"].sort_index() for t in (scores, baseline))
    if list(ours.index) != list(theirs.index):
        raise ValueError(f"seeds {list(ours.index)} against {list(theirs.index)}; paired differences need the same")
    return as_interval((ours - theirs).to_numpy())


def as_interval(differences: np.ndarray) -> dict[str, float]:
    """Return ``mean, sd, low, high`` of differences (n,), by :func:`t_interval`."""
    return dict(zip(("mean", "sd", "low", "high"), t_interval(differences), strict=True))


def over_seeds_and_tracks(
    clusters: pd.DataFrame, reference: pd.Series, metric: str, *, baseline: pd.DataFrame | None = None,
    draws: int = 1000, seed: int = 0, level: float = LEVEL,
) -> dict[str, float]:  # fmt: skip
    """Return ``mean, sd, low, high`` of a metric against labels when both seeds and tracks might have been others.

    Bootstrap over both at once: each draw takes seeds and tracks with replacement (Efron & Tibshirani 1993); ``sd`` is
    the deviation over draws, and the interval is normal around the mean of what was measured, since repeated tracks
    shift the draws themselves. With ``baseline``, the difference to another method on the same seeds and tracks.

    clusters, baseline: ``track_id, seed, cluster`` of one clusterer and condition; reference: label by track id,
    missing where unknown. Raises ValueError for fewer than two seeds or when the seeds of both differ.
    """
    tables = [clusters] if baseline is None else [clusters, baseline]
    return difference([resampled(table, reference, metric, draws, seed) for table in tables], level)


def resampled(clusters: pd.DataFrame, reference: pd.Series, metric: str, draws: int = 1000, seed: int = 0) -> pd.Series:
    """Return the mean over seeds of a metric: as measured first, then for every draw of seeds and tracks.

    The draws depend on the numbers of seeds and tracks alone, so that two methods of one study share them. The index
    of the result names the seeds.
    """
    known = reference.dropna()
    truth = pd.factorize(known)[0]
    table = clusters.pivot(index="seed", columns="track_id", values="cluster")[known.index]
    n, s = len(truth), len(table)
    rng = np.random.default_rng(seed)
    drawn = [(rng.integers(s, size=s), rng.integers(n, size=n)) for _ in range(draws)]
    seeds = np.stack([np.bincount(rows, minlength=s) for rows in (np.arange(s), *(rows for rows, _ in drawn))])
    weights = np.stack(
        [np.bincount(tracks, minlength=n) for tracks in (np.arange(n), *(tracks for _, tracks in drawn))]
    )
    found = np.stack([METRICS[metric].function(truth, row, weights) for row in table.to_numpy()], axis=1)
    values = (found * seeds).sum(axis=1) / s  # found, seeds: (draws, seeds)
    return pd.Series(values, name=tuple(table.index))


def difference(draws: list[pd.Series], level: float = LEVEL) -> dict[str, float]:
    """Return ``mean, sd, low, high`` of one method, or of the difference of two, from :func:`resampled`."""
    seeds = {values.name for values in draws}
    if len(seeds) > 1 or len(draws[0].name) < 2:
        raise ValueError(f"seeds {[list(values.name) for values in draws]}; expected the same, at least two")
    values = draws[0] - draws[1] if len(draws) > 1 else draws[0]
    mean, deviation = values[0], values[1:].std(ddof=1)
    half = stats.norm.ppf((1 + level) / 2) * deviation
    return {"mean": mean, "sd": deviation, "low": mean - half, "high": mean + half}


def baseline_differences(
    clusters: pd.DataFrame, reference: pd.Series, *, baselines: Iterable[str] = ("pca", "raw")
) -> pd.DataFrame:
    """Return ``metric, baseline, method, mean, sd, low, high``: how K-Means clusters differ from those of baselines.

    Over seeds and tracks, in NMI and ARI, for all methods but the last baseline. clusters: ``method, track_id, seed,
    clusterer, cluster`` of one condition, baselines among them.
    """
    found = dict(list(clusters[clusters["clusterer"] == "kmeans"].groupby("method")))
    *_, last = baselines
    methods = [slug for slug in METHODS if slug in found]
    rows = []
    for metric in ("nmi", "ari"):
        drawn = {slug: resampled(found[slug], reference, metric) for slug in methods}
        for baseline in baselines:
            for slug in methods:
                if slug not in (baseline, last):
                    differs_by = difference([drawn[slug], drawn[baseline]])
                    rows.append({"metric": metric, "baseline": baseline, "method": slug, **differs_by})
    return pd.DataFrame(rows)


def against_baselines(
    clusters: pd.DataFrame, reference: pd.Series, *, baselines: Iterable[str] = ("pca", "raw")
) -> pd.DataFrame:
    """Return :func:`baseline_differences` in words: a row a method, columns such as ``NMI against PCA``."""
    return in_words(baseline_differences(clusters, reference, baselines=baselines))


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of :func:`baseline_differences` for reading, a row a method."""
    cells: dict[str, dict[str, str]] = {}
    for row in table.to_dict("records"):
        column = f"{METRICS[row['metric']].title} against {METHODS[row['baseline']].title}"
        cells.setdefault(column, {})[METHODS[row["method"]].title] = differs(row, short=True)
    rows = [METHODS[slug].title for slug in METHODS if slug in set(table["method"])]
    return pd.DataFrame(cells, index=rows).fillna("–")


def against_untrained(scores: pd.DataFrame, metrics: Iterable[str] = ("nmi", "ari")) -> pd.DataFrame:
    """Return for every method with a network how training changed its scores against genre, paired by seed.

    scores: rows of ``scores.csv`` of all methods, in the conditions ``standard`` and ``untrained``.
    """
    labelled = scores[scores["reference"] == "genre"]
    rows = {}
    for slug, group in labelled.groupby("method", sort=False):
        before, after = (group[group["condition"] == name] for name in ("untrained", "standard"))
        if len(before):
            rows[METHODS[slug].title] = [differs(paired(after, before, metric)) for metric in metrics]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[METRICS[name].title for name in metrics])


def higher_ones(words: pd.Series) -> str:
    """Return which rows of a column of :func:`differs` are higher, as a list: ``VAE, Conv-VAE``, or 'none of them'."""
    return ", ".join(title for title, clause in words.items() if " higher (" in clause) or "none of them"


def verdict(difference: Mapping[str, float]) -> str:
    """Return 'higher', 'lower' or 'no difference that we can see', from the interval of a difference."""
    if difference["low"] > 0:
        return "higher"
    return "lower" if difference["high"] < 0 else "no difference that we can see"


def differs(difference: Mapping[str, float], *, short: bool = False) -> str:
    """Return a difference as a clause: ``0.063 higher (95 % interval +0.045 to +0.081)``.

    ``short`` leaves out the name of the interval, for tables that say it once.
    """
    bounds = f"{'' if short else '95 % interval '}{difference['low']:+.3f} to {difference['high']:+.3f}"
    words = verdict(difference)
    return f"{words} ({bounds})" if words.startswith("no") else f"{abs(difference['mean']):.3f} {words} ({bounds})"


def differences(scores: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Return for every condition how its scores against genre differ from those of another method, in words.

    scores, baseline: ``scores.csv`` of two methods; the baseline under its standard condition.
    """
    standard = baseline.query("condition == 'standard' and reference == 'genre'")
    labelled = scores[scores["reference"] == "genre"]
    metrics = [name for name in METRICS if name in set(labelled["metric"])]
    rows = {
        condition: [differs(paired(group, standard, metric)) for metric in metrics]
        for condition, group in labelled.groupby("condition", sort=False)
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[METRICS[name].title for name in metrics])


def critical_differences(scores: pd.DataFrame, metric: str = "nmi") -> tuple[pd.Series, pd.DataFrame]:
    """Return mean ranks of the methods over seeds, 1 for the best, and p-values of every two, (methods × methods).

    Friedman's ranks with the seeds as blocks, Nemenyi's test (Demšar 2006, JMLR 7). The blocks are seeds on one
    corpus: the test says nothing about other tracks. Methods that do not draw, or draw the same, tie.

    scores: rows of ``scores.csv`` of one condition, clusterer, space and reference.
    """
    from scikit_posthocs import posthoc_nemenyi_friedman

    values = scores[scores["metric"] == metric].pivot(index="seed", columns="method", values="value")
    values = values[[slug for slug in METHODS if slug in values]]
    ranks = values.rank(axis=1, ascending=not METRICS[metric].higher_is_better).mean()
    return ranks, posthoc_nemenyi_friedman(values)
