"""What lyrics add to audio, and what their mere presence tells (chapters ``06_multimodal_vae``, ``13_real_lyrics``)."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.formats import read_table
from vaeclust.corpus.lyrics import load_lyrics
from vaeclust.corpus.tables import examples
from vaeclust.evidence.differences import Pipeline, bootstrap_means, difference_row
from vaeclust.evidence.tables import Table, difference_table
from vaeclust.evidence.words import LYRICS_TITLES, NO_LABELS, condition_title, difference_facts, mean_sd, mean_sd_cells
from vaeclust.files import resolve
from vaeclust.scores.metrics import METRICS
from vaeclust.studies.languages import PARTS, SOUNDS
from vaeclust.studies.records import MORE_TABLES, headline, pick
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
    clusters: pd.DataFrame,
    reference: pd.Series,
    metric: str = "nmi",
    *,
    units: pd.Series | None = None,
    slugs: Iterable[str] = TWO,
) -> pd.DataFrame:
    """Return how both modalities differ from the audio, the lyrics, and both with shuffled lyrics.

    Over seeds and tracks, with the columns of ``differences.differences_to``: ``baseline_condition`` is the other
    view. The VAE is the audio side of the models of both. clusters: of the record of all views; reference: label by
    track id; units: as of ``differences.bootstrap_means``; tracks without lyrics are left out.
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
            drawn[pipeline] = bootstrap_means(pick(clusters, **pipeline._asdict()), reference, metric, units=units)
        rows += [difference_row(both, other, drawn, metric) for other in others]
    return pd.DataFrame(rows)


def language_effects(clusters: pd.DataFrame, references: pd.DataFrame, artists: pd.Series | None) -> pd.DataFrame:
    """Return what lyrics add to the sound in NMI, within language and as they are: a row a sound, pair and label.

    Over seeds and artists, with the columns of ``effects`` in ``records.MORE_TABLES``. Lyrics as they are against the
    sound alone; lyrics centred within language against the sound alone, and against those of other tracks. No row with
    a single seed.

    clusters: of the record of ``studies.languages``; references: labels by track id, missing where unknown, a column
    each; artists: by track id.
    """
    conditions = list(dict.fromkeys(clusters["condition"]))
    pairs = [
        (f"{sound}_{kind}", f"{sound}{other}")
        for sound in SOUNDS
        if sound in conditions
        for kind, other in (("lyrics", ""), ("centred", ""), ("centred", "_others"))
    ]
    rows = []
    if clusters["seed"].nunique() > 1:
        by_condition = dict(list(pick(clusters, clusterer="kmeans").groupby("condition")))
        spoken = references[references.index.isin(clusters["track_id"])]
        for label, reference in spoken.items():
            drawn = {
                Pipeline("features", condition=name): bootstrap_means(table, reference, "nmi", units=artists)
                for name, table in by_condition.items()
            }
            for pair in pairs:
                ours, theirs = (Pipeline("features", condition=name) for name in pair)
                rows.append({"reference": label, **difference_row(ours, theirs, drawn, "nmi")})
    return pd.DataFrame(rows, columns=MORE_TABLES["effects"])


def language_table(by_k: pd.DataFrame, labels: Iterable[str]) -> Table:
    """Return the NMI of K-Means for several numbers of clusters with some labels, mean over seeds, a row a condition.

    by_k: of the record of ``studies.languages``.
    """
    rows = pick(by_k, metric="nmi", reference=list(labels))
    means = rows.pivot_table(index="condition", columns=["reference", "k"], values="value", sort=False)
    means = means.reindex(columns=[key for label in labels for key in means if key[0] == label])
    means.columns = [f"{label}, k = {k}" for label, k in means]
    shown = [(_sound(PARTS[name][0]), LYRICS_TITLES[PARTS[name][1]]) for name in means.index]
    means.index = pd.MultiIndex.from_tuples(shown, names=["sound", "lyrics"])
    return Table.keyed(means.map(mean_sd), numbers=means, columns=list(means))


def language_gains(effects: pd.DataFrame, label: str) -> Table:
    """Return :func:`language_effects` with one label for reading: a row a sound, a column what is compared."""
    rows = pick(effects, reference=[label])
    ours, theirs = (rows[name].map(PARTS) for name in ("condition", "baseline_condition"))
    compared = [
        f"{LYRICS_TITLES[one]} against {LYRICS_TITLES[other]}"
        for (_, one), (_, other) in zip(ours, theirs, strict=True)
    ]
    rows = rows.assign(sound=[_sound(sound) for sound, _ in ours], compared=compared)
    return difference_table(rows, rows="sound", columns=["compared"])


def _sound(condition: str) -> str:
    return condition_title(condition) if condition else "none"


def language_facts(by_k: pd.DataFrame, effects: pd.DataFrame) -> dict[str, str]:
    """Return what a page says of lyrics of several languages, to state.

    ``<condition>_<label>_<k>``: mean NMI; ``<label>_<condition>_over_<condition>``: the difference in words.
    """
    means = pick(by_k, metric="nmi").groupby(["condition", "reference", "k"])["value"].mean()
    facts = {f"{condition}_{label}_{k}": mean_sd(value) for (condition, label, k), value in means.items()}
    return facts | difference_facts(effects, "{reference}_{condition}_over_{baseline_condition}")


def lyrics_facts(effects: pd.DataFrame) -> dict[str, str]:
    """Return :func:`lyrics_effects` to state: ``<method>_both_<view>``."""
    return difference_facts(effects, "{method}_both_{baseline_condition}", short=True)


def coverage_leak(genres: pd.Series, has_lyrics: pd.Series) -> float:
    """Return the NMI with genre of two clusters, the tracks with lyrics and those without.

    What can be known of the genre from nothing but whether there is a text. Both indexed by track id.
    """
    known = genres.dropna()
    return METRICS["nmi"].function(known, has_lyrics[known.index])
