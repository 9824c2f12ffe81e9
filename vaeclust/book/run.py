"""Runs chapters in dependency order with papermill (page ``reproduce``)."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from vaeclust import cores
from vaeclust.book import kernels, unchanged
from vaeclust.book.absent import fold_absent
from vaeclust.book.chapters import Chapter, typed_parameters
from vaeclust.book.imports import chapter_modules
from vaeclust.book.pages import rerun_note, write_note
from vaeclust.files import WRITTEN, resolve
from vaeclust.studies.drafts import claim
from vaeclust.studies.origins import RUN, slugs_of

FAILED, RUNNING = Path("_build/failed"), Path("_build/running")


@dataclass(frozen=True)
class Outcome:
    """How one chapter ended; ``error`` is empty when it went well, ``kept`` says that it did not have to run.

    ``written``: the files that it put in place.
    """

    slug: str
    seconds: float
    error: str = ""
    kept: bool = False
    written: tuple[Path, ...] = ()


def run_chapters(
    chosen: list[Chapter],
    parameters: Mapping[str, Any],
    *,
    corpus: str = "",
    jobs: int = 0,
    force: bool = False,
    report: Callable[[str, Outcome | None], None] = lambda slug, outcome: None,
) -> list[Outcome]:
    """Execute chapters side by side in dependency order; one that fails stops only those that come after it.

    A chapter that would say the same again is kept as it is (see ``unchanged``) unless ``force``. ``corpus`` is the
    folder of the corpus among the results, whose records chapters read. ``jobs=0`` means one for every core.
    ``report(slug, None)`` is called when a chapter starts, ``report(slug, outcome)`` when it ends.
    """
    parameters = typed_parameters(chosen, parameters)
    chosen = [chapter.for_results(results_dir(chapter, parameters)) for chapter in chosen]
    by_slug = {chapter.slug: chapter for chapter in chosen}
    order = TopologicalSorter(_needs(chosen))
    order.prepare()
    urgent = urgency(chosen)
    outcomes: dict[str, Outcome] = {}
    digests: dict[str, str] = {}
    jobs = min(jobs or cores.core_count(), len(chosen))
    threads = max(1, cores.core_count() // jobs)
    # A kernel that takes long to end is killed, and Python would say that the locks of its libraries leaked.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_prepare, initargs=(threads, os.getpid())) as pool:
        running: dict[Future, str] = {}
        waiting: list[Chapter] = []

        def ended(outcome: Outcome) -> None:
            outcomes[outcome.slug] = outcome
            report(outcome.slug, outcome)
            order.done(outcome.slug)

        def begin(chapter: Chapter) -> None:
            own = {k: v for k, v in parameters.items() if k in chapter.parameters}
            known = unchanged.last_runs(chapter.notes)
            digests[chapter.slug] = _digest(chapter, own, known, corpus)
            failed = [s for s in chapter.after if s in outcomes and outcomes[s].error]
            if failed:
                ended(Outcome(chapter.slug, 0.0, f"not run: it needs {', '.join(failed)}, which failed"))
            elif not force and unchanged.is_unchanged(chapter.slug, chapter.page, digests[chapter.slug], known):
                ended(Outcome(chapter.slug, 0.0, kept=True))
            else:
                running[pool.submit(_work, chapter, own)] = chapter.slug
                report(chapter.slug, None)

        try:
            while order.is_active():
                waiting += [by_slug[slug] for slug in order.get_ready()]
                if waiting and len(running) < jobs:
                    begin(waiting.pop(waiting.index(max(waiting, key=lambda c: urgent[c.slug]))))
                    continue
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    chapter, outcome = by_slug[running.pop(future)], future.result()
                    if not outcome.error:
                        unchanged.remember(chapter.notes, chapter.page, digests[chapter.slug], outcome.written)
                    ended(outcome)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in active_children():
                worker.terminate()
            raise
    return [outcomes[chapter.slug] for chapter in chosen]


def urgency(chosen: list[Chapter]) -> dict[str, float]:
    """Return for each chapter the seconds from its start to the end of all that has to wait for it.

    Whichever is ready and has most before it goes first, so that no core waits for one long chapter at the end.
    """
    needs, seconds = _needs(chosen), {chapter.slug: chapter.seconds for chapter in chosen}
    found: dict[str, float] = {}
    for slug in reversed(list(TopologicalSorter(needs).static_order())):  # what waits, before what it waits for
        found[slug] = seconds[slug] + max((found[other] for other in needs if slug in needs[other]), default=0)
    return found


def _needs(chosen: list[Chapter]) -> dict[str, list[str]]:
    """Return for each chapter those of the chosen ones that it comes after."""
    slugs = {chapter.slug for chapter in chosen}
    return {chapter.slug: [slug for slug in chapter.after if slug in slugs] for chapter in chosen}


def results_dir(chapter: Chapter, parameters: Mapping[str, Any]) -> Path:
    """Return the folder of results that a chapter writes to with these parameters."""
    return resolve(parameters.get("results_dir", chapter.parameters.get("results_dir", "results")))


def _digest(chapter: Chapter, own: Mapping[str, Any], known: Mapping[str, unchanged.Kept], corpus: str) -> str:
    before = [known[slug].run for slug in chapter.after if slug in known]
    package = unchanged.package_digest(chapter_modules(chapter.path))
    folder = results_dir(chapter, own) / corpus
    return unchanged.chapter_digest(
        chapter.path,
        {**chapter.parameters, **own},
        package,
        before,
        released=chapter.root / "book" / "released",
        records=[folder / slug / RUN for other in chapter.after for slug in slugs_of(other)] if corpus else (),
    )


def _prepare(threads: int, parent: int) -> None:
    """Make a worker ready: quiet kernels with their share of the cores, which end when the worker is told to.

    It ends with its parent, and its kernels with it.
    """
    cores.end_with(parent)
    share = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), str(threads))
    os.environ.update(**share, **kernels.ENVIRONMENT, TQDM_DISABLE="1", PYDEVD_DISABLE_FILE_VALIDATION="1")
    kernels.prepare()

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt  # papermill ends its kernel first

    signal.signal(signal.SIGTERM, stop)


def _work(chapter: Chapter, parameters: Mapping[str, Any]) -> Outcome:
    """Execute one chapter in a worker; told to end, it ends at once, or it would take the next chapter.

    Another process that executes the chapter into the same page is waited for.
    """
    try:
        with claim(chapter.notes / chapter.slug, f"the chapter {chapter.slug}", wait=True):
            return execute(chapter, parameters)
    except KeyboardInterrupt:
        os._exit(1)


def execute(chapter: Chapter, parameters: Mapping[str, Any], *, starts: int = 3) -> Outcome:
    """Execute one chapter into its page; after an error the page stays as it was.

    The half-run notebook is kept under ``_build/failed`` for whoever wants to look. A kernel that dies before its
    first answer is started anew: kernels that start at the same moment can draw the same port.
    """
    import papermill

    root = chapter.root
    attempt = root / RUNNING / str(os.getpid()) / f"{chapter.slug}.ipynb"  # every run has working files of its own
    attempt.parent.mkdir(parents=True, exist_ok=True)
    log = attempt.with_suffix(".written")
    log.write_text("")
    os.environ[WRITTEN] = str(log)  # the kernel inherits it
    start = time.perf_counter()
    try:
        papermill.execute_notebook(
            chapter.notebook(), attempt, dict(parameters), cwd=root, progress_bar=False,
            request_save_on_cell_execute=False,  # writing all that there is anew for every cell costs a second
            extra_arguments=["--IPKernelApp.log_level=50"],
        )  # fmt: skip
        seconds = time.perf_counter() - start
        publish(attempt, chapter.page, rerun_note(chapter.slug, parameters))
        write_note(chapter.page, {**chapter.parameters, **parameters}, seconds)
        results = results_dir(chapter, parameters).resolve()
        written = {Path(line) for line in log.read_text(encoding="utf-8").splitlines()}
        kept = tuple(sorted(path for path in written if path.is_relative_to(results)))
        return Outcome(chapter.slug, seconds, written=kept)
    except papermill.PapermillExecutionError as error:
        failed = root / FAILED / attempt.name
        failed.parent.mkdir(parents=True, exist_ok=True)
        attempt.replace(failed)
        place = f"cell {error.exec_count} ({_first_line(error.source)})"
        why = f"{place}: {error.ename}: {error.evalue}\nThe half-run notebook is {failed}"
        return Outcome(chapter.slug, time.perf_counter() - start, why)
    except Exception as error:  # a kernel that dies, a full disk: the other chapters go on
        if starts > 1 and "died before replying" in str(error):
            return execute(chapter, parameters, starts=starts - 1)
        why = f"{type(error).__name__}: {error or 'it says no more; perhaps the memory did not suffice'}"
        return Outcome(chapter.slug, time.perf_counter() - start, why)
    finally:
        os.environ.pop(WRITTEN, None)
        shutil.rmtree(attempt.parent, ignore_errors=True)


def publish(executed: Path, page: Path, again: str) -> None:
    """Move an executed notebook to its page, without what its corpus has nothing for, or differs from run to run.

    again: what the page says below its parameters about running it again, Markdown.
    """
    import nbformat

    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("papermill", None)
    fold_absent(notebook)
    tagged = [n for n, c in enumerate(notebook.cells) if "parameters" in " ".join(c.metadata.get("tags", []))]
    notebook.cells.insert(max(tagged, default=0) + 1, nbformat.v4.new_markdown_cell(again))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, executed)
    page.parent.mkdir(parents=True, exist_ok=True)
    executed.replace(page)


def _first_line(source: str) -> str:
    return next((line for line in source.splitlines() if line.strip() and not line.startswith("#")), "")[:70]
