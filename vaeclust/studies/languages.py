"""Lyrics of several languages, and what is left of them within each (chapter ``13_real_lyrics``).

The rule is ``reference/languages.toml``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.feature_sets import recognise
from vaeclust.corpus.sources import load
from vaeclust.corpus.tables import npz_array
from vaeclust.files import resolve
from vaeclust.studies.conditions import Condition, shuffle_lyrics
from vaeclust.studies.descriptions import side_by_side
from vaeclust.studies.records import STANDARD
from vaeclust.studies.rules import FULL_FEATURES, power_transform

LANGUAGES = "languages"  # the record
MOODS_AND_TAGS = "moods_and_tags"
SOUNDS = (STANDARD, "mfcc20", FULL_FEATURES, MOODS_AND_TAGS)
# Condition → sound and lyrics that it shows, none being empty.
PARTS = {"lyrics": ("", "lyrics"), "lyrics_centred": ("", "centred")} | {
    f"{sound}_{kind}".rstrip("_"): (sound, kind) for sound in SOUNDS for kind in ("", "lyrics", "centred", "others")
}
LEAST_OF_A_LANGUAGE = 15  # tracks with lyrics


@cache
def language_rule() -> dict:
    """Return the rule of the control: ``rule`` in words, and ``ks``."""
    return tomllib.loads(files("vaeclust.studies").joinpath("reference/languages.toml").read_text("utf-8"))


def spoken_part(dataset: Dataset) -> Dataset | None:
    """Return the tracks whose lyrics and language are known; None where fewer than two languages have 15 of them."""
    if dataset.lyrics is None or "language" not in dataset.references():
        return None
    language = dataset.tracks["language"].where(dataset.has_lyrics)
    counts = language.value_counts()
    enough = counts.index[counts >= LEAST_OF_A_LANGUAGE]
    return dataset.subset(language.isin(enough).to_numpy()) if len(enough) > 1 else None


def spoken_sounds(dataset: Dataset, full: Dataset | None = None, heard: Dataset | None = None) -> dict[str, Dataset]:
    """Return the sound of tracks whose lyrics and language are known, by description, the same tracks in all.

    Nothing for a corpus of one language. full: the same corpus by all 57 features; heard: of :func:`moods_and_tags`.
    """
    spoken = spoken_part(dataset)
    if spoken is None:
        return {}
    known = recognise(dataset.features.columns)
    own = {"mfcc20": "mfcc20", "full": FULL_FEATURES}.get(known.name if known else "", STANDARD)
    named = {own: dataset, FULL_FEATURES: full, MOODS_AND_TAGS: heard}
    there = {name: corpus for name, corpus in named.items() if corpus is not None}
    shared = set(spoken.ids).intersection(*(corpus.ids for corpus in there.values()))
    found = {name: corpus.subset(corpus.tracks.index.isin(shared)) for name, corpus in there.items()}
    return {name: power_transform(corpus) if name == FULL_FEATURES else corpus for name, corpus in found.items()}


def moods_and_tags(source: str, heard: str, **options: Any) -> Dataset | None:
    """Return tracks by seven moods and the tags of MagnaTagATune, with equal total variance; None without them.

    heard: an npz with the arrays ``moods`` and ``mtt_tags``. source, options: of :func:`~vaeclust.corpus.sources.load`.
    """
    path, array = npz_array(heard)
    if array or not path.endswith(".npz"):
        return None
    with np.load(resolve(path), allow_pickle=False) as content:
        if not {"moods", "mtt_tags"} <= set(content.files):
            return None
    scalings = {"moods": "common", "mtt_tags": "roots"}
    return side_by_side(*(load(source, features=f"{path}:{a}", scaling=s, **options) for a, s in scalings.items()))


def centred_lyrics(dataset: Dataset) -> Dataset:
    """Return a corpus whose lyrics are those less the mean of their language; texts of none are a language of theirs.

    Raises ValueError for a corpus without lyrics.
    """
    if dataset.lyrics is None:
        raise ValueError(f"{dataset.name} has no lyrics to centre")
    language = dataset.tracks["language"].fillna("").to_numpy()
    lyrics = dataset.lyrics.astype(np.float64)
    for name in set(language):
        chosen = (language == name) & dataset.has_lyrics
        lyrics[chosen] -= lyrics[chosen].mean(axis=0)
    return replace(dataset, lyrics=lyrics.astype(np.float32))


def language_conditions(sounds: Mapping[str, Dataset]) -> dict[str, Condition]:
    """Return what K-Means is shown: lyrics alone, and every sound alone and beside lyrics, as the rule has it.

    sounds: of :func:`spoken_sounds`. ``<sound>``, ``<sound>_lyrics``, ``<sound>_centred`` and ``<sound>_others``, with
    the lyrics of another track; ``lyrics`` and ``lyrics_centred``.
    """
    corpus = next(iter(sounds.values()))
    centred = centred_lyrics(corpus)
    words = {"lyrics": corpus, "centred": centred, "others": shuffle_lyrics(centred, within="language")}
    texts = {name: _as_sound(spoken) for name, spoken in words.items()}
    shown = {"lyrics": texts["lyrics"], "lyrics_centred": texts["centred"]}
    for name, sound in sounds.items():
        shown[name] = sound
        shown |= {f"{name}_{kind}": side_by_side(sound, text) for kind, text in texts.items()}
    return {name: Condition(each) for name, each in shown.items()}


def _as_sound(dataset: Dataset) -> Dataset:
    """Return a corpus whose lyrics are what models see as its sound."""
    assert dataset.lyrics is not None
    names = [f"lyrics_{i:02d}" for i in range(dataset.lyrics.shape[1])]
    features = pd.DataFrame(dataset.lyrics.astype(np.float64), dataset.tracks.index, names)
    return replace(dataset, audio=dataset.lyrics, features=features)
