"""How sure a cluster is: known answers of the matching and of the shares."""

import numpy as np
import pandas as pd
import pytest

from vaeclust.evidence import agreement
from vaeclust.evidence.agreement import seed_agreement
from vaeclust.scores.matching import match_clusters

LEFT_OUT = "agreement of the seed left out"


def table(*by_seed, method="vae"):
    """Clusters of tracks t0, t1, … under seeds 0, 1, …"""
    ids = [f"t{i}" for i in range(len(by_seed[0]))]
    rows = [pd.DataFrame({"track_id": ids, "seed": s, "cluster": found}) for s, found in enumerate(by_seed)]
    return pd.concat(rows, ignore_index=True).assign(method=method)


def test_new_names_for_old_clusters_change_nothing():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 200)
    assert (match_clusters(rng.permutation(7)[labels], labels) == labels).all()


def test_matching_is_one_to_one_and_the_best_in_all():
    # Greedy matching of the largest overlap (5 tracks of 0 with 0) would leave 1 of 0 + 5 tracks; the best keeps 8.
    labels = np.repeat([0, 0, 1], [5, 4, 4])
    reference = np.repeat([0, 1, 0], [5, 4, 4])
    assert match_clusters(labels, reference).tolist() == [1] * 9 + [0] * 4


def test_clusters_left_over_get_new_names():
    assert match_clusters(np.array([2, 2, 2, 0, 1]), np.array([5, 5, 5, 5, 3])).tolist()[:3] == [5, 5, 5]
    assert sorted(set(match_clusters(np.array([2, 2, 2, 0, 1]), np.array([5, 5, 5, 5, 3])))) == [3, 5, 6]
    assert set(match_clusters(np.array([0, 0, 0]), np.array([1, 1, 2]))) == {1}


def test_shares_of_seeds_that_agree():
    clusters = table([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1])
    # Two seeds agree about t2, and the third with neither: for those it is as sure as a half, for that one not at all.
    assert seed_agreement(clusters).to_numpy().tolist() == [[1, 1, 1]] * 2 + [[0.5, 0.5, 0]] + [[1, 1, 1]] * 3
    shares = agreement.agreement_shares(clusters)["vae"]
    assert shares.drop("t2").eq(1).all()
    assert shares["t2"] == pytest.approx(1 / 3)
    another_first = clusters.assign(seed=clusters["seed"].map({0: 2, 1: 1, 2: 0}))
    pd.testing.assert_series_equal(agreement.agreement_shares(another_first)["vae"], shares)
    assert agreement.agreement_shares(clusters).index[0] == "t2"


def test_chance_lies_below_what_clusters_reach_and_above_nothing():
    labels = np.arange(300) % 10
    sure = agreement.sureness_table(table(labels, labels[::-1] * 3, (labels + 1) % 10)).loc["vae"]
    assert sure["mean"] == sure["all seeds agree"] == 1
    assert sure["fewer than half agree"] == 0
    assert 0.1 < sure["mean by chance"] < 0.3


def test_one_seed_says_nothing(corpus):
    alone = table([0, 0, 1])
    assert seed_agreement(alone).shape == (3, 0)
    assert agreement.sureness_table(alone).isna().all(axis=None)
    assert set(agreement.sureness_facts(alone).values()) == {"not known from a single seed"}
    assert agreement.doubtful_tracks(corpus, alone).empty


def test_findings_name_the_surest_and_the_least_sure():
    steady = table([0, 0, 1, 1], [1, 1, 0, 0], method="pca")
    moving = table([0, 0, 1, 1], [0, 0, 0, 1], method="vae")
    found = agreement.sureness_facts(pd.concat([moving, steady]))
    assert found["surest"] == "PCA (100%)"
    assert found["least"] == "VAE (75%)"
    assert found["certain"] == "75%"


def test_least_sure_tracks_by_name(corpus):
    labels = np.arange(120) % 4
    other = labels.copy()
    other[7] = (labels[7] + 1) % 4
    clusters = table(labels, other).assign(track_id=[*corpus.ids, *corpus.ids])
    named = agreement.doubtful_tracks(corpus, clusters, n=1)
    assert named.index.tolist() == [corpus.ids[7]]
    assert named["seeds that agree"].tolist() == ["0%"]
    assert named["genre"].tolist() == ["genre D"]


@pytest.mark.parametrize("seeds", [2, 5])
def test_the_figure_adds_up_to_all_tracks(seeds):
    from vaeclust.plots.clusters import sureness as draw

    rng = np.random.default_rng(0)
    ax = draw(agreement.agreement_shares(table(*rng.integers(0, 3, (seeds, 50)))))
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(1)


def test_sureness_is_kept_by_a_seed_that_had_no_say_and_may_say_nothing_about_genre():
    rng = np.random.default_rng(1)
    n, seeds = 900, 8
    right = np.arange(n) % 3
    steady = np.where(np.arange(n) < n // 2, 0.97, 0.45)  # how often a track stays: two kinds
    found = [np.where(rng.random(n) < steady, right, rng.integers(0, 3, n)) for _ in range(seeds)]
    genre = pd.Series(rng.choice(["a", "b"], n), [f"t{i}" for i in range(n)], name="genre")
    told = agreement.calibration_table(table(*found), genre)
    assert told["tracks"].sum() == pytest.approx(1)
    assert told["sureness"].is_monotonic_increasing
    assert told[LEFT_OUT].is_monotonic_increasing
    many = told[told["tracks"] > 0.05]
    # Chosen for being high, a share falls a little in the seed left out; not by more than its own spread over pairs.
    assert (many[LEFT_OUT] - many["sureness"]).abs().max() < 0.1
    assert many["most common genre"].between(0.45, 0.6).all()
    assert list(agreement.calibration_table(table(*found), pd.Series(dtype=object))) == [
        "tracks", "sureness", LEFT_OUT,
    ]  # fmt: skip
    assert agreement.calibration_table(table([0, 1], [1, 0]), genre).empty
