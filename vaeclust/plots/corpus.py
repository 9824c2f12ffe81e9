"""Figures of a corpus before any method sees it (chapter ``00_data``)."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaeclust.corpus.dataset import Dataset
from vaeclust.evidence.words import NO_LABELS, legible
from vaeclust.plots.panels import words
from vaeclust.plots.style import GREY, WIDTH, colours, label_step, new_axes


def label_boxes(values: pd.DataFrame, dataset: Dataset, *, columns: int = 3) -> Figure:
    """Draw the distribution of every column of ``values``, one box a class (one in all for unlabelled music).

    values: indexed by track id; boxes hold the middle half of the tracks, whiskers the rest but for outliers.
    """
    rows = int(np.ceil(values.shape[1] / columns))
    everything = pd.Series("all", values.index)
    label = legible(dataset.class_of).fillna(f"no {dataset.headline}") if dataset.headline else everything
    names = sorted(label.unique())
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, (0.7 + 0.19 * len(names)) * rows), sharey=True, squeeze=False
    )
    for ax in axes.flat[values.shape[1] :]:
        ax.set_visible(False)
    for ax, name in zip(axes.flat, values, strict=False):
        look = {"palette": colours(names), "fliersize": 1.5, "linewidth": 0.8, "legend": False}
        by_label = {"y": label.to_numpy(), "order": names, "hue": label.to_numpy(), "hue_order": names}
        sns.boxplot(x=values[name].to_numpy(), ax=ax, **by_label, **look)
        ax.set(title=name.replace("_mean", "").replace("_", " "), xlabel="", ylabel="")
    return figure


def correlations(values: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw Pearson's correlation of every pair of columns."""
    ax = new_axes(ax, WIDTH, 5.6)
    table = values.corr()
    table.index = table.columns = [name.replace("_mean", "") for name in values]
    look = {"cmap": "RdBu_r", "square": True, "cbar_kws": {"label": "correlation"}}
    every = label_step(len(table))
    sns.heatmap(table, vmin=-1, vmax=1, ax=ax, xticklabels=every, yticklabels=every, **look)
    ax.tick_params(length=0)
    return ax


def shares(table: pd.Series, *, xlabel: str, ax: Axes | None = None) -> Axes:
    """Draw one bar for every entry of a series, with its value beside it; of no entry, that there are no labels."""
    if table.empty:
        return words(NO_LABELS, ax=ax)
    ax = new_axes(ax, WIDTH, 0.8 + 0.25 * len(table))
    bars = ax.barh(table.index.astype(str), table, color=GREY)
    ax.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=9)
    ax.invert_yaxis()
    ax.set(xlabel=xlabel, ylabel="")
    return ax
