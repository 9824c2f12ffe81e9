"""Whether moods that a network hears are those of a table (chapter ``14_listening``)."""

import numpy as np
import pandas as pd
from scipy import stats

from vaeclust.corpus.moods import MOODS
from vaeclust.corpus.tables import examples
from vaeclust.scores.uncertainty import LEVEL


def mood_agreement(
    heard: pd.DataFrame, told: pd.DataFrame, *, draws: int = 1000, seed: int = 0, level: float = LEVEL
) -> pd.DataFrame:
    """Return how far heard moods put songs into the order of another table's values, such as a streaming service's.

    A row a mood, as ``MOODS`` has them: ``songs`` (that both know), ``correlation`` (Spearman's, of ranks), and the
    ends of its interval, ``low, high``, over ``draws`` of as many songs with replacement (Efron & Tibshirani 1993).

    heard, told: values by track id; other columns are passed over. Raises ValueError for tables that lack a mood, or
    share fewer than three songs.
    """
    for name, table in (("heard", heard), ("told", told)):
        if missing := [mood for mood in MOODS if mood not in table]:
            raise ValueError(f"the {name} values have no column {examples(missing)}; found {examples(table.columns)}")
    shared = heard.index.intersection(told.index)
    rng = np.random.default_rng(seed)
    rows = {}
    for mood in MOODS:
        both = pd.DataFrame({"heard": heard.loc[shared, mood], "told": told.loc[shared, mood]}).dropna()
        n = len(both)
        if n < 3:
            raise ValueError(f"{mood}: both tables know {n} songs; expected at least three, by the same track ids")
        drawn = _rank_correlations(both.to_numpy(), rng.integers(n, size=(draws, n)))
        low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        measured = _rank_correlations(both.to_numpy(), np.arange(n)[None])[0]
        rows[mood] = {"songs": n, "correlation": measured, "low": low, "high": high}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("mood")


def _rank_correlations(values: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of two columns (n, 2) for every draw of rows (draws, n)."""
    ranks = stats.rankdata(values[taken], axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.square(ranks).sum(axis=1).prod(axis=1))
    with np.errstate(invalid="ignore"):  # a draw of one value has no order
        return ranks.prod(axis=2).sum(axis=1) / spread
