"""What the front page says of one's own corpus: its own answer, and none where there is none."""

from dataclasses import replace

import nbformat
import pytest

from vaeclust import cluster, fit, load, score
from vaeclust.book.pages import write_front
from vaeclust.cells.glue import PREFIX
from vaeclust.evidence.differences import baseline_differences
from vaeclust.evidence.front import ALONE, UNLABELLED, corpus_answer
from vaeclust.scores.uncertainty import intervals


def answered(corpus, seeds=(0, 1)):
    tables = []
    for slug in ("pca", "raw", "features"):
        fitted = fit(slug, corpus, list(seeds))
        clusters = cluster(fitted, clusterers=("kmeans",))
        tables.append((clusters.assign(method=slug), score(fitted, clusters)))
    clusters, scores = (pytest.importorskip("pandas").concat(parts) for parts in zip(*tables, strict=True))
    table = intervals(scores)
    return corpus_answer(corpus, table, baseline_differences(clusters, corpus.class_of)), table


def test_the_answer_is_told_by_the_headline(corpus):
    told = corpus.tracks.assign(raga=["yaman", "bhairav"] * 60)
    found, table = answered(replace(corpus, tracks=told, labels=("raga", "genre")))
    raw = table.query("method == 'raw' and metric == 'nmi' and reference == 'raga'")["mean"].item()
    assert f"NMI of {raw:.3f}" in found["front_answer"]
    assert "with raga, on PCA" in found["front_answer"]
    assert "no difference can be seen" in found["front_answer"]
    assert "2 values of raga, 4 genres" in found["front_corpus"]


def test_what_cannot_be_said_is_not_said(corpus):
    assert answered(replace(corpus, labels=()))[0]["front_answer"] == UNLABELLED
    assert answered(corpus, seeds=[0])[0]["front_answer"].endswith(ALONE)
    demo = load("demo")
    assert corpus_answer(demo, None, None) == {}


def page(folder, slug, statements=(), drawing=""):
    cells = [nbformat.v4.new_markdown_cell(f"# The page {slug}")]
    for name, text in dict(statements).items():
        about = {"scrapbook": {"name": name}, "source": "a record"}
        data = {f"{PREFIX}text/plain": repr(text)}
        cells.append(nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data, metadata=about)]))
    if drawing:
        output = nbformat.v4.new_output("display_data", {"image/svg+xml": drawing})
        named = {"mystnb": {"figure": {"name": "your-music-map"}}}
        cells.append(nbformat.v4.new_code_cell(outputs=[output], metadata=named))
    path = folder / f"{slug}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_the_front_page_opens_with_answer_map_and_pages(tmp_path):
    told = {"front_corpus": "my *songs*: 12 tracks", "front_answer": "None of the networks."}
    pages = {
        "07_comparison": page(tmp_path, "07_comparison", told),
        "10_your_music": page(tmp_path, "10_your_music", drawing="<svg>the map</svg>"),
    }
    front = tmp_path / "this_corpus.txt"
    write_front(pages, front)
    text = front.read_text()
    assert text.startswith("## Your corpus: my \\*songs\\*\n\n12 tracks.\n\nNone of the networks.\n")
    assert "{image} chapters/this_corpus.svg" in text
    assert (tmp_path / "this_corpus.svg").read_text() == "<svg>the map</svg>"
    assert "[The page 10_your_music](chapters/10_your_music.ipynb)" in text
    pages["07_comparison"] = page(tmp_path, "07_comparison")
    write_front(pages, front)
    assert front.read_text().strip() == ""  # the demo, and GTZAN, have nothing of their own to say
