"""What a corpus has nothing for is said once on its page, and leaves nothing behind."""

from dataclasses import replace
from io import StringIO

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from vaeclust.book.absent import fold_absent
from vaeclust.cells.glue import PREFIX
from vaeclust.cells.tables import html_table
from vaeclust.evidence.tables import separation_table
from vaeclust.evidence.words import NO_LABELS, UNMEASURED
from vaeclust.plots.clusters import label_mix


def stated(**texts):
    """Return the outputs of a cell that states texts for the prose."""
    return [
        new_output("display_data", {f"{PREFIX}text/plain": repr(text)},
                   metadata={"scrapbook": {"name": name}, "source": "here"})
        for name, text in texts.items()
    ]  # fmt: skip


@pytest.fixture
def nothing(corpus):
    """The outputs of a figure and of a table of a corpus without labels, as a kernel sends them."""
    unlabelled = replace(corpus, tracks=corpus.tracks[[]])
    drawing = StringIO()
    label_mix(corpus.class_of, unlabelled).savefig(drawing, format="svg")
    figure = new_output("display_data", {"image/svg+xml": drawing.getvalue(), "text/plain": "<Figure>"})
    html = html_table(separation_table(unlabelled)).data
    return figure, new_output(
        "execute_result", {"text/html": html, "text/plain": f"Table({NO_LABELS})"}, execution_count=1
    )


@pytest.fixture
def page(nothing):
    figure, table = nothing
    seen = new_output("execute_result", {"text/html": "<table><tr><td>1</td></tr></table>"}, execution_count=1)
    facts = stated(ari=UNMEASURED, silhouette="0.1", told="yes")
    quoting = "A silhouette of {glue:text}`silhouette`. An ARI of {glue:text}`ari`.\n\nAll. {glue:text}`told`."
    empty = new_output("execute_result", {"text/markdown": "", "text/plain": "<Markdown>"}, execution_count=1)
    drawn = {"mystnb": {"figure": {"caption": "Tracks of every class.", "name": "mix"}}}
    return new_notebook(cells=[
        new_markdown_cell("# Title\n\nLead."),
        new_markdown_cell("## Clusters\n\nTheir sizes."),
        new_code_cell("sizes", outputs=[seen]),
        new_code_cell("mix", outputs=[figure], metadata=drawn),
        new_markdown_cell("## Labels in clusters\n\nHow they mix."),
        new_code_cell("mix", outputs=[figure], metadata=drawn),
        new_code_cell("warnings", outputs=[empty]),
        new_code_cell("facts", outputs=facts, metadata={"tags": ["remove-input"]}),
        new_markdown_cell(f"## What we saw\n\n{quoting}"),
        new_markdown_cell("## Exercises\n\nTry."),
        new_code_cell("table", outputs=[table]),
        new_code_cell("publish()", metadata={"tags": ["remove-cell"]}),
    ])  # fmt: skip


def test_what_needs_labels_is_said_once(page):
    fold_absent(page)
    sources = [cell.source for cell in page.cells]
    left = "the section *Labels in clusters*, and 2 figures or tables"
    note = f"```{{note}}\n{NO_LABELS} Left out of this page: {left}.\n```"
    assert sources == [
        "# Title\n\nLead.", note, "## Clusters\n\nTheir sizes.", "sizes", "facts",
        "## What we saw\n\nA silhouette of {glue:text}`silhouette`.\n\nAll. {glue:text}`told`.",
        "## Exercises\n\nTry.", "table", "publish()",
    ]  # fmt: skip
    assert [len(cell.outputs) for cell in page.cells if cell.cell_type == "code"] == [1, 3, 0, 0]
    nbformat.validate(page)


def test_a_page_that_has_all_stays_as_it_is(page):
    seen = page.cells[2].outputs
    for cell in page.cells:
        if cell.source in ("mix", "table"):
            cell.outputs = seen
        if cell.source == "facts":
            cell.outputs = stated(ari="0.2", silhouette="0.1", told="yes")
    before = [(cell.source, cell.get("outputs"), cell.metadata) for cell in page.cells]
    fold_absent(page)
    assert [(cell.source, cell.get("outputs"), cell.metadata) for cell in page.cells] == before


def test_a_sentence_ends_where_a_reader_sees_its_end(page):
    whole = "## What we saw\n\nPCA keeps 95.5 % of it, see [there](01_pca.ipynb#it)."
    page.cells[8].source = f"{whole} It has {{glue:text}}`ari` (at 0.5 of all) so far."
    fold_absent(page)
    assert whole in [cell.source for cell in page.cells]
