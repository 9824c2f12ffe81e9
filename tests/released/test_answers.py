"""What front page, README and paper say follows the released records."""

import re

import pytest
from conftest import ROOT

import vaeclust
from vaeclust.evidence import claims, differences, pipelines
from vaeclust.evidence.differences import FIRST, FULL, KEYS, LAID_OUT, Pipeline
from vaeclust.evidence.how_far import pick_way
from vaeclust.evidence.words import mean_sd
from vaeclust.methods.catalogue import METHODS, STUDIED
from vaeclust.released import answers, facts
from vaeclust.released import found as released_found
from vaeclust.released.writing import marks
from vaeclust.studies import rules
from vaeclust.studies.descriptions import LISTENING
from vaeclust.studies.kept import released_labels, released_pipelines, released_records, released_study
from vaeclust.studies.records import STANDARD, pick
from vaeclust.studies.ways import HOW_FAR, STANDARDISED, Way

PAGES = ("index", "introduction", "related_work", "setup", "discussion", "acknowledgements")


def test_the_released_facts_are_those_of_the_records():
    assert facts.read_facts(ROOT) == released_found.all_facts()


def test_the_released_differences_are_those_of_the_clusters():
    kept = differences.released_differences(ROOT)
    clusters = pick(released_records("clusters", methods=["features", "umap"]), clusterer="kmeans")
    clusters = pick(clusters, condition=[STANDARD, rules.FULL_FEATURES])
    labels = released_labels()
    compared = (FIRST, FULL, LAID_OUT)
    found = differences.pipeline_differences(clusters, labels["genre"], compared, units=labels["artist"])
    keys = ["metric", "baseline", "baseline_clusterer", "baseline_condition", *KEYS]
    both = kept.merge(found, on=keys, suffixes=("", "_found"))
    assert list(kept) == list(found)
    assert len(both) == len(found) == 9
    assert (both["verdict"] == both["verdict_found"]).all()
    for name in ("mean", "low", "high"):
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_found"].to_numpy(), abs=1e-5)


def test_every_pipeline_has_its_released_gain():
    intervals = released_records("intervals", methods=released_pipelines())
    gains = differences.released_gains(FIRST)
    assert {Pipeline(*key) for key in pipelines.pipeline_means(intervals).index} == {
        FIRST, *map(Pipeline._make, gains[KEYS].to_numpy()),
    }  # fmt: skip
    verdicts = [differences.verdict(row.low, row.high) for row in gains.itertuples()]
    assert gains["verdict"].tolist() == verdicts


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


@pytest.fixture
def sentences():
    return answers.front_page_sentences(ROOT).splitlines()


class TestTheAnswer:
    """What the front page claims, and with it the abstract, the discussion and the paper: no more than the records.

    A release that breaks one of these asks for other sentences there, not for another test.
    """

    def test_it_has_four_sentences_without_a_typed_result(self, sentences):
        assert [line[:3] for line in sentences] == ["1. ", "2. ", "3. ", "4. "]
        assert re.findall(r"\d+\.\d+", "".join(sentences)) == []

    def test_no_network_is_above_pca_or_the_features(self, sentences):
        assert "The networks do not help." in sentences[0]
        trained = [slug for slug, method in STUDIED.items() if method.trained]
        found = pick(differences.released_differences(ROOT), baseline=["pca", "raw"], method=trained)
        assert len(found) == len(trained) * 2 * 2  # two baselines in NMI and in ARI
        assert "higher" not in set(found["verdict"])
        said = "Tested together with all other differences, these group them less well than the numbers: "
        said += "{{ lower_raw_nmi }}."
        assert said in sentences[0]
        family = pick(differences.released_differences(ROOT), baseline=["pca", "raw"])
        together = family[differences.survivors(family)]
        lower = pick(together, baseline="raw", metric="nmi", verdict="lower")["method"]
        assert set(lower) == {"beta_vae_4"}

    def test_tidier_clusters_are_not_tidier_in_one_space_for_all(self, sentences):
        assert "Tidy clusters mislead." in sentences[1]
        study = claims.released_study()
        own, shared = (study.difference("beta_vae_4", "pca", "silhouette", space=space) for space in ("own", "input"))
        assert (own["verdict"], shared["verdict"]) == ("higher", "lower")

    def test_more_features_and_umap_group_the_clips_better(self, sentences):
        assert "More measurements do help; UMAP, not everywhere." in sentences[2]
        means = pipelines.pipeline_means(released_records("intervals", methods=released_pipelines()))
        assert Pipeline(*means["nmi"].idxmax())._replace(clusterer="kmeans") == LAID_OUT  # or the consensus of several
        assert LAID_OUT == ("umap", "kmeans", rules.FULL_FEATURES)
        assert METHODS["umap"].settings["base"] == "raw"  # of the features, with no network in front
        for baseline, pipeline in ((FIRST, LAID_OUT), (FIRST, FULL), (FULL, LAID_OUT)):
            gain = pick(differences.released_gains(baseline), **pipeline._asdict())
            assert gain["verdict"].tolist() == ["higher"]

    def test_the_features_hold_elsewhere_and_umap_does_not(self, sentences):
        full = rules.FULL_FEATURES
        for name, part in (("songs1000", ""), ("gtzan", "artist_filtered")):
            found = pick(released_study(HOW_FAR, name).read("comparisons"), reference="genre", change=part)
            keys = ["method", "features", "baseline", "baseline_condition"]
            verdicts = found.set_index(keys)["verdict"]
            alone = f"{full}_{part}" if part else full
            assert verdicts["features", full, "features", part or "standard"] == "higher"
            assert verdicts["umap", full, "features", alone] == "none"
        songs = pick(released_study(HOW_FAR, "songs1000").read("comparisons"), reference="genre", kind="features")
        assert pick_way(songs, Way("features", STANDARDISED))["verdict"].tolist() == ["higher"]
        assert "no gain by UMAP can be seen" in sentences[2]

    def test_no_other_vae_and_no_other_number_of_clusters_helps(self, sentences):
        assert "Nor can its VAE with other settings or other numbers of clusters" in sentences[0]
        found = pick(released_study(HOW_FAR).read("comparisons"), reference="genre", method="vae", features="standard")
        asked = pick(found, kind=["tracks", "clusters", "training"])
        assert len(asked) == 2 + 5 + 9
        assert set(asked["verdict"]) <= {"lower", "none"}

    def test_what_was_heard_groups_the_clips_better_and_a_network_on_top_does_not(self, sentences):
        assert "It is not the model, it is the ear." in sentences[3]
        effects = (
            released_study(LISTENING)
            .read("effects")
            .set_index(["method", "condition", "baseline", "baseline_condition"])["verdict"]
        )
        measured = ("features", rules.FULL_FEATURES)
        assert effects["features", "tags", *measured] == "higher"
        assert effects["features", "plain_tags", *measured] == "higher"
        assert effects["vae", "tags", "features", "tags"] != "higher"
        text = (ROOT / "book" / "discussion.md").read_text("utf-8")
        assert "there is nothing left for a method to add that we can show" in text
        for method, condition in (("umap", "tags"), ("features", "tags_and_features")):
            assert effects[method, condition, "features", "tags"] != "higher"

    def test_a_network_in_front_of_umap_is_not_what_carries_the_gain(self):
        assert "a network in front of UMAP is not what" in (ROOT / "book" / "discussion.md").read_text("utf-8")
        assert "higher" not in set(differences.released_gains(LAID_OUT)["verdict"])

    def test_its_means_are_those_that_stand_elsewhere_with_their_spread(self):
        kept = facts.read_facts(ROOT)
        intervals = pick(released_records("intervals", methods=["umap"]), **LAID_OUT._asdict())
        nmi = pick(intervals, metric="nmi", reference="genre").iloc[0]
        assert mean_sd(nmi["mean"], nmi["sd"]).startswith(kept["answer_best"]["text"])
        for space, suffix in (("own", ""), ("input", "_input")):
            for slug in ("pca", "beta_vae_4"):
                whole = kept[f"{slug}_silhouette{suffix}"]["text"]
                assert whole.startswith(kept[f"answer_{slug}_{space}"]["text"])


def test_pages_quote_facts_and_type_no_result():
    for name in PAGES:
        text = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
        facts.fill_facts(text, facts.read_facts(ROOT))
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        assert not re.findall(r"\d+\.\d+|(?!95 )\b\d+ ?%", prose), name
    assert {quote.page.stem for quote in facts.quotes(ROOT)} == {
        "index",
        "introduction",
        "metrics",
        "setup",
        "discussion",
    }


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
