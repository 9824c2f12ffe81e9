"""The button that opens a chapter in Binder: there with a repository's address (test_book: not there without)."""

import subprocess

import pytest
from conftest import ROOT, command

from vaeclust.book.binder import address

BINDER = "https://mybinder.org/v2/gh/owner/name/main?urlpath=lab%2Ftree%2Fnotebooks%2F03_vae.md"


@pytest.fixture
def small_book(project):
    """One executed chapter and one page of prose, under the book's own settings."""
    (project / "_toc.yml").write_text("format: jb-book\nroot: book/metrics\nchapters:\n- file: book/chapters/03_vae\n")
    page = project / "book" / "chapters" / "03_vae.ipynb"
    page.parent.mkdir()
    page.write_text('{"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# VAE"}],'
                    '"metadata": {}, "nbformat": 4, "nbformat_minor": 5}')  # fmt: skip
    (project / "book" / "_static" / "plotly.min.js").touch()
    return project


def built(project, **environment):
    done = command("jupyter-book", "build", ".", "--all", cwd=project, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return [
        (project / "_build" / "html" / "book" / f"{name}.html").read_text() for name in ("metrics", "chapters/03_vae")
    ]


def test_every_chapter_has_a_button_where_the_repository_is_known(small_book):
    configuration = small_book / "_config.yml"
    text = configuration.read_text()
    assert text.count('repository_url: ""') == 1
    prose, chapter = built(small_book, VAECLUST_REPOSITORY="https://github.com/owner/name")
    assert "mybinder.org" not in prose
    assert chapter.count(BINDER) == 1
    configuration.write_text(text.replace('repository_url: ""', "repository_url: https://github.com/owner/other"))
    prose, chapter = built(small_book)
    assert "mybinder.org" not in prose
    assert chapter.count(BINDER.replace("name", "other")) == 1


def test_the_address_is_that_of_binder():
    assert address("https://github.com/owner/name.git", "main", "notebooks/03_vae.md") == BINDER
    other = address("https://codeberg.org/owner/name/", "a/b", "notebooks/03_vae.md")
    assert "/v2/git/https%3A%2F%2Fcodeberg.org%2Fowner%2Fname/a%2Fb?urlpath=" in other
    for bad in ("owner/name", "git@github.com:owner/name", "javascript:alert(1)", "https://github.com/owner"):
        with pytest.raises(ValueError, match=r"expected such as https://github\.com"):
            address(bad, "main", "x.md")


def test_what_binder_runs_is_a_program_of_commands_that_exist(tmp_path):
    script = ROOT / "postBuild"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True)
    assert command("jupytext-config", "--help", cwd=tmp_path).returncode == 0
    for line in script.read_text().splitlines():
        assert line.split()[0] in {"#!/bin/bash", "#", "set", "jupytext-config", "vaeclust"}
