"""What the study published, and the rows of our records that answer to it (chapter ``08_published_claims``)."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import pandas as pd

from vaeclust.scores.metrics import METRICS
from vaeclust.studies.records import STANDARD, headline, pick

PUBLISHED_LYRICS = "published_lyrics"  # the condition of the multi-modal model as the study joined its lyrics
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


def replica_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`comparable_rows` of every method as the study ran it, see :func:`as_studied`.

    table: intervals, or scores.
    """
    parts = [
        comparable_rows(group, condition=as_studied(table, str(slug)))
        for slug, group in table.groupby("method", sort=False)
    ]
    return pd.concat(parts)


def as_studied(table: pd.DataFrame, method: str) -> str:
    """Return the condition under which the study ran a method.

    That is ``published_lyrics``, its lyrics features joined by row, where the records of the method have it.
    """
    return PUBLISHED_LYRICS if len(pick(table, method=[method], condition=[PUBLISHED_LYRICS])) else STANDARD
