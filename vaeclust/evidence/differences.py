"""Whether two methods differ, and how sure that is (chapter ``07_comparison``)."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from vaeclust.files import project_root
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.metrics import METRICS
from vaeclust.scores.uncertainty import LEVEL, interval_of_mean
from vaeclust.studies.kept import RELEASED


def paired_difference(scores: pd.DataFrame, baseline: pd.DataFrame, metric: str, *, clusterer: str = "kmeans") -> dict:
    """Return ``mean, sd, low, high`` of the difference of two methods in one metric, seed by seed.

    scores, baseline: rows of ``scores.csv``, one condition and one space of the metric each. Raises ValueError when
    the two do not have the same seeds.
    """
    chosen = f"metric == '{metric}' and clusterer == '{clusterer}'"
    ours, theirs = (t.query(chosen).set_index("seed")["value"].sort_index() for t in (scores, baseline))
    if list(ours.index) != list(theirs.index):
        raise ValueError(f"seeds {list(ours.index)} against {list(theirs.index)}; paired differences need the same")
    return interval_of_mean((ours - theirs).to_numpy())


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
    return difference([bootstrap_means(table, reference, metric, draws, seed) for table in tables], level)


def bootstrap_means(
    clusters: pd.DataFrame, reference: pd.Series, metric: str, draws: int = 1000, seed: int = 0
) -> pd.Series:
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
    """Return ``mean, sd, low, high`` of one method, or of the difference of two, from :func:`bootstrap_means`."""
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
        drawn = {slug: bootstrap_means(found[slug], reference, metric) for slug in methods}
        for baseline in baselines:
            for slug in methods:
                if slug not in (baseline, last):
                    differs_by = difference([drawn[slug], drawn[baseline]])
                    rows.append({"metric": metric, "baseline": baseline, "method": slug, **differs_by})
    return pd.DataFrame(rows)


def released_differences(root: Path | None = None) -> pd.DataFrame:
    """Return :func:`all_differences` as released."""
    return pd.read_csv((root or project_root()) / RELEASED / "differences.csv")


def released_gains(baseline: str) -> dict[str, dict[str, float]]:
    """Return the released differences of all pipelines to one of them, the largest first."""
    table = released_differences()
    rows = table[table["baseline"] == baseline].sort_values("mean", ascending=False)
    return rows.set_index("method")[["mean", "sd", "low", "high"]].to_dict("index")
