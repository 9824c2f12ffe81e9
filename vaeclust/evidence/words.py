"""Where numbers become words (all chapters)."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.metrics import METRICS


def mean_sd(mean: float, sd: float = np.nan) -> str:
    """Return ``mean ± sd`` as the book prints it: ``0.250 ± 0.003``, ``56.3 ± 0.2``, ``1,416 ± 62``."""
    digits = 3 if abs(mean) < 10 else 1 if abs(mean) < 100 else 0
    if not np.isfinite(mean):
        return "–"
    spread = f" ± {sd:,.{digits}f}" if np.isfinite(sd) else ""
    return f"{round(mean, digits) + 0.0:,.{digits}f}{spread}"  # + 0.0: no sign before a zero


def mean_sd_cells(means: pd.DataFrame, deviations: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`mean_sd` of every cell of two tables of one shape."""
    pairs = {name: zip(means[name], deviations[name], strict=True) for name in means}
    return pd.DataFrame({name: [mean_sd(*pair) for pair in both] for name, both in pairs.items()}, means.index)


def score_facts(intervals: pd.DataFrame, *, clusterer: str = "kmeans") -> dict[str, str]:
    """Return ``<method>_<metric>`` → ``mean ± sd``, to glue into prose: own space and genre labels.

    Label-free metrics in the input space are ``<method>_<metric>_input``. What was not measured reads
    'not measured', so that a page about unlabelled music says so.
    """
    texts = {
        f"{method}_{metric}{suffix}": "not measured"
        for method in intervals["method"].unique()
        for metric in METRICS
        for suffix in ("", "_input")
    }
    chosen = "clusterer == @clusterer and condition == 'standard' and reference in ('', 'genre')"
    for row in intervals.query(chosen).itertuples():
        suffix = "_input" if row.space == "input" else ""
        texts[f"{row.method}_{row.metric}{suffix}"] = mean_sd(row.mean, row.sd)
    return texts


def best_agreement(intervals: pd.DataFrame, metric: str = "nmi") -> str:
    """Return a clause on which methods agree best with genre: the best mean, and all that overlap its interval.

    intervals: one clusterer and condition.
    """
    table = intervals[intervals["metric"] == metric].set_index("method")
    if table.empty:
        return "there are no genres to agree with"
    best = table["mean"].idxmax()
    near = [m for m in table.index if m != best and not table.loc[m, "high"] < table.loc[best, "low"]]
    title = f"the highest mean {METRICS[metric].title} against genre is that of {METHODS[best].title}"
    title += f", {mean_sd(table.loc[best, 'mean'], table.loc[best, 'sd'])}"
    if not near:
        return f"{title}; no other method's interval reaches it"
    return f"{title}; the intervals of {', '.join(METHODS[m].title for m in near)} overlap its own"


def higher_names(words: pd.Series) -> str:
    """Return which rows of a column of clauses are higher, as a list: ``VAE, Conv-VAE``, or 'none of them'."""
    return ", ".join(title for title, clause in words.items() if " higher (" in clause) or "none of them"


def verdict(difference: Mapping[str, float]) -> str:
    """Return 'higher', 'lower' or 'no difference that we can see', from the interval of a difference."""
    if difference["low"] > 0:
        return "higher"
    return "lower" if difference["high"] < 0 else "no difference that we can see"


def difference_clause(difference: Mapping[str, float], *, short: bool = False) -> str:
    """Return a difference as a clause: ``0.063 higher (95 % interval +0.045 to +0.081)``.

    ``short`` leaves out the name of the interval, for tables that say it once.
    """
    bounds = f"{'' if short else '95 % interval '}{difference['low']:+.3f} to {difference['high']:+.3f}"
    words = verdict(difference)
    return f"{words} ({bounds})" if words.startswith("no") else f"{abs(difference['mean']):.3f} {words} ({bounds})"


def listed(names: Iterable[str]) -> str:
    """Return names as a list in words, or 'none of them'."""
    *most, last = list(names) or ["none of them"]
    return f"{', '.join(most)} and {last}" if most else last
