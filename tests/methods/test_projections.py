"""Layouts in the plane, and the neighbours that UMAP starts from."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vaeclust.methods.projections import PROJECTIONS, nearest_neighbours, project, umap

POINTS = np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32)


def test_neighbours_are_exact():
    points = np.concatenate([POINTS, POINTS[:5]])  # equal rows are at no distance
    found, distances = nearest_neighbours(points, 10)
    every = cdist(points, points)
    np.testing.assert_allclose(distances, np.sort(every)[:, :10], atol=1e-5)
    np.testing.assert_array_equal(found[5:300, 0], np.arange(5, 300))
    assert distances[:, 0].max() == distances[:5, 1].max() == 0
    assert distances[5:300, 1].min() > 0.1


def test_umap_keeps_islands_apart_and_repeats_by_seed():
    islands = POINTS + 20 * np.repeat(np.eye(3, 16), 100, axis=0)
    layout = umap(islands, n_neighbors=10, n_components=3, seed=1)
    assert layout.shape == (300, 3)
    np.testing.assert_array_equal(layout, umap(islands, n_neighbors=10, n_components=3, seed=1))
    assert not np.allclose(layout, umap(islands, n_neighbors=10, n_components=3, seed=2))
    centres = layout.reshape(3, 100, 3).mean(axis=1)
    assert (cdist(layout, centres).argmin(axis=1) == np.repeat(range(3), 100)).all()


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_every_projection_works_on_a_handful_of_tracks(projection):
    points = project(POINTS[:12], projection)
    assert points.shape == (12, 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("tracks", [4, 5, 6, 7])
def test_few_tracks_are_laid_out_in_as_many_dimensions_as_they_are(tracks):
    found = umap(np.random.default_rng(0).normal(size=(tracks, 20)), n_components=5)
    assert found.shape == (tracks, 5)
    assert np.isfinite(found).all()
