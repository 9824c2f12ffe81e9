"""The worked examples of CONTRIBUTING, as they stand there: made in a copy of the project, their files counted, run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import ROOT, command, copy_project

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_, *PARTS = re.split(r"^### Add a (\w+)\n", CONTRIBUTING.split("\n## Commits\n")[0], flags=re.MULTILINE)
EXAMPLES = dict(zip(PARTS[::2], PARTS[1::2], strict=True))
BLOCK = re.compile(r"^(`{3,4})\w+\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`((?:vaeclust|notebooks|book)/[\w/]+\.(?:py|md)|_toc\.yml)`")
FILES = {"method": 4, "metric": 2, "corpus": 1, "chapter": 2, "figure": 2}  # touched by each, at most


def edits(example):
    """Return the file and the text of every change: the last file that is named before it, where it can stand."""
    found = []
    for block in BLOCK.finditer(example):
        kind = block[0].split("\n")[0].lstrip("`")
        suffix = {"python": ".py", "yaml": ".yml", "md": ".md"}[kind]
        named = [name for name in FILE.findall(example[: block.start()]) if name.endswith(suffix)]
        found.append((named[-1], block[2]))
    return found


def place(path, text):
    """Put a change into a file, which may be new: a row into its table, a definition before it, all else at the end."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    table = (
        re.search(r"^[A-Z]+ = \{\n.*?^    \)\n\}\n", old, re.DOTALL | re.MULTILINE) if path.suffix == ".py" else None
    )
    at, before, after = len(old), "\n\n" if old else "", ""
    if re.match(r"(Method|Metric|Corpus)\(", text):
        at, before, text, after = table.end() - len("    )\n}\n"), "        ", text.rstrip(), ",\n"
    elif table:
        at, before, after = table.start(), "", "\n\n"
    elif text.startswith("|"):
        at, before = [row.end() for row in re.finditer(r"^\|.*\n", old, re.MULTILINE)][-1], ""
    elif path.suffix == ".yml":
        at, before = old.index("  - caption: Evidence\n"), ""
    path.write_text(old[:at] + before + text + after + old[at:], encoding="utf-8")


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """A copy of the project in which all five examples were followed, and the files that each of them touched."""
    folder, touched = tmp_path_factory.mktemp("examples"), {}
    copy_project(folder)
    for name in ("vaeclust", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("CONTRIBUTING.md", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for example in ("method", "chapter", "metric", "corpus", "figure"):
        before = contents(folder)
        for name, text in edits(EXAMPLES[example]):
            place(folder / name, text)
        touched[example] = {path for path, content in contents(folder).items() if before.get(path) != content}
    touched["method"] |= touched["chapter"]  # the one that it needs
    return folder, touched


@pytest.fixture(scope="module")
def environment(changed, tmp_path_factory):
    return {"PYTHONPATH": str(changed[0]), "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


def test_every_example_touches_few_files(changed):
    assert {example: len(paths) for example, paths in changed[1].items()} == FILES
    words = {1: "One file", 2: "Two files", 4: "Four files"}
    assert all(words[number] in EXAMPLES[example] for example, number in FILES.items())


def test_the_tests_of_the_tables_hold_for_the_new_rows(changed, environment):
    """No table of the tests' own has to know a new method or metric."""
    folder, _ = changed
    chosen = [
        "tests/scores/test_metrics.py", "tests/methods/test_models.py", "tests/methods/test_batched.py",
        "tests/book/test_style.py", "tests/evidence/test_words.py", "tests/evidence/test_evidence.py",
        "tests/book/test_chapters.py", "tests/corpus/test_named.py", "vaeclust/scores", "vaeclust/studies/protocol.py",
    ]  # fmt: skip
    names = "metric or page or colours or title or released or drawn or linear_autoencoder or tones or has_its_chapter"
    keys = f"({names} or trial or finite or counts) and not (sections or prose or exercises or players or labelled)"
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", "-k", keys]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *chosen], cwd=folder, text=True, capture_output=True,
        env={name: value for name, value in os.environ.items() if name != "VAECLUST_DATA"} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 50


def test_the_chapters_show_all_of_it(changed, environment, table):
    folder, _ = changed
    table.to_csv(folder / "small.csv", index=False)
    arguments = ["--with-dependencies", "--dataset", "small.csv", "-p", "seeds=2", "-p", "epochs=2"]
    slugs = ("07_comparison", "08_published_claims", "10_your_music", "11_explorer")
    done = command("vaeclust", "run", *slugs, *arguments, cwd=folder, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    results = folder / "results" / "small"
    comparison = pd.read_csv(results / "comparison.csv", index_col="method")
    assert comparison.loc["linear_autoencoder", "neighbour_share"] > 0
    assert comparison["neighbour_share"].notna().all()
    assert comparison["rank"].max() <= len(comparison) == 9
    scores = pd.read_csv(results / "linear_autoencoder" / "scores.csv")
    assert set(scores["condition"]) == {"standard", "untrained"}
    assert (results / "linear_autoencoder" / "figures" / "track_errors.svg").is_file()
    for slug, words in {
        "07_comparison": ["Linear autoencoder", "Neighbour share", "Linear autoencoder has no released records yet."],
        "10_your_music": ["Linear autoencoder"],
        "11_explorer": ["Linear autoencoder"],
    }.items():
        page = shown(folder / "book" / "chapters" / f"{slug}.ipynb")
        for word in words:
            assert word in page, (slug, word)
    drawn = (results / "comparison" / "figures" / "bars.svg").read_text()
    assert "#9600f0" in drawn  # the colour that it was given


def shown(path):
    return str([cell.get("outputs") for cell in nbformat.read(path, 4).cells])


def test_a_new_corpus_is_loaded_by_its_name(changed, environment):
    folder, _ = changed
    done = command("vaeclust", "data", "tones", cwd=folder, **environment)
    assert done.returncode == 0, done.stderr
    assert "tones: 24 tracks, 20 features, 2 genres" in done.stdout
    assert (folder / "results" / "tones" / "features.csv").is_file()
    assert (Path(environment["XDG_CACHE_HOME"]) / "vaeclust" / "tones" / "high" / "tone 23.wav").is_file()
    code = "import vaeclust as vc; print(vc.cells.corpus_paragraph(vc.load('tones')).data)"
    done = command("python", "-c", code, cwd=folder, **environment)
    assert "Two dozen <em>tones</em>" in done.stdout, done.stderr
