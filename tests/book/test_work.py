"""How much work is done, counted and not timed: seconds mean little on a machine that does other things too."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from vaeclust import cores
from vaeclust.clusters import ensembles
from vaeclust.clusters.clusterers import CLUSTERERS
from vaeclust.corpus.dataset import assemble
from vaeclust.corpus.sampling import MOST, SAMPLE
from vaeclust.methods import batched, training
from vaeclust.methods.projections import maps
from vaeclust.methods.training import fit
from vaeclust.scores import labels, metrics, silhouettes
from vaeclust.scores.silhouettes import estimated_silhouette

LARGE = MOST + 1


class Operations(TorchDispatchMode):
    """Counts the tensor operations that are run, and of every batched product its matrices."""

    def __init__(self):
        super().__init__()
        self.number, self.products = 0, []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.number += 1
        if function is torch.ops.aten.bmm.default:
            self.products.append(len(args[0]))
        return function(*args, **(kwargs or {}))


def step_of(corpus, slug, n_seeds):
    """Return the next step to take of a batched model that has taken three: TorchScript settles in its first ones."""
    method = training.find(slug)
    with torch.device("meta"):
        template = method.build()(20, latent_dim=16, **method.settings)
    study = batched.Batched(
        template, torch.tensor(training.model_inputs(method, corpus))[None], tuple(range(n_seeds)), 1e-3
    )
    noise = study.draw(32)
    study.template.train()
    x = study.x[:, :32].contiguous()
    for _ in range(3):
        study.step(x, noise)
    return lambda: study.step(x, noise)


def test_a_product_has_one_matrix_for_each_seed(corpus):
    """Overlapping windows of a view would be multiplied track by track, a third of a step of the Conv-VAE."""
    step = step_of(corpus, "conv_vae", 4)
    with Operations() as counted:
        step()
    assert len(counted.products) > 10
    assert set(counted.products) == {4}


@pytest.mark.parametrize(("slug", "most"), [("vae", 420), ("conv_vae", 640), ("multimodal_vae", 470)])
def test_a_step_takes_as_many_operations_for_thirty_seeds_as_for_two(corpus, slug, most):
    counts = []
    for n_seeds in (2, 30):
        step = step_of(corpus, slug, n_seeds)
        with Operations() as counted:
            step()
        counts.append(counted.number)
    assert counts[0] == counts[1]
    assert counts[0] <= most


def test_the_gradient_is_found_once_for_each_shape_of_batch(corpus, monkeypatch):
    """Of 120 tracks in batches of 32, the last batch of every epoch has another shape."""
    found = []
    gradient = batched.Batched.gradient
    monkeypatch.setattr(batched.Batched, "gradient", lambda *a: found.append(a[3].shape) or gradient(*a))
    fit("vae", corpus, range(4), epochs=5)
    assert found == [(4, 32, 20), (4, 24, 20)]


@pytest.fixture(scope="module")
def large():
    """10,001 tracks in five groups that nobody can miss."""
    rng = np.random.default_rng(0)
    group = np.arange(LARGE) % 5
    ids = pd.Index([f"{i:05d}" for i in range(LARGE)], name="track_id")
    features = pd.DataFrame(np.tile(np.eye(5), 4)[group] * 9 + rng.normal(size=(LARGE, 20)), ids).rename(columns=str)
    return assemble("large", pd.DataFrame({"genre": [f"g{g}" for g in group]}, ids), features)


@pytest.mark.parametrize("slug", ["agglomerative", "dbscan", "hdbscan"])
def test_pairs_are_those_of_a_sample_and_the_others_follow(large, slug):
    shapes = []
    found = replace(
        CLUSTERERS[slug],
        function=lambda x, k, s: shapes.append(x.shape) or CLUSTERERS["agglomerative"].function(x, k, s),
    ).labels(large.audio, 5, 0)
    assert shapes == [(SAMPLE, 20)]
    assert labels.purity(large.classes, found) == 1.0


def test_a_consensus_of_many_tracks_is_that_of_a_sample_and_the_others_follow(large, monkeypatch):
    """One track in five is in a wrong cluster of each seed, another fifth each time."""
    rng, shapes = np.random.default_rng(0), []
    linkage = ensembles.AgglomerativeClustering.fit_predict
    monkeypatch.setattr(
        ensembles.AgglomerativeClustering, "fit_predict", lambda self, x: shapes.append(x.shape) or linkage(self, x)
    )
    seeds = []
    for seed in range(4):
        wrong = rng.permutation(LARGE) % 5 == 0
        found = np.where(wrong, rng.integers(5, size=LARGE), (large.classes + seed) % 5)
        seeds.append(pd.DataFrame({"track_id": large.ids, "seed": seed, "clusterer": "kmeans", "cluster": found}))
    agreed = ensembles.consensus(pd.concat(seeds), 5)
    assert shapes == [(SAMPLE, SAMPLE)]
    for _, group in agreed.groupby("seed"):
        assert group["track_id"].tolist() == large.ids
        assert labels.purity(large.classes, group["cluster"].to_numpy()) > 0.85


def test_kmeans_sees_every_track(large):
    shapes = []
    replace(CLUSTERERS["kmeans"], function=lambda x, k, s: shapes.append(len(x))).labels(large.audio, 5, 0)
    assert shapes == [LARGE]


def test_a_large_silhouette_compares_few_tracks_with_all(large, monkeypatch):
    rows, distances = [], silhouettes.euclidean_distances
    monkeypatch.setattr(
        silhouettes, "euclidean_distances", lambda a, b: rows.append(a.shape + b.shape) or distances(a, b)
    )
    value = metrics.METRICS["silhouette"].function(large.audio, large.classes)
    assert 1 <= len(rows) <= 10
    assert all(shape == (silhouettes.BLOCK, 20, LARGE, 20) for shape in rows)
    assert 0.2 < value < 1


def test_a_map_of_many_tracks_shows_some(large):
    points = maps(large.audio, large.ids, projections=("pca",))
    assert len(points) == SAMPLE
    assert set(points["track_id"]) < set(large.ids)


def test_the_estimate_of_all_points_is_the_silhouette():
    rng = np.random.default_rng(0)
    clusters = np.append(rng.integers(0, 4, 1500), 9)  # the last is alone
    points = (np.eye(10)[clusters] * 3 + rng.normal(size=(1501, 10))).astype(np.float32)
    exact = silhouettes.silhouette(points, clusters)
    assert estimated_silhouette(points, clusters, precision=0)[0] == pytest.approx(exact, abs=1e-5)
    estimates = [estimated_silhouette(points, order[clusters], precision=0.01) for order in _renamings(rng)]
    errors = [abs(value - exact) for value, _ in estimates]
    assert all(error <= 0.01 for _, error in estimates)
    assert max(errors) <= 0.02
    assert len({value for value, _ in estimates}) > 1


def _renamings(rng):
    return [rng.permutation(10) for _ in range(5)]


def test_noise_for_many_tracks_is_drawn_in_parts_and_seeds_go_to_all_cores(large, monkeypatch):
    monkeypatch.setattr(cores, "core_count", lambda: 2)
    dealt = fit("vae", large, range(2), epochs=1)
    drawn, draw = [], batched.Batched.draw
    monkeypatch.setattr(cores, "core_count", lambda: 1)
    monkeypatch.setattr(batched.Batched, "draw", lambda study, n: drawn.append(n) or draw(study, n))
    together = fit("vae", large, range(2), epochs=1)
    assert sum(drawn) == LARGE
    assert max(drawn) <= SAMPLE + 1
    np.testing.assert_array_equal(dealt.embeddings, together.embeddings)
    assert dealt.history.equals(together.history)


@pytest.mark.parametrize(("n", "size"), [(MOST, 32), (LARGE, 32), (20_000, 7), (20_000, 6_000)])
def test_parts_are_of_whole_batches(n, size):
    parts = list(batched.blocks(n, size))
    assert [track for part in parts for track in range(n)[part]] == list(range(n))
    assert len(parts) == 1 if n <= MOST else len(parts) > 1
    assert all((part.stop - part.start) % size == 0 for part in parts[:-1])


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot bind a process to a core")
def test_threads_follow_the_cores_of_the_process():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from vaeclust import cores; "
    code += "print(cores.core_count())"
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert alone.stdout.strip() == "1"
    share = {**os.environ, "LOKY_MAX_CPU_COUNT": "1"}
    code = "from vaeclust import cores; print(cores.core_count())"
    kernel = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=share)
    assert kernel.stdout.strip() == "1"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU, which rounds otherwise")
def test_the_processor_is_what_there_is_without_a_gpu(corpus):
    auto, named = fit("vae", corpus, [0], epochs=2), fit("vae", corpus, [0], epochs=2, device="cpu")
    np.testing.assert_array_equal(auto.embeddings, named.embeddings)
