"""Figures that set methods side by side (chapter ``07_comparison``)."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaeclust.evidence import wording
from vaeclust.methods import METHODS
from vaeclust.metrics import METRICS
from vaeclust.plots.style import GREY, WIDTH, method_colour, new_axes


def metric_bars(intervals: pd.DataFrame) -> Figure:
    """Draw every metric of every method with its interval, one panel a metric.

    intervals: rows of one clusterer and, for each metric, one space.
    """
    metrics = [metric for metric in METRICS.values() if metric.name in set(intervals["metric"])]
    methods = [slug for slug in METHODS if slug in set(intervals["method"])]
    rows = int(np.ceil(len(metrics) / 3))
    figure, axes = plt.subplots(
        rows, 3, figsize=(WIDTH, (1.1 + 0.28 * len(methods)) * rows), sharey=True, squeeze=False
    )
    for ax in axes.flat[len(metrics) :]:
        ax.set_visible(False)
    for ax, metric in zip(axes.flat, metrics, strict=False):
        table = intervals[intervals["metric"] == metric.name].set_index("method").reindex(methods)
        reach = np.abs(table[["low", "high"]].sub(table["mean"], axis=0)).fillna(0.0).to_numpy().T
        ax.barh(range(len(methods)), table["mean"], xerr=reach, ecolor=GREY, color=[method_colour(m) for m in methods])
        ax.set(title=f"{metric.title} {metric.arrow}", yticks=range(len(methods)))
        ax.set_yticklabels([METHODS[slug].title for slug in methods])
        ax.locator_params(axis="x", nbins=4)
    axes[0, 0].invert_yaxis()
    return figure


def heatmap(means: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw methods × metrics: printed raw means, coloured from worst to best within each metric.

    means: index method slugs, columns metric names.
    """
    scaled = (means - means.min()) / (means.max() - means.min()).replace(0.0, np.nan)
    for name in means:
        if not METRICS[name].higher_is_better:
            scaled[name] = 1 - scaled[name]
    text = means.map(lambda value: wording(value, np.nan))
    ax = new_axes(ax, WIDTH, 1.1 + 0.42 * len(means))
    sns.heatmap(scaled.fillna(0.5), annot=text, fmt="", cmap="Blues", vmin=-0.1, vmax=1.3, cbar=False, ax=ax,
                linewidths=1, annot_kws={"size": 10})  # fmt: skip
    ax.set(xlabel="", ylabel="")
    ax.set_xticklabels([f"{METRICS[name].title}\n{METRICS[name].arrow}" for name in means], rotation=0)
    ax.set_yticklabels([METHODS[slug].title for slug in means.index], rotation=0)
    ax.tick_params(length=0)
    return ax
