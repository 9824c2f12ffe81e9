"""The book's answers asked again, one thing changed at a time (chapter ``19_how_far``).

A way of grouping is a method on features, with a change; what is compared with what is told by :func:`comparisons`. The
rule is ``reference/how_far.toml``.
"""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from vaeclust.corpus.dataset import ARTIST, Dataset
from vaeclust.methods.catalogue import find
from vaeclust.studies.conditions import Condition, fault_filter
from vaeclust.studies.records import STANDARD
from vaeclust.studies.rules import FULL_FEATURES, power_transform, tuned_method

HOW_FAR = "how_far"  # the record
STANDARDISED = "full_standardised"  # all features, not power-transformed
FREE = "k_without_labels"


class Way(NamedTuple):
    """A method, the features it sees (a condition of chapter ``09_beyond``), and what is changed; "": nothing.

    >>> Way("vae", change="k_5").condition, Way("umap", FULL_FEATURES).condition
    ('k_5', 'full_features')
    """

    method: str
    features: str = STANDARD
    change: str = ""

    @property
    def condition(self) -> str:
        """The key of its condition in a record."""
        features = "" if self.features == STANDARD else self.features
        return "_".join(filter(None, (features, self.change))) or STANDARD


class Comparison(NamedTuple):
    """Two ways of grouping, and what is changed: ``features``, ``tracks``, ``clusters``, ``training`` or ``order``."""

    kind: str
    ours: Way
    theirs: Way


@cache
def how_far_rule() -> dict:
    """Return the rule of the chapter: ``rule`` in words, ``ks``, ``orders``, and lists of settings by name."""
    return tomllib.loads(files("vaeclust.studies").joinpath("reference/how_far.toml").read_text("utf-8"))


def artist_filter(dataset: Dataset, *, seed: int = 0) -> Dataset | None:
    """Return one track of every artist, drawn at random; tracks without one stay. None if nobody has two, or is known.

    Songs of one artist sound alike, and are of one genre mostly (Pampalk, Flexer & Widmer 2005).
    """
    artists = dataset.tracks.get(ARTIST)
    if artists is None or not artists.dropna().duplicated().any():
        return None
    drawn = artists.sample(frac=1, random_state=seed).dropna()
    return dataset.subset(~dataset.tracks.index.isin(drawn.index[drawn.duplicated()]))


PARTS: dict[str, Callable[[Dataset], Dataset | None]] = {
    "fault_filtered": fault_filter,
    "artist_filtered": artist_filter,
}


def row_order(dataset: Dataset, order: int) -> Dataset:
    """Return the corpus with its rows in another order, at random; 0 is the order that was given."""
    rows = np.random.default_rng(order).permutation(len(dataset)) if order else np.arange(len(dataset))
    return replace(
        dataset,
        tracks=dataset.tracks.iloc[rows],
        features=dataset.features.iloc[rows],
        audio=dataset.audio[rows],
        lyrics=None if dataset.lyrics is None else dataset.lyrics[rows],
        has_lyrics=dataset.has_lyrics[rows],
    )


def training_changes() -> dict[str, dict[str, Any]]:
    """Return other settings of the VAE by the name of the change, such as ``latent_dim_2``."""
    changes: dict[str, dict[str, Any]] = {}
    for name in ("epochs", "latent_dim", "beta", "hidden"):
        for value in how_far_rule()[name]:
            units = tuple(value) if isinstance(value, list) else value
            words = "_".join(map(str, units)) if isinstance(units, tuple) else f"{units:g}"
            changes[f"{name}_{words}"] = {name: units}
    return changes


def comparisons(dataset: Dataset, full: Dataset | None, *, k: int = 0) -> list[Comparison]:
    """Return all that is compared on a corpus; ``full``: described by all features, None where it is not.

    Without labels there are but the study's VAE and UMAP beside no network. A part of the tracks is asked where it has
    more than two for each of ``k`` clusters, by default as many as there are classes.
    """
    k = k or dataset.default_k()
    parts = {change: part for change, filtered in PARTS.items() if (part := filtered(dataset)) is not None}
    none, vae = Way("features"), Way("vae")
    found = [Comparison("features", vae, none), Comparison("features", Way("umap"), none)]
    if not dataset.headline:
        return found
    against = {vae: [none]}
    if full is not None:
        plain, power = Way("features", STANDARDISED), Way("features", FULL_FEATURES)
        laid_out = Way("umap", FULL_FEATURES)
        against |= {power: [none], laid_out: [none, power]}
        steps = [(plain, none), (power, plain), (power, none), (laid_out, power), (laid_out, none)]
        found += [Comparison("features", *step) for step in (*steps, (Way("vae", FULL_FEATURES), power))]
    asked = [(kind, ours, theirs) for kind in ("tracks", "clusters") for ours in against for theirs in against[ours]]
    changes = {
        "tracks": [change for change, part in parts.items() if len(part) > 2 * k],
        "clusters": [*(f"k_{k}" for k in how_far_rule()["ks"] if k < len(dataset)), FREE],
    }
    for kind, ours, theirs in asked:
        both = ((ours._replace(change=change), theirs._replace(change=change)) for change in changes[kind])
        found += [Comparison(kind, *ways) for ways in both]
    found += [Comparison("training", vae._replace(change=change), none) for change in training_changes()]
    for order in range(1, how_far_rule()["orders"] + 1):
        ordered = [none, *(way for way in against if way.method != "features")]
        found += [Comparison("order", way._replace(change=f"order_{order}"), way) for way in ordered]
    return found


def way_conditions(
    slug: str, compared: list[Comparison], dataset: Dataset, full: Dataset | None, *, k: int, free: int
) -> dict[str, Condition]:
    """Return the ways of a method that are compared, as conditions; the first is on the features as given.

    free: the number of clusters that no label chose.
    """
    corpora = {STANDARD: dataset}
    if full is not None:
        corpora |= {STANDARDISED: full, FULL_FEATURES: power_transform(full)}
    clusters = {f"k_{n}": n for n in how_far_rule()["ks"]} | {FREE: free}
    orders = {f"order_{n}": n for n in range(1, how_far_rule()["orders"] + 1)}
    trained = training_changes()
    ways = dict.fromkeys(way for pair in compared for way in (pair.ours, pair.theirs) if way.method == slug)
    found = {}
    alike = {"", *clusters}  # one fit, which need not be made again when they follow each other
    for way in sorted(ways, key=lambda way: (list(corpora).index(way.features), way.change not in alike)):
        corpus, settings = corpora[way.features], dict(trained.get(way.change, {}))
        own = {name: settings.pop(name) for name in find(slug).choices if name in settings}
        if way.change in clusters:
            settings["n_clusters"] = clusters[way.change]
        elif way.change in orders:
            corpus = row_order(corpus, orders[way.change])
        elif way.change in PARTS:
            corpus = _part(way, full if way.features == FULL_FEATURES else dataset)
        method = find(tuned_method(slug, STANDARD if way.features == STANDARD else FULL_FEATURES, k), **own)
        found[way.condition] = Condition(corpus, method=method, settings=settings)
    return found


def _part(way: Way, whole: Dataset | None) -> Dataset:
    """Return the part of a corpus that a way is asked on; scaled, or power-transformed, for itself."""
    part = None if whole is None else PARTS[way.change](whole)
    assert part is not None  # only parts that are there are compared
    return power_transform(part) if way.features == FULL_FEATURES else part
