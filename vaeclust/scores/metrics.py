"""METRICS: the scores of a clustering, with kind, direction and range (page ``metrics``)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from vaeclust.clusters.clusterers import NOISE, cluster
from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import Dataset
from vaeclust.methods.fits import Fit
from vaeclust.scores.labels import ami, ari, nmi, purity
from vaeclust.scores.silhouettes import silhouette

LABEL_FREE, LABELS = "label-free", "labels"


@dataclass(frozen=True)
class Metric:
    """One score of a clustering.

    Attributes
    ----------
    name, title : str
        Column value in the records, and the name that the book prints.
    kind : {"label-free", "labels"}
        ``function(points (n, d), clusters (n,))``, or ``function(reference (n,), clusters (n,), weights=None)``, whose
        weights are those of :func:`~vaeclust.scores.labels.contingency`.
    higher_is_better : bool
    low, high : float
        The range of values.

    Examples
    --------
    >>> METRICS["davies_bouldin"].title, METRICS["davies_bouldin"].arrow
    ('Davies-Bouldin', '↓')
    """

    name: str
    title: str
    kind: str
    function: Callable[..., float | np.ndarray]
    higher_is_better: bool
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.kind not in (LABEL_FREE, LABELS):
            raise ValueError(f"{self.name}: kind is {self.kind!r}; expected {LABEL_FREE!r} or {LABELS!r}")

    @property
    def arrow(self) -> str:
        """The direction of better, as the tables print it."""
        return "↑" if self.higher_is_better else "↓"


METRICS = {
    metric.name: metric
    for metric in (
        Metric("silhouette", "Silhouette", LABEL_FREE, silhouette, True, -1, 1),
        Metric("calinski_harabasz", "Calinski-Harabasz", LABEL_FREE, sk.calinski_harabasz_score, True, 0, np.inf),
        Metric("davies_bouldin", "Davies-Bouldin", LABEL_FREE, sk.davies_bouldin_score, False, 0, np.inf),
        Metric("ari", "ARI", LABELS, ari, True, -0.5, 1),
        Metric("nmi", "NMI", LABELS, nmi, True, 0, 1),
        Metric("ami", "AMI", LABELS, ami, True, -1, 1),
        Metric("purity", "Purity", LABELS, purity, True, 0, 1),
    )
}


def evaluate(metric: Metric, against: np.ndarray, clusters: np.ndarray) -> float:
    """Return one score; label-free metrics leave noise out, and are NaN unless 2 to n - 1 clusters remain.

    against: (n, d) points for a label-free metric, (n,) reference labels otherwise, where -1 means unknown and
    such tracks are left out, and noise counts as one cluster more. clusters: (n,) int.

    >>> points = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> round(evaluate(METRICS["silhouette"], points, np.array([0, 0, 1, 1])), 2)
    0.98
    >>> evaluate(METRICS["purity"], np.array([0, 0, 1, -1]), np.array([0, 0, 1, 1]))  # the last is not known
    1.0
    """
    if metric.kind == LABELS:
        known = against >= 0
        return float(metric.function(against[known], clusters[known]))
    kept = clusters != NOISE
    if not 2 <= len(np.unique(clusters[kept])) <= kept.sum() - 1:
        return float("nan")
    return float(metric.function(against[kept], clusters[kept]))


def score(
    fit: Fit, clusters: pd.DataFrame, *, judged: Dataset | None = None, metrics: Iterable[str] | None = None
) -> pd.DataFrame:
    """Score every clustering of a fit on the corpora that it was fitted to, or on ``judged``, the same tracks.

    Label-free metrics are computed twice: in the method's ``own`` latent space, as the published study did, and in
    the ``input`` space, the same for every method and so comparable. Metrics against labels take every reference that
    the corpus has: genre, artist. ``metrics``: names of METRICS, by default of all.

    Returns
    -------
    DataFrame
        ``method, seed, clusterer, k, space, reference, metric, value``; k counts the clusters found.

    Examples
    --------
    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> from vaeclust.methods import fit
    >>> fitted = fit("pca", dataset, seeds=[0], latent_dim=3)
    >>> scores = score(fitted, cluster(fitted, clusterers=("kmeans",)), metrics=("silhouette", "nmi"))
    >>> scores[["seed", "k", "space", "reference", "metric"]]
       seed   k   space reference      metric
    0     0  10     own            silhouette
    1     0  10   input            silhouette
    2     0  10  labels     genre         nmi
    3     0  10  labels    artist         nmi
    """
    rows, chosen = [], [METRICS[name] for name in (METRICS if metrics is None else metrics)]
    corpora = fit.corpora if judged is None else (judged,) * len(fit.seeds)
    seen = dict(zip(fit.seeds, zip(fit.embeddings, corpora, strict=True), strict=True))
    with one_thread():
        for (seed, clusterer), group in clusters.groupby(["seed", "clusterer"], sort=False):
            labels = group["cluster"].to_numpy()
            k = len(np.unique(labels[labels != NOISE]))
            embedding, corpus = seen[seed]
            for space, reference, kind, against in (
                ("own", "", LABEL_FREE, embedding),
                ("input", "", LABEL_FREE, corpus.audio),
                *(("labels", reference, LABELS, known) for reference, known in corpus.references().items()),
            ):
                for metric in chosen:
                    if metric.kind == kind:
                        value = evaluate(metric, against, labels)
                        rows.append((fit.method.slug, seed, clusterer, k, space, reference, metric.name, value))
    columns = ["method", "seed", "clusterer", "k", "space", "reference", "metric", "value"]
    return pd.DataFrame(rows, columns=columns)


def score_by_k(
    fit: Fit, ks: Iterable[int] = range(2, 21), *, n_seeds: int = 3, metrics: Iterable[str] | None = None
) -> pd.DataFrame:
    """Score K-Means for several numbers of clusters, for the first seeds of a fit; columns as :func:`score`.

    Numbers that this many tracks cannot have are left out. metrics: as of :func:`score`.
    """
    few = fit.head(n_seeds)
    possible = [k for k in ks if 2 <= k <= len(fit.corpora[0]) - 1]
    tables = [score(few, cluster(few, k, clusterers=("kmeans",)), metrics=metrics) for k in possible]
    return pd.concat(tables, ignore_index=True)
