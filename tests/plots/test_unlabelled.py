"""Figures and tables of a corpus without labels: each says so in words, no chapter has to ask first."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from vaeclust.cells.tables import html_table
from vaeclust.clusters.clusterers import cluster, track_clusters
from vaeclust.evidence.differences import baseline_differences
from vaeclust.evidence.lyrics import view_table
from vaeclust.evidence.ranks import nemenyi_ranks
from vaeclust.evidence.tables import baseline_table, run_scores, separation_table
from vaeclust.evidence.words import NO_DIFFERENCES, NO_LABELS
from vaeclust.methods.training import fit
from vaeclust.plots import clusters, conditions, maps
from vaeclust.scores.metrics import score
from vaeclust.scores.uncertainty import intervals
from vaeclust.studies.conditions import keep_labels
from vaeclust.studies.records import pick
from vaeclust.studies.sizes import scores_by_size


@pytest.fixture(scope="module")
def unlabelled(corpus):
    return replace(corpus, tracks=corpus.tracks.assign(genre=np.nan)[["genre"]])


@pytest.fixture(scope="module")
def tables(unlabelled):
    """Clusters and scores of two baselines, as records have them."""
    found = {"clusters": [], "scores": []}
    for slug in ("pca", "raw"):
        fitted = fit(slug, unlabelled, range(2), latent_dim=2)
        grouped = cluster(fitted, 3, clusterers=("kmeans",))
        found["clusters"].append(grouped.assign(method=slug))
        found["scores"].append(score(fitted, grouped))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def said(drawn):
    """Return the words of a figure that has nothing else."""
    (ax,) = drawn.figure.axes
    assert not ax.collections + ax.lines + ax.patches
    assert not ax.axison
    words = [text.get_text() for text in ax.texts]
    plt.close(drawn.figure)
    return words


def test_figures_say_that_there_are_no_labels(unlabelled, tables):
    first = track_clusters(pick(tables["clusters"], method="pca"))
    points = pd.DataFrame({"track_id": unlabelled.ids, "x": 0.0, "y": 0.0})
    summary = intervals(tables["scores"])
    assert said(clusters.label_mix(first, unlabelled).axes[0]) == [NO_LABELS]
    assert said(maps.small_multiples({"PCA": points}, unlabelled)) == [NO_LABELS]
    assert said(conditions.condition_scores(summary)) == [NO_LABELS]
    assert said(conditions.pipeline_scores(summary)) == [NO_LABELS]


def test_comparisons_say_what_they_take(unlabelled, corpus, tables):
    tested = nemenyi_ranks(pick(tables["scores"], reference=["genre"]))
    assert said(conditions.critical_differences(*tested)) == [NO_DIFFERENCES]
    one_seed = pick(tables["clusters"], seed=0)
    for found, labels in ((tables["clusters"], unlabelled), (one_seed, corpus)):
        table = baseline_table(baseline_differences(found, labels.tracks["genre"]))
        assert html_table(table).data == f'<p class="facts">{NO_DIFFERENCES}</p>'
    labelled = baseline_table(baseline_differences(tables["clusters"], corpus.tracks["genre"]))
    assert [heads[0] for heads in labelled.row_heads] == ["PCA"]


def test_tables_say_that_there_are_no_labels(unlabelled, tables):
    tried = dict(list(tables["scores"].groupby("method")))
    against = run_scores(tried, labelled=True)
    assert against.to_dict() == {"against labels": {"pca": NO_LABELS, "raw": NO_LABELS}}
    assert list(run_scores(tried)) == ["Silhouette (own space)", "Silhouette (input space)"]
    for table in (separation_table(unlabelled), view_table(intervals(tables["scores"]))):
        assert html_table(table, name="x").data == f'<p class="facts">{NO_LABELS}</p>'


def test_there_is_nothing_to_score_by_size_and_nothing_to_hide(unlabelled, corpus):
    found = scores_by_size(unlabelled, 3)
    assert (list(found), len(found)) == (["method", "tracks", "seed", "nmi"], 0)
    kept = np.arange(len(corpus)) % 2 == 0
    assert keep_labels(unlabelled, kept).classes is None
    hidden = keep_labels(corpus, kept)
    assert (hidden.classes[~kept] == -1).all()
    pd.testing.assert_series_equal(hidden.class_of[kept], corpus.class_of[kept])


def test_features_are_ordered_by_what_separates_the_genres(corpus):
    audio = np.random.default_rng(0).normal(size=corpus.audio.shape).astype(np.float32)
    audio[:, 3] += 10 * corpus.classes
    table = separation_table(replace(corpus, audio=audio), most=2)
    assert table.row_heads[0] == (corpus.features.columns[3],)
    assert len(table.text) == 2
    assert table.numbers["F"].is_monotonic_decreasing
