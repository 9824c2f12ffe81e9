"""The models of all seeds as one, batched: what a step and an epoch of training are (chapter ``03_vae``).

Randomness is an input. Every seed owns a generator, which draws its initial weights and then, epoch by epoch, its
permutation, dropout and latent noise; the batched step draws nothing. So a seed's numbers do not depend on
which other seeds train beside it.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from vaeclust.corpus.sampling import MOST, SAMPLE
from vaeclust.methods.fits import Fit
from vaeclust.methods.models import Model, Output
from vaeclust.methods.networks import TransposedConvolution, dropout_factors
from vaeclust.methods.replay import trace


class Batched:
    """One model per seed, run as a single batched model.

    All parameters lie in one tensor ``flat`` (seeds, parameters), so that the optimiser's step is one pass over
    memory; the weights of linear layers lie there transposed, as their gradients come. Rows are padded to whole
    vector registers, and an odd number of seeds to an even one by training the last twice: sums over the last values
    of a row take another order, so a seed would depend on its neighbours otherwise.
    """

    def __init__(
        self, template: Model, x: Tensor, seeds: tuple[int, ...], learning_rate: float, base: Fit | None = None
    ):
        self.template = template
        self.n_seeds = len(seeds)
        padded = seeds + seeds[-1:] * (len(seeds) % 2)
        if len(x) == self.n_seeds < len(padded):
            x = torch.cat([x, x[-1:]])
        self.x = x.expand(len(padded), -1, -1)  # one corpus is shown to every seed without being copied
        self.rows = torch.arange(len(padded))[:, None]
        self.generators = [torch.Generator().manual_seed(seed) for seed in padded]
        models = [initial_model(template, generator) for generator in self.generators]
        if base is not None:
            for model, seed in zip(models, padded, strict=True):
                place = base.seeds.index(seed)
                model.start_from(base.models[place], base.embeddings[place], seed)
        parameters, self.buffers = stack_module_state(models)
        layers = template.named_modules()
        self.transposed = {f"{name}.weight" for name, layer in layers if isinstance(layer, nn.Linear)}
        stored = {name: v.detach().mT if name in self.transposed else v.detach() for name, v in parameters.items()}
        self.shapes = {name: values.shape[1:] for name, values in stored.items()}
        rows = torch.cat([values.flatten(1) for values in stored.values()], dim=1)
        self.flat = nn.functional.pad(rows, (0, -rows.shape[1] % 32)).to(x.device).requires_grad_()
        self.buffers = {name: values.to(x.device) for name, values in self.buffers.items()}
        self.optimiser = torch.optim.Adam([self.flat], lr=learning_rate, fused=True)
        self.replays: dict[torch.Size, Callable[..., tuple[Tensor, ...]]] = {}  # by the shape of the batch

    def parameters(self, flat: Tensor) -> dict[str, Tensor]:
        """Return views of the flat parameters by name, each (seeds, *shape)."""
        sizes = [shape.numel() for shape in self.shapes.values()]
        parts = flat.split([*sizes, flat.shape[1] - sum(sizes)], dim=1)
        stored = {
            name: part.unflatten(1, shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=False)
        }
        return {name: values.mT if name in self.transposed else values for name, values in stored.items()}

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
        terms["loss"] = reduce(add, (weight * terms[term] for term, weight in self.template.weights.items()))
        (gradient,) = torch.autograd.grad(terms["loss"].mean(-1).sum(), flat)
        return gradient, {term: value.detach().sum(-1) for term, value in terms.items()}

    def operations(self, noise: Iterable[str]) -> Callable[..., tuple[Tensor, ...]]:
        """Return :meth:`gradient` as a function of tensors alone: flat, x, the buffers, and noise by these names."""
        names = tuple(noise)

        def gradient_and_terms(flat: Tensor, x: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
            buffers, drawn = dict(zip(self.buffers, others, strict=False)), others[len(self.buffers) :]
            gradient, terms = self.gradient(flat, buffers, x, dict(zip(names, drawn, strict=True)))
            self.terms = tuple(terms)
            return gradient, *terms.values()

        return gradient_and_terms

    def step(self, x: Tensor, noise: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take one step of Adam and return each term of the loss, summed over tracks, (seeds,).

        The gradient's tensor operations are recorded at the first batch of a shape and replayed at all others: the
        same operations in the same order, without the cost of finding them anew. Where they cannot be recorded
        (see :func:`~vaeclust.methods.replay.trace`), they are found anew at every step.
        """
        if x.shape not in self.replays:
            rehearsal = [values.clone() for values in self.buffers.values()]
            self.replays[x.shape] = trace(self.operations(noise), self.flat, x, *rehearsal, *noise.values())
        self.flat.grad, *values = self.replays[x.shape](self.flat, x, *self.buffers.values(), *noise.values())
        self.optimiser.step()
        return dict(zip(self.terms, values, strict=True))

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
        for name in {"encoder", "decoder"} & set(noise):  # a model may have no dropout
            dropout_factors(noise[name])
        return {name: values.to(self.x.device) for name, values in noise.items()}

    @torch.no_grad()
    def evaluate(self) -> Output:
        """Run every seed's model on all tracks, without noise and with the running statistics of batch norm."""
        self.template.eval()
        every = blocks(self.x.shape[1])
        # A product with one matrix for all seeds rounds otherwise than one with a copy for each.
        parts = [self.run(self.flat, self.buffers, self.x[:, block].contiguous(), None) for block in every]
        whole = (None if values[0] is None else torch.cat(values, dim=1) for values in zip(*parts, strict=True))
        return Output._make(values if values is None else values[: self.n_seeds].cpu() for values in whole)

    def models(self) -> tuple[Model, ...]:
        """Take the batch apart: one ordinary model a seed, in evaluation mode."""
        state = {**self.parameters(self.flat.detach()), **self.buffers}
        models = []
        for i in range(self.n_seeds):
            model = copy.deepcopy(self.template).to_empty(device="cpu").eval()
            for name, tensor in _tensors(model):
                tensor.detach().copy_(state[name][i])
            models.append(model)
        return tuple(models)


def initial_model(template: Model, generator: torch.Generator) -> Model:
    """Copy a model and draw its weights as PyTorch does by default, but from ``generator``.

    Weights and biases are uniform in ±1/√fan_in (He et al. 2015 with a = √5); batch norm starts as 1·x + 0.
    A layer with a method ``draw(generator)`` starts as that says, the parts of a layer before the layer itself: a
    mixture prior from drawn means. Raises TypeError for what nobody fills, which would be whatever lay in memory.

    >>> from vaeclust.methods import VAE
    >>> with torch.device("meta"):  # a template costs no memory
    ...     template = VAE(20)
    >>> model = initial_model(template, torch.Generator().manual_seed(0))
    >>> model(torch.zeros(5, 20)).mean.shape
    torch.Size([5, 16])
    """
    model = copy.deepcopy(template).to_empty(device="cpu")
    blank = {name: _blank(tensor) for name, tensor in _tensors(model)}
    model.apply(partial(_draw_layer, generator=generator))
    for name, tensor in _tensors(model):
        if _is_blank(tensor, *blank[name]):
            layer = type(model.get_submodule(name.rpartition(".")[0])).__name__
            raise TypeError(
                f"{type(template).__name__}: nothing says what {name} starts from ({layer}). Give {layer}, or the "
                "layer around it, a method draw(self, generator) that fills it, as MixturePrior has"
            )
    return model


def _draw_layer(layer: Any, generator: torch.Generator) -> None:
    """Draw the weights of one layer, whose parts have theirs."""
    reset = getattr(layer, "reset_parameters", None) or getattr(layer, "_reset_parameters", None)
    if hasattr(layer, "draw"):
        layer.draw(generator)
    elif isinstance(layer, TransposedConvolution) or getattr(reset, "__func__", None) is nn.Linear.reset_parameters:
        bound = max(layer.weight[:1].numel(), 1) ** -0.5  # a modality that is not there has no weights
        for weights in (layer.weight, layer.bias):
            if weights is not None:
                nn.init.uniform_(weights, -bound, bound, generator=generator)
    elif reset:
        with torch.random.fork_rng(devices=[]):  # PyTorch's layers draw from the global generator alone
            torch.set_rng_state(generator.get_state())
            reset()
            generator.set_state(torch.get_rng_state())


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield all parameters and buffers by name, those too that no state_dict has."""
    yield from model.named_parameters()
    yield from model.named_buffers()


@torch.no_grad()
def _blank(tensor: Tensor) -> tuple[Tensor, int]:
    """Fill a tensor with NaN, or with 0 where its type has none; return it and its version."""
    tensor.fill_(torch.nan if tensor.is_floating_point() else 0)
    return tensor, tensor._version


def _is_blank(tensor: Tensor, filled: Tensor, version: int) -> bool:
    """Return whether a tensor, or a part of it, is still as :func:`_blank` left it."""
    if tensor.is_floating_point():
        return bool(tensor.isnan().any())
    return tensor is filled and tensor._version == version


def batches(n: int, batch_size: int) -> Iterator[slice]:
    """Cut n tracks into batches; a last batch of one joins the one before it, since batch norm needs two.

    >>> [(batch.start, batch.stop) for batch in batches(7, 3)]
    [(0, 3), (3, 7)]
    """
    starts = list(range(0, n, batch_size))
    if len(starts) > 1 and n - starts[-1] == 1:
        starts.pop()
    for start, end in zip(starts, [*starts[1:], n], strict=True):
        yield slice(start, end)


def blocks(n: int, batch_size: int = 1) -> Iterator[slice]:
    """Cut n tracks into parts that fit into memory, of whole batches: one up to 10,000 tracks, else of about 5,000.

    >>> len(list(blocks(10_000))), len(list(blocks(100_000)))
    (1, 20)
    """
    yield from batches(n, n if n <= MOST else max(SAMPLE // batch_size, 1) * batch_size)
