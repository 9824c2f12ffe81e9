"""FEATURE_SETS: the one table of what ``load`` can describe a track by (chapter ``00_data``).

To add a set, add a row; if no measurement gives it yet, a :class:`Measurement` before it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from vaeclust.corpus import audio, listening, moods


@dataclass(frozen=True)
class Measurement:
    """What is measured of a clip at once, and kept under one key of the cache: perhaps more than one set of features.

    Attributes
    ----------
    name : str
        Its part of the key.
    columns : tuple of str
        The names of the d numbers that it gives, each once.
    measure : callable
        From samples (n,) float32, mono, to (d,) float64. AudioError for sound that it cannot use.
    recipe : callable
        Returns in words what the numbers depend on besides the sound: libraries, the number of its recipe.
    sample_rate : int
        Of the samples, in Hz.
    prepare : callable
        Called once before files are measured; an error says what is missing and how to get it.
    """

    name: str
    columns: tuple[str, ...]
    measure: Callable[[np.ndarray], np.ndarray]
    recipe: Callable[[], str]
    sample_rate: int = audio.SAMPLE_RATE
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class FeatureSet:
    """Features that are known by name.

    Attributes
    ----------
    name : str
        What ``load`` and ``--features`` take.
    title : str
        What they are, in a few words.
    columns : tuple of str
        Those of the measurement that models see.
    scaling : str
        How, by default: a row of SCALINGS.
    measurement : Measurement
        What gives them.
    tags : tuple of str
        Those of its columns that are kept beside the features as the tags of a track, in the order of the model.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    scaling: str
    measurement: Measurement
    tags: tuple[str, ...] = ()


def _librosa(name: str, columns: tuple[str, ...]) -> Measurement:
    return Measurement(name, columns, partial(audio.measure, features=name), audio.recipe)


def _musicnn(model: str, *, name: str = "", suffix: str = "", every: int = listening.EVERY) -> Measurement:
    return Measurement(
        f"musicnn-{name or model}",
        tuple(f"{column}{suffix}" for column in listening.LAYER[model]) + listening.TAGS[model],
        partial(listening.listen, model=model, every=every),
        listening.recipe,
        listening.SAMPLE_RATE,
        partial(listening.MUSICNN.file, f"{model}.npz"),
    )


_MSD, _MTT = _musicnn("msd"), _musicnn("mtt")
_EVERY = _musicnn("msd", name="msd-every-patch", suffix="_every", every=1)
_UNTRAINED = Measurement(
    "musicnn-untrained",
    listening.LAYER["untrained"],
    listening.overhear,
    listening.untrained_recipe,
    listening.SAMPLE_RATE,
)
_MOODS = Measurement("moods", moods.MOODS, moods.measure_moods, moods.recipe, moods.SAMPLE_RATE, moods.network)

FEATURE_SETS = {
    row.name: row
    for row in (
        FeatureSet("mfcc20", "20 MFCC means", audio.MFCC20, "standard", _librosa("mfcc20", audio.MFCC20)),
        FeatureSet("full", "57 features", audio.FULL, "standard", _librosa("full", audio.FULL)),
        FeatureSet(
            "musicnn",
            "200 numbers of a network that has heard the Million Song Dataset",
            listening.LAYER["msd"], "common", _MSD, listening.TAGS["msd"],
        ),
        FeatureSet(
            "musicnn-mtt",
            "200 of one that has heard MagnaTagATune",
            listening.LAYER["mtt"], "common", _MTT, listening.TAGS["mtt"],
        ),
        FeatureSet(
            "musicnn-tags",
            "50 tags that the first of these gives",
            listening.TAGS["msd"], "roots", _MSD, listening.TAGS["msd"],
        ),
        FeatureSet(
            "musicnn-every",
            "the 200 numbers of the first from every patch, not from every second one",
            _EVERY.columns[:200], "common", _EVERY, listening.TAGS["msd"],
        ),
        FeatureSet(
            "musicnn-untrained",
            "200 of the same network with random weights, which has heard nothing",
            listening.LAYER["untrained"], "common", _UNTRAINED,
        ),
        FeatureSet("moods", "7 moods that a network hears", moods.MOODS, "common", _MOODS),
    )
}  # fmt: skip

# What ``vaeclust fetch`` can get.
WEIGHTS = {weights.name: weights for weights in (listening.MUSICNN, moods.VIBENET)}


def recognise(columns: Iterable[str]) -> FeatureSet | None:
    """Return the set of which a table has just these columns, or its tags as means beside other moments.

    >>> recognise(reversed(audio.MFCC20)).name, recognise(["tempo"])
    ('mfcc20', None)
    """
    found = set(columns)
    for row in FEATURE_SETS.values():
        if found == set(row.columns) or (row.columns == row.tags and found >= set(map(mean_of, row.tags))):
            return row
    return None


def mean_of(column: str) -> str:
    """Return what a table that has several moments of a column calls its mean."""
    return f"{column} mean"
