"""What has not changed is not run again; what has changed is."""

import json
import os
import shutil
from concurrent.futures import Future

import pytest
from conftest import ROOT

from vaeclust.book import chapters, imports, unchanged
from vaeclust.book import run as book_run

SMALL = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
    jupytext_version: 1.19.6
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
vaeclust:
  after: {after}
---

# {slug}

```{{code-cell}} ipython3
:tags: [parameters]

dataset = "demo"
seeds = 2
results_dir = "results"
```

```{{code-cell}} ipython3
from vaeclust.files import replacement, resolve
with replacement(resolve(results_dir) / "{slug}" / "scores.csv") as path:
    path.write_text(f"{{seeds}}, {slug}\\n")
```
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A project of two chapters, the second of which reads the first one's records; both have really been run."""
    folder = tmp_path_factory.mktemp("reuse") / "project"
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", folder)
    for slug, after in (("00_first", "[]"), ("01_second", "[00_*]")):
        (folder / "notebooks" / f"{slug}.md").write_text(SMALL.format(slug=slug, after=after))
    (folder / "data.csv").write_text("track_id\na\n")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        assert [outcome.kept for outcome in run()] == [False, False]
    shutil.copytree(folder, folder.with_name("untouched"))
    return folder


@pytest.fixture
def book(executed, monkeypatch):
    """The project as it was after that run."""
    shutil.rmtree(executed)
    shutil.copytree(executed.with_name("untouched"), executed)
    monkeypatch.chdir(executed)
    return executed


def run(**options):
    parameters = {"dataset": "data.csv", **options.pop("parameters", {})}
    outcomes = book_run.run_chapters(list(chapters.all_chapters().values()), parameters, jobs=1, **options)
    assert [outcome.error for outcome in outcomes] == ["", ""]
    return outcomes


class Pool:
    """Takes the place of the pool of kernels, and says that a chapter ran without running it."""

    def __init__(self, *arguments, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, function, chapter, parameters):
        done = Future()
        done.set_result(book_run.Outcome(chapter.slug, 0.0))
        return done


@pytest.fixture
def kept(monkeypatch):
    """Return which chapters would be kept, without starting a kernel."""
    monkeypatch.setattr(book_run, "ProcessPoolExecutor", Pool)
    return lambda **options: [outcome.kept for outcome in run(**options)]


def test_unchanged_chapters_are_kept(book, kept):
    assert kept() == [True, True]


def test_a_new_text_is_run_and_what_comes_after_it(book):
    path = book / "notebooks" / "00_first.md"
    path.write_text(path.read_text() + "\nA new sentence.\n")
    pages = [book / "book" / "chapters" / f"{slug}.ipynb" for slug in ("00_first", "01_second")]
    before = [page.stat().st_mtime_ns for page in pages]
    assert [outcome.kept for outcome in run()] == [False, False]
    assert "A new sentence." in pages[0].read_text()
    between = [page.stat().st_mtime_ns for page in pages]
    assert all(new > old for new, old in zip(between, before, strict=True))
    assert [outcome.kept for outcome in run()] == [True, True]
    assert [page.stat().st_mtime_ns for page in pages] == between


def data(book):
    (book / "data.csv").write_text("track_id\nb\n")


def record(book):
    (book / "results" / "00_first" / "scores.csv").unlink()


def record_of_another_run(book):
    path = book / "results" / "00_first" / "scores.csv"
    path.write_text("5, 00_first\n")


def page(book):
    (book / "book" / "chapters" / "00_first.ipynb").unlink()


def interrupted(book):
    (book / "_build" / "kept" / "00_first.json").unlink()


def half_a_note(book):
    path = book / "_build" / "kept" / "00_first.json"
    path.write_text(path.read_text()[:50])


@pytest.mark.parametrize("change", [data, record, record_of_another_run, page, interrupted, half_a_note])
def test_what_has_changed_is_run_again_and_what_comes_after_it(book, kept, change):
    change(book)
    assert kept() == [False, False]


def test_a_parameter_the_package_and_force_run_again(book, kept, monkeypatch):
    assert kept(parameters={"seeds": "3"}) == [False, False]
    assert kept(parameters={"seeds": "3"}, force=True) == [False, False]
    monkeypatch.setattr(unchanged, "package_digest", lambda modules: "another version")
    assert kept(parameters={"seeds": "3"}) == [False, False]


def test_a_later_chapter_may_add_to_earlier_records(book):
    path = book / "notebooks" / "01_second.md"
    path.write_text(path.read_text().replace('"01_second" / "scores.csv"', '"00_first" / "scores.csv"'))
    assert [outcome.kept for outcome in run()] == [True, False]
    assert (book / "results" / "00_first" / "scores.csv").read_text() == "2, 01_second\n"
    assert [outcome.kept for outcome in run()] == [True, True]


def test_the_package_is_its_code_and_its_reference_files(tmp_path):
    shutil.copytree(ROOT / "vaeclust", tmp_path / "vaeclust")
    before = unchanged.content_digest(tmp_path / "vaeclust")
    assert unchanged.content_digest(tmp_path / "vaeclust") == before
    for name in ("scores/metrics.py", "evidence/reference/published_table.csv"):
        path = tmp_path / "vaeclust" / name
        path.write_text(path.read_text() + "\n")
        assert unchanged.content_digest(tmp_path / "vaeclust") != before
        before = unchanged.content_digest(tmp_path / "vaeclust")
    (tmp_path / "vaeclust" / "__pycache__" / "x.pyc").parent.mkdir(exist_ok=True)
    (tmp_path / "vaeclust" / "__pycache__" / "x.pyc").write_bytes(b"0")
    assert unchanged.content_digest(tmp_path / "vaeclust") == before


def test_a_chapter_brings_in_what_it_uses_and_what_that_uses(tmp_path):
    chapter = tmp_path / "chapter.md"
    cell = "```{code-cell} ipython3\n:tags: [hide-output]\n\n"
    chapter.write_text(f"Text about vc.fit.\n\n{cell}import vaeclust as vc\nvc.scores.nmi([0], [0])\n```\n")

    def brought_in():
        return {path.relative_to(imports.PACKAGE).as_posix() for path in imports.chapter_modules(chapter)}

    assert brought_in() == {"scores/labels.py"}
    chapter.write_text(chapter.read_text().replace("vc.scores.nmi([0], [0])", "vc.fit('vae', vc.load('demo'))"))
    found = brought_in()
    assert {"methods/training.py", "methods/models.py", "corpus/demo/synthesis.py", "files.py"} <= found
    assert "corpus/reference/gtzan_mini.md5" in found
    assert not any(name.startswith(("plots", "evidence", "book", "cli")) for name in found)


@pytest.mark.parametrize("chapter", sorted((ROOT / "notebooks").glob("*.md")), ids=lambda path: path.stem)
def test_no_chapter_hangs_on_the_runner_or_on_the_whole_package(chapter):
    found = {path.relative_to(imports.PACKAGE).as_posix() for path in imports.chapter_modules(chapter)}
    assert {"corpus/dataset.py", "plots/style.py"} <= found
    assert not any(name.startswith("book/") or name == "cli.py" for name in found)
    assert len(found) < 0.75 * len(list(imports.PACKAGE.rglob("*.py")))


def test_a_folder_of_music_is_all_its_files(tmp_path):
    music = tmp_path / "music"
    (music / "a").mkdir(parents=True)
    (music / "a" / "song.wav").write_bytes(b"0")
    chapter = tmp_path / "chapter.md"
    chapter.write_text("text")

    def digest():
        return unchanged.chapter_digest(chapter, {"dataset": str(music)}, "", [], released=tmp_path / "released")

    before = digest()
    assert digest() == before
    os.utime(music / "a" / "song.wav", ns=(1, 1))
    assert digest() != before
    before = digest()
    (music / "a" / "other.wav").write_bytes(b"0")
    assert digest() != before


def test_released_records_count_where_a_chapter_speaks_of_them(tmp_path):
    released = tmp_path / "released"
    released.mkdir()
    for words, counts in (("vc.release.released('scores')", True), ("vc.fit('vae')", False)):
        chapter = tmp_path / "chapter.md"
        chapter.write_text(words)
        before = unchanged.chapter_digest(chapter, {}, "", [], released=released)
        (released / f"{counts}.csv").write_text("1")
        assert (unchanged.chapter_digest(chapter, {}, "", [], released=released) != before) == counts


def test_notes_hold_no_more_than_is_needed(book):
    note = json.loads((book / "_build" / "kept" / "01_second.json").read_text())
    assert list(note["files"]) == [str((book / "results" / "01_second" / "scores.csv").resolve())]
