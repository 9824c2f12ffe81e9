"""What the study published, and the rows of our records that answer to it (chapter ``08_published_claims``)."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import pandas as pd

from vaeclust.scores.metrics import METRICS
from vaeclust.studies.records import headline, pick

PUBLISHED_SOURCES = {"table": "printed table", "results_file": "results file"}


@cache
def published_scores(which: str = "table") -> pd.DataFrame:
    """Return what the published study printed (``"table"``) or kept in its results file (``"results_file"``).

    Indexed by the slug of the method; columns are the names of six METRICS, and ``overall`` and ``rank`` of the table.
    Mostakim (2026), see the bibliography.
    """
    return pd.read_csv(str(files("vaeclust.evidence").joinpath(f"reference/published_{which}.csv")), index_col="method")


def published_columns(names: Iterable[str] = METRICS) -> list[str]:
    """Return which of some metrics, of all by default, the study published: those that can stand beside its tables.

    >>> published_columns(["nmi", "a_metric_of_ours"])
    ['nmi']
    """
    return [name for name in names if name in METRICS and name in published_scores()]


def comparable_rows(intervals: pd.DataFrame, *, clusterer: str = "kmeans", condition: str = "standard") -> pd.DataFrame:
    """Return the rows that answer to the published tables: own latent space and headline label, one condition."""
    found = pick(intervals, clusterer=clusterer, condition=[condition])
    return pick(found, space=["own", "labels"], reference=["", headline(intervals)])


def replica_rows(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`comparable_rows`, the multi-modal row under ``published_lyrics`` where we have that condition."""
    both = [comparable_rows(intervals, condition=name) for name in ("standard", "published_lyrics")]
    return pd.concat(both).drop_duplicates(["method", "metric"], keep="last")
