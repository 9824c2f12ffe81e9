"""Verdicts follow the records: with other records the words change."""

from dataclasses import replace

import pandas as pd
import pytest

from vaeclust.evidence import claims
from vaeclust.evidence.claims import (
    FAILS,
    HOLDS,
    PARTLY,
    UNTESTABLE,
    judge,
    origins,
    percentage_origin,
    percentage_origins,
)
from vaeclust.evidence.ranks import overall_origins
from vaeclust.scores.uncertainty import intervals
from vaeclust.studies.records import pick


@pytest.fixture(scope="module")
def study():
    return claims.released_study("gtzan")


def changed(study, method, metrics, by, *, space=None):
    """The study with the scores of one method moved, and intervals to match."""
    scores = study.scores.copy()
    chosen = (scores["method"] == method) & scores["metric"].isin(metrics)
    if space:
        chosen &= scores["space"] == space
    scores.loc[chosen, "value"] += by
    return replace(study, scores=scores, intervals=intervals(scores))


def test_every_claim_is_judged_with_an_effect_and_a_reason(study):
    table = judge(study)
    assert table.index.tolist() == [f"C{i}" for i in range(1, 13)]
    assert set(table["verdict"]) <= {HOLDS, PARTLY, FAILS, UNTESTABLE}
    assert table.map(len).min(axis=None) > 3
    assert not table["effect"].str.contains("nan").any()


def test_what_the_real_records_say(study):
    verdicts = judge(study)["verdict"]
    assert verdicts["C12"] == verdicts["C10"] == verdicts["C8"] == FAILS
    assert verdicts["C3"] == verdicts["C4"] == verdicts["C7"] == PARTLY
    assert verdicts["C9"] == UNTESTABLE


@pytest.mark.parametrize(
    ("claim", "method", "metrics", "by", "space", "expected"),
    [
        ("C1", "vae", ["silhouette", "ari", "nmi", "purity"], 0.5, None, HOLDS),
        ("C2", "conv_vae", ["ari"], 0.1, None, HOLDS),
        ("C2", "conv_vae", ["ari"], -0.1, None, FAILS),
        ("C3", "beta_vae_4", ["silhouette"], 0.5, "input", HOLDS),
        ("C3", "beta_vae_4", ["silhouette"], -0.5, "own", FAILS),
        ("C4", "beta_vae_4", ["ari"], -0.1, None, HOLDS),
        ("C4", "beta_vae_4", ["ari"], 0.1, None, FAILS),
        ("C5", "multimodal_vae", ["nmi"], 0.3, None, HOLDS),
        ("C5", "multimodal_vae", ["nmi", "silhouette"], 0.3, None, PARTLY),
        ("C7", "vae", ["silhouette", "nmi", "ari"], 0.3, None, HOLDS),
        ("C7", "vae", ["silhouette", "nmi", "ari"], -0.3, None, FAILS),
        ("C8", "pca", ["ari", "nmi", "purity"], -0.3, None, HOLDS),
        ("C12", "beta_vae_1", ["ari"], 0.01, None, HOLDS),
    ],
)
def test_flipped_records_flip_the_verdict(study, claim, method, metrics, by, space, expected):
    assert judge(changed(study, method, metrics, by, space=space)).loc[claim, "verdict"] == expected


@pytest.mark.parametrize(
    ("metric", "space"), [("silhouette", "own"), ("silhouette", "input"), ("nmi", None), ("ari", None)]
)
def test_every_score_that_a_claim_names_has_to_rise(study, metric, space):
    risen = changed(study, "vae", ["silhouette", "nmi", "ari"], 0.3)
    assert judge(changed(risen, "vae", [metric], -0.6, space=space)).loc["C7", "verdict"] == PARTLY


def test_lyrics_that_help_and_are_rightly_joined_carry_meaning(study):
    def verdict(**changed):
        lyrics = study.lyrics.set_index("baseline_condition")
        lyrics["verdict"] = lyrics.index.map({**lyrics["verdict"], **changed})
        return judge(replace(study, lyrics=lyrics.reset_index())).loc["C6", "verdict"]

    assert verdict(shuffled="higher", audio="lower") == HOLDS
    assert verdict(shuffled="higher", audio="higher") == verdict(shuffled="none", audio="lower") == PARTLY
    assert verdict(shuffled="none", audio="none") == FAILS
    assert judge(replace(study, lyrics=study.lyrics[:0])).loc["C6", "verdict"] == UNTESTABLE


def test_every_claim_has_a_rule_and_the_rules_say_what_is_done(study):
    rules = claims.verdict_rules()
    assert rules.index.tolist() == judge(study).index.tolist()
    assert claims.STRONGLY == 0.5
    assert "half of it" in rules["C4"]


def test_methods_are_taken_as_the_study_ran_them(study):
    """The multi-modal model joins its lyrics by row there; the ranking with lyrics by track is another."""
    scores = study.scores.copy()
    scores.loc[scores["condition"] == "published_lyrics", "value"] += 5
    other = judge(replace(study, scores=scores, intervals=intervals(scores)))
    assert other.loc["C1", "verdict"] == FAILS
    assert judge(study).loc["C1", "verdict"] == HOLDS
    assert "rank 2" in judge(study).loc["C1", "reason"]


def test_the_printed_overall_scores_come_from_the_results_file():
    off = overall_origins().rsub(overall_origins()["printed"], axis=0).abs()
    assert off["results_file"].max() < 0.01 < 0.3 < off["table"].max()
    assert overall_origins().loc["vae"].round(3).tolist() == [0.727, 0.724, 0.706]


def test_the_words_on_disentanglement_follow_the_measures(study):
    def effect(by):
        codes = study.codes.copy()
        codes.loc[codes["name"] == "beta_vae_4", "value"] += by
        return judge(replace(study, codes=codes)).loc["C9", "effect"]

    assert effect(0.5).count(" higher (") == 4
    assert effect(-0.5).count(" lower (") == 4


@pytest.mark.parametrize("dataset", ["gtzan", "demo"])
def test_what_reasons_say_of_every_released_study_is_so(dataset):
    """Sentences of claims.py that have no other wording: ranks are wrong, two methods are one model."""
    table = judge(claims.released_study(dataset))
    assert table.loc["C10", "verdict"] == table.loc["C12", "verdict"] == FAILS
    assert "PCA 0.3571 (rank 8), Multi-modal VAE 0.12 (rank 7)" in table.loc["C10", "reason"]


def test_what_reasons_say_of_gtzan_is_so(study):
    silhouette = study.difference("multimodal_vae", "vae", "silhouette", condition="published_lyrics")
    assert silhouette["verdict"] == "lower"  # C5: the clusters do get less separated
    join = study.runs["multimodal_vae"]["lyrics_join"]
    assert join["same_genre"] == pytest.approx(join["chance"], abs=0.03)  # C6: the rows are not those of the tracks
    assert join["predicts_track_genre"] < 0.15 < 0.3 < join["predicts_own_genre"]
    assert claims.join_shares(study).round().tolist() == [11, 10, 38, 10]


def test_a_corpus_without_the_published_lyrics_leaves_one_claim_untested(study):
    table = judge(claims.released_study("demo"))
    assert table.loc["C5", "verdict"] == UNTESTABLE
    assert "published lyrics" in table.loc["C5", "reason"]


def test_percentages_are_traced_to_the_values_that_give_them():
    assert "0.2378 to 0.3553" in percentage_origin(49, "silhouette", between=("beta_vae_1", "beta_vae_4"))
    said = percentage_origin(979, "nmi", between=("vae", "multimodal_vae"))
    assert "0.02941, a misplaced decimal point for 0.2941" in said
    found = origins(35, "silhouette")
    assert len(pick(found, from_method="autoencoder", from_source="table", to_method="vae"))
    shown = claims.origin_table(found)
    assert "VAE, printed table" in shown.loc[["Autoencoder, printed table"], "to"].tolist()


def test_every_quoted_percentage_has_an_origin():
    assert percentage_origins()["origin"].str.contains(" % is the change from ").all()


def test_verdicts_are_counted_in_words():
    assert claims.verdict_counts(pd.DataFrame({"verdict": [HOLDS, FAILS, FAILS]})) == "1 holds and 2 do not hold"
    assert claims.verdict_counts(pd.DataFrame({"verdict": [PARTLY, FAILS, HOLDS]})).count(" and ") == 1


def test_the_highest_printed_value_is_told_with_its_distance(study):
    said = claims.highest_published(study)
    assert said.startswith("that of the Multi-modal VAE, 0.318; the study's results file has 0.218")
    assert "8.7 of their standard deviations" in said
