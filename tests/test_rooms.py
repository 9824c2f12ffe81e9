"""The rooms: what each hands on is its own, and is what its name says whatever was imported before."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "vaeclust"
ROOMS = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


def name_of(room: Path) -> str:
    return ".".join(room.relative_to(ROOT).parts)


def handed_on(room: Path) -> dict[str, str]:
    """Return name → module of a room's table of contents; for a module its own name."""
    found = {}
    for node in ast.parse((room / "__init__.pyi").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1, "a room hands on only its own names"
            found |= {alias.name: node.module or alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_a_room_is_a_table_of_contents(room):
    module = import_module(name_of(room))
    assert len(module.__doc__.strip().splitlines()) >= 3, "what goes in, what comes out"
    inside = {path.stem for path in room.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    listed = {name for name, home in handed_on(room).items() if name == home}
    if room != PACKAGE:
        assert listed | {"style"} >= inside - {"__init__"}, "every module is listed"
    for name, home in handed_on(room).items():
        value = getattr(module, name)
        if name != home:
            assert name not in inside, f"{name} is also a module of {room.name}"
            assert (getattr(value, "__module__", None) or f"vaeclust.{home}").endswith(home)


ORDERS = """
import sys
from importlib import import_module
room, module, name = sys.argv[1:]
steps = [lambda: getattr(import_module(room), name), lambda: getattr(import_module(f"{room}.{module}"), name)]
found = [step() for step in steps]
for cached in [key for key in sys.modules if key.startswith("vaeclust")]:
    del sys.modules[cached]
again = [step() for step in steps[::-1]]
assert found[0] is found[1] and again[0] is again[1], name
assert type(import_module(f"{room}.{module}")).__name__ == "module"
"""


@pytest.mark.parametrize(
    ("room", "module", "name"),
    [
        ("vaeclust.methods", "training", "fit"),
        ("vaeclust.methods", "fits", "Fit"),
        ("vaeclust.scores", "metrics", "score"),
        ("vaeclust.studies", "protocol", "study"),
        ("vaeclust.clusters", "clusterers", "cluster"),
        ("vaeclust.corpus", "sources", "load"),
    ],
)
def test_a_name_is_the_same_in_both_orders_of_import(room, module, name):
    subprocess.run([sys.executable, "-c", ORDERS, room, module, name], check=True, timeout=60)


def test_importing_the_package_costs_next_to_nothing():
    heavy = "{'torch', 'librosa', 'umap', 'pandas', 'sklearn', 'matplotlib'}"
    code = f"import sys, vaeclust; [getattr(vaeclust, name) for name in ('corpus', 'methods', 'book')]; print({heavy} & set(sys.modules))"  # noqa: E501
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
