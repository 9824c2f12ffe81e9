"""The PDF: typeset from the released records alone, complete, and the same bytes each time."""

import json
import re
import time

import pytest
from conftest import ROOT, copy_project

from vaeclust.released import facts, paper
from vaeclust.released.typst import page_sections, to_typst

SOURCE = (ROOT / "book" / "paper" / "paper.typ").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def typeset(tmp_path_factory):
    """A project without results whose paper was typeset; and the PDF."""
    project = copy_project(tmp_path_factory.mktemp("paper"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        yield project, paper.build_paper().read_bytes()


def query(project, selector, **options):
    import typst

    source = project / "book" / "paper" / "paper.typ"
    return json.loads(typst.query(source, selector, root=project, ignore_system_fonts=True, **options))


def test_a_second_run_gives_the_same_bytes(typeset):
    project, first = typeset
    time.sleep(1.1)  # a date of the run would differ
    assert paper.build_paper() == project / paper.PDF
    assert (project / paper.PDF).read_bytes() == first
    assert first.startswith(b"%PDF-")


def test_at_least_nine_pages_stand_before_the_references(typeset):
    project, _ = typeset
    (page,) = query(project, "<references-start>", field="value")
    assert page >= 10


def test_every_figure_and_table_is_in_the_paper(typeset):
    project, _ = typeset
    assert set(re.findall(r'picture\("(\w+)"', SOURCE)) == {*paper.FIGURES, "answer"}
    assert set(re.findall(r'listing\("(\w+)"', SOURCE)) == set(paper.tables())
    shown = query(project, "figure")
    assert len(shown) == len(paper.FIGURES) + 2 + len(paper.tables())  # and the answer, and the networks
    referred = set(re.findall(r"@([a-z-]+)(?![\w-])", SOURCE))
    assert {entry["label"].strip("<>") for entry in shown} - referred == set()
    for path in (project / paper.BUILD).glob("*.svg"):
        assert path.read_text(encoding="utf-8").count("<use") + path.read_text(encoding="utf-8").count("<path") > 30, (
            path
        )


def test_the_sections_are_those_of_a_paper(typeset):
    project, _ = typeset
    titles = [entry["body"].get("text", "") for entry in query(project, "heading.where(level: 1)")]
    assert titles[:8] == [
        "Introduction", "Related work", "Data", "Methods", "Metrics", "Experimental set-up", "Results", "Discussion",
    ]  # fmt: skip


def test_tables_hold_the_numbers_of_the_records(typeset):
    project, _ = typeset
    data = json.loads((project / paper.BUILD / "data.json").read_text(encoding="utf-8"))
    kept = {name: fact["text"] for name, fact in facts.read_facts(ROOT).items()}
    scores = {row[0]: row[1:] for row in data["scores"][1:]}
    names = ("silhouette", "calinski_harabasz", "davies_bouldin", "ari", "nmi", "ami", "purity")
    assert [cell.strip("*") for cell in scores["VAE"][:7]] == [kept[f"vae_{name}"] for name in names]
    assert len(data["claims"]) == 1 + int(kept["claims"])
    assert data["pipelines"][1][0] == kept["best"]
    assert [net["parameters"] for net in data["networks"]] == ["24,740", "25,780", "31,649", "33,490"]


def test_no_result_is_typed_into_the_paper():
    prose = re.sub(r"//.*", "", SOURCE)
    assert re.findall(r"\d+\.\d+(?!\d|pt|em|in|fr)", prose.replace("1.1", "")) == []
    assert set(re.findall(r"\b\d+ ?%", prose)) <= {"95 %", "5 %", "100%", "88%"}


def test_markdown_becomes_typst():
    page = (
        "# Title\n\nBefore.\n\n## One\n\nA *b* **c**; see {cite:p}`x2001,y2002`; {cite:t}`z` has `$a`.\n\n"
        "- [link](x.md) 5 * 3\n- two\n"
    )
    assert page_sections(page) == {"": "\nBefore.\n\n", "One": page.split("## One\n")[1]}
    text = to_typst(page)
    assert "Title" not in text
    assert "== One\n" in text
    assert (
        'A #emph[b]; #strong[c];; see #cite(<x2001>); #cite(<y2002>);; #cite(<z>, form: "prose"); has #raw("$a");.'
        in text
    )
    assert "- link 5 \\* 3\n- two\n" in text
    assert to_typst("a_b #c @d > $f") == "a\\_b \\#c \\@d \\> \\$f\n\n"


def test_what_cannot_be_typeset_is_an_error():
    with pytest.raises(ValueError, match=r"image in a prose page cannot be typeset"):
        to_typst("![picture](x.png)")
    with pytest.raises(ValueError, match="blockquote_open in a prose page"):
        to_typst("> quoted")


def test_the_front_page_links_to_the_paper():
    assert f"({paper.PDF.relative_to('book')})" in (ROOT / "book" / "index.md").read_text(encoding="utf-8")
