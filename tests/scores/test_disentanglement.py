import numpy as np
import pandas as pd
import pytest

from vaeclust.corpus.sources import load
from vaeclust.evidence.spaces import NOISE_CODE, method_disentanglement
from vaeclust.scores.disentanglement import MEASURES, disentanglement_scores, known_factors, scores_by_seed
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record

RNG = np.random.default_rng(0)
FACTORS = pd.DataFrame(RNG.normal(size=(600, 4)), columns=list("abcd")).assign(kind=RNG.integers(0, 5, 600))
PERFECT = FACTORS.to_numpy()


def test_a_perfect_code_reaches_the_top():
    found = disentanglement_scores(PERFECT[:, [2, 0, 4, 1, 3]] * [1, -5, 2, 0.1, 3], FACTORS)
    assert set(found) == set(MEASURES)
    assert found["mig"] > 0.85
    assert found["sap"] > 0.98
    assert min(found["disentanglement"], found["completeness"], found["informativeness"]) > 0.85


def test_a_useless_code_stays_at_the_bottom():
    found = disentanglement_scores(RNG.normal(size=(600, 8)), FACTORS)
    assert max(found["mig"], found["sap"]) < 0.02
    assert max(found.values()) < 0.12


def test_a_duplicated_code_has_no_gap_and_is_not_complete():
    found, perfect = (
        disentanglement_scores(np.hstack([PERFECT, PERFECT]), FACTORS),
        disentanglement_scores(PERFECT, FACTORS),
    )
    assert found["mig"] == pytest.approx(0, abs=1e-9)
    assert found["sap"] == pytest.approx(0, abs=1e-9)
    assert found["disentanglement"] > 0.85
    assert found["completeness"] < perfect["completeness"] - 0.15
    assert found["informativeness"] > 0.9


def test_a_mixed_code_is_informative_and_not_disentangled():
    rotation = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    found, perfect = disentanglement_scores(PERFECT @ rotation, FACTORS), disentanglement_scores(PERFECT, FACTORS)
    for name in ("mig", "sap", "disentanglement", "completeness"):
        assert found[name] < perfect[name] / 2
    assert found["informativeness"] > 0.5


def test_dimensions_that_are_switched_off_do_no_harm():
    dead = np.hstack([PERFECT, np.zeros((600, 3))])
    assert disentanglement_scores(dead, FACTORS)["sap"] == pytest.approx(
        disentanglement_scores(PERFECT, FACTORS)["sap"]
    )
    nothing = disentanglement_scores(np.zeros((600, 3)), FACTORS)
    assert all(value == pytest.approx(0, abs=0.05) for value in nothing.values())


def test_the_same_code_gives_the_same_numbers():
    one, two = (scores_by_seed(np.stack([PERFECT, PERFECT]), FACTORS) for _ in range(2))
    assert one.equals(two)
    assert set(one["seed"]) == {0, 1}


def test_the_demo_has_factors_and_other_corpora_do_not(corpus):
    assert {"tempo", "mode", "key", "brightness"} <= set(known_factors(load("demo")))
    assert not len(known_factors(corpus).columns)


def test_methods_are_measured_beside_noise(tmp_path):
    demo = load("demo")
    study("raw", demo, Record("demo", "raw", tmp_path), seeds=2)
    mean = method_disentanglement(demo, ["raw"], tmp_path).groupby(["name", "measure"])["value"].mean()
    assert mean["raw", "informativeness"] > 5 * mean[NOISE_CODE, "informativeness"]
