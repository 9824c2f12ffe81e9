"""A row added to METRICS is a column of every table and a panel of every figure, beside records that lack it."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from sklearn.metrics import completeness_score

from vaeclust.cells.tables import html_table
from vaeclust.evidence import claims, differences, pipelines, published, ranks, spaces, tables, words
from vaeclust.plots import clusters as plots_clusters
from vaeclust.plots import comparison as plots_comparison
from vaeclust.plots import conditions as plots_conditions
from vaeclust.released.writing import readme_table
from vaeclust.scores.metrics import LABEL_FREE, LABELS, METRICS, Metric, score_by_k
from vaeclust.studies.conditions import controls, standard
from vaeclust.studies.kept import released_pipelines, released_records
from vaeclust.studies.protocol import study
from vaeclust.your_music.choice_of_k import unlabelled_methods

KNOWN = tuple(METRICS)
SIX = tuple(published.published_columns())


def spread(points, clusters):
    return float(points.std())


def completeness(reference, clusters, weights=None):
    return completeness_score(reference, clusters)


ADDED = (
    Metric("spread", "Spread", LABEL_FREE, spread, False, 0, float("inf")),
    Metric("completeness", "Completeness", LABELS, completeness, True, 0, 1),
)


@pytest.fixture(autouse=True, scope="module", params=ADDED, ids=lambda metric: metric.name)
def metric(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(METRICS, request.param.name, request.param)
        yield request.param
    plt.close("all")


@pytest.fixture(scope="module")
def studies(corpus, metric):
    settings, found = {"seeds": 2, "epochs": 1, "latent_dim": 4, "projections": ("pca",)}, []
    for slug in ("pca", "vae", "beta_vae_4", "raw"):
        found.append(study(slug, standard(corpus) | controls(slug, corpus), **settings))
    return found


@pytest.fixture(params=["in all records", "but not in older records"])
def records(request, studies, metric):
    """Scores, intervals and clusters of all methods; those of PCA may have been made before the metric was there."""
    found = {}
    for name in ("scores", "intervals", "clusters"):
        parts = [each.tables[name].assign(method=each.fit.method.slug) for each in studies]
        if request.param != "in all records" and name != "clusters":
            parts[0] = parts[0][parts[0]["metric"] != metric.name]
        found[name] = pd.concat(parts, ignore_index=True)
    return found


def titles(figure):
    return [ax.get_title() or ax.get_title(loc="left") for ax in figure.axes if ax.get_visible()]


def test_a_comparison_has_it_everywhere(records, metric):
    intervals = records["intervals"]
    studied = intervals[intervals["method"] != "raw"]
    means = ranks.metric_means(published.comparable_rows(studied))
    assert list(means) == [*KNOWN, metric.name]
    shown = tables.score_table(intervals)
    assert words.metric_head(metric.name) in shown.heads
    assert metric.title in html_table(shown, name="scores").data
    assert metric.title in readme_table(studied)
    assert list(ranks.study_table(studied)) == [*KNOWN, metric.name, "overall", "rank"]
    assert len(tables.rank_table(means).row_heads) == 3
    rows = published.comparable_rows(studied)
    assert words.metric_head(metric.name) in titles(plots_comparison.metric_bars(rows))
    heatmap, lines = plots_comparison.heatmap(means), plots_comparison.ranks(means)
    for ax in (heatmap, plots_comparison.heatmap(means, show="scaled"), lines):
        assert f"{metric.title}\n{metric.arrow}" in [label.get_text() for label in ax.get_xticklabels()]
    assert f"vae_{metric.name}" in words.score_facts(intervals)
    assert words.best_agreement(rows)
    assert len(unlabelled_methods(intervals, records["clusters"])) == 4


def test_one_method_shows_it(studies, metric, corpus):
    vae = next(each for each in studies if each.fit.method.slug == "vae")
    assert any(metric.title in row for row in tables.score_overview(vae.intervals).index)
    tables.condition_scores(vae.tables["intervals"])
    tables.run_scores({"as above": vae.scores, "again": vae.scores})
    by_k = score_by_k(vae.fit, (3, 4), n_seeds=1)
    assert words.metric_head(metric.name) in titles(plots_clusters.scores_by_k(by_k, method="vae"))
    table = spaces.beta_table({1.0: vae.intervals}, spaces.rate_and_distortion(vae.fit).assign(beta=1.0))
    assert table[metric.name].notna().all()
    curves = vae.intervals.query("clusterer == 'kmeans' and space != 'input'").assign(beta=1.0)
    assert words.metric_head(metric.name) in titles(plots_comparison.beta_curves(curves))


def test_differences_are_of_what_both_have(records, metric):
    vae, pca = (records["scores"].query(f"method == '{slug}'") for slug in ("vae", "pca"))
    found = differences.condition_differences(vae, pca)
    both = metric.kind == LABELS and metric.name in set(pca["metric"])
    assert (metric.name in set(found["metric"])) == both
    differences.training_effects(records["scores"])
    assert len(differences.control_differences(vae)) == 1


def test_what_was_published_stands_beside_what_was_measured(records, metric):
    """The published tables have six columns, whatever we measure."""
    intervals = records["intervals"].query("method != 'raw'")
    assert published.published_columns() == list(SIX)
    beside = tables.published_comparison(intervals)
    assert list(beside.text) == list(SIX)
    assert ("vae", "table") in beside.text.index
    sources = {title: published.published_scores(name) for name, title in published.PUBLISHED_SOURCES.items()}
    assert len(titles(plots_comparison.published_values(published.replica_rows(intervals), sources))) == 6
    assert list(pipelines.best_published().index) == list(SIX)
    both = plots_conditions.pipeline_scores(_as_pipelines(intervals), metrics=("nmi", _against_genre(metric)))
    assert len(titles(both)) == 2
    means = pipelines.pipeline_means(_as_pipelines(intervals))
    assert metric.name in means


def _as_pipelines(intervals):
    return intervals.query("clusterer == 'kmeans' and condition == 'standard'")


def _against_genre(metric):
    return metric.name if metric.kind == LABELS else "ari"


def test_released_records_are_judged_without_it(metric):
    intervals, gtzan = released_records("intervals"), claims.released_study()
    before = claims.judge(gtzan)
    assert claims.published_distances(gtzan)["values"].tolist()
    assert set(before["verdict"]) <= {claims.HOLDS, claims.PARTLY, claims.FAILS, claims.UNTESTABLE}
    assert metric.title not in " ".join(before["effect"])
    assert list(tables.published_comparison(intervals).text) == list(SIX)
    assert words.score_facts(intervals)[f"vae_{metric.name}"] == words.UNMEASURED
    representations = released_records("intervals", methods=released_pipelines())
    plots_conditions.pipeline_scores(representations)


def test_claims_are_judged_by_the_six_that_they_speak_of(metric):
    """Released anew with a metric more, the same claims get the same verdicts."""
    gtzan = claims.released_study()
    more = {
        name: pd.concat([table, table[table["metric"] == "purity"].assign(metric=metric.name, **{column: 0.5})])
        for name, table, column in (("scores", gtzan.scores, "value"), ("intervals", gtzan.intervals, "mean"))
    }
    again = claims.ReleasedStudy(more["scores"], more["intervals"], gtzan.runs, gtzan.codes, gtzan.lyrics)
    pd.testing.assert_frame_equal(claims.judge(again), claims.judge(gtzan))
    pd.testing.assert_frame_equal(claims.published_distances(again), claims.published_distances(gtzan))


def test_a_kind_that_nothing_measures_is_refused():
    with pytest.raises(ValueError, match="odd: kind is 'external'; expected 'label-free' or 'labels'"):
        Metric("odd", "Odd", "external", spread, True, 0, 1)
