"""Controls: what each changes, that it changes nothing else, and that it does what it is there to show."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.corpus.dataset import assemble, equal_rows
from vaeclust.corpus.sources import load
from vaeclust.evidence.differences import paired_difference
from vaeclust.evidence.words import CONDITION_TITLES
from vaeclust.methods.catalogue import COMPARED
from vaeclust.methods.training import fit
from vaeclust.studies.conditions import (
    controls,
    fault_filter,
    gaussian_noise,
    lyrics_controls,
    no_duplicates,
    random_clusters,
    standard,
)
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record


@pytest.fixture(scope="module")
def faulty(corpus):
    """The corpus with two copies of one track, one copy of another, and a split that leaves ten tracks out."""
    features = corpus.features.copy()
    features.iloc[[1, 2]] = features.iloc[0].to_numpy()
    features.iloc[11] = features.iloc[10].to_numpy()
    split = pd.Series(["train"] * 110 + [None] * 10, corpus.tracks.index)
    return assemble(corpus.name, corpus.tracks.assign(fault_filtered_split=split), features)


def test_a_method_has_the_controls_that_make_sense_for_it_and_its_corpus(corpus, faulty):
    assert set(controls("vae", corpus)) == {"untrained"}
    assert set(controls("pca", corpus)) == set()
    assert set(controls("raw", corpus)) == {"gaussian_noise", "random_labels"}
    assert set(controls("vae", faulty)) == {"untrained", "no_duplicates", "fault_filtered"}
    found = {slug for method in COMPARED for slug in controls(method, faulty)}
    assert found | set(lyrics_controls(load("demo"))) <= set(CONDITION_TITLES)


def test_one_of_every_group_of_copies_stays(faulty):
    kept = no_duplicates(faulty)
    assert set(faulty.ids) - set(kept.ids) == {faulty.ids[i] for i in (1, 2, 11)}
    assert equal_rows(kept).empty
    assert len(kept.classes) == len(kept.audio) == len(kept.has_lyrics) == 117
    np.testing.assert_allclose(kept.audio.std(axis=0), 1, atol=1e-5)


def test_the_fault_filtered_tracks_are_those_of_the_split(faulty):
    assert fault_filter(faulty).ids == faulty.ids[:110]


def test_known_faults_of_gtzan(gtzan):
    assert len(no_duplicates(gtzan)) == 985
    assert len(fault_filter(gtzan)) == 929  # jazz.00054 is in the split, and left out


def test_noise_and_random_clusters_tell_nothing_about_genre(corpus, tmp_path):
    done = study("raw", standard(corpus) | controls("raw", corpus))
    table = done.tables["intervals"].query("clusterer == 'kmeans'").set_index(["condition", "space", "metric"])
    for name in ("gaussian_noise", "random_labels"):
        row = table.loc[(name, "labels", "ari")]
        assert row["low"] < 0.02
        assert row["high"] > -0.02
    assert table.loc[("standard", "labels", "ari"), "mean"] > 0.3
    assert abs(table.loc[("random_labels", "own", "silhouette"), "mean"]) < 0.05


def test_the_tables_of_a_study_hold_its_conditions_one_below_the_other(corpus):
    done = study("raw", standard(corpus) | controls("raw", corpus), seeds=1, projections=())
    for name in ("clusters", "scores", "dimensions", "intervals"):
        table = done.tables[name]
        assert table["condition"].drop_duplicates().tolist() == ["standard", "gaussian_noise", "random_labels"]
        assert table.index.tolist() == list(range(len(table)))
        assert done.first(name)["condition"].unique().tolist() == ["standard"]


def test_random_clusters_keep_their_sizes(corpus, tmp_path):
    clusters = study("raw", corpus, seeds=2).clusters
    mixed = random_clusters(clusters)
    sizes = ["seed", "clusterer", "cluster"]
    assert mixed.groupby(sizes).size().equals(clusters.groupby(sizes).size())
    assert (mixed["cluster"] != clusters["cluster"]).mean() > 0.3


def test_noise_differs_between_seeds(corpus):
    noise = gaussian_noise(fit("raw", corpus, [3, 5])).embeddings
    assert noise.shape == (2, 120, 20)
    assert not np.array_equal(noise[0], noise[1])
    np.testing.assert_array_equal(noise[1], gaussian_noise(fit("raw", corpus, [5])).embeddings[0])


def test_an_untrained_network_has_the_initial_weights(corpus):
    fitted = fit("vae", corpus, [0, 1], train=False)
    assert fitted.history.empty
    assert not np.array_equal(fitted.embeddings[0], fitted.embeddings[1])
    model = fitted.models[0]
    bound = model.mean.weight.shape[1] ** -0.5
    assert float(model.mean.weight.detach().abs().max()) <= bound
    assert not model.encoder.training
    trained = fit("vae", corpus, [0], epochs=1)
    assert not np.array_equal(trained.embeddings[0], fitted.embeddings[0])


def test_training_pays_where_there_is_something_to_learn(corpus, tmp_path):
    done = study("vae", standard(corpus) | controls("vae", corpus), seeds=5)
    scores = done.tables["scores"].query("reference == 'genre'")
    by_condition = dict(list(scores.groupby("condition")))
    gain = paired_difference(by_condition["standard"], by_condition["untrained"], "nmi")
    assert gain["verdict"] == "higher"


def test_controls_join_the_records_and_change_nothing_else(faulty, tmp_path):
    settings = {"seeds": 2, "epochs": 2}
    alone, record = Record("small", "alone", tmp_path), Record("small", "vae", tmp_path)
    study("vae", faulty, alone, **settings)
    study("vae", standard(faulty) | controls("vae", faulty), record, **settings)
    for name in ("scores", "clusters", "history", "dimensions"):
        lines = alone.path(name).read_text().splitlines()
        assert record.path(name).read_text().splitlines()[: len(lines)] == [
            line.replace("small,alone,", "small,vae,") for line in lines
        ]
    np.testing.assert_array_equal(alone.embeddings()[1], record.embeddings()[1])
    found = record.read("scores").query("clusterer == 'kmeans'").groupby("condition").size()
    assert set(found.index) == {"standard", "untrained", "no_duplicates", "fault_filtered"}
    assert found.nunique() == 1
    assert set(record.read("scores")["dataset"]) == {"small"}
    assert set(record.read("intervals")["condition"]) == set(found.index)
    assert set(record.read("history")["condition"]) == set(found.index) - {"untrained"}
    assert set(record.read("dimensions")["condition"]) == set(found.index)
    assert record.read("clusters").query("condition == 'fault_filtered'")["track_id"].nunique() == 110
    assert record.run()["method"] == "vae"


def test_shuffling_moves_texts_among_the_tracks_that_have_one():
    demo = load("demo")
    shuffled = lyrics_controls(demo)["shuffled_lyrics"].corpus
    np.testing.assert_array_equal(shuffled.has_lyrics, demo.has_lyrics)
    assert not shuffled.lyrics[~demo.has_lyrics].any()
    np.testing.assert_allclose(np.sort(shuffled.lyrics, axis=0), np.sort(demo.lyrics, axis=0))
    assert (shuffled.lyrics != demo.lyrics).any(axis=1)[demo.has_lyrics].mean() > 0.95


def test_lyrics_joined_by_genre_come_from_the_genre():
    demo = load("demo")
    joined = lyrics_controls(demo)["genre_lyrics"].corpus
    for genre in range(len(demo.class_names)):
        sources = demo.lyrics[demo.has_lyrics & (demo.classes == genre)]
        tracks = joined.classes == genre
        assert joined.has_lyrics[tracks].all() == bool(len(sources))
        known = {row.tobytes() for row in sources}
        assert all(row.tobytes() in known for row in joined.lyrics[tracks & joined.has_lyrics])
    assert "genre_lyrics" not in lyrics_controls(replace(demo, labels=()))


def test_published_lyrics_take_the_place_of_those_of_the_corpus(spoken, tmp_path):
    rows = np.random.default_rng(1).normal(size=(len(spoken), 30)).astype(np.float32)
    table = pd.DataFrame(rows, columns=[f"lyrics_{i:02d}" for i in range(30)]).assign(row=range(len(spoken)))
    table.to_csv(tmp_path / "published.csv", index=False)
    silent = replace(spoken, lyrics=None, has_lyrics=np.zeros(len(spoken), dtype=bool))
    (condition,) = lyrics_controls(silent, tmp_path / "published.csv").values()
    published = lyrics_controls(spoken, tmp_path / "published.csv")["published_lyrics"].corpus
    np.testing.assert_allclose(published.lyrics, rows, rtol=1e-5)
    for corpus in (published, condition.corpus):
        assert corpus.has_lyrics.dtype == bool
        assert corpus.has_lyrics.tolist() == [True] * len(spoken)
        np.testing.assert_array_equal(corpus.lyrics, published.lyrics)
        np.testing.assert_array_equal(corpus.audio, spoken.audio)
