"""Corpora with hundreds of labels: figures name the largest."""

from dataclasses import replace

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import assemble
from vaeclust.evidence.words import MOST_LABELS, legible
from vaeclust.plots import clusters as cluster_plots
from vaeclust.plots import maps


def many():
    ids = pd.Index([f"t{i}" for i in range(400)], name="track_id")
    rng = np.random.default_rng(0)
    genre = pd.Series([f"genre {i % 8}" if i < 200 else f"rare {i // 2}" for i in range(400)], ids)
    features = pd.DataFrame(rng.normal(size=(400, 3)), ids, list("abc"))
    return assemble("many", pd.DataFrame({"genre": genre}), features)


def test_the_largest_are_named_and_the_others_are_others():
    corpus = many()
    shown = legible(corpus.tracks["genre"])
    assert shown.nunique() == MOST_LABELS
    assert {f"genre {i}" for i in range(8)} <= set(shown)
    assert (shown == "other").sum() == 200 - 2 * (MOST_LABELS - 1 - 8)
    few = corpus.tracks["genre"].iloc[:200]
    assert legible(few) is few


def test_figures_of_many_labels_can_be_read():
    corpus = many()
    found = pd.Series(np.arange(400) % 5, corpus.ids)
    assert len(cluster_plots.label_mix(found, corpus).axes[0].get_yticklabels()) == MOST_LABELS
    points = pd.DataFrame({"track_id": corpus.ids, "projection": "pca", "x": range(400), "y": range(400)})
    figure = maps.label_and_cluster(points, corpus, found)
    assert len(figure.axes[0].get_legend().get_texts()) == MOST_LABELS
    assert len(maps.interactive(points, corpus, found, name="m").data) == MOST_LABELS
    named = maps.interactive(points, corpus, found, name="n", names={i: f"group {i}" for i in range(5)})
    assert [trace.name for trace in named.data] == [f"group {i}" for i in range(5)]
    assert len(maps.interactive(points, replace(corpus, labels=()), found, name="o").data) == 5


def title(ax):
    """Return the title of a panel, which the style of the book puts to the left."""
    return ax.get_title("left") or ax.get_title()


def test_every_label_is_drawn_but_the_artist():
    corpus = many()
    told = corpus.tracks.assign(language=["bn", "en"] * 200, artist=["Ann", "Bob", "Cid", "Dan"] * 100)
    spoken = replace(corpus, tracks=told, labels=("language", "genre", "artist"))
    found = pd.Series(np.arange(400) % 2, corpus.ids)
    mix = cluster_plots.label_mix(found, spoken)
    assert list(map(title, mix.axes)) == ["language", "genre"]
    first, second = ([text.get_text() for text in ax.get_xticklabels()] for ax in mix.axes)
    assert first == second
    assert [text.get_text() for text in mix.axes[0].texts] == ["200", "0", "0", "200"]
    points = pd.DataFrame({"track_id": corpus.ids, "projection": "pca", "x": range(400), "y": range(400)})
    drawn = [ax for ax in maps.label_and_cluster(points, spoken, found).axes if ax.get_visible()]
    assert list(map(title, drawn)) == ["PCA, by language", "PCA, by genre", "PCA, by cluster"]
