import json
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from vaeclust.clusters.clusterers import cluster
from vaeclust.evidence.published import comparable_rows, published_columns, published_scores
from vaeclust.evidence.ranks import metric_means
from vaeclust.evidence.tables import published_comparison, score_overview
from vaeclust.evidence.words import mean_sd, score_facts
from vaeclust.files import project_root, replacement, resolve
from vaeclust.methods.projections import project
from vaeclust.methods.training import fit
from vaeclust.scores.metrics import METRICS, score
from vaeclust.scores.uncertainty import intervals
from vaeclust.studies.origins import origin
from vaeclust.studies.protocol import study
from vaeclust.studies.records import TABLES, Record, add_umap_maps, chapter_name, read_all


@pytest.fixture
def record(corpus, tmp_path):
    record = Record(corpus.name, "vae", tmp_path)
    study("vae", corpus, record, seeds=2, epochs=2, projections=("pca",), parameters={"dataset": "small.csv"})
    return record


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_its_schema_on_disk_and_reads_back(record, name):
    path = record.folder / f"{name}.csv"
    assert path.read_text().splitlines()[0] == ",".join(TABLES[name])
    table = record.read(name)
    assert list(table) == TABLES[name]
    assert len(table)
    assert b"\r" not in path.read_bytes()


def test_what_is_written_reads_back_unchanged(record, corpus):
    again = fit("vae", corpus, [0, 1], epochs=2)
    columns = ["seed", "metric", "value"]
    expected = score(again, cluster(again))[columns]
    pd.testing.assert_frame_equal(record.read("scores")[columns], expected)
    ids, embeddings = record.embeddings()
    assert ids == corpus.ids
    np.testing.assert_array_equal(embeddings, again.embeddings)


def test_embeddings_hold_no_pickle(record):
    with np.load(record.folder / "embeddings.npz", allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype.kind for name in arrays} == {"track_id": "U", "seeds": "i", "embeddings": "f"}


def test_run_json_tells_settings_that_were_put_over_those_of_the_method(corpus, tmp_path):
    record = Record("small", "vae", tmp_path)
    study("vae", corpus, record, seeds=1, epochs=1, hidden=(8, 4), projections=())
    assert record.run()["settings"] == {"beta": 1.0, "hidden": [8, 4]}


def test_run_json_says_what_was_run(record, corpus):
    run = json.loads((record.folder / "run.json").read_text())
    assert run["checksum"] == corpus.checksum
    assert run["parameter_count"] == 25_780
    assert run["parameters"] == {"dataset": "small.csv", "seeds": 2, "n_clusters": 0, "epochs": 2}
    assert run["feature_names"] == list(corpus.features)
    assert run["other_features"] == {}
    assert run["origin"] == origin(corpus, ["audio"])
    assert run["seconds"] > 0
    assert {"python", "torch", "numpy", "vaeclust"} <= run["versions"].keys()
    assert run == record.run()


def test_run_json_tells_the_settings_of_a_method_or_by_name_of_several(corpus, tmp_path):
    record, few = Record("small", "both", tmp_path), {"seeds": 1, "epochs": 1, "projections": ()}
    studies = [study(slug, corpus, record, **few) for slug in ("beta_vae_2", "beta_vae_4")]
    assert record.run()["settings"] == {"beta": 4.0}
    record.keep(*studies)
    for name in ("scores", "clusters"):
        assert read_all(name, "small", ["both"], tmp_path)["method"].unique().tolist() == ["beta_vae_2", "beta_vae_4"]
    assert record.run()["settings"] == {"beta_vae_2": {"beta": 2.0}, "beta_vae_4": {"beta": 4.0}}


@pytest.mark.parametrize("ids", [["007", "1e3"], ["NA", "nan"], ["True", "False"]])
def test_ids_that_look_like_something_else_read_back_as_they_are(tmp_path, ids):
    record = Record("small", "vae", tmp_path)
    record.put("clusters", pd.DataFrame({"track_id": ids, "seed": 0, "clusterer": "kmeans", "cluster": 1}))
    assert record.read("clusters")["track_id"].tolist() == ids


def test_umap_maps_stand_below_the_others_once(record, corpus, tmp_path):
    others = record.read("maps")
    for _ in range(2):
        found = add_umap_maps(corpus.name, "vae", tmp_path)
    pd.testing.assert_frame_equal(found, record.read("maps"))
    pd.testing.assert_frame_equal(found.iloc[: len(others)], others)
    assert found["projection"].iloc[len(others) :].tolist() == ["umap"] * len(corpus)
    expected = project(record.embeddings()[1][0], "umap")
    np.testing.assert_allclose(found[["x", "y"]].iloc[len(others) :], expected, atol=1e-3)


def test_a_figure_is_saved_and_handed_on(tmp_path):
    record, ax = Record("small", "vae", tmp_path), Figure().subplots()
    ax.set_title("two islands")
    assert record.figure("map", ax) is ax.figure
    assert "two islands" in (record.folder / "figures" / "map.svg").read_text()


def test_a_record_of_several_methods_has_a_chapter_too():
    assert [chapter_name(slug) for slug in ("beta_vae_4", "real_lyrics", "mine")] == [
        "05_beta_vae", "13_real_lyrics", "mine",
    ]  # fmt: skip


def test_a_wrong_schema_is_refused(record):
    with pytest.raises(ValueError, match="expected"):
        record.put("maps", pd.DataFrame({"track_id": ["a"], "x": [1.0]}))


def test_a_crash_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacement(path) as temporary:  # noqa: PT012
        temporary.write_text("half a new fi")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_records_name_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no scores\.csv of vae on small .*vaeclust run 03_vae"):
        Record("small", "vae", tmp_path).read("scores")
    with pytest.raises(FileNotFoundError, match=r"of pca, vae on small .*vaeclust run 01_pca 03_vae"):
        read_all("intervals", "small", ["pca", "vae"], tmp_path)


def test_relative_paths_count_from_the_folder_of_the_configuration(project, monkeypatch):
    monkeypatch.chdir(project / "notebooks")
    assert project_root() == project
    assert resolve("results") == project / "results"
    assert resolve("/elsewhere") == resolve("/elsewhere").absolute()


def test_intervals_against_a_known_sample():
    values = [0.1, 0.2, 0.3, 0.4]
    shared = {"method": "vae", "clusterer": "kmeans", "space": "own", "reference": "", "metric": "ari"}
    row = intervals(pd.DataFrame([{**shared, "seed": i, "value": v} for i, v in enumerate(values)])).iloc[0]
    assert row["mean"] == pytest.approx(0.25)
    assert row["sd"] == pytest.approx(0.1290994)
    half = 3.182446 * 0.1290994 / 2
    assert (row["low"], row["high"]) == (pytest.approx(0.25 - half, abs=1e-6), pytest.approx(0.25 + half, abs=1e-6))


def test_the_interval_covers_the_mean_at_its_rate():
    rng = np.random.default_rng(0)
    shared = {"clusterer": "kmeans", "space": "own", "reference": "", "metric": "ari"}
    draws = rng.normal(0.3, 0.02, size=(2000, 10))
    frame = pd.DataFrame({"method": np.repeat(np.arange(2000), 10), "value": draws.ravel(), **shared})
    table = intervals(frame)
    assert ((table["low"] <= 0.3) & (table["high"] >= 0.3)).mean() == pytest.approx(0.95, abs=0.015)


def test_one_seed_or_a_missing_value_has_no_invented_interval():
    shared = {"method": "vae", "clusterer": "kmeans", "space": "own", "reference": "", "metric": "ari"}
    one = intervals(pd.DataFrame([{**shared, "seed": 0, "value": 0.5}])).iloc[0]
    assert one["mean"] == 0.5
    assert one[["sd", "low", "high"]].isna().all()
    assert "no interval" in one["how"]
    gap = intervals(pd.DataFrame([{**shared, "seed": s, "value": v} for s, v in enumerate([0.5, 0.7, np.nan])])).iloc[0]
    assert gap["mean"] == pytest.approx(0.6)
    assert "1 without a value" in gap["how"]


def test_wording():
    assert mean_sd(0.25041, 0.00321) == "0.250 ± 0.003"
    assert mean_sd(56.338, 0.207) == "56.3 ± 0.2"
    assert mean_sd(1416.3, 62.2) == "1,416 ± 62"
    assert mean_sd(0.2, np.nan) == "0.200"
    assert mean_sd(np.nan, np.nan) == "–"
    assert mean_sd(-0.0001, 0.001) == "0.000 ± 0.001"


def test_published_rows_stand_beside_ours(record):
    table = comparable_rows(record.read("intervals"))
    means = metric_means(table)
    assert published_columns(means) == list(published_scores().columns[:6])
    assert list(means) == list(METRICS)
    beside = published_comparison(table).text
    assert beside.loc[("vae", "table"), "calinski_harabasz"].startswith("311 (")
    assert beside.loc[("vae", "results_file"), "davies_bouldin"].startswith("1.158 (")
    assert "±" in beside.loc[("vae", "ours"), "ari"]
    assert re.fullmatch(r"0\.254 \([+−]\d+\.\d\N{NO-BREAK SPACE}sd\)", beside.loc[("vae", "table"), "silhouette"])
    table = score_overview(record.read("intervals"))
    assert len(table) == 10
    assert [name for name in table if name.endswith("mean ± sd")] == [
        "K-Means: mean ± sd", "Agglomerative: mean ± sd", "DBSCAN: mean ± sd",
    ]  # fmt: skip
    row = record.read("intervals").query("clusterer == 'kmeans' and metric == 'nmi'").iloc[0]
    (cell,) = table.filter(like="NMI", axis="index")["K-Means: mean ± sd"]
    assert "±" in cell
    assert cell == mean_sd(row["mean"], row["sd"])


def test_findings_say_when_nothing_was_measured(record):
    unlabelled = record.read("intervals").query("space != 'labels'")
    texts = score_facts(unlabelled)
    assert texts["vae_ari"] == "not measured"
    assert "±" in texts["vae_silhouette_input"]


def test_published_tables_are_complete():
    assert len(published_scores()) == 8
    assert len(published_scores("results_file")) == 7
    assert published_scores().notna().all().all()
    assert published_scores().loc["beta_vae_4", "ari"] == 0.0267
    assert published_scores("results_file").loc["beta_vae_4", "ari"] == 0.1340
