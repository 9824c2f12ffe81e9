"""What the records of pipelines say (chapter ``09_beyond``)."""

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from vaeclust.evidence.agreement import seed_stability
from vaeclust.evidence.differences import FIRST, FULL, KEYS, Pipeline, difference_over_seeds, survivors
from vaeclust.evidence.published import PUBLISHED_SOURCES, published_columns, published_scores
from vaeclust.evidence.tables import Table
from vaeclust.evidence.words import (
    difference_facts,
    difference_interval,
    mean_sd,
    mean_sd_cells,
    metric_head,
    pipeline_title,
    rounded,
)
from vaeclust.scores.matching import match_clusters
from vaeclust.scores.metrics import METRICS
from vaeclust.studies.records import headline, pick
from vaeclust.studies.rules import FILTERED


def size_effects(table: pd.DataFrame, baseline: str = "features") -> pd.DataFrame:
    """Return how the NMI of each method differs from that of the baseline on the same draws, for every size.

    ``tracks, method, mean, sd, low, high, verdict``. table: of ``sizes.scores_by_size``.
    """
    rows = []
    for size, group in table.groupby("tracks"):
        wide = group.pivot(index="seed", columns="method", values="nmi")
        for slug in wide.columns.drop(baseline):
            gain = (wide[slug] - wide[baseline]).to_numpy()
            rows.append({"tracks": size, "method": slug} | difference_over_seeds(gain))
    return pd.DataFrame(rows)


def size_facts(effects: pd.DataFrame) -> dict[str, str]:
    """Return :func:`size_effects` of the smallest and the largest corpus to state: ``<method>_fewest``, ``…_most``."""
    fewest, most = (pick(effects, tracks=size) for size in (effects["tracks"].min(), effects["tracks"].max()))
    facts = difference_facts(fewest, "{method}_fewest", short=True)
    return facts | difference_facts(most, "{method}_most", short=True)


def pipeline_means(table: pd.DataFrame, column: str = "mean") -> pd.DataFrame:
    """Return pipelines × metrics as the study took them, on all tracks, the highest NMI first.

    table: intervals of pipelines. The index has the levels of Pipeline.
    """
    rows = pick(table[table["condition"] != FILTERED], reference=["", headline(table)], space=["own", "labels"])
    wide = rows.pivot(index=KEYS, columns="metric", values=column)
    wide = wide[[name for name in METRICS if name in wide]]
    return wide.sort_values("nmi" if "nmi" in wide else "silhouette", ascending=False)


def pipeline_table(intervals: pd.DataFrame, gains: pd.DataFrame, *, longest: int) -> Table:
    """Return the pipelines with the highest NMI, and FIRST, with their scores against genre and their gain over it.

    intervals: of pipelines; gains: as ``differences.released_gains``.
    """
    metrics = ["nmi", "ari", "purity"]
    means, deviations = pipeline_means(intervals)[metrics], pipeline_means(intervals, "sd")[metrics]
    text = mean_sd_cells(means, deviations.loc[means.index])
    words = gains.set_index(KEYS).apply(difference_interval, axis=1)
    text["gain"] = words.reindex(text.index).fillna("–")
    text = text[(np.arange(len(text)) < longest) | (text.index == FIRST)]
    return Table.keyed(text, columns=[*map(metric_head, metrics), "Gain in NMI, 95 % interval"])


def stability_correlation(clusters: pd.DataFrame, means: pd.DataFrame, metric: str = "nmi") -> float:
    """Return the rank correlation over pipelines of stability, mean ARI between seeds, and a score; Spearman (1904).

    clusters: of pipelines, more than one seed; means: of :func:`pipeline_means`.
    """
    groups = {Pipeline(*key): found for key, found in clusters.groupby(KEYS)}
    stable = [seed_stability(groups[Pipeline(*key)])["ari"].mean() for key in means.index]
    return float(means[metric].corr(pd.Series(stable, means.index), method="spearman"))


def stability_facts(clusters: pd.DataFrame, means: pd.DataFrame) -> dict[str, str]:
    """Return :func:`stability_correlation` to state: ``stability_rank``."""
    return {"stability_rank": rounded(stability_correlation(clusters, means), 2)}


def genre_confusion(clusters: pd.DataFrame, genres: pd.Series, pipeline: Pipeline) -> Table:
    """Return where the tracks of each genre are, in percent, mean over seeds: rows sum to 100.

    A column is the cluster that is matched with that genre (``matching.match_clusters``); clusters beyond are "other".

    clusters: ``method, clusterer, condition, seed, track_id, cluster``; genres: by track id, missing where unknown.
    """
    known = genres.dropna()
    names, truth = np.unique(known.to_numpy(), return_inverse=True)
    rows = pick(clusters, **pipeline._asdict())
    wide = rows.pivot(index="seed", columns="track_id", values="cluster")[known.index]
    shares = np.zeros((len(names), len(names) + 1))
    for found in wide.to_numpy():
        matched = np.minimum(match_clusters(found, truth), len(names))
        counts = pd.crosstab(truth, matched).reindex(columns=range(len(names) + 1), fill_value=0).to_numpy()
        shares += counts / counts.sum(axis=1, keepdims=True) / len(wide)
    kept = [*range(len(names)), *([len(names)] if shares[:, -1].any() else [])]
    heads = [[*names, "other"][place] for place in kept]
    text = pd.DataFrame(100 * shares[:, kept], pd.Index(names, name="genre"), heads)
    bold = pd.DataFrame(np.eye(len(names), len(kept), dtype=bool), text.index, heads)
    return Table.keyed(text.map(lambda share: rounded(share, 0)), columns=heads, bold=bold)


def genre_gains(clusters: pd.DataFrame, genres: pd.Series, ours: Pipeline, theirs: Pipeline) -> pd.DataFrame:
    """Return how well two pipelines find each genre, and how they differ, paired by seed: a row a genre.

    ``genre, theirs, ours, mean, sd, low, high, verdict``: F1 of the genre and the cluster that is matched with it, one
    to one so that most tracks agree; mean over seeds. clusters: with the columns of Pipeline; genres: by track id.
    """
    found = {}
    for name, pipeline in (("ours", ours), ("theirs", theirs)):
        table = pick(clusters, **pipeline._asdict()).pivot(index="seed", columns="track_id", values="cluster")
        found[name] = table[genres.index].apply(lambda row: _f1(row.to_numpy(), genres), axis=1)
    gains = found["ours"] - found["theirs"]
    means = {name: table.mean() for name, table in found.items()}
    rows = [
        {"genre": genre, "theirs": means["theirs"][genre], "ours": means["ours"][genre]}
        | difference_over_seeds(gains[genre].to_numpy())
        for genre in gains
    ]
    return pd.DataFrame(rows).sort_values("mean", ascending=False, ignore_index=True)


def _f1(clusters: np.ndarray, genres: pd.Series) -> pd.Series:
    """Return the F1 of every genre and the cluster that is matched with it, by genre."""
    codes, names = pd.factorize(genres, sort=True)
    matched = match_clusters(clusters, codes)
    return pd.Series(f1_score(codes, matched, labels=range(len(names)), average=None, zero_division=0), names)


def genre_gain_table(gains: pd.DataFrame) -> Table:
    """Return :func:`genre_gains` for reading, bold where the interval over seeds leaves out zero."""
    text = pd.DataFrame({
        "theirs": gains["theirs"].map(mean_sd),
        "ours": gains["ours"].map(mean_sd),
        "gain": gains.apply(difference_interval, axis=1),
    }).set_index(gains["genre"])  # fmt: skip
    bold = pd.DataFrame(False, text.index, text.columns)
    bold["gain"] = (gains["verdict"] != "none").to_numpy()
    return Table.keyed(text, columns=["K-Means, given features", "UMAP, K-Means, 57 features", "Gain"], bold=bold)


def input_space_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return K-Means pipelines × label-free metrics of their clusters in the input space, highest silhouette first.

    Only pipelines on the same features share it. table: intervals of pipelines.
    """
    rows = pick(table[table["condition"] != FILTERED], space="input", clusterer="kmeans")
    wide = rows.pivot(index=KEYS, columns="metric", values="mean")
    return wide[[name for name in METRICS if name in wide]].sort_values("silhouette", ascending=False)


def best_published() -> pd.Series:
    """Return the best value of every metric that the study printed or kept in its results file, over all methods.

    A metric that it does not have is not there.
    """
    table = pd.concat([published_scores(source) for source in PUBLISHED_SOURCES])
    best = {}
    for name in published_columns():
        best[name] = table[name].max() if METRICS[name].higher_is_better else table[name].min()
    return pd.Series(best)


def pipeline_facts(table: pd.DataFrame, gains: pd.DataFrame) -> dict[str, object]:
    """Return the findings of the chapter as texts to state.

    table: intervals of GTZAN; gains: how every pipeline differs in NMI from K-Means on the given features, as
    ``differences.released_gains``.
    """
    rows = table.set_index([*KEYS, "space", "reference", "metric"])[["mean", "sd"]]
    means = pipeline_means(table)
    best = Pipeline(*means["nmi"].idxmax())
    filtered, alone = best._replace(condition=FILTERED), FULL._replace(condition=best.condition)

    def score(pipeline: Pipeline, space: str, reference: str, metric: str) -> str:
        return mean_sd(*rows.loc[(*pipeline, space, reference, metric)])

    def scores(pipeline: Pipeline) -> str:
        named = [(METRICS[name].title, score(pipeline, "labels", "genre", name)) for name in ("nmi", "ari", "purity")]
        return ", ".join(f"{title} {text}" for title, text in named)

    return {
        "best": pipeline_title(best),
        "best_scores": scores(best),
        "n_pipelines": len(gains),
        "n_higher": (gains["verdict"] == "higher").sum(),
        "n_higher_together": (survivors(gains) & (gains["verdict"] == "higher")).sum(),
        "best_filtered": scores(filtered),
        "best_artist": score(best, "labels", "artist", "nmi"),
        "best_artist_ami": score(best, "labels", "artist", "ami"),
        "best_input": score(best, "input", "", "silhouette"),
        "features_input": score(alone, "input", "", "silhouette"),
    }
