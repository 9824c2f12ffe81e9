"""Where new songs belong among the groups of a library, without training anything again (chapter ``10_your_music``)."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from vaeclust.clusters.clusterers import kmeans
from vaeclust.corpus.dataset import Dataset, track_name
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.measured import path_text
from vaeclust.corpus.sources import has_sound, load
from vaeclust.corpus.tables import examples
from vaeclust.estimators import SUFFIX, load_model
from vaeclust.evidence.words import percent, rounded
from vaeclust.files import read_json
from vaeclust.scores.labels import ari
from vaeclust.scores.matching import match_clusters
from vaeclust.studies.origins import RUN
from vaeclust.studies.records import MODELS, STANDARD, pick
from vaeclust.your_music.groups import SONGS as SONG_COLUMNS
from vaeclust.your_music.groups import lasting_groups, read_songs, write_songs
from vaeclust.your_music.library import SONGS
from vaeclust.your_music.list_folder import Written, told_of_lists
from vaeclust.your_music.playlists import LONGEST, track_files, write_playlists
from vaeclust.your_music.similar import record_folder

NEIGHBOURS = 5
FOLDS = 5
PLACED = "placed.csv"


class Placed(NamedTuple):
    """What became of new songs.

    Attributes
    ----------
    songs : DataFrame
        ``track_id, artist, title, path, cluster, name, sureness, x, y`` as of ``groups.songs_table``, and ``near``: the
        ids of the nearest songs of the library.
    lists : Written
        The playlists, which hold the new songs now.
    told : str
        All of it in words.
    """

    songs: pd.DataFrame
    lists: Written
    told: str


def centres(points: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the means of the clusters 0 … k - 1, (k, d); points (n, d), clusters (n,) int."""
    return np.stack([points[clusters == cluster].mean(axis=0) for cluster in range(clusters.max() + 1)])


def nearest_centre(points: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Return the cluster whose centre is nearest, (n,) int: what K-Means says of points that it has not seen.

    >>> nearest_centre(np.array([[0.1], [4.0]]), np.array([[0.0], [5.0]])).tolist()
    [0, 1]
    """
    return np.argmin(np.square(points[:, None] - middles[None]).sum(axis=-1), axis=1)


def placed_clusters(points: np.ndarray, known: np.ndarray, clusters: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the cluster of new points, (m,) int, and how sure it is, (m,) float: the share of other seeds that agree.

    points: (m, d), of new tracks; known: (n, d), of those of the library; clusters: (n, seeds), of these, in their
    order, the first column that of the groups. With one seed the sureness is missing.
    """
    labels = clusters.to_numpy()
    found = nearest_centre(points, centres(known, labels[:, 0]))
    agree = []
    for other in labels.T[1:]:
        agree.append(nearest_centre(points, centres(known, match_clusters(other, labels[:, 0]))) == found)
    return found, np.mean(agree, axis=0) if agree else np.full(len(points), np.nan)


def held_out_agreement(
    points: np.ndarray, clusters: pd.DataFrame, artists: pd.Series | None = None, *, seed: int = 0
) -> tuple[float, float]:
    """Return how far songs that were held out fall where a full run puts them, and how far two full runs agree, as ARI.

    A fifth of the artists, or of the tracks where none is known, is held out in turn: K-Means groups the others anew,
    those held out go to the nearest centre, and then all are grouped together as the next run of a library does
    (``groups.lasting_groups``). The second is that of runs from scratch, the first of the seeds with each other.

    points: (n, d); clusters: (n, seeds), in the order of the points.
    """
    n, whole = len(points), clusters.to_numpy()
    keys = pd.Series(range(n)) if artists is None else artists.reset_index(drop=True)
    units = pd.factorize(keys.where(keys.notna(), pd.Series(range(n)).map("track {}".format)))[0]
    folds = np.random.default_rng(seed).integers(FOLDS, size=units.max() + 1)[units]
    k, placed, ids = int(whole[:, 0].max()) + 1, [], pd.Index(map(str, range(n)))
    for fold in range(FOLDS):
        out = folds == fold
        if out.any() and k < (~out).sum():
            found = kmeans(points[~out], k, seed)
            full = lasting_groups(points, list(ids), k, before=pd.Series(found, ids[~out]))
            placed.append(ari(full[out], nearest_centre(points[out], centres(points[~out], found))))
    others = [ari(whole[:, 0], other) for other in whole.T[1:]]
    out, between = (float(np.mean(values)) if values else np.nan for values in (placed, others))
    return out, between


def place_songs(new: Sequence[str], folder: Path, *, playlists: Path | None = None) -> Placed:
    """Place files or folders of new songs among the groups of a library, and write them into its playlists.

    They are described as the library was and go to the nearest centre of a group; their place on the map is the mean of
    that of their neighbours. Nothing is trained or grouped again. Songs that the library has are passed over. What was
    found is kept in placed.csv beside the record, which stays as it is: the next ``listen`` makes them songs of it.

    new: files or folders of audio, or a table with the features of the library. folder: of a corpus among the results,
    whose record ``listen`` is read, else that of the chapter. playlists: where the lists are, by default beside it.

    Raises
    ------
    FileNotFoundError
        Where there is no record, or none with a model; says which command makes it.
    ValueError
        For a library grouped by UMAP, for what cannot be described as the library was, and where nothing is new.
    """
    place = record_folder(folder)
    run = read_json(place / RUN)
    model = next(iter(sorted((place / MODELS).glob(f"*{SUFFIX}"))), None)
    if model is None:
        method = run["parameters"].get("method", "")
        if "umap" in method:
            raise ValueError(
                f"the groups of {place} were made by UMAP, which has no place for new songs; group the library with "
                f"`vaeclust listen FOLDER --method raw`, the default"
            )
        raise FileNotFoundError(f"no model in {place / MODELS}: an earlier version made it; run `vaeclust listen` anew")
    estimator = load_model(model)
    songs = read_songs(place / SONGS).set_index("track_id")
    described = _described(new, list(estimator.feature_names_in_))
    described = _unknown(described, songs)
    points = estimator.transform(described.features[list(estimator.feature_names_in_)])
    with np.load(place / "embeddings.npz", allow_pickle=False) as arrays:
        ids, known = arrays["track_id"].tolist(), arrays["embeddings"][0]
    table = pd.read_csv(place / "clusters.csv", dtype={"track_id": str})
    by_seed = pick(table, condition=STANDARD, clusterer="kmeans").pivot(
        index="track_id", columns="seed", values="cluster"
    )
    by_seed = by_seed.loc[ids]
    found, sure = placed_clusters(points, known, by_seed)
    names = songs.dropna(subset="name").groupby("cluster")["name"].first()
    distances = np.sqrt(np.square(points[:, None] - known[None]).sum(axis=-1)) if len(points) else np.empty((0, 0))
    near = np.argsort(distances, axis=1, kind="stable")[:, :NEIGHBOURS]
    placed = pd.DataFrame({"track_id": described.ids}, index=described.ids)
    for part in ("artist", "title"):
        placed[part] = described.tracks.get(part)
    placed["path"] = [None if file is None else path_text(file) for file in track_files(described)]
    placed["cluster"], placed["sureness"] = pd.array(found, dtype="Int64"), sure
    placed["name"] = placed["cluster"].map(names)
    for axis in ("x", "y"):
        placed[axis] = [songs[axis].reindex([ids[i] for i in row]).mean() for row in near]
    placed["near"] = [[ids[i] for i in row] for row in near]
    before = read_songs(place / PLACED).set_index("track_id") if (place / PLACED).is_file() else songs[:0]
    every = pd.concat([before[~before.index.isin(placed.index)], placed.set_index("track_id")[list(SONG_COLUMNS[1:])]])
    lists = _lists(run["dataset"], songs, every, known, ids, by_seed, playlists or place / "playlists")
    write_songs(every.reset_index(), place / PLACED)
    artists = songs["artist"].reindex(ids) if songs["artist"].notna().any() else None
    told = _told(placed, songs, place, held_out_agreement(known, by_seed, artists))
    return Placed(placed.reset_index(drop=True), lists, f"{told}\n{told_of_lists(lists, str(playlists or place))}")


def _described(new: Sequence[str], wanted: list[str]) -> Dataset:
    """Return new songs by the features that a library was described by."""
    source = os.pathsep.join(new)
    sets = [name for name, row in FEATURE_SETS.items() if list(row.columns) == wanted]
    if sets:
        return load(source, features=sets[0])
    if has_sound(source):
        raise ValueError(
            f"the library is described by numbers that we cannot measure ({examples(wanted)}); give a table with these "
            f"columns in place of sounds"
        )
    found = load(source)
    missing = [name for name in wanted if name not in found.features]
    if missing:
        raise ValueError(f"{source} lacks the features of the library: {examples(missing)}")
    return found


def _unknown(described: Dataset, songs: pd.DataFrame) -> Dataset:
    """Return the songs that the library does not have, by file or, without one, by id."""
    files = track_files(described)
    paths = [None if file is None else path_text(file) for file in files]
    own = set(songs["path"].dropna())
    new = np.array([
        path not in own if path else track not in songs.index for path, track in zip(paths, described.ids, strict=True)
    ])  # fmt: skip
    if not new.any():
        raise ValueError(f"all of these songs are in the library already: {examples(described.ids)}")
    return described.subset(new, rescale=False)


def _lists(
    name: str, songs: pd.DataFrame, placed: pd.DataFrame, known: np.ndarray, ids: list[str], by_seed: pd.DataFrame,
    folder: Path,
) -> Written:  # fmt: skip
    """Write the playlists of a library with new songs, each behind those of its group."""
    both = pd.concat([songs.loc[ids], placed[~placed.index.isin(ids)]])
    tracks = both[["artist", "title", "path"]]
    own = by_seed.iloc[:, 0].to_numpy()
    apart = np.linalg.norm(known - centres(known, own)[own], axis=1)
    order = pd.Series([*apart, *(apart.max() + 1 + np.arange(len(both) - len(ids)))], both.index)
    features = pd.DataFrame({"place": np.arange(len(both))}, both.index)  # no two are the same by their numbers
    none = np.zeros(len(both), dtype=bool)
    corpus = Dataset(name, tracks.rename_axis("track_id"), features, features.to_numpy(np.float32), None, none)
    clusters = pd.Series([*own, *both["cluster"].iloc[len(ids) :].astype(int)], both.index)
    names = both.dropna(subset="name").groupby("cluster")["name"].first()
    called = {int(cluster): text for cluster, text in names.items()}
    written = write_playlists(replace(corpus, source=""), clusters, folder, names=called, order=order, longest=LONGEST)
    return written


def _told(placed: pd.DataFrame, songs: pd.DataFrame, place: Path, held_out: tuple[float, float]) -> str:
    lines = []
    for track, row in placed.iterrows():
        group = row["name"] if pd.notna(row["name"]) else f"group {row['cluster']}"
        sure = "" if pd.isna(row["sureness"]) else f", {percent(row['sureness'])} of the other seeds agree"
        near = "; ".join(track_name(other, songs.loc[other]) for other in row["near"])
        lines += [f"{track_name(track, row)} → {group}{sure}", f"    near: {near}"]
    out, runs = held_out
    lines += [
        f"{len(placed)} placed among the {len(songs)} songs of {place}.",
        "How far this can be trusted: songs of the library that are held out, artist by artist, fall where "
        f"a run with them puts them with an ARI of {rounded(out, 2)}; two full runs with other seeds agree with one of "
        f"{rounded(runs, 2)}.",
    ]
    return "\n".join(lines)
