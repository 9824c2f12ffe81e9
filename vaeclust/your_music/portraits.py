"""What a clustering says about a music library, without any labels (chapter ``10_your_music``)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.fft import dct
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import NearestNeighbors

from vaeclust.cores import one_thread
from vaeclust.corpus.audio import BANDS, MFCC20
from vaeclust.corpus.dataset import Dataset

# What a low and a high value of a feature sounds like; only features that have a plain word for it.
WORDS = {
    "tempo": ("slow", "fast"),
    "rms_mean": ("quiet", "loud"),
    "rms_var": ("even in loudness", "dynamic"),
    "spectral_centroid_mean": ("dark", "bright"),
    "spectral_bandwidth_mean": ("narrow in sound", "broad in sound"),
    "zero_crossing_rate_mean": ("smooth", "noisy"),
    "perceptr_var": ("soft in attack", "percussive"),
    "mfcc1_mean": ("quiet", "loud"),
    "mfcc2_mean": ("bright", "dark"),
}

PLAIN = 0.4  # deviations from the library's mean from which on a word is used

# What the level of a file changes, of the features that ``load`` measures; in the others of them it hardly shows.
LOUDNESS = (
    "rms_mean", "rms_var", "harmony_mean", "harmony_var", "perceptr_mean", "perceptr_var", "mfcc1_mean",
)  # fmt: skip
APART = 5  # the other track, counted from the nearest, whose distance says what is near
LOOKED_AT = 24  # nearest tracks among which those that are almost the same are looked for
# Chosen on 30 clips of GTZAN with copies 6 dB quieter. Among 1,000 other songs, in the layer of musicnn, 18 of 20 are
# found and no two others; in the 57 features all 20, and two others, each of one artist.
SHARE = 0.6
TREBLE = 105  # the mel band from which on those lie that a codec of few bits leaves out: above 5.8 kHz
ROOMY = 20  # dimensions from which on that share is as it is


def centre_distances(embedding: np.ndarray, clusters: pd.Series) -> pd.DataFrame:
    """Return ``cluster, distance`` by track: how far each track lies from the mean of its cluster.

    embedding: (n, d); clusters: (n,), indexed by track id, in the same order.
    """
    points = pd.DataFrame(embedding, index=clusters.index)
    centres = points.groupby(clusters.to_numpy()).transform("mean")
    return pd.DataFrame({"cluster": clusters, "distance": np.linalg.norm(points - centres, axis=1)})


def cluster_portraits(
    dataset: Dataset,
    embedding: np.ndarray,
    clusters: pd.Series,
    *,
    typical: int = 3,
    names: Mapping[int, str] | None = None,
) -> pd.DataFrame:
    """Return one row a cluster: its size, what sets it apart in words, its most typical tracks.

    names: cluster → what it is called, in place of words for its features.
    """
    apart = centre_distances(embedding, clusters)
    standard = pd.DataFrame(dataset.audio, index=clusters.index, columns=dataset.features.columns)
    rows = {}
    for cluster, group in apart.groupby("cluster"):
        nearest = group.nsmallest(typical, "distance").index
        rows[cluster] = {
            "tracks": len(group),
            "what sets it apart": names[cluster] if names else deviation_words(standard.loc[group.index].mean()),
            "most typical": "; ".join(dataset.display_name(track) for track in nearest),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("cluster")


def deviation_words(deviations: pd.Series) -> str:
    """Return in words how a cluster differs from the library; deviations: feature → deviations from the mean.

    A missing deviation is unknown. Says so where none of the known features has words, and where the cluster differs
    only in such as have none: it is much like the library only if that is known of every feature.
    """
    known = deviations.dropna()
    if not set(WORDS) & set(known.index):
        return "unknown: these features have no words"
    told: dict[str, float] = {}
    for feature, (low, high) in WORDS.items():
        value = known.get(feature, 0.0)
        word = high if value > 0 else low
        if abs(value) >= PLAIN and word not in told and (low if word == high else high) not in told:
            told[word] = abs(value)
    if told:
        return ", ".join(sorted(told, key=told.get, reverse=True)[:4])
    if len(known) < len(deviations) or (known.abs() >= PLAIN).any():
        return "unknown: what sets it apart has no words"
    return "much like the library as a whole"


def odd_tracks(dataset: Dataset, embedding: np.ndarray, clusters: pd.Series, *, n: int = 10) -> pd.DataFrame:
    """Return the tracks that fit their clusters least: farthest from its mean, in mean distances of that cluster."""
    apart = centre_distances(embedding, clusters)
    mean = apart.groupby("cluster")["distance"].transform("mean").replace(0.0, np.nan)
    odd = (apart["distance"] / mean).fillna(0.0).nlargest(n)
    return pd.DataFrame({
        "track": [dataset.display_name(track) for track in odd.index],
        "cluster": clusters[odd.index].to_numpy(),
        "times as far as the others": odd.map("{:.1f}".format).to_numpy(),
    }).set_index("track").rename_axis(None)  # fmt: skip


def near_duplicates(dataset: Dataset, *, share: float = SHARE) -> pd.DataFrame:
    """Return ``track, almost the same as``: the pairs of :func:`duplicate_pairs` by name, with ids where names differ.

    Meant is one recording in two files: in another codec, at another level, cut at an end, with a touch of equaliser. A
    remaster is found where it changes no more.
    """
    names = {track: dataset.display_name(track) for track in dataset.ids}
    named = {track: name if name == track else f"{name} ({track})" for track, name in names.items()}
    pairs = [[named[one], named[other]] for one, other in duplicate_pairs(dataset, share=share)]
    return pd.DataFrame(pairs, columns=["track", "almost the same as"])


def duplicate_pairs(dataset: Dataset, *, share: float = SHARE) -> list[tuple[str, str]]:
    """Return the ids of each two tracks that lie much nearer to each other than both lie to the next tracks.

    That is where ``d(a, b) < share · min(r(a), r(b))``, with ``r`` the distance to the fifth-nearest other track; exact
    copies do not count for it. In fewer than 20 dimensions, in which points come near each other by chance, ``share``
    is that of a ball as rare there as in 20: ``share^(20/d)``.

    Distances are between ``C^(-1/4) x``, the covariance ``C`` of the features as Ledoit & Wolf (2004) estimate it,
    without features that hang on how loud a file is. Half as much whitening as in Mahalanobis' distance leaves the
    broad differences between kinds of music less weight, and they are what a change of level or codec looks like; whole
    whitening would fail on small libraries, of which ``C`` tells little.

    Where the features hold the 20 MFCC means, tracks may also be near in these without what lies above 5.8 kHz, which
    is what a codec of few bits takes away.

    Fewer than three tracks have no pairs. No label is used.
    """
    if len(dataset) < 3:
        return []
    kept = ~dataset.features.columns.isin(LOUDNESS)
    views = [dataset.audio[:, kept] if kept.any() else dataset.audio]
    if set(MFCC20) <= set(dataset.features):
        views.append(_without_treble(dataset))
    pairs = set().union(*(_near(_half_whitened(points), share) for points in views))
    return [(dataset.ids[one], dataset.ids[two]) for one, two in sorted(pairs)]


def _without_treble(dataset: Dataset) -> np.ndarray:
    """Return the MFCC means but the first, without what the bands above 5.8 kHz may change in them, (n, 15) float64.

    A low-pass lowers the bands above its cutoff: in MFCCs, the cosine transform of their decibels, that is a direction
    for each cutoff. What all these span but for a tenth is taken away.
    """
    places = dataset.features.columns.get_indexer(list(MFCC20))
    deviations = dataset.features[list(MFCC20)].std(ddof=0).to_numpy()
    coefficients = dataset.audio[:, places] * deviations  # in decibels again, whatever they were divided by
    bands = np.arange(BANDS)
    steps = [dct((bands >= first).astype(np.float64), norm="ortho")[: len(MFCC20)] for first in bands[TREBLE:]]
    with one_thread():
        _, sizes, directions = np.linalg.svd(np.stack(steps))
        taken = directions[: (sizes > 0.1 * sizes[0]).sum()]
        left = coefficients - coefficients @ taken.T @ taken
        scaled = (left / np.where(deviations > 0, deviations, 1))[:, 1:]
        return (
            scaled
            @ np.linalg.svd(scaled - scaled.mean(axis=0), full_matrices=False)[2][: scaled.shape[1] - len(taken)].T
        )


def _near(points: np.ndarray, share: float) -> set[tuple[int, int]]:
    """Return the pairs of rows that lie much nearer to each other than both lie to the next."""
    with one_thread():
        nearest = NearestNeighbors(n_neighbors=min(LOOKED_AT, len(points)), algorithm="brute").fit(points)
        distance, other = nearest.kneighbors(points)
    itself = other == np.arange(len(points))[:, None]
    copies = distance <= 1e-6 * np.median(distance[:, -1])
    apart = np.sort(np.where(itself | copies, np.inf, distance), axis=1)
    last = np.clip(np.isfinite(apart).sum(axis=1), 1, APART) - 1
    reach = share ** max(1.0, ROOMY / points.shape[1]) * apart[np.arange(len(points)), last]
    rows, places = np.nonzero(~itself & (distance < np.minimum(reach[:, None], reach[other])))
    found = ((int(row), int(other[row, place])) for row, place in zip(rows, places, strict=True))
    return {(min(pair), max(pair)) for pair in found}


def _half_whitened(points: np.ndarray) -> np.ndarray:
    """Return (n, d) float64: each principal axis over the root of its deviation."""
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    with one_thread():
        variance, axes = np.linalg.eigh(LedoitWolf(assume_centered=True).fit(centred).covariance_)
        # A constant library has no variance at all; all its tracks lie on one place whatever it is divided by.
        return centred @ axes * np.maximum(variance, 1e-12 * max(variance[-1], 1e-12)) ** -0.25
