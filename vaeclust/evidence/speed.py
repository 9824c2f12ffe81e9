"""What ``make bench`` measured, for the page that shows it (chapter ``12_how_fast``)."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from vaeclust.files import resolve

NAMES = ("machine", "training", "floor", "scoring", "study", "extraction", "book", "book_stages", "scale", "chapter")


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
    rows = {}
    for name, title in (
        ("scoring", "Clustering and scoring"),
        ("extraction", "Audio to features"),
        ("book", "The book"),
    ):
        for row in tables.get(name, pd.DataFrame({"low": []})).dropna(subset=["low"]).itertuples():
            rows[f"{title}: {row.what}"] = f"{row.median:.3g} ({row.low:.3g} to {row.high:.3g}) {row.unit}"
    return pd.DataFrame({"median (spread)": rows})


def speed_facts(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return what the tables say as texts to state; what was not measured reads so."""
    names = "vae_ratio conv_ratio vae_floor conv_floor not_as_good study book book_again most_tracks chapter per_track"
    texts = dict.fromkeys(names.split(), "(not measured)")
    for slug, model in (("vae", "VAE"), ("conv", "Conv-VAE")):
        if "training" in tables:
            row = tables["training"].set_index(["model", "trained by"]).loc[(model, "vaeclust, 10 seeds")]
            bounds = f"({row['ratio low']:.1f} to {row['ratio high']:.1f})"
            texts[f"{slug}_ratio"] = f"{row['faster than pythae']:.1f} {bounds}"
            texts["not_as_good"] = _not_as_good(tables["training"])
        if "floor" in tables:
            table = tables["floor"].set_index(["model", "what"])
            texts[f"{slug}_floor"] = f"{table.loc[(model, 'step / floor'), 'median']:.1f}"
    if "study" in tables:
        texts["study"] = f"{tables['study']['median'].iloc[0]:.0f} s"
    if "book" in tables:
        texts["book"], texts["book_again"] = (f"{seconds:.0f} s" for seconds in tables["book"]["median"])
    if "chapter" in tables:
        largest = tables["chapter"].iloc[-1]
        texts["most_tracks"] = f"{largest['tracks']:,.0f}"
        memory = largest["megabytes"] * 1e6 / 2**30
        texts["chapter"] = f"{largest['seconds'] / 60:.1f} minutes and {memory:.1f} GiB of memory"
    if "scale" in tables:
        rows = tables["scale"].query("what.str.startswith('training')").nlargest(2, "tracks")
        each = [f"{row.microseconds:.1f} µs of {row.tracks:,}" for row in
                rows.rename(columns={"microseconds a track": "microseconds"}).itertuples()]  # fmt: skip
        texts["per_track"] = " and ".join(each)
    return texts


def _not_as_good(table: pd.DataFrame) -> str:
    worse = table[table["as good"] == "no"]
    return ", ".join(worse["model"] + " by " + worse["trained by"]) or "none"
