"""Builds the book from the executed chapters: the paper, the index of evidence, the HTML (page ``reproduce``)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from vaeclust.book import unchanged
from vaeclust.book.chapters import all_chapters
from vaeclust.book.pages import write_evidence_index, write_status
from vaeclust.files import project_root
from vaeclust.released.facts import quotes


def build_html(root: Path | None = None, *, force: bool = False, pages: Path | None = None) -> Path:
    """Typeset the paper, build the book from the executed chapters, warnings being errors, and return its front page.

    pages: a folder of executed chapters of one's own; their book is built beside it, and that of the project stays.

    The new book takes the place of the old one only when it is complete. One that was built from the same pages is
    kept unless ``force``. Raises RuntimeError with the builder's last words otherwise.
    """
    import plotly

    from vaeclust.released.paper import build_paper as typeset

    root = root or project_root()
    if pages is not None:
        return build_html(_mirror(root, pages), force=force)
    html = root / "_build" / "html"
    sources = [root / name for name in ("_config.yml", "_toc.yml", "book", "benchmarks")]
    mark = html / ".made-from"  # written last, so that it vouches for a whole book
    if (
        not force
        and mark.is_file()
        and mark.read_text() == unchanged.package_digest() + unchanged.content_digest(*sources)
    ):
        return html / "book" / "index.html"
    typeset(root)
    executed = {slug: chapter.page for slug, chapter in all_chapters(root).items() if chapter.page.is_file()}
    write_evidence_index(executed, root / "book" / "chapters" / "evidence.md", quotes(root))
    write_status(executed, root / "book" / "chapters" / "status.md")
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    shutil.copyfile(script, root / "book" / "_static" / "plotly.min.js")
    made_from = unchanged.package_digest() + unchanged.content_digest(*sources)
    workshop = root / "_build" / "next"
    builder = "from jupyter_book.cli.main import main; main()"
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
    return html / "book" / "index.html"


def _mirror(root: Path, pages: Path) -> Path:
    """Return a copy of the project's pages beside a folder of executed chapters, with these in place of its own."""
    copy = pages.parent / "book"
    copy.mkdir(exist_ok=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy2(root / name, copy)
    for name in ("notebooks", "benchmarks", "book"):
        shutil.copytree(root / name, copy / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("chapters"))
    shutil.copytree(pages, copy / "book" / "chapters", dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    return copy


def _last_words(log: str) -> str:
    lines = [line for line in log.splitlines() if re.search(r"WARNING|ERROR|SEVERE|rror:", line)]
    return "\n".join(lines[-20:] or log.splitlines()[-20:])
