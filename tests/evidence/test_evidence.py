import json

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from vaeclust.corpus.sources import load
from vaeclust.evidence import pipelines
from vaeclust.evidence.agreement import method_agreement, seed_stability
from vaeclust.evidence.differences import (
    KEYS,
    baseline_differences,
    bootstrap_means,
    condition_differences,
    detectable,
    difference,
    paired_difference,
    survivors,
    training_effects,
    unit_numbers,
)
from vaeclust.evidence.published import comparable_rows
from vaeclust.evidence.ranks import metric_means, nemenyi_ranks, overall_scores, scaled_means
from vaeclust.evidence.spaces import effective_dimension, rate_and_distortion, silhouette_of_noise
from vaeclust.evidence.tables import baseline_table, condition_scores, published_comparison, run_scores
from vaeclust.evidence.words import UNMEASURED, best_agreement, difference_clause, listed_methods
from vaeclust.methods.catalogue import BASELINE, COMPARED, STUDIED
from vaeclust.methods.training import fit
from vaeclust.plots import conditions as plots_conditions
from vaeclust.scores.metrics import METRICS
from vaeclust.studies import protocol
from vaeclust.studies.conditions import controls, lyrics_controls, standard
from vaeclust.studies.kept import released_methods, released_records
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record, pick

OF_LYRICS = {"shuffled_lyrics", "moved_coverage", "coverage_only", "genre_lyrics", "published_lyrics"}
MEANS = pd.DataFrame(
    {"silhouette": [0.1, 0.3, 0.2], "davies_bouldin": [2.0, 1.0, 1.5], "nmi": [0.3, 0.2, 0.3]},
    index=["pca", "vae", "autoencoder"],
)


def test_scaling_runs_from_worst_to_best_in_the_direction_of_each_metric():
    assert scaled_means(MEANS)["silhouette"].tolist() == pytest.approx([0, 1, 0.5])
    assert scaled_means(MEANS)["davies_bouldin"].tolist() == pytest.approx([0, 1, 0.5])
    assert scaled_means(MEANS)["nmi"].tolist() == pytest.approx([1, 0, 1])
    assert (scaled_means(MEANS.assign(nmi=0.3))["nmi"] == 0.5).all()


def test_the_rank_follows_the_overall_score_and_ties_share_the_better_place():
    table = overall_scores(MEANS)
    assert table["overall"].tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    assert table["rank"].tolist() == [3, 1, 1]


def test_every_best_makes_an_overall_score_of_one():
    best = {m.name: [float(m.higher_is_better), float(not m.higher_is_better)] for m in METRICS.values()}
    assert overall_scores(pd.DataFrame(best, index=["vae", "pca"]))["overall"].tolist() == [1.0, 0.0]


def scores(values, metric="nmi", condition="standard"):
    return pd.DataFrame({
        "condition": condition, "seed": range(len(values)), "clusterer": "kmeans", "space": "labels",
        "reference": "genre", "metric": metric, "value": values,
    })  # fmt: skip


def test_paired_differences_use_the_pairs():
    noise = np.random.default_rng(0).normal(0, 0.2, 10)
    gain = paired_difference(scores(noise + 0.01), scores(noise), "nmi")
    assert gain["mean"] == pytest.approx(0.01)
    assert gain["verdict"] == "higher"
    assert paired_difference(scores(noise), scores(noise + 0.01), "nmi")["verdict"] == "lower"
    none = paired_difference(scores(noise), scores(noise[::-1]), "nmi")
    assert none["verdict"] == "none"
    assert difference_clause(none).startswith("no difference that we can see (95 %")
    with pytest.raises(ValueError, match="need the same"):
        paired_difference(scores(noise), scores(noise[:5]), "nmi")


def test_the_verdict_flips_with_the_numbers():
    base = scores(np.linspace(0.2, 0.21, 10))
    up = scores(np.linspace(0.3, 0.31, 10) + np.random.default_rng(0).normal(0, 0.001, 10))
    assert condition_differences(up, base)["verdict"].tolist() == ["higher"]
    assert condition_differences(base, up)["verdict"].tolist() == ["lower"]
    assert condition_differences(up.assign(reference=""), base).empty
    both = pd.concat([base.assign(condition="shuffled_lyrics"), up])
    found = condition_differences(both, base).set_index(["condition", "metric"])
    assert found["verdict"].to_dict() == {("shuffled_lyrics", "nmi"): "none", ("standard", "nmi"): "higher"}


def test_the_closest_to_genre_names_what_overlaps():
    rows = [("pca", 0.30, 0.29, 0.31), ("vae", 0.305, 0.30, 0.31), ("autoencoder", 0.2, 0.19, 0.21)]
    table = pd.DataFrame(rows, columns=["method", "mean", "low", "high"]).assign(
        metric="nmi", sd=0.01, reference="raga"
    )
    said = best_agreement(table)
    assert "against raga is that of VAE, 0.305 ± 0.010" in said
    assert "PCA overlap" in said
    assert "Autoencoder" not in said
    assert "no other" in best_agreement(table.iloc[1:])
    assert best_agreement(table.iloc[:0]) == UNMEASURED


def found(labels_by_seed, method="vae"):
    frames = [
        pd.DataFrame(
            {"method": method, "track_id": range(len(row)), "seed": seed, "clusterer": "kmeans", "cluster": row}
        )
        for seed, row in enumerate(labels_by_seed)
    ]
    return pd.concat(frames)


def noisy(truth, wrong, seeds, rng):
    """Clusters that are the classes, but for a share of tracks put anywhere, anew for every seed."""
    return found(
        [np.where(rng.random(len(truth)) < wrong, rng.integers(4, size=len(truth)), truth) for _ in range(seeds)]
    )


def test_intervals_over_seeds_and_tracks_cover_at_about_their_rate():
    """Both the sample of tracks and the seeds are drawn anew; the true value is that of a very large sample."""
    rng = np.random.default_rng(0)
    large = rng.integers(4, size=60_000)
    true = METRICS["ari"].function(large, np.where(rng.random(60_000) < 0.4, rng.integers(4, size=60_000), large))
    covered = 0
    for trial in range(120):
        truth = rng.integers(4, size=150)
        drawn = bootstrap_means(noisy(truth, 0.4, 4, rng), pd.Series(truth), "ari", draws=60, seed=trial)
        interval = difference([drawn])
        covered += interval["low"] <= true <= interval["high"]
    assert 0.88 <= covered / 120 <= 1.0


@pytest.mark.parametrize("seeds", [2, 3, 10])
def test_intervals_over_artists_cover_where_those_over_tracks_do_not(seeds):
    """An artist is right or wrong as a whole; artists and seeds are drawn anew, the true value is that of very many."""
    rng = np.random.default_rng(seeds)

    def drawn(artists):
        size = 1 + rng.poisson(4, artists)
        artist = np.repeat(np.arange(artists), size)
        truth = rng.integers(4, size=artists)[artist]
        hard = rng.random(artists) < 0.4  # artists whose songs go anywhere, with most of the seeds
        lost = hard ^ (rng.random((seeds, artists)) < 0.05)
        rows = [np.where(row[artist], rng.integers(4, size=artists)[artist], truth) for row in lost]
        return truth, artist, rows

    truth, _, rows = drawn(60_000 // seeds)
    true = np.mean([METRICS["ari"].function(truth, row) for row in rows])
    covered = dict.fromkeys(("artists", "tracks"), 0)
    for trial in range(100):
        truth, artist, rows = drawn(60)
        for name, units in (("artists", pd.Series(artist)), ("tracks", None)):
            means = bootstrap_means(found(rows), pd.Series(truth), "ari", draws=80, seed=trial, units=units)
            covered[name] += difference([means])["low"] <= true <= difference([means])["high"]
    assert covered["artists"] >= 88
    assert covered["tracks"] < covered["artists"] - 10


def test_of_many_comparisons_of_equals_one_family_in_twenty_has_a_survivor():
    rng = np.random.default_rng(0)
    families = [pd.DataFrame({"mean": rng.normal(size=30), "sd": 1.0}) for _ in range(400)]
    assert 0.02 < np.mean([survivors(family).any() for family in families]) < 0.08
    found = [(family["mean"].abs() > 1.96).any() for family in families]
    assert np.mean(found) > 0.7  # each alone
    strong = survivors(families[0].assign(mean=[5.0] * 15 + [0.0] * 15))
    assert strong.tolist() == [True] * 15 + [False] * 15


def test_the_detectable_difference_is_found_four_times_in_five():
    rng = np.random.default_rng(0)
    size = detectable(pd.DataFrame({"sd": [0.01]}))[0]
    assert np.mean(rng.normal(size, 0.01, 4000) > 1.96 * 0.01) == pytest.approx(0.8, abs=0.02)


def test_a_planted_difference_is_found_and_none_is_called_none():
    rng = np.random.default_rng(1)
    truth = rng.integers(4, size=200)
    tables = [noisy(truth, wrong, 5, rng) for wrong in (0.3, 0.3, 0.7)]
    reference = pd.Series(truth)
    good, same, bad = (bootstrap_means(table, reference, "nmi") for table in tables)
    assert difference([good, bad])["verdict"] == "higher"
    assert difference([bad, good])["verdict"] == "lower"
    assert difference([good, same])["verdict"] == "none"
    both = pd.concat([tables[0].assign(method="vae"), tables[2].assign(method="pca")])
    found = baseline_differences(both, reference, baselines=["pca"])
    assert found[["metric", "baseline", "method"]].to_numpy().tolist() == [["nmi", "pca", "vae"], ["ari", "pca", "vae"]]
    assert found["verdict"].tolist() == ["higher", "higher"]
    others = both.assign(clusterer="dbscan", cluster=0)
    pd.testing.assert_frame_equal(baseline_differences(pd.concat([both, others]), reference, baselines=["pca"]), found)
    shown = baseline_table(found)
    assert shown.lines()[0] == ["Method", "NMI against PCA", "ARI against PCA"]
    assert shown.bold.all(axis=None)
    alone = bootstrap_means(tables[0][tables[0]["seed"] == 0], reference, "nmi")
    with pytest.raises(ValueError, match="expected the same, at least two"):
        difference([alone])


def test_stability_and_agreement_are_one_for_renamed_clusters():
    one, renamed, other = [0, 0, 1, 1, 2, 2], [2, 2, 0, 0, 1, 1], [0, 1, 0, 1, 0, 1]
    assert seed_stability(found([one, renamed]))["ari"].tolist() == [1.0]
    assert seed_stability(found([one, renamed, other]))["ari"].max() == 1.0
    assert len(seed_stability(found([one, renamed, other]))) == 3
    table = method_agreement(pd.concat([found([one, other]), found([renamed, other], "pca")]))
    assert list(table) == ["pca", "vae"]
    assert np.allclose(table, 1.0)
    assert method_agreement(pd.concat([found([one]), found([other], "pca")])).loc["pca", "vae"] < 0.2


def test_a_larger_beta_lowers_the_rate_and_raises_the_distortion(corpus):
    free, dear = (rate_and_distortion(fit(f"beta_vae_{b}", corpus, [0, 1], epochs=30)).mean() for b in (0.1, 8))
    assert free["rate"] > dear["rate"]
    assert free["distortion"] < dear["distortion"]
    assert free["active"] >= dear["active"]
    assert rate_and_distortion(fit("pca", corpus, [0]))["rate"].isna().all()


def test_a_study_records_the_standard_condition(corpus, tmp_path):
    record = Record("small", "vae", tmp_path)
    done = study("vae", corpus, record, seeds=2, epochs=2)
    for name in ("scores", "clusters", "intervals", "history", "dimensions"):
        assert set(record.read(name)["condition"]) == {"standard"}
    assert set(done.clusters["seed"]) == {0, 1}
    assert record.run()["parameters"]["seeds"] == 2
    assert set(comparable_rows(done.intervals)["condition"]) == {"standard"}


def test_lyrics_help_on_the_demo_and_shuffled_ones_do_not():
    """The multi-modal VAE against the VAE, paired by seed, on a corpus whose lyrics are known to be informative."""
    demo = load("demo")
    audio = study("vae", demo)
    both = study("multimodal_vae", standard(demo) | lyrics_controls(demo))
    gains = pick(condition_differences(both.tables["scores"], audio.scores), metric="nmi")
    verdicts = gains.set_index("condition")["verdict"]
    assert verdicts[["standard", "shuffled_lyrics", "genre_lyrics"]].tolist() == ["higher", "none", "higher"]


def test_a_rank_test_tells_apart_what_differs_and_nothing_else():
    rng = np.random.default_rng(0)
    level = {"pca": 0.2, "vae": 0.3, "autoencoder": 0.3}
    table = pd.concat([scores(m + 0.01 * rng.normal(size=10)).assign(method=name) for name, m in level.items()])
    ranks, p = nemenyi_ranks(table)
    assert ranks["pca"] == 3.0
    assert ranks.sum() == pytest.approx(6)
    assert p.loc["pca", "vae"] < 0.05
    assert p.loc["vae", "autoencoder"] > 0.05


def test_the_diagram_of_ranks_has_the_same_bytes_in_every_process():
    """A bar that joins methods comes in the order of a set."""
    slugs = ["pca", "autoencoder", "vae", "conv_vae", "beta_vae_4", "multimodal_vae"]
    ranks = pd.Series([1.0, 2.5, 2.5, 4.0, 5.0, 6.0], index=slugs)
    ax = plots_conditions.critical_differences(ranks, pd.DataFrame(1.0, slugs, slugs))
    (bar,) = (line.get_xdata() for line in ax.lines if len(line.get_xdata()) == len(slugs))
    assert list(bar) == ranks.tolist()


def test_the_effective_dimension_counts_directions():
    rng = np.random.default_rng(0)
    round_cloud = rng.normal(size=(20_000, 5))
    assert effective_dimension(round_cloud) == pytest.approx(5, abs=0.05)
    assert effective_dimension(round_cloud @ np.linalg.qr(rng.normal(size=(5, 5)))[0]) == pytest.approx(5, abs=0.05)
    assert effective_dimension(np.outer(np.arange(50.0), [1, 2, 3])) == pytest.approx(1)
    assert effective_dimension(round_cloud * [10, 10, 0, 0, 0]) == pytest.approx(2, abs=0.01)


def test_noise_is_tidier_in_fewer_dimensions():
    mean = silhouette_of_noise(300, 10, (1, 2, 4, 16), draws=2).groupby("dimensions")["silhouette"].mean()
    assert mean.is_monotonic_decreasing
    assert mean[1] > 0.5  # 2/3 where a line is cut into many equal pieces, and less at its thin ends
    assert mean[16] < 0.1


def test_the_effect_of_training_turns_around_with_the_records():
    rng = np.random.default_rng(0)
    low, high = (scores(m + 0.01 * rng.normal(size=10)).assign(method="vae") for m in (0.2, 0.3))

    def effect(before, after):
        both = [before.assign(condition="untrained"), after.assign(condition="standard")]
        return training_effects(pd.concat(both), ["nmi"])

    assert listed_methods(effect(low, high), "higher") == "VAE"
    assert listed_methods(effect(high, low), "higher") == "none of them"
    assert listed_methods(effect(high, low), "lower") == "VAE"
    assert effect(low, low)["verdict"].tolist() == ["none"]
    assert training_effects(low.assign(condition="standard"), ["nmi"]).empty


def test_a_table_of_conditions_has_a_row_each(corpus, tmp_path):
    done = study("raw", standard(corpus) | controls("raw", corpus), seeds=2)
    table = condition_scores(done.tables["intervals"])
    assert list(table.index) == ["as given", "Gaussian noise", "random clusters"]
    assert next(iter(table)) == "NMI (genre)"
    assert not (table == "–").any(axis=None)


class TestReleasedRecords:
    @pytest.fixture
    def gtzan_intervals(self):
        return released_records("intervals", "gtzan")

    def test_ten_seeds_of_every_method(self, gtzan_intervals):
        for dataset in ("gtzan", "demo"):
            table = released_records("scores", dataset)
            assert (table.groupby(["method", "condition"])["seed"].nunique() == 10).all()
            standard = table[table["condition"] == "standard"]
            assert set(standard["clusterer"]) == {"kmeans", "agglomerative", "dbscan"}

    def test_every_control_of_every_method_is_released(self):
        methods = released_methods()
        assert {*STUDIED, BASELINE} <= set(methods)
        for name in ("scores", "clusters", "intervals", "dimensions"):
            found = released_records(name, "gtzan", methods).groupby("method")["condition"].unique().map(set)
            for slug in methods:
                method = COMPARED[slug]
                wanted = {"standard", "no_duplicates", "fault_filtered"} | ({"untrained"} if method.trained else set())
                wanted |= OF_LYRICS if slug == "multimodal_vae" else set()
                wanted |= {"gaussian_noise", "random_labels"} if slug == "raw" else set()
                assert found[slug] == wanted, (name, slug)
        assert set(released_records("scores", "gtzan", methods)["reference"]) == {"", "genre", "artist"}

    def test_intervals_are_those_of_the_scores(self, gtzan_intervals):
        key = ["method", "condition", "clusterer", "space", "reference", "metric"]
        means = released_records("scores", "gtzan").groupby(key)["value"]
        ours = gtzan_intervals.set_index(key)["mean"]
        pd.testing.assert_series_equal(
            means.mean().sort_index(), ours.sort_index(), check_names=False, rtol=1e-4, check_index_type=False
        )

    def test_no_path_and_no_embedding(self):
        for path in (ROOT / "book" / "released").rglob("*"):
            assert path.suffix != ".npz"
            if path.name == "run.json":
                assert "/" not in str(json.loads(path.read_text())["parameters"])

    def test_the_published_multimodal_row_is_that_with_the_published_lyrics(self, gtzan_intervals):
        beside = published_comparison(gtzan_intervals).text
        published_way = metric_means(comparable_rows(gtzan_intervals, condition="published_lyrics"))
        mean = published_way.loc["multimodal_vae", "silhouette"]
        assert beside.loc[("multimodal_vae", "ours"), "silhouette"].startswith(f"{mean:.3f}")


def test_a_trial_scores_as_the_study_does_and_keeps_no_record(corpus, tmp_path, monkeypatch):
    whole = study("pca", corpus, seeds=2, latent_dim=4)
    monkeypatch.chdir(tmp_path)
    kept = set(tmp_path.rglob("*"))
    tried, scores = protocol.trial("pca", corpus, seeds=2, latent_dim=4)
    assert set(tmp_path.rglob("*")) == kept
    np.testing.assert_array_equal(tried.embeddings, whole.fit.embeddings)
    kmeans = whole.scores.query("clusterer == 'kmeans'")
    assert scores["value"].tolist() == kmeans["value"].tolist()
    table = run_scores({"the study": whole.scores, "the trial": scores})
    assert list(table.index) == ["the study", "the trial"]
    assert table.loc["the study"].tolist() == table.loc["the trial"].tolist()
    assert list(run_scores({"the trial": scores}, labelled=True)) == ["NMI (genre)", "ARI (genre)"]


def test_a_track_without_an_artist_is_alone_whatever_artists_are_called():
    """Numbers of artists are no numbers of tracks: names and numbers of the same artists give the same draws."""
    tracks = pd.Index([f"t{i}" for i in range(8)])
    numbers = pd.Series([0, 0, None, 1, 1, None, 2, 5], tracks)
    names = numbers.map({0: "Ann", 1: "Bo", 2: "Cy", 5: "Di"})
    assert unit_numbers(numbers, tracks).tolist() == [0, 0, 1, 2, 2, 3, 4, 5]
    assert unit_numbers(names, tracks).tolist() == unit_numbers(numbers, tracks).tolist()


def test_stability_may_run_against_agreement():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 200)
    rows = []
    for name, moved in (("steady", 0), ("loose", 60), ("wild", 180)):
        for seed in range(3):
            found = first.copy()
            found[:moved] = rng.integers(0, 4, moved)
            table = pd.DataFrame({"track_id": range(200), "seed": seed, "cluster": found})
            rows.append(table.assign(method=name, clusterer="kmeans", condition="standard"))
    clusters = pd.concat(rows)
    index = pd.MultiIndex.from_tuples([(n, "kmeans", "standard") for n in ("wild", "loose", "steady")], names=KEYS)
    means = pd.DataFrame({"nmi": [0.3, 0.2, 0.1]}, index)
    assert pipelines.stability_correlation(clusters, means) == pytest.approx(-1)
    assert pipelines.stability_facts(clusters, means) == {"stability_rank": "−1.00"}


def test_a_confusion_says_where_the_tracks_of_a_genre_are():
    pipeline = {"method": "umap", "clusterer": "kmeans", "condition": "full_features"}
    genres = pd.Series(["a"] * 4 + ["b"] * 4 + [None], range(9))
    seeds = ([1, 1, 1, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 1, 1, 2, 0])
    rows = [pd.DataFrame({**pipeline, "seed": s, "track_id": range(9), "cluster": c}) for s, c in enumerate(seeds)]
    table = pipelines.genre_confusion(pd.concat(rows), genres, pipelines.Pipeline("umap", condition="full_features"))
    assert table.text.loc["a"].tolist() == ["88", "12", "0"]  # 3 and then 4 of 4
    assert table.text.loc["b"].tolist() == ["0", "88", "12"]
    assert table.heads == ["Genre", "a", "b", "other"]
