"""The methods as estimators: scikit-learn's own checks, the bits of ``fit``, and models kept as files without code."""

import json
import struct
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from vaeclust.clusters.clusterers import CLUSTERERS
from vaeclust.clusters.ensembles import CONSENSUS, consensus
from vaeclust.corpus.dataset import Dataset
from vaeclust.estimators import (
    BLOCK,
    ESTIMATORS,
    PCA,
    VAE,
    Autoencoder,
    Clustering,
    Features,
    fitted_estimator,
    load_model,
)
from vaeclust.methods.catalogue import find
from vaeclust.methods.training import fit
from vaeclust.scores.labels import ari
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record
from vaeclust.studies.rules import power_transform

QUICK = {"latent_dim": 3, "epochs": 2}
WITH_LYRICS = ("multimodal_vae", "product_of_experts")


@pytest.fixture(scope="session")
def told(corpus) -> Dataset:
    """The small corpus with lyrics of three numbers, which a third of the tracks does not have."""
    has_lyrics = np.arange(len(corpus)) % 3 > 0
    numbers = np.random.default_rng(0).normal(size=(len(corpus), 3)) * has_lyrics[:, None]
    return replace(corpus, lyrics=numbers.astype(np.float32), has_lyrics=has_lyrics)


def quick(slug: str, **more):
    """A quick estimator."""
    given = {"raw": {}, "pca": {"latent_dim": 3}}.get(slug, {"random_state": 0, **QUICK})
    return ESTIMATORS[slug](**given, **more)


def made(slug: str, corpus: Dataset):
    """A quick estimator, and what it is shown of a corpus."""
    if slug in WITH_LYRICS:
        return quick(slug, n_lyrics=3), np.hstack([corpus.features, corpus.lyrics])
    return quick(slug), corpus.features.to_numpy()


@pytest.mark.parametrize("slug", ESTIMATORS)
def test_scikit_learn_finds_nothing(slug):
    estimator = quick(slug)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(estimator.set_params(latent_dim=1) if slug == "pca" else estimator)  # one feature has one


@pytest.mark.parametrize("clusterer", [*CLUSTERERS, CONSENSUS])
def test_scikit_learn_finds_nothing_in_a_clusterer(clusterer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(Clustering(clusterer, n_clusters=3, random_state=0))


@pytest.mark.parametrize("slug", ESTIMATORS)
def test_one_seed_gives_the_bits_of_fit(slug, told):
    estimator, shown = made(slug, told)
    settings = {"n_lyrics": 3} if slug in WITH_LYRICS else {}
    fitted = fit(slug, told, [0], **QUICK, **settings)
    assert estimator.fit_transform(shown).tobytes() == fitted.embeddings[0].tobytes()
    np.testing.assert_allclose(estimator.transform(shown), fitted.embeddings[0], atol=1e-5)
    again = estimator.inverse_transform(fitted.embeddings[0])[:, : told.audio.shape[1]]
    np.testing.assert_allclose(estimator.scale_(again), fitted.reconstructions[0], atol=1e-4)
    if slug == "vade":
        assert (estimator.labels_ == fitted.assignments[0]).all()
        assert estimator.fit_predict(shown).tolist() == estimator.labels_.tolist()


def test_a_track_is_where_it_is_whoever_stands_beside_it(corpus):
    estimator, shown = made("vae", corpus)
    estimator.fit(shown)
    many = np.tile(shown, (5, 1))
    whole = estimator.transform(many)
    assert len(many) > 2 * BLOCK
    for rows in (slice(0, 1), slice(7, 8), slice(BLOCK - 3, BLOCK + 5)):
        assert estimator.transform(many[rows]).tobytes() == whole[rows].tobytes()


def test_pipelines_searches_and_frames(corpus):
    frame = corpus.features
    grouped = make_pipeline(VAE(random_state=0, **QUICK), KMeans(3, n_init=1, random_state=0)).fit(frame)
    assert grouped.predict(frame).shape == (len(corpus),)
    search = GridSearchCV(VAE(random_state=0, **QUICK), {"beta": [0.1, 50.0]}, cv=2).fit(frame)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    framed = VAE(random_state=0, **QUICK).set_output(transform="pandas").fit(frame)
    found = framed.transform(frame)
    assert list(found) == list(framed.get_feature_names_out()) == ["vae0", "vae1", "vae2"]
    assert found.index.equals(frame.index)
    with pytest.raises(ValueError, match="feature names should match"):
        framed.transform(frame[frame.columns[::-1]])
    assert not np.array_equal(VAE(**QUICK).fit(frame).embedding_, VAE(**QUICK).fit(frame).embedding_)  # two seeds


def test_the_score_is_the_bound(corpus):
    estimator = Autoencoder(random_state=0, **QUICK).fit(corpus.features)
    seen = estimator.scale_(corpus.features)
    again = estimator.scale_(estimator.inverse_transform(estimator.transform(corpus.features)))
    width = seen.shape[1]
    expected = -np.square(seen - again).sum(axis=1).mean() - width / 2 * np.log(np.pi)
    assert estimator.score(corpus.features) == pytest.approx(expected, rel=1e-4)
    vae = VAE(random_state=0, latent_dim=3, epochs=30).fit(corpus.features)
    last = vae.history_.query("epoch == 30").set_index("term")["value"]
    near = -(last["reconstruction"] + last["kl"]) - width / 2 * np.log(np.pi)  # of the last epoch, with dropout
    assert vae.score(corpus.features) == pytest.approx(near, rel=0.15)
    assert vae.score(corpus.features) == vae.score(corpus.features)
    assert vae.score(corpus.features) > VAE(random_state=0, latent_dim=3, epochs=1).fit(corpus.features).score(
        corpus.features
    )


def test_without_standardising_the_network_sees_what_is_given(corpus):
    estimator = VAE(standardise=False, random_state=0, **QUICK).fit(corpus.audio)
    assert estimator.scale_ is None
    assert estimator.embedding_.tobytes() == fit("vae", corpus, [0], **QUICK).embeddings[0].tobytes()


@pytest.mark.parametrize(("wrong", "says"), [
    ({"n_lyrics": 20}, "n_lyrics=20 of 20 columns"), ({"beta": -1.0}, "beta is -1.0"), ({"epochs": 0}, "epochs is 0"),
    ({"batch_size": 1}, "batch_size is 1"), ({"latent_dim": 0}, "latent_dim is 0"),
])  # fmt: skip
def test_settings_that_cannot_work_are_named(corpus, wrong, says):
    kind = ESTIMATORS["multimodal_vae" if "n_lyrics" in wrong else "vae"]
    with pytest.raises(ValueError, match=says):
        kind(**{**QUICK, **wrong}).fit(corpus.features)


def test_a_consensus_is_that_of_ten_runs(corpus):
    found = Clustering("consensus", n_clusters=4, random_state=0).fit_predict(corpus.audio)
    kmeans, told = CLUSTERERS["kmeans"].function, {"track_id": corpus.ids, "clusterer": "kmeans"}
    runs = [pd.DataFrame({**told, "seed": seed, "cluster": kmeans(corpus.audio, 4, seed)}) for seed in range(10)]
    agreed = consensus(pd.concat(runs), 4, size=10).set_index("track_id")["cluster"].loc[corpus.ids]
    assert ari(found, agreed.to_numpy()) == 1


def test_more_clusters_than_tracks_are_refused(corpus):
    with pytest.raises(ValueError, match="n_clusters=9 of 8 tracks"):
        Clustering(n_clusters=9).fit(corpus.audio[:8])


def test_an_unknown_clusterer_is_named(corpus):
    with pytest.raises(ValueError, match="kmeans"):
        Clustering("fuzzy").fit(corpus.features)


@pytest.mark.parametrize("slug", ESTIMATORS)
def test_a_kept_model_has_the_same_bits(slug, told, tmp_path):
    estimator, shown = made(slug, told)
    path = estimator.fit(shown).save(tmp_path / "kept.v1")
    assert path.name == "kept.safetensors"
    assert path.stat().st_size < 500_000
    again = load_model(path)
    assert type(again) is type(estimator)
    assert again.get_params() == estimator.get_params()
    assert again.transform(shown).tobytes() == estimator.transform(shown).tobytes()
    if slug not in ("raw", "pca"):
        assert again.score(shown) == estimator.score(shown)
    codes = estimator.transform(shown)[:4]
    assert again.inverse_transform(codes).tobytes() == estimator.inverse_transform(codes).tobytes()
    if slug == "vade":
        assert again.predict(shown).tolist() == estimator.predict(shown).tolist()
    with pytest.raises(ValueError, match="expecting"):
        again.transform(shown[:, 1:])
    with pytest.raises(NotFittedError):
        quick(slug).save(tmp_path / "blank")


def test_a_study_keeps_its_models(corpus, tmp_path):
    record = Record(corpus, "vae", tmp_path)
    found = study("vae", corpus, record, seeds=3, models="0,2", projections=("pca",), **QUICK)
    assert sorted(path.name for path in (record.folder / "models").iterdir()) == [
        "seed-0.safetensors", "seed-2.safetensors",
    ]  # fmt: skip
    kept = load_model(record.folder / "models" / "seed-2.safetensors")
    assert list(kept.feature_names_in_) == list(corpus.features)
    np.testing.assert_allclose(kept.transform(corpus.features), found.fit.embeddings[2], atol=1e-5)
    for slug, kind in (("pca", PCA), ("raw", Features)):
        again = Record(corpus, slug, tmp_path)
        found = study(slug, corpus, again, seeds=2, latent_dim=3, projections=("pca",))
        kept = load_model(again.folder / "models" / "seed-0.safetensors")
        assert isinstance(kept, kind)
        np.testing.assert_allclose(kept.transform(corpus.features), found.fit.embeddings[0], atol=1e-5)
    laid_out = Record(corpus, "umap", tmp_path)
    study("umap", corpus, laid_out, seeds=1, projections=("pca",))
    assert not (laid_out.folder / "models").exists()  # UMAP has no place for new tracks
    with pytest.raises(ValueError, match=r"seeds are 0 to 2"):
        study("vae", corpus, seeds=3, models="3", **QUICK)


def test_a_beta_vae_and_other_features_become_what_they_were(corpus, tmp_path):
    fitted = fit("beta_vae_4", power_transform(corpus), [1], **QUICK)
    path = fitted_estimator(fitted, 1).save(tmp_path / "beta")
    kept = load_model(path)
    assert isinstance(kept, VAE)
    assert (kept.beta, kept.random_state, kept.standardise) == (4.0, 1, False)
    shown = pd.DataFrame(power_transform(corpus).audio, columns=corpus.features.columns)
    np.testing.assert_allclose(kept.transform(shown), fitted.embeddings[0], atol=1e-5)
    with pytest.raises(ValueError, match="UMAP has no estimator"):
        fitted_estimator(fit("umap", corpus, [0]), 0)
    assert find("beta_vae_4").slug == "beta_vae_4"


@pytest.fixture
def kept(corpus, tmp_path):
    return VAE(random_state=0, **QUICK).fit(corpus.features).save(tmp_path / "kept")


def rewrite(path, change):
    """Change the head of a file of tensors."""
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    head = json.loads(content[8 : 8 + size])
    change(head)
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size :])


@pytest.mark.parametrize(("change", "says"), [
    (lambda head: head["__metadata__"].update(format="7"), "of format '7'; this version reads '1'"),
    (lambda head: head["__metadata__"].update(estimator="Pickle"), "it is of 'Pickle'; expected one of Features, PCA"),
    (lambda head: head["__metadata__"].update(parameters='{"hidden": [99999999, 99999999]}'), "size mismatch|Error"),
    (lambda head: head["__metadata__"].update(parameters='{"depth": 3}'), "unexpected keyword"),
    (lambda head: head["__metadata__"].update(features='["a"]'), "its scale is not one of 1 features"),
    (lambda head: head["__metadata__"].pop("features"), "features"),
    (lambda head: head.pop("__metadata__"), "does not say what it is of"),
])  # fmt: skip
def test_a_file_that_says_something_else_is_refused(kept, change, says):
    rewrite(kept, change)
    with pytest.raises(ValueError, match=f"no model that can be read: .*({says})"):
        load_model(kept)


@pytest.mark.parametrize("content", [b"", b"\x00" * 8, b"\xff" * 100, b"\x80\x04]\x94.", b"PK\x03\x04" + b"0" * 90])
def test_a_file_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no model that can be read"):
        load_model(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_file_is_refused(kept, share):
    content = kept.read_bytes()
    kept.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="no model that can be read"):
        load_model(kept)


def test_where_there_is_no_model_it_says_where_they_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="results/<corpus>/<method>/models"):
        load_model(tmp_path / "none.safetensors")


def test_torch_is_not_loaded_before_anything_is_fitted():
    code = "import sys, vaeclust.estimators as e; e.VAE(beta=2).get_params(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False", done.stderr
