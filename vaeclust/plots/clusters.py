"""Figures of a clustering: sizes, mix of labels, silhouettes, and how a clusterer finds them (all method chapters)."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram, linkage
from sklearn.metrics import silhouette_samples

from vaeclust.clusters.clusterers import MIN_SAMPLES, NOISE, k_distances, knee
from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.sampling import sample
from vaeclust.evidence.words import NO_LABELS, legible, metric_head, rounded
from vaeclust.methods.catalogue import METHODS
from vaeclust.plots.panels import metric_panels, words
from vaeclust.plots.style import GREY, SEQUENTIAL, WIDTH, colours, method_colour, new_axes
from vaeclust.studies.records import headline


def label_mix(clusters: pd.Series, dataset: Dataset) -> Figure:
    """Draw how many tracks of every class fell into every cluster, a panel a label but the artist.

    Clusters are ordered by their commonest class of the headline label. clusters: indexed by track id. For unlabelled
    music the figure says that there are no labels.
    """
    if not dataset.label_names:
        return words(NO_LABELS).figure
    found = clusters.reindex(dataset.tracks.index)
    tables = {name: pd.crosstab(legible(dataset.tracks[name]), found) for name in dataset.label_names}
    order = tables[dataset.headline].idxmax().sort_values(kind="stable").index
    heights = [0.9 + 0.32 * len(table) for table in tables.values()]
    look = {"figsize": (WIDTH, sum(heights)), "height_ratios": heights, "squeeze": False}
    figure, axes = plt.subplots(len(tables), 1, **look)
    for ax, (name, table) in zip(axes.flat, tables.items(), strict=True):
        shown = table.reindex(columns=order, fill_value=0)
        sns.heatmap(shown, annot=True, fmt="d", cmap="Blues", cbar=False, linewidths=0.5, ax=ax, annot_kws={"size": 9})
        ax.set(xlabel="cluster", ylabel="", title=name if len(tables) > 1 else "")
        ax.tick_params(length=0)
    return figure


def sizes(clusters: pd.DataFrame, *, method: str, ax: Axes | None = None) -> Axes:
    """Draw cluster sizes from largest to smallest: mean over seeds, and every seed as a dot.

    clusters: ``seed, cluster`` of one clusterer.
    """
    counts = clusters.groupby("seed")["cluster"].value_counts(sort=True).rename("tracks").reset_index()
    counts["rank"] = counts.groupby("seed").cumcount() + 1
    ax = new_axes(ax, WIDTH, 2.6)
    mean = counts.groupby("rank")["tracks"].mean()
    ax.bar(mean.index, mean, color=method_colour(method), alpha=0.5)
    ax.plot(counts["rank"], counts["tracks"], ".", color=method_colour(method), markersize=5)
    ax.set(xlabel="cluster, largest first", ylabel="tracks", xticks=mean.index)
    return ax


def sureness(shares: pd.DataFrame) -> Axes:
    """Draw, one bar a method, on how many tracks' clusters all, at least half, and fewer of the other seeds agree.

    shares: tracks × methods, as ``agreement.agreement_shares`` returns.
    """
    parts = {
        "all other seeds agree": shares == 1,
        "at least half": (shares >= 0.5) & (shares < 1),
        "fewer": shares < 0.5,
    }
    ax = new_axes(None, WIDTH, 1.2 + 0.3 * len(shares.columns))
    names, start = [METHODS[slug].title for slug in shares], np.zeros(len(shares.columns))
    for (name, chosen), colour in zip(parts.items(), (SEQUENTIAL[1], SEQUENTIAL[6], SEQUENTIAL[10]), strict=True):
        part = chosen.mean().to_numpy()
        ax.barh(names, part, left=start, color=colour, edgecolor="white", label=name)
        start = start + part
    ax.set(xlabel="share of all tracks", xlim=(0, 1))
    ax.invert_yaxis()
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    return ax


def silhouettes(embedding: np.ndarray, clusters: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Draw the silhouette of every track, sorted within its cluster; the dashed line is their mean.

    embedding: (n, d); clusters: (n,) in the same order; noise is left out, and above 10,000 tracks all but a random
    5,000. With fewer than two clusters the axes say so.
    """
    chosen = sample(len(embedding))
    embedding, labels = embedding[chosen], clusters.to_numpy()[chosen]
    embedding, labels = embedding[labels != NOISE], labels[labels != NOISE]
    ax = new_axes(ax, WIDTH, 4.2)
    if not 2 <= len(np.unique(labels)) <= len(labels) - 1:
        ax.text(0.5, 0.5, "no silhouette: fewer than two clusters", ha="center", transform=ax.transAxes)
        return ax
    values = silhouette_samples(embedding, labels)
    start = 0
    for name, colour in colours(sorted(np.unique(labels).tolist())).items():
        heights = np.sort(values[labels == name])
        ax.fill_betweenx(np.arange(start, start + len(heights)), 0, heights, color=colour, linewidth=0)
        ax.text(-0.01, start + len(heights) / 2, str(name), ha="right", va="center", fontsize=9)
        start += len(heights) + max(len(values) // 100, 1)
    ax.axvline(values.mean(), color=GREY, linestyle="--", linewidth=1)
    ax.set(xlabel="silhouette", ylabel=f"tracks{_sample_note(clusters)}, by cluster", yticks=[])
    return ax


def ward_tree(embedding: np.ndarray, *, k: int, method: str, leaves: int = 30, ax: Axes | None = None) -> Axes:
    """Draw the last merges of Ward's clustering, and where the tree is cut into k clusters; embedding (n, d)."""
    merges = linkage(embedding[sample(len(embedding))], method="ward")
    ax = new_axes(ax, WIDTH, 3.2)
    colour = method_colour(method)
    look = {"link_color_func": lambda _: colour, "leaf_font_size": 9, "leaf_rotation": 90}
    dendrogram(merges, truncate_mode="lastp", p=leaves, ax=ax, **look)
    ax.axhline(merges[-k : len(merges) - k + 2, 2].mean(), color=GREY, linestyle="--", linewidth=1)
    ax.set(xlabel=f"tracks{_sample_note(embedding)} under each branch, in brackets", ylabel="Ward distance")
    return ax


def k_distance(embedding: np.ndarray, *, method: str, ax: Axes | None = None) -> Axes:
    """Draw the k-distance curve of DBSCAN and the knee that sets its radius; embedding (n, d)."""
    distances = k_distances(embedding[sample(len(embedding))])
    eps = knee(distances)
    ax = new_axes(ax, WIDTH, 2.8)
    ax.plot(distances, color=method_colour(method))
    ax.axhline(eps, color=GREY, linestyle="--", linewidth=1)
    ax.annotate(f"eps = {rounded(eps, 2)}", (0, eps), xytext=(4, 4), textcoords="offset points", color=GREY)
    ax.set(xlabel=f"tracks{_sample_note(embedding)}, from dense to sparse", ylim=(0, None))
    ax.set_ylabel(f"distance to the {MIN_SAMPLES - 1}th neighbour")
    return ax


def scores_by_k(scores: pd.DataFrame, *, method: str) -> Figure:
    """Draw every metric in the method's own space and against labels over the number of clusters, one line a seed.

    scores: ``seed, k, space, reference, metric, value``, as ``metrics.score_by_k`` returns.
    """
    shown = scores[(scores["space"] != "input") & scores["reference"].isin(["", headline(scores)])]
    figure, panels = metric_panels(shown["metric"], 2.1)
    for name, ax in panels.items():
        for _, line in shown[shown["metric"] == name].groupby("seed"):
            ax.plot(line["k"], line["value"], color=method_colour(method), alpha=0.6, linewidth=1.2)
        ax.set(title=metric_head(name), xlabel="number of clusters")
        ax.locator_params(axis="x", integer=True, nbins=5)
    return figure


def choice_of_k(table: pd.DataFrame, *, chosen: int) -> Figure:
    """Draw three label-free criteria over the number of clusters; the dashed line is the recommended one.

    table: ``k, silhouette, stability, gap, gap_sd``, as ``choice_of_k.choose_k`` returns.
    """
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.5))
    titles = {"silhouette": "Silhouette", "stability": "Stability (ARI)", "gap": "Gap statistic"}
    for ax, (name, title) in zip(axes, titles.items(), strict=True):
        error = table["gap_sd"] if name == "gap" else None
        style = {"fmt": "o-", "markersize": 4, "linewidth": 1, "color": method_colour("vae"), "ecolor": GREY}
        ax.errorbar(table["k"], table[name], error, **style)
        ax.axvline(chosen, color=GREY, linestyle="--", linewidth=1)
        ax.set(title=title, xlabel="number of clusters")
        ax.locator_params(axis="x", integer=True)
    return figure


def _sample_note(tracks: np.ndarray | pd.Series) -> str:
    """Return what an axis says of a corpus of which a sample is shown: nothing where all tracks are."""
    shown = len(sample(len(tracks)))
    return f" ({rounded(shown, 0)} at random)" if shown < len(tracks) else ""
