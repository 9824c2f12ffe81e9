"""Maps of an embedding by PCA, t-SNE and UMAP; UMAP, on exact neighbours, as a representation too (chapter 09)."""

import warnings

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from vaeclust.cores import one_thread
from vaeclust.corpus.sampling import sample


def umap(
    embedding: np.ndarray, *, n_neighbors: int = 15, n_components: int = 2, min_dist: float = 0.1, seed: int = 0
) -> np.ndarray:
    """Return (n, n_components) float32: an embedding (n, d) laid out by UMAP; McInnes et al. (2018), arXiv:1802.03426.

    ``n_neighbors`` counts the track itself, and is lowered for fewer tracks. The neighbours are found here, exactly:
    the library approximates them above 4,096 tracks, and compiles its search for seconds in every process.
    """
    points = np.ascontiguousarray(embedding, dtype=np.float32)
    n_neighbors = min(n_neighbors, len(points) - 1)
    start = "spectral" if n_components + 1 < len(points) else "random"  # a graph has no more eigenvectors than tracks
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_jobs value|precomputed_knn")  # a seed is one thread; nothing is searched
        warnings.filterwarnings("ignore", "IProgress not found")  # it asks for a widget for a bar that is never shown
        import umap  # costs seconds, and its first layout many more

        return umap.UMAP(
            n_components=n_components, n_neighbors=n_neighbors, min_dist=min_dist, random_state=seed,
            precomputed_knn=nearest_neighbours(points, n_neighbors), init=start,
        ).fit_transform(points)  # fmt: skip


def nearest_neighbours(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest of every point, itself among them, and how far they are: (n, k) int32, (n, k) float32.

    >>> nearest_neighbours(np.array([[0.0], [1.0], [4.0]], dtype=np.float32), k=2)
    (array([[0, 1],
           [1, 0],
           [2, 1]], dtype=int32), array([[0., 1.],
           [0., 1.],
           [0., 3.]], dtype=float32))
    """
    found = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(points)[1]
    # The search rounds; the distance of a track to itself must be 0, or UMAP takes it for its nearest neighbour.
    return found.astype(np.int32), np.linalg.norm(points[found] - points[:, None], axis=2)


PROJECTIONS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}


def project(embedding: np.ndarray, projection: str, *, seed: int = 0) -> np.ndarray:
    """Return (n, 2) float64: an embedding (n, d) laid out in the plane.

    t-SNE: van der Maaten & Hinton (2008), JMLR 9. UMAP: :func:`umap`. Raises ValueError for an unknown
    projection.

    >>> project(np.random.default_rng(0).normal(size=(50, 16)), "pca").shape
    (50, 2)
    """
    points = np.ascontiguousarray(embedding)
    with one_thread():
        if projection == "umap":
            return umap(points, seed=seed).astype(np.float64)
        return _projector(projection, len(points), seed).fit_transform(points).astype(np.float64)


def maps(embedding: np.ndarray, ids: list[str], *, projections: tuple[str, ...], seed: int = 0) -> pd.DataFrame:
    """Return ``track_id, projection, seed, x, y`` of one seed's embedding (n, d).

    Above 10,000 tracks, the maps show 5,000 drawn at random, the same for every method.

    >>> embedding = np.random.default_rng(0).normal(size=(3, 16))
    >>> list(maps(embedding, ["a", "b", "c"], projections=("pca",)))
    ['track_id', 'projection', 'seed', 'x', 'y']
    """
    chosen = sample(len(embedding))
    embedding, ids = embedding[chosen], [ids[i] for i in chosen]
    frames = [pd.DataFrame(columns=["track_id", "projection", "seed", "x", "y"])] if not projections else []
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
