"""What front page, README and paper say follows the released records."""

import re

import pandas as pd
import pytest
from conftest import ROOT

import vaeclust
from vaeclust.evidence import differences, pipelines
from vaeclust.methods import catalogue
from vaeclust.released import answers, facts
from vaeclust.released import found as released_found
from vaeclust.released.writing import marks
from vaeclust.studies import rules
from vaeclust.studies.kept import released_genres, released_records

PAGES = ("index", "introduction", "related_work", "setup", "discussion", "acknowledgements")


def test_the_released_facts_are_those_of_the_records():
    assert facts.read_facts(ROOT) == released_found.all_facts()


def test_the_released_differences_are_those_of_the_clusters():
    kept = differences.released_differences(ROOT)
    clusters = released_records("clusters", methods=["features", "umap"]).query("clusterer == 'kmeans'")
    found = released_found.pipeline_differences(clusters, released_genres())
    both = kept.merge(found, on=["metric", "baseline", "method"], suffixes=("", "_found"))
    assert len(both) == len(found) == 9
    for name in ("mean", "low", "high"):
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_found"].to_numpy(), abs=1e-5)
    assert set(pipelines.pipeline_means(released_records("intervals", methods=rules.REPRESENTATIONS)).index) <= set(
        kept["method"]
    ) | {pipelines.FIRST}


@pytest.mark.parametrize("mode", answers.PICTURES)
def test_the_picture_is_that_of_the_records(mode, tmp_path):
    answers.save_picture(tmp_path / "answer.svg", mode)
    assert (tmp_path / "answer.svg").read_bytes() == (ROOT / answers.PICTURES[mode]).read_bytes()


def test_the_readme_has_the_answer_of_the_records():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start, end = marks("answer")
    assert text.split(start)[1].split(end)[0].strip() == answers.readme_answer(ROOT)
    for path in re.findall(r'(?:src|srcset)="([^"]+)"', text):
        assert (ROOT / path).is_file()


def test_the_sentences_turn_with_the_numbers():
    found = {name: {"text": text} for name, text in (("tracks", "9"), ("features", "2"), ("best", pipelines.FIRST))}
    rows = pd.DataFrame([
        {"metric": "nmi", "baseline": baseline, "method": slug, "mean": 0.0, "low": -1.0, "high": 1.0}
        for baseline in ("pca", "raw") for slug, method in catalogue.STUDIED.items() if method.trained
    ])  # fmt: skip
    said = released_found._networks(found, rows)
    assert said["answer_networks"].startswith("None of the networks of the study can be shown to group the 9 clips")
    assert said["answer_networks"].endswith("without any network.")
    rows.loc[rows["method"] == "vae", "low"] = 0.1
    rows.loc[rows["method"] == "autoencoder", "high"] = -0.1
    rows.loc[rows["method"] == "conv_vae", "high"] = -0.1
    said = released_found._networks(found, rows)
    assert said["lead_networks"] == "Some networks help."
    assert said["answer_networks"].startswith("Of the networks of the study, VAE groups")
    assert said["answer_networks"].endswith("; Autoencoder and Conv-VAE group them less well.")

    unsure = released_found._helps(found, {"mean": 0.1, "low": -0.1, "high": 0.3})
    assert unsure["answer_helps"].startswith(
        "Nothing that we tried helps for sure, not even the same features, as they are"
    )


def test_pages_quote_facts_and_type_no_result():
    for name in PAGES:
        text = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
        facts.fill_facts(text, facts.read_facts(ROOT))
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        assert not re.findall(r"\d+\.\d+|(?!95 )\b\d+ ?%", prose), name
    assert {quote.page.stem for quote in facts.quotes(ROOT)} == {"index", "introduction", "setup", "discussion"}


def test_an_unknown_fact_is_an_error():
    with pytest.raises(KeyError, match="no_such"):
        facts.fill_facts("{{ no_such }}", facts.read_facts(ROOT))


def test_the_citation_is_the_same_everywhere():
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "book/acknowledgements.md")]
    entries = [re.findall(r"```bibtex\n(.*?)```", page, re.DOTALL) for page in pages]
    assert entries[0] == entries[1]
    assert f"Version {vaeclust.__version__}" in entries[0][0]
    released_as = (ROOT / "book" / "references.bib").read_text(encoding="utf-8").split("\n}")[0]
    assert " ".join(re.findall(r"\w+", released_as)) == " ".join(re.findall(r"\w+", entries[0][1]))
