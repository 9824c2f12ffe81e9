"""Builds the book from the executed chapters: the paper, the index of evidence, the HTML (page ``reproduce``)."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from vaeclust.book import unchanged
from vaeclust.book.chapters import all_chapters, cells_with_headings
from vaeclust.book.pages import write_evidence_index, write_front, write_status
from vaeclust.files import book_root
from vaeclust.released.facts import quotes

# Sections that speak of code and parameters, which a page without them does not need.
_FOR_READERS_OF_CODE = ("Parameters", "Features of another model", "Exercises")


def build_html(
    root: Path | None = None, *, force: bool = False, pages: Path | None = None, alone: Sequence[str] = ()
) -> Path:
    """Typeset the paper, build the book from the executed chapters, warnings being errors, and return its front page.

    pages: a folder of executed chapters of one's own; their book is built beside it, and that of the project stays.
    alone: the slugs of the only chapters that it shows, the first as its front page; such a book has no paper.

    The new book takes the place of the old one only when it is complete. One that was built from the same pages is
    kept unless ``force``. Raises RuntimeError with the builder's last words otherwise.
    """
    import plotly

    from vaeclust.released.paper import build_paper as typeset

    root = root or book_root()
    if pages is not None:
        return build_html(_mirror(root, pages, alone), force=force, alone=alone)
    html = root / "_build" / "html"
    front = html / "book" / (f"chapters/{alone[0]}.html" if alone else "index.html")
    sources = [root / name for name in ("_config.yml", "_toc.yml", "book", "benchmarks")]
    mark = html / ".made-from"  # written last, so that it vouches for a whole book
    if (
        not force
        and mark.is_file()
        and mark.read_text() == unchanged.package_digest() + unchanged.content_digest(*sources)
    ):
        return front
    if not alone:
        typeset(root)
    executed = {slug: chapter.page for slug, chapter in all_chapters(root).items() if chapter.page.is_file()}
    write_evidence_index(executed, root / "book" / "chapters" / "evidence.md", quotes(root))
    write_status(executed, root / "book" / "chapters" / "status.md")
    write_front(executed, root / "book" / "chapters" / "this_corpus.txt")
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    shutil.copyfile(script, root / "book" / "_static" / "plotly.min.js")
    made_from = unchanged.package_digest() + unchanged.content_digest(*sources)
    workshop = root / "_build" / "next"
    ends = f"from vaeclust.cores import end_with; end_with({os.getpid()})"
    builder = f"{ends}; from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", builder, "build", ".", "--path-output", str(workshop)]
    shutil.rmtree(workshop, ignore_errors=True)
    done = subprocess.run(
        [*command, "-W", "-n", "--keep-going", "--all"], cwd=root, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    built = workshop / "_build" / "html"
    if done.returncode or not (built / "index.html").is_file():
        raise RuntimeError("the book could not be built:\n" + _last_words(done.stdout))
    mark.unlink(missing_ok=True)
    shutil.rmtree(html, ignore_errors=True)
    built.replace(html)
    shutil.rmtree(workshop)
    mark.write_text(made_from)
    return front


def _mirror(root: Path, pages: Path, alone: Sequence[str] = ()) -> Path:
    """Return a copy of the project's pages beside a folder of executed chapters, with these in place of its own.

    alone: the only chapters in its table of contents, with the bibliography that they cite; their code is left out,
    since who listens does not read it.
    """
    copy = pages.parent / "book"
    copy.mkdir(exist_ok=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy2(root / name, copy)
    for name in ("notebooks", "benchmarks", "book"):
        shutil.copytree(root / name, copy / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("chapters"))
    shutil.copytree(pages, copy / "book" / "chapters", dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    if alone:
        first, *others = [f"book/chapters/{slug}" for slug in alone]
        shown = "".join(f"  - file: {page}\n" for page in (*others, "book/bibliography"))
        (copy / "_toc.yml").write_text(f"format: jb-book\nroot: {first}\nchapters:\n{shown}", encoding="utf-8")
        for slug in alone:
            _hide_code(copy / "book" / "chapters" / f"{slug}.ipynb")
    return copy


def _hide_code(page: Path) -> None:
    """Leave the code of an executed chapter out of its page, with what tells how to run it and its exercises."""
    import nbformat

    notebook = nbformat.read(page, as_version=4)
    notebook.cells = [cell for heading, cell in cells_with_headings(notebook) if heading not in _FOR_READERS_OF_CODE]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "remove-input"]
    nbformat.write(notebook, page)


def _last_words(log: str) -> str:
    lines = [line for line in log.splitlines() if re.search(r"WARNING|ERROR|SEVERE|rror:", line)]
    return "\n".join(lines[-20:] or log.splitlines()[-20:])
