"""What ``make bench`` measured, for the page that shows it (chapter ``12_how_fast``)."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from vaeclust.evidence.words import listed, rounded, shortest
from vaeclust.files import resolve
from vaeclust.studies.records import pick

NAMES = ("machine training floor scoring study extraction listening book book_stages scale chapter").split()
EPOCH = "training, an epoch of a seed"  # the stage of scale.csv that every seed pays for


def benchmark_tables(folder: str | Path = "benchmarks") -> dict[str, pd.DataFrame]:
    """Return the tables of ``make bench`` by name, as far as they have been made."""
    paths = {name: resolve(folder) / f"{name}.csv" for name in NAMES}
    return {name: pd.read_csv(path) for name, path in paths.items() if path.is_file()}


def machines(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row a benchmark: processor, cores, load and versions."""
    return tables["machine"].set_index("benchmark").rename_axis(None).astype(str)


def training_quality(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the loss of every trainer's models and whether they are as good as ours; a row each."""
    if "training" not in tables:
        return pd.DataFrame({"model": []})
    shown = ["trained by", "model", "loss", "as good", "repetitions"]
    return tables["training"][shown].round(3).set_index("trained by")


def benchmark_comparison(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the small comparisons in words: clustering and scoring, audio to features, the book."""
    titles = {
        "scoring": "Clustering and scoring",
        "extraction": "Audio to features",
        "listening": "Audio to what a network hears",
        "book": "The book",
    }
    rows = {}
    for name in filter(tables.__contains__, titles):
        for row in tables[name].dropna(subset=["low"]).itertuples():
            median, low, high = (shortest(number, 3) for number in (row.median, row.low, row.high))
            rows[f"{titles[name]}: {row.what}"] = f"{median} ({low} to {high}) {row.unit}"
    return pd.DataFrame({"median (spread)": rows})


def speed_facts(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return what the tables say as texts to state; what was not measured reads so."""
    names = "vae_ratio conv_ratio vae_floor conv_floor not_as_good study book book_again most_tracks chapter per_track"
    texts = dict.fromkeys(names.split(), "(not measured)")
    for slug, model in (("vae", "VAE"), ("conv", "Conv-VAE")):
        if "training" in tables:
            row = tables["training"].set_index(["model", "trained by"]).loc[(model, "vaeclust, 10 seeds")]
            faster, low, high = (rounded(row[name]) for name in ("faster than pythae", "ratio low", "ratio high"))
            texts[f"{slug}_ratio"] = f"{faster} ({low} to {high})"
            texts["not_as_good"] = _not_as_good(tables["training"])
        if "floor" in tables:
            table = tables["floor"].set_index(["model", "what"])
            texts[f"{slug}_floor"] = rounded(table.loc[(model, "step / floor"), "median"])
    if "study" in tables:
        texts["study"] = rounded(pick(tables["study"], part="whole")["median"].item(), 0, unit="s")
    if "book" in tables:
        texts["book"], texts["book_again"] = (rounded(seconds, 0, unit="s") for seconds in tables["book"]["median"])
    if "chapter" in tables:
        largest = tables["chapter"].iloc[-1]
        texts["most_tracks"] = rounded(largest["tracks"], 0)
        minutes, memory = rounded(largest["seconds"] / 60), rounded(largest["megabytes"] * 1e6 / 2**30)
        texts["chapter"] = f"{minutes} minutes and {memory} GiB of memory"
    if "scale" in tables:
        rows = pick(tables["scale"], what=EPOCH).nlargest(2, "tracks")
        pairs = zip(rows["microseconds a track"], rows["tracks"], strict=True)
        texts["per_track"] = " and ".join(f"{rounded(each, unit='µs')} of {rounded(n, 0)}" for each, n in pairs)
    return texts


def _not_as_good(table: pd.DataFrame) -> str:
    worse = pick(table, **{"as good": ["no"]})
    return listed(worse["model"] + " by " + worse["trained by"])
