"""What is built is what the table of contents lists, whatever the project's folder is called."""

import subprocess
import sys

import pytest

from vaeclust.book.contents import unlisted_pages

BUILD = ["-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-W", "-n", "--keep-going", "--all"]


@pytest.fixture
def small_book(tmp_path):
    folder = tmp_path / "vaeclust [copy] *"
    (folder / "book").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n- file: book/metrics.md\n")
    config = "only_build_toc_files: true\nsphinx:\n  extra_extensions: [vaeclust.book.contents]\n"
    (folder / "_config.yml").write_text(config)
    (folder / "book" / "index.md").write_text("# Front\n\n[metrics](metrics.md)\n")
    (folder / "book" / "metrics.md").write_text("# Metrics\n\n[back](index.md)\n")
    (folder / "book" / "draft [1].md").write_text("# A draft\n\n[nowhere](gone.md)\n")
    (folder / "notebooks" / "01_pca.md").write_text("# Source\n\n[as a page has it](../metrics.md)\n")
    return folder


def test_what_is_not_listed_is_left_out(small_book):
    assert unlisted_pages(small_book, [".md", ".ipynb"]) == ["book/draft [1].md", "notebooks/01_pca.md"]


def test_a_project_in_a_folder_called_like_a_pattern_is_built(small_book):
    done = subprocess.run([sys.executable, *BUILD], cwd=small_book, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    built = {path.name for path in (small_book / "_build" / "html").rglob("*.html")}
    assert {"index.html", "metrics.html"} <= built
    assert not {"01_pca.html", "draft [1].html"} & built
