"""Figures of more features than names fit side by side: a part of the names is written, none on another."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from vaeclust.methods.training import fit
from vaeclust.plots.corpus import correlations
from vaeclust.plots.training import reconstruction


@pytest.fixture(scope="module")
def wide(corpus):
    values = np.random.default_rng(0).normal(size=(len(corpus), 200))
    features = pd.DataFrame(values, corpus.tracks.index, [f"msd_{i:03d}" for i in range(200)])
    return replace(corpus, features=features, audio=values.astype(np.float32))


def written(axis):
    return [label for label in axis.get_ticklabels() if label.get_text()]


def test_names_do_not_lie_on_each_other(wide):
    fitted = fit("pca", wide, [0], latent_dim=4)
    for ax in (correlations(wide.features), reconstruction(fitted, wide)):
        ax.figure.canvas.draw()
        boxes = [label.get_window_extent() for label in written(ax.xaxis)]
        assert 20 < len(boxes) <= 28
        assert written(ax.xaxis)[1].get_text() == "msd_008"
        assert all(left.x1 <= right.x0 + 1 for left, right in pairwise(boxes))


def test_all_names_of_few_features_are_written(corpus):
    assert len(written(correlations(corpus.features).xaxis)) == 20
    assert len(written(reconstruction(fit("pca", corpus, [0], latent_dim=4), corpus).xaxis)) == 20
