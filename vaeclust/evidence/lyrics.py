"""What lyrics add to audio, and what their mere presence tells (chapters ``06_multimodal_vae``, ``13_real_lyrics``)."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.formats import read_table
from vaeclust.corpus.lyrics import load_lyrics
from vaeclust.corpus.tables import examples
from vaeclust.evidence.differences import Pipeline, bootstrap_means, difference_row
from vaeclust.evidence.tables import Table
from vaeclust.evidence.words import NO_LABELS, difference_facts, mean_sd_cells
from vaeclust.files import resolve
from vaeclust.scores.metrics import METRICS
from vaeclust.studies.records import headline, pick
from vaeclust.studies.views import ONE, TWO, VIEW_METHODS


def lyrics_join(dataset: Dataset, published: str | Path) -> dict[str, float]:
    """Return whether the rows of the published lyrics features are those of the tracks (chapter 06).

    ``same_genre``: share of rows whose own genre is that of the track beside it; ``chance``: the same for rows in
    random order; ``same_genres_in_all``: 1 if both hold every genre equally often, but for one track;
    ``predicts_own_genre``, ``predicts_track_genre``: accuracy of logistic regression from the thirty features, five
    folds. Raises ValueError for unlabelled music, and for a table that does not say whose songs its rows are.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    if dataset.headline != "genre":
        raise ValueError(f"{dataset.name} has no genres to compare the rows with")
    table = read_table(resolve(published), "table of lyrics").table.sort_values("row")
    if "own_genre" not in table:
        raise ValueError(
            f"{published}: no column own_genre, the genre of the song of each row; found {examples(table.columns)}"
        )
    features = load_lyrics(published, dataset.tracks.index).features
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


def view_table(intervals: pd.DataFrame, metrics: Iterable[str] = ("nmi", "ari", "purity")) -> Table:
    """Return ``mean ± sd`` against the headline label, a row a representation and view; no row for unlabelled music.

    intervals: of the record of all views.
    """
    found = pick(intervals, reference=[headline(intervals)])
    if found.empty:
        return Table.keyed(pd.DataFrame(), note=NO_LABELS)
    rows = found.set_index(["method", "condition", "metric"])
    shown = []
    for view, slugs in VIEW_METHODS.items():
        shown += [(slug, view) for slug in slugs]
    parts = (rows[column].unstack().loc[shown, list(metrics)] for column in ("mean", "sd"))
    return Table.keyed(mean_sd_cells(*parts))


def lyrics_effects(
    clusters: pd.DataFrame, reference: pd.Series, metric: str = "nmi", *, slugs: Iterable[str] = TWO
) -> pd.DataFrame:
    """Return how both modalities differ from the audio, the lyrics, and both with shuffled lyrics.

    Over seeds and tracks, with the columns of ``differences.differences_to``: ``baseline_condition`` is the other
    view. The VAE is the audio side of the models of both. clusters: of the record of all views; reference: label by
    track id; tracks without lyrics are left out.
    """
    reference = reference[reference.index.isin(clusters["track_id"])]
    rows = []
    for slug in slugs:
        alone = slug if slug in ONE else "vae"
        both = Pipeline(slug, condition="both")
        others = [Pipeline(alone, condition="audio"), Pipeline(alone, condition="lyrics")]
        others.append(Pipeline(slug, condition="shuffled"))
        drawn = {}
        for pipeline in (both, *others):
            drawn[pipeline] = bootstrap_means(pick(clusters, **pipeline._asdict()), reference, metric)
        rows += [difference_row(both, other, drawn, metric) for other in others]
    return pd.DataFrame(rows)


def lyrics_facts(effects: pd.DataFrame) -> dict[str, str]:
    """Return :func:`lyrics_effects` to state: ``<method>_both_<view>``."""
    return difference_facts(effects, "{method}_both_{baseline_condition}", short=True)


def coverage_leak(genres: pd.Series, has_lyrics: pd.Series) -> float:
    """Return the NMI with genre of two clusters, the tracks with lyrics and those without.

    What can be known of the genre from nothing but whether there is a text. Both indexed by track id.
    """
    known = genres.dropna()
    return METRICS["nmi"].function(known, has_lyrics[known.index])
