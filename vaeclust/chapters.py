"""Runs chapters in dependency order with papermill (page ``reproduce``).

A chapter's front matter says what it needs: ``vaeclust: {after: ["0[1-6]_*"], seconds: 40}`` names, by pattern, the
chapters whose records it reads, and about how long it takes on the demo corpus, 10 if nothing is said.
"""

import ast
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from vaeclust import kernels, parallel, reuse
from vaeclust.paths import WRITTEN, project_root, resolve
from vaeclust.status import again, note

FAILED = Path("_build/failed")


@dataclass(frozen=True)
class Chapter:
    """A text notebook: its slug, its file, the chapters it comes after, its parameters and their defaults.

    ``seconds``: about how long it takes, compared with the others; see :func:`urgency`.
    """

    slug: str
    path: Path
    after: tuple[str, ...]
    parameters: Mapping[str, Any]
    seconds: float = 10.0

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self.path.parent.parent

    @property
    def page(self) -> Path:
        """Where the executed chapter goes."""
        return self.root / "book" / "chapters" / f"{self.slug}.ipynb"


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


def chapters(root: Path | None = None) -> dict[str, Chapter]:
    """Return every chapter by slug, in the order of the book."""
    import jupytext

    folder = (root or project_root()) / "notebooks"
    notebooks = {path.stem: (path, jupytext.read(path)) for path in sorted(folder.glob("*.md"))}
    found = {}
    for slug, (path, notebook) in notebooks.items():
        about = notebook.metadata.get("vaeclust", {})
        after = (s for s in notebooks if s != slug and any(fnmatch(s, pattern) for pattern in about.get("after", [])))
        found[slug] = Chapter(slug, path, tuple(after), _parameters(notebook), about.get("seconds", 10.0))
    return found


def choose(names: Iterable[str], *, with_dependencies: bool = False) -> list[Chapter]:
    """Return the named chapters (all when none is named), with what they come after if asked.

    Raises ValueError for a name that is no chapter.
    """
    known = chapters()
    names = list(names) or list(known)
    for name in names:
        if name not in known:
            raise ValueError(f"no chapter {name!r}{_close(name, known)}; chapters: {', '.join(known)}")
    if with_dependencies:
        for name in names:  # grows while it is read
            names += [slug for slug in known[name].after if slug not in names]
    return [chapter for slug, chapter in known.items() if slug in names]


def checked_parameters(chosen: list[Chapter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parameters as values of the type that the chapters declare.

    Raises ValueError for a name that no chosen chapter knows, and for a value of another type.
    """
    known = {name: default for chapter in chosen for name, default in chapter.parameters.items()}
    values = {}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"no parameter {name!r}{_close(name, known)}; parameters: {', '.join(known)}")
        kind = type(known[name])
        try:
            values[name] = value if isinstance(value, kind) else kind(value)
        except ValueError:
            raise ValueError(f"{name}={value!r}; expected {kind.__name__}, such as {known[name]!r}") from None
    return values


def run(
    chosen: list[Chapter],
    parameters: Mapping[str, Any],
    *,
    jobs: int = 0,
    force: bool = False,
    report: Callable[[str, Outcome | None], None] = lambda slug, outcome: None,
) -> list[Outcome]:
    """Execute chapters side by side in dependency order; one that fails stops only those that come after it.

    A chapter that would say the same again is kept as it is (see ``reuse``) unless ``force``. ``jobs=0`` means one
    for every core. ``report(slug, None)`` is called when a chapter starts, ``report(slug, outcome)`` when it ends.
    """
    parameters = checked_parameters(chosen, parameters)
    by_slug = {chapter.slug: chapter for chapter in chosen}
    order = TopologicalSorter(_needs(chosen))
    order.prepare()
    urgent = urgency(chosen)
    outcomes: dict[str, Outcome] = {}
    digests: dict[str, str] = {}
    package = reuse.package()
    jobs = min(jobs or parallel.cores(), len(chosen))
    threads = max(1, parallel.cores() // jobs)
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_prepare, initargs=(threads,)) as pool:
        running: dict[Future, str] = {}
        waiting: list[Chapter] = []

        def ended(outcome: Outcome) -> None:
            outcomes[outcome.slug] = outcome
            report(outcome.slug, outcome)
            order.done(outcome.slug)

        def begin(chapter: Chapter) -> None:
            own = {k: v for k, v in parameters.items() if k in chapter.parameters}
            known = reuse.remembered(chapter.root)
            digests[chapter.slug] = _digest(chapter, own, package, known)
            failed = [s for s in chapter.after if s in outcomes and outcomes[s].error]
            if failed:
                ended(Outcome(chapter.slug, 0.0, f"not run: it needs {', '.join(failed)}, which failed"))
            elif not force and reuse.unchanged(chapter.slug, chapter.page, digests[chapter.slug], known):
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
                        reuse.remember(chapter.root, chapter.slug, chapter.page, digests[chapter.slug], outcome.written)
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


def _digest(
    chapter: Chapter, own: Mapping[str, Any], package: str, known: Mapping[str, reuse.Kept]
) -> str:  # fmt: skip
    before = [known[slug].run for slug in chapter.after if slug in known]
    released = chapter.root / "book" / "released"
    return reuse.digest(chapter.path, {**chapter.parameters, **own}, package, before, released=released)


def _prepare(threads: int) -> None:
    """Make a worker ready: quiet kernels with their share of the cores, which end when the worker is told to."""
    share = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), str(threads))
    os.environ.update(**share, **kernels.ENVIRONMENT, TQDM_DISABLE="1", PYDEVD_DISABLE_FILE_VALIDATION="1")
    kernels.prepare()

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt  # papermill ends its kernel first

    signal.signal(signal.SIGTERM, stop)


def _work(chapter: Chapter, parameters: Mapping[str, Any]) -> Outcome:
    """Execute one chapter in a worker; told to end, it ends at once, or it would take the next chapter."""
    try:
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
    attempt = root / FAILED / f"{chapter.slug}.ipynb"
    attempt.parent.mkdir(parents=True, exist_ok=True)
    log = attempt.with_suffix(".written")
    log.write_text("")
    os.environ[WRITTEN] = str(log)  # the kernel inherits it
    start = time.perf_counter()
    try:
        papermill.execute_notebook(
            f"jupytext://{chapter.path}", attempt, dict(parameters), cwd=root, progress_bar=False,
            request_save_on_cell_execute=False,  # writing all that there is anew for every cell costs a second
            extra_arguments=["--IPKernelApp.log_level=50"],
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        place = f"cell {error.exec_count} ({_first_line(error.source)})"
        why = f"{place}: {error.ename}: {error.evalue}\nThe half-run notebook is {attempt}"
        return Outcome(chapter.slug, time.perf_counter() - start, why)
    except Exception as error:  # a kernel that dies, a full disk: the other chapters go on
        if starts > 1 and "died before replying" in str(error):
            return execute(chapter, parameters, starts=starts - 1)
        return Outcome(chapter.slug, time.perf_counter() - start, f"{type(error).__name__}: {error}")
    finally:
        os.environ.pop(WRITTEN, None)
    seconds = time.perf_counter() - start
    publish(attempt, chapter.page, again(chapter.slug, parameters))
    note(chapter.page, {**chapter.parameters, **parameters}, seconds)
    results = resolve(parameters.get("results_dir", chapter.parameters.get("results_dir", "results"))).resolve()
    written = {Path(line) for line in log.read_text(encoding="utf-8").splitlines()}
    log.unlink()
    return Outcome(
        chapter.slug, seconds, written=tuple(sorted(path for path in written if path.is_relative_to(results)))
    )


def publish(executed: Path, page: Path, again: str) -> None:
    """Move an executed notebook to its page, without what differs from run to run: ids, times, paths.

    again: what the page says below its parameters about running it again, Markdown.
    """
    import nbformat

    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("papermill", None)
    tagged = [n for n, c in enumerate(notebook.cells) if "parameters" in " ".join(c.metadata.get("tags", []))]
    notebook.cells.insert(max(tagged, default=0) + 1, nbformat.v4.new_markdown_cell(again))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, executed)
    page.parent.mkdir(parents=True, exist_ok=True)
    executed.replace(page)


def _parameters(notebook) -> dict[str, Any]:
    """Return the assignments of the cell tagged ``parameters``."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if not cells:
        return {}
    lines = ast.parse(cells[0].source).body
    return {line.targets[0].id: ast.literal_eval(line.value) for line in lines if isinstance(line, ast.Assign)}


def _close(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _first_line(source: str) -> str:
    return next((line for line in source.splitlines() if line.strip() and not line.startswith("#")), "")[:70]
