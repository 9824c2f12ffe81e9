"""Figures that set methods side by side (chapter ``07_comparison``)."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaeclust.evidence.published import published_columns
from vaeclust.evidence.ranks import can_be_ranked, overall_scores, scaled_means
from vaeclust.evidence.words import NO_RANKS, mean_sd, metric_head, shortest
from vaeclust.methods.catalogue import METHODS
from vaeclust.plots.panels import interval_reach, metric_panels, words
from vaeclust.plots.style import GREY, WIDTH, method_colour, new_axes
from vaeclust.scores.metrics import METRICS

_CELLS = {"cmap": "Blues", "cbar": False, "linewidths": 1, "annot_kws": {"size": 10}}
_COLOURS = {"x": "#d55e00", "+": "#0072b2"}


def metric_bars(intervals: pd.DataFrame) -> Figure:
    """Draw every metric of every method with its interval, one panel a metric.

    intervals: rows of one clusterer and, for each metric, one space.
    """
    methods = [slug for slug in METHODS if slug in set(intervals["method"])]
    figure, panels = metric_panels(intervals["metric"], 1.1 + 0.28 * len(methods), sharey=True)
    for name, ax in panels.items():
        table = intervals[intervals["metric"] == name].set_index("method").reindex(methods)
        style = {"ecolor": GREY, "color": [method_colour(slug) for slug in methods]}
        ax.barh(range(len(methods)), table["mean"], xerr=interval_reach(table), **style)
        ax.set(title=metric_head(name), yticks=range(len(methods)))
        ax.set_yticklabels([METHODS[slug].title for slug in methods])
        ax.locator_params(axis="x", nbins=4)
    figure.axes[0].invert_yaxis()
    return figure


def heatmap(means: pd.DataFrame, *, show: str = "raw", ax: Axes | None = None) -> Axes:
    """Draw methods × metrics, coloured from worst to best within each metric.

    means: index method slugs, columns metric names. show: the numbers to print, "raw" or "scaled" to 0-1.
    Without a score against labels the axes say why nothing is compared.
    """
    if not can_be_ranked(means):
        return words(NO_RANKS, ax=ax)
    shares = scaled_means(means)
    text = (means if show == "raw" else shares).map(mean_sd)
    ax = new_axes(ax, WIDTH, 1.1 + 0.42 * len(means))
    sns.heatmap(shares.fillna(0.5), annot=text, fmt="", vmin=-0.1, vmax=1.3, ax=ax, **_CELLS)
    ax.set(xlabel="", ylabel="")
    ax.set_xticklabels([_two_lines(name) for name in means], rotation=0)
    ax.set_yticklabels([METHODS[slug].title for slug in means.index], rotation=0)
    ax.tick_params(length=0)
    return ax


def ranks(means: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the rank of every method in every metric and overall, one line a method; 1 is best, on top.

    Equal methods stand one below the other. means: index method slugs, columns metric names. Without a score against
    labels the axes say why there are no ranks.
    """
    if not can_be_ranked(means):
        return words(NO_RANKS, ax=ax)
    table = scaled_means(means).assign(overall=overall_scores(means)["overall"]).rank(ascending=False, method="first")
    places = np.arange(table.shape[1])
    ax = new_axes(ax, WIDTH, 1.4 + 0.36 * len(table))
    for slug, row in table.iterrows():
        ax.plot(places, row, "o-", color=method_colour(slug), markersize=6)
        ax.text(places[-1] + 0.15, row.iloc[-1], METHODS[slug].title, va="center", color=GREY, fontsize=9)
    titles = [_two_lines(name) for name in means]
    ax.set(xticks=places, yticks=range(1, len(table) + 1), ylabel="rank", xlim=(-0.3, places[-1] + 1.6))
    ax.set_xticklabels([*titles, "Overall"])
    ax.spines["bottom"].set_visible(False)
    ax.invert_yaxis()
    return ax


def agreement(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how far the clusterings of every two methods agree (ARI); table: methods × methods."""
    titles = [METHODS[slug].title for slug in table]
    ax = new_axes(ax, WIDTH, 1.4 + 0.42 * len(table))
    named = table.set_axis(titles).set_axis(titles, axis=1)
    sns.heatmap(named, annot=True, fmt=".2f", vmin=0, vmax=1.2, ax=ax, **_CELLS)
    ax.tick_params(length=0)
    ax.set_xticklabels(titles, rotation=30, ha="right")
    return ax


def stability(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how far the clusterings of every two seeds of a method agree; table: ``method, ari``, a row a pair."""
    methods = [slug for slug in METHODS if slug in set(table["method"])]
    ax = new_axes(ax, WIDTH, 0.9 + 0.36 * len(methods))
    look = {"palette": {slug: method_colour(slug) for slug in methods}, "fliersize": 2, "linewidth": 0.8}
    order = {"order": methods, "hue_order": methods}
    sns.boxplot(table, x="ari", y="method", hue="method", legend=False, ax=ax, **order, **look)
    ax.set_yticks(range(len(methods)), [METHODS[slug].title for slug in methods])
    ax.set(xlabel="ARI between two seeds of the same method", ylabel="", xlim=(min(0.0, table["ari"].min()), 1.02))
    return ax


def published_values(intervals: pd.DataFrame, published: dict[str, pd.DataFrame]) -> Figure:
    """Draw our mean of every method with two standard deviations over seeds, and the published values beside it.

    Metrics that were not published are left out. intervals: rows of one clusterer, one row a method and metric;
    published: title of the source → methods × metrics.
    """
    methods = [slug for slug in METHODS if slug in set(intervals["method"])]
    measured = published_columns(intervals["metric"].unique())
    figure, panels = metric_panels(measured, 1.1 + 0.28 * len(methods), sharey=True)
    places = np.arange(len(methods))
    for name, ax in panels.items():
        table = intervals[intervals["metric"] == name].set_index("method").reindex(methods)
        ours = {"color": "#c8d6e5", "height": 0.7, "label": "this book: mean ± 2 sd over seeds"}
        ax.barh(places, 4 * table["sd"], left=table["mean"] - 2 * table["sd"], **ours)
        ax.plot(table["mean"], places, "|", color=GREY, markersize=9)
        for (title, values), marker in zip(published.items(), "x+", strict=True):
            theirs = {"color": _COLOURS[marker], "markersize": 6, "markeredgewidth": 1.6, "label": title}
            ax.plot(values[name].reindex(methods), places, marker, **theirs)
        ax.set(title=metric_head(name), yticks=places)
        ax.set_yticklabels([METHODS[slug].title for slug in methods])
        ax.locator_params(axis="x", nbins=4)
    figure.axes[0].invert_yaxis()
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def beta_curves(table: pd.DataFrame) -> Figure:
    """Draw every metric against beta with its interval; table: ``beta, metric, mean, low, high``, beta above 0."""
    figure, panels = metric_panels(table["metric"], 2.2)
    for name, ax in panels.items():
        line = table[table["metric"] == name].sort_values("beta")
        _band(ax, line["beta"], line["mean"], line["low"], line["high"])
        _beta_axis(ax, line["beta"])
        ax.set(title=metric_head(name))
    return figure


def rate_distortion(table: pd.DataFrame) -> Figure:
    """Draw rate against distortion, one dot a seed and beta, and active and effective dimensions against beta.

    table: ``beta, seed, rate, distortion, active, effective``.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    mean = table.groupby("beta")[["rate", "distortion"]].mean()
    left.plot(mean["rate"], mean["distortion"], "-", color=GREY, linewidth=1)
    left.plot(table["rate"], table["distortion"], ".", color=method_colour("beta_vae_2"), markersize=5)
    label = None
    for beta, point in mean.iterrows():
        if label and (abs(point - label.xy) < 0.06 * np.ptp(mean, axis=0)).all():  # betas that fell into one place
            label.set_text(f"{label.get_text()}, {shortest(beta)}")
        else:
            label = left.annotate(shortest(beta), tuple(point), xytext=(5, 4), textcoords="offset points", size=9)
    left.set(xlabel="rate: KL divergence (nats)", ylabel="distortion: squared error")
    for column, marker in (("active", "o"), ("effective", "s")):
        group = table.groupby("beta")[column]
        _band(right, mean.index, group.mean(), group.min(), group.max(), marker=marker, label=column)
    _beta_axis(right, mean.index)
    right.set(ylabel="dimensions", ylim=(0, None))
    right.legend()
    return figure


def _two_lines(metric: str) -> str:
    """Return a metric's title and arrow on two lines, for narrow columns."""
    title, arrow = METRICS[metric].title, METRICS[metric].arrow
    return title.replace("-", "-\n") + f" {arrow}" if "-" in title else f"{title}\n{arrow}"


def _band(
    ax: Axes, x: pd.Series, mean: pd.Series, low: pd.Series, high: pd.Series, *, marker: str = "o", label: str = ""
) -> None:
    colour = method_colour("beta_vae_2")
    ax.fill_between(x, low.fillna(mean), high.fillna(mean), color=colour, alpha=0.3, linewidth=0)
    ax.plot(x, mean, f"{marker}-", color=colour, markersize=4, label=label)


def _beta_axis(ax: Axes, betas: pd.Series) -> None:
    ax.set_xscale("log")
    ax.set(xlabel="β", xticks=list(betas))
    ax.set_xticklabels(list(map(shortest, betas)), rotation=90)
    ax.minorticks_off()
