"""The one way from a corpus to a record: fit, cluster, score, and keep (all chapters of methods)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from vaeclust import estimators
from vaeclust.clusters.clusterers import cluster
from vaeclust.corpus.dataset import Dataset, corpora_by_seed
from vaeclust.methods.catalogue import Method, find, seed_list
from vaeclust.methods.fits import Fit
from vaeclust.methods.projections import maps
from vaeclust.methods.training import fit
from vaeclust.scores.metrics import score, score_by_k
from vaeclust.scores.uncertainty import intervals
from vaeclust.studies.conditions import Condition, standard
from vaeclust.studies.origins import TRAINING, mismatches
from vaeclust.studies.records import MORE_TABLES, Record, Study, stack_conditions

BY_K = ("nmi", "ari")  # the scores of other numbers of clusters


def study(
    method: str | Method,
    shown: Dataset | Mapping[str, Condition],
    record: Record | None = None,
    *,
    seeds: int = 10,
    n_clusters: int = 0,
    projections: tuple[str, ...] = ("tsne", "pca"),
    ks: Iterable[int] = (),
    parameters: Mapping[str, Any] | None = None,
    models: str = "0",
    **settings: Any,
) -> Study:
    """Fit, cluster and score a method under every condition, and keep all of it.

    Parameters
    ----------
    shown : Dataset or mapping
        A corpus, or conditions by name, of which the first is the one that methods are compared by.
    record : Record, optional
        What takes the study; without one nothing is written.
    projections : tuple of str
        The maps to make under the first condition, of ``projections.PROJECTIONS``.
    ks : iterable of int
        Other numbers of clusters, for which K-Means is scored against labels, too.
    parameters : mapping, optional
        What else run.json should tell, beside the settings and what the corpus was loaded from.
    models : str
        The seeds whose trained models are kept under the first condition, such as "0,1"; for methods that have an
        estimator.
    settings
        Of :func:`~vaeclust.methods.training.fit`: epochs, batch_size, learning_rate, latent_dim, and of the method.

    Raises
    ------
    ValueError
        For no condition at all, for models of seeds that are not trained, and as ``fit``, ``cluster`` and ``score`` do.

    Examples
    --------
    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> found = study("pca", dataset, seeds=2, latent_dim=3, projections=("pca",))
    >>> list(found.tables)
    ['clusters', 'scores', 'history', 'dimensions', 'intervals', 'maps']
    """
    method, kept = find(method), seed_list(models)
    if kept and max(kept) >= max(seeds, 1):
        raise ValueError(f"models={models!r}: seeds are 0 to {seeds - 1}; expected some of these")
    conditions = standard(shown) if isinstance(shown, Dataset) else shown
    first: Fit | None = None
    made: tuple[Condition, Fit] | None = None
    found: dict[str, dict[str, pd.DataFrame]] = {"clusters": {}, "scores": {}, "history": {}, "dimensions": {}}
    ks = tuple(ks)
    if ks:
        found["by_k"] = {}
    for name, condition in conditions.items():
        whole = _whole(condition, method, n_clusters, settings)
        if made is None or not _fits_alike(whole, made[0]):
            made = whole, _fit(whole, range(seeds))
        fitted, clusters, scores = _outcome(made[1], whole)
        tables = {"clusters": clusters, "scores": scores, "history": fitted.history, "dimensions": fitted.dimensions}
        if ks:
            by_k = score_by_k(fitted, ks, n_seeds=seeds, metrics=BY_K)
            tables["by_k"] = by_k[MORE_TABLES["by_k"][1:]]
        for kind, table in tables.items():
            found[kind][name] = table
        first = first or fitted
    if first is None:
        raise ValueError(f"no condition to study {method.title} under; expected a corpus, or conditions by name")
    tables = {name: stack_conditions(by_condition) for name, by_condition in found.items()}
    tables["intervals"] = intervals(tables["scores"])
    tables["maps"] = maps(first.embeddings[0], first.corpora[0].ids, projections=projections)
    told = {**first.corpora[0].given, **(parameters or {}), "seeds": seeds, "n_clusters": n_clusters, **settings}
    corpora = {name: corpora_by_seed(each.corpus, range(seeds))[0] for name, each in conditions.items()}
    result = Study(first, tables, told, corpora, kept if estimators.has_estimator(method) else ())
    if record:
        record.keep(result)
    return result


def fitting_records(
    methods: Iterable[str], dataset: Dataset, results_dir: str | Path = "results", **settings: Any
) -> dict[str, Record]:
    """Return the records of methods that are there, of this corpus and with these settings; nothing is made.

    settings: of :func:`study`.
    """
    records = {slug: Record(dataset, slug, results_dir) for slug in methods}
    there = {slug: record for slug, record in records.items() if record.path("scores").is_file()}
    return {slug: record for slug, record in there.items() if not mismatches(record.run(), dataset, settings)}


def method_settings(method: str | Method, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a study's settings that ``fit`` takes for a method: how it is trained, and what it may choose.

    >>> method_settings("pca", {"seeds": 3, "epochs": 5, "latent_dim": 2, "hidden": (8,)})
    {'epochs': 5, 'latent_dim': 2}
    """
    own = {*TRAINING, *find(method).choices}
    return {name: value for name, value in settings.items() if name in own}


def trial(
    method: str | Method, corpus: Dataset | Sequence[Dataset], *, seeds: int = 3, n_clusters: int = 0, **settings: Any
) -> tuple[Fit, pd.DataFrame]:
    """Fit, cluster by K-Means and score a method without keeping a record: for trying things out.

    corpus: one for all seeds, or one for each. ``settings`` are those of :func:`~vaeclust.methods.training.fit`.
    Returns the fit and its scores.

    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> fitted, scores = trial("pca", dataset, seeds=2, latent_dim=3)
    >>> fitted.embeddings.shape, scores["space"].unique().tolist()
    ((2, 30, 3), ['own', 'input', 'labels'])
    """
    condition = _whole(Condition(corpus), find(method), n_clusters, settings)
    fitted, _, scores = _outcome(_fit(condition, range(seeds)), condition)
    return fitted, scores


def _whole(condition: Condition, method: Method, n_clusters: int, settings: Mapping[str, Any]) -> Condition:
    """Return a condition that names its method and all settings, where it has none of its own those of the study."""
    chosen = {"n_clusters": n_clusters, **settings, **condition.settings}
    return replace(condition, method=condition.method or method, settings=chosen)


def _fits_alike(ours: Condition, theirs: Condition) -> bool:
    """Return whether what one condition fitted serves the other: then only what is done with it differs."""
    alike = ours.method == theirs.method and ours.corpus is theirs.corpus and ours.train == theirs.train
    return alike and {**ours.settings, "n_clusters": 0} == {**theirs.settings, "n_clusters": 0}


def _fit(condition: Condition, seeds: Iterable[int]) -> Fit:
    settings = {name: value for name, value in condition.settings.items() if name != "n_clusters"}
    return fit(find(condition.method or ""), condition.corpus, seeds, train=condition.train, **settings)


def _outcome(fitted: Fit, condition: Condition) -> tuple[Fit, pd.DataFrame, pd.DataFrame]:
    """Return fit, clusters and scores under one condition."""
    fitted = condition.change_fit(fitted)
    k = condition.settings["n_clusters"]
    clusters = condition.change_clusters(cluster(fitted, k, clusterers=condition.clusterers))
    return fitted, clusters, score(fitted, clusters, judged=condition.judged)
