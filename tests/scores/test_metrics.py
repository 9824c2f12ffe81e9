import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from sklearn import metrics as sk

from vaeclust.clusters.clusterers import PUBLISHED_CLUSTERERS, cluster, kmeans, valid_k
from vaeclust.methods.training import fit
from vaeclust.scores.disentanglement import MEASURES
from vaeclust.scores.labels import purity
from vaeclust.scores.metrics import LABEL_FREE, LABELS, METRICS, evaluate, score
from vaeclust.scores.silhouettes import estimated_silhouette

RNG = np.random.default_rng(0)
TRUTH = np.repeat(np.arange(5), 40)
POINTS = np.eye(5)[TRUTH] * 10 + RNG.normal(size=(200, 5)) * 0.3


def against(metric, points=POINTS):
    return points if metric.kind == LABEL_FREE else TRUTH


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.name)
class TestEveryMetric:
    def test_perfect_beats_random(self, metric):
        perfect = evaluate(metric, against(metric), TRUTH)
        random = evaluate(metric, against(metric), RNG.permutation(TRUTH))
        assert (perfect > random) == metric.higher_is_better

    def test_names_of_clusters_do_not_matter(self, metric):
        renamed = np.array([7, 2, 9, 0, 4])[TRUTH]
        assert evaluate(metric, against(metric), renamed) == pytest.approx(evaluate(metric, against(metric), TRUTH))

    def test_the_order_of_tracks_does_not_matter(self, metric):
        order = RNG.permutation(200)
        clusters = kmeans(POINTS, 4, 0)
        shuffled = evaluate(metric, against(metric)[order], clusters[order])
        assert shuffled == pytest.approx(evaluate(metric, against(metric), clusters))

    def test_range(self, metric):
        for clusters in (TRUTH, RNG.permutation(TRUTH), np.arange(200) % 7, (TRUTH == 0).astype(int)):
            assert metric.low <= evaluate(metric, against(metric), clusters) <= metric.high

    def test_one_cluster_has_no_shape(self, metric):
        value = evaluate(metric, against(metric), np.zeros(200, int))
        assert np.isnan(value) == (metric.kind == LABEL_FREE)

    def test_label_free_metrics_leave_noise_out(self, metric):
        clusters = np.where(np.arange(200) % 10 == 0, -1, TRUTH)
        if metric.kind == LABEL_FREE:
            kept = clusters >= 0
            expected = evaluate(metric, POINTS[kept], clusters[kept])
            assert evaluate(metric, POINTS, clusters) == pytest.approx(expected)
        else:
            assert evaluate(metric, TRUTH, clusters) < evaluate(metric, TRUTH, TRUTH)


DEFINED = {
    "silhouette": lambda clusters: sk.silhouette_samples(POINTS, clusters).mean(),
    "calinski_harabasz": lambda clusters: sk.calinski_harabasz_score(POINTS, clusters),
    "davies_bouldin": lambda clusters: sk.davies_bouldin_score(POINTS, clusters),
    "ari": lambda clusters: sk.adjusted_rand_score(TRUTH, clusters),
    "nmi": lambda clusters: sk.normalized_mutual_info_score(TRUTH, clusters),
    "purity": lambda clusters: sum(np.bincount(TRUTH[clusters == c]).max() for c in np.unique(clusters)) / 200,
}


@pytest.mark.parametrize("name", DEFINED)
def test_against_scikit_learn(name):
    clusters = kmeans(POINTS + RNG.normal(size=POINTS.shape) * 4, 5, 0)
    metric = METRICS[name]
    assert evaluate(metric, against(metric), clusters) == pytest.approx(DEFINED[name](clusters), rel=1e-12)


def test_the_estimate_from_all_tracks_is_the_silhouette():
    rng = np.random.default_rng(0)
    points, clusters = rng.normal(size=(1300, 3)), rng.integers(4, size=1300)
    clusters[[7, 700]] = 8, 9  # each alone in its cluster
    value, error = estimated_silhouette(points, clusters, precision=0.0)
    samples = sk.silhouette_samples(points, clusters)
    assert samples[7] == 0
    assert value == pytest.approx(samples.mean(), abs=1e-9)
    assert error == pytest.approx(1.96 * samples.std(ddof=1) / np.sqrt(1300))


def test_known_values():
    truth, clusters = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    assert purity(truth, clusters) == 0.75
    assert purity(truth, np.arange(4)) == 1.0
    assert purity(truth, np.zeros(4, int)) == 0.5
    assert METRICS["ari"].function(truth, clusters) == pytest.approx(0.0)
    assert METRICS["nmi"].function(truth, truth[::-1]) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["ari", "nmi", "purity"])
def test_weights_are_tracks_taken_more_than_once(name):
    function, clusters = METRICS[name].function, kmeans(POINTS, 7, 0)
    drawn = RNG.integers(200, size=(5, 200))
    drawn[0] = np.flatnonzero(clusters == 0)[0]  # one track again and again: one class, one cluster
    weights = np.stack([np.bincount(tracks, minlength=200) for tracks in drawn])
    one_by_one = [function(TRUTH[tracks], clusters[tracks]) for tracks in drawn]
    np.testing.assert_allclose(function(TRUTH, clusters, weights), one_by_one, rtol=1e-12)
    assert one_by_one[0] == 1.0


def test_random_clusters_have_no_adjusted_rand_index():
    values = [evaluate(METRICS["ari"], TRUTH, RNG.permutation(TRUTH)) for _ in range(200)]
    assert np.mean(values) == pytest.approx(0, abs=0.003)


def test_tracks_without_a_genre_do_not_count():
    unknown = np.where(np.arange(200) % 3 == 0, -1, TRUTH)
    assert evaluate(METRICS["purity"], unknown, TRUTH) == 1.0


def test_scores_hold_every_space_and_reference(corpus):
    fitted = fit("pca", corpus, range(2))
    table = score(fitted, cluster(fitted))
    kinds = {(m.name, s) for m in METRICS.values() for s in (("labels",) if m.kind == LABELS else ("own", "input"))}
    assert set(zip(table["metric"], table["space"], strict=True)) == kinds
    assert len(table) == len(kinds) * 2 * len(PUBLISHED_CLUSTERERS)
    missing = table[table["value"].isna()]
    assert (missing["k"] < 2).all()
    assert set(missing["clusterer"]) <= {"dbscan"}
    assert set(table["reference"]) == {"", "genre"}


@pytest.mark.parametrize("other", [False, True], ids=["what it was fitted to", "another corpus"])
def test_the_spaces_hold_what_scikit_learn_says_of_them(other, corpus):
    """What decides the book's second answer: the input space is the corpus, the own space is not."""
    rng = np.random.default_rng(0)
    halves = [corpus.subset(np.arange(120) % 2 == half) for half in (0, 1)]
    fitted = fit("pca", halves, [3, 5], latent_dim=2)
    mixed = halves[0].tracks.assign(genre=rng.permutation(halves[0].tracks["genre"]))
    judged = replace(halves[0], audio=rng.normal(size=(60, 7)), tracks=mixed)
    clusters = {seed: np.where(np.arange(60) < 4, -1, rng.integers(3, size=60)) for seed in (3, 5)}  # four are noise
    rows = [pd.DataFrame({"seed": seed, "clusterer": "dbscan", "cluster": found}) for seed, found in clusters.items()]
    six = ("silhouette", "calinski_harabasz", "davies_bouldin", "ari", "nmi", "purity")
    table = score(fitted, pd.concat(rows), judged=judged if other else None, metrics=six)
    value = table.set_index(["seed", "space", "metric"])["value"]
    assert len(value) == 2 * 9
    assert set(table["k"]) == {3}
    for seed, embedding, half in zip((3, 5), fitted.embeddings, halves, strict=True):
        found, kept = clusters[seed], clusters[seed] >= 0
        seen = judged if other else half
        for space, points in {"own": embedding, "input": seen.audio}.items():
            some = points[kept], found[kept]
            assert value[seed, space, "silhouette"] == pytest.approx(sk.silhouette_score(*some), rel=1e-6)
            assert value[seed, space, "calinski_harabasz"] == sk.calinski_harabasz_score(*some)
            assert value[seed, space, "davies_bouldin"] == sk.davies_bouldin_score(*some)
        assert value[seed, "labels", "ari"] == pytest.approx(sk.adjusted_rand_score(seen.classes, found))
        assert value[seed, "labels", "nmi"] == pytest.approx(sk.normalized_mutual_info_score(seen.classes, found))
        largest = sum(np.bincount(seen.classes[found == c]).max() for c in np.unique(found))
        assert value[seed, "labels", "purity"] == largest / 60


def test_artists_are_a_reference_where_they_are_known(corpus):
    artists = np.array([f"artist {i % 8}" for i in range(120)], dtype=object)
    artists[:10] = None
    known = replace(corpus, tracks=corpus.tracks.assign(artist=artists))
    assert (known.references()["artist"][:10] == -1).all()
    fitted = fit("raw", known, [0])
    table = score(fitted, cluster(fitted, clusterers=("kmeans",)))
    values = table[table["reference"] == "artist"].set_index("metric")["value"]
    found = cluster(fitted, clusterers=("kmeans",))["cluster"]
    assert values["nmi"] == METRICS["nmi"].function(artists[10:].astype(str), found[10:])
    for one in ("Ann", None, [f"artist {i}" for i in range(120)]):
        assert set(replace(corpus, tracks=corpus.tracks.assign(artist=one)).references()) == {"genre"}


def test_unlabelled_music_has_label_free_scores_only(corpus):
    unlabelled = replace(corpus, labels=())
    fitted = fit("pca", unlabelled, [0])
    table = score(fitted, cluster(fitted, 3))
    assert set(table["space"]) == {"own", "input"}


def test_the_clusterer_state_is_the_seed(corpus):
    fitted = fit("pca", corpus, [0, 1, 2])
    table = cluster(fitted, 7, clusterers=("kmeans",))
    for seed, rows in table.groupby("seed"):
        np.testing.assert_array_equal(rows["cluster"], kmeans(fitted.embeddings[0], 7, seed))
    assert table["track_id"].tolist() == corpus.ids * 3


@pytest.mark.parametrize("k", [1, 120, 500])
def test_too_many_clusters_name_the_largest(k, corpus):
    with pytest.raises(ValueError, match="at most 119"):
        cluster(fit("pca", corpus, [0]), k)
    assert valid_k(119, 120) == 119


def test_the_metrics_page_has_the_table_of_the_package():
    page = (ROOT / "book" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(.+?)\]\((.+?)\) \| (.+?) \| (.) \| (\S+) \| (\S+) \|$", page, re.MULTILINE)
    number = {"∞": np.inf}
    found = pd.DataFrame(rows, columns=["title", "name", "kind", "arrow", "low", "high"])
    for text in ("low", "high"):
        found[text] = [number.get(v) or float(v.replace("−", "-")) for v in found[text]]
    labels = found.pop("name")
    names = labels.str.removeprefix("metric-").str.replace("-", "_")
    assert names.tolist() == list(METRICS)
    assert all(f"({label})=" in page for label in labels)
    for row in found.assign(name=names).itertuples():
        metric = METRICS[row.name]
        assert (row.title, row.kind, row.arrow, row.low, row.high) == (
            metric.title, metric.kind, metric.arrow, metric.low, metric.high,
        )  # fmt: skip
    assert page.count("*Blind spot:*") == len(METRICS)
    assert {word for title in MEASURES.values() for word in title.split()} <= set(re.findall(r"\w+", page))
