"""The files around the package agree with each other."""

import re
import subprocess
import tomllib

import yaml
from conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "soundfile": "pysoundfile"}


PYPI_ONLY = {"typst"}  # conda-forge's typst is the program; `pip: -e .` installs the Python package


def test_the_conda_environment_is_that_of_pip():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    listed = [line for line in environment["dependencies"] if isinstance(line, str)]
    wanted = []
    for requirement in PYPROJECT["project"]["dependencies"]:
        name, bounds = re.match(r"([\w.-]+)(.*)", requirement).groups()
        if name not in PYPI_ONLY:
            wanted.append(CONDA_NAMES.get(name, name) + bounds)
    assert sorted(listed) == sorted([*wanted, "pip", "python" + PYPROJECT["project"]["requires-python"]])
    assert {"pip": ["-e ."]} in environment["dependencies"]


def test_every_dependency_has_a_tested_version():
    pinned = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    for requirement in [*PYPROJECT["project"]["dependencies"], *(r for extra in extras for r in extra)]:
        name = re.match(r"[\w.-]+", requirement).group().lower()
        assert name in pinned, name


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
