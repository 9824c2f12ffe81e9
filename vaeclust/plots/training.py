"""Figures of a method and its training: network, history, latent dimensions (chapters 01 to 06)."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from vaeclust.plots.style import GREY, WIDTH, method_colour

_TERMS = {"loss": "loss", "reconstruction": "squared error", "kl": "KL divergence (nats)"}


def history(table: pd.DataFrame, *, method: str = "vae") -> Figure:
    """Draw every term of the loss against the epoch: mean over seeds, and the range from lowest to highest.

    table: ``seed, epoch, term, value``.
    """
    terms = [term for term in _TERMS if term in set(table["term"])]
    if len(terms) == 2:
        terms.remove("loss")  # the loss is its only term
    figure, axes = plt.subplots(1, len(terms), figsize=(WIDTH, 2.6), squeeze=False)
    for ax, term in zip(axes[0], terms, strict=True):
        by_epoch = table[table["term"] == term].groupby("epoch")["value"]
        mean, low, high = by_epoch.mean(), by_epoch.min(), by_epoch.max()
        ax.fill_between(mean.index, low, high, color=method_colour(method), alpha=0.25, linewidth=0)
        ax.plot(mean.index, mean, color=method_colour(method))
        ax.set(xlabel="epoch", title=_TERMS[term])
    axes[0, 0].set_ylabel("sum over dimensions,\nmean over tracks")
    return figure


def dimensions(table: pd.DataFrame, *, method: str = "vae") -> Figure:
    """Draw variance and KL divergence of every latent dimension, ordered by variance within each seed.

    table: ``seed, dimension, variance, kl, active``. The order of dimensions means nothing across seeds, so they
    are compared by rank. Bars are means over seeds, whiskers their standard deviation.
    """
    ranked = table.assign(rank=table.groupby("seed")["variance"].rank(ascending=False, method="first").astype(int))
    columns = {"variance": "variance of the embedding", "kl": "KL divergence (nats)"}
    columns = {name: title for name, title in columns.items() if table[name].notna().any()}
    figure, axes = plt.subplots(1, len(columns), figsize=(WIDTH, 2.6), squeeze=False)
    for ax, (name, title) in zip(axes[0], columns.items(), strict=True):
        by_rank = ranked.groupby("rank")[name]
        spread = by_rank.std().fillna(0.0)
        ax.bar(by_rank.mean().index, by_rank.mean(), yerr=spread, color=method_colour(method), ecolor=GREY)
        ax.set(xlabel="latent dimension, by variance", ylabel=title, ylim=(0, None))
        ax.locator_params(axis="x", integer=True)
    return figure


def explained_variance(ratio: np.ndarray) -> Figure:
    """Draw the share of variance of every principal component and the running total; ratio (d,)."""
    figure, ax = plt.subplots(figsize=(WIDTH, 2.8))
    components = np.arange(1, len(ratio) + 1)
    ax.bar(components, ratio, color=method_colour("pca"), label="one component")
    ax.plot(components, np.cumsum(ratio), "o-", color=GREY, markersize=4, label="all up to here")
    ax.set(xlabel="principal component", ylabel="share of variance", ylim=(0, 1.02), xticks=components)
    ax.legend(loc="center right")
    return figure


def network(widths: dict[str, int], *, method: str = "vae") -> Figure:
    """Draw a network as a row of boxes, one a layer, as tall as the layer is wide (on a root scale).

    widths: label of the layer → number of units, in the order of the data.
    """
    figure, ax = plt.subplots(figsize=(WIDTH, 2.1))
    for position, (label, width) in enumerate(widths.items()):
        height = 0.12 + 0.88 * (width / max(widths.values())) ** 0.5
        box = FancyBboxPatch(
            (position - 0.18, -height / 2), 0.36, height, boxstyle="round,pad=0,rounding_size=0.05",
            facecolor=method_colour(method), edgecolor="none",
        )  # fmt: skip
        ax.add_patch(box)
        ax.text(position, 0.62, str(width), ha="center", va="bottom")
        ax.text(position, -0.62, label, ha="center", va="top", fontsize=9, color=GREY)
        if position:
            arrow = {"arrowstyle": "->", "color": GREY, "linewidth": 1}
            ax.annotate("", (position - 0.2, 0), (position - 0.8, 0), arrowprops=arrow)
    ax.set(xlim=(-0.6, len(widths) - 0.4), ylim=(-1, 0.9))
    ax.set_axis_off()
    return figure
