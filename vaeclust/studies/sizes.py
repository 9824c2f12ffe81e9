"""How many tracks a method needs: random parts of a corpus (chapter ``09_beyond``)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.studies.protocol import trial
from vaeclust.studies.records import pick
from vaeclust.studies.rules import FULL_FEATURES, rule, tuned_method


def random_part(dataset: Dataset, size: int, seed: int) -> Dataset:
    """Return ``size`` tracks of a corpus drawn at random."""
    chosen = np.random.default_rng(seed).choice(len(dataset), size, replace=False)
    return dataset.subset(np.isin(np.arange(len(dataset)), chosen), rescale=False)


def scores_by_size(dataset: Dataset, k: int, **settings: Any) -> pd.DataFrame:
    """Return the agreement with the headline label of K-Means on representations of parts of a corpus, drawn at random.

    ``method, tracks, seed, nmi``; no row without labels. For every size of the rule that the corpus exceeds, and for
    the whole, one draw a seed. Draws of one corpus share tracks, the more the larger they are. ``settings`` are those
    of :func:`~vaeclust.methods.training.fit`.
    """
    columns = ["method", "tracks", "seed", "nmi"]
    if not dataset.headline:
        return pd.DataFrame(columns=columns)
    draws, tables = rule()["draws"], []
    sizes = [size for size in rule()["sizes"] if k < size < len(dataset)]
    parts = [(size, [random_part(dataset, size, draw) for draw in range(draws)]) for size in sizes]
    shown: list[tuple[int, Dataset | Sequence[Dataset]]] = [*parts, (len(dataset), dataset)]
    for size, corpus in shown:
        for slug in rule()["by_size"]:
            method = tuned_method(slug, FULL_FEATURES, k)
            _, scores = trial(method, corpus, seeds=draws, n_clusters=k, **settings)
            found = pick(scores, reference=dataset.headline, metric="nmi").rename(columns={"value": "nmi"})
            tables.append(found.assign(method=slug, tracks=size)[columns])
    return pd.concat(tables, ignore_index=True)
