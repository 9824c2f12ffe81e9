"""The lines on the page ``reproduce``: each names programs, options, chapters and parameters that exist."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from typer.main import get_command

from vaeclust.book import chapters
from vaeclust.cli import app
from vaeclust.cores import SCHEDULER

PAGE = (ROOT / "book" / "reproduce.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def words_of(program):
    found = [shlex.split(line, comments=True) for line in LINES]
    return [words[words.index(program) + 1 :] for words in found if program in words]


def test_the_page_has_a_recipe_for_every_way():
    assert len(words_of("make")) >= 7
    assert len(words_of("papermill")) >= 1
    assert len(words_of("vaeclust")) >= 12
    assert len(words_of("dask")) == 2
    assert "lab" in {words[0] for words in words_of("make")}


@pytest.mark.parametrize("words", words_of("vaeclust"), ids=" ".join)
def test_our_own_lines_are_understood(words, monkeypatch):
    monkeypatch.setenv(SCHEDULER, "")  # the option of that name sets it; no other test shall find it set
    verb, *rest = words
    command = get_command(app).commands[verb]
    given = command.make_context(verb, rest, resilient_parsing=False).params  # raises for what it does not know
    names = given.get("names") or []
    chosen = chapters.choose_chapters(names, with_dependencies=given.get("with_dependencies", False))
    chapters.typed_parameters(chosen, dict(pair.split("=", 1) for pair in given.get("parameter", [])))


@pytest.mark.parametrize("words", words_of("papermill"), ids=" ".join)
def test_lines_of_papermill_name_a_chapter_and_its_parameters(words):
    source, _, *flags = words
    path = ROOT / source.removeprefix("jupytext://")
    known = chapters.all_chapters(ROOT)[path.stem].parameters
    assert set(flags[::3]) <= {"-p", "-r"}
    for flag, name, value in zip(flags[::3], flags[1::3], flags[2::3], strict=True):
        assert (flag == "-r") == isinstance(known[name], str), name
        type(known[name])(value)


def test_lines_of_make_name_targets_and_variables():
    makefile = (ROOT / "Makefile").read_text()
    for target, *settings in words_of("make"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        for setting in settings:
            assert re.search(rf"^{setting.split('=')[0]} \?=", makefile, re.MULTILINE), setting


def test_the_programs_are_installed():
    own = Path(sys.executable).parent
    for line in LINES:
        program = next(word for word in shlex.split(line, comments=True) if not re.match(r"\w+=", word))
        assert shutil.which(program) or (own / program).exists(), line
