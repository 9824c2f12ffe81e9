"""MIG, DCI and SAP: does each latent dimension stand for one factor of variation? (chapter ``05_beta_vae``)

They need a corpus whose factors are known, such as the demo. Factors that depend on each other, as tempo and
percussion do within a genre, keep even a perfect code below 1.
"""

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import Dataset
from vaeclust.scores.labels import contingency, entropies

BINS = 20
MOST_CATEGORIES = 12

# All lie between 0 and 1, and more is better; the page ``metrics`` says what each means.
MEASURES = {
    "mig": "MIG",
    "sap": "SAP",
    "disentanglement": "DCI disentanglement",
    "completeness": "DCI completeness",
    "informativeness": "DCI informativeness",
}


def known_factors(dataset: Dataset) -> pd.DataFrame:
    """Return the known factors of a corpus, (n, factors): the numbers in its tracks table; without any, no column.

    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> list(known_factors(assemble("factors", tracks, tracks.select_dtypes("number"))))[:3]
    ['tempo', 'mode', 'key']
    """
    numbers = dataset.tracks.select_dtypes("number")
    return numbers.loc[:, (numbers.nunique() > 1) & numbers.notna().all()]


def disentanglement_scores(embedding: np.ndarray, factors: pd.DataFrame, *, seed: int = 0) -> dict[str, float]:
    """Return every one of MEASURES for an embedding (n, d) and factors (n, f), f at least 1.

    MIG: Chen et al. (2018), arXiv:1802.04942, with 20 bins of equally many tracks; SAP: Kumar et al.
    (2018), arXiv:1711.00848, with the nearest class mean for categories; DCI: Eastwood & Williams (2018), ICLR, by
    random forests, one half of the tracks predicting the other. A factor of at most 12 values is a category.

    >>> factors = pd.DataFrame(np.random.default_rng(0).random((400, 2)), columns=["tempo", "loudness"])
    >>> found = disentanglement_scores(factors.to_numpy(), factors)  # a code that is the factors themselves
    >>> {name: round(value, 1) for name, value in found.items()}
    {'mig': 0.8, 'sap': 1.0, 'disentanglement': 1.0, 'completeness': 1.0, 'informativeness': 1.0}
    """
    columns = [factors[name].to_numpy() for name in factors]
    binned = [_bins(values) for values in embedding.T]
    information = np.array([_information(binned, column) for column in columns])
    prediction = np.array([_single_dimension_scores(embedding, column) for column in columns])
    forests = [_forest(embedding, column, seed) for column in columns]
    importance = np.array([weights for weights, _ in forests]).T  # (d, f)
    return {
        "mig": _gap(information),
        "sap": _gap(prediction),
        "disentanglement": _concentration(importance),
        "completeness": _concentration(importance.T),
        "informativeness": float(np.mean([found for _, found in forests])),
    }


def scores_by_seed(embeddings: np.ndarray, factors: pd.DataFrame) -> pd.DataFrame:
    """Return ``seed, measure, value`` for embeddings (seeds, n, d), seeds counted from 0."""
    with one_thread():
        rows = [disentanglement_scores(embedding, factors, seed=seed) for seed, embedding in enumerate(embeddings)]
    return pd.DataFrame(rows).rename_axis("seed").reset_index().melt("seed", var_name="measure")


def _category(column: np.ndarray) -> bool:
    return len(np.unique(column)) <= MOST_CATEGORIES


def _information(binned: list[np.ndarray], column: np.ndarray) -> np.ndarray:
    """Return the mutual information of every dimension with a factor, as a share of the factor's entropy."""
    label = column if _category(column) else _bins(column)
    both = [entropies(contingency(label, values)) for values in binned]
    return np.array([(own + other - joint) / own for own, other, joint in both])


def _bins(values: np.ndarray) -> np.ndarray:
    return pd.qcut(values, BINS, labels=False, duplicates="drop") if np.ptp(values) else np.zeros(len(values))


def _single_dimension_scores(embedding: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return how well every dimension alone predicts a factor: R², or for a category accuracy above chance."""
    if not _category(column):
        spread = embedding.std(axis=0)
        covariance = ((embedding - embedding.mean(axis=0)) * (column - column.mean())[:, None]).mean(axis=0)
        return np.square(covariance / np.where(spread > 0, spread, np.inf) / column.std())
    names, label = np.unique(column, return_inverse=True)
    centres = np.array([embedding[label == i].mean(axis=0) for i in range(len(names))])  # (categories, d)
    nearest = np.abs(embedding[:, None] - centres).argmin(axis=1)  # (n, d)
    chance = np.bincount(label).max() / len(label)
    return np.clip(((nearest == label[:, None]).mean(axis=0) - chance) / (1 - chance), 0, None)


def _forest(embedding: np.ndarray, column: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
    """Return the importance of every dimension for a factor, and how well all predict it on tracks not seen."""
    order = np.random.default_rng(seed).permutation(len(column))
    seen, unseen = np.array_split(order, 2)
    kind = RandomForestClassifier if _category(column) else RandomForestRegressor
    forest = kind(10, max_depth=10, random_state=seed).fit(embedding[seen], column[seen])
    return forest.feature_importances_, max(0.0, forest.score(embedding[unseen], column[unseen]))


def _gap(scores: np.ndarray) -> float:
    """Return the mean over factors of the best dimension's lead over the second; scores: (f, d)."""
    ordered = np.sort(scores, axis=1)
    return float((ordered[:, -1] - (ordered[:, -2] if scores.shape[1] > 1 else 0)).mean())


def _concentration(importance: np.ndarray) -> float:
    """Return how far the rows of (rows, columns) are concentrated on one column, rows weighted by their sums.

    1 less the entropy of each row, in units of that of a uniform one; 0 where nothing has any importance.
    """
    weights = importance.sum(axis=1)
    shares = importance / np.where(weights > 0, weights, 1)[:, None]
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1) / np.log(max(2, importance.shape[1]))
    return float(((1 - entropy) * weights).sum() / (weights.sum() or 1))
