"""Which modules of the package a chapter brings in: the import graph, read from the source (page ``reproduce``)."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADER = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)*)", re.MULTILINE | re.DOTALL)


def chapter_modules(chapter: Path) -> list[Path]:
    """Return the modules that a text notebook imports, and those that these import, with their reference files.

    A name that a room hands on counts as the module that it is from; what is not found counts as the whole room.
    """
    code = "\n".join(HEADER.sub("", cell) for cell in CELL.findall(chapter.read_text(encoding="utf-8")))
    found: set[Path] = set()
    waiting = list(_imports(code))
    while waiting:
        for path in _modules(waiting.pop()):
            if path not in found:
                found.add(path)
                waiting += _imports(path.read_text(encoding="utf-8")) if path.suffix == ".py" else ()
    return sorted(found)


def _imports(code: str) -> Iterator[str]:
    """Yield the dotted names of this package that code imports, and what it takes from rooms that it imports."""
    tree = ast.parse(code)
    rooms = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(alias.name, alias.asname or alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [(f"{node.module}.{alias.name}", alias.asname or alias.name) for alias in node.names]
        else:
            continue
        for name, local in names:
            if name.split(".")[0] == PACKAGE.name:
                rooms[local] = name
    used, chains = set(rooms), [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in chains}
    for node in chains:
        root, *attributes = ast.unparse(node).split(".") if id(node) not in inner else [""]
        if root in rooms and all(map(str.isidentifier, attributes)):
            used.discard(root)  # what is taken from it says more
            yield ".".join([rooms[root], *attributes])
    yield from (rooms[local] for local in used)


def _modules(name: str) -> list[Path]:
    """Return the files behind a dotted name: a module, the one that a room has a name from, or a whole room."""
    place = PACKAGE
    for part in name.split(".")[1:]:
        if (place / part).is_dir():
            place = place / part
            continue
        module = place / f"{part}.py"
        if not module.is_file():
            stub = handed_on(place).get(part)
            module = place.joinpath(*stub.split(".")).with_suffix(".py") if stub else place
        if module.is_file():
            return [module, *(module.parent / "reference").glob("*")]
        break
    return sorted(path for path in place.rglob("*.py") if place != PACKAGE)


@cache
def handed_on(room: Path) -> dict[str, str]:
    """Return name → module of what a room's table of contents hands on."""
    stub = room / "__init__.pyi"
    tree = ast.parse(stub.read_text(encoding="utf-8") if stub.is_file() else "")
    lines = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.name: node.module for node in lines for alias in node.names}
