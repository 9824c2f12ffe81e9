"""What is said of descriptions: pairs of differences, the table, the words, patches."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.evidence import listening
from vaeclust.evidence.differences import Pipeline, bootstrap_means, difference
from vaeclust.plots.conditions import scores_by_method, scores_over_k
from vaeclust.scores.probes import linear_probe
from vaeclust.studies.descriptions import LISTENING, description_conditions
from vaeclust.studies.kept import released_labels, released_study
from vaeclust.studies.protocol import study
from vaeclust.studies.records import MORE_TABLES, Record, pick, stack_conditions


@pytest.fixture(scope="module")
def corpora(corpus):
    noise = np.random.default_rng(0).normal(size=corpus.audio.shape).astype(np.float32)
    return {"mfcc20": corpus, "layer_untrained": replace(corpus, audio=noise), "tags": corpus}


@pytest.fixture(scope="module")
def record(corpora, tmp_path_factory):
    kept = Record("small", LISTENING, tmp_path_factory.mktemp("results"))
    each = [
        study(slug, description_conditions(slug, corpora, 4), seeds=3, epochs=2, projections=(), ks=[2, 4, 9])
        for slug in ("features", "vae")
    ]
    kept.keep(*each)
    probes = {name: linear_probe(shown, ["genre"], range(3)) for name, shown in corpora.items()}
    kept.put("probes", stack_conditions(probes))
    return kept


@pytest.fixture(scope="module")
def effects(record, corpus):
    return listening.listening_effects(record.read("clusters"), corpus.tracks[["genre"]])


def test_every_pair_once_and_none_with_itself(effects):
    assert list(effects) == MORE_TABLES["effects"]
    pairs = effects[["method", "condition", "baseline", "baseline_condition"]].apply(tuple, axis=1)
    assert not pairs.duplicated().any()
    assert set(pairs) == {
        ("features", "layer_untrained", "features", "mfcc20"), ("features", "tags", "features", "mfcc20"),
        ("features", "mfcc20", "features", "layer_untrained"), ("features", "tags", "features", "layer_untrained"),
        ("vae", "mfcc20", "features", "mfcc20"), ("vae", "layer_untrained", "features", "mfcc20"),
        ("vae", "tags", "features", "mfcc20"), ("vae", "layer_untrained", "features", "layer_untrained"),
        ("vae", "tags", "features", "tags"),
    }  # fmt: skip


def test_a_difference_is_that_of_the_clusters(effects, record, corpus):
    clusters = record.read("clusters")
    drawn = [
        bootstrap_means(pick(clusters, **pipeline._asdict()), corpus.tracks["genre"], "nmi")
        for pipeline in (Pipeline("features", condition="tags"), Pipeline("features", condition="layer_untrained"))
    ]
    row = pick(effects, method="features", condition="tags", baseline_condition="layer_untrained").iloc[0]
    assert row[["mean", "low", "high"]].tolist() == [difference(drawn)[name] for name in ("mean", "low", "high")]
    assert row["verdict"] == "higher"
    twin = pick(effects, method="features", condition="tags", baseline_condition="mfcc20").iloc[0]
    assert (twin["mean"], twin["verdict"]) == (0, "none")  # the same numbers under another name


def test_views_of_the_effects(effects):
    assert set(listening.over_measured(effects)["baseline_condition"]) == {"mfcc20"}
    assert set(listening.over_untrained(effects)["description"]) == {"mfcc20", "tags"}
    same = listening.over_same(effects)
    assert set(same["method"]) == {"vae"}
    assert len(same) == 3


def test_without_labels_or_spread_there_is_nothing_to_say(record, corpus):
    clusters = record.read("clusters")
    assert listening.listening_effects(clusters, corpus.tracks[[]]).empty
    one = clusters[clusters["seed"] == 0]
    assert listening.listening_effects(one, corpus.tracks[["genre"]]).empty
    assert list(listening.listening_effects(one, corpus.tracks[["genre"]])) == MORE_TABLES["effects"]


def test_the_table_says_what_the_records_do(record):
    tables = [record.read(name) for name in ("intervals", "dimensions", "probes")]
    table = listening.description_table(*tables, reference="genre")
    head, *rows = table.lines()
    assert head == ["Description", "K-Means", "VAE", "VAE, active", "Probe, NMI ↑", "Probe, accuracy ↑"]
    assert [row[0] for row in rows] == ["20 MFCC means", "untrained network, 200 numbers", "50 tags"]
    facts = listening.listening_facts(*tables, pd.DataFrame(columns=MORE_TABLES["effects"]), name="here_")
    assert rows[1][1] == facts["here_nmi_genre_features_layer_untrained"]
    assert rows[2][3] == facts["here_active_tags"]
    assert rows[2][5] == facts["here_probe_accuracy_genre_tags"]
    assert listening.description_table(*tables, reference="language").note


def test_numbers_of_clusters_are_kept(record):
    by_k = record.read("by_k")
    assert set(by_k["k"]) == {2, 4, 9}
    assert set(by_k["metric"]) == {"nmi", "ari"}
    assert set(by_k["reference"]) == {"genre"}
    scores = pick(record.read("scores"), method="features", condition="tags", metric="nmi", reference="genre")
    same = pick(by_k, method="features", condition="tags", metric="nmi", k=4)
    np.testing.assert_array_equal(same["value"], scores["value"])


def test_patches_are_compared_where_all_were_heard():
    columns = ["track_id", "method", "condition", "seed", "clusterer", "cluster"]
    found = [
        (track, "features", condition, seed, "kmeans", int(track in group))
        for condition, seed, group in (
            ("layer_msd", 0, "ab"), ("layer_msd", 1, "ab"), ("layer_every", 0, "ab"), ("layer_every", 1, "cd"),
        )
        for track in "abcd"
    ]  # fmt: skip
    table = pd.DataFrame(found, columns=columns)
    assert listening.patch_agreement(table).tolist() == [1, 1]
    alone = listening.patch_agreement(table[table["condition"] == "layer_msd"])
    assert alone.empty
    shown = listening.patch_table({"one": listening.patch_agreement(table), "two": alone})
    assert list(shown.index) == ["one"]


def test_the_figures_show_every_description_and_the_probe(record):
    intervals, probes = record.read("intervals"), record.read("probes")
    figure = scores_by_method(intervals, [("nmi", "genre"), ("purity", "genre"), ("nmi", "language")], probes=probes)
    assert [ax.get_title() or ax.get_title(loc="left") for ax in figure.axes] == ["NMI", "Purity"]
    assert [text.get_text().replace("\n", " ") for text in figure.axes[0].get_yticklabels()][2] == "50 tags"
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(labels) == ["No network", "VAE", "linear probe"]
    assert "no labels" in scores_by_method(intervals, [("nmi", "mood")]).axes[0].texts[0].get_text()
    by_k = pick(record.read("by_k"), method="features")
    lines = scores_over_k(by_k).axes[0].lines
    assert [list(line.get_xdata()) for line in lines] == [[2, 4, 9]] * 3


@pytest.mark.parametrize("dataset", ["gtzan", "gtzan-30", "songs1000"])
def test_what_was_released_is_whole(dataset):
    kept = released_study(LISTENING, dataset)
    effects, clusters = kept.read("effects"), kept.read("clusters")
    assert clusters["seed"].nunique() >= 10
    assert set(effects["condition"]) <= set(clusters["condition"])
    assert set(kept.read("by_k")["method"]) == {"features", "umap", "vae"}
    if dataset == "gtzan":
        genres = clusters.drop_duplicates("track_id").set_index("track_id").index.to_series().str.split(".").str[0]
        few = clusters[clusters["method"].isin(["features"])]
        artists = released_labels()["artist"].reindex(genres.index)
        found = listening.listening_effects(few, genres.to_frame("genre"), units=artists)
        both = effects.merge(found, on=MORE_TABLES["effects"][:8], suffixes=("", "_found"))
        assert len(both) == len(found) == 5
        assert both["mean"].to_numpy() == pytest.approx(both["mean_found"].to_numpy(), abs=1e-5)
        assert (both["verdict"] == both["verdict_found"]).all()
