"""Two-dimensional maps of an embedding, for the eye only: no score is computed on them."""

import numpy as np
import pandas as pd

from vaeclust.layouts import umap
from vaeclust.parallel import one_thread
from vaeclust.samples import sample

PROJECTIONS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}


def project(embedding: np.ndarray, projection: str, *, seed: int = 0) -> np.ndarray:
    """Return (n, 2) float64: an embedding (n, d) laid out in the plane.

    t-SNE: van der Maaten & Hinton (2008), JMLR 9. UMAP: :func:`layouts.umap`. Raises ValueError for an unknown
    projection.
    """
    points = np.ascontiguousarray(embedding)
    with one_thread():
        if projection == "umap":
            return umap(points, seed=seed).astype(np.float64)
        return _projector(projection, len(points), seed).fit_transform(points).astype(np.float64)


def maps(embedding: np.ndarray, ids: list[str], *, projections: tuple[str, ...], seed: int = 0) -> pd.DataFrame:
    """Return ``track_id, projection, seed, x, y`` of one seed's embedding (n, d).

    Above 10,000 tracks, the maps show 5,000 drawn at random, the same for every method.
    """
    chosen = sample(len(embedding))
    embedding, ids = embedding[chosen], [ids[i] for i in chosen]
    frames = []
    for projection in projections:
        x, y = project(embedding, projection, seed=seed).T.round(4)
        frames.append(pd.DataFrame({"track_id": ids, "projection": projection, "seed": seed, "x": x, "y": y}))
    return pd.concat(frames, ignore_index=True)


def _projector(projection: str, n: int, seed: int):
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if projection == "pca":
        return PCA(2, svd_solver="full")
    if projection == "tsne":
        return TSNE(n_components=2, init="pca", perplexity=min(30.0, (n - 1) / 3), random_state=seed)
    raise ValueError(f"unknown projection {projection!r}; expected one of {', '.join(PROJECTIONS)}")
