"""Tables for the page: sortable, the best in bold, with their numbers as a CSV to download (chapter 07).

``book/_static/tables.js`` sorts them; without it they are ordinary tables.
"""

from base64 import b64encode
from html import escape

import pandas as pd
from IPython.display import HTML

from vaeclust.clusters.clusterers import CLUSTERERS, PUBLISHED_CLUSTERERS
from vaeclust.evidence.published import comparable_rows
from vaeclust.evidence.ranks import metric_means, overall_scores
from vaeclust.evidence.words import mean_sd, mean_sd_cells
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.metrics import METRICS


def score_table(intervals: pd.DataFrame, *, name: str) -> HTML:
    """Return methods × clusterers × metrics, ``mean ± sd`` in each method's own space and against genre.

    The best mean of every clusterer is bold. ``name`` is that of the file to download.
    """
    parts = {slug: comparable_rows(intervals, clusterer=slug) for slug in PUBLISHED_CLUSTERERS}
    means, deviations = (
        pd.concat({slug: metric_means(part, column) for slug, part in parts.items()}, names=["clusterer"])
        .swaplevel()
        .reindex(
            [
                (method, slug)
                for method in METHODS
                for slug in PUBLISHED_CLUSTERERS
                if method in set(intervals["method"])
            ]
        )
        for column in ("mean", "sd")
    )
    best = pd.DataFrame(False, means.index, means.columns)
    for metric in means:
        by_clusterer = means[metric].groupby(level="clusterer")
        extreme = by_clusterer.transform("max" if METRICS[metric].higher_is_better else "min")
        best[metric] = means[metric] == extreme
    numbers = means.join(deviations.add_suffix("_sd"))
    return sortable_table(mean_sd_cells(means, deviations), means, best, download=numbers, name=name)


def rank_table(means: pd.DataFrame, *, name: str) -> HTML:
    """Return methods by rank, with the overall score; means: methods × metrics."""
    ranked = overall_scores(means).sort_values(["rank", "overall"], ascending=[True, False])
    text = pd.DataFrame({"rank": ranked["rank"].astype(str), "overall score": ranked["overall"].map(mean_sd)})
    best = pd.DataFrame({"rank": ranked["rank"] == 1, "overall score": ranked["rank"] == 1})
    return sortable_table(text, ranked.set_axis(text.columns, axis=1), best, download=ranked, name=name)


def text_table(table: pd.DataFrame) -> HTML:
    """Return a table of names and words, which may break into lines."""
    return HTML(table.rename_axis(None).to_html(classes="prose", border=0))


def number_table(numbers: pd.DataFrame, *, name: str) -> HTML:
    """Return a sortable table of numbers; the index is named after what its rows are."""
    text = numbers.map(mean_sd)
    return sortable_table(text, numbers, text.map(lambda _: False), download=numbers, name=name)


def sortable_table(
    text: pd.DataFrame, numbers: pd.DataFrame, bold: pd.DataFrame, *, download: pd.DataFrame, name: str
) -> HTML:
    """Return a sortable table: ``text`` is shown, ``numbers`` are sorted by, cells in ``bold`` stand out.

    All three have one shape; their index holds slugs of methods and clusterers. ``download`` becomes a CSV.
    """
    head = [(key.capitalize(), "key") for key in text.index.names] + [(_column(name), "value") for name in text]
    rows = []
    for key, cells in text.iterrows():
        keys = key if isinstance(key, tuple) else (key,)
        row = [f'<th scope="row">{escape(_title(part))}</th>' for part in keys]
        for column, cell in cells.items():
            shown = escape(cell.replace("± ", "±\N{NO-BREAK SPACE}"))  # a narrow cell breaks before its deviation
            shown = f"<strong>{shown}</strong>" if bold.loc[key, column] else shown
            row.append(f'<td data-value="{numbers.loc[key, column]:.6g}">{shown}</td>')
        rows.append(f"<tr>{''.join(row)}</tr>")
    header = "".join(
        f'<th scope="col" class="{kind}"><button type="button">{escape(label)}</button></th>' for label, kind in head
    )
    content = b64encode(download.to_csv(float_format="%.6g", lineterminator="\n").encode()).decode()
    return HTML(
        f'<table class="dataframe sortable"><thead><tr>{header}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f'<p class="facts"><a download="{escape(name)}.csv" href="data:text/csv;base64,{content}">'
        "Download these numbers as CSV</a></p>"
    )


def _column(name: str) -> str:
    return f"{METRICS[name].title} {METRICS[name].arrow}" if name in METRICS else name[:1].upper() + name[1:]


def _title(key: str | float) -> str:
    row = METHODS.get(key) or CLUSTERERS.get(key)
    return row.title if row else key if isinstance(key, str) else f"{key:g}"
