"""What a page says about its own run: the line that repeats it, and the page of all runs."""

import ast
import json
import shlex

import nbformat
import pytest
from conftest import ROOT, command
from nbclient import NotebookClient

from vaeclust.book import chapters
from vaeclust.book.pages import duration, rerun_note, write_note, write_status

AWKWARD = {"dataset": 'my music\'s "best"', "tracks": "2024", "seeds": 3, "learning_rate": 0.01, "features": "True"}


def lines(text):
    commands = text.split("```sh\n")[1].split("\n```")[0].replace("\\\n", "")
    return [shlex.split(line) for line in commands.splitlines()]


def test_papermill_takes_the_line_and_sets_just_what_was_given(tmp_path):
    papermill, _ = lines(rerun_note("03_vae", AWKWARD))
    assert papermill[1] == "jupytext://notebooks/03_vae.md"
    assert (ROOT / papermill[1].removeprefix("jupytext://")).is_file()
    papermill[2] = str(tmp_path / "out.ipynb")
    done = command(*papermill, "--prepare-only", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    injected = next(c for c in cells if "injected-parameters" in c.metadata.get("tags", []))
    assert {n.targets[0].id: ast.literal_eval(n.value) for n in ast.parse(injected.source).body} == AWKWARD


def test_our_own_line_means_the_same():
    _, (program, verb, slug, *flags) = lines(rerun_note("03_vae", AWKWARD))
    assert (program, verb, slug) == ("vaeclust", "run", "03_vae")
    given = dict(pair.split("=", 1) for pair in flags[1::2])
    assert chapters.typed_parameters(chapters.choose_chapters(["03_vae"]), given) == AWKWARD


@pytest.fixture
def executed(tmp_path, table_path):
    code = f"import vaeclust\nvaeclust.load({str(table_path)!r})"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# A | title"), nbformat.v4.new_code_cell(code)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    NotebookClient(notebook).execute()
    nbformat.write(notebook, tmp_path / "03_vae.ipynb")
    return tmp_path / "03_vae.ipynb"


def test_the_status_page_tells_time_data_parameters_and_versions(executed, corpus):
    write_note(executed, {"seeds": 3, "lyrics": ""}, 125.2)
    other = executed.with_name("08_claims.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Claims")]), other)
    write_note(other, {"seeds": 10, "lyrics": ""}, 4.0)
    copied = executed.with_name("09_beyond.ipynb")
    copied.write_bytes(other.read_bytes())
    page = executed.with_name("status.md")
    write_status({"03_vae": executed, "08_claims": other, "09_beyond": copied}, page)
    text = page.read_text()
    date = json.loads(executed.with_suffix(".json").read_text())["executed"]
    assert f"| [A \\| title](03_vae.ipynb) | 2 min 5 s | {date} | small | `{corpus.checksum[:8]}` |" in text
    assert f"| [Claims](08_claims.ipynb) | 4 s | {date} | released records | – |" in text
    assert "| [Claims](09_beyond.ipynb) | – | – | unknown | – |" in text
    assert "all together took 2 min 9 s" in text
    assert "| `seeds` | `3` | 03 |\n| `seeds` | `10` | 08 |" in text
    assert "| `lyrics` | none | all |" in text
    assert "| `numpy` | `" in text


def test_durations_are_words():
    assert [duration(s) for s in (0.4, 59.6, 61)] == ["0 s", "1 min 0 s", "1 min 1 s"]
