"""What a clustering says about a music library, without any labels (chapter ``10_your_music``)."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from vaeclust.datasets import Dataset
from vaeclust.diagnostics import stability
from vaeclust.methods import METHODS
from vaeclust.metrics import ari
from vaeclust.parallel import one_thread
from vaeclust.paths import project_root, replacing
from vaeclust.tables import GTZAN_IDS

LARGEST_SAMPLE = 2_000
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
TIED = 0.02  # stabilities that differ by no more are taken as equal
PLAIN = 0.4  # deviations from the library's mean from which on a word is used


def choose_k(
    embedding: np.ndarray, *, ks: Iterable[int] = range(2, 16), draws: int = 10, seed: int = 0
) -> pd.DataFrame:
    """Score numbers of clusters for K-Means by three criteria that need no labels.

    Returns
    -------
    DataFrame
        ``k, silhouette, stability, gap, gap_sd``. Stability: mean ARI between the clusterings of two random halves
        that share some tracks, on those (Ben-Hur et al. 2002), each half 80 % of the tracks. Gap: how much tighter
        the clusters are, on a log scale, than those of uniform points in the same box along the principal axes, and
        its standard error (Tibshirani et al. 2001).

    embedding: (n, d). Above 2,000 tracks a random sample of 2,000 stands for all.
    """
    rng = np.random.default_rng(seed)
    n = len(embedding)
    x = embedding[rng.choice(n, LARGEST_SAMPLE, replace=False)] if n > LARGEST_SAMPLE else embedding
    x = (x - x.mean(axis=0)) @ np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2].T
    uniform = [rng.uniform(x.min(axis=0), x.max(axis=0), x.shape) for _ in range(draws)]
    rows = []
    with one_thread():
        for k in (k for k in ks if 2 <= k <= 0.8 * len(x) - 1):
            fitted = KMeans(k, n_init=10, random_state=seed).fit(x)
            expected = [np.log(KMeans(k, n_init=1, random_state=seed).fit(u).inertia_) for u in uniform]
            gap = np.mean(expected) - np.log(fitted.inertia_)
            error = np.std(expected) * np.sqrt(1 + 1 / draws)
            agreement = np.mean([_agreement(x, k, rng) for _ in range(draws)])
            rows.append((k, silhouette_score(x, fitted.labels_), agreement, gap, error))
    return pd.DataFrame(rows, columns=["k", "silhouette", "stability", "gap", "gap_sd"])


def recommend_k(table: pd.DataFrame) -> tuple[int, str]:
    """Return a number of clusters and the reason in words; table as from :func:`choose_k`.

    Recommended is the k with the best mean rank over the three criteria. Stability's own choice is the largest k that
    is hardly less stable than any; the gap's the smallest that is as good as the next within one standard error.
    """
    ranks = table[["silhouette", "stability", "gap"]].rank(ascending=False).mean(axis=1)
    best = int(table["k"][ranks.idxmin()])
    gap, after = table["gap"].to_numpy(), (table["gap"] - table["gap_sd"]).to_numpy()
    enough = np.flatnonzero(gap[:-1] >= after[1:])
    choices = {
        "silhouette": int(table["k"][table["silhouette"].idxmax()]),
        "stability": int(table["k"][table["stability"] >= table["stability"].max() - TIED].max()),
        "gap statistic": int(table["k"].iloc[enough[0] if len(enough) else -1]),
    }
    each = ", ".join(f"{name} {k}" for name, k in choices.items())
    if len(set(choices.values())) == 1:
        return best, f"All three criteria choose {best} clusters."
    return best, f"The criteria do not agree ({each}); {best} clusters have the best mean rank over the three."


def _agreement(x: np.ndarray, k: int, rng: np.random.Generator) -> float:
    """Return the ARI of two K-Means clusterings of random 80 % of the points, on the points they share."""
    labels = np.full((2, len(x)), -1)
    for row in labels:
        chosen = rng.permutation(len(x))[: round(0.8 * len(x))]
        row[chosen] = KMeans(k, n_init=3, random_state=int(rng.integers(2**31))).fit_predict(x[chosen])
    shared = (labels >= 0).all(axis=0)
    return ari(*labels[:, shared])


def methods_without_labels(intervals: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Return methods by what can be said of their K-Means clusters without labels, the most stable first.

    ``stability``: mean ARI between seeds; ``silhouette``: in the input space, the same for all. Standard condition.
    """
    rows = intervals.query("clusterer == 'kmeans' and condition == 'standard' and space == 'input'")
    silhouette = rows[rows["metric"] == "silhouette"].set_index("method")["mean"]
    found = clusters.query("clusterer == 'kmeans' and condition == 'standard'").groupby("method")
    agreement = pd.Series({slug: stability(group)["ari"].mean() for slug, group in found})
    table = pd.DataFrame({"stability": agreement, "silhouette": silhouette}).rename_axis("method")
    return table.reindex([slug for slug in METHODS if slug in table.index]).sort_values(
        "stability", ascending=False, kind="stable"
    )


def distances(embedding: np.ndarray, clusters: pd.Series) -> pd.DataFrame:
    """Return ``cluster, distance`` by track: how far each track lies from the mean of its cluster.

    embedding: (n, d); clusters: (n,), indexed by track id, in the same order.
    """
    points = pd.DataFrame(embedding, index=clusters.index)
    centres = points.groupby(clusters.to_numpy()).transform("mean")
    return pd.DataFrame({"cluster": clusters, "distance": np.linalg.norm(points - centres, axis=1)})


def portraits(dataset: Dataset, embedding: np.ndarray, clusters: pd.Series, *, typical: int = 3) -> pd.DataFrame:
    """Return one row a cluster: its size, what sets it apart in words, its most typical tracks."""
    apart = distances(embedding, clusters)
    standard = pd.DataFrame(dataset.audio, index=clusters.index, columns=dataset.features.columns)
    rows = {}
    for cluster, group in apart.groupby("cluster"):
        nearest = group.nsmallest(typical, "distance").index
        rows[cluster] = {
            "tracks": len(group),
            "what sets it apart": in_words(standard.loc[group.index].mean()),
            "most typical": "; ".join(name_of(dataset, track) for track in nearest),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("cluster")


def in_words(deviations: pd.Series) -> str:
    """Return in words how a cluster differs from the library; deviations: feature → deviations from the mean."""
    told: dict[str, float] = {}
    for feature, (low, high) in WORDS.items():
        value = deviations.get(feature, 0.0)
        word = high if value > 0 else low
        if abs(value) >= PLAIN and word not in told and (low if word == high else high) not in told:
            told[word] = abs(value)
    return ", ".join(sorted(told, key=told.get, reverse=True)[:4]) or "much like the library as a whole"


def odd_ones(dataset: Dataset, embedding: np.ndarray, clusters: pd.Series, *, n: int = 10) -> pd.DataFrame:
    """Return the tracks that fit their clusters least: farthest from its mean, in mean distances of that cluster."""
    apart = distances(embedding, clusters)
    mean = apart.groupby("cluster")["distance"].transform("mean").replace(0.0, np.nan)
    odd = (apart["distance"] / mean).fillna(0.0).nlargest(n)
    return pd.DataFrame({
        "track": [name_of(dataset, track) for track in odd.index],
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
    names = [name_of(dataset, track) for track in dataset.ids]
    named = [n if n == track else f"{n} ({track})" for n, track in zip(names, dataset.ids, strict=True)]
    return pd.DataFrame([[named[i] for i in pair] for pair in pairs], columns=["track", "almost the same as"])


def write_playlists(dataset: Dataset, clusters: pd.Series, folder: Path) -> list[Path]:
    """Write one .m3u8 playlist a cluster, with paths relative to it; nothing for a corpus without files.

    Returns the playlists. Names that a line cannot hold are written as file addresses.
    """
    if "path" not in dataset.tracks or dataset.tracks["path"].isna().all():
        return []
    written = []
    for cluster, tracks in dataset.tracks.assign(cluster=clusters).groupby("cluster"):
        lines = ["#EXTM3U"]
        for track, path in tracks["path"].dropna().items():
            target = (project_root() / path).absolute()
            place = target.as_uri() if "\n" in path else os.path.relpath(target, folder)
            lines += [f"#EXTINF:-1,{' '.join(name_of(dataset, track).split())}", place]
        with replacing(folder / f"cluster_{cluster:02d}.m3u8") as file:
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        written.append(folder / f"cluster_{cluster:02d}.m3u8")
    return written


def sounds(dataset: Dataset) -> pd.Series:
    """Return the address of every track's file, relative to the built chapter; missing where there is nothing to play.

    That is a track without a file, or one that may not be played: GTZAN's recordings are commercial.
    """
    none = pd.Series(None, dataset.tracks.index, dtype=object)
    if is_gtzan(dataset) or "path" not in dataset.tracks:
        return none
    page = project_root() / "_build" / "html" / "book" / "chapters"
    files = dataset.tracks["path"].dropna().map(lambda path: (project_root() / path).absolute())
    files = files[files.map(Path.is_file).astype(bool)]
    return files.map(lambda file: quote(os.path.relpath(file, page))).reindex(none.index)


def is_gtzan(dataset: Dataset) -> bool:
    """Return whether these are clips of GTZAN, whole or in part."""
    return dataset.name.startswith("gtzan") or GTZAN_IDS.issuperset(dataset.ids)


def name_of(dataset: Dataset, track: str) -> str:
    """Return artist and title of a track as far as they are known, else its id."""
    about = dataset.tracks.loc[track]
    known = [str(about[column]) for column in ("artist", "title") if column in about and pd.notna(about[column])]
    return " – ".join(known) or track
