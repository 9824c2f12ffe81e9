"""A Sphinx extension: the directives ``door`` and ``room``, public names with their docstrings (page ``api``).

The lists are the tables of contents of the package, ``__init__.pyi``, so that no other one has to be kept.
"""

import ast
import dataclasses
import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

PACKAGE = "vaeclust"
ROOMS = ("corpus", "methods", "clusters", "estimators", "scores", "studies")  # in the order of the data


def public_names(room: str) -> dict[str, list[str]]:
    """Return module → the names of it that a room hands on, by its ``__init__.pyi``; room: ``scores``, or empty.

    A room that is one module hands on what it defines: ``""`` → its classes and functions.
    """
    alone = Path(__file__).parent.parent / f"{room}.py"
    if room and alone.is_file():
        defined = (ast.ClassDef, ast.FunctionDef)
        body = ast.parse(alone.read_text(encoding="utf-8")).body
        return {"": [each.name for each in body if isinstance(each, defined) and not each.name.startswith("_")]}
    stub = Path(__file__).parent.parent.joinpath(*room.split("."), "__init__.pyi")
    found: dict[str, list[str]] = {}
    for line in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.ImportFrom) and line.module:
            found.setdefault(line.module, []).extend(alias.name for alias in line.names)
    return found


def door_lines() -> Iterator[str]:
    """Yield what the package itself hands on: a line a name, which leads to where it is described in full."""
    found = public_names("")
    for module in sorted(found, key=lambda module: ROOMS.index(module.split(".")[0])):
        home = f"{PACKAGE}.{module}"
        for name in found[module]:
            value = getattr(import_module(home), name)
            said = _docstring(import_module(home) if isinstance(value, Mapping) else value)[0]
            yield f"- :py:obj:`{name} <{home}.{name}>`: {said.removeprefix(f'{name}: ')}"


def room_lines(room: str) -> Iterator[str]:
    """Yield a room as reStructuredText: what it is for, then its names, module by module."""
    yield from [*_docstring(import_module(f"{PACKAGE}.{room}")), ""]
    for module, names in public_names(room).items():
        home = ".".join(filter(None, (PACKAGE, room, module)))
        yield from [f".. rubric:: {home}", "", _docstring(import_module(home))[0], ""]
        for name in names:
            yield from [*_name_lines(home, name), ""]


def _name_lines(home: str, name: str) -> list[str]:
    value = getattr(import_module(home), name)
    if inspect.isclass(value):
        return [f".. autoclass:: {home}.{name}", "   :members:"]
    if callable(value):
        return [f".. autofunction:: {home}.{name}"]
    keys = ", ".join(f"``{key}``" for key in value) if isinstance(value, Mapping) else f"``{value!r}``"
    return [f".. py:data:: {name}", f"   :module: {home}", "", f"   {keys}"]


def _docstring(value: Any) -> list[str]:
    return inspect.cleandoc(value.__doc__ or "").splitlines()


_CALL = r"^ *(?:>>>|\.\.\.).*$"
_LITERAL = r"(?P<before>page |)``(?P<literal>[^`]+)``(?P<behind>\w?)"
_STAR = r"(?<=[(\[ ])\*(?=[,)]|\w+\))"
_MARKUP = re.compile(f"{_CALL}|{_LITERAL}|(?P<star>{_STAR})", re.MULTILINE)


def valid_markup(text: str, pages: Collection[str] = ()) -> str:
    """Return a docstring as valid reStructuredText, with links to chapters and pages, as far as they are in ``pages``.

    Docstrings are written as one reads them. A shape (*, features) would begin an emphasis, and a letter right behind
    a literal would keep it from ending.
    """

    def mended(place: re.Match[str]) -> str:
        if place["star"]:
            return r"\*"
        if place["literal"] is None:
            return place[0]
        page = f"book/{place['literal']}" if place["before"] else f"book/chapters/{place['literal']}"
        link = f":doc:`{place['literal']} </{page}>`" if page in pages else f"``{place['literal']}``"
        return place["before"] + link + (rf"\ {place['behind']}" if place["behind"] else "")

    return _MARKUP.sub(mended, text)


def field_names(value: Any) -> str:
    """Return the signature of a dataclass or named tuple: its fields, ``=…`` where one need not be given.

    What each is stands in the docstring, and Python's own signature of it is no Python.
    """
    parameters = inspect.signature(value).parameters.values()
    return "(" + ", ".join(p.name if p.default is p.empty else f"{p.name}=..." for p in parameters) + ")"


class _Lines(SphinxDirective):
    """Puts generated reStructuredText in its place."""

    lines: Callable[..., Iterator[str]]

    def run(self) -> list[nodes.Node]:
        """Parse the text where the directive stands."""
        node = nodes.container()
        text = valid_markup("\n".join(type(self).lines(*self.arguments)), self.env.found_docs)
        self.state.nested_parse(StringList(text.splitlines(), PACKAGE), 0, node)
        return node.children


class Door(_Lines):
    """``.. door::``: the names of the package itself."""

    lines = staticmethod(door_lines)


class Room(_Lines):
    """``.. room:: scores``: a room with all that it hands on."""

    required_arguments = 1
    lines = staticmethod(room_lines)


def setup(app: Any) -> dict[str, bool]:
    """Register the directives; ``sphinx.ext.autodoc`` and ``napoleon`` do the rest."""

    def docstring(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
        lines[:] = valid_markup("\n".join(lines), app.env.found_docs).splitlines()

    def signature(app: Any, what: str, name: str, value: Any, *others: Any) -> tuple[str, None] | None:
        fields = dataclasses.is_dataclass(value) or hasattr(value, "_fields")
        return (field_names(value), None) if fields else None

    def member(app: Any, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
        return True if (value.__doc__ or "").startswith("Alias for field number") else None

    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.add_directive("door", Door)
    app.add_directive("room", Room)
    app.connect("autodoc-process-docstring", docstring, priority=400)  # before napoleon, which knows only sections
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-skip-member", member)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
