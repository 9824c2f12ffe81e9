"""How much of a label can be read off a representation at all: a linear probe (chapter ``14_listening``)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import Dataset
from vaeclust.scores.labels import nmi

COLUMNS = ["reference", "seed", "metric", "value"]


def linear_probe(dataset: Dataset, references: Iterable[str], seeds: Iterable[int], *, folds: int = 5) -> pd.DataFrame:
    """Predict labels by logistic regression on standardised columns, for artists that it was not shown.

    A label finds its way into a clustering only as far as it is in the representation (Alain & Bengio 2017,
    arXiv:1610.01644). What a probe reads there it reads with labels, so it is no rival of a clustering; with many
    columns and few tracks it reads less than there is.

    Returns
    -------
    DataFrame
        ``reference, seed, metric, value``: ``accuracy``, the share of labels that were predicted, and ``nmi`` between
        predicted and true labels, so that it can stand beside that of clusters. A seed deals the artists out to the
        folds. Tracks of unknown artist stand for themselves; values that fewer artists have than there are folds are
        left out. No row for a label that is not known, or with fewer than two values.
    """
    rows = []
    artists = dataset.tracks["artist"] if "artist" in dataset.tracks else pd.Series(index=dataset.tracks.index)
    groups = artists.where(artists.notna(), dataset.tracks.index).to_numpy(dtype=str)
    known = dataset.references()
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    with one_thread():
        for reference in references:
            labels = known.get(reference, np.full(len(dataset), -1))
            counts = pd.Series(groups).groupby(labels).nunique()
            kept = (labels >= 0) & (counts[labels] >= folds).to_numpy()
            if len(np.unique(labels[kept])) < 2:
                continue
            x, y = dataset.audio[kept].astype(np.float64), labels[kept]
            for seed in seeds:
                split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
                found = cross_val_predict(probe, x, y, groups=groups[kept], cv=split)
                rows.append((reference, seed, "accuracy", float((found == y).mean())))
                rows.append((reference, seed, "nmi", float(nmi(y, found))))
    return pd.DataFrame(rows, columns=COLUMNS)
