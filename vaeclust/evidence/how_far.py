"""How far the answers of the book hold: other features, tracks, settings, corpora (chapter ``19_how_far``)."""

from collections.abc import Iterable, Mapping

import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.evidence.differences import Pipeline, bootstrap_means, difference_row, survivors
from vaeclust.evidence.tables import Table, difference_table
from vaeclust.evidence.words import (
    NO_DIFFERENCES,
    UNMEASURED,
    condition_title,
    difference_clause,
    difference_numbers,
    listed,
    mean_sd,
    metric_head,
    rounded,
    way_title,
)
from vaeclust.files import project_root
from vaeclust.scores.silhouettes import silhouette
from vaeclust.studies.kept import RELEASED
from vaeclust.studies.records import MORE_TABLES, Record, pick
from vaeclust.studies.rules import FULL_FEATURES
from vaeclust.studies.ways import FREE, HOW_FAR, STANDARDISED, Comparison, Way

BOTH_KINDS = ("features", "tracks")  # asked of every label; the others of the first alone
STEPS = (Way("features", STANDARDISED), Way("features", FULL_FEATURES), Way("umap", FULL_FEATURES))
ANSWERS = (Way("vae"), *STEPS[1:])
NO_NETWORK = Way("features")
CORPORA_TITLES = {
    "gtzan": "GTZAN",
    "gtzan-30": "30 clips of GTZAN, from their sound",
    "songs1000": "1,000 songs in two languages",
}
_OVER = "UMAP of the 57, against these alone"
_SHOWN = {way_title(way): (way, NO_NETWORK) for way in ANSWERS} | {_OVER: (STEPS[2], STEPS[1])}


def compared_ways(
    clusters: pd.DataFrame,
    references: pd.DataFrame,
    compared: Iterable[Comparison],
    *,
    units: pd.Series | None = None,
    metric: str = "nmi",
) -> pd.DataFrame:
    """Return how the two sides of every comparison differ in a score, over seeds and units: ``comparisons`` to keep.

    clusters: ``method, condition, track_id, seed, cluster``; references: labels by track id, the first of which is the
    headline; units: as of ``differences.bootstrap_means``. No row without labels, or with a single seed.
    """
    found = {Pipeline(*key): table for key, table in clusters.groupby(["method", "clusterer", "condition"])}
    rows: list[dict] = []
    if clusters["seed"].nunique() > 1:
        for place, (name, reference) in enumerate(references.items()):
            asked = [pair for pair in compared if place == 0 or pair.kind in BOTH_KINDS]
            ways = {way: Pipeline(way.method, condition=way.condition) for pair in asked for way in pair[1:]}
            drawn = {}
            for pipeline in dict.fromkeys(ways.values()):
                known = reference[reference.index.isin(found[pipeline]["track_id"])]  # in one order, whatever that was
                drawn[pipeline] = bootstrap_means(found[pipeline], known, metric, units=units)
            for kind, ours, theirs in asked:
                row = {"kind": kind, "change": ours.change, "features": ours.features, "reference": name}
                rows.append(row | difference_row(ways[ours], ways[theirs], drawn, metric))
    return pd.DataFrame(rows, columns=MORE_TABLES["comparisons"])


def label_silhouette(dataset: Dataset) -> float | None:
    """Return the silhouette of the classes of the first label where methods see the tracks; None without two of them.

    Below that of K-Means there, which has drawn its clusters by the same distances: a ruler on which the truth does not
    win.
    """
    if dataset.classes is None or len(set(dataset.classes) - {-1}) < 2:
        return None
    known = dataset.classes >= 0
    return round(silhouette(dataset.audio[known], dataset.classes[known]), 6)


def pick_way(found: pd.DataFrame, ours: Way, theirs: Way = NO_NETWORK, **keys: str) -> pd.DataFrame:
    """Return the comparisons of two ways; keys: of the table, such as ``reference``."""
    sides = {"method": ours.method, "condition": ours.condition}
    sides |= {"baseline": theirs.method, "baseline_condition": theirs.condition}
    return pick(found, **{name: [value] for name, value in (sides | keys).items()})


def step_table(found: pd.DataFrame, intervals: pd.DataFrame, reference: str) -> Table:
    """Return what each step from K-Means on the given features adds: a row a step, the scores, and the difference.

    found: of :func:`compared_ways`; intervals: of the same record. Where there are no more features, UMAP is the only
    step.
    """
    scores = pick(intervals, reference=[reference]).set_index(["method", "condition", "metric"])
    rows, last = {}, NO_NETWORK
    measured = set(zip(found["method"], found["condition"], strict=True))
    steps = [way for way in STEPS if (way.method, way.condition) in measured] or [Way("umap")]
    for way in (last, *steps):
        if (way.method, way.condition, "nmi") in scores.index:
            cells = scores.loc[[(way.method, way.condition, name) for name in ("nmi", "ami")]]
            gains = [pick_way(found, way, theirs, reference=reference) for theirs in (last, Way("features"))]
            told = [difference_numbers(gain.iloc[0]) if len(gain) else "–" for gain in gains]
            rows[way_title(way)] = [*map(mean_sd, cells["mean"], cells["sd"]), *told]
            last = way
    heads = [metric_head("nmi"), metric_head("ami"), "To the row above", "To the first row"]
    text = pd.DataFrame.from_dict(rows if len(rows) > 1 else {}, orient="index", columns=heads).rename_axis("step")
    return Table.keyed(text, columns=heads, note=NO_DIFFERENCES)


def change_table(found: pd.DataFrame, kind: str) -> Table:
    """Return the comparisons of a kind: a row a change, a column a way; bold where all of the kind together hold."""
    rows = pick(found, kind=[kind])
    ways = [way_title(Way(*key)) for key in zip(rows["method"], rows["features"], strict=True)]
    over = _against_57(rows)
    rows = rows.assign(way=[_OVER if same else way for way, same in zip(ways, over, strict=True)])
    return difference_table(rows, rows="change", columns=["way"], words=difference_numbers, together=True)


def released_corpora() -> dict[str, Record]:
    """Return the corpora whose answers are released, by name, the largest first."""
    names = sorted(path.parent.name for path in (project_root() / RELEASED).glob(f"*/{HOW_FAR}"))
    records = {name: Record(name, HOW_FAR, RELEASED) for name in names}
    return dict(sorted(records.items(), key=lambda item: -item[1].run()["tracks"]))


def corpora_table(corpora: Mapping[str, Record]) -> Table:
    """Return the answers of several corpora: a row a corpus, part of its tracks and label; their intervals stand alone.

    corpora: records of the chapter, by the name of the corpus.
    """
    rows = {}
    for name, record in corpora.items():
        found, intervals, run = record.read("comparisons"), record.read("intervals"), record.run()
        asked = found[(found["kind"] == "tracks") | ((found["kind"] == "features") & (found["change"] == ""))]
        for change, reference in dict.fromkeys(zip(asked["change"], asked["reference"], strict=True)):
            base = Way("features", change=change)
            chosen = {"method": "features", "condition": base.condition, "reference": reference}
            mean = [pick(intervals, metric=metric, **chosen)["mean"].item() for metric in ("nmi", "ami")]
            cells = [str(run["other_tracks"].get(base.condition, run["tracks"])), *map(mean_sd, mean)]
            for ours, theirs in _SHOWN.values():
                gain = pick_way(asked, *(way._replace(change=change) for way in (ours, theirs)), reference=reference)
                cells.append(difference_numbers(gain.iloc[0]) if len(gain) else "–")
            tracks = condition_title(change) if change else "all tracks"
            rows[CORPORA_TITLES.get(name, name), tracks, reference] = cells
    heads = ["Tracks", metric_head("nmi"), metric_head("ami"), *_SHOWN]
    index = pd.MultiIndex.from_tuples(rows, names=["corpus", "part", "label"]) if rows else None
    text = pd.DataFrame(list(rows.values()), index, heads)
    return Table.keyed(text, columns=heads, note=NO_DIFFERENCES)


def how_far_facts(found: pd.DataFrame, reference: str, *, name: str = "") -> dict[str, str]:
    """Return what a record of the chapter says, to state; name: what the keys begin with.

    ``gain_<method>_<condition>`` of all three answers, ``step_…`` of each step, ``adds_…`` in numbers; and of the
    changes of a kind, what becomes of an answer: ``<kind>_vae``, ``<kind>_umap``. ``free_<method>``: with the number of
    clusters that no label chose. ``over_57_all``, ``over_57_artists``, ``over_57_clusters``: UMAP of the 57 features
    against these alone. ``vae_57``: the VAE on these against these; ``umap_20``: UMAP of the given features against
    these. ``order_moves``: how far another order moves a mean at most.
    """
    told = pick(found, reference=[reference])
    facts, last = {}, Way("features")
    for way in STEPS:
        step = pick_way(told, way, last, kind="features")
        facts[f"step_{way.method}_{way.condition}"] = _clause(step)
        facts[f"adds_{way.method}_{way.condition}"] = difference_numbers(step.iloc[0]) if len(step) else UNMEASURED
        last = way
    for way in ANSWERS:
        facts[f"gain_{way.method}_{way.condition}"] = _clause(pick_way(told, way, kind="features"))
    for kind in ("tracks", "clusters", "training"):
        for way in (Way("vae"), Way("umap", FULL_FEATURES)):
            rows = pick(told, kind=[kind], method=[way.method], features=[way.features])
            rows = rows[~_against_57(rows)]
            facts[f"{kind}_{way.method}"] = _verdicts(rows)
    free = Way("umap", FULL_FEATURES, FREE)
    for change, key in (("", "all"), ("artist_filtered", "artists")):
        own = pick_way(told, *(way._replace(change=change) for way in (STEPS[2], STEPS[1])))
        facts[f"over_57_{key}"] = difference_numbers(own.iloc[0]) if len(own) else UNMEASURED
        facts[f"over_57_{key}_clause"] = _clause(own)
    numbers = pick(told, kind=["clusters"])
    facts["over_57_clusters"] = _verdicts(numbers[_against_57(numbers)])
    for way in (free, Way("features", FULL_FEATURES, FREE)):
        row = pick_way(numbers, way, Way("features", change=FREE))
        holds = survivors(numbers).reindex(row.index).any()
        together = f", {'also' if holds else 'but not'} when all numbers of clusters are tested together"
        facts[f"free_{way.method}"] = _clause(row) + together * (len(row) > 0 and row["verdict"].iloc[0] != "none")
    plain = Way("vae", FULL_FEATURES), STEPS[1]
    facts["vae_57"], facts["umap_20"] = _clause(pick_way(told, *plain)), _clause(pick_way(told, Way("umap")))
    moved = pick(told, kind=["order"])["mean"].abs()
    facts["order_moves"] = rounded(moved.max(), 3) if len(moved) else UNMEASURED
    return {f"{name}{key}": text for key, text in facts.items()}


def _against_57(rows: pd.DataFrame) -> pd.Series:
    """Return which comparisons are with K-Means on the same 57 features, (n,) bool."""
    base = [Way("features", FULL_FEATURES, change).condition for change in rows["change"]]
    return (rows["baseline"] == "features") & (rows["baseline_condition"] == base)


def _clause(rows: pd.DataFrame) -> str:
    return difference_clause(rows.iloc[0]) if len(rows) else UNMEASURED


def _verdicts(rows: pd.DataFrame) -> str:
    """Return how many of some differences have which verdict, alone and tested together, in words."""
    if rows.empty:
        return UNMEASURED
    words = {"higher": "higher", "lower": "lower", "none": "without a difference that we can see"}
    counts = rows["verdict"].value_counts()
    parts = [f"{counts[key]} {text}" for key, text in words.items() if key in counts]
    together = int(survivors(rows).sum())
    return f"of {len(rows)}, {listed(parts)}; when these {len(rows)} are tested together, {together} differ"
