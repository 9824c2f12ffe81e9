"""Whether a run of today still agrees with the released records."""

from functools import partial
from pathlib import Path

import pandas as pd

from vaeclust.evidence.words import shortest
from vaeclust.studies.kept import RELEASED, released_methods
from vaeclust.studies.records import STANDARD, Record, pick, read_all

SAME = 1e-3  # of its value: how far a mean may drift whatever its interval
SETTINGS = ("seeds", "epochs", "batch_size", "learning_rate", "latent_dim", "n_clusters")


def drift(dataset: str = "demo", results_dir: str | Path = "results") -> pd.DataFrame:
    """Return the K-Means scores whose mean over seeds has left the released one: a row a method, space and metric.

    Two means count as the same where their 95 % intervals touch: the machines differ in the last digits of every
    step of training, so that both are uncertain. Scores without a spread may differ by a thousandth of their value.
    A score that was released and is not there any more has drifted too; a method or metric that was not released yet is
    left out (``kept.unreleased_methods``). Columns: ``method, space, reference, metric, released, now``; ``released``
    and ``now`` read ``low to high``.

    Raises
    ------
    FileNotFoundError
        When a method has no records.
    ValueError
        When a method ran with other parameters than the released ones.
    """
    methods = released_methods(dataset)
    for slug in methods:
        then, now = (Record(dataset, slug, folder).run()["parameters"] for folder in (RELEASED, results_dir))
        other = [f"{name}={now.get(name)} (released: {then[name]})" for name in SETTINGS if now.get(name) != then[name]]
        if other:
            raise ValueError(f"{slug} ran with {', '.join(other)}; run the chapters with the released parameters")
    keys = ["method", "space", "reference", "metric"]
    tables = [read_all("intervals", dataset, methods, folder) for folder in (RELEASED, results_dir)]
    rows = [pick(table, clusterer="kmeans", condition=STANDARD).dropna(subset="mean") for table in tables]
    then, now = (table.set_index(keys)[["mean", "low", "high"]] for table in rows)
    both = then.add_suffix("_then").join(now.add_suffix("_now"))
    slack = SAME * both["mean_then"].abs()
    same = (both["low_now"] <= both["high_then"] + slack) & (both["high_now"] >= both["low_then"] - slack)
    shown = both[~same].reset_index()
    for title, end in (("released", "then"), ("now", "now")):
        ends = (shown[f"{side}_{end}"].map(partial(shortest, digits=4)) for side in ("low", "high"))
        shown[title] = [" to ".join(bounds) for bounds in zip(*ends, strict=True)]
    return shown[[*keys, "released", "now"]]
