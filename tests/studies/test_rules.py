"""Pipelines beyond the study: the rule chooses without labels, consensus agrees, and the words follow the numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from vaeclust.clusters.ensembles import consensus
from vaeclust.corpus import sources
from vaeclust.corpus.sources import load
from vaeclust.evidence import pipelines
from vaeclust.evidence.differences import FIRST
from vaeclust.evidence.words import pipeline_title
from vaeclust.methods import training
from vaeclust.methods.catalogue import find
from vaeclust.methods.training import fit
from vaeclust.studies import rules, sizes
from vaeclust.studies.kept import released_labels, released_pipelines, released_records
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record, read_all
from vaeclust.studies.rules import FILTERED, FULL_FEATURES, choose_setting, rule

RNG = np.random.default_rng(0)


def table(stability):
    grid = rule()["grid"]
    settings = [(n, c) for n in grid["n_neighbors"] for c in grid["n_components"]]
    return pd.DataFrame(settings, columns=["n_neighbors", "n_components"]).assign(stability=stability)


def test_the_rule_takes_the_first_setting_that_is_near_the_most_stable():
    flat = np.full(9, 0.5)
    assert choose_setting(table(flat)) == {"n_neighbors": 15, "n_components": 2}
    flat[4] = 0.6
    assert choose_setting(table(flat)) == {"n_neighbors": 30, "n_components": 5}
    flat[2] = 0.6 - rule()["tolerance"] / 2
    assert choose_setting(table(flat)) == {"n_neighbors": 15, "n_components": 10}


@pytest.mark.parametrize("features", ["standard", FULL_FEATURES])
def test_every_setting_of_the_grid_was_judged(features):
    settled = rules.kept_stabilities(features)
    assert settled[["n_neighbors", "n_components"]].equals(table(0.0)[["n_neighbors", "n_components"]])
    assert settled["stability"].between(0.1, 1).all()


def test_a_judged_setting_can_be_judged_again(gtzan):
    again = rules.split_stability(find("umap", n_neighbors=15, n_components=2), gtzan, 10, seed=0)
    assert again == pytest.approx(rules.kept_stabilities("standard")["stability"][0], abs=0.2)


def test_stability_is_one_for_clear_groups_and_low_for_noise(corpus):
    groups = np.arange(120) % 4
    clear = replace(corpus, audio=(np.eye(20)[groups] * 50 + RNG.normal(size=(120, 20))).astype(np.float32))
    noise = replace(corpus, audio=RNG.normal(size=(120, 20)).astype(np.float32))
    method = find("features")
    assert rules.split_stability(method, clear, 4) == 1.0
    assert rules.split_stability(method, noise, 4) < 0.5
    assert rules.split_stability(method, replace(clear, labels=()), 4) == 1.0  # no label is needed


def clusterings(truth, wrong, seeds):
    rows = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        found = np.where(rng.random(len(truth)) < wrong, rng.integers(4, size=len(truth)), truth)
        cluster = rng.permutation(4)[found]
        rows.append(
            pd.DataFrame({"track_id": range(len(truth)), "seed": seed, "clusterer": "kmeans", "cluster": cluster})
        )
    return pd.concat(rows, ignore_index=True)


def test_a_consensus_is_nearer_to_the_truth_than_the_seeds():
    truth = RNG.integers(4, size=150)
    single = clusterings(truth, 0.4, 8)
    agreed = consensus(single, 4)
    assert set(agreed["seed"]) == {0, 4}  # two ensembles, each called by its first seed

    def mean(t):
        return np.mean([adjusted_rand_score(truth, rows["cluster"]) for _, rows in t.groupby("seed")])

    assert mean(agreed) > mean(single) + 0.2
    assert (agreed.groupby("seed")["cluster"].nunique() == 4).all()


def test_ensembles_share_no_seed_and_a_consensus_needs_two():
    truth = RNG.integers(4, size=60)
    single = clusterings(truth, 0.0, 10)
    single.loc[single["seed"] < 4, "cluster"] = RNG.integers(4, size=len(single[single["seed"] < 4]))
    agreed = consensus(single, 4)
    found = {s: adjusted_rand_score(truth, rows["cluster"]) for s, rows in agreed.groupby("seed")}
    assert (found[4], found[7]) == (1.0, 1.0)
    assert found[0] < 0.5
    assert set(consensus(single, 4, size=5)["seed"]) == {0, 5}
    assert consensus(single[single["seed"] == 1], 4).empty


def test_noise_agrees_with_nothing():
    single = clusterings(np.arange(40) % 2, 0.0, 3)
    single.loc[single["track_id"] < 2, "cluster"] = -1
    agreed = consensus(single, 4).query("seed == 0").set_index("track_id")["cluster"]
    assert agreed[0] != agreed[1]
    assert not agreed[:2].isin(agreed[2:]).any()


def test_a_power_makes_long_tails_short(corpus):
    skewed = replace(corpus, features=np.exp(corpus.features / corpus.features.std()))
    transformed = rules.power_transform(skewed).audio
    assert transformed.dtype == np.float32
    assert np.abs(pd.DataFrame(transformed).skew()).max() < 1
    np.testing.assert_allclose(transformed.std(axis=0), 1, atol=1e-4)


def test_all_features_are_taken_where_they_cost_nothing(table_path, tmp_path):
    assert sources.load_full(str(table_path)).audio.shape == (120, 57)
    assert sources.load_full("demo") is None
    pd.read_csv(table_path)[["filename", *(f"mfcc{i}_mean" for i in range(1, 21))]].to_csv(tmp_path / "few.csv")
    assert sources.load_full(str(tmp_path / "few.csv")) is None


def test_umap_follows_the_method_it_is_based_on(corpus, monkeypatch):
    bases, lay_out = [], training._fit_umap
    monkeypatch.setattr(training, "_fit_umap", lambda method, base: bases.append(base) or lay_out(method, base))
    assert rules.tuned_method("vade", FULL_FEATURES, 7).settings["components"] == 7
    method = find("vae_umap", n_neighbors=10, n_components=3)
    found, base = fit(method, corpus, [0, 1], epochs=2), fit("vae", corpus, [0, 1], epochs=2)
    assert found.embeddings.shape == (2, 120, 3)
    assert found.embeddings.dtype == np.float32
    np.testing.assert_array_equal(found.reconstructions, base.reconstructions)
    np.testing.assert_array_equal(found.embeddings[1], fit(method, corpus, [1], epochs=2).embeddings[0])
    assert found.seconds > bases[0].seconds > 0  # of this very run: another one may have had more to import
    fit(method, corpus, [0, 1], train=False, device="cpu")
    np.testing.assert_array_equal(bases[-1].embeddings, fit("vae", corpus, [0, 1], train=False).embeddings)
    with pytest.raises(RuntimeError):
        fit(method, corpus, [0], epochs=1, device="no such device")


def test_every_pipeline_is_recorded(corpus, table_path, tmp_path):
    full = sources.load_full(str(table_path))
    slugs, clusterers = ["features", "umap"], ["kmeans", "gaussian_mixture", "consensus", "own"]
    for slug in slugs:
        conditions = rules.pipeline_conditions(slug, corpus, full, 4, clusterers)
        assert set(conditions) == {"standard", FULL_FEATURES}
        study(slug, conditions, Record("small", slug, tmp_path), seeds=2, epochs=1)
    intervals = read_all("intervals", "small", slugs, tmp_path)
    means = pipelines.pipeline_means(intervals)
    assert len(means) == 2 * 2 * 3  # none has clusters of its own
    assert FIRST in means.index
    assert means["nmi"].is_monotonic_decreasing or means["nmi"].isna().any()
    assert len(pipelines.input_space_scores(intervals)) == 2 * 2


def test_pipelines_that_cannot_run_are_refused_before_anything_is_trained(corpus):
    for slug, clusterers, says in (
        (
            "vae",
            ["kmeans"],
            "records of vae are those of chapter 03_vae; expected .*: features, umap, .*of its own",
        ),
        ("vea", ["kmeans"], "unknown method 'vea'"),
        ("umap", ["kmean"], "unknown clusterer 'kmean'; expected some of kmeans, "),
        ("umap", ["hdbscan", "consensus"], "the consensus is one of K-Means; add kmeans"),
    ):
        with pytest.raises(ValueError, match=says):
            rules.pipeline_conditions(slug, corpus, None, 4, clusterers)


def test_pipelines_take_the_settings_that_were_chosen_for_their_features(corpus, table_path):
    full = sources.load_full(str(table_path))
    filtered = replace(full, tracks=full.tracks.assign(fault_filtered_split=["train"] * 110 + [None] * 10))
    conditions = rules.pipeline_conditions("umap", corpus, filtered, 4, ["kmeans"])
    settings = {name: condition.method.settings for name, condition in conditions.items()}
    found = {name: (some["n_neighbors"], some["n_components"]) for name, some in settings.items()}
    assert found == {"standard": (30, 2), FULL_FEATURES: (15, 5), FILTERED: (15, 5)}
    assert [conditions[name].corpus.audio.shape for name in found] == [(120, 20), (120, 57), (110, 57)]


def test_random_parts_of_a_corpus_are_scored_by_size(corpus):
    clear = replace(corpus, audio=(np.eye(20)[corpus.classes] * 50 + RNG.normal(size=(120, 20))).astype(np.float32))
    table = sizes.scores_by_size(clear, 4, epochs=1)
    assert table.groupby(["method", "tracks"]).size().eq(rule()["draws"]).all()
    assert set(table["tracks"]) == {100, 120}
    assert set(table["method"]) == set(rule()["by_size"])
    assert table.query("method == 'features'")["nmi"].to_numpy() == pytest.approx(1.0)
    part = sizes.random_part(clear, 100, seed=1)
    assert len(part) == len(part.classes) == len(set(part.ids)) == 100
    assert part.ids != sizes.random_part(clear, 100, seed=2).ids
    np.testing.assert_array_equal(part.audio, clear.audio[np.isin(clear.ids, part.ids)])


def test_size_effects_are_paired_by_draw():
    draws = np.arange(10)
    rows = [("features", 100, d, 0.3 + 0.05 * d) for d in draws] + [("umap", 100, d, 0.4 + 0.05 * d) for d in draws]
    table = pd.DataFrame(rows, columns=["method", "tracks", "seed", "nmi"])
    (effect,) = pipelines.size_effects(table).to_dict("records")
    assert (effect["tracks"], effect["method"], effect["verdict"]) == (100, "umap", "higher")
    assert pipelines.size_facts(pipelines.size_effects(table))["umap_most"] == "0.100 higher (+0.100 to +0.100)"


def test_the_best_published_values_are_those_of_both_tables():
    best = pipelines.best_published()
    assert best["davies_bouldin"] == pytest.approx(0.8602, abs=5e-5)
    assert best["purity"] == pytest.approx(0.3724, abs=5e-5)


def test_the_words_follow_the_released_pipelines():
    table = released_records("intervals", methods=released_pipelines())
    assert set(table["condition"]) == {"standard", FULL_FEATURES, FILTERED}
    means = pipelines.pipeline_means(table)
    clusters = released_records("clusters", methods=released_pipelines())
    assert released_labels()["genre"].value_counts().max() == 100
    assert set(clusters["clusterer"]) == {"kmeans", "gaussian_mixture", "spectral", "hdbscan", "consensus", "own"}
    assert set(clusters.query("clusterer == 'own'")["method"]) == {"vade"}
    gains = means.index.drop(FIRST).to_frame(index=False).assign(verdict="higher", mean=0.1, sd=0.01)
    words = pipelines.pipeline_facts(table, gains)
    assert words["best"] == pipeline_title(means["nmi"].idxmax())
    assert words["n_higher"] == words["n_higher_together"] == words["n_pipelines"] == len(gains)
    gains.loc[0, "verdict"], gains.loc[1, "sd"] = "lower", 0.06
    words = pipelines.pipeline_facts(table, gains)
    assert (words["n_higher"], words["n_higher_together"]) == (len(gains) - 1, len(gains) - 2)
    changed = table.copy()
    changed.loc[changed["method"] == "umap", "mean"] = 0.0
    assert not pipelines.pipeline_facts(changed, gains)["best"].startswith("UMAP,")


def test_demo_pipelines_run_on_what_the_corpus_has():
    demo = load("demo")
    assert set(rules.pipeline_conditions("umap", demo, None, 10, ["kmeans"])) == {"standard"}
