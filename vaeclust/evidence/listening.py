"""What a network that has heard other music brings (chapter ``14_listening``)."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from vaeclust.evidence.differences import Pipeline, bootstrap_means, difference_row
from vaeclust.evidence.tables import Table
from vaeclust.evidence.words import (
    NO_LABELS,
    clusterer_title,
    difference_facts,
    mean_sd,
    mean_sd_cells,
    metric_head,
    rounded,
)
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.labels import ari
from vaeclust.scores.metrics import METRICS
from vaeclust.studies.conditions import random_clusters
from vaeclust.studies.descriptions import JOINED
from vaeclust.studies.records import MORE_TABLES, STANDARD, pick
from vaeclust.studies.rules import FULL_FEATURES

MEASURED = (FULL_FEATURES, "mfcc20", STANDARD)  # the first that there is, is what every description has to beat
UNTRAINED = "layer_untrained"


def listening_effects(
    clusters: pd.DataFrame, references: pd.DataFrame, metric: str = "nmi", *, units: pd.Series | None = None
) -> pd.DataFrame:
    """Return how ways of grouping descriptions differ in a score, over seeds and units: a row a pair and label.

    Every one against K-Means on what was measured; K-Means on descriptions against UMAP on what was measured, and
    against the network that has learned nothing; UMAP and VAE against K-Means on the same description; tags and
    features together against the tags. Columns: those of
    ``effects`` in ``records.MORE_TABLES``. No row without labels, or with a single seed.

    clusters: of a record of several methods; references: labels by track id, missing where unknown, a column each.
    units: as of ``differences.bootstrap_means``.
    """
    conditions = list(dict.fromkeys(clusters["condition"]))
    measured = next((Pipeline("features", condition=name) for name in MEASURED if name in conditions), None)
    found = list(clusters.groupby(["method", "condition"], sort=False))
    there = {Pipeline(method, condition=condition) for (method, condition), _ in found}
    laid_out = measured and measured._replace(method="umap")
    pairs: dict[tuple[Pipeline, Pipeline], None] = {}
    for (method, condition), _ in found:
        pipeline, alone = Pipeline(method, condition=condition), Pipeline("features", condition=condition)
        others = [measured, alone]
        if pipeline == alone:
            others += [laid_out] if laid_out in there else []
            others += [Pipeline("features", condition=name) for name in (UNTRAINED,) if name in conditions]
            others += [Pipeline("features", condition="tags")] if condition == JOINED else []
        pairs |= {(pipeline, other): None for other in others if other not in (None, pipeline)}
    rows = []
    if clusters["seed"].nunique() > 1:
        for name, reference in references.items():
            drawn = {
                Pipeline(method, condition=condition): bootstrap_means(table, reference, metric, units=units)
                for (method, condition), table in found
            }
            rows += [{"reference": name, **difference_row(*pair, drawn, metric)} for pair in pairs]
    return pd.DataFrame(rows, columns=MORE_TABLES["effects"])


def over_measured(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the differences to K-Means on what was measured; the condition is called ``description``."""
    known = [name for name in MEASURED if name in set(effects["baseline_condition"])][:1]
    return _described(pick(effects, baseline=["features"], baseline_condition=known))


def over_same(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the differences of UMAP and VAE to K-Means on the same description, by ``description``."""
    same = effects["baseline_condition"] == effects["condition"]
    return _described(effects[same & (effects["method"] != "features")])


def over_untrained(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the differences of K-Means on descriptions to the network with random weights, by ``description``."""
    return _described(pick(effects, baseline_condition=[UNTRAINED], method=["features"]))


def _described(effects: pd.DataFrame) -> pd.DataFrame:
    """Return differences whose keys are called what they are here: a description, and K-Means on it as it is."""
    return effects.rename(columns={"condition": "description"}).replace({"method": {"features": "kmeans"}})


def chance_agreement(clusters: pd.DataFrame, reference: pd.Series, metric: str = "nmi") -> float:
    """Return the mean score of the clusters of a record when they are dealt out to the tracks at random.

    With few tracks and many clusters it is far from 0. reference: label by track id.
    """
    dealt = random_clusters(clusters.assign(clusterer=clusters["method"] + clusters["condition"]))
    truth = reference.loc[dealt["track_id"]].to_numpy()
    keys = dealt[["clusterer", "seed"]].assign(truth=truth, cluster=dealt["cluster"]).groupby(["clusterer", "seed"])
    return float(np.mean([METRICS[metric].function(group["truth"], group["cluster"]) for _, group in keys]))


def description_table(
    intervals: pd.DataFrame, dimensions: pd.DataFrame, probes: pd.DataFrame, *, metric: str = "nmi", reference: str
) -> Table:
    """Return descriptions × ways of grouping, ``mean ± sd`` with a label, beside what can be read off them.

    The last columns: how many of its dimensions the VAE uses, and of a linear probe the same score and the share of
    labels that it predicts; a column that has nothing in any row is left out. No row for music without that label.
    """
    rows = pick(intervals, metric=[metric], reference=[reference])
    if rows.empty:
        return Table.keyed(pd.DataFrame(), note=NO_LABELS)
    order = list(dict.fromkeys(rows["condition"]))
    means, deviations = (
        rows.pivot(index="condition", columns="method", values=name).loc[order, list(dict.fromkeys(rows["method"]))]
        for name in ("mean", "sd")
    )
    text = mean_sd_cells(means, deviations)
    heads = {slug: METHODS[slug].title for slug in means}
    heads["features"] = clusterer_title("kmeans")
    text = text.rename(columns=heads).rename_axis("description")
    text["active"] = _active(dimensions).map(rounded)
    for name in (metric, "accuracy"):
        of_seed = pick(probes, metric=[name], reference=[reference]).groupby("condition")["value"]
        text[f"probe_{name}"] = pd.Series(
            {key: mean_sd(values.mean(), values.std()) for key, values in of_seed}, dtype=object
        )
    last = ["VAE, active", f"Probe, {metric_head(metric)}", "Probe, accuracy ↑"]
    shown = text.set_axis([*text.columns[:-3], *last], axis=1).dropna(axis=1, how="all")
    return Table.keyed(shown.fillna("–"), columns=list(shown))


def patch_agreement(clusters: pd.DataFrame) -> pd.Series:
    """Return the ARI of clusterings of one patch of two and of all, with one seed, and of two seeds of all.

    The second says how far clusterings differ that should not. Empty where not all patches were listened to. clusters:
    of a record of several methods; K-Means.
    """
    found = pick(clusters, method=["features"])
    if not {"layer_msd", "layer_every"} <= set(found["condition"]):
        return pd.Series(dtype=float)
    wide = found.pivot(index="track_id", columns=["condition", "seed"], values="cluster")
    some, every = wide["layer_msd"], wide["layer_every"]
    seeds = list(every)
    return pd.Series({
        "one patch of two, and all": np.mean([ari(some[seed], every[seed]) for seed in seeds]),
        "all patches, another seed": np.mean(
            [ari(every[one], every[other]) for one, other in pairwise(seeds)] or [np.nan]
        ),
    })  # fmt: skip


def patch_table(agreements: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return :func:`patch_agreement` of several corpora, a row each; those where it is empty are left out."""
    rows = {name: found for name, found in agreements.items() if len(found)}
    return pd.DataFrame(rows).T.rename_axis("corpus")


def listening_facts(
    intervals: pd.DataFrame, dimensions: pd.DataFrame, probes: pd.DataFrame, effects: pd.DataFrame, *, name: str = ""
) -> dict[str, str]:
    """Return the numbers of a corpus to state; name: what they begin with.

    ``<metric>_<label>_<method>_<condition>``; ``probe_<metric>_<label>_<condition>``; ``active_<condition>``, of the
    VAE; ``effect_<label>_<method>_<condition>_<other method>_<other condition>``, a clause.
    """
    facts = {}
    for row in intervals[intervals["reference"] != ""].itertuples():
        facts[f"{row.metric}_{row.reference}_{row.method}_{row.condition}"] = mean_sd(row.mean, row.sd)
    for (metric, reference, condition), values in probes.groupby(["metric", "reference", "condition"])["value"]:
        facts[f"probe_{metric}_{reference}_{condition}"] = mean_sd(values.mean(), values.std())
    facts |= {f"active_{condition}": rounded(count) for condition, count in _active(dimensions).items()}
    facts |= difference_facts(effects, "effect_{reference}_{method}_{condition}_{baseline}_{baseline_condition}")
    return {f"{name}{key}": text for key, text in facts.items()}


def _active(dimensions: pd.DataFrame) -> pd.Series:
    """Return the mean number of active dimensions of the VAE by condition."""
    rows = dimensions[dimensions["method"] == "vae"]
    counts = rows.groupby(["condition", "seed"])["active"].sum()
    return counts.groupby("condition").mean()
