"""The files around the package agree with each other."""

import ast
import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, metadata

import pandas as pd
import yaml
from conftest import ROOT
from packaging.specifiers import SpecifierSet

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "soundfile": "pysoundfile"}


PYPI_ONLY = {
    "typst",
    "py3langid",
    "stopwordsiso",
}  # conda-forge's typst is the program; `pip: -e .` installs the Python package


def test_the_conda_environment_is_that_of_pip():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    listed = [line for line in environment["dependencies"] if isinstance(line, str)]
    wanted = []
    for requirement in [*PYPROJECT["project"]["dependencies"], *PYPROJECT["project"]["optional-dependencies"]["book"]]:
        name, bounds = re.match(r"([\w.-]+)(.*)", requirement).groups()
        if name not in PYPI_ONLY:
            wanted.append(CONDA_NAMES.get(name, name) + bounds)
    assert sorted(listed) == sorted([*wanted, "pip", "python" + PYPROJECT["project"]["requires-python"]])
    assert {"pip": ["-e .[book]"]} in environment["dependencies"]


def test_every_dependency_has_a_tested_version():
    pinned = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    for requirement in [*PYPROJECT["project"]["dependencies"], *(r for extra in extras for r in extra)]:
        name = re.match(r"[\w.-]+", requirement).group().lower()
        assert name in pinned | {"vaeclust"}, name


MINORS = (11, 12, 13, 14)
PROMISED = SpecifierSet(PYPROJECT["project"]["requires-python"])


def test_every_place_promises_the_same_pythons():
    assert [f"3.{minor}" for minor in range(9, 20) if f"3.{minor}.0" in PROMISED] == [f"3.{m}" for m in MINORS]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in MINORS]
    range_in_words = f"3.{MINORS[0]} to 3.{MINORS[-1]}"
    assert f"Python {range_in_words}" in (ROOT / "README.md").read_text()
    assert f"vaeclust needs {range_in_words}" in (ROOT / "Makefile").read_text()


def test_no_tested_version_refuses_a_promised_python():
    """What the installed packages say of themselves, so that no later 3.11 hides what 3.11.2 would meet."""
    pythons = [p for p in (f"3.{minor}.{patch}" for minor in MINORS for patch in range(30)) if p in PROMISED]
    refusals, seen = [], 0
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE):
        try:
            installed = metadata(name)
        except PackageNotFoundError:
            continue
        if installed["Version"].split("+")[0] == version:
            wanted = SpecifierSet(installed.get("Requires-Python", ""))
            refusals += [f"{name} {version} on {python}" for python in pythons if python not in wanted]
            seen += 1
    assert refusals == []
    assert seen > 100


def tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")[
        :-1
    ]


def test_nothing_is_tracked_that_must_not_be():
    for name in tracked():
        path = ROOT / name
        assert path.suffix not in {".ipynb", ".pkl", ".pickle", ".wav", ".mp3", ".flac", ".au", ".npz"}, name
        if path.exists() and "mathjax" not in name:
            assert path.stat().st_size <= 300_000, name


def test_no_parameter_hides_a_function_of_its_own_module():
    for path in sorted((ROOT / "vaeclust").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                given = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
                assert not given & functions, f"{path.name}, {node.name}"


def test_every_file_of_tests_has_a_name_of_its_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names)), "pytest would collect only one of two with the same name"


def test_every_mutant_that_changes_a_result_is_killed():
    """The list of ``.ci/mutants.py``: whoever draws it anew leaves no survivor without a test or a reason."""
    listed = pd.read_csv(ROOT / "tests" / "mutants.csv", keep_default_na=False)
    assert len(listed) >= 200
    assert listed["key"].is_unique
    assert set(listed["outcome"]) == {"killed", "harmless"}
    reasons = listed.loc[listed["outcome"] == "harmless", "by"]
    assert reasons.str.contains(" ").all()
    assert not reasons.str.fullmatch(r"\d+ tests?|no test runs it").any()
