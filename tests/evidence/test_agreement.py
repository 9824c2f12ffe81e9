"""How sure a cluster is: known answers of the matching and of the shares."""

import numpy as np
import pandas as pd
import pytest

from vaeclust.evidence import agreement
from vaeclust.evidence.agreement import seed_agreement
from vaeclust.scores.matching import match_clusters


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
    assert seed_agreement(clusters).to_numpy().tolist() == [[True, True]] * 2 + [[True, False]] + [[True, True]] * 3
    assert agreement.agreement_shares(clusters)["vae"].to_dict() == {
        "t0": 1,
        "t1": 1,
        "t2": 0.5,
        "t3": 1,
        "t4": 1,
        "t5": 1,
    }
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
