"""Figures about time and memory (chapter ``12_how_fast``)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaeclust.evidence.words import rounded
from vaeclust.methods.catalogue import METHODS
from vaeclust.plots.panels import interval_reach
from vaeclust.plots.style import GREY, WIDTH, colours, method_colour, new_axes

_MARKERS = "osDv^<>PXdph*"


def benchmark(name: str, tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw one of the tables of ``speed.benchmark_tables``, or say that it has not been measured."""
    if name not in tables:
        ax = new_axes(None, WIDTH, 1.2)
        ax.text(
            0.5,
            0.5,
            f"not measured yet: make bench BENCHMARKS={name.split('_')[0]}",
            ha="center",
            va="center",
            fontsize=10,
        )
        ax.set_axis_off()
        return ax.figure
    figures = {"training": training, "floor": floor, "study": study, "book_stages": stages, "scale": scale}
    return figures[name](tables[name])


def training(table: pd.DataFrame) -> Figure:
    """Draw the seconds a model takes by every trainer, one panel a model, the ratio to pythae behind each bar.

    table: ``model, trained by, median, low, high, faster than pythae``; whiskers from low to high.
    """
    models = list(dict.fromkeys(table["model"]))
    figure, axes = plt.subplots(1, len(models), figsize=(WIDTH, 2.4), sharey=True, squeeze=False)
    for ax, model in zip(axes[0], models, strict=True):
        rows = table[table["model"] == model]
        style = {"color": method_colour("vae"), "alpha": 0.6, "ecolor": GREY}
        ax.barh(rows["trained by"], rows["median"], xerr=interval_reach(rows, "median"), **style)
        for place, (end, ratio) in enumerate(zip(rows["high"], rows["faster than pythae"], strict=True)):
            ax.text(end, place, f"  × {rounded(ratio)}", va="center", fontsize=9)
        ax.set(title=model, xlabel="seconds a model", xlim=(0, 1.25 * rows["high"].max()))
    axes[0, 0].invert_yaxis()
    return figure


def floor(table: pd.DataFrame) -> Figure:
    """Draw the operations of a training step stacked, and the step itself as a line, a dotted one if not recorded.

    table: ``model, what, unit, median``; older ones lack ``the plain step``.
    """
    wide = table[table["unit"] == "ms"].pivot(index="model", columns="what", values="median")
    styles = {"the whole step": "solid", "the plain step": "dotted"}
    steps = {name: wide.pop(name) for name in styles if name in wide}
    ax = stacked_bars(wide, "milliseconds")
    places = np.arange(len(wide))
    for name, values in steps.items():
        ax.vlines(values, places - 0.4, places + 0.4, color="black", linestyle=styles[name], label=name)
    ax.set(xlim=(0, 1.08 * max(values.max() for values in steps.values())))
    _legend(ax, 2)
    return ax.figure


def study(table: pd.DataFrame) -> Figure:
    """Draw what every method of the study takes, part by part; table: ``method, part, median``."""
    rows = table[table["part"] != "whole"]
    wide = rows.pivot(index="method", columns="part", values="median")
    wide = wide.loc[rows["method"].unique(), rows["part"].unique()]
    return stacked_bars(wide.rename(index=lambda slug: METHODS[slug].title), "seconds of one core").figure


def stages(table: pd.DataFrame) -> Figure:
    """Draw what every chapter's time is spent on; table: ``chapter, stage, seconds``."""
    wide = table.pivot(index="chapter", columns="stage", values="seconds")
    return stacked_bars(wide.loc[table["chapter"].unique(), table["stage"].unique()], "seconds").figure


def stacked_bars(wide: pd.DataFrame, label: str) -> Axes:
    """Draw one bar a row, its columns end to end."""
    ax = new_axes(None, WIDTH, 1.3 + 0.27 * len(wide))
    start = np.zeros(len(wide))
    for name, colour in colours([str(name) for name in wide]).items():
        values = wide[name].fillna(0.0).to_numpy()
        ax.barh(wide.index, values, left=start, color=colour, label=name)
        start += values
    ax.set(xlabel=label)
    ax.invert_yaxis()
    _legend(ax, 3)
    return ax


def _legend(ax: Axes, columns: int) -> None:
    """Put one legend under the axes, in place of the one before."""
    for legend in ax.figure.legends[:]:
        legend.remove()
    ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=columns)


def scale(table: pd.DataFrame) -> Figure:
    """Draw time and peak memory of every stage against the number of tracks, both axes logarithmic.

    table: ``tracks, what, seconds, megabytes``.
    """
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.2))
    names = list(dict.fromkeys(table["what"]))
    for (name, colour), marker in zip(colours(names).items(), _MARKERS * 2, strict=False):
        rows = table[table["what"] == name].sort_values("tracks")
        for ax, column in zip(axes, ("seconds", "megabytes"), strict=True):
            ax.plot(rows["tracks"], rows[column], marker=marker, markersize=5, linewidth=1, color=colour, label=name)
    axes[0].set(title="Time", ylabel="seconds", xscale="log", yscale="log", xlabel="tracks")
    axes[1].set(title="Peak memory", ylabel="megabytes", xscale="log", yscale="log", xlabel="tracks")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
