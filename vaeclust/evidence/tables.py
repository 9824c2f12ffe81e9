"""Tables for reading: each made once, and shown as HTML, Markdown or Typst by those who show it (all chapters)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_classif

from vaeclust.clusters.clusterers import CLUSTERERS, PUBLISHED_CLUSTERERS
from vaeclust.corpus.dataset import Dataset
from vaeclust.evidence.differences import KEYS, survivors
from vaeclust.evidence.published import (
    PUBLISHED_SOURCES,
    comparable_rows,
    published_columns,
    published_scores,
    replica_rows,
)
from vaeclust.evidence.ranks import can_be_ranked, metric_means, overall_scores
from vaeclust.evidence.words import (
    NO_DIFFERENCES,
    NO_LABELS,
    NO_RANKS,
    condition_title,
    difference_clause,
    interval,
    key_title,
    mean_sd,
    mean_sd_cells,
    metric_head,
    pipeline_title,
    shortest,
    signed,
)
from vaeclust.methods.catalogue import METHODS, RANKED
from vaeclust.scores.metrics import METRICS
from vaeclust.scores.uncertainty import intervals
from vaeclust.studies.records import STANDARD, headline, pick

_SHORT = partial(difference_clause, short=True)
_CORNERS = {"baseline_condition": "Against"}
SPACES = {"own": "own space", "input": "input space", "labels": ""}


@dataclass(frozen=True)
class Table:
    """A table for reading.

    Attributes
    ----------
    text : DataFrame of str
        What the cells say, by the keys of rows and columns.
    heads : sequence of str
        What stands above the heads of the rows and above the columns, from left to right.
    row_heads : sequence of tuple of str
        What stands before every row.
    numbers, bold : DataFrame, optional
        What the columns are sorted by, and which cells stand out; both of the shape of ``text``.
    download : DataFrame, optional
        What may be downloaded.
    note : str
        What a page says in place of a table without rows.
    """

    text: pd.DataFrame
    heads: Sequence[str]
    row_heads: Sequence[tuple[str, ...]]
    numbers: pd.DataFrame | None = None
    bold: pd.DataFrame | None = None
    download: pd.DataFrame | None = None
    note: str = ""

    @classmethod
    def keyed(cls, text: pd.DataFrame, *, columns: Sequence[str] = (), **rest: Any) -> "Table":
        """Return a table whose heads are the titles of its keys, but for ``columns``, the heads of its columns.

        A pipeline is called by one title, other keys by one each.
        """
        levels = list(text.index.names)
        keys = [key if isinstance(key, tuple) else (key,) for key in text.index]
        if levels == KEYS:
            corner, row_heads = ["Pipeline"], [(pipeline_title(key),) for key in keys]
        else:
            corner = [_CORNERS.get(level, str(level or "").capitalize()) for level in levels]
            row_heads = [tuple(map(key_title, levels, key)) for key in keys]
        return cls(text, [*corner, *(columns or map(_column_head, text))], row_heads, **rest)

    def lines(self, strong: str = "") -> list[list[str]]:
        """Return head and rows; bold cells stand between two ``strong``, a first head is not said twice in a row."""
        found, above = [list(self.heads)], None
        for number, heads in enumerate(self.row_heads):
            said = ["", *heads[1:]] if len(heads) > 1 and heads[0] == above else heads
            marks = [strong if bold else "" for bold in self.bold_row(number)]
            cells = [f"{mark}{cell}{mark}" for mark, cell in zip(marks, self.text.iloc[number], strict=True)]
            found.append([*said, *cells])
            above = heads[0]
        return found

    def bold_row(self, number: int) -> list[bool]:
        """Return which cells of a row stand out."""
        return [False] * self.text.shape[1] if self.bold is None else self.bold.iloc[number].tolist()


def _column_head(name: str) -> str:
    return metric_head(name) if name in METRICS else name[:1].upper() + name[1:]


def score_table(
    intervals: pd.DataFrame, *, clusterers: Sequence[str] = PUBLISHED_CLUSTERERS, ranked: bool = False
) -> Table:
    """Return methods × clusterers × metrics, ``mean ± sd`` in each method's own space and against genre.

    The best mean of every clusterer is bold, but where there are no labels. ``ranked``, of one clusterer, adds ranks:
    among all methods but the baseline.
    """
    parts = {slug: comparable_rows(intervals, clusterer=slug) for slug in clusterers}
    means, deviations = (_by_clusterer(parts, column) for column in ("mean", "sd"))
    text, numbers = mean_sd_cells(means, deviations), means.copy()
    bold = pd.DataFrame(False, means.index, means.columns)
    compared = means[means.index.get_level_values("method").isin(RANKED)]
    for metric in means:
        best = "max" if METRICS[metric].higher_is_better else "min"
        leading = compared.groupby(level="clusterer")[metric].transform(best)
        bold.loc[compared.index, metric] = (compared[metric] == leading) & can_be_ranked(means)
    if ranked:
        numbers["rank"] = overall_scores(compared)["rank"]
        text["rank"] = numbers["rank"].map(shortest, na_action="ignore").fillna("–")
        bold["rank"] = False
    if len(clusterers) == 1:
        text, numbers, bold = (table.droplevel("clusterer") for table in (text, numbers, bold))
    return Table.keyed(text, numbers=numbers, bold=bold, download=means.join(deviations.add_suffix("_sd")))


def _by_clusterer(parts: Mapping[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """Return (methods × clusterers) × metrics."""
    tables = {slug: metric_means(part, column) for slug, part in parts.items()}
    methods = next(iter(tables.values())).index
    rows = pd.MultiIndex.from_tuples(product(methods, tables), names=["method", "clusterer"])
    return pd.concat(tables, names=["clusterer"]).swaplevel().reindex(rows)


def rank_table(means: pd.DataFrame) -> Table:
    """Return methods by rank, with the overall score; no row without labels. means: methods × metrics."""
    if not can_be_ranked(means):
        return Table.keyed(pd.DataFrame(), note=NO_RANKS)
    ranked = overall_scores(means).sort_values(["rank", "overall"], ascending=[True, False])
    text = pd.DataFrame({"rank": ranked["rank"].astype(str), "overall score": ranked["overall"].map(mean_sd)})
    numbers = ranked[["rank", "overall"]].set_axis(text.columns, axis=1)
    bold = pd.DataFrame({name: ranked["rank"] == 1 for name in text})
    return Table.keyed(text, numbers=numbers, bold=bold, download=ranked)


def published_comparison(intervals: pd.DataFrame, *, distances: bool = True) -> Table:
    """Return our ``mean ± sd`` of every method over what the published study printed, and kept in its results file.

    ``distances``: behind each published value stands its distance from our mean, in units of our standard deviation.
    What was not published reads '–', a source without any value of a method has no row, and a metric without any has no
    column.
    """
    ours = replica_rows(intervals)
    ours = pick(ours, metric=published_columns())
    means, deviations = metric_means(ours), metric_means(ours, "sd")
    texts = mean_sd_cells(means, deviations)
    titles = {"ours": "this book", **PUBLISHED_SOURCES}
    rows = {}
    for slug in means.index:
        rows[slug, "ours"] = texts.loc[slug].tolist()
        for which in PUBLISHED_SOURCES:
            values = published_scores(which).reindex([slug])[means.columns].iloc[0]
            far = (values - means.loc[slug]) / deviations.loc[slug].replace(0.0, np.nan)
            if values.notna().any():
                rows[slug, which] = list(map(_published_cell, values, far if distances else far * np.nan))
    text = pd.DataFrame.from_dict(rows, orient="index", columns=means.columns)
    text.index = pd.MultiIndex.from_tuples(rows, names=["method", "source"])
    row_heads = [(METHODS[slug].title, titles[which]) for slug, which in rows]
    return Table(text, ["Method", "Source", *map(metric_head, text)], row_heads)


def _published_cell(value: float, distance: float) -> str:
    """Return a published value, and how far it is from our mean where that is known."""
    return f"{mean_sd(value)} ({signed(distance, 1)}\N{NO-BREAK SPACE}sd)" if np.isfinite(distance) else mean_sd(value)


def difference_table(
    differences: pd.DataFrame,
    *,
    rows: str | list[str] = "method",
    columns: Sequence[str] = ("metric",),
    order: Iterable[Any] = (),
    words: Callable[[Mapping[str, Any]], str] = _SHORT,
    together: bool = False,
) -> Table:
    """Return differences for reading, bold where they have a verdict: rows and columns by these keys.

    ``together``: where they have one when all of them are tested together (``differences.survivors``).

    differences: a row each, as those of ``evidence.differences`` return them. ``columns`` such as metric and baseline
    are said as ``NMI against PCA``. ``order``: keys of the rows from top to bottom; without it, as they come.
    """
    bold = survivors(differences) if together else differences["verdict"].isin(["higher", "lower"])
    keyed = differences.assign(text=[words(row) for row in differences.to_dict("records")], bold=bold)
    keyed = keyed.set_index([*([rows] if isinstance(rows, str) else rows), *columns])
    text, bold = (keyed[name].unstack(list(columns), sort=False) for name in ("text", "bold"))
    if order:
        text = text.loc[[key for key in order if key in text.index]]
    heads = []
    for key in text:
        parts = map(key_title, columns, key if isinstance(key, tuple) else (key,))
        heads.append(" against ".join(parts))
    bold = bold.loc[text.index].eq(True)
    return Table.keyed(text.fillna("–"), columns=heads, bold=bold, note=NO_DIFFERENCES)


def baseline_table(differences: pd.DataFrame, *, words: Callable[[Mapping[str, Any]], str] = _SHORT) -> Table:
    """Return ``differences.baseline_differences`` for reading: a row a method, a column a metric and baseline."""
    return difference_table(differences, columns=("metric", "baseline"), order=METHODS, words=words, together=True)


def unit_table(differences: Mapping[str, pd.DataFrame], metric: str = "nmi") -> Table:
    """Return the same differences by what was drawn beside the seeds: ``artist``, ``track``, a column each.

    differences: unit → of ``differences.baseline_differences``; those of all metrics are tested together.
    """
    parts = []
    for unit, table in differences.items():
        shown = table.assign(unit=unit, verdict=table["verdict"].where(survivors(table), "none"))
        parts.append(pick(shown, metric=metric))
    whole = pd.concat(parts, ignore_index=True)
    text = [_SHORT(row) for row in whole.to_dict("records")]  # in words by the interval, bold by all together
    cells = whole.assign(text=text, compared=whole["baseline"].map(lambda slug: f"against {METHODS[slug].title}"))
    keys = [f"{compared}, {unit}s drawn" for compared, unit in zip(cells["compared"], cells["unit"], strict=True)]
    keyed = cells.assign(column=keys).set_index(["method", "column"])
    shown, bold = (values.unstack("column", sort=False) for values in (keyed["text"], keyed["verdict"] != "none"))
    shown = shown.loc[[slug for slug in METHODS if slug in shown.index]]
    return Table.keyed(shown.fillna("–"), columns=list(shown), bold=bold.loc[shown.index].eq(True))


def score_overview(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of one method for reading: a row a metric and space, mean ± sd for every clusterer."""
    table = pick(intervals, condition=STANDARD)
    rows = list(dict.fromkeys(zip(table["metric"], table["space"], table["reference"], strict=True)))
    cells = {}
    for slug, group in table.groupby("clusterer", sort=False):
        group = group.set_index(["metric", "space", "reference"]).loc[rows]
        cells[f"{CLUSTERERS[slug].title}: mean ± sd"] = list(map(mean_sd, group["mean"], group["sd"]))
        if slug == "kmeans":
            cells["95 % interval of the mean"] = list(map(interval, group["low"], group["high"]))
    names = [f"{metric_head(name)} ({SPACES[space]}{about})" for name, space, about in rows]
    return pd.DataFrame(cells, index=names)


def condition_scores(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return what is left of the K-Means scores of one method under each condition: mean ± sd.

    Rows: conditions. Columns: NMI and ARI against every reference, silhouette in both spaces.
    """
    table = _scores_by_condition(intervals)
    return table.rename(index=condition_title)


def run_scores(scores: Mapping[str, pd.DataFrame], *, labelled: bool = False) -> pd.DataFrame:
    """Return several runs below each other as :func:`condition_scores` does; scores: name of the run → its scores.

    labelled: the scores against the headline label alone. Where the corpus has no label, every row says so then.
    """
    table = pd.concat([table.assign(condition=name) for name, table in scores.items()])
    if labelled:
        table = pick(table, reference=[headline(table)])
    if table.empty:
        return pd.DataFrame({"against labels": NO_LABELS}, index=list(scores))
    return _scores_by_condition(intervals(table))


def separation_table(dataset: Dataset, *, most: int = 5) -> Table:
    """Return the features that tell classes apart best, with the F of an analysis of variance; Fisher (1925).

    F is the variance between classes over the variance within them; tracks without a label are left out.
    """
    found = pd.DataFrame({"F": pd.Series(dtype=float)})
    if (classes := dataset.classes) is not None:
        known = classes >= 0
        values, _ = f_classif(dataset.audio[known], classes[known])
        found = pd.Series(values, dataset.features.columns, name="F").nlargest(most).to_frame()
    found = found.rename_axis("feature")
    return Table.keyed(found.map(mean_sd), numbers=found, download=found, note=NO_LABELS)


def _scores_by_condition(intervals: pd.DataFrame) -> pd.DataFrame:
    shown = ("nmi", "ari", "silhouette")
    cells: dict[str, dict[tuple[str, str], str]] = {}
    for row in pick(intervals, clusterer="kmeans", metric=shown).itertuples():
        about = row.reference or SPACES[row.space]
        cells.setdefault(row.condition, {})[row.metric, about] = mean_sd(row.mean, row.sd)
    table = pd.DataFrame.from_dict(cells, orient="index").fillna("–")
    order = sorted(table, key=lambda key: shown.index(key[0]))
    return table[order].set_axis([f"{METRICS[metric].title} ({about})" for metric, about in order], axis=1)
