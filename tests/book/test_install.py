"""The package as people install it: from a wheel, away from a checkout, with and without what the book needs."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from sounds import song

BOOK_ALONE = ("jupytext", "papermill", "jupyter_client", "nbformat", "matplotlib", "plotly", "typst", "jupyter_book")
WITHOUT = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BOOK_ALONE!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
RUN = "from vaeclust.cli import entry; entry()"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder with the package as its wheel unpacks it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def installed(site, tmp_path):
    """Call the command in an empty folder, as somebody who has the wheel and no checkout."""
    here = tmp_path / "somewhere"
    here.mkdir()

    def call(*words, code=RUN, cwd=here):
        # Isolated, so that no checkout beside the environment is found; the wheel comes first.
        start = f"import sys; sys.path.insert(0, {str(site)!r})\n{code}"
        environment = {**os.environ, "PYTHONPATH": str(site)}
        return subprocess.run(
            [sys.executable, "-c", start, *words], cwd=cwd, env=environment, capture_output=True, text=True
        )

    call.here = here
    return call


def test_the_wheel_holds_pages_and_chapters_and_nothing_that_was_made(site):
    project = site / "vaeclust" / "project"
    chapters = {path.name for path in (ROOT / "notebooks").glob("*.md")}
    assert {path.name for path in (project / "notebooks").glob("*")} == chapters
    assert (project / "book" / "released" / "gtzan" / "labels.csv").is_file()
    assert not list(project.rglob("*.ipynb"))
    assert not (project / "book" / "chapters").exists()
    assert (site / "vaeclust" / "py.typed").is_file()
    told = next(site.glob("*.dist-info/METADATA")).read_text("utf-8")
    assert "License-Expression: MIT" in told
    assert "Provides-Extra: book" in told
    needed = [line for line in told.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line]
    assert not [line for line in needed for name in ("jupyter", "plotly", "typst", "matplotlib") if name in line]


@pytest.mark.parametrize("words", [["book"], ["run", "03_vae"], ["paper"], ["check"], ["release", "demo"]])
def test_without_a_project_it_says_how_to_get_one(installed, words):
    done = installed(*words)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"error: no book project in {installed.here} or above it; `vaeclust new my-study` lays one down, and this "
        "works in it"
    )
    assert list(installed.here.iterdir()) == []


def test_a_project_is_laid_down_once_and_runs(installed, table_path):
    done = installed("new", "mine")
    assert done.returncode == 0, done.stderr
    mine = installed.here / "mine"
    assert {path.name for path in mine.iterdir()} >= {"README.md", "_config.yml", "_toc.yml", "book", "notebooks"}
    again = installed("new", "mine")
    assert "holds a book project already; nothing was written" in again.stderr
    (installed.here / "full").mkdir()
    (installed.here / "full" / "thesis.txt").write_text("all of it")
    assert "holds something already" in installed("new", "full").stderr
    assert [path.name for path in (installed.here / "full").iterdir()] == ["thesis.txt"]
    (mine / "notebooks" / "03_vae.md").write_text((mine / "notebooks" / "03_vae.md").read_text() + "\nMine.\n")
    given = ["--dataset", str(table_path), "-p", "seeds=2", "-p", "epochs=2"]
    done = installed("run", "03_vae", *given, cwd=mine)
    assert done.returncode == 0, done.stderr + done.stdout
    assert (mine / "results" / "small" / "vae" / "scores.csv").is_file()
    assert (mine / "results" / "small" / "vae" / "models" / "seed-0.safetensors").is_file()
    assert "Mine." in (mine / "book" / "chapters" / "03_vae.ipynb").read_text()


def test_without_the_book_the_library_works_and_a_command_says_what_it_lacks(installed):
    for number in range(4):
        song(installed.here / "music" / f"{number}.wav", seed=number, seconds=3)
    done = installed("data", "music", code=WITHOUT + RUN)
    assert done.returncode == 0, done.stderr
    assert "music: 4 tracks" in done.stdout
    done = installed("listen", "music", code=WITHOUT + RUN)
    assert done.returncode == 1
    assert "it comes with an extra: pip install 'vaeclust[book]'" in done.stderr
    library = WITHOUT + (
        "import numpy as np, vaeclust\n"
        "from vaeclust.estimators import VAE\n"
        "print(VAE(latent_dim=2, epochs=1, random_state=0).fit_transform(np.eye(8)).shape)"
    )
    assert installed(code=library).stdout.strip() == "(8, 2)"
