"""``fit(method, dataset, seeds)``: the only training loop. All seeds of a method train at once (chapter 03).

Randomness is an input. Every seed owns a generator, which draws its initial weights and then, epoch by epoch, its
permutation, dropout uniforms and latent noise; the batched step draws nothing. So a seed's numbers do not depend on
which other seeds train beside it.
"""

import copy
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from tqdm.auto import tqdm

from vaeclust import parallel
from vaeclust.datasets import Dataset, one_each
from vaeclust.fits import Fit, dimensions_table, history_table
from vaeclust.layouts import umap
from vaeclust.lyrics import N_FEATURES as N_LYRICS
from vaeclust.methods import Method, find
from vaeclust.models import MixturePrior, Output
from vaeclust.networks import TransposedConvolution
from vaeclust.samples import MOST, SAMPLE


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
) -> Fit:
    """Fit a method to a corpus, for all seeds at once (Adam; every epoch a new order of the tracks).

    dataset: the corpus of all seeds, or one for each, of one size, such as random parts of a larger one.
    With ``train=False`` the networks keep their initial weights: what the architecture does without any learning.

    With a Dask scheduler (see ``parallel``) the seeds are dealt out to its workers, two by two, and above 10,000
    tracks to the cores of this machine: the numbers are the same, since no seed depends on those beside it.
    ``device="auto"`` takes a GPU if there is one, ``"cpu"`` never; a GPU rounds otherwise. Raises ValueError for a
    setting that cannot work, with the values that can.
    """
    method, seeds = find(method), tuple(seeds)
    corpora = one_each(dataset, seeds)
    n = len(corpora[0]) if corpora else 0
    _check(seeds, n, epochs=epochs, batch_size=batch_size, latent_dim=latent_dim, learning_rate=learning_rate)
    if method.model == "UMAP":
        base = fit(method.settings["base"], dataset, seeds, epochs=epochs, batch_size=batch_size,
                   learning_rate=learning_rate, latent_dim=latent_dim)  # fmt: skip
        return _fit_umap(method, base)
    if not method.trained:
        if isinstance(dataset, Dataset):
            return _fit_linear(method, dataset, seeds, latent_dim)
        each = zip(corpora, seeds, strict=True)
        return _joined([_fit_linear(method, corpus, (seed,), latent_dim) for corpus, seed in each])
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    settings = (epochs if train else 0, batch_size, learning_rate, latent_dim, device)
    cores = parallel.cores() if n > MOST and train and device == "cpu" else 1
    if not parallel.scheduler() and cores == 1:
        return _fit_here(method, corpora, seeds, *settings)
    share = 2 if parallel.scheduler() else -(-len(seeds) // cores)
    shares = [slice(i, i + share) for i in range(0, len(seeds), share)]
    tasks = [(method, corpora[some], seeds[some], *settings) for some in shares]
    parts = parallel.run(_fit_here, tasks, total=len(tasks), title=method.title, unit="share of the seeds")
    return _joined(sorted(parts, key=lambda part: seeds.index(part.seeds[0])))


def _fit_here(
    method: Method, corpora: tuple[Dataset, ...], seeds: tuple[int, ...], epochs: int, batch_size: int,
    learning_rate: float, latent_dim: int, device: str,
) -> Fit:  # fmt: skip
    n_features = corpora[0].audio.shape[1]
    start = time.perf_counter()
    with torch.device("meta"):
        template = method.build()(n_features, latent_dim=latent_dim, **method.settings)
    first = getattr(template, "starts_from", None)  # another method, which is trained before it
    settings = (epochs, batch_size, learning_rate, latent_dim, device)
    base = _fit_here(find(first), corpora, seeds, *settings) if first else None
    with one_thread():
        shown = corpora if any(corpus is not corpora[0] for corpus in corpora) else corpora[:1]
        x = torch.tensor(np.stack([inputs(method, corpus) for corpus in shown]), device=device)
        study = _Batched(template, x, seeds, learning_rate, base)
        history = [study.epoch(batch_size) for _ in tqdm(range(epochs), method.title, leave=False, delay=5)]
        output = study.evaluate()
    return Fit(
        method, seeds, output.mean.numpy(), output.reconstruction[..., :n_features].numpy(),
        history_table(history, seeds), dimensions_table(output, seeds),
        time.perf_counter() - start, sum(p.numel() for p in template.parameters()), study.models(),
        None if output.responsibilities is None else output.responsibilities.argmax(-1).numpy(),
    )  # fmt: skip


def _joined(parts: list[Fit]) -> Fit:
    """Put fits of the same method with different seeds together, as if they had been one."""
    history = pd.concat([part.history for part in parts], ignore_index=True)
    terms = pd.Categorical(history["term"], categories=history["term"].unique(), ordered=True)
    order = history.assign(term=terms).sort_values(["epoch", "term"], kind="stable").index
    return replace(
        parts[0],
        seeds=sum((part.seeds for part in parts), ()),
        embeddings=np.concatenate([part.embeddings for part in parts]),
        reconstructions=np.concatenate([part.reconstructions for part in parts]),
        history=history.loc[order].reset_index(drop=True),
        dimensions=pd.concat([part.dimensions for part in parts], ignore_index=True),
        seconds=sum(part.seconds for part in parts),
        models=sum((part.models for part in parts), ()),
        assignments=None if parts[0].assignments is None else np.concatenate([part.assignments for part in parts]),
    )


class _Batched:
    """One model per seed, run as a single batched model.

    All parameters lie in one tensor ``flat`` (seeds, parameters), so that the optimiser's step is one pass over
    memory. Rows are padded to whole vector registers, and an odd number of seeds to an even one by training the last
    twice: sums over the last values of a row take another order, so a seed would depend on its neighbours otherwise.
    """

    def __init__(
        self, template: nn.Module, x: Tensor, seeds: tuple[int, ...], learning_rate: float, base: Fit | None = None
    ):
        self.template = template
        self.n_seeds = len(seeds)
        padded = seeds + seeds[-1:] * (len(seeds) % 2)
        if len(x) == self.n_seeds < len(padded):
            x = torch.cat([x, x[-1:]])
        self.x = x.expand(len(padded), -1, -1)  # one corpus is shown to every seed without being copied
        self.rows = torch.arange(len(padded))[:, None]
        self.generators = [torch.Generator().manual_seed(seed) for seed in padded]
        models = [initialised(template, generator) for generator in self.generators]
        for model, seed in zip(models, padded, strict=True) if base else ():
            place = base.seeds.index(seed)
            model.start_from(base.models[place], base.embeddings[place], seed)
        parameters, self.buffers = stack_module_state(models)
        self.shapes = {name: values.shape[1:] for name, values in parameters.items()}
        rows = torch.cat([values.detach().flatten(1) for values in parameters.values()], dim=1)
        self.flat = nn.functional.pad(rows, (0, -rows.shape[1] % 32)).to(x.device).requires_grad_()
        self.buffers = {name: values.to(x.device) for name, values in self.buffers.items()}
        self.optimiser = torch.optim.Adam([self.flat], lr=learning_rate, fused=True)
        self.shape: torch.Size | None = None  # of the batches whose operations are recorded

    def parameters(self, flat: Tensor) -> dict[str, Tensor]:
        """Return views of the flat parameters by name, each (seeds, *shape)."""
        sizes = [shape.numel() for shape in self.shapes.values()]
        parts = flat.split([*sizes, flat.shape[1] - sum(sizes)], dim=1)
        return {name: part.unflatten(1, shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=False)}

    def run(self, flat: Tensor, buffers: dict[str, Tensor], x: Tensor, noise: dict[str, Tensor] | None) -> Output:
        """Run every seed's model on its own batch (seeds, tracks, features)."""

        def one(parameters, buffers, x, noise):
            output = functional_call(self.template, (parameters, buffers), (x, noise))
            return {name: value for name, value in output._asdict().items() if value is not None}

        batched = vmap(one, in_dims=(0, 0, 0, 0 if noise else None))
        return Output(**batched(self.parameters(flat), buffers, x, noise))

    def gradient(self, flat, buffers, x, noise) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the gradient of the loss, (seeds, parameters), and each term summed over tracks, (seeds,)."""
        terms = self.template.loss_terms(x, self.run(flat, buffers, x, noise))  # each (seeds, tracks)
        terms["loss"] = sum(weight * terms[term] for term, weight in self.template.weights.items())
        (gradient,) = torch.autograd.grad(terms["loss"].mean(-1).sum(), flat)
        return gradient, {term: value.detach().sum(-1) for term, value in terms.items()}

    def record(self, x: Tensor, noise: dict[str, Tensor]) -> None:
        """Record the tensor operations of :meth:`gradient`, to be replayed for every batch of this shape."""

        def operations(flat, x, *others):
            buffers, drawn = dict(zip(self.buffers, others, strict=False)), others[len(self.buffers) :]
            gradient, terms = self.gradient(flat, buffers, x, dict(zip(noise, drawn, strict=True)))
            self.terms = tuple(terms)
            return gradient, *terms.values()

        rehearsal = [values.clone() for values in self.buffers.values()]
        self.shape, self.recorded = x.shape, make_fx(operations)(self.flat, x, *rehearsal, *noise.values())
        self.replay = scripted(self.recorded)

    def step(self, x: Tensor, noise: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take one step of Adam and return each term of the loss, summed over tracks, (seeds,).

        The gradient's tensor operations are recorded at the first batch and replayed at all others of its shape:
        the same operations in the same order, without the cost of finding them anew.
        """
        if self.shape is None:
            self.record(x, noise)
        if x.shape == self.shape:
            with torch.no_grad():
                self.flat.grad, *values = self.replay(self.flat, x, *self.buffers.values(), *noise.values())
            terms = dict(zip(self.terms, values, strict=True))
        else:
            self.flat.grad, terms = self.gradient(self.flat, self.buffers, x, noise)
        self.optimiser.step()
        return terms

    def epoch(self, batch_size: int) -> dict[str, np.ndarray]:
        """Train on every track once; return each term of the loss, (seeds,), averaged over the tracks."""
        self.template.train()
        n = self.x.shape[1]
        order = torch.stack([torch.randperm(n, generator=generator) for generator in self.generators])
        sums: dict[str, Tensor] = {}
        for block in blocks(n, batch_size):
            shuffled = self.x[self.rows, order[:, block]]  # (seeds, tracks, features)
            noise = self.draw(block.stop - block.start)
            for batch in batches(shuffled.shape[1], batch_size):
                terms = self.step(shuffled[:, batch], {name: values[:, batch] for name, values in noise.items()})
                sums = {term: sums.get(term, 0) + value for term, value in terms.items()}
        return {term: (value / n)[: self.n_seeds].cpu().numpy() for term, value in sums.items()}

    def draw(self, n: int) -> dict[str, Tensor]:
        """Draw the noise of n tracks, (seeds, n, width) each, seed by seed."""
        widths = self.template.noise_widths
        noise = {name: torch.empty(len(self.generators), n, width) for name, width in widths.items()}
        for i, generator in enumerate(self.generators):
            for name, values in noise.items():
                draw = torch.randn if name == "latent" else torch.rand
                draw(values.shape[1:], generator=generator, out=values[i])
        return {name: values.to(self.x.device) for name, values in noise.items()}

    @torch.no_grad()
    def evaluate(self) -> Output:
        """Run every seed's model on all tracks, without noise and with the running statistics of batch norm."""
        self.template.eval()
        every = blocks(self.x.shape[1])
        # A product with one matrix for all seeds rounds otherwise than one with a copy for each.
        parts = [self.run(self.flat, self.buffers, self.x[:, block].contiguous(), None) for block in every]
        whole = (None if values[0] is None else torch.cat(values, dim=1) for values in zip(*parts, strict=True))
        return Output(*(values if values is None else values[: self.n_seeds].cpu() for values in whole))

    def models(self) -> tuple[nn.Module, ...]:
        """Take the batch apart: one ordinary model a seed, in evaluation mode."""
        state = {**self.parameters(self.flat.detach()), **self.buffers}
        models = []
        for i in range(self.n_seeds):
            model = copy.deepcopy(self.template).to_empty(device="cpu").eval()
            model.load_state_dict({name: value[i] for name, value in state.items()})
            models.append(model)
        return tuple(models)


def scripted(recorded: GraphModule) -> Callable:
    """Return recorded operations as TorchScript: the same ones, with no Python in between, which is a third of a step.

    TorchScript looks an operation's variant up by its arguments, and wants a device by its name.
    """
    for node in recorded.graph.nodes:
        if hasattr(node.target, "overloadpacket"):
            node.target = node.target.overloadpacket
            names = {key: value.type for key, value in node.kwargs.items() if isinstance(value, torch.device)}
            node.kwargs = {**node.kwargs, **names}
    recorded.recompile()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is deprecated, and about annotations of torch.fx
        return torch.jit.script(recorded)


def inputs(method: Method, dataset: Dataset) -> np.ndarray:
    """Return what a method sees of a corpus, float32: audio (n, d), or audio, lyrics and has_lyrics (n, d + 30 + 1).

    Where a track has no lyrics, and for a corpus without any, these columns are zero.
    """
    if method.inputs == ("audio",):
        return dataset.audio
    lyrics = dataset.lyrics if dataset.lyrics is not None else np.zeros((len(dataset), N_LYRICS))
    return np.hstack([dataset.audio, lyrics, dataset.has_lyrics[:, None]]).astype(np.float32)


def initialised(template: nn.Module, generator: torch.Generator) -> nn.Module:
    """Copy a model and draw its weights as PyTorch does by default, but from ``generator``.

    Weights and biases are uniform in ±1/√fan_in (He et al. 2015 with a = √5); batch norm starts as 1·x + 0.
    A mixture prior starts from drawn means.
    """
    model = copy.deepcopy(template).to_empty(device="cpu")
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.reset_parameters()
        elif isinstance(layer, MixturePrior):
            layer.draw(generator)
        elif isinstance(layer, (nn.Linear, TransposedConvolution)):
            bound = layer.weight[0].numel() ** -0.5
            for weights in (layer.weight, layer.bias):
                nn.init.uniform_(weights, -bound, bound, generator=generator)
    return model


def batches(n: int, batch_size: int) -> Iterator[slice]:
    """Cut n tracks into batches; a last batch of one joins the one before it, since batch norm needs two."""
    starts = list(range(0, n, batch_size))
    if len(starts) > 1 and n - starts[-1] == 1:
        starts.pop()
    for start, end in zip(starts, [*starts[1:], n], strict=True):
        yield slice(start, end)


def blocks(n: int, batch_size: int = 1) -> Iterator[slice]:
    """Cut n tracks into parts that fit into memory, of whole batches: one up to 10,000 tracks, else of about 5,000."""
    yield from batches(n, n if n <= MOST else max(SAMPLE // batch_size, 1) * batch_size)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run with one thread: another number rounds differently, which 1,600 steps grow to 0.1 in an embedding."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def _fit_linear(method: Method, dataset: Dataset, seeds: tuple[int, ...], latent_dim: int) -> Fit:
    """Fit PCA, or take the features as they are: without randomness, so that every seed has the same embedding."""
    start = time.perf_counter()
    scores = again = dataset.audio
    models = ()
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
    return Fit(method, seeds, embeddings, reconstructions, history_table([], seeds), dimensions, seconds, 0, models)


def _fit_umap(method: Method, base: Fit) -> Fit:
    """Lay the embedding of every seed of another method out by :func:`layouts.umap`, without room between neighbours.

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


def _check(seeds: tuple[int, ...], n: int, **settings: float) -> None:
    if not seeds or len(set(seeds)) != len(seeds):
        raise ValueError(f"seeds are {seeds}; expected at least one, each only once")
    if n < 2:
        raise ValueError(f"{n} track; training needs at least 2")
    if settings["batch_size"] < 2:
        raise ValueError(f"batch_size is {settings['batch_size']}; batch norm needs at least 2")
    for name, value in settings.items():
        if not value > 0:
            raise ValueError(f"{name} is {value}; expected a number above 0")
