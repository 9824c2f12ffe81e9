"""Clustering and scoring against scikit-learn's plain calls, and the whole study."""

import time
from itertools import product

import numpy as np
from measure import corpus, paired, spread, wall_seconds, write
from sklearn import metrics as sk
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.neighbors import NearestNeighbors

from vaeclust import cores
from vaeclust.clusters.clusterers import cluster, knee
from vaeclust.cores import one_thread
from vaeclust.methods.catalogue import STUDIED
from vaeclust.methods.training import fit
from vaeclust.scores.labels import purity
from vaeclust.scores.metrics import METRICS, score


def scoring(repetitions: int) -> None:
    """Write scoring.csv: three clusterers and six scores of ten embeddings, ours and scikit-learn's calls in a loop."""
    data = corpus()
    fitted = fit("vae", data)
    k = data.default_k()

    def ours(repetition):
        score(fitted, cluster(fitted))

    def plain(repetition):
        references = data.references().values()
        with one_thread():
            for seed, x in enumerate(fitted.embeddings):
                near = np.sort(NearestNeighbors(n_neighbors=5).fit(x).kneighbors(x)[0][:, -1])
                for clusterer in (KMeans(k, n_init=10, random_state=seed), AgglomerativeClustering(k),
                                  DBSCAN(eps=knee(near))):  # fmt: skip
                    labels = clusterer.fit_predict(x)
                    kept = labels >= 0
                    if len(set(labels[kept])) > 1:
                        for space in (x, data.audio):
                            sk.silhouette_score(space[kept], labels[kept])
                            sk.calinski_harabasz_score(space[kept], labels[kept])
                            sk.davies_bouldin_score(space[kept], labels[kept])
                    for reference in references:
                        for metric in (sk.adjusted_rand_score, sk.normalized_mutual_info_score, purity):
                            metric(reference, labels)

    contenders = {"scikit-learn in a loop": plain, "vaeclust": ours}
    for contender in contenders.values():
        contender(0)
    times = paired(contenders, repetitions)
    ratios = [a / b for a, b in zip(*times.values(), strict=True)]
    rows = [{"what": what, "unit": "s", **spread(values)} for what, values in times.items()]
    write("scoring", [*rows, {"what": "scikit-learn / vaeclust", "unit": "times", **spread(ratios)}])


def study(repetitions: int) -> None:
    """Write study.csv: 8 methods × 10 seeds × 3 clusterers × 6 metrics, methods side by side on all cores."""
    tasks = [(slug,) for slug in STUDIED]
    parts, totals = [], []

    def whole():
        parts.append(dict(cores.run(_one, tasks, total=len(tasks), title="study", unit="method")))

    for _ in range(repetitions):
        totals.append(wall_seconds(whole))
    rows = [{"method": "all", "part": "whole", "unit": "s", **spread(totals)}]
    for slug, part in product(STUDIED, ("training", "clustering", "scoring")):
        values = [found[slug][part] for found in parts]
        rows.append({"method": slug, "part": part, "unit": "s of one core", **spread(values)})
    write("study", rows)


def _one(slug: str) -> tuple[str, dict[str, float]]:
    """Return the seconds that a method takes, part by part."""
    data = corpus()
    start = time.perf_counter()
    fitted = fit(slug, data)
    trained = time.perf_counter()
    clusters = cluster(fitted)
    clustered = time.perf_counter()
    score(fitted, clusters, metrics=tuple(METRICS))
    ended = time.perf_counter()
    return slug, {"training": trained - start, "clustering": clustered - trained, "scoring": ended - clustered}
