"""Views of the tracks whose lyrics are known: what a method is shown of each (chapter ``13_real_lyrics``).

Tracks without lyrics are left out here, so that a missing text cannot tell the genre. A view is what a method is
shown of a track: its audio, its lyrics, both, or both with the lyrics of another track.
"""

from dataclasses import replace

import numpy as np

from vaeclust.corpus.dataset import Dataset
from vaeclust.methods.catalogue import find
from vaeclust.studies.conditions import Condition, shuffle_lyrics
from vaeclust.studies.rules import FULL_FEATURES, power_transform, tuned_method

SLUG = "real_lyrics"
LEAST_TRACKS = 30
ONE, TWO = ("features", "umap", "vae"), ("features", "umap", "multimodal_vae", "product_of_experts")
VIEW_METHODS = {"audio": ONE, "lyrics": ONE, "both": TWO, "shuffled": TWO}  # view → representations
VIEWED = tuple(dict.fromkeys(ONE + TWO))


def lyrics_part(dataset: Dataset, full: Dataset | None = None) -> Dataset | None:
    """Return the tracks that have lyrics, with all features (power-transformed) where ``full`` has them.

    None for fewer than 30 of them.
    """
    if dataset.has_lyrics.sum() < LEAST_TRACKS:
        return None
    return dataset.subset(dataset.has_lyrics) if full is None else power_transform(full.subset(full.has_lyrics))


def shown_corpus(dataset: Dataset, view: str, slug: str) -> Dataset:
    """Return a corpus as a method sees it under a view: one modality, or both side by side, as its ``audio`` (n, d).

    A method that reads audio and lyrics itself gets both; all others see one array.
    Raises ValueError for a corpus without lyrics.
    """
    shown = shuffle_lyrics(dataset) if view == "shuffled" else dataset
    if view == "audio" or find(slug).inputs != ("audio",):
        return shown
    if shown.lyrics is None:
        raise ValueError(f"{dataset.name} has no lyrics to show")
    return replace(shown, audio=shown.lyrics if view == "lyrics" else np.hstack([shown.audio, shown.lyrics]))


def view_conditions(slug: str, dataset: Dataset, k: int) -> dict[str, Condition]:
    """Return the views of a corpus that a method has, clustered by K-Means; all are judged on the audio.

    dataset: tracks that all have lyrics, see :func:`lyrics_part`.
    """
    method = tuned_method(slug, FULL_FEATURES, k)
    views = [view for view, slugs in VIEW_METHODS.items() if slug in slugs]
    return {view: Condition(shown_corpus(dataset, view, slug), method=method, judged=dataset) for view in views}
