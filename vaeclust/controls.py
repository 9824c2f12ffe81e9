"""Controls: the same method where a good score should vanish, or should stay (chapter ``07_comparison``).

Every control is a condition in the records of a method. CONTROLS holds the general ones, of which a method has those
that make sense for it and its corpus; those of lyrics belong to the method that reads lyrics.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.clustering import cluster
from vaeclust.datasets import Dataset, equal_rows, subset
from vaeclust.evidence import intervals
from vaeclust.fits import Fit
from vaeclust.lyrics import load_lyrics
from vaeclust.methods import Method, find
from vaeclust.metrics import score
from vaeclust.paths import resolve
from vaeclust.records import Record, joined
from vaeclust.tables import read_csv, some
from vaeclust.training import fit


@dataclass(frozen=True)
class Control:
    """One condition.

    Attributes
    ----------
    title : str
        What the book calls it; the page ``metrics`` says what it shows.
    applies : callable
        Whether it makes sense for a method.
    corpus : callable
        The corpus changed for it; None where the corpus has nothing to change.
    train : bool
        Whether networks are trained.
    change_fit, change_clusters : callable
        What is done to the embeddings, or to the clusters.
    """

    title: str
    applies: Callable[[Method], bool] = lambda method: True
    corpus: Callable[[Dataset], Dataset | None] = lambda dataset: dataset
    train: bool = True
    change_fit: Callable[[Fit], Fit] = lambda fit: fit
    change_clusters: Callable[[pd.DataFrame], pd.DataFrame] = lambda clusters: clusters


def without_duplicates(dataset: Dataset) -> Dataset | None:
    """Return the corpus with one track of every group whose features are exactly equal; None if there is no such group.

    The first by id stays. Copies of one recording end up in one cluster whatever the method, and in one genre mostly.
    """
    copies = set(equal_rows(dataset)["second"])
    return subset(dataset, ~dataset.tracks.index.isin(copies)) if copies else None


def fault_filtered(dataset: Dataset) -> Dataset | None:
    """Return the tracks that the fault-filtered split of GTZAN keeps; None for a corpus without that column.

    Kereliuk, Sturm & Larsen (2015): exact copies, other versions of a recording, distorted tracks left out.
    """
    if "fault_filtered_split" not in dataset.tracks:
        return None
    return subset(dataset, dataset.tracks["fault_filtered_split"].notna().to_numpy())


def as_noise(fit: Fit) -> Fit:
    """Replace the embeddings by independent normal numbers of the same shape, other ones for every seed."""
    shape = fit.embeddings.shape[1:]
    noise = [np.random.default_rng(seed).normal(size=shape).astype(np.float32) for seed in fit.seeds]
    return replace(fit, embeddings=np.stack(noise))


def at_random(clusters: pd.DataFrame) -> pd.DataFrame:
    """Deal the clusters of every seed and clusterer out to the tracks at random; their sizes stay."""
    groups = clusters.groupby(["seed", "clusterer"])["cluster"]
    return clusters.assign(cluster=groups.transform(lambda c: np.random.default_rng(c.name[0]).permutation(c)))


def _raw(method: Method) -> bool:
    return method.slug == "raw"


CONTROLS = {
    "untrained": Control("untrained", applies=lambda method: method.trained, train=False),
    "no_duplicates": Control("duplicates removed", corpus=without_duplicates),
    "fault_filtered": Control("fault-filtered tracks", corpus=fault_filtered),
    "gaussian_noise": Control("Gaussian noise", applies=_raw, change_fit=as_noise),
    "random_labels": Control("random clusters", applies=_raw, change_clusters=at_random),
}
TITLES = {
    "standard": "as it is",
    "shuffled_lyrics": "lyrics of other tracks",
    "moved_coverage": "lyrics and gaps of other tracks",
    "coverage_only": "only whether there are lyrics",
    "genre_lyrics": "lyrics joined by genre",
    "published_lyrics": "published lyrics, by row",
    **{slug: control.title for slug, control in CONTROLS.items()},
}


def conditions(method: str | Method, dataset: Dataset) -> dict[str, tuple[Control, Dataset]]:
    """Return the controls that a method has on a corpus, each with the corpus changed for it."""
    method = find(method)
    changed = {slug: control.corpus(dataset) for slug, control in CONTROLS.items() if control.applies(method)}
    return {slug: (CONTROLS[slug], corpus) for slug, corpus in changed.items() if corpus is not None}


def of_lyrics(dataset: Dataset, published: str | Path = "") -> dict[str, tuple[Control, Dataset]]:
    """Return the corpus with other lyrics, by condition (chapter ``06_multimodal_vae``).

    ``shuffled_lyrics``: every text given to another track, among the tracks that have one; coverage stays.
    ``moved_coverage``: the same among all tracks, so that those without a text are others.
    ``coverage_only``: every text empty, and known to be there or not. Both only where some tracks have none.
    ``genre_lyrics``: every track given the text of any track of its genre, a join that leaks the genre.
    ``published_lyrics``: the features of the published study, joined row by row, if their table is given.
    """
    changed = {}
    if dataset.lyrics is not None:
        owners = np.flatnonzero(dataset.has_lyrics)
        changed["shuffled_lyrics"] = shuffled_lyrics(dataset)
        if not dataset.has_lyrics.all():
            moved = np.random.default_rng(0).permutation(len(dataset))
            changed["moved_coverage"] = replace(
                dataset, lyrics=dataset.lyrics[moved], has_lyrics=dataset.has_lyrics[moved]
            )
            changed["coverage_only"] = replace(dataset, lyrics=np.zeros_like(dataset.lyrics))
        if dataset.genres is not None:
            changed["genre_lyrics"] = _joined_by_genre(dataset, owners)
    if published:
        features, has_lyrics = load_lyrics(published, dataset.tracks.index)
        changed["published_lyrics"] = replace(dataset, lyrics=features, has_lyrics=has_lyrics)
    return {slug: (Control(TITLES[slug]), corpus) for slug, corpus in changed.items()}


def shuffled_lyrics(dataset: Dataset) -> Dataset:
    """Return the corpus with every text given to another track, among the tracks that have one."""
    owners = np.flatnonzero(dataset.has_lyrics)
    lyrics = dataset.lyrics.copy()
    lyrics[owners] = dataset.lyrics[np.random.default_rng(0).permutation(owners)]
    return replace(dataset, lyrics=lyrics)


def lyrics_join(dataset: Dataset, published: str | Path) -> dict[str, float]:
    """Return whether the rows of the published lyrics features are those of the tracks (chapter 06).

    ``same_genre``: share of rows whose own genre is that of the track beside it; ``chance``: the same for rows in
    random order; ``same_genres_in_all``: 1 if both hold every genre equally often, but for one track;
    ``predicts_own_genre``, ``predicts_track_genre``: accuracy of logistic regression from the thirty features, five
    folds. Raises ValueError for unlabelled music, and for a table that does not say whose songs its rows are.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    if dataset.genres is None:
        raise ValueError(f"{dataset.name} has no genres to compare the rows with")
    table = read_csv(resolve(published), "table of lyrics").sort_values("row")
    if "own_genre" not in table:
        raise ValueError(
            f"{published}: no column own_genre, the genre of the song of each row; found {some(table.columns)}"
        )
    features, _ = load_lyrics(published, dataset.tracks.index)
    own, beside = table["own_genre"].to_numpy(), dataset.tracks["genre"].to_numpy()
    shares = [pd.Series(labels).value_counts() for labels in (own, beside)]
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    accuracy = [cross_val_score(LogisticRegression(max_iter=2000), features, y, cv=folds).mean() for y in (own, beside)]
    return {
        "same_genre": float((own == beside).mean()),
        "chance": float((shares[0] * shares[1]).sum() / len(own) ** 2),
        "same_genres_in_all": float(shares[0].sub(shares[1], fill_value=0).abs().max() <= 1),
        "predicts_own_genre": float(accuracy[0]),
        "predicts_track_genre": float(accuracy[1]),
    }


def _joined_by_genre(dataset: Dataset, owners: np.ndarray) -> Dataset:
    rng = np.random.default_rng(0)
    lyrics, has_lyrics = np.zeros_like(dataset.lyrics), np.zeros_like(dataset.has_lyrics)
    for genre in sorted(set(dataset.genres[owners]) - {-1}):
        tracks, sources = np.flatnonzero(dataset.genres == genre), owners[dataset.genres[owners] == genre]
        lyrics[tracks] = dataset.lyrics[rng.choice(sources, len(tracks))]
        has_lyrics[tracks] = True
    return replace(dataset, lyrics=lyrics, has_lyrics=has_lyrics)


def add(
    record: Record,
    method: str | Method,
    chosen: Mapping[str, tuple[Control, Dataset]],
    *,
    seeds: int = 10,
    n_clusters: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Fit, cluster by K-Means and score a method under controls; its records get them in place of earlier ones.

    ``settings`` are those of :func:`training.fit`. Returns the intervals of all conditions of the record.
    """
    tables: dict[str, dict[str, pd.DataFrame]] = {"history": {}, "dimensions": {}, "clusters": {}, "scores": {}}
    for slug, (control, corpus) in chosen.items():
        fitted = control.change_fit(fit(method, corpus, range(seeds), train=control.train, **settings))
        clusters = control.change_clusters(cluster(fitted, corpus, n_clusters, clusterers=("kmeans",)))
        tables["history"][slug] = fitted.history
        tables["dimensions"][slug] = fitted.dimensions
        tables["clusters"][slug] = clusters
        tables["scores"][slug] = score(fitted, clusters, corpus)
    for name, by_condition in tables.items():
        by_condition = {slug: table for slug, table in by_condition.items() if len(table)}
        if by_condition:
            record.append(name, joined(by_condition))
    return record.write("intervals", intervals(record.read("scores")))
