"""The book's answers asked again: what is changed, what is left alone, and what is compared with what."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.clusters.clusterers import cluster
from vaeclust.corpus.dataset import Dataset
from vaeclust.evidence.how_far import change_table, compared_ways, how_far_facts, label_silhouette, step_table
from vaeclust.evidence.words import NO_DIFFERENCES, condition_title
from vaeclust.methods import training
from vaeclust.methods.training import fit
from vaeclust.plots.differences import differences_by_change
from vaeclust.studies import protocol
from vaeclust.studies.conditions import Condition
from vaeclust.studies.protocol import study
from vaeclust.studies.rules import FULL_FEATURES
from vaeclust.studies.ways import (
    FREE,
    STANDARDISED,
    Way,
    artist_filter,
    comparisons,
    how_far_rule,
    row_order,
    training_changes,
    way_conditions,
)


@pytest.fixture
def sung(corpus) -> Dataset:
    """The small corpus, of forty artists with three tracks each, two of whom are not known."""
    artists = pd.Series([f"artist {n // 3}" for n in range(len(corpus))], corpus.tracks.index)
    artists[artists == "artist 3"] = np.nan
    return replace(corpus, tracks=corpus.tracks.assign(artist=artists))


def test_one_track_of_every_artist_and_all_of_nobody(sung, corpus):
    found = artist_filter(sung)
    assert len(found) == 39 + 3
    assert not found.tracks["artist"].dropna().duplicated().any()
    assert set(found.ids) != set(artist_filter(sung, seed=1).ids)
    assert found.ids == artist_filter(sung).ids
    assert artist_filter(corpus) is None or "artist" in corpus.tracks
    alone = replace(sung, tracks=sung.tracks.assign(artist=sung.ids))
    assert artist_filter(alone) is None


def test_another_order_holds_the_same_tracks(sung):
    found = row_order(sung, 1)
    assert found.ids != sung.ids
    assert row_order(sung, 0).ids == sung.ids
    back = [found.ids.index(track) for track in sung.ids]
    np.testing.assert_array_equal(found.audio[back], sung.audio)
    pd.testing.assert_frame_equal(found.features.loc[sung.ids], sung.features)
    pd.testing.assert_frame_equal(found.tracks.loc[sung.ids], sung.tracks)


def test_every_change_is_one_change(sung):
    asked = comparisons(sung, sung)
    for kind, ours, theirs in asked:
        if kind in ("tracks", "clusters"):
            assert ours.change == theirs.change != ""
        if kind == "order":
            assert ours._replace(change="") == theirs
        if kind == "training":
            assert (ours.method, ours.features, theirs) == ("vae", "standard", Way("features"))
    assert {pair.kind for pair in asked} == {"features", "tracks", "clusters", "training", "order"}
    assert len([pair for pair in asked if pair.kind == "training"]) == len(training_changes()) == 9
    assert comparisons(replace(sung, labels=()), None)[0].ours == Way("vae")
    alone = replace(sung, tracks=sung.tracks.assign(artist="everybody"))
    assert "tracks" not in {pair.kind for pair in comparisons(alone, None)}  # one track is no corpus


def test_conditions_have_what_their_names_say(sung):
    asked = comparisons(sung, sung)
    found = way_conditions("vae", asked, sung, sung, k=4, free=3)
    assert next(iter(found)) == "standard"
    assert found["k_5"].settings == {"n_clusters": 5}
    assert found[FREE].settings == {"n_clusters": 3}
    assert found["epochs_250"].settings == {"epochs": 250}
    assert found["beta_0.1"].method.settings["beta"] == 0.1
    assert found["hidden_256_128"].method.settings["hidden"] == (256, 128)
    assert len(found["artist_filtered"].corpus) == 42
    assert found["order_2"].corpus.ids == row_order(sung, 2).ids
    features = way_conditions("features", asked, sung, sung, k=4, free=3)
    assert {STANDARDISED, FULL_FEATURES, f"{FULL_FEATURES}_k_20", f"{FULL_FEATURES}_artist_filtered"} <= set(features)
    assert features[STANDARDISED].corpus is sung
    assert not np.array_equal(features[FULL_FEATURES].corpus.audio, sung.audio)
    assert all(condition_title(name) != name for name in [*found, *features])


def test_conditions_that_fit_alike_are_fitted_once_and_scored_apart(sung, monkeypatch):
    made = []
    monkeypatch.setattr(protocol, "fit", lambda *args, **kwargs: made.append(1) or fit(*args, **kwargs))
    conditions = {name: Condition(sung, settings=given) for name, given in (
        ("standard", {}), ("k_3", {"n_clusters": 3}), ("short", {"epochs": 1}), ("again", {"n_clusters": 3}),
    )}  # fmt: skip
    found = study("vae", conditions, seeds=2, epochs=2, latent_dim=4, projections=("pca",))
    assert len(made) == 3
    k = found.tables["scores"].groupby("condition")["k"].unique().map(list)
    assert k["k_3"] == k["again"] == [3]
    alone = cluster(fit("vae", sung, [0, 1], epochs=2, latent_dim=4), 3, clusterers=("kmeans",))
    ours = found.tables["clusters"].query("condition == 'k_3'")
    assert ours["cluster"].tolist() == alone["cluster"].tolist()
    assert training.fit is fit


def test_the_tables_say_what_was_compared(sung):
    asked = comparisons(sung, sung)
    studies = []
    for slug in ("features", "umap", "vae"):
        ways = way_conditions(slug, asked, sung, sung, k=4, free=3)
        quick = {name: replace(each, settings={**each.settings, "epochs": 1}) for name, each in ways.items()}
        studies.append(study(slug, quick, seeds=2, latent_dim=4, projections=("pca",)))
    clusters, intervals = (
        pd.concat([each.tables[name].assign(method=each.fit.method.slug) for each in studies])
        for name in ("clusters", "intervals")
    )
    told = dict(units=sung.tracks["artist"])
    found = compared_ways(clusters, sung.tracks[["genre"]], asked, **told)
    assert len(found) == len(asked)
    mean = intervals.query("metric == 'nmi' and reference == 'genre'").set_index(["method", "condition"])["mean"]
    for row in found.itertuples():
        gain = mean[row.method, row.condition] - mean[row.baseline, row.baseline_condition]
        assert row.mean == pytest.approx(gain, abs=1e-6)
    # The same clusters in another order are the same: tracks are drawn by their names, not by their places.
    same = pd.concat([
        clusters[clusters["condition"] != "order_1"],
        clusters.query("condition == 'standard'").assign(condition="order_1").iloc[::-1],
    ])  # fmt: skip
    orders = compared_ways(
        same, sung.tracks[["genre"]], [p for p in asked if p.ours == Way("features", change="order_1")]
    )
    assert orders[["mean", "sd"]].to_numpy().tolist() == [[0, 0]]
    steps = step_table(found, intervals, "genre")
    assert len(steps.text) == 4
    assert len(change_table(found, "clusters").text) == len(how_far_rule()["ks"]) + 1
    facts = how_far_facts(found, "genre", name="x_")
    assert facts["x_training_vae"].startswith("of 9, ")
    assert [key for key, text in facts.items() if text == "not measured"] == ["x_training_umap"]
    labels = {text.get_text() for text in differences_by_change(found, (Way("vae"),)).axes[0].get_yticklabels()}
    assert {"250 epochs", "20 clusters", "another VAE:"} <= labels
    one = clusters[clusters["seed"] == 0]
    assert compared_ways(one, sung.tracks[["genre"]], asked).empty
    assert (
        change_table(found[:0], "clusters").note == step_table(found[:0], intervals[:0], "genre").note == NO_DIFFERENCES
    )


def test_the_silhouette_of_the_classes_themselves(corpus):
    genre = corpus.references()["genre"]
    apart = replace(corpus, audio=np.eye(len(set(genre)), dtype=np.float32)[genre])
    assert label_silhouette(apart) == 1
    assert label_silhouette(replace(corpus, tracks=corpus.tracks.drop(columns=list(corpus.references())))) is None
