"""What figures of many panels share: marks, dots with intervals; and the words of one that has nothing to show."""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaeclust.plots.style import GREY, WIDTH, new_axes
from vaeclust.scores.metrics import LABEL_FREE, LABELS, METRICS

MARKERS = "osDv^<>PX*hp"
MOST_PANELS = 4  # in a row


def interval_reach(rows: pd.DataFrame, centre: str = "mean") -> np.ndarray:
    """Return how far the interval of every row reaches below and above its centre, (2, n), 0 where there is none.

    rows: ``low, high``, and the centre.
    """
    return np.abs(rows[["low", "high"]].sub(rows[centre], axis=0)).fillna(0.0).to_numpy().T


def dots(ax: Axes, rows: pd.DataFrame, places: np.ndarray, marker: str, colour: str, *, label: str = "") -> None:
    """Draw the mean and interval of every row at its place on the vertical axis; rows: ``mean, low, high``."""
    style = {"fmt": marker, "color": colour, "markersize": 4, "linewidth": 1}
    ax.errorbar(rows["mean"], places, xerr=interval_reach(rows), label=label, **style)


def metric_panels(measured: Iterable[str], height: float, **shared: bool) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with a panel for each of the metrics: label-free ones above those against labels.

    height: of a row, in inches; no row has more than four panels.
    """
    found = set(measured)
    kinds = [[m.name for m in METRICS.values() if m.name in found and m.kind == kind] for kind in (LABEL_FREE, LABELS)]
    rows = [names[i : i + MOST_PANELS] for names in kinds for i in range(0, len(names), MOST_PANELS)]
    columns = max(map(len, rows))
    figure, axes = plt.subplots(len(rows), columns, figsize=(WIDTH, height * len(rows)), squeeze=False, **shared)
    panels = {name: ax for names, line in zip(rows, axes, strict=True) for name, ax in zip(names, line, strict=False)}
    for ax in set(axes.flat) - set(panels.values()):
        ax.set_visible(False)
    return figure, panels


def words(text: str, *, ax: Axes | None = None) -> Axes:
    """Draw words in place of a figure for which a corpus has nothing, such as labels."""
    ax = new_axes(ax, WIDTH, 0.7)
    ax.text(0.5, 0.5, text, ha="center", va="center", color=GREY, transform=ax.transAxes)
    ax.set_axis_off()
    return ax
