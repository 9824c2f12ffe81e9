import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from vaeclust.clusters.clusterers import CLUSTERERS, NOISE, cluster, cluster_summary, k_distances, knee, track_clusters
from vaeclust.methods.training import fit
from vaeclust.scores.metrics import METRICS, evaluate, score, score_by_k
from vaeclust.scores.uncertainty import intervals

RNG = np.random.default_rng(0)
TRUTH = np.repeat(np.arange(4), 50)
POINTS = np.eye(4)[TRUTH] * 12 + RNG.normal(size=(200, 4))


@pytest.mark.parametrize("clusterer", CLUSTERERS.values(), ids=lambda c: c.slug)
class TestEveryClusterer:
    def test_clear_groups_are_found(self, clusterer):
        found = clusterer.function(POINTS, 4, 0)
        kept = found != NOISE
        assert kept.mean() > 0.9
        assert adjusted_rand_score(TRUTH[kept], found[kept]) == 1.0

    def test_the_same_seed_gives_the_same_clusters(self, clusterer):
        np.testing.assert_array_equal(clusterer.function(POINTS, 3, 5), clusterer.function(POINTS, 3, 5))

    def test_the_order_of_tracks_does_not_matter(self, clusterer):
        order = RNG.permutation(200)
        found, shuffled = clusterer.function(POINTS, 4, 0), clusterer.function(POINTS[order], 4, 0)
        assert adjusted_rand_score(found[order], shuffled) == 1.0

    def test_equal_tracks_do_no_harm(self, clusterer):
        equal = np.repeat(POINTS[:5], 8, axis=0)
        assert len(clusterer.function(equal, 3, 0)) == 40


def test_dbscan_calls_far_tracks_noise():
    far = np.vstack([POINTS, [[60, 60, 60, 60], [-70, 0, 0, 0]]])
    found = CLUSTERERS["dbscan"].function(far, 0, 0)
    assert (found[-2:] == NOISE).all()


def test_k_distances_against_brute_force():
    distances = np.sort(np.linalg.norm(POINTS[:, None] - POINTS, axis=2), axis=1)[:, 4]
    np.testing.assert_allclose(k_distances(POINTS), np.sort(distances), atol=1e-6)


def test_the_knee_of_a_bent_line():
    curve = np.concatenate([np.linspace(1, 2, 90), np.linspace(2, 12, 10)])
    assert knee(curve) == pytest.approx(2.0, abs=0.15)
    assert knee(np.zeros(10)) > 0


def test_noise_is_left_out_of_label_free_scores_and_counts_as_a_cluster_against_labels():
    noisy = np.where(np.arange(200) % 50 < 10, NOISE, TRUTH)
    kept = noisy != NOISE
    silhouette, purity = METRICS["silhouette"], METRICS["purity"]
    assert evaluate(silhouette, POINTS, noisy) == pytest.approx(evaluate(silhouette, POINTS[kept], TRUTH[kept]))
    assert evaluate(purity, TRUTH, noisy) == pytest.approx((160 + 10) / 200)


@pytest.mark.parametrize("clusters", [np.full(200, NOISE), np.zeros(200, int), np.where(np.arange(200) < 99, NOISE, 0)])
def test_fewer_than_two_clusters_have_no_label_free_score(clusters):
    assert np.isnan(evaluate(METRICS["silhouette"], POINTS, clusters))
    assert np.isfinite(evaluate(METRICS["nmi"], TRUTH, clusters))


def test_the_reason_for_a_missing_value_is_told(corpus):
    fitted = fit("pca", corpus, [0, 1])
    clusters = cluster(fitted).assign(cluster=lambda t: t["cluster"].where(t["clusterer"] != "dbscan", NOISE))
    table = intervals(score(fitted, clusters)).set_index(["clusterer", "space", "metric"])
    assert table.loc[("dbscan", "own", "silhouette"), "how"].endswith("2 without a value (fewer than two clusters)")
    assert np.isnan(table.loc[("dbscan", "own", "silhouette"), "mean"])
    assert "without" not in table.loc[("kmeans", "own", "silhouette"), "how"]


def test_summary_and_labels_of_a_clustering():
    table = pd.DataFrame({
        "track_id": [*"abcd"] * 2, "seed": [0] * 4 + [1] * 4, "clusterer": "dbscan",
        "cluster": [0, 0, 1, NOISE, NOISE, NOISE, NOISE, NOISE],
    })  # fmt: skip
    assert cluster_summary(table).loc["DBSCAN"].tolist() == ["1.0", "25%", "62%"]
    assert track_clusters(table, clusterer="dbscan").to_dict() == {"a": 0, "b": 0, "c": 1, "d": NOISE}


def test_scores_by_k_leave_out_what_cannot_be(corpus):
    table = score_by_k(fit("pca", corpus, range(5)), [1, 2, 3, 500], n_seeds=2)
    assert set(table["k"]) == {2, 3}
    assert set(table["seed"]) == {0, 1}
