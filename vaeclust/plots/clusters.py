"""Figures of a clustering: sizes and genre mix (all method chapters)."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from vaeclust.datasets import Dataset
from vaeclust.plots.style import WIDTH, method_colour, new_axes


def genre_mix(clusters: pd.Series, dataset: Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw how many tracks of every genre fell into every cluster, clusters ordered by their commonest genre.

    clusters: indexed by track id. Raises ValueError for unlabelled music.
    """
    if dataset.genres is None:
        raise ValueError(f"{dataset.name} has no genre labels; a genre mix needs at least two genres")
    table = pd.crosstab(dataset.tracks["genre"], clusters.reindex(dataset.tracks.index))
    table = table[table.idxmax().sort_values(kind="stable").index]
    ax = new_axes(ax, WIDTH, 0.9 + 0.32 * len(table))
    sns.heatmap(table, annot=True, fmt="d", cmap="Blues", cbar=False, linewidths=0.5, ax=ax, annot_kws={"size": 9})
    ax.set(xlabel="cluster", ylabel="")
    ax.tick_params(length=0)
    return ax


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
