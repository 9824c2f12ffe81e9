"""What the records of pipelines say (chapter ``09_beyond``)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vaeclust.clusters.clusterers import CLUSTERERS, OWN
from vaeclust.clusters.ensembles import CONSENSUS
from vaeclust.evidence.published import PUBLISHED_SOURCES, published_scores
from vaeclust.evidence.words import difference_clause, mean_sd, verdict
from vaeclust.methods.catalogue import find
from vaeclust.scores.metrics import METRICS
from vaeclust.scores.uncertainty import interval_of_mean
from vaeclust.studies.rules import FEATURES, FILTERED, REPRESENTATIONS

FIRST = "Features alone, K-Means, given features"


def size_effects(table: pd.DataFrame, baseline: str = "features") -> pd.DataFrame:
    """Return how the NMI of each method differs from that of the baseline on the same draws, in words: sizes × titles.

    table: of :func:`scores_by_size`.
    """
    rows = {}
    for size, group in table.groupby("tracks"):
        wide = group.pivot(index="seed", columns="method", values="nmi")
        rows[f"{size:,} tracks"] = {
            find(slug).title: difference_clause(interval_of_mean((wide[slug] - wide[baseline]).to_numpy()), short=True)
            for slug in wide
            if slug != baseline
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def pipeline_means(table: pd.DataFrame, column: str = "mean") -> pd.DataFrame:
    """Return pipelines × the six metrics as the study took them, on all tracks, the highest NMI first.

    table: intervals of REPRESENTATIONS. The index says each pipeline in words: representation, clusterer, features.
    """
    table = table[table["condition"] != FILTERED]
    rows = table[table["reference"].isin(["", "genre"]) & table["space"].isin(["own", "labels"])]
    wide = rows.assign(pipeline=pipeline_titles(rows)).pivot(index="pipeline", columns="metric", values=column)
    wide = wide[[name for name in METRICS if name in wide]]
    return wide.sort_values("nmi" if "nmi" in wide else "silhouette", ascending=False)


def pipeline_titles(table: pd.DataFrame) -> pd.Series:
    """Return what every row's pipeline is called: ``UMAP, K-Means, 57 features``."""
    clusterers = {slug: row.title for slug, row in CLUSTERERS.items()} | {
        CONSENSUS: "consensus of K-Means",
        OWN: "its own mixture",
    }
    parts = (
        table["method"].map({slug: find(slug).title for slug in REPRESENTATIONS}),
        table["clusterer"].map(clusterers),
        table["condition"].map(FEATURES),
    )
    return parts[0] + ", " + parts[1] + ", " + parts[2]


def best_published() -> pd.Series:
    """Return the best value of every metric that the study printed or kept in its results file, over all methods."""
    table = pd.concat([published_scores(source) for source in PUBLISHED_SOURCES])
    return pd.Series({
        name: table[name].max() if metric.higher_is_better else table[name].min() for name, metric in METRICS.items()
    })  # fmt: skip


def above_published(means: pd.DataFrame) -> list[str]:
    """Return the pipelines whose means are better than :func:`best_published` in every metric at once."""
    best = best_published()[means.columns]
    signs = np.array([1 if METRICS[name].higher_is_better else -1 for name in means])
    return means.index[((means - best) * signs > 0).all(axis=1)].tolist()


def input_space_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return K-Means pipelines × label-free metrics of their clusters in the input space, highest silhouette first.

    Only pipelines on the same features share it. table: intervals of REPRESENTATIONS.
    """
    rows = table[(table["space"] == "input") & (table["clusterer"] == "kmeans") & (table["condition"] != FILTERED)]
    wide = rows.assign(pipeline=pipeline_titles(rows)).pivot(index="pipeline", columns="metric", values="mean")
    return wide[[name for name in METRICS if name in wide]].sort_values("silhouette", ascending=False)


def pipeline_facts(table: pd.DataFrame, gains: Mapping[str, Mapping[str, float]]) -> dict[str, object]:
    """Return the findings of the chapter as texts to state.

    table: intervals; gains: how every pipeline differs in NMI from K-Means on the given features.
    """
    rows = table.assign(pipeline=pipeline_titles(table)).set_index(["pipeline", "space", "reference", "metric"])[
        ["mean", "sd"]
    ]
    means = pipeline_means(table)
    best = means["nmi"].idxmax()
    representation, clusterer, _ = best.split(", ")
    filtered = f"{representation}, {clusterer}, {FEATURES[FILTERED]}"
    alone = f"{find('features').title}, {CLUSTERERS['kmeans'].title}, {best.split(', ')[2]}"

    def words(pipeline: str, space: str, reference: str, *metrics: str) -> str:
        found = [(METRICS[name].title, *rows.loc[(pipeline, space, reference, name)]) for name in metrics]
        return ", ".join(f"{title if len(found) > 1 else ''} {mean_sd(mean, sd)}".strip() for title, mean, sd in found)

    against = {title: verdict(gain) for title, gain in gains.items()}
    return {
        "best": best,
        "best_scores": words(best, "labels", "genre", "nmi", "ari", "purity"),
        "all_six": "; ".join(above_published(means)) or "none of them",
        "n_pipelines": len(against),
        "n_higher": sum(word == "higher" for word in against.values()),
        "best_filtered": words(filtered, "labels", "genre", "nmi", "ari", "purity"),
        "best_artist": words(best, "labels", "artist", "nmi"),
        "best_input": words(best, "input", "", "silhouette"),
        "features_input": words(alone, "input", "", "silhouette"),
    }
