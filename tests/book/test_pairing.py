"""Text notebooks and their twins: an edit on one side changes only the edited lines of the other."""

import difflib
import socket
import subprocess
import sys
import time

import jupytext
import nbformat
import pytest
import requests
from conftest import ROOT, command
from jupytext.config import load_jupytext_configuration_file

EDIT = "Edited by a reader."


def changed_lines(before: str, after: str) -> list[str]:
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_every_chapter_is_as_jupytext_writes_it():
    """Otherwise the first save would change lines that no one edited."""
    configuration = load_jupytext_configuration_file(str(ROOT / "jupytext.toml"))
    for path in sorted((ROOT / "notebooks").glob("*.md")):
        notebook = jupytext.read(path, config=configuration)
        nbformat.validate(notebook)
        written = jupytext.writes(notebook, fmt="md:myst", config=configuration)
        assert changed_lines(path.read_text(), written) == []


@pytest.mark.parametrize("shown", [True, False], ids=["opened", "folded"])
def test_what_jupyterlab_remembers_of_a_cell_stays_out_of_the_text(shown):
    configuration = load_jupytext_configuration_file(str(ROOT / "jupytext.toml"))
    remembered = {
        "collapsed": not shown, "scrolled": shown, "trusted": True, "editable": True, "deletable": False,
        "jupyter": {"outputs_hidden": not shown, "source_hidden": not shown}, "slideshow": {"slide_type": "slide"},
        "execution": {"iopub.execute_input": "2026-01-01T00:00:00Z"}, "ExecuteTime": {"start_time": "2026-01-01"},
    }  # fmt: skip
    for path in sorted((ROOT / "notebooks").glob("*.md")):
        notebook = jupytext.read(path, config=configuration)
        about_page = [dict(cell.metadata) for cell in notebook.cells]
        for cell in notebook.cells:
            cell.metadata.update(remembered)
        written = jupytext.writes(notebook, fmt="md:myst", config=configuration)
        assert changed_lines(path.read_text(), written) == []
        again = jupytext.reads(written, fmt="md:myst", config=configuration)
        assert [dict(cell.metadata) for cell in again.cells] == about_page
        assert {"tags", "mystnb"} <= {name for metadata in about_page for name in metadata}


def test_sync_both_ways(project):
    text = project / "notebooks" / "03_vae.md"
    before = text.read_text()
    twin = project / "notebooks" / "ipynb" / f"{text.stem}.ipynb"
    assert command("jupytext", "--sync", text, cwd=project).returncode == 0
    assert changed_lines(before, text.read_text()) == []

    notebook = nbformat.read(twin, as_version=4)
    notebook.cells[1].source += f"\n\n{EDIT}"
    time.sleep(1.1)  # the newer side wins
    nbformat.write(notebook, twin)
    assert command("jupytext", "--sync", twin, cwd=project).returncode == 0
    assert [line for line in changed_lines(before, text.read_text()) if line.strip("+-")] == [f"+{EDIT}"]

    time.sleep(1.1)
    text.write_text(text.read_text().replace(EDIT, "And back."))
    assert command("jupytext", "--sync", text, cwd=project).returncode == 0
    assert "And back." in nbformat.read(twin, as_version=4).cells[1].source


@pytest.fixture
def lab(project):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
         "--IdentityProvider.token=test", "--ServerApp.log_level=40"],
        cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    session = requests.Session()
    session.headers["Authorization"] = "token test"
    session.trust_env = False
    url = f"http://127.0.0.1:{port}/api"
    try:
        for _ in range(120):
            try:
                session.get(f"{url}/status", timeout=2).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(0.5)
        yield session, url
    finally:
        server.terminate()
        server.wait(30)


def test_a_save_in_jupyterlab(lab, project):
    session, url = lab
    for text in sorted((project / "notebooks").glob("*.md")):
        before = text.read_text()
        contents = f"{url}/contents/notebooks/{text.name}"
        model = session.get(contents, params={"type": "notebook", "content": "1"}, timeout=30).json()
        assert model["type"] == "notebook"
        model["content"]["cells"][1]["source"] += f"\n\n{EDIT}"
        for cell in model["content"]["cells"]:
            if cell["cell_type"] == "code":  # as a click beside its output does
                cell["metadata"] |= {"collapsed": True, "jupyter": {"outputs_hidden": True}}
        saved = session.put(contents, json={"type": "notebook", "content": model["content"]}, timeout=30)
        saved.raise_for_status()
        assert [line for line in changed_lines(before, text.read_text()) if line.strip("+-")] == [f"+{EDIT}"]
        assert (project / "notebooks" / "ipynb" / f"{text.stem}.ipynb").is_file()


def test_the_handler_round_trips_a_notebook(project):
    from vaeclust.book.notebook_io import handler

    source = f"jupytext://{project / 'notebooks' / '03_vae.md'}"
    notebook = nbformat.reads(handler.read(source), as_version=4)
    assert notebook.metadata.kernelspec.language == "python"
    handler.write(nbformat.writes(notebook), f"jupytext://{project / 'copy.md'}")
    assert [c.source for c in jupytext.read(project / "copy.md").cells] == [c.source for c in notebook.cells]
    assert handler.listdir(f"jupytext://{project}")[-1].endswith("copy.md")
    with pytest.raises(FileNotFoundError):
        handler.read("jupytext://nowhere.md")
