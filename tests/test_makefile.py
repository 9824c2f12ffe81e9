"""What can be typed behind ``make``: every option of the commands, and nothing that is passed over without a word."""

import subprocess

import pytest
import typer
from conftest import ROOT

from vaeclust.cli import app

CALLED = {"parameter": "PARAMETERS", "sources": "MUSIC"}
COMMANDS = typer.main.get_command(app).commands


def told(*arguments, **environment):
    """What make would do."""
    return subprocess.run(
        ["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )  # fmt: skip


@pytest.mark.parametrize("command", ["book", "listen"])
def test_every_option_of_a_command_is_a_variable(command):
    for option in COMMANDS[command].params:
        variable = CALLED.get(option.name, option.name.upper())
        value = "1" if variable == "FORCE" else "--any thing" if variable == "PARAMETERS" else "any thing"
        done = told(command, f"{variable}={value}")
        assert done.returncode == 0, done.stderr
        line = done.stdout.splitlines()[-1]
        wanted = {"FORCE": "--force", "PARAMETERS": value, "MUSIC": f'"{value}"', "JOBS": f"--jobs {value}"}
        assert wanted.get(variable, f'--{option.name} "{value}"') in line


def test_nothing_is_said_to_a_command_that_was_not_given():
    line = told("book", NAME="the name of this machine", METHOD="x").stdout.splitlines()[-1]
    assert line.split() == [".venv/bin/vaeclust", "book", "--dataset", '"demo"', "--lyrics", '""', "--jobs", "0"]


@pytest.mark.parametrize("variable", ["FEATURE", "DATASETS", "features"])
def test_a_misspelt_variable_is_an_error(variable):
    done = told("book", f"{variable}=full")
    assert done.returncode == 2
    assert f"no variable {variable}; expected one of PYTHON DATASET" in done.stderr
