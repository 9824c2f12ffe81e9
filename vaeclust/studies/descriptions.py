"""Descriptions of the same tracks, measured and heard, by a rule that no label wrote (chapter ``14_listening``).

The rule is ``reference/listening.toml``, written before the chapter scored a label.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.listening import PLAIN_TAGS, TAGS
from vaeclust.corpus.named import CORPORA
from vaeclust.corpus.scaling import scaled
from vaeclust.corpus.sources import has_features, has_sound, load
from vaeclust.corpus.tables import npz_array
from vaeclust.files import resolve
from vaeclust.studies.conditions import Condition
from vaeclust.studies.records import STANDARD
from vaeclust.studies.rules import FULL_FEATURES, power_transform, tuned_method

LISTENING = "listening"  # the record
GROUPED_BY = ("features", "umap", "vae")  # representations of every description, clustered by K-Means
PLAIN, JOINED = "plain_tags", "tags_and_features"


@dataclass(frozen=True)
class Description:
    """What tracks are described by.

    Attributes
    ----------
    features : str
        A row of FEATURE_SETS.
    array : str
        What it is called in a file of several arrays.
    quick : bool
        Whether the synthetic corpus is described by it, too, whose page has little time.
    """

    features: str
    array: str = ""
    quick: bool = False


DESCRIPTIONS = {
    "mfcc20": Description("mfcc20", quick=True),
    FULL_FEATURES: Description("full"),
    "moods": Description("moods", "moods"),
    "layer_untrained": Description("musicnn-untrained", quick=True),
    "layer_mtt": Description("musicnn-mtt", "mtt_penultimate"),
    "layer_msd": Description("musicnn", "msd_penultimate", quick=True),
    "layer_every": Description("musicnn-every"),
    "tags": Description("musicnn-tags", "msd_tags", quick=True),
}


@cache
def listening_rule() -> dict:
    """Return the rule of the chapter: ``rule`` and ``additions`` in words, ``ks``, ``folds``, ``sample``."""
    return tomllib.loads(files("vaeclust.studies").joinpath("reference/listening.toml").read_text("utf-8"))


def described_corpora(
    source: str, *, features: str = "mfcc20", heard: str = "", most: int = 0, **options: Any
) -> tuple[dict[str, Dataset], dict[str, str]]:
    """Describe the same tracks in every way that is at hand.

    Parameters
    ----------
    source : str
        As of :func:`~vaeclust.corpus.sources.load`, whose ``options`` the others are.
    features : str
        A file of features is one more description, as it was given.
    heard : str
        A file of what networks heard of these tracks: a table of tags, or an npz whose arrays DESCRIPTIONS names.
        Tracks that it lacks are left out, and no track for a fault of its file: it was heard elsewhere. Without one,
        the sound is listened to where there is any.
    most : int
        The sound of so many tracks at most is listened to, drawn at random; 0 means of all.

    Returns
    -------
    found : dict of Dataset
        Condition → corpus, the same tracks in the same order in all.
    missing : dict of str
        Condition → why it is not among them.

    Raises
    ------
    ValueError, FileNotFoundError
        As ``load`` does for what is there and cannot be used.
    """
    found: dict[str, Dataset] = {}
    missing: dict[str, str] = {}
    synthetic = source in CORPORA and CORPORA[source].synthetic
    sounds, arrays = has_sound(source), _arrays(heard) if heard else {}
    # What was heard elsewhere is of all tracks, and of whole files.
    options |= {"most": most if sounds and not heard else 0, "exclude": {} if heard else None}
    if features not in FEATURE_SETS:
        found[STANDARD] = load(source, features=features, **options)
    for name, row in DESCRIPTIONS.items():
        if synthetic and not row.quick:
            missing[name] = "left out on a synthetic corpus, to save time"
        elif name in arrays:
            scaling = FEATURE_SETS[row.features].scaling
            found[name] = load(source, features=arrays[name], scaling=scaling, **options)
        elif has_features(source, row.features) or (sounds and not (heard and row.array)):
            try:
                found[name] = load(source, features=row.features, **options)
            except (FileNotFoundError, ModuleNotFoundError) as error:
                missing[name] = str(error)
        else:
            missing[name] = f"not in {Path(heard).name}" if heard else "no sound here, and no file of what was heard"
    if not found:  # numbers of its own, such as those of a streaming service
        found[STANDARD] = load(source, **options)
    shared = set.intersection(*(set(corpus.ids) for corpus in found.values()))
    found = {name: _only(corpus, shared) for name, corpus in found.items()}
    if FULL_FEATURES in found:
        found[FULL_FEATURES] = power_transform(found[FULL_FEATURES])
    if "tags" in found:
        found[PLAIN] = plain_tags(found["tags"])
        measured = [found[name] for name in (FULL_FEATURES, "mfcc20") if name in found][:1]
        if measured:
            found[JOINED] = side_by_side(found["tags"], *measured)
    return found, missing


def plain_tags(dataset: Dataset) -> Dataset:
    """Return a corpus described by the tags that name no genre; dataset: by all 50, in the order of the model."""
    chosen = [TAGS["msd"].index(tag) for tag in PLAIN_TAGS]
    features = dataset.features.iloc[:, chosen]
    return replace(dataset, features=features, audio=scaled(features, dataset.scaling))


def side_by_side(*corpora: Dataset) -> Dataset:
    """Return the tracks by all descriptions at once, each with the same total variance: a rule that needs no label.

    On the whole, the mean variance of a column is 1.
    """
    parts = [corpus.audio / np.sqrt(corpus.audio.var(axis=0, dtype=np.float64).sum()) for corpus in corpora]
    width = sum(part.shape[1] for part in parts)
    audio = np.hstack(parts) * np.sqrt(width / len(parts))
    features = pd.concat([corpus.features for corpus in corpora], axis=1)
    return replace(corpora[0], features=features, audio=audio.astype(np.float32))


def description_conditions(slug: str, corpora: Mapping[str, Dataset], k: int) -> dict[str, Condition]:
    """Return the descriptions as conditions of a representation; UMAP has one setting for all, see ``rules``."""
    method = tuned_method(slug, FULL_FEATURES, k)
    return {name: Condition(corpus, method=method) for name, corpus in corpora.items()}


def _arrays(heard: str) -> dict[str, str]:
    """Return, by condition, what ``load`` takes for the features that a file has."""
    path, array = npz_array(heard)
    if not path.endswith(".npz") or array:
        return {"tags": heard}
    with np.load(resolve(path), allow_pickle=False) as content:
        return {name: f"{path}:{row.array}" for name, row in DESCRIPTIONS.items() if row.array in content.files}


def _only(corpus: Dataset, tracks: set[str]) -> Dataset:
    return corpus.subset(corpus.tracks.index.isin(tracks)) if len(tracks) < len(corpus) else corpus
