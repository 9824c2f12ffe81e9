"""How many tracks a method needs: random parts of a corpus (chapter ``09_beyond``)."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.clusters.clusterers import cluster
from vaeclust.corpus.dataset import Dataset
from vaeclust.methods.training import fit
from vaeclust.scores.metrics import score
from vaeclust.studies.rules import FULL_FEATURES, part, rule, tuned_method


def random_part(dataset: Dataset, size: int, seed: int) -> Dataset:
    """Return ``size`` tracks of a corpus drawn at random."""
    chosen = np.random.default_rng(seed).choice(len(dataset), size, replace=False)
    return part(dataset, np.isin(np.arange(len(dataset)), chosen))


def scores_by_size(dataset: Dataset, k: int, **settings: Any) -> pd.DataFrame:
    """Return the agreement with genre of K-Means on representations of random parts of a labelled corpus.

    ``method, tracks, seed, nmi``: for every size of the rule that the corpus exceeds, and for the whole, one draw a
    seed. Draws of one corpus share tracks, the more the larger they are. ``settings`` are those of
    :func:`training.fit`.
    """
    draws, rows = range(rule()["draws"]), []
    parts = {size: [random_part(dataset, size, draw) for draw in draws] for size in rule()["sizes"]
             if k < size < len(dataset)}  # fmt: skip
    for (size, corpus), slug in product([*parts.items(), (len(dataset), dataset)], rule()["by_size"]):
        fitted = fit(tuned_method(slug, FULL_FEATURES, k), corpus, draws, **settings)
        found = cluster(fitted, corpus, k, clusterers=("kmeans",))
        scores = score(fitted, found, corpus, metrics=("nmi",)).query("reference == 'genre'")
        rows += [(slug, size, seed, value) for seed, value in zip(scores["seed"], scores["value"], strict=True)]
    return pd.DataFrame(rows, columns=["method", "tracks", "seed", "nmi"])
