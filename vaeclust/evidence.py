"""How sure a number is: intervals, differences, ranks, agreement, and their wording (chapter ``07_comparison``)."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from vaeclust.clustering import CLUSTERERS
from vaeclust.datasets import Dataset
from vaeclust.methods import METHODS
from vaeclust.metrics import METRICS
from vaeclust.records import SOURCES, published
from vaeclust.training import Fit

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
    return f"{mean:,.{digits}f}{spread}"


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
    for row in intervals.query("clusterer == @clusterer and condition == 'standard'").itertuples():
        suffix = "_input" if row.space == "input" else ""
        texts[f"{row.method}_{row.metric}{suffix}"] = wording(row.mean, row.sd)
    return texts


def overview(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of one method for reading: a row a metric and space, mean ± sd for every clusterer."""
    titles = {"own": "own space", "input": "input space", "labels": "genre"}
    table = intervals[intervals["condition"] == "standard"]
    rows = list(dict.fromkeys(zip(table["metric"], table["space"], strict=True)))
    cells = {}
    for slug, group in table.groupby("clusterer", sort=False):
        group = group.set_index(["metric", "space"]).loc[rows]
        cells[f"{CLUSTERERS[slug].title}: mean ± sd"] = list(map(wording, group["mean"], group["sd"]))
        if slug == "kmeans":
            bounds = zip(map(wording, group["low"]), map(wording, group["high"]), strict=True)
            cells["95 % interval of the mean"] = [f"{low} to {high}" if low != "–" else "–" for low, high in bounds]
    names = [f"{METRICS[metric].title} {METRICS[metric].arrow} ({titles[space]})" for metric, space in rows]
    return pd.DataFrame(cells, index=names)


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


def paired(scores: pd.DataFrame, baseline: pd.DataFrame, metric: str, *, clusterer: str = "kmeans") -> dict:
    """Return ``mean, sd, low, high`` of the difference of two methods in one metric, seed by seed.

    scores, baseline: rows of ``scores.csv``, one condition and one space of the metric each. Raises ValueError when
    the two do not have the same seeds.
    """
    chosen = f"metric == '{metric}' and clusterer == '{clusterer}'"
    ours, theirs = (t.query(chosen).set_index("seed")["value"].sort_index() for t in (scores, baseline))
    if list(ours.index) != list(theirs.index):
        raise ValueError(f"seeds {list(ours.index)} against {list(theirs.index)}; paired differences need the same")
    return dict(zip(("mean", "sd", "low", "high"), t_interval((ours - theirs).to_numpy()), strict=True))


def over_seeds_and_tracks(
    clusters: pd.DataFrame, reference: pd.Series, metric: str, *, baseline: pd.DataFrame | None = None,
    draws: int = 100, seed: int = 0, level: float = LEVEL,
) -> dict[str, float]:  # fmt: skip
    """Return ``mean, sd, low, high`` of a metric against labels when both seeds and tracks might have been others.

    Bootstrap over both at once: each draw takes seeds and tracks with replacement (Efron & Tibshirani 1993); ``sd`` is
    the deviation over draws, and the interval is normal around the mean of what was measured, since repeated tracks
    shift the draws themselves. With ``baseline``, the difference to another method on the same seeds and tracks.

    clusters, baseline: ``track_id, seed, cluster`` of one clusterer and condition; reference: label by track id,
    missing where unknown. Raises ValueError for fewer than two seeds or when the seeds of both differ.
    """
    known = reference.dropna()
    truth = pd.factorize(known)[0]
    tables = [
        table.pivot(index="seed", columns="track_id", values="cluster")[known.index]
        for table in (clusters, baseline)
        if table is not None
    ]
    seeds = tables[0].index
    if len(seeds) < 2 or any(not table.index.equals(seeds) for table in tables):
        raise ValueError(f"seeds {[list(table.index) for table in tables]}; expected the same, at least two")
    labels = [table.to_numpy() for table in tables]
    rng = np.random.default_rng(seed)
    function = METRICS[metric].function

    def measured(rows: np.ndarray, tracks: np.ndarray) -> float:
        means = [np.mean([function(truth[tracks], found[row][tracks]) for row in rows]) for found in labels]
        return means[0] - means[1] if len(means) > 1 else means[0]

    n, s = len(truth), len(seeds)
    mean = measured(np.arange(s), np.arange(n))
    deviation = np.std([measured(rng.integers(s, size=s), rng.integers(n, size=n)) for _ in range(draws)], ddof=1)
    half = stats.norm.ppf((1 + level) / 2) * deviation
    return {"mean": mean, "sd": deviation, "low": mean - half, "high": mean + half}


def against_baseline(clusters: pd.DataFrame, reference: pd.Series, *, baseline: str = "pca") -> pd.DataFrame:
    """Return for every method how its K-Means clusters differ from another's in NMI and ARI, over seeds and tracks.

    clusters: ``method, track_id, seed, clusterer, cluster`` of one condition.
    """
    found = dict(list(clusters[clusters["clusterer"] == "kmeans"].groupby("method")))
    metrics = ("nmi", "ari")
    rows = {
        METHODS[slug].title: [
            differs(over_seeds_and_tracks(found[slug], reference, metric, baseline=found[baseline]))
            for metric in metrics
        ]
        for slug in METHODS
        if slug in found and slug != baseline
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[METRICS[name].title for name in metrics])


def verdict(difference: Mapping[str, float]) -> str:
    """Return 'higher', 'lower' or 'no difference that we can see', from the interval of a difference."""
    if difference["low"] > 0:
        return "higher"
    return "lower" if difference["high"] < 0 else "no difference that we can see"


def differs(difference: Mapping[str, float]) -> str:
    """Return a difference as a clause: ``0.063 higher (95 % interval 0.045 to 0.081)``."""
    bounds = f"95 % interval {difference['low']:+.3f} to {difference['high']:+.3f}"
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


def beta_comparison(studies: Mapping[float, pd.DataFrame], points: pd.DataFrame) -> pd.DataFrame:
    """Return one row a beta: mean scores by K-Means as the study took them, mean rate, distortion, active dimensions.

    studies: beta → intervals. points: as :func:`rate_and_distortion`, with the column ``beta``.
    """
    rows = {
        beta: as_published(table).set_index("metric")["mean"].reindex(list(METRICS)) for beta, table in studies.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("beta")
    return table.join(points.groupby("beta")[["rate", "distortion", "active"]].mean())


def stability(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return ``clusterer, seed, other, ari``: how far the clusterings of every two seeds agree.

    clusters: ``track_id, seed, clusterer, cluster`` of one method and condition. Noise counts as one cluster.
    """
    rows = []
    for slug, found in clusters.groupby("clusterer", sort=False):
        by_seed = found.pivot(index="track_id", columns="seed", values="cluster")
        for one, other in combinations(by_seed, 2):
            rows.append((slug, one, other, adjusted_rand_score(by_seed[one], by_seed[other])))
    return pd.DataFrame(rows, columns=["clusterer", "seed", "other", "ari"])


def agreement(clusters: pd.DataFrame, *, clusterer: str = "kmeans") -> pd.DataFrame:
    """Return methods × methods: ARI between their clusterings with the same seed, averaged over seeds.

    clusters: ``method, track_id, seed, clusterer, cluster`` of one condition.
    """
    found = clusters[clusters["clusterer"] == clusterer]
    labels = found.pivot(index="track_id", columns=["method", "seed"], values="cluster")
    methods = [m for m in METHODS if m in set(found["method"])]
    seeds = sorted(set(found["seed"]))
    rates = [
        [np.mean([adjusted_rand_score(labels[one, seed], labels[other, seed]) for seed in seeds]) for other in methods]
        for one in methods
    ]
    return pd.DataFrame(rates, index=methods, columns=methods)


def rate_and_distortion(fit: Fit, dataset: Dataset) -> pd.DataFrame:
    """Return ``seed, rate, distortion, active`` of a fit in evaluation mode (Alemi et al. 2018).

    rate: mean KL divergence of a track, nats, summed over dimensions. distortion: mean squared error of a track,
    summed over features, its embedding decoded. active: dimensions whose variance exceeds 0.01.
    """
    by_seed = fit.dimensions.groupby("seed", sort=False)
    error = np.square(fit.reconstructions - dataset.audio).sum(axis=2).mean(axis=1)
    rate = by_seed["kl"].sum(min_count=1).to_numpy()
    active = by_seed["active"].sum().to_numpy()
    return pd.DataFrame({"seed": fit.seeds, "rate": rate, "distortion": error, "active": active})
