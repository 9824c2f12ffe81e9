"""Tables of evidence as HTML for the page (chapter ``07_comparison``).

A cell shows a table by its name, see :func:`show_tables`; the other functions are for what a name does not say.
``book/_static/tables.js`` sorts tables that have numbers; without it they are ordinary tables.
"""

from base64 import b64encode
from html import escape
from itertools import groupby

import pandas as pd
from IPython.display import HTML

from vaeclust.evidence.tables import Table
from vaeclust.evidence.words import mean_sd


def show_tables() -> None:
    """Let a cell show a ``Table`` and a DataFrame of words by their names alone, as the book does, from now on.

    Other DataFrames stay as pandas shows them. Outside of IPython nothing is shown, and nothing changes.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/html"]
        formatter.for_type(Table, lambda table: html_table(table).data)
        formatter.for_type(pd.DataFrame, frame_html)


def frame_html(table: pd.DataFrame) -> str | None:
    """Return a DataFrame as HTML: one with words as :func:`text_table` shows it, others, and long ones, as pandas does.

    Words have a space to break at: in a cell, or, where any cell is text, in the name of a row.
    """
    texts = [cell for cell in table.to_numpy().ravel() if isinstance(cell, str)]
    if texts:
        texts += map(str, table.index.get_level_values(-1))
    if any(" " in text for text in texts) and len(table) <= pd.get_option("display.max_rows"):
        return text_table(table).data
    return table._repr_html_()


def html_table(table: Table, *, name: str = "") -> HTML:
    """Return a table for the page: sortable where it has numbers, with its download as the CSV ``name``.

    Of a table without rows its note, where it has one.
    """
    if table.note and not table.row_heads:
        return HTML(f'<p class="facts">{escape(table.note)}</p>')
    if table.numbers is None:
        heads = [f'<th scope="col">{escape(head)}</th>' for head in table.heads]
        rows = _plain_rows(table)
        return HTML(_table_tag("dataframe" if "rowspan" in "".join(rows) else "dataframe prose", heads, rows))
    columns = table.text.shape[1]
    kinds = ["key"] * (len(table.heads) - columns) + ["value"] * columns
    heads = [
        f'<th scope="col" class="{kind}"><button type="button">{escape(head)}</button></th>'
        for head, kind in zip(table.heads, kinds, strict=True)
    ]
    shown = _table_tag("dataframe sortable", heads, _sortable_rows(table))
    if table.download is None:
        return HTML(shown)
    content = b64encode(table.download.to_csv(float_format="%.6g", lineterminator="\n").encode()).decode()
    link = f'<a download="{escape(name)}.csv" href="data:text/csv;base64,{content}">Download these numbers as CSV</a>'
    return HTML(f'{shown}<p class="facts">{link}</p>')


def text_table(table: pd.DataFrame) -> HTML:
    """Return a table of names and words, which may break into lines."""
    return HTML(table.rename_axis(None).to_html(classes="prose", border=0))


def number_table(numbers: pd.DataFrame, *, name: str) -> HTML:
    """Return a sortable table of numbers; the index is named after what its rows are."""
    return html_table(Table.keyed(numbers.map(mean_sd), numbers=numbers, download=numbers), name=name)


def _table_tag(kind: str, heads: list[str], rows: list[str]) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table class="{kind}"><thead><tr>{"".join(heads)}</tr></thead><tbody>{body}</tbody></table>'


def _sortable_rows(table: Table) -> list[str]:
    rows = []
    for number, heads in enumerate(table.row_heads):
        row = "".join(f'<th scope="row">{escape(head)}</th>' for head in heads)
        for cell, value in zip(_cells(table, number), table.numbers.iloc[number], strict=True):
            row += f'<td data-value="{value:.6g}">{cell}</td>'
        rows.append(row)
    return rows


def _plain_rows(table: Table) -> list[str]:
    """Return rows of which those with the same first head share it."""
    rows = []
    for first, group in groupby(enumerate(table.row_heads), key=lambda row: row[1][0]):
        same = list(group)
        for number, heads in same:
            span = f' rowspan="{len(same)}"' if len(same) > 1 else ""
            row = f'<th scope="row"{span}>{escape(first)}</th>' if number == same[0][0] else ""
            row += "".join(f'<th scope="row">{escape(head)}</th>' for head in heads[1:])
            rows.append(row + "".join(f"<td>{cell}</td>" for cell in _cells(table, number)))
    return rows


def _cells(table: Table, number: int) -> list[str]:
    """Return the cells of a row; a narrow one breaks before its deviation."""
    cells = [escape(cell.replace("± ", "±\N{NO-BREAK SPACE}")) for cell in table.text.iloc[number]]
    return [
        f"<strong>{cell}</strong>" if bold else cell for cell, bold in zip(cells, table.bold_row(number), strict=True)
    ]
