"""What lyrics add to audio, on the tracks whose lyrics are known (chapter ``13_real_lyrics``).

Tracks without lyrics are left out here, so that a missing text cannot tell the genre. A view is what a method is
shown of a track: its audio, its lyrics, both, or both with the lyrics of another track.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.beyond import WITH_FULL, power_transformed, with_settings
from vaeclust.clustering import cluster
from vaeclust.controls import shuffled_lyrics
from vaeclust.datasets import Dataset, subset
from vaeclust.differences import difference, differs, resampled
from vaeclust.evidence import intervals, wording
from vaeclust.methods import METHODS, find
from vaeclust.metrics import METRICS, score
from vaeclust.records import Record, joined
from vaeclust.training import fit

SLUG = "modalities"
LEAST_TRACKS = 30
VIEWS = {"audio": "audio", "lyrics": "lyrics", "both": "both", "shuffled": "both, lyrics of other tracks"}
ONE, TWO = ("features", "umap", "vae"), ("features", "umap", "multimodal_vae", "product_of_experts")
STUDIES = {"audio": ONE, "lyrics": ONE, "both": TWO, "shuffled": TWO}  # view → representations


def with_lyrics(dataset: Dataset, full: Dataset | None = None) -> Dataset | None:
    """Return the tracks that have lyrics, with all features (power-transformed) where ``full`` has them.

    None for fewer than 30 of them.
    """
    if dataset.has_lyrics.sum() < LEAST_TRACKS:
        return None
    return subset(dataset, dataset.has_lyrics) if full is None else power_transformed(subset(full, full.has_lyrics))


def seen(dataset: Dataset, view: str, slug: str) -> Dataset:
    """Return a corpus as a method sees it under a view: one modality, or both side by side, as its ``audio`` (n, d).

    A method that reads audio and lyrics itself gets both; all others see one array.
    """
    shown = shuffled_lyrics(dataset) if view == "shuffled" else dataset
    if view == "audio" or find(slug).inputs != ("audio",):
        return shown
    return replace(shown, audio=shown.lyrics if view == "lyrics" else np.hstack([shown.audio, shown.lyrics]))


def run(
    dataset: Dataset,
    *,
    seeds: int = 10,
    n_clusters: int = 0,
    results_dir: str | Path = "results",
    parameters: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Record:
    """Represent, cluster by K-Means, score and record every view; a condition is ``<method>_<view>``.

    dataset: tracks that all have lyrics. The input space is the audio for all views. ``settings`` are those of
    :func:`training.fit`.
    """
    record, k = Record(dataset.name, SLUG, results_dir), n_clusters or dataset.default_k()
    clusters, scores = {}, {}
    for view, slugs in STUDIES.items():
        for slug in slugs:
            method = with_settings(slug, WITH_FULL, k)
            fitted = fit(method, seen(dataset, view, slug), range(seeds), **settings)
            found = cluster(fitted, dataset, k, clusterers=("kmeans",))
            clusters[f"{slug}_{view}"] = found
            scores[f"{slug}_{view}"] = score(fitted, found, dataset)
    record.write("clusters", joined(clusters))
    record.write("intervals", intervals(record.write("scores", joined(scores))))
    record.save_run(fitted, dataset, {**(parameters or {}), "seeds": seeds, "n_clusters": n_clusters, **settings})
    return record


def table(intervals: pd.DataFrame, metrics: Iterable[str] = ("nmi", "ari", "purity")) -> pd.DataFrame:
    """Return ``mean ± sd`` against genre: a row a representation and view. intervals: of the record of :func:`run`."""
    rows = intervals[intervals["reference"] == "genre"].set_index(["condition", "metric"])
    names = [f"{slug}_{view}" for view, slugs in STUDIES.items() for slug in slugs]
    cells = {
        METRICS[metric].title: [wording(*rows.loc[(name, metric), ["mean", "sd"]]) for name in names]
        for metric in metrics
    }
    return pd.DataFrame(cells, index=[title(name) for name in names])


def title(condition: str) -> str:
    """Return what a condition is called: ``multimodal_vae_both`` → ``Multi-modal VAE, both``."""
    slug, view = condition.rsplit("_", 1)
    return f"{METHODS[slug].title}, {VIEWS[view]}"


def effects(
    clusters: pd.DataFrame, reference: pd.Series, metric: str = "nmi", *, slugs: Iterable[str] = TWO
) -> pd.DataFrame:
    """Return how both modalities differ from the audio alone, and from both with shuffled lyrics, in words.

    Over seeds and tracks, see ``differences.resampled``. A row a representation; the VAE is the audio side of the
    models of both. clusters: of the record of :func:`run`; reference: label by track id;
    tracks without lyrics are left out.
    """
    reference = reference[reference.index.isin(clusters["track_id"])]
    groups, rows = dict(list(clusters.groupby("condition"))), {}
    drawn = cache(lambda name: resampled(groups[name], reference, metric))
    for slug in slugs:
        alone = slug if slug in ONE else "vae"
        rows[METHODS[slug].title] = {
            f"against {VIEWS[view]}": differs(difference([drawn(f"{slug}_both"), drawn(name)]), short=True)
            for view, name in (
                ("audio", f"{alone}_audio"),
                ("lyrics", f"{alone}_lyrics"),
                ("shuffled", f"{slug}_shuffled"),
            )
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def coverage(genres: pd.Series, has_lyrics: pd.Series) -> pd.DataFrame:
    """Return how many tracks of every genre have lyrics; both indexed by track id, has_lyrics bool."""
    groups = has_lyrics.groupby(genres)
    return pd.DataFrame({"tracks": groups.size(), "with lyrics": groups.sum()}).rename_axis(None)


def coverage_leak(genres: pd.Series, has_lyrics: pd.Series) -> float:
    """Return the NMI with genre of two clusters, the tracks with lyrics and those without.

    What can be known of the genre from nothing but whether there is a text. Both indexed by track id.
    """
    known = genres.dropna()
    return METRICS["nmi"].function(known, has_lyrics[known.index])


def summary(effects: pd.DataFrame) -> dict[str, str]:
    """Return cells of :func:`effects` to state: ``<method>_both_<view>``."""
    slugs = {METHODS[slug].title: slug for slug in TWO}
    views = {f"against {title}": view for view, title in VIEWS.items()}
    return {
        f"{slugs[row]}_both_{views[column]}": words for column, cells in effects.items() for row, words in cells.items()
    }
