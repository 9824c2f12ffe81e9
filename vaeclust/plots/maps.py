"""Maps: every track a point, by label and by cluster (all method chapters)."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaeclust.corpus.dataset import Dataset, track_name
from vaeclust.evidence.words import NO_LABELS, legible
from vaeclust.methods.projections import PROJECTIONS
from vaeclust.plots.panels import words
from vaeclust.plots.style import GREY, WIDTH, colours, new_axes

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as Interactive

_LAYOUT = {
    "height": 520,
    "margin": {"l": 0, "r": 0, "t": 10, "b": 0},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"color": GREY, "size": 12},
    "legend": {"orientation": "h", "y": -0.02, "itemsizing": "constant"},
    "dragmode": "pan",
}
SPOKEN = "Interactive map of the tracks; the static map before it shows the same points."  # to who cannot see it


def scatter(points: pd.DataFrame, labels: pd.Series, *, ax: Axes | None = None, legend: bool = True) -> Axes:
    """Draw one map; points ``track_id, x, y``, labels indexed by track id."""
    ax = new_axes(ax, height=4.2)
    labels = labels.reindex(points["track_id"]).to_numpy()
    names = sorted(pd.unique(labels[pd.notna(labels)]).tolist())
    for name, colour in colours(names).items():
        chosen = points[labels == name]
        ax.scatter(chosen["x"], chosen["y"], s=9, color=colour, label=str(name), alpha=0.8, linewidth=0)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    if legend:
        columns = _columns_that_fit(names, ax.figure.get_figwidth() / len(ax.figure.axes))
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=columns, markerscale=2, columnspacing=0.8)
    return ax


def _columns_that_fit(names: list, width: float) -> int:
    """Return how many legend entries to put side by side into a width in inches: rows as full as each other."""
    entry = 0.45 + 0.075 * max((len(str(name)) for name in names), default=1)
    most = max(1, min(len(names), int(width / entry), 5))
    return -(-len(names) // -(-len(names) // most)) if names else 1


def label_and_cluster(points: pd.DataFrame, dataset: Dataset, clusters: pd.Series) -> Figure:
    """Draw the same map by every label but the artist and by cluster; by cluster only for unlabelled music.

    points: ``track_id, projection, x, y`` of one projection; clusters: indexed by track id.
    """
    panels = {f"by {name}": legible(dataset.tracks[name]) for name in dataset.label_names} | {"by cluster": clusters}
    columns, rows = min(2, len(panels)), -(-len(panels) // 2)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, 4.6 * rows), squeeze=False)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    name = PROJECTIONS[points["projection"].iloc[0]]
    for ax, (title, labels) in zip(axes.flat, panels.items(), strict=False):
        scatter(points, labels, ax=ax)
        ax.set_title(f"{name}, {title}")
    return figure


def small_multiples(maps: Mapping[str, pd.DataFrame], labels: Mapping[str, pd.Series] | Dataset) -> Figure:
    """Draw one small map a method, all with the same colours.

    maps: title → points; labels: title → class or cluster, indexed by track id; or the corpus, whose headline label is
    shown. For unlabelled music the figure says that there are no labels.
    """
    if isinstance(labels, Dataset):
        if not labels.headline:
            return words(NO_LABELS).figure
        labels = dict.fromkeys(maps, legible(labels.class_of))
    columns = min(len(maps), 3)
    rows = int(np.ceil(len(maps) / columns))
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, 0.6 + 2.5 * rows), squeeze=False)
    for ax in axes.flat[len(maps) :]:
        ax.set_visible(False)
    for ax, (title, points) in zip(axes.flat, maps.items(), strict=False):
        scatter(points, labels[title], ax=ax, legend=False).set_title(title)
    handles, names = axes.flat[0].get_legend_handles_labels()
    columns = _columns_that_fit(names, WIDTH)
    figure.legend(handles, names, loc="outside lower center", ncols=columns, markerscale=2, columnspacing=0.8)
    return figure


def interactive(
    points: pd.DataFrame,
    dataset: Dataset,
    clusters: pd.Series,
    *,
    name: str,
    names: Mapping[int, str] | None = None,
    sounds: pd.Series | None = None,
) -> "Interactive":
    """Return a map to zoom and hover over, one trace a class; a cluster for unlabelled music, or where it has a name.

    ``name`` must be unique on a page: it is the id of the picture there. ``sounds``: address of each track's file, by
    track id; on a page of the book a click plays it.
    """
    import plotly.graph_objects as go  # costs more than a second, and most chapters do without

    _show_plotly_offline()
    about = dataset.tracks.reindex(points["track_id"])
    about = about.assign(x=points["x"].to_numpy(), y=points["y"].to_numpy(), cluster=clusters.reindex(about.index))
    if names or not dataset.headline:
        called = {cluster: (names or {}).get(cluster, f"cluster {cluster}") for cluster in sorted(set(clusters))}
        group, labels = about["cluster"].map(called), list(called.values())
    else:
        group = legible(about[dataset.headline]).fillna(f"no {dataset.headline}")
        labels = sorted(group.unique())
    palette = colours(labels)
    figure = go.Figure()
    for label in labels:
        rows = about[group == label]
        heard = None if sounds is None else sounds.reindex(rows.index).fillna("").tolist()
        spoken = {"name": escape(label), "text": _hover(rows), "hoverinfo": "text", "customdata": heard}
        marker = {"size": 6, "color": palette[label], "opacity": 0.8}
        figure.add_scatter(x=rows["x"], y=rows["y"], mode="markers", marker=marker, **spoken)
    figure.update_layout(_LAYOUT, meta={"div_id": name})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _hover(rows: pd.DataFrame) -> list[str]:
    """Return the text beside a point: artist and title if known, else the id. Plotly shows it as HTML: escape."""
    return [
        f"{escape(track_name(str(track), row))}<br>{escape(str(track))}, cluster {row['cluster']}"
        for track, row in rows.iterrows()
    ]


def _show_plotly_offline() -> None:
    """Show plotly's figures without a network from now on."""
    import plotly.io as pio
    from plotly.io.base_renderers import MimetypeRenderer

    class Page(MimetypeRenderer):
        """HTML for the book, whose pages load plotly once, and the mimetype for JupyterLab."""

        def to_mimebundle(self, fig_dict: dict) -> dict:
            parts = {"include_plotlyjs": False, "include_mathjax": False, "full_html": False}
            config = {"displaylogo": False, "responsive": True}
            html = pio.to_html(fig_dict, config=config, div_id=fig_dict["layout"]["meta"]["div_id"], **parts)
            html = f'<div role="figure" aria-label="{SPOKEN}">{html}</div>'
            return {"text/html": html, "application/vnd.plotly.v1+json": fig_dict}

    pio.renderers["vaeclust"] = Page()
    pio.renderers.default = "vaeclust"
