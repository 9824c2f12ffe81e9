"""A record says what it is of, and is not taken for what it is not."""

import re
from dataclasses import replace

import numpy as np
import pytest

from vaeclust.corpus.sources import file_name, load
from vaeclust.studies.conditions import lyrics_controls, standard
from vaeclust.studies.origins import folder_name, mismatches, origin, slugs_of
from vaeclust.studies.parameters import PARAMETERS
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record, read_all

SETTINGS = {"seeds": 2, "n_clusters": 0, "epochs": 3, "batch_size": 32, "learning_rate": 1e-3, "latent_dim": 3}


@pytest.fixture
def results(corpus, tmp_path):
    for slug in ("raw", "pca", "vae"):
        study(slug, corpus, Record(corpus, slug, tmp_path), projections=("pca",), **SETTINGS)
    return tmp_path


def test_records_that_fit_are_read(corpus, results):
    table = read_all("scores", corpus, ["raw", "pca", "vae"], results, **SETTINGS)
    assert table["method"].unique().tolist() == ["raw", "pca", "vae"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"epochs": 50}, "vae: epochs 3, here 50"),
        ({"seeds": 10}, "raw: seeds 2, here 10\n  pca: seeds 2, here 10\n  vae: seeds 2, here 10"),
        ({"latent_dim": 16}, "pca: latent_dim 3, here 16\n  vae: latent_dim 3, here 16"),
        ({"learning_rate": 0.01}, "vae: learning_rate 0.001, here 0.01"),
        ({"n_clusters": 7}, "raw: n_clusters 4, here 7"),
        ({"hidden": (64,)}, "vae: hidden [128, 64], here [64]"),
    ],
)
def test_other_settings_are_refused_with_both_sides_and_the_mend(corpus, results, changed, says):
    with pytest.raises(ValueError, match=re.escape(says)) as refused:
        read_all("scores", corpus, ["raw", "pca", "vae"], results, **{**SETTINGS, **changed})
    ((name, value),) = changed.items()
    line = str(refused.value).splitlines()[-1]
    assert re.match(r"Make them anew with: vaeclust run (01_pca )?03_vae |.* 01_pca 03_vae ", line)
    said = f"-p {name}={value[0] if name == 'hidden' else value}"
    assert (said in line) == (PARAMETERS[name].default != value)  # what is so by default goes without saying
    assert f"--dataset {corpus.given['dataset']}" in line


def test_the_number_of_clusters_by_default_is_that_of_the_genres(corpus, results):
    read_all("scores", corpus, ["vae"], results, **{**SETTINGS, "n_clusters": 4})


def test_other_tracks_labels_and_features_are_refused(corpus, results):
    run = Record(corpus, "vae", results).run()
    fewer = corpus.subset(np.arange(len(corpus)) > 0)
    assert "120 tracks, here 119" in mismatches(run, fewer, SETTINGS)
    renamed = replace(corpus, tracks=corpus.tracks.rename(index={corpus.ids[0]: "another"}))
    assert "other tracks" in mismatches(run, renamed, SETTINGS)
    turned = corpus.tracks["genre"].to_numpy()[::-1]
    relabelled = replace(corpus, tracks=corpus.tracks.assign(genre=turned))
    assert mismatches(run, relabelled, SETTINGS) == ["other labels"]
    narrow = replace(corpus, features=corpus.features.iloc[:, :12], audio=corpus.audio[:, :12])
    assert mismatches(run, narrow, SETTINGS) == ["20 features, here 12"]
    louder = replace(corpus, features=corpus.features * 2)
    assert mismatches(run, louder, SETTINGS) == ["other features"]
    assert mismatches({"method": "vae", "parameters": {}}, corpus, SETTINGS) == [
        "it does not say what it is of (an earlier version wrote it)"
    ]


def test_lyrics_count_for_whoever_reads_them(corpus, spoken):
    assert origin(spoken, ["audio"]) == origin(replace(spoken, lyrics=None), ["audio"])
    assert origin(spoken, ["audio", "lyrics"]) != origin(replace(spoken, lyrics=spoken.lyrics + 1), ["audio", "lyrics"])


def test_conditions_on_other_features_name_theirs(corpus, tmp_path):
    other = replace(corpus, features=corpus.features.iloc[:, :4], audio=corpus.audio[:, :4])
    conditions = standard(corpus) | {"four": replace(standard(other)["standard"], corpus=other)}
    record = Record(corpus, "pca", tmp_path)
    study("pca", conditions, record, seeds=1, latent_dim=2, projections=("pca",))
    assert record.run()["other_features"] == {"four": list(other.features)}
    assert lyrics_controls(corpus) == {}


def test_two_corpora_of_one_name_have_two_folders(table, tmp_path):
    corpora = []
    for owner, rows in (("anna", slice(0, 60)), ("ravi", slice(60, 120))):
        (tmp_path / owner).mkdir()
        table.iloc[rows].to_csv(tmp_path / owner / "music.csv", index=False)
        corpora.append(load(tmp_path / owner / "music.csv"))
    results = tmp_path / "results"
    for corpus in corpora:
        study("raw", corpus, Record(corpus, "raw", results), seeds=1, projections=())
    assert [folder_name(corpus, results) for corpus in corpora] == ["music", "music-2"]
    assert [len(set(Record(c, "raw", results).read("clusters")["track_id"]) & set(c.ids)) for c in corpora] == [60, 60]
    named = load(tmp_path / "ravi" / "music.csv", name="Ravi's songs")
    assert Record(named, "raw", results).folder == results / "Ravi-s-songs" / "raw"


def test_other_features_have_a_folder_of_their_own(table_path, tmp_path, corpus):
    assert folder_name(load(table_path, features="full"), tmp_path) == "small-full"
    vectors = corpus.features.iloc[:, :5].add_prefix("e").rename_axis("track_id")
    vectors.to_csv(tmp_path / "spotify.csv")
    other = load(table_path, features=tmp_path / "spotify.csv")
    assert folder_name(other, tmp_path) == "small-spotify"
    assert other.given["features"].endswith("spotify.csv")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my songs (live)", "my-songs-live"),
        ("আমার গান", "আমার-গান"),
        ("हिन्दी गीत", "हिन्दी-गीत"),
        ("音楽", "音楽"),
        ("🎸", "🎸"),
        ("👩‍🎤 & co", "👩‍🎤-co"),
        ("../..", ""),
        ("a/b\\c:d", "a-b-c-d"),
    ],
)
def test_names_keep_every_script(text, name):
    assert file_name(text) == name


def test_folders_named_by_emoji_alone_are_two(table, tmp_path):
    paths = [tmp_path / f"{name}.csv" for name in ("🎸", "🥁")]
    for path in paths:
        table.to_csv(path, index=False)
    assert [load(path).name for path in paths] == ["🎸", "🥁"]


def test_a_chapter_and_its_records():
    assert slugs_of("01_pca") == ["pca", "raw"]
    assert slugs_of("05_beta_vae") == ["beta_vae_1", "beta_vae_2", "beta_vae_4", "beta_vae"]
    assert slugs_of("07_comparison") == ["comparison"]
