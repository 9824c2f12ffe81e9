"""Differences with their intervals, one below the other (chapter ``19_how_far``)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vaeclust.evidence.words import NO_DIFFERENCES, condition_title, way_title
from vaeclust.plots.panels import MARKERS, dots, words
from vaeclust.plots.style import GREY, WIDTH, colours, new_axes
from vaeclust.studies.ways import Way

_KINDS = {
    "features": "as in the other chapters",
    "tracks": "other tracks",
    "clusters": "other numbers of clusters",
    "training": "another VAE",
}


def differences_by_change(found: pd.DataFrame, ways: tuple[Way, ...]) -> Figure:
    """Draw how ways of grouping differ from K-Means on the given features, a row a change, in groups by its kind.

    found: comparisons of one label, whose baseline has the same change (``how_far.compared_ways``). The line is no
    difference. Where there is nothing to compare the figure says so.
    """
    key = pd.Series(list(zip(found["method"], found["features"], strict=True)), index=found.index, dtype=object)
    shown = found[found["kind"].isin(_KINDS) & (found["baseline"] == "features") & key.isin([way[:2] for way in ways])]
    shown = shown[shown["baseline_condition"].isin(["standard", *shown["change"]])]
    if shown.empty:
        return words(NO_DIFFERENCES).figure
    rows, places, names = {}, [], []
    for kind, title in _KINDS.items():
        changes = list(dict.fromkeys(shown.loc[shown["kind"] == kind, "change"]))
        for number, change in enumerate(changes):
            place = len(rows) + 0.9 * (len({key[0] for key in rows} | {kind}) - 1)
            rows[kind, change] = place
            places.append(place)
            names.append(condition_title(change) if change else title)
            if number == 0 and change:
                places.append(place - 0.9)
                names.append(f"{title}:")
    ways = tuple(way for way in ways if way[:2] in set(key[shown.index]))
    ax = new_axes(None, WIDTH, 1.2 + 0.26 * max(places))
    palette = colours([way_title(way) for way in ways])
    for number, way in enumerate(ways):
        ours = shown[(shown["method"] == way.method) & (shown["features"] == way.features)]
        at = [rows[pair] for pair in zip(ours["kind"], ours["change"], strict=True)]
        shift = 0.5 * ((number + 0.5) / len(ways) - 0.5)
        dots(ax, ours, np.array(at) + shift, MARKERS[number], palette[way_title(way)], label=way_title(way))
    ax.axvline(0, color=GREY, linewidth=1)
    ax.set_yticks(places, names)
    for label in ax.get_yticklabels():
        label.set_fontweight("bold" if label.get_text().endswith(":") else "normal")
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    ax.set_xlabel("difference in NMI")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(ways))
    return ax.figure
