"""What lyrics add to audio, and what their mere presence tells (chapters ``06_multimodal_vae``, ``13_real_lyrics``)."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.lyrics import load_lyrics
from vaeclust.corpus.tables import examples, read_csv
from vaeclust.evidence.differences import bootstrap_means, difference
from vaeclust.evidence.words import difference_clause, mean_sd
from vaeclust.files import resolve
from vaeclust.methods.catalogue import METHODS
from vaeclust.scores.metrics import METRICS
from vaeclust.studies.views import ONE, TWO, VIEW_METHODS, VIEWS


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
            f"{published}: no column own_genre, the genre of the song of each row; found {examples(table.columns)}"
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


def view_scores(intervals: pd.DataFrame, metrics: Iterable[str] = ("nmi", "ari", "purity")) -> pd.DataFrame:
    """Return ``mean ± sd`` against genre: a row a representation and view. intervals: of the record of all views."""
    rows = intervals[intervals["reference"] == "genre"].set_index(["condition", "metric"])
    names = [f"{slug}_{view}" for view, slugs in VIEW_METHODS.items() for slug in slugs]
    cells = {
        METRICS[metric].title: [mean_sd(*rows.loc[(name, metric), ["mean", "sd"]]) for name in names]
        for metric in metrics
    }
    return pd.DataFrame(cells, index=[view_title(name) for name in names])


def view_title(condition: str) -> str:
    """Return what a condition is called: ``multimodal_vae_both`` → ``Multi-modal VAE, both``."""
    slug, view = condition.rsplit("_", 1)
    return f"{METHODS[slug].title}, {VIEWS[view]}"


def lyrics_effects(
    clusters: pd.DataFrame, reference: pd.Series, metric: str = "nmi", *, slugs: Iterable[str] = TWO
) -> pd.DataFrame:
    """Return how both modalities differ from the audio alone, and from both with shuffled lyrics, in words.

    Over seeds and tracks, see ``differences.bootstrap_means``. A row a representation; the VAE is the audio side of the
    models of both. clusters: of the record of :func:`run_views`; reference: label by track id;
    tracks without lyrics are left out.
    """
    reference = reference[reference.index.isin(clusters["track_id"])]
    groups, rows = dict(list(clusters.groupby("condition"))), {}
    drawn = cache(lambda name: bootstrap_means(groups[name], reference, metric))
    for slug in slugs:
        alone = slug if slug in ONE else "vae"
        rows[METHODS[slug].title] = {
            f"against {VIEWS[view]}": difference_clause(difference([drawn(f"{slug}_both"), drawn(name)]), short=True)
            for view, name in (
                ("audio", f"{alone}_audio"),
                ("lyrics", f"{alone}_lyrics"),
                ("shuffled", f"{slug}_shuffled"),
            )
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def genre_coverage(genres: pd.Series, has_lyrics: pd.Series) -> pd.DataFrame:
    """Return how many tracks of every genre have lyrics; both indexed by track id, has_lyrics bool."""
    groups = has_lyrics.groupby(genres)
    return pd.DataFrame({"tracks": groups.size(), "with lyrics": groups.sum()}).rename_axis(None)


def coverage_leak(genres: pd.Series, has_lyrics: pd.Series) -> float:
    """Return the NMI with genre of two clusters, the tracks with lyrics and those without.

    What can be known of the genre from nothing but whether there is a text. Both indexed by track id.
    """
    known = genres.dropna()
    return METRICS["nmi"].function(known, has_lyrics[known.index])


def lyrics_facts(effects: pd.DataFrame) -> dict[str, str]:
    """Return cells of :func:`lyrics_effects` to state: ``<method>_both_<view>``."""
    slugs = {METHODS[slug].title: slug for slug in TWO}
    views = {f"against {title}": view for view, title in VIEWS.items()}
    return {
        f"{slugs[row]}_both_{views[column]}": words for column, cells in effects.items() for row, words in cells.items()
    }
