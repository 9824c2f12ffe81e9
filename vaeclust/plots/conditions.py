"""Figures about what can be believed (chapters 05, 07, 09, 13 and 14)."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from types import MappingProxyType

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vaeclust.evidence.pipelines import best_published
from vaeclust.evidence.words import (
    CONDITION_TITLES,
    NO_DIFFERENCES,
    NO_LABELS,
    clusterer_title,
    condition_title,
    rounded,
)
from vaeclust.methods.catalogue import METHODS
from vaeclust.plots.panels import MARKERS, dots, words
from vaeclust.plots.style import GREY, WIDTH, colours, method_colour, new_axes
from vaeclust.scores.disentanglement import MEASURES
from vaeclust.scores.metrics import METRICS
from vaeclust.scores.uncertainty import t_interval
from vaeclust.studies.records import headline, pick


def condition_scores(intervals: pd.DataFrame, metric: str = "nmi") -> Figure:
    """Draw a score of every method under every condition, one panel a reference (genre, artist), with intervals.

    intervals: all methods and conditions of one clusterer. The dotted lines are random clusters, where measured.
    For unlabelled music the figure says that there are no labels.
    """
    title, table = METRICS[metric].title, pick(intervals, metric=[metric], space=["labels"])
    if table.empty:
        return words(NO_LABELS).figure
    references = list(dict.fromkeys(table["reference"]))
    methods = [slug for slug in METHODS if slug in set(table["method"])]
    found = [name for name in CONDITION_TITLES if name in set(table["condition"]) - {"random_labels"}]
    palette = colours(found)
    figure, axes = plt.subplots(
        1, len(references), figsize=(WIDTH, 1.4 + 0.42 * len(methods)), sharey=True, squeeze=False
    )
    for ax, reference in zip(axes[0], references, strict=True):
        rows = table[table["reference"] == reference].set_index(["method", "condition"])
        for number, name in enumerate(found):
            shift = 0.6 * ((number + 0.5) / len(found) - 0.5)
            here = rows.xs(name, level="condition").reindex(methods)
            dots(ax, here, np.arange(len(methods)) + shift, MARKERS[number], palette[name])
        if ("raw", "random_labels") in rows.index:
            ax.axvline(rows.loc[("raw", "random_labels"), "mean"], linestyle=":", color=GREY)
        ax.set(title=f"{title} against {reference}", xlim=(0, None))
        ax.set_yticks(range(len(methods)), [METHODS[slug].title for slug in methods])
    axes[0, 0].invert_yaxis()
    handles = [
        Line2D([], [], linestyle="", marker=MARKERS[i], markersize=4, color=palette[name], label=condition_title(name))
        for i, name in enumerate(found)
    ]
    handles.append(Line2D([], [], linestyle=":", color=GREY, label=condition_title("random_labels")))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def pipeline_scores(intervals: pd.DataFrame, metrics: tuple[str, ...] = ("nmi", "ari", "purity")) -> Figure:
    """Draw the scores of every pipeline against labels, one panel a metric, a row a representation and clusterer.

    intervals: of pipelines. The dashed line is the best value that the study published, if any. For unlabelled music
    the figure says that there are no labels.
    """
    rows = pick(intervals, reference=[headline(intervals)])
    if rows.empty:
        return words(NO_LABELS).figure
    pairs = list(dict.fromkeys(zip(rows["method"], rows["clusterer"], strict=True)))
    names = [f"{METHODS[method].title}, {clusterer_title(clusterer)}" for method, clusterer in pairs]
    found = [name for name in CONDITION_TITLES if name in set(rows["condition"])]
    palette, best = colours(found), best_published()
    figure, axes = plt.subplots(1, len(metrics), figsize=(WIDTH, 1.2 + 0.26 * len(names)), sharey=True)
    for ax, metric in zip(axes, metrics, strict=True):
        for number, condition in enumerate(found):
            here = pick(rows, metric=metric, condition=condition).set_index(["method", "clusterer"]).reindex(pairs)
            places = np.arange(len(names)) + 0.5 * ((number + 0.5) / len(found) - 0.5)
            dots(ax, here, places, MARKERS[number], palette[condition], label=condition_title(condition))
        if metric in best:
            ax.axvline(best[metric], linestyle="--", color=GREY, linewidth=1, label="best published")
        ax.set(title=METRICS[metric].title)
        ax.grid(axis="y", linewidth=0.4, alpha=0.5)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def scores_by_method(
    intervals: pd.DataFrame,
    panels: Sequence[tuple[str, str]] = (),
    *,
    probes: pd.DataFrame | None = None,
    titles: Mapping[str, str] = MappingProxyType({}),
) -> Figure:
    """Draw scores with intervals, one panel a metric and label, a row a condition, a mark a method.

    intervals: of a record of several methods. probes: of ``probes.linear_probe``, by condition; their NMI is drawn,
    too. titles: what methods are called, where that is not their own title. For unlabelled music the figure says that
    there are no labels. panels: metric and label of each, by default NMI, ARI and purity against the headline label.
    """
    panels = panels or [(metric, headline(intervals)) for metric in ("nmi", "ari", "purity")]
    panels = [panel for panel in panels if panel in set(zip(intervals["metric"], intervals["reference"], strict=True))]
    if not panels:
        return words(NO_LABELS).figure
    conditions, methods = (list(dict.fromkeys(intervals[name])) for name in ("condition", "method"))
    palette = colours(methods)
    height = 1.2 + 0.45 * len(conditions)
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH, height), sharey=True, squeeze=False)
    for ax, (metric, reference) in zip(axes[0], panels, strict=True):
        rows = pick(intervals, metric=metric, reference=reference)
        for number, slug in enumerate(methods):
            here = rows[rows["method"] == slug].set_index("condition")
            places = np.array(list(map(conditions.index, here.index))) + 0.7 * ((number + 0.5) / len(methods) - 0.5)
            dots(ax, here, places, MARKERS[number], palette[slug], label=titles.get(slug, METHODS[slug].title))
        if probes is not None and metric == "nmi":
            read = pick(probes, metric=["nmi"], reference=[reference]).groupby("condition")["value"].mean()
            places = list(map(conditions.index, read.index))
            ax.plot(read, places, "|", color=GREY, markersize=14, markeredgewidth=2, zorder=4, label="linear probe")
        title = METRICS[metric].title
        ax.set(title=title if len(set(panels)) == len({m for m, _ in panels}) else f"{title} with {reference}")
        ax.grid(axis="y", linewidth=0.4, alpha=0.5)
        ax.locator_params(axis="x", nbins=max(4, 9 // len(panels)))
    axes[0, 0].set_yticks(range(len(conditions)), [fill(condition_title(name), 18) for name in conditions])
    axes[0, 0].invert_yaxis()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def scores_over_k(by_k: pd.DataFrame, metrics: tuple[str, ...] = ("nmi", "ari"), *, reference: str = "") -> Figure:
    """Draw the mean score of every condition over the number of clusters, one panel a metric; the band is its range.

    by_k: ``condition, seed, k, reference, metric, value`` of one method. For music without that label the figure says
    that there are no labels.
    """
    rows = pick(by_k, reference=[reference or headline(by_k)])
    if rows.empty:
        return words(NO_LABELS).figure
    palette = colours(list(dict.fromkeys(rows["condition"])))
    figure, axes = plt.subplots(1, len(metrics), figsize=(WIDTH, 3.6), squeeze=False)
    for ax, metric in zip(axes[0], metrics, strict=True):
        for number, (name, colour) in enumerate(palette.items()):
            found = pick(rows, metric=metric, condition=name).groupby("k")["value"]
            ax.fill_between(found.min().index, found.min(), found.max(), color=colour, alpha=0.2, linewidth=0)
            marker = f"{MARKERS[number % len(MARKERS)]}-"
            ax.plot(found.mean(), marker, color=colour, markersize=4, label=condition_title(name))
        ax.set(title=METRICS[metric].title, xlabel="clusters", ylim=(0, None))
        ax.locator_params(axis="x", integer=True)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def stability_of_settings(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the stability of every setting of UMAP, one panel a set of features, a line a number of neighbours.

    tables: condition that names the features → ``n_neighbors, n_components, stability``.
    """
    figure, axes = plt.subplots(1, len(tables), figsize=(WIDTH, 2.8), sharey=True, squeeze=False)
    for ax, (features, table) in zip(axes[0], tables.items(), strict=True):
        palette = colours([str(n) for n in table["n_neighbors"].unique()])
        for marker, (neighbours, rows) in zip(MARKERS, table.groupby("n_neighbors"), strict=False):
            style = {"color": palette[str(neighbours)], "label": f"{neighbours} neighbours"}
            ax.plot(rows["n_components"], rows["stability"], f"{marker}-", **style)
        ax.set(title=condition_title(features), xlabel="components", xticks=table["n_components"].unique())
    axes[0, 0].set_ylabel("stability (ARI)")
    axes[0, 0].legend()
    return figure


def scores_by_size(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the NMI of every method on random parts of a corpus over their size: dots are draws, lines their means.

    table: of ``sizes.scores_by_size``.
    """
    ax = new_axes(ax, WIDTH, 3.2)
    palette = colours(list(dict.fromkeys(table["method"])))
    for number, (slug, colour) in enumerate(palette.items()):
        rows = table[table["method"] == slug]
        places = rows["tracks"] * 1.04 ** (number - 1)  # side by side
        ax.plot(places, rows["nmi"], MARKERS[number], color=colour, alpha=0.5, markersize=4)
        means = rows["nmi"].groupby(places).mean()
        ax.plot(means, f"{MARKERS[number]}-", color=colour, label=METHODS[slug].title)
    sizes = sorted(table["tracks"].unique())
    ax.set(xscale="log", xlabel="tracks", ylabel="NMI against genre", ylim=(0, None))
    ax.set_xticks(sizes, [rounded(size, 0) for size in sizes])
    ax.minorticks_off()
    ax.legend()
    return ax


def critical_differences(ranks: pd.Series, p_values: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw mean ranks on a line; a bar joins methods that Nemenyi's test does not tell apart at 5 % (Demšar 2006).

    ranks, p_values: of ``ranks.nemenyi_ranks``; where these are empty the axes say what a comparison takes.
    """
    if ranks.empty:
        return words(NO_DIFFERENCES, ax=ax)
    from scikit_posthocs import critical_difference_diagram

    ax = new_axes(ax, WIDTH, 0.9 + 0.24 * len(ranks))
    titles = {slug: METHODS[slug].title for slug in ranks.index}
    palette = {titles[slug]: method_colour(slug) for slug in ranks.index}
    style = {"crossbar_props": {"color": GREY, "linewidth": 2}, "label_props": {"fontsize": 9}, "text_h_margin": 0.05}
    named = p_values.rename(index=titles, columns=titles)
    drawn = critical_difference_diagram(ranks.rename(titles), named, ax=ax, color_palette=palette, **style)
    for (bar,) in drawn["crossbars"]:
        bar.set_xdata(sorted(bar.get_xdata()))  # they come in the order of a set, another one in every process
    for label in ax.texts:
        label.set_color(plt.rcParams["text.color"])  # the lines carry the colour; as text some are too pale to read
    return ax


def collapse(points: pd.DataFrame, noise: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the silhouette of every model in its own space over its effective dimension, beside that of round noise.

    points: ``name, effective, silhouette``, a row a seed; noise: of ``spaces.silhouette_of_noise``.
    """
    ax = new_axes(ax, WIDTH, 3.4)
    curve = noise.groupby("dimensions")["silhouette"]
    ax.fill_between(curve.mean().index, curve.min(), curve.max(), color=GREY, alpha=0.3, linewidth=0)
    ax.plot(curve.mean(), color=GREY, label="K-Means on round noise")
    palette = colours(list(dict.fromkeys(points["name"])))
    for number, (name, colour) in enumerate(palette.items()):
        rows, marker = points[points["name"] == name], MARKERS[number % len(MARKERS)]
        ax.plot(rows["effective"], rows["silhouette"], marker, color=colour, markersize=4, label=name)
    ax.set(xlabel="effective dimensions", ylabel="silhouette in the own space")
    ax.legend()
    return ax


def disentanglement(table: pd.DataFrame, labels: Mapping[str, str], *, xlabel: str = "") -> Figure:
    """Draw every measure of disentanglement, one panel each, with intervals over seeds.

    table: ``name, seed, measure, value``; labels: name → what the axis says.
    """
    figure, axes = plt.subplots(1, len(MEASURES), figsize=(WIDTH, 1.1 + 0.28 * len(labels)), sharey=True)
    for ax, (slug, title) in zip(axes, MEASURES.items(), strict=True):
        rows = table[table["measure"] == slug].groupby("name")["value"]
        found = [t_interval(rows.get_group(name).to_numpy()) for name in labels]
        means, _, _, high = np.array(found).T
        style = {"ecolor": GREY, "color": [method_colour(name) for name in labels]}
        ax.barh(range(len(labels)), means, xerr=np.nan_to_num(high - means), **style)
        ax.set_title(title.replace(" ", "\n"), fontsize=9)
        ax.locator_params(axis="x", nbins=3)
    axes[0].set_yticks(range(len(labels)), list(labels.values()))
    axes[0].set(ylabel=xlabel)
    axes[0].invert_yaxis()
    return figure
