"""``fit(method, dataset, seeds)``: the only training loop. All seeds of a method train at once (chapter 03)."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from vaeclust import cores
from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import Dataset, corpora_by_seed
from vaeclust.corpus.lyrics import N_FEATURES as N_LYRICS
from vaeclust.corpus.sampling import MOST
from vaeclust.methods.batched import Batched
from vaeclust.methods.catalogue import Method, find
from vaeclust.methods.fits import Fit, dimensions_table, history_table
from vaeclust.methods.models import Output
from vaeclust.methods.projections import umap


def fit(
    method: str | Method,
    dataset: Dataset | Sequence[Dataset],
    seeds: Iterable[int] = range(10),
    *,
    epochs: int = 50,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    latent_dim: int = 16,
    train: bool = True,
    device: str = "auto",
    **model: Any,
) -> Fit:
    """Fit a method to a corpus, for all seeds at once (Adam; every epoch a new order of the tracks).

    dataset: the corpus of all seeds, or one for each, of one size, such as random parts of a larger one.
    With ``train=False`` the networks keep their initial weights: what the architecture does without any learning.
    ``model``: settings of the method that are put over its own, such as ``hidden=(64, 32)`` or ``beta=0.5``.

    With a Dask scheduler (see ``cores``) the seeds are dealt out to its workers, two by two, and above 10,000
    tracks to the cores of this machine: the numbers are the same, since no seed depends on those beside it.
    ``device="auto"`` takes a GPU if there is one, ``"cpu"`` never; a GPU rounds otherwise. Raises ValueError for a
    setting that cannot work, with the values that can.

    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> fitted = fit("vae", dataset, seeds=range(2), epochs=1, latent_dim=3)
    >>> fitted.embeddings.shape, fitted.reconstructions.shape
    ((2, 30, 3), (2, 30, 9))
    """
    method, seeds = find(method, **model), tuple(seeds)
    corpora = corpora_by_seed(dataset, seeds)
    n = len(corpora[0]) if corpora else 0
    _check(seeds, n, epochs=epochs, batch_size=batch_size, latent_dim=latent_dim, learning_rate=learning_rate)
    if method.model == "UMAP":
        base = fit(method.settings["base"], dataset, seeds, epochs=epochs, batch_size=batch_size, train=train,
                   learning_rate=learning_rate, latent_dim=latent_dim, device=device)  # fmt: skip
        return _fit_umap(method, base)
    if not method.trained:
        if isinstance(dataset, Dataset):
            return _fit_linear(method, dataset, seeds, latent_dim)
        each = zip(corpora, seeds, strict=True)
        return _union([_fit_linear(method, corpus, (seed,), latent_dim) for corpus, seed in each])
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    settings = (epochs if train else 0, batch_size, learning_rate, latent_dim, device)
    workers = cores.core_count() if n > MOST and train and device == "cpu" else 1
    if not cores.scheduler_address() and workers == 1:
        return _fit_share(method, corpora, seeds, *settings)
    share = 2 if cores.scheduler_address() else -(-len(seeds) // workers)
    shares = [slice(i, i + share) for i in range(0, len(seeds), share)]
    tasks = [(method, corpora[some], seeds[some], *settings) for some in shares]
    parts = cores.run(_fit_share, tasks, total=len(tasks), title=method.title, unit="share of the seeds")
    return _union(sorted(parts, key=lambda part: seeds.index(part.seeds[0])))


def _fit_share(
    method: Method, corpora: tuple[Dataset, ...], seeds: tuple[int, ...], epochs: int, batch_size: int,
    learning_rate: float, latent_dim: int, device: str,
) -> Fit:  # fmt: skip
    n_features = corpora[0].audio.shape[1]
    start = time.perf_counter()
    with torch.device("meta"):
        template = method.build()(n_features, latent_dim=latent_dim, **method.settings)
    first = getattr(template, "starts_from", None)  # another method, which is trained before it
    settings = (epochs, batch_size, learning_rate, latent_dim, device)
    base = _fit_share(find(first), corpora, seeds, *settings) if first else None
    with one_thread():
        shown = corpora if any(corpus is not corpora[0] for corpus in corpora) else corpora[:1]
        x = torch.tensor(np.stack([model_inputs(method, corpus) for corpus in shown]), device=device)
        study = Batched(template, x, seeds, template.learning_rate_share * learning_rate, base)
        history = []
        for epoch in tqdm(range(epochs), method.title, leave=False, delay=5):
            history.append(study.epoch(batch_size))
            _check_finite(history[-1]["loss"], f"the loss of {method.title} after epoch {epoch + 1}", learning_rate)
        output = study.evaluate()
        _check_finite(output.mean.numpy(), f"the embedding of {method.title}", learning_rate)
    return Fit(
        method, seeds, corpora, output.mean.numpy(), output.reconstruction[..., :n_features].numpy(),
        history_table(history, seeds), dimensions_table(output, seeds),
        time.perf_counter() - start, sum(p.numel() for p in template.parameters()), study.models(),
        None if output.responsibilities is None else output.responsibilities.argmax(-1).numpy(),
    )  # fmt: skip


def _union(parts: list[Fit]) -> Fit:
    """Put fits of the same method with different seeds together, as if they had been one."""
    history = pd.concat([part.history for part in parts], ignore_index=True)
    terms = pd.Categorical(history["term"], categories=history["term"].unique(), ordered=True)
    order = history.assign(term=terms).sort_values(["epoch", "term"], kind="stable").index
    return replace(
        parts[0],
        seeds=sum((part.seeds for part in parts), ()),
        corpora=sum((part.corpora for part in parts), ()),
        embeddings=np.concatenate([part.embeddings for part in parts]),
        reconstructions=np.concatenate([part.reconstructions for part in parts]),
        history=history.loc[order].reset_index(drop=True),
        dimensions=pd.concat([part.dimensions for part in parts], ignore_index=True),
        seconds=sum(part.seconds for part in parts),
        models=sum((part.models for part in parts), ()),
        assignments=None if parts[0].assignments is None else np.concatenate([part.assignments for part in parts]),
    )


def model_inputs(method: Method, dataset: Dataset) -> np.ndarray:
    """Return what a method sees of a corpus, float32: audio (n, d), or audio, lyrics and has_lyrics (n, d + 30 + 1).

    Where a track has no lyrics, and for a corpus without any, these columns are zero.

    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import lyrics, track_table
    >>> tracks = track_table(clips_per_style=3)
    >>> factors = tracks.select_dtypes("number")
    >>> dataset = assemble("factors", tracks, factors, lyrics=pd.Series(lyrics(tracks)))
    >>> model_inputs(find("vae"), dataset).shape, model_inputs(find("multimodal_vae"), dataset).shape
    ((30, 9), (30, 40))
    """
    if method.inputs == ("audio",):
        return dataset.audio
    lyrics = dataset.lyrics if dataset.lyrics is not None else np.zeros((len(dataset), N_LYRICS))
    return np.hstack([dataset.audio, lyrics, dataset.has_lyrics[:, None]]).astype(np.float32)


def _fit_linear(method: Method, dataset: Dataset, seeds: tuple[int, ...], latent_dim: int) -> Fit:
    """Fit PCA, or take the features as they are: without randomness, so that every seed has the same embedding."""
    start = time.perf_counter()
    scores = again = dataset.audio
    models: tuple = ()
    if method.model == "PCA":
        from sklearn.decomposition import PCA

        most = min(dataset.audio.shape)
        if latent_dim > most:
            raise ValueError(f"latent_dim is {latent_dim}; PCA of {dataset.audio.shape} allows at most {most}")
        with one_thread():
            pca = PCA(latent_dim, svd_solver="full")
            scores = pca.fit_transform(dataset.audio).astype(np.float32)
        again, models = pca.inverse_transform(scores).astype(np.float32), (pca,)
    seconds = time.perf_counter() - start
    embeddings, reconstructions = (np.broadcast_to(x, (len(seeds), *x.shape)) for x in (scores, again))
    dimensions = dimensions_table(Output(torch.empty(0), torch.from_numpy(embeddings.copy())), seeds)
    corpora, history = (dataset,) * len(seeds), history_table([], seeds)
    return Fit(method, seeds, corpora, embeddings, reconstructions, history, dimensions, seconds, 0, models)


def _fit_umap(method: Method, base: Fit) -> Fit:
    """Lay the embedding of every seed of another method out by UMAP, without room between neighbours.

    The reconstructions are those of the other method: UMAP has none.
    """
    start = time.perf_counter()
    chosen = {name: method.settings[name] for name in ("n_neighbors", "n_components")}
    with one_thread():
        embeddings = np.stack([
            umap(embedding, **chosen, min_dist=0.0, seed=seed)
            for seed, embedding in zip(base.seeds, base.embeddings, strict=True)
        ])  # fmt: skip
    dimensions = dimensions_table(Output(torch.empty(0), torch.from_numpy(embeddings)), base.seeds)
    seconds = base.seconds + time.perf_counter() - start
    return replace(base, method=method, embeddings=embeddings, dimensions=dimensions, seconds=seconds)


def _check_finite(values: np.ndarray, what: str, learning_rate: float) -> None:
    """Raise ValueError where training has run away."""
    if not np.isfinite(values).all():
        raise ValueError(f"{what} is not finite; learning_rate is {learning_rate}, expected a smaller one")


def _check(seeds: tuple[int, ...], n: int, **settings: float) -> None:
    if not seeds or len(set(seeds)) != len(seeds):
        raise ValueError(f"seeds are {seeds}; expected at least one, each only once")
    if n < 2:
        raise ValueError(f"{n} track; training needs at least 2")
    if settings["batch_size"] < 2:
        raise ValueError(f"batch_size is {settings['batch_size']}; batch norm needs at least 2")
    for name, value in settings.items():
        if not 0 < value < np.inf:
            raise ValueError(f"{name} is {value}; expected a finite number above 0")
