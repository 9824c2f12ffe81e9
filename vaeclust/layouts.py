"""UMAP on exact neighbours: for the maps of every method, and as a representation (chapter ``09_beyond``)."""

import warnings

import numpy as np
from sklearn.neighbors import NearestNeighbors


def umap(
    embedding: np.ndarray, *, n_neighbors: int = 15, n_components: int = 2, min_dist: float = 0.1, seed: int = 0
) -> np.ndarray:
    """Return (n, n_components) float32: an embedding (n, d) laid out by UMAP; McInnes et al. (2018), arXiv:1802.03426.

    ``n_neighbors`` counts the track itself, and is lowered for fewer tracks. The neighbours are found here, exactly:
    the library approximates them above 4,096 tracks, and compiles its search for seconds in every process.
    """
    import umap  # costs seconds, and its first layout many more

    points = np.ascontiguousarray(embedding, dtype=np.float32)
    n_neighbors = min(n_neighbors, len(points) - 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_jobs value|precomputed_knn")  # a seed is one thread; nothing is searched
        return umap.UMAP(
            n_components=n_components, n_neighbors=n_neighbors, min_dist=min_dist, random_state=seed,
            precomputed_knn=nearest(points, n_neighbors),
        ).fit_transform(points)  # fmt: skip


def nearest(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest of every point, itself among them, and how far they are: (n, k) int32, (n, k) float32."""
    found = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(points)[1]
    # The search rounds; the distance of a track to itself must be 0, or UMAP takes it for its nearest neighbour.
    return found.astype(np.int32), np.linalg.norm(points[found] - points[:, None], axis=2)
