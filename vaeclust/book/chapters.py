"""The chapters: text notebooks, what they need, their parameters (page ``reproduce``).

A chapter's front matter says what it needs: ``vaeclust: {after: [compared, "07_*"], seconds: 40}`` names, by pattern,
the chapters whose records it reads (``compared``: those of all methods that are compared), and about how long it takes
on the demo corpus, 10 if nothing is said.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from vaeclust.files import book_root, project_root, resolve
from vaeclust.methods.catalogue import COMPARED
from vaeclust.studies.parameters import PARAMETERS, check_parameters


@dataclass(frozen=True)
class Chapter:
    """A text notebook: its slug, its file, the chapters it comes after, its parameters and their defaults.

    ``seconds``: about how long it takes, compared with the others; see :func:`urgency`. ``pages``: the folder of the
    executed chapters, where that is not the book's own. ``without``: headings of sections that are not executed.
    """

    slug: str
    path: Path
    after: tuple[str, ...]
    parameters: Mapping[str, Any]
    seconds: float = 10.0
    pages: Path | None = None
    without: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        """The folder of the project, whatever chapters that came with the package are run in it."""
        folder = self.path.parent.parent
        return project_root() if folder == book_root() else folder

    @property
    def page(self) -> Path:
        """Where the executed chapter goes."""
        return (self.pages or self.root / "book" / "chapters") / f"{self.slug}.ipynb"

    @property
    def notes(self) -> Path:
        """The folder that says what the executed chapters were made from (see ``unchanged``)."""
        return self.pages / ".kept" if self.pages else self.root / "_build" / "kept"

    def notebook(self) -> Any:
        """Return what is executed: the notebook without some sections, but for their cells that no page shows."""
        import nbformat

        from vaeclust.book.notebook_io import handler

        notebook = nbformat.reads(handler.read(str(self.path)), as_version=4)
        if self.without:
            notebook.cells = [
                cell
                for heading, cell in cells_with_headings(notebook)
                if heading not in self.without or "remove-cell" in cell.metadata.get("tags", [])
            ]
        return notebook

    def for_results(self, results_dir: str | Path) -> "Chapter":
        """Return the chapter as it is executed into a folder of results; one of their own keeps its own pages, too."""
        if self.pages:
            return self
        results = resolve(results_dir).resolve()
        own = results != (self.root / "results").resolve()
        return replace(self, pages=results / "pages" if own else None)


def cells_with_headings(notebook: Any) -> Iterator[tuple[str, Any]]:
    """Yield every cell of a notebook with the heading of the section that it stands in; prose of several is parted."""
    section = ""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            yield section, cell
            continue
        for number, text in enumerate(filter(str.strip, re.split(r"(?m)^(?=## )", cell.source))):
            heading = re.match(r"## (.+)", text)
            section = heading[1] if heading else section
            part = copy(cell)
            part.update(source=text.strip(), id=f"{cell.get('id', 'prose')}-{number}")
            yield section, part


def all_chapters(root: Path | None = None) -> dict[str, Chapter]:
    """Return every chapter by slug, in the order of the book."""
    import jupytext

    folder = (root or book_root()) / "notebooks"
    notebooks = {path.stem: (path, jupytext.read(path)) for path in sorted(folder.glob("*.md"))}
    found = {}
    for slug, (path, notebook) in notebooks.items():
        about = notebook.metadata.get("vaeclust", {})
        patterns = set(about.get("after", []))
        if "compared" in patterns:
            patterns |= {method.chapter for method in COMPARED.values()}
        after = (s for s in notebooks if s != slug and any(fnmatch(s, pattern) for pattern in patterns))
        found[slug] = Chapter(slug, path, tuple(after), _default_parameters(notebook), about.get("seconds", 10.0))
    return found


def choose_chapters(names: Iterable[str], *, with_dependencies: bool = False) -> list[Chapter]:
    """Return the named chapters (all when none is named), with what they come after if asked.

    Raises ValueError for a name that is no chapter.
    """
    known = all_chapters()
    names = list(names) or list(known)
    for name in names:
        if name not in known:
            raise ValueError(f"no chapter {name!r}{_suggestion(name, known)}; chapters: {', '.join(known)}")
    if with_dependencies:
        for name in names:  # grows while it is read
            names += [slug for slug in known[name].after if slug not in names]
    return [chapter for slug, chapter in known.items() if slug in names]


def typed_parameters(chosen: list[Chapter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parameters as values of the type that the chapters declare.

    Raises ValueError for a name that no chosen chapter knows, for a value of another type, and for one that cannot
    work.
    """
    known = {name: default for chapter in chosen for name, default in chapter.parameters.items()}
    values = {}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"no parameter {name!r}{_suggestion(name, known)}; parameters: {', '.join(known)}")
        kind = type(known[name])
        try:
            values[name] = kind(value) if isinstance(value, str) else value
        except ValueError:
            allowed = PARAMETERS[name].allowed if name in PARAMETERS else f"{kind.__name__}, such as {known[name]!r}"
            raise ValueError(f"{name}={value!r}; expected {allowed}") from None
    check_parameters(values)
    return values


def _default_parameters(notebook) -> dict[str, Any]:
    """Return the assignments of the cell tagged ``parameters``."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if not cells:
        return {}
    lines = ast.parse(cells[0].source).body
    return {line.targets[0].id: ast.literal_eval(line.value) for line in lines if isinstance(line, ast.Assign)}


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]!r}?)" if near else ""
