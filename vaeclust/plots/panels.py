"""What figures of many panels share: marks, dots with intervals; and the words of one that has nothing to show."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from vaeclust.plots.style import GREY, WIDTH, new_axes

MARKERS = "osDv^<>PX*hp"


def interval_reach(rows: pd.DataFrame, centre: str = "mean") -> np.ndarray:
    """Return how far the interval of every row reaches below and above its centre, (2, n), 0 where there is none.

    rows: ``low, high``, and the centre.
    """
    return np.abs(rows[["low", "high"]].sub(rows[centre], axis=0)).fillna(0.0).to_numpy().T


def dots(ax: Axes, rows: pd.DataFrame, places: np.ndarray, marker: str, colour: str, *, label: str = "") -> None:
    """Draw the mean and interval of every row at its place on the vertical axis; rows: ``mean, low, high``."""
    style = {"fmt": marker, "color": colour, "markersize": 4, "linewidth": 1}
    ax.errorbar(rows["mean"], places, xerr=interval_reach(rows), label=label, **style)


def words(text: str, *, ax: Axes | None = None) -> Axes:
    """Draw words in place of a figure for which a corpus has nothing, such as labels."""
    ax = new_axes(ax, WIDTH, 0.7)
    ax.text(0.5, 0.5, text, ha="center", va="center", color=GREY, transform=ax.transAxes)
    ax.set_axis_off()
    return ax
