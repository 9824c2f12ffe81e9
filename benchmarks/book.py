"""The book on the demo corpus: from scratch, again when nothing has changed, and what its time is spent on."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from measure import FOLDER, spread, wall_seconds, write

from vaeclust.book import chapters, html, kernels

ROOT = FOLDER.parent
# What a cell does, by what it calls; the first that fits counts.
STAGES = {
    "imports and data": r"import vaeclust",
    "training, clusters, scores": r"vc\.(fit|study|trial|cluster|score)\(|scores_by_size\(|choose_k",
    "maps": r"methods\.maps\(|add_umap_maps",
    "figures": r"record\.figure\(|plots\.",
    "tables and prose": r"",
}


def book(repetitions: int) -> None:
    """Write book.csv and book_stages.csv: wall seconds of ``vaeclust book``, and every chapter's stages one by one.

    From scratch is as for a user who has run nothing before: the corpus has to be rendered, too. What libraries compile
    once for an environment is compiled. The command runs chapters side by side; the stages are taken one chapter after
    another, so they add up to more.
    """
    vaeclust = Path(sys.executable).with_name("vaeclust")
    with tempfile.TemporaryDirectory() as place:
        times = defaultdict(list)
        for repetition in range(repetitions):
            project, new = _project(Path(place) / str(repetition)), _nothing_kept(Path(place) / f"home_{repetition}")
            first = wall_seconds(lambda: subprocess.run([vaeclust, "book"], cwd=project, env=new, check=True))  # noqa: B023
            times["from scratch"].append(first)
        for _ in range(repetitions):
            again = wall_seconds(lambda: subprocess.run([vaeclust, "book"], cwd=project, env=new, check=True))
            times["nothing changed"].append(again)
        write("book", [{"what": what, "unit": "s", **spread(values)} for what, values in times.items()])
        new = _nothing_kept(Path(place) / "home")
        corpus = wall_seconds(lambda: subprocess.run([vaeclust, "data", "demo"], cwd=project, env=new, check=True))
        os.environ.update(kernels.ENVIRONMENT)  # forked kernels, as the command has them
        rows = [row for chapter in chapters.all_chapters(project).values() for row in _stages(chapter)]
        html_seconds = wall_seconds(lambda: html.build_html(project, force=True))
        whole = {"the corpus": corpus, "HTML": html_seconds}
        rows += [{"chapter": "the book", "stage": stage, "seconds": seconds} for stage, seconds in whole.items()]
        write("book_stages", rows)


def _nothing_kept(home: Path) -> dict[str, str]:
    """Return the environment of a user whose home is empty."""
    home.mkdir()
    return {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "MPLCONFIGDIR": str(home / "mpl")}


def _project(folder: Path) -> Path:
    for name in ("notebooks", "book", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("ipynb", "chapters", "__pycache__"))
    for name in ("_config.yml", "_toc.yml", "jupytext.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def _stages(chapter: chapters.Chapter) -> list[dict]:
    """Execute a chapter and return the seconds of its stages, from the times that papermill notes for every cell."""
    import nbformat
    import papermill

    executed = chapter.root / "timed.ipynb"
    start = time.perf_counter()
    papermill.execute_notebook(f"jupytext://{chapter.path}", executed, {}, cwd=chapter.root, progress_bar=False,
                                request_save_on_cell_execute=False)  # fmt: skip
    whole = time.perf_counter() - start
    seconds = defaultdict(float)
    for cell in nbformat.read(executed, as_version=4).cells:
        if cell.cell_type == "code":
            stage = next(name for name, calls in STAGES.items() if re.search(calls, cell.source))
            seconds[stage] += cell.metadata.papermill.duration or 0.0
    seconds = {"kernel": whole - sum(seconds.values()), **seconds}
    return [{"chapter": chapter.slug, "stage": stage, "seconds": value} for stage, value in seconds.items()]
