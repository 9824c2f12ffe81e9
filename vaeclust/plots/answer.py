"""The picture of the front page and of README."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vaeclust.plots.panels import interval_reach

_INK = {
    "light": ("#1f2933", "#6b7785", ("#0072b2", "#d55e00", "#00785a")),
    "dark": ("#e6e9ed", "#9aa5b1", ("#56b4e9", "#f0a35e", "#4cc9a4")),
}  # letters, what stands back, and the groups


def answer_picture(rows: pd.DataFrame, lines: dict[str, float], *, mode: str = "light") -> Figure:
    """Draw one score of every way of grouping, as dots with intervals, in groups one below the other.

    rows: ``group, title, mean, low, high``, from top to bottom; the band is the interval of the last row of the first
    group. lines: what the dashed and the dotted line stand for, and where. mode: "light" or "dark"; the ground is
    transparent. Narrow, with large letters, so that it can be read on a phone.
    """
    ink, quiet, groups_ink = _INK[mode]
    groups = list(dict.fromkeys(rows["group"]))
    places = (
        np.arange(len(rows)) + 2.2 * rows["group"].map(groups.index).to_numpy() + 1.4
    )  # room for two lines of title
    baseline = rows[rows["group"] == groups[0]].iloc[-1]
    with plt.rc_context({"text.color": ink, "xtick.color": ink, "axes.edgecolor": quiet, "axes.labelcolor": ink}):
        figure, ax = plt.subplots(figsize=(4.9, 0.28 * places[-1] + 1.2))
        ax.axvspan(baseline["low"], baseline["high"], color=quiet, alpha=0.3, linewidth=0)
        for (title, value), style in zip(lines.items(), ("--", ":"), strict=True):
            ax.axvline(value, linestyle=style, color=quiet, linewidth=1.4)
            above = {"xycoords": ("data", "axes fraction"), "xytext": (0, 3), "ha": "center", "va": "bottom"}
            ax.annotate(title, (value, 1), textcoords="offset points", fontsize=10, color=ink, **above)
        for group, colour, marker in zip(groups, groups_ink, "osD", strict=True):
            here = (rows["group"] == group).to_numpy()
            shown = rows[here]
            style = {"fmt": marker, "color": colour, "markersize": 4.5, "linewidth": 2}
            ax.errorbar(shown["mean"], places[here], xerr=interval_reach(shown), **style)
            beside = {"xycoords": ("axes fraction", "data"), "xytext": (-3, 0), "ha": "right", "va": "center"}
            look = {"fontsize": 10, "fontweight": "bold", "color": colour}
            ax.annotate(group, (0, places[here][0] - 1.2), textcoords="offset points", **beside, **look)
        ax.set_yticks(places, rows["title"], fontsize=11, color=ink)
        ax.tick_params(axis="y", length=0)
        ax.set(xlim=(0, None), ylim=(places[-1] + 0.7, -0.8))
        ax.set_xlabel("NMI with genre (0: nothing in common, 1: the same)", fontsize=10, loc="right")
        ax.set_facecolor("none")
        figure.set_facecolor("none")
    return figure
