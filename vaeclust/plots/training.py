"""Figures of a method and its training: network, history, latent dimensions (chapters 01 to 06)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import Dataset
from vaeclust.evidence.words import signed
from vaeclust.methods.catalogue import find
from vaeclust.methods.fits import Fit
from vaeclust.plots.style import GREY, WIDTH, label_step, method_colour, new_axes

_TERMS = {
    "loss": "loss",
    "reconstruction": "squared error",
    "lyrics": "squared error, lyrics",
    "kl": "KL divergence (nats)",
}


def history(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw every term of the loss against the epoch: mean over seeds, and the range from lowest to highest.

    tables: slug of the method → ``seed, epoch, term, value``.
    """
    found = pd.concat(tables.values())["term"]
    terms = [term for term in _TERMS if term in set(found)]
    if len(terms) == 2:
        terms.remove("loss")  # the loss is its only term
    columns = 2 if len(terms) == 4 else min(3, len(terms))
    rows = int(np.ceil(len(terms) / columns))
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, 2.6 * rows), squeeze=False)
    for ax, term in zip(axes.flat, terms, strict=True):
        for slug, table in tables.items():
            by_epoch = table[table["term"] == term].groupby("epoch")["value"]
            mean, low, high = by_epoch.mean(), by_epoch.min(), by_epoch.max()
            ax.fill_between(mean.index, low, high, color=method_colour(slug), alpha=0.25, linewidth=0)
            ax.plot(mean.index, mean, color=method_colour(slug), label=find(slug).title)
        ax.set(xlabel="epoch", title=_TERMS[term])
    for ax in axes[:, 0]:
        ax.set_ylabel("sum over dimensions,\nmean over tracks")
    _legend_below(figure, tables)
    return figure


def dimensions(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw variance and KL divergence of every latent dimension, ordered by variance within each seed.

    tables: slug of the method → ``seed, dimension, variance, kl, active``. The order of dimensions means nothing
    across seeds, so they are compared by rank. Dots are means over seeds, whiskers their standard deviation.
    """
    table = pd.concat([table.assign(method=slug) for slug, table in tables.items()])
    by_seed = table.groupby(["method", "seed"])["variance"]
    table["rank"] = by_seed.rank(ascending=False, method="first").astype(int)
    columns = {"variance": "variance of the embedding", "kl": "KL divergence (nats)"}
    columns = {name: title for name, title in columns.items() if table[name].notna().any()}
    figure, axes = plt.subplots(1, len(columns), figsize=(WIDTH, 2.6), squeeze=False)
    for ax, (name, title) in zip(axes[0], columns.items(), strict=True):
        for slug in tables:
            by_rank = table[table["method"] == slug].groupby("rank")[name]
            mean, spread = by_rank.mean(), by_rank.std().fillna(0.0)
            style = {"fmt": "o-", "markersize": 4, "linewidth": 1, "ecolor": GREY, "color": method_colour(slug)}
            ax.errorbar(mean.index, mean, spread, label=find(slug).title, **style)
        ax.set(xlabel="latent dimension, by variance", ylabel=title, ylim=(0, None))
        ax.locator_params(axis="x", integer=True)
    _legend_below(figure, tables)
    return figure


def reconstruction(fit: Fit, dataset: Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw for every feature the share of its variance that the decoded embedding explains, a box over seeds.

    ``1 - Σ (x - x̂)² / Σ (x - x̄)²`` over tracks: 1 is perfect, 0 is no better than the feature's mean.
    """
    x = dataset.audio.astype(float)
    left = np.square(fit.reconstructions - x).sum(axis=1)  # (seeds, features)
    spread = np.square(x - x.mean(axis=0)).sum(axis=0)
    share = 1 - left / np.where(spread > 0, spread, np.nan)
    names = [name.replace("_mean", "") for name in dataset.features]
    tidy = pd.DataFrame(share, columns=names).melt(var_name="feature", value_name="share")
    ax = new_axes(ax, WIDTH, 2.8)
    sns.boxplot(tidy, x="feature", y="share", color=method_colour(fit.method.slug), linewidth=0.8, fliersize=2, ax=ax)
    every = label_step(len(names))
    if every > 1:
        ax.set_xticks(range(0, len(names), every), names[::every])
    ax.tick_params(axis="x", rotation=90)
    ax.set(xlabel="", ylabel="explained share\nof variance", ylim=(min(0.0, np.nanmin(share)), 1.02))
    return ax


def traversal(fit: Fit, dataset: Dataset, *, count: int = 6) -> Figure:
    """Draw how the decoded features change along the latent dimensions of largest variance, first seed.

    Each panel moves one dimension from two deviations below to two above its mean, the others stay at theirs; the
    features are scaled as the model sees them.
    """
    embedding, model = fit.embeddings[0], fit.models[0]
    centre, spread = embedding.mean(axis=0), embedding.std(axis=0)
    widest = np.argsort(spread)[::-1][:count]
    columns = min(3, len(widest))
    rows = int(np.ceil(len(widest) / columns))
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, 0.6 + 1.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    steps = np.linspace(-2, 2, 5)
    n = dataset.audio.shape[1]
    for ax in axes.flat[len(widest) :]:
        ax.set_visible(False)
    for ax, dimension in zip(axes.flat, widest, strict=False):
        z = np.tile(centre, (len(steps), 1)).astype(np.float32)
        z[:, dimension] += steps * spread[dimension]
        with torch.no_grad(), one_thread():
            decoded = model.decoder(torch.from_numpy(z))[:, :n].numpy()
        for step, line, shade in zip(steps, decoded, sns.color_palette("viridis", len(steps)), strict=True):
            ax.plot(np.arange(1, n + 1), line, color=shade, linewidth=1.3, label=f"{signed(step, 0)} sd")
        ax.set(title=f"dimension {dimension + 1}")
        ax.locator_params(axis="x", integer=True)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(steps))
    for ax in axes[-1]:
        ax.set_xlabel("feature")
    figure.supylabel("decoded value", fontsize=10)
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


def network(widths: Mapping[str, int | tuple[int, int]], *, method: str = "vae") -> Figure:
    """Draw a network as a row of boxes, one a layer, as tall as the layer has units (on a root scale).

    widths: label of the layer → number of units, or length × channels, in the order of the data.
    """
    units = {label: int(np.prod(width)) for label, width in widths.items()}
    figure, ax = plt.subplots(figsize=(WIDTH, 2.1))
    for position, (label, width) in enumerate(widths.items()):
        height = 0.12 + 0.88 * (units[label] / max(units.values())) ** 0.5
        look = {"boxstyle": "round,pad=0,rounding_size=0.05", "facecolor": method_colour(method), "edgecolor": "none"}
        ax.add_patch(FancyBboxPatch((position - 0.18, -height / 2), 0.36, height, **look))
        text = f"{width[0]} × {width[1]}" if isinstance(width, tuple) else str(width)
        ax.text(position, 0.62, text, ha="center", va="bottom", fontsize=10)
        ax.text(position, -0.62, label, ha="center", va="top", fontsize=9, color=GREY)
        if position:
            arrow = {"arrowstyle": "->", "color": GREY, "linewidth": 1}
            ax.annotate("", (position - 0.2, 0), (position - 0.8, 0), arrowprops=arrow)
    ax.set(xlim=(-0.6, len(widths) - 0.4), ylim=(-1, 0.9))
    ax.set_axis_off()
    return figure


def _legend_below(figure: Figure, tables: Mapping[str, pd.DataFrame]) -> None:
    if len(tables) > 1:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
