from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from vaeclust.book.pages import statement_rows, write_evidence_index
from vaeclust.released.facts import Quote

PROSE = "## Scores\n\nIt begins. The *NMI* is {glue:text}`nmi`, of {cite:p}`someone` and [others](x.md) {glue:text}`k`."


def executed(path, prose):
    code = "import vaeclust\nvaeclust.cells.state('results/x/intervals.csv', {'nmi': '0.250 | *x* ± 0.003', 'k': 10})"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code), nbformat.v4.new_markdown_cell(prose)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    NotebookClient(notebook).execute()
    nbformat.write(notebook, path)
    return path


def test_every_text_is_listed_with_its_record(tmp_path):
    page = executed(tmp_path / "01_x.ipynb", PROSE)
    assert statement_rows(page) == [
        ("Scores", "The *NMI* is", "0.250 | *x* ± 0.003", "results/x/intervals.csv"),
        ("Scores", "The *NMI* is 0.250 | *x* ± 0.003, of  and others", "10", "results/x/intervals.csv"),
    ]
    write_evidence_index({"01_x": page}, tmp_path / "evidence.md")
    lines = (tmp_path / "evidence.md").read_text().splitlines()
    assert "| The \\*NMI\\* is … | 0.250 \\| \\*x\\* ± 0.003 | `results/x/intervals.csv` |" in lines


def test_facts_of_other_pages_are_listed_too(tmp_path):
    quotes = [Quote(Path("index.md"), "It ran. Of the ", "12 | x", "book/x.csv"), Quote(Path("index.md"), "", "y", "z")]
    write_evidence_index({}, tmp_path / "evidence.md", quotes)
    lines = (tmp_path / "evidence.md").read_text().splitlines()
    assert lines[-2:] == ["| index: Of the … | 12 \\| x | `book/x.csv` |", "| index | y | `z` |"]


def test_a_text_that_no_cell_states_is_an_error(tmp_path):
    page = executed(tmp_path / "01_x.ipynb", PROSE + " {glue:text}`other`")
    with pytest.raises(ValueError, match="01_x: no cell states 'other'"):
        statement_rows(page)
