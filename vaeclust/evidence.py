"""How sure a number is: intervals, differences, ranks, agreement, and their wording (chapter ``07_comparison``)."""

from collections.abc import Iterable, Mapping
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
    return as_interval((ours - theirs).to_numpy())


def as_interval(differences: np.ndarray) -> dict[str, float]:
    """Return ``mean, sd, low, high`` of differences (n,), by :func:`t_interval`."""
    return dict(zip(("mean", "sd", "low", "high"), t_interval(differences), strict=True))


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
    tables = [clusters] if baseline is None else [clusters, baseline]
    return difference([resampled(table, reference, metric, draws, seed) for table in tables], level)


def resampled(clusters: pd.DataFrame, reference: pd.Series, metric: str, draws: int = 100, seed: int = 0) -> pd.Series:
    """Return the mean over seeds of a metric: as measured first, then for every draw of seeds and tracks.

    The draws depend on the numbers of seeds and tracks alone, so that two methods of one study share them. The index
    of the result names the seeds.
    """
    known = reference.dropna()
    truth = pd.factorize(known)[0]
    table = clusters.pivot(index="seed", columns="track_id", values="cluster")[known.index]
    found, function = table.to_numpy(), METRICS[metric].function
    n, s = len(truth), len(found)
    rng = np.random.default_rng(seed)
    drawn = [(rng.integers(s, size=s), rng.integers(n, size=n)) for _ in range(draws)]
    values = [
        np.mean([function(truth[tracks], found[row][tracks]) for row in rows])
        for rows, tracks in [(np.arange(s), np.arange(n)), *drawn]
    ]
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


def against_baselines(
    clusters: pd.DataFrame, reference: pd.Series, *, baselines: Iterable[str] = ("pca", "raw")
) -> pd.DataFrame:
    """Return for every method how its K-Means clusters differ from those of baselines, over seeds and tracks, in words.

    Columns: ``NMI against PCA``, ``NMI against Raw features``, and the same of ARI. Rows: all methods but the last
    baseline. clusters: ``method, track_id, seed, clusterer, cluster`` of one condition, baselines among them.
    """
    found = dict(list(clusters[clusters["clusterer"] == "kmeans"].groupby("method")))
    *_, last = baselines
    methods = [slug for slug in METHODS if slug in found]
    columns = {}
    for metric in ("nmi", "ari"):
        drawn = {slug: resampled(found[slug], reference, metric) for slug in methods}
        for baseline in baselines:
            columns[f"{METRICS[metric].title} against {METHODS[baseline].title}"] = {
                METHODS[slug].title: differs(difference([drawn[slug], drawn[baseline]]), short=True)
                for slug in methods
                if slug not in (baseline, last)
            }
    rows = [METHODS[slug].title for slug in methods if slug != last]
    return pd.DataFrame(columns, index=rows).fillna("–")


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


def expected_of_noise(noise: pd.DataFrame, effective: float) -> float:
    """Return the silhouette of round noise of this many dimensions, between the whole ones of the table.

    noise: of :func:`silhouette_of_noise`.
    """
    curve = noise.groupby("dimensions")["silhouette"].mean()
    return float(np.interp(effective, curve.index, curve))


def beta_comparison(studies: Mapping[float, pd.DataFrame], points: pd.DataFrame) -> pd.DataFrame:
    """Return one row a beta: mean scores by K-Means as the study took them, mean rate, distortion, active dimensions.

    studies: beta → intervals. points: as :func:`rate_and_distortion`, with the column ``beta``.
    """
    rows = {
        beta: as_published(table).set_index("metric")["mean"].reindex(list(METRICS)) for beta, table in studies.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("beta")
    return table.join(points.groupby("beta")[["rate", "distortion", "active", "effective"]].mean())


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


def effective_dimension(embedding: np.ndarray) -> float:
    """Return in how many directions an embedding (n, d) really varies: ``(Σ λ)² / Σ λ²``.

    λ: eigenvalues of the covariance. It is d for a round cloud and 1 for a line; the participation ratio.
    """
    eigenvalues = np.linalg.eigvalsh(np.cov(embedding, rowvar=False, dtype=np.float64))
    return float(eigenvalues.sum() ** 2 / np.square(eigenvalues).sum())


def silhouette_of_noise(n: int, k: int, dimensions: Iterable[int], *, draws: int = 3) -> pd.DataFrame:
    """Return ``dimensions, draw, silhouette`` of K-Means on round Gaussian clouds, in which there are no clusters.

    n: points of a cloud; k: clusters asked for.
    """
    rows = []
    for d in dimensions:
        for draw in range(draws):
            cloud = np.random.default_rng([d, draw]).normal(size=(n, d))
            rows.append((d, draw, METRICS["silhouette"].function(cloud, CLUSTERERS["kmeans"].function(cloud, k, draw))))
    return pd.DataFrame(rows, columns=["dimensions", "draw", "silhouette"])


def rate_and_distortion(fit: Fit, dataset: Dataset) -> pd.DataFrame:
    """Return ``seed, rate, distortion, active, effective`` of a fit in evaluation mode (Alemi et al. 2018).

    rate: mean KL divergence of a track, nats, summed over dimensions. distortion: mean squared error of a track,
    summed over features, its embedding decoded. active: dimensions whose variance exceeds 0.01.
    effective: :func:`effective_dimension`.
    """
    by_seed = fit.dimensions.groupby("seed", sort=False)
    error = np.square(fit.reconstructions - dataset.audio).sum(axis=2).mean(axis=1)
    rate = by_seed["kl"].sum(min_count=1).to_numpy()
    active = by_seed["active"].sum().to_numpy()
    effective = [effective_dimension(embedding) for embedding in fit.embeddings]
    table = {"seed": fit.seeds, "rate": rate, "distortion": error, "active": active, "effective": effective}
    return pd.DataFrame(table)
