"""What a clustering says about a music library, without any labels (chapter ``10_your_music``)."""

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

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


def centre_distances(embedding: np.ndarray, clusters: pd.Series) -> pd.DataFrame:
    """Return ``cluster, distance`` by track: how far each track lies from the mean of its cluster.

    embedding: (n, d); clusters: (n,), indexed by track id, in the same order.
    """
    points = pd.DataFrame(embedding, index=clusters.index)
    centres = points.groupby(clusters.to_numpy()).transform("mean")
    return pd.DataFrame({"cluster": clusters, "distance": np.linalg.norm(points - centres, axis=1)})


def cluster_portraits(
    dataset: Dataset, embedding: np.ndarray, clusters: pd.Series, *, typical: int = 3
) -> pd.DataFrame:
    """Return one row a cluster: its size, what sets it apart in words, its most typical tracks."""
    apart = centre_distances(embedding, clusters)
    standard = pd.DataFrame(dataset.audio, index=clusters.index, columns=dataset.features.columns)
    rows = {}
    for cluster, group in apart.groupby("cluster"):
        nearest = group.nsmallest(typical, "distance").index
        rows[cluster] = {
            "tracks": len(group),
            "what sets it apart": deviation_words(standard.loc[group.index].mean()),
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


def near_duplicates(dataset: Dataset, *, share: float = 0.2) -> pd.DataFrame:
    """Return pairs of tracks that are hardly apart: nearer than ``share`` of the median distance to a neighbour."""
    if len(dataset) < 3:
        return pd.DataFrame(columns=["track", "almost the same as"])
    near, neighbour = NearestNeighbors(n_neighbors=2).fit(dataset.audio).kneighbors(dataset.audio)
    close = np.flatnonzero(near[:, 1] < share * np.median(near[:, 1]))
    # A track's nearest point may be itself or its twin, when both lie on one place.
    other = np.where(neighbour[:, 0] == np.arange(len(dataset)), neighbour[:, 1], neighbour[:, 0])
    pairs = sorted({tuple(sorted((i, int(other[i])))) for i in close})
    names = [dataset.display_name(track) for track in dataset.ids]
    named = [n if n == track else f"{n} ({track})" for n, track in zip(names, dataset.ids, strict=True)]
    return pd.DataFrame([[named[i] for i in pair] for pair in pairs], columns=["track", "almost the same as"])
