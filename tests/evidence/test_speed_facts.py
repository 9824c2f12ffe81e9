"""What is said of benchmarks: the numbers of the tables, rounded, and what was not measured."""

import pandas as pd

from vaeclust.evidence.speed import EPOCH, benchmark_comparison, speed_facts

TABLES = {
    "training": pd.DataFrame(
        [
            ("VAE", "vaeclust, 10 seeds", 9.54, 9.11, 9.96, "yes"),
            ("VAE", "a peer", 1.0, 1.0, 1.0, "no"),
            ("Conv-VAE", "vaeclust, 10 seeds", 4.0, 3.51, 4.56, "yes"),
        ],
        columns=["model", "trained by", "faster than pythae", "ratio low", "ratio high", "as good"],
    ),
    "floor": pd.DataFrame({"model": ["VAE", "Conv-VAE"], "what": "step / floor", "median": [1.26, 1.08]}),
    "study": pd.DataFrame({"part": ["fit", "whole"], "median": [3.0, 12.4]}),
    "book": pd.DataFrame({"what": ["a", "b"], "median": [100.6, 5.2], "low": [99.0, 5.1], "high": 110.0, "unit": "s"}),
    "chapter": pd.DataFrame({"tracks": [1_000, 100_000], "seconds": [20.0, 612.0], "megabytes": [700.0, 2147.483648]}),
    "scale": pd.DataFrame({
        "tracks": [1_000, 1_000_000, 10_000, 2_000_000],
        "what": [EPOCH, EPOCH, EPOCH, "K-Means"],
        "microseconds a track": [5.24, 6.04, 4.96, 9.0],
    }),
}  # fmt: skip


def test_facts_are_the_numbers_of_the_tables():
    assert speed_facts(TABLES) == {
        "vae_ratio": "9.5 (9.1 to 10.0)", "conv_ratio": "4.0 (3.5 to 4.6)", "not_as_good": "VAE by a peer",
        "vae_floor": "1.3", "conv_floor": "1.1", "study": "12 s", "book": "101 s", "book_again": "5 s",
        "most_tracks": "100,000", "chapter": "10.2 minutes and 2.0 GiB of memory",
        "per_track": "6.0 µs of 1,000,000 and 5.0 µs of 10,000",
    }  # fmt: skip
    assert set(speed_facts({}).values()) == {"(not measured)"}


def test_comparisons_have_a_row_each_with_median_and_spread():
    text = benchmark_comparison(TABLES)["median (spread)"]
    assert text.to_dict() == {"The book: a": "101 (99 to 110) s", "The book: b": "5.2 (5.1 to 110) s"}
