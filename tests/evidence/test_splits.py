"""Halves of the artists: choices are tested on those who had no say, and intervals on those who were not drawn."""

import numpy as np
import pandas as pd
import pytest

from vaeclust.evidence import splits
from vaeclust.evidence.differences import FIRST, LAID_OUT, Pipeline
from vaeclust.evidence.pipelines import genre_gain_table, genre_gains
from vaeclust.scores.labels import nmi
from vaeclust.studies.kept import book_table, released_labels, released_records
from vaeclust.studies.records import pick

RNG = np.random.default_rng(0)
GENRES = pd.Series(RNG.integers(4, size=240).astype(str), [f"t{i}" for i in range(240)], name="genre")
ARTISTS = pd.Series([f"a{i // 4}" for i in range(240)], GENRES.index)


def clusterings(key, wrong, seeds=3):
    """Clusters that are the genres but for a share of the tracks."""
    truth = GENRES.astype(int).to_numpy()
    return pd.concat([
        pd.DataFrame({**key._asdict(), "track_id": GENRES.index, "seed": seed, "cluster": np.where(
            RNG.random(240) < wrong, RNG.integers(4, size=240), truth)}) for seed in range(seeds)
    ])  # fmt: skip


def test_an_artist_is_in_one_half_and_halves_are_halves():
    first = splits.halves(ARTISTS, 50)
    assert (pd.DataFrame(first.T, ARTISTS.to_numpy()).groupby(level=0).nunique() == 1).all(axis=None)
    assert (first.sum(axis=1) == 120).all()
    assert len({row.tobytes() for row in first}) == 50


def test_the_best_of_equals_looks_better_where_it_was_chosen_and_not_with_the_others():
    equals = [Pipeline("umap", condition=f"c{i}") for i in range(12)]
    table = pd.concat([clusterings(FIRST, 0.5), *(clusterings(key, 0.5) for key in equals)])
    found = splits.choices(table, GENRES, ARTISTS, FIRST)
    assert found["chosen"].mean() > found["others"].mean() + 0.02
    better = pd.concat([table, clusterings(Pipeline("vade"), 0.2)])
    chosen = splits.choices(better, GENRES, ARTISTS, FIRST)
    assert set(chosen["method"]) == {"vade"}
    assert abs(chosen["chosen"].mean() - chosen["others"].mean()) < 0.01
    shown = splits.choice_table(chosen).lines()
    assert shown[1][:2] == ["VaDE, K-Means, as given", "200"]


def test_half_scores_are_those_of_the_half():
    table = clusterings(FIRST, 0.4)
    first = splits.halves(ARTISTS, 2)
    by_hand = [
        nmi(GENRES[first[1]].to_numpy(), rows.set_index("track_id")["cluster"][GENRES.index[first[1]]].to_numpy())
        for _, rows in table.groupby("seed")
    ]
    assert splits.half_scores(table, GENRES, first)[1, 0] == pytest.approx(np.mean(by_hand))


def test_the_released_choices_are_those_of_the_records():
    kept = book_table("choices")
    labels = released_labels()
    clusters = released_records("clusters", methods=["features", "umap"])
    few = splits.choices(clusters[clusters["condition"] != "full_features_fault_filtered"], labels["genre"],
                         labels["artist"], FIRST)  # fmt: skip
    same = kept["method"] == "umap"
    assert same.mean() > 0.9
    assert list(kept) == list(splits.CHOICES)
    np.testing.assert_allclose(kept.loc[same, "chosen"], few.loc[same, "chosen"], atol=1e-5)
    covered = book_table("coverage").groupby("unit")["covered"].min()
    assert covered["artist"] > 0.9 > covered["track"]


def test_genres_gain_where_they_are_found_better():
    truth = GENRES.astype(int).to_numpy()
    keys = Pipeline("umap"), FIRST
    rows = []
    for key, lost in zip(keys, ((), (0, 1)), strict=True):
        for seed in range(3):
            cluster = np.where(np.isin(truth, lost), RNG.integers(2, size=240), truth)
            rows.append(pd.DataFrame({**key._asdict(), "track_id": GENRES.index, "seed": seed, "cluster": cluster}))
    gains = genre_gains(pd.concat(rows), GENRES, *keys).set_index("genre")
    assert (gains["ours"] == 1).all()
    assert set(gains.index[gains["verdict"] == "higher"]) == {"0", "1"}
    assert (gains.loc[["2", "3"], "mean"] == 0).all()
    assert genre_gain_table(gains.reset_index()).bold["gain"].sum() == 2


def test_three_genres_carry_the_gain_on_gtzan_and_hip_hop_loses():
    clusters = released_records("clusters", methods=["features", "umap"])
    gains = genre_gains(clusters, released_labels()["genre"], LAID_OUT, FIRST)
    assert set(gains["genre"][:3]) == {"jazz", "classical", "metal"}
    assert pick(gains, verdict=["lower"])["genre"].tolist() == ["hiphop"]
