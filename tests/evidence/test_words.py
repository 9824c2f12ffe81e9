"""Numbers as words and keys as titles: in one place, with one sign, and never read again."""

import re

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from vaeclust.evidence import words
from vaeclust.evidence.differences import FIRST, LAID_OUT, difference_over_seeds
from vaeclust.evidence.words import difference_clause, difference_numbers, listed
from vaeclust.methods.catalogue import METHODS
from vaeclust.studies.kept import RELEASED, released_records
from vaeclust.studies.records import Record
from vaeclust.studies.views import SLUG

ROOMS = ("evidence", "plots", "cells", "released")
READING = r'\.query\(|split\(", "|" (?:higher|lower) \("|\.str\.(?:split|startswith|contains)'  # of words and titles


def difference(mean, low, high):
    return {"mean": mean, "low": low, "high": high, "verdict": "higher" if low > 0 else "lower" if high < 0 else "none"}


def test_numbers_have_one_minus_sign():
    texts = [
        words.mean_sd(-0.1234, 0.01), words.signed(-0.001), words.percent_change(-0.18), words.shortest(-82.5),
        words.rounded(-12_345, 0), words.difference_interval(difference(-1, -1.5, -0.5)),
    ]  # fmt: skip
    assert texts == ["−0.123 ± 0.010", "−0.001", "−18%", "−82.5", "−12,345", "−1.500 to −0.500"]
    assert words.interval(0.2, 0.3) == "0.200 to 0.300"
    assert words.interval(np.nan, np.nan) == "–"


def test_a_difference_is_said_by_its_verdict():
    higher = difference(0.0634, 0.0451, 0.0812)
    assert difference_clause(higher) == "0.063 higher (95 % interval +0.045 to +0.081)"
    assert difference_clause(higher, short=True) == "0.063 higher (+0.045 to +0.081)"
    assert difference_clause(difference(-0.0634, -0.08, -0.04)) == "0.063 lower (95 % interval −0.080 to −0.040)"
    assert difference_clause(difference(0, -0.1, 0.1), short=True) == "no difference that we can see (−0.100 to +0.100)"
    assert difference_numbers(higher) == "+0.063 (+0.045, +0.081)"
    assert difference_clause(difference_over_seeds(np.array([0.1]))) == "not known from a single seed"


def test_differences_are_stated_by_their_keys():
    table = pd.DataFrame([{"method": "vae", **difference(1, 0.5, 1.5)}, {"method": "pca", **difference(0, -1, 1)}])
    stated = words.difference_facts(table, "{method}_gain", short=True)
    assert stated["vae_gain"] == "1.000 higher (+0.500 to +1.500)"
    assert stated["pca_gain"].startswith("no difference")
    assert words.listed_methods(table, "higher") == "VAE"
    assert words.listed_methods(table, "lower") == "none of them"


def test_lists_read_as_sentences_do():
    assert [listed(list("abc")[:n]) for n in range(4)] == ["none of them", "a", "a and b", "a, b and c"]


def test_keys_have_titles():
    assert words.pipeline_title(LAID_OUT) == "UMAP, K-Means, 57 features"
    assert words.pipeline_title(FIRST) == "No network, K-Means, as given"
    assert words.pipeline_title(("vade", "own", "standard")) == "VaDE, its own mixture, as given"
    assert words.condition_title("louder_lyrics") == "louder lyrics"
    assert words.key_title("condition", "standard") == "as given"
    assert words.key_title("condition", "lyrics times 3") == "lyrics times 3"
    assert words.key_title("method", "vae") == "VAE"
    assert words.key_title("clusterer", "consensus") == "consensus of K-Means"
    assert words.key_title("beta", 0.5) == "0.5"
    assert words.key_title("cluster", "no such key") == "no such key"


@pytest.mark.parametrize("dataset", ["gtzan", "demo"])
def test_every_released_condition_and_clusterer_has_a_title(dataset):
    there = [slug for slug in METHODS if (ROOT / RELEASED / dataset / slug).is_dir()]
    intervals = released_records("intervals", dataset, there)
    views = Record(dataset, SLUG, RELEASED).read("intervals")
    assert {*intervals["condition"], *views["condition"]} <= set(words.CONDITION_TITLES)
    assert all(map(words.clusterer_title, intervals["clusterer"].unique()))


def test_one_title_has_one_meaning():
    assert len(set(words.CONDITION_TITLES.values())) == len(words.CONDITION_TITLES)


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_reads_what_was_written_for_readers(room):
    for path in (ROOT / "vaeclust" / room).glob("*.py"):
        found = re.findall(READING, path.read_text(encoding="utf-8"))
        assert not found, f"{path.name}: {found}"
