"""What ``make bench`` measured, for the page that shows it (chapter ``12_how_fast``)."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from vaeclust.paths import resolve

NAMES = ("machine", "training", "floor", "scoring", "study", "extraction", "book", "book_stages", "scale", "chapter")


def measured(folder: str | Path = "benchmarks") -> dict[str, pd.DataFrame]:
    """Return the tables of ``make bench`` by name; raises FileNotFoundError for one that has not been made."""
    paths = {name: resolve(folder) / f"{name}.csv" for name in NAMES}
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        raise FileNotFoundError(f"no {', '.join(missing)} in {resolve(folder)}; make them with: make bench")
    return {name: pd.read_csv(path) for name, path in paths.items()}


def machines(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row a benchmark: processor, cores, load and versions."""
    return tables["machine"].set_index("benchmark").rename_axis(None).astype(str)


def side_by_side(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the small comparisons in words: clustering and scoring, audio to features, the book."""
    rows = {}
    for what, table in (("Clustering and scoring", "scoring"), ("The book", "book")):
        for row in tables[table].itertuples():
            rows[f"{what}: {row.what}"] = f"{_spread(row)} {row.unit}"
    for row in tables["extraction"].dropna(subset=["low"]).itertuples():
        rows[f"Audio to features, {row.clips} clips: {row.what}"] = f"{_spread(row)} s"
    return pd.DataFrame({"median (spread)": rows})


def findings(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return what the tables say as texts to state."""
    training = tables["training"].set_index(["model", "trained by"])
    floor = tables["floor"].query("what == 'step / floor'").set_index("model")
    book = tables["book"].set_index("what")
    texts = {}
    for slug, model in (("vae", "VAE"), ("conv", "Conv-VAE")):
        row = training.loc[model, "vaeclust, 10 seeds"]
        texts[f"{slug}_ratio"] = f"{row['faster than pythae']:.1f} ({row['ratio low']:.1f} to {row['ratio high']:.1f})"
        texts[f"{slug}_floor"] = f"{floor.loc[model, 'median']:.1f}"
    texts["not_as_good"] = _not_as_good(tables["training"])
    texts["study"] = f"{tables['study'].set_index('what').loc['the whole study', 'median']:.0f} s"
    texts["book"] = f"{book.loc['from scratch', 'median']:.0f} s"
    texts["book_again"] = f"{book.loc['nothing changed', 'median']:.0f} s"
    largest = tables["chapter"].set_index("tracks").iloc[-1]
    texts["most_tracks"] = f"{largest.name:,}"
    texts["chapter"] = (
        f"{largest['seconds'] / 60:.1f} minutes and at most {largest['megabytes'] / 1024:.1f} GiB of memory"
    )
    return texts


def _not_as_good(table: pd.DataFrame) -> str:
    worse = table[table["as good"] == "no"]
    return ", ".join(worse["model"] + " by " + worse["trained by"]) or "none"


def _spread(row) -> str:
    return f"{row.median:.3g} ({row.low:.3g} to {row.high:.3g})"
