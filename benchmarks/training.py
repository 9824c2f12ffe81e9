"""Training: the same network, data, batch, epochs and optimiser by us, by a plain loop and by pythae; and the floor.

Processor time of one thread. A peer counts only if its models are as good as ours: the loss in evaluation mode, whose
difference has to be within what seeds make.
"""

import importlib
from collections import defaultdict

import numpy as np
import peers
import torch
from measure import corpus, paired, processor_seconds, spread, write
from torch.utils._python_dispatch import TorchDispatchMode

from vaeclust.cores import one_thread
from vaeclust.methods.batched import Batched
from vaeclust.methods.catalogue import find
from vaeclust.methods.training import fit, model_inputs

MODELS = {"vae": "VAE", "conv_vae": "Conv-VAE"}
SEEDS = (1, 10, 30)
BATCH = 32
NO_WORK = ("view", "_unsafe_view", "unsqueeze", "squeeze", "expand", "permute", "transpose", "slice", "select", "t",
           "split_with_sizes", "unflatten", "detach", "alias", "as_strided", "unfold")  # fmt: skip
PRODUCTS = ("bmm", "mm", "addmm", "baddbmm", "_scaled_dot_product_attention")


def training(repetitions: int) -> None:
    """Write training.csv: seconds a model and the ratio to pythae, paired, with the losses that make it fair."""
    data = corpus()
    x = data.audio
    rows = []
    for slug in MODELS:
        losses: dict[str, list[float]] = defaultdict(list)

        def ours(repetition, n_seeds, slug=slug, losses=losses):
            fitted = fit(slug, data, range(n_seeds), device="cpu")
            losses[_ours(n_seeds)] += [_loss(model, x) for model in fitted.models]

        def peer(repetition, name, train, slug=slug, losses=losses):
            with one_thread():
                losses[name].append(train(slug, x, repetition))

        contenders = {
            "pythae": lambda r: peer(r, "pythae", peers.by_pythae),  # noqa: B023
            "plain loop": lambda r: peer(r, "plain loop", peers.plain_loop),  # noqa: B023
            **{_ours(n): lambda r, n=n: ours(r, n) for n in SEEDS},
        }
        fit(slug, data, [0], epochs=1)  # what the first use of a library costs is not training
        importlib.import_module("pythae.trainers")
        times = paired(contenders, repetitions)
        models = {name: int(name.split()[1]) if name.startswith("vaeclust") else 1 for name in times}
        per_model = {name: [value / models[name] for value in values] for name, values in times.items()}
        for name, values in per_model.items():
            ratios = [peer / own for peer, own in zip(per_model["pythae"], values, strict=True)]
            many = losses[_ours(SEEDS[-1])][: SEEDS[-1]]  # every repetition trains the same seeds again
            n = len(set(losses[name]))
            mean, error = np.mean(losses[name]), np.std(many, ddof=1) * np.sqrt(1 / n + 1 / len(many))
            apart = mean - np.mean(many)
            ratio = spread(ratios)
            rows.append({
                "model": MODELS[slug], "trained by": name, **spread(values), "faster than pythae": ratio["median"],
                "ratio low": ratio["low"], "ratio high": ratio["high"], "loss": mean,
                "as good": "yes" if abs(apart) <= 2 * error else "no",
            })  # fmt: skip
    write("training", rows)


def _ours(n_seeds: int) -> str:
    return f"vaeclust, {n_seeds} seed{'s' if n_seeds > 1 else ''}"


@torch.no_grad()
def _loss(model: torch.nn.Module, x: np.ndarray) -> float:
    x = torch.from_numpy(x)
    return float(sum(model.loss_terms(x, model(x)).values()).mean())


class Operations(TorchDispatchMode):
    """Keeps the tensor operations that run under it, with the very tensors that each gets, to be timed one by one."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Run an operation and keep what was called."""
        kwargs = kwargs or {}
        self.calls.append((function.overloadpacket, args, kwargs))
        return function(*args, **kwargs)

    @torch.no_grad()
    def seconds(self, often: int = 50) -> dict[str, float]:
        """Return the processor seconds of all operations that compute anything, by their kind.

        From each goes what it costs to call an operation from Python at all, that of one which does no work: the step
        itself runs without Python in between.
        """

        def timed(operation, args: tuple, settings: dict) -> float:
            return processor_seconds(lambda: [operation(*args, **settings) for _ in range(often)]) / often

        nothing = torch.empty(1)
        call = min(timed(torch.ops.aten.detach, (nothing,), {}) for _ in range(20))
        seconds = defaultdict(float)
        for operation, args, kwargs in self.calls:
            name = operation.__name__
            if name not in NO_WORK:
                kind = "matrix products" if name in PRODUCTS else "elementwise operations"
                seconds[kind] += max(timed(operation, args, kwargs) - call, 0.0)
        return seconds


def floor(repetitions: int) -> None:
    """Write floor.csv: a training step of ten seeds against the sum of its operations, each timed by itself.

    The step runs twice: recorded and replayed, and plain, as it does where TorchScript is gone.
    """
    rows = []
    for slug in MODELS:
        method, data = find(slug), corpus()
        with torch.device("meta"):
            template = method.build()(data.audio.shape[1], latent_dim=16, **method.settings)
        with one_thread():
            study = Batched(template, torch.tensor(model_inputs(method, data))[None], tuple(range(10)), 1e-3)
            study.epoch(BATCH)
            noise = study.draw(BATCH)
            x = study.x[:, :BATCH].contiguous()
            ways = {"the whole step": study.replays[x.shape], "the plain step": study.operations(noise)}
            steps, floors, kinds = defaultdict(list), [], defaultdict(list)
            for _ in range(repetitions):
                for name, way in ways.items():
                    study.replays[x.shape] = way
                    steps[name].append(processor_seconds(lambda: [study.step(x, noise) for _ in range(50)]) / 50)  # noqa: B023
                rehearsal = {name: values.clone() for name, values in study.buffers.items()}
                with Operations() as operations:
                    study.gradient(study.flat, rehearsal, x, noise)
                adam = processor_seconds(lambda: [study.optimiser.step() for _ in range(50)]) / 50  # noqa: B023
                parts = operations.seconds() | {"Adam": adam}
                floors.append(sum(parts.values()))
                for kind, seconds in parts.items():
                    kinds[kind].append(1000 * seconds)
        for name, seconds in steps.items():
            kinds[name] = [1000 * s for s in seconds]
        for what, values in kinds.items():
            rows.append({"model": MODELS[slug], "what": what, "unit": "ms", **spread(values)})
        recorded, plain = steps.values()
        for what, above, below in (("step / floor", recorded, floors), ("plain / recorded step", plain, recorded)):
            ratios = [a / b for a, b in zip(above, below, strict=True)]
            rows.append({"model": MODELS[slug], "what": what, "unit": "times", **spread(ratios)})
    write("floor", rows)
