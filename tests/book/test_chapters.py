"""Chapters as papermill runs them, from the command line, from papermill itself and as JupyterLab does."""

import ast
import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jupytext
import nbformat
import pandas as pd
import papermill
import psutil
import pytest
from conftest import ROOT, command
from sounds import song

from vaeclust.book import chapters, run
from vaeclust.book.chapters import choose_chapters, typed_parameters
from vaeclust.book.pages import ROLE, statements
from vaeclust.book.run import execute
from vaeclust.evidence.words import ABSENCES, NO_LABELS, UNMEASURED
from vaeclust.methods.catalogue import COMPARED, METHODS

CHAPTERS = chapters.all_chapters(ROOT)
FAST = ["-p", "seeds=2", "-p", "epochs=2"]
SHARED = {
    "dataset": "demo", "lyrics": "", "tracks": "", "features": "mfcc20", "name": "", "labels": "", "seeds": 10,
    "epochs": 50, "batch_size": 32, "learning_rate": 1e-3, "latent_dim": 16, "n_clusters": 0, "results_dir": "results",
}  # fmt: skip


@pytest.mark.parametrize("chapter", CHAPTERS.values(), ids=lambda c: c.slug)
class TestEveryChapter:
    def test_shared_parameters(self, chapter):
        found = {name: chapter.parameters.get(name) for name in SHARED}
        assert found | {"features": found["features"] or "mfcc20"} == SHARED  # empty: what is at hand

    def test_prose_and_calls_only(self, chapter):
        cells = jupytext.read(chapter.path).cells
        exercises = next(n for n, cell in enumerate(cells) if "## Exercises" in cell.source)
        assert 8 <= sum(cell.cell_type == "code" for cell in cells[:exercises]) <= 25
        cells = [cell for cell in cells if cell.cell_type == "code"]
        for cell in cells:
            tree = ast.parse(cell.source)
            assert not any(isinstance(node, ast.ClassDef | ast.While) for node in ast.walk(tree))
            if "parameters" not in cell.metadata.get("tags", []):
                assert len(cell.source.splitlines()) <= 12
            assert max(map(len, cell.source.splitlines())) <= 92

    def test_figures_have_caption_name_and_alt_text(self, chapter):
        for cell in jupytext.read(chapter.path).cells:
            if "record.figure(" in cell.source:
                figure = cell.metadata["mystnb"]
                assert len(figure["figure"]["caption"]) > 60
                assert figure["figure"]["name"]
                assert len(figure["image"]["alt"]) > 30

    def test_sections(self, chapter):
        sections = re.findall(r"^## (.+)$", chapter.path.read_text(), re.MULTILINE)
        assert sections[:2] == ["Parameters", "Data"]
        assert sections[-2:] == ["What we saw", "Exercises"]

    def test_no_result_is_typed_by_hand(self, chapter):
        saw = chapter.path.read_text().split("## What we saw")[1].split("## Exercises")[0]
        assert "{glue:text}" in saw
        assert not re.findall(r"\d+\.\d+|\d+ ?%", saw)

    def test_exercises_have_solutions_that_are_executed_and_read(self, chapter):
        text = chapter.path.read_text().split("## Exercises")[1]
        labels = re.findall(r"```\{exercise\} .+\n:label: (\S+)", text)
        form = r"```\{solution-start\} (\S+)\n:class: dropdown\n```\n(.*?)```\{solution-end\}"
        solutions = re.findall(form, text, re.DOTALL)
        assert 2 <= len(labels) <= 3
        assert [label for label, _ in solutions] == labels
        for _, solution in solutions:
            *_, reading = solution.split("\n```\n")
            assert "```{code-cell}" in solution
            assert len(reading.strip()) > 60

    def test_no_output_is_stored(self, chapter):
        assert not any(cell.get("outputs") for cell in jupytext.read(chapter.path).cells)


def test_every_method_has_its_chapter():
    assert {method.chapter for method in METHODS.values()} <= CHAPTERS.keys()
    assert set(CHAPTERS["07_comparison"].after) == {method.chapter for method in COMPARED.values()}


def test_dependencies_are_chosen_on_request():
    assert [c.slug for c in choose_chapters(["07_comparison"])] == ["07_comparison"]
    assert choose_chapters(["07_comparison"], with_dependencies=True)[0].slug == "01_pca"
    with pytest.raises(ValueError, match="no chapter '3_vae' \\(did you mean '03_vae'"):
        choose_chapters(["3_vae"])


def test_parameters_are_checked_against_the_chapters():
    chosen = choose_chapters(["03_vae"])
    assert typed_parameters(chosen, {"seeds": "3", "learning_rate": "1e-2"}) == {"seeds": 3, "learning_rate": 0.01}
    with pytest.raises(ValueError, match="no parameter 'epoch' \\(did you mean 'epochs'"):
        typed_parameters(chosen, {"epoch": 3})
    with pytest.raises(ValueError, match="seeds='many'; expected a whole number of at least 1"):
        typed_parameters(chosen, {"seeds": "many"})


def test_command_line_papermill_and_jupyterlab_write_the_same_bytes_to_one_place(project, table_path):
    (project / "data.csv").write_bytes(table_path.read_bytes())
    record = project / "results" / "data" / "vae"
    ways = []

    def collect():
        files = {p.relative_to(record): p.read_bytes() for p in record.rglob("*.*") if p.suffix in (".csv", ".svg")}
        assert {"scores.csv", "clusters.csv", "maps.csv", "history.csv", "figures/map_tsne.svg"} <= set(map(str, files))
        ways.append(files)
        shutil.rmtree(record)

    done = command("vaeclust", "run", "03_vae", "--dataset", "data.csv", *FAST, cwd=project)
    assert done.returncode == 0, done.stderr
    collect()

    notebook = "jupytext://" + str(project / "notebooks" / "03_vae.md")
    given = ["-p", "dataset", "data.csv", "-p", "seeds", "2", "-p", "epochs", "2"]
    done = command("papermill", notebook, project / "out.ipynb", *given, cwd=project / "book")
    assert done.returncode == 0, done.stderr
    assert "does not end in one of" not in done.stderr
    collect()

    # JupyterLab starts a kernel in the folder of the notebook.
    notebook = jupytext.read(project / "notebooks" / "03_vae.md")
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    cell.source += '\ndataset = "data.csv"\nseeds = 2\nepochs = 2'
    nbformat.write(notebook, project / "lab.ipynb")
    papermill.execute_notebook(project / "lab.ipynb", None, cwd=project / "notebooks", progress_bar=False)
    collect()

    assert ways[0] == ways[1] == ways[2]
    assert not list(project.glob("**/scores.csv"))


def first_cells(project, slug, *, last, more="", **given):
    """Execute a chapter up to the first cell that has ``last``, one more, and what its last cell does; return all."""
    notebook = jupytext.read(project / "notebooks" / f"{slug}.md")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    end = next(n for n, cell in enumerate(cells) if last in cell.source)
    notebook.cells = [*cells[: end + 1], nbformat.v4.new_code_cell(f"{more}\nvc.studies.publish()")]
    nbformat.write(notebook, project / "first.ipynb")
    given = {"seeds": 1, "epochs": 1, **given}
    return papermill.execute_notebook(project / "first.ipynb", None, given, cwd=project, progress_bar=False).cells


def test_a_fresh_kernel_warns_of_nothing(project, table_path):
    """Neither the first cell, nor the first training, nor the first layout: each imports what warns where it can."""
    layout = "shape = vc.methods.umap(fit.embeddings[0]).shape"
    cells = first_cells(project, "03_vae", last="vc.study(", more=layout, dataset=str(table_path))
    assert [output for cell in cells for output in cell.get("outputs", []) if output.get("name") == "stderr"] == []


def test_other_hidden_layers_are_drawn_trained_and_told(project, table_path):
    first_cells(project, "03_vae", last="vc.study(", dataset=str(table_path), hidden="32,16,8")
    record = project / "results" / "small" / "vae"
    assert json.loads((record / "run.json").read_text())["settings"]["hidden"] == [32, 16, 8]
    assert "hidden 6" in (record / "figures" / "network.svg").read_text()
    with pytest.raises(papermill.PapermillExecutionError, match="hidden '32,wide': 'wide' is not a whole number"):
        first_cells(project, "03_vae", last="vc.study(", dataset=str(table_path), hidden="32,wide")


def test_other_pipelines_are_two_lists_of_their_chapter(project, table_path):
    path, chosen = project / "notebooks" / "09_beyond.md", ["gaussian_mixture", "agglomerative"]
    text, count = re.subn(r"representations = \[.*\]", 'representations = ["features"]', path.read_text())
    text, more = re.subn(r"clusterers = \[.*\]\nclusterers \+= \[.*\]", f"clusterers = {chosen}", text)
    assert count == more == 1
    path.write_text(text)
    first_cells(project, "09_beyond", last="pipeline_scores(intervals)", dataset=str(table_path))
    results = project / "results" / "small"
    assert sorted(folder.name for folder in results.glob("[!.]*/")) == ["beyond", "features"]
    assert set(pd.read_csv(results / "features" / "scores.csv")["clusterer"]) == set(chosen)
    assert (results / "beyond" / "figures" / "pipelines.svg").is_file()


def test_unlabelled_music_runs_through_a_chapter(project, table):
    table.drop(columns="label").to_csv(project / "unlabelled.csv", index=False)
    arguments = ["--dataset", "unlabelled.csv", *FAST, "-p", "n_clusters=3"]
    done = command("vaeclust", "run", "07_comparison", "--with-dependencies", *arguments, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    scores = pd.read_csv(project / "results" / "unlabelled" / "vae" / "scores.csv")
    assert set(scores["space"]) == {"own", "input"}
    assert set(scores.query("clusterer != 'dbscan'")["k"]) == {3}
    done = command("vaeclust", "run", "18_library", "19_how_far", *arguments, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = pd.read_csv(project / "results" / "unlabelled" / "how_far" / "comparisons.csv")
    assert kept.empty
    for slug in ("01_pca", "06_multimodal_vae", "07_comparison"):
        says_once_what_needs_labels(nbformat.read(project / "book" / "chapters" / f"{slug}.ipynb", as_version=4))


def says_once_what_needs_labels(page):
    prose = [cell.source for cell in page.cells if cell.cell_type == "markdown"]
    note = next(text for text in prose if "Left out of this page" in text)
    assert "".join(prose).count(NO_LABELS) == 1
    assert "Labels in clusters" in note or "Ranks" in note
    shown = [part for cell in page.cells for out in cell.get("outputs", ()) for part in out.get("data", {}).items()]
    assert not any(reason in text for kind, text in shown for reason in ABSENCES if kind != "text/plain")
    headings = {line for text in prose for line in text.splitlines() if line.startswith("## ")}
    assert not headings & {"## Ranks", "## Labels in clusters", "## Seeds and tracks"}
    assert "## What we saw" in headings
    told = statements(page)
    quoted = {role for text in prose for role in ROLE.findall(text)}
    assert quoted  # the label-free scores
    assert not any(told[name][0] == UNMEASURED for name in quoted)


def test_a_failing_chapter_is_named_and_stops_only_what_needs_it(project, table_path):
    path = project / "notebooks" / "03_vae.md"
    path.write_text(path.read_text().replace('vc.study("vae", ', 'vc.study("vea", '))
    for other in ("00_data", "02_autoencoder", "04_conv_vae", "05_beta_vae", "06_multimodal_vae"):
        (project / "notebooks" / f"{other}.md").unlink()
    page = project / "book" / "chapters" / "03_vae.ipynb"
    page.parent.mkdir(parents=True)
    page.write_text("the page of an earlier run")

    done = command("vaeclust", "book", "--dataset", table_path, *FAST, cwd=project)

    assert done.returncode == 1
    assert re.search(r"03_vae: cell \d+ \(conditions = .*ValueError: unknown method 'vea'", done.stderr)
    assert "07_comparison: not run: it needs 03_vae, which failed" in done.stderr
    assert "IPKernelApp" not in done.stderr
    assert "no book was built" in done.stderr
    assert page.read_text() == "the page of an earlier run"
    assert (project / "book" / "chapters" / "01_pca.ipynb").is_file()
    assert not (project / "_build" / "html").exists()
    assert (project / "_build" / "failed" / "03_vae.ipynb").is_file()


def test_faulty_lyrics_are_refused_before_anything_starts(project, table_path):
    """Every chapter reads them: the language of a text may be a label."""
    (project / "lyrics.csv").write_text("track_id,term,count\na/track 0,river,-2\n")
    arguments = ["--dataset", table_path, "--lyrics", "lyrics.csv", *FAST]
    done = command("vaeclust", "run", "01_pca", "06_multimodal_vae", *arguments, cwd=project)
    assert done.returncode == 1
    assert "negative count of 'river' for track a/track 0" in done.stderr
    assert not (project / "results").exists()


def test_a_kernel_that_dies_is_a_failed_chapter(project, table_path):
    path = project / "notebooks" / "01_pca.md"
    path.write_text(path.read_text().replace("study = vc.study(", "import os; os._exit(1); study = vc.study(", 1))
    chapter = chapters.all_chapters(project)["01_pca"]
    outcome = execute(chapter, {"dataset": str(table_path)})
    assert "DeadKernelError" in outcome.error
    assert not chapter.page.exists()


def test_a_chapter_sees_nothing_of_the_one_before_it_in_the_same_worker(project, table_path):
    """Kernels are forks of one process; what a chapter changes in its own stays there."""
    trace = """\
import builtins, os, sys, vaeclust
left = [hasattr(builtins, "trace"), hasattr(vaeclust, "trace"), "trace" in sys.modules, "TRACE" in os.environ]
assert "torch" in sys.modules and not any(left), left
builtins.trace = vaeclust.trace = sys.modules["trace"] = os.environ["TRACE"] = "left by a chapter"
"""
    for slug in ("01_pca", "02_autoencoder"):
        path = project / "notebooks" / f"{slug}.md"
        path.write_text(path.read_text().replace("import vaeclust as vc\n", trace + "import vaeclust as vc\n", 1))
    arguments = ["--jobs", "1", "--dataset", table_path, *FAST]
    done = command("vaeclust", "run", "01_pca", "02_autoencoder", *arguments, cwd=project)
    assert done.returncode == 0, done.stderr


def test_what_has_most_before_it_starts_first():
    every = list(CHAPTERS.values())
    urgent = run.urgency(every)
    assert run.urgency(every[::-1]) == urgent  # whichever stands first in the book
    assert urgent["05_beta_vae"] == sum(CHAPTERS[s].seconds for s in ("05_beta_vae", "07_comparison", "11_explorer"))
    assert urgent["03_vae"] > urgent["06_multimodal_vae"] > urgent["07_comparison"] > urgent["11_explorer"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "kill"])
def test_an_interrupted_run_keeps_finished_records_and_leaves_no_kernel(project, table_path, ending):
    arguments = ["run", "01_pca", "03_vae", "--jobs", "1", "--dataset", str(table_path), "-p", "epochs=100000"]
    running = subprocess.Popen(
        [Path(sys.executable).with_name("vaeclust"), *arguments], cwd=project, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Where the tests run in the background of a shell, interrupts are ignored, and so by every child.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        record = project / "results" / "small" / "pca" / "run.json"
        while not record.exists():
            assert time.monotonic() < deadline
            time.sleep(0.5)
        time.sleep(5)
        helpers = psutil.Process(running.pid).children(recursive=True)
        commands = [helper.cmdline() for helper in helpers]
        running.send_signal(ending)
        _, stderr = running.communicate(timeout=60)
    finally:
        running.kill()
    _, alive = psutil.wait_procs(helpers, timeout=20)
    for helper in alive:
        helper.kill()
    assert any("ipykernel" in " ".join(arguments) for arguments in commands)
    assert alive == []
    assert running.returncode == 130
    assert "interrupted" in stderr
    assert json.loads(record.read_text())["method"] == "pca"


def processes_below(running):
    try:
        return psutil.Process(running.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def at_work(process):
    """Whether a process is a kernel, whose parent imported for it, or one that measures, and has begun."""
    with contextlib.suppress(psutil.NoSuchProcess):
        own, parent = (" ".join(each.cmdline()) for each in (process, process.parent()))
        kind = "loky" in own or ("forkserver" in own and "forkserver" in parent)
        return kind and process.cpu_times().user > 3
    return False


@pytest.mark.parametrize("arguments", [["run", "03_vae", "-p", "epochs=100000", "--dataset"], ["data"]])
def test_of_a_killed_run_nothing_lives_on(project, table_path, arguments, monkeypatch):
    source = table_path
    if arguments == ["data"]:
        monkeypatch.setenv("XDG_CACHE_HOME", str(project / "cache"))
        source = project / "music"
        song(source / "0.wav", seconds=20.0)
        for number in range(1, 200):
            (source / f"{number}.wav").symlink_to("0.wav")
        arguments = [*arguments, "--features", "full"]
    running = subprocess.Popen(
        [Path(sys.executable).with_name("vaeclust"), *arguments, str(source)], cwd=project, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline, below = time.monotonic() + 120, []
    while not any(at_work(each) for each in below):
        assert time.monotonic() < deadline
        time.sleep(0.5)
        below = processes_below(running)
    running.kill()
    running.wait()
    _, alive = psutil.wait_procs(below, timeout=15)
    told = [each.cmdline() for each in alive]
    for each in alive:
        each.kill()
    assert len(below) >= 2
    assert told == []
