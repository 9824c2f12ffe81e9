"""The network musicnn in PyTorch (chapter ``14_listening``): what is done with it stands in ``listening``.

Pons & Serra (2019), *musicnn: pre-trained convolutional neural networks for music audio tagging*: first filters whose
shapes suit timbre (many bands, few frames) and rhythm (one band, many frames), dense connections over time, pooling.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

N_PENULTIMATE, N_TAGS = 200, 50
# The first filters: how many, of how many frames and bands. The first two hear timbre, the others rhythm.
FRONT = ((204, (7, 38)), (204, (7, 67)), (51, (128, 1)), (51, (64, 1)), (51, (32, 1)))
EPSILON = 1e-3  # of every batch norm


class Filters(nn.Module):
    """First filters: spectra (n, 1, frames, 96) to how much of each is found in whichever band has most of it.

    shape: how many frames and bands a filter sees. Returns (n, filters, frames): batch norm after ReLU, the maximum
    over bands.
    """

    def __init__(self, number: int, shape: tuple[int, int]):
        super().__init__()
        self.convolution = nn.Conv2d(1, number, shape)
        self.norm = nn.BatchNorm1d(number, eps=EPSILON)
        self.shape = shape

    def forward(self, spectra: Tensor) -> Tensor:
        """Filter, take the extreme over bands, then ReLU and batch norm.

        Both are monotone, so the maximum is taken before them, of numbers that are then a fiftieth. Where a batch norm
        turns the sign it is a minimum: the maximum of what the filter gives with its own sign turned.
        """
        frames = self.shape[0]
        padded = functional.pad(spectra, (0, 0, (frames - 1) // 2, frames // 2))  # TensorFlow's "same"
        sign = torch.where(self.norm.weight < 0, -1.0, 1.0)
        assert self.convolution.bias is not None
        # Channels last: the maximum takes a fiftieth of the time.
        weight = (self.convolution.weight * sign[:, None, None, None]).to(memory_format=torch.channels_last)
        found = functional.conv2d(padded, weight, self.convolution.bias * sign)
        most = functional.max_pool2d(found, (1, found.shape[3]))[..., 0]
        return self.norm((most * sign[:, None]).relu())


class Musicnn(nn.Module):
    """The network: patches (n, 187, 96) float32, logarithmic mel spectra, to layer (n, 200) and tags (n, 50).

    Pons & Serra (2019), as their package builds it: batch norm after ReLU, dense connections through the
    middle, a pool of maximum and mean over time of every channel in turn. As it is made, its weights are PyTorch's
    random ones: what the architecture alone hears.
    """

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = nn.BatchNorm2d(1, eps=EPSILON)
        self.front = nn.ModuleList(Filters(*filters) for filters in FRONT)
        self.middle = nn.ModuleList(nn.Conv1d(channels, 64, 7, padding=3) for channels in (561, 64, 64))
        self.middle_norms = nn.ModuleList(nn.BatchNorm1d(64, eps=EPSILON) for _ in self.middle)
        self.pool_norm = nn.BatchNorm1d(2 * (561 + 3 * 64), eps=EPSILON)
        self.dense = nn.Linear(2 * (561 + 3 * 64), N_PENULTIMATE)
        self.dense_norm = nn.BatchNorm1d(N_PENULTIMATE, eps=EPSILON)
        self.output = nn.Linear(N_PENULTIMATE, N_TAGS)
        self.eval()

    def forward(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Return the penultimate layer, after its batch norm, and the probability of every tag."""
        spectra = self.input_norm(patches[:, None])
        layers = [torch.cat([filters(spectra) for filters in self.front], dim=1)]
        for convolution, norm in zip(self.middle, self.middle_norms, strict=True):
            found = norm(convolution(layers[-1]).relu())
            layers.append(found if len(layers) == 1 else found + layers[-1])
        channels = torch.cat(layers, dim=1)
        pooled = torch.stack([channels.amax(dim=2), channels.mean(dim=2)], dim=2).flatten(1)
        penultimate = self.dense_norm(self.dense(self.pool_norm(pooled)).relu())
        return penultimate, self.output(penultimate).sigmoid()

    def fill(self, arrays: Mapping[str, np.ndarray]) -> "Musicnn":
        """Take the weights from a checkpoint's arrays by name; KeyError or ValueError where one is missing or odd."""
        front: list[Any] = list(self.front)
        convolutions = [*(filters.convolution for filters in front), *self.middle]
        norms = [
            self.input_norm,
            *(filters.norm for filters in front),
            *self.middle_norms,
            self.pool_norm,
            self.dense_norm,
        ]
        kinds: dict[str, list[Any]] = {"conv2d": convolutions, "dense": [self.dense, self.output]}
        for kind, layers in kinds.items():
            for number, layer in enumerate(layers):
                name = _numbered(kind, number)
                _copy(layer.weight, _torch_order(arrays[f"{name}/kernel"], layer))
                _copy(layer.bias, arrays[f"{name}/bias"])
        for number, norm in enumerate(norms):
            name = _numbered("batch_normalization", number)
            _copy(norm.weight, arrays[f"{name}/gamma"])
            _copy(norm.bias, arrays[f"{name}/beta"])
            _copy(norm.running_mean, arrays[f"{name}/moving_mean"])
            _copy(norm.running_var, arrays[f"{name}/moving_variance"])
        return self


def _numbered(kind: str, number: int) -> str:
    """Return the name that TensorFlow gives to a layer, by the order in which the layers of a kind were made."""
    return f"{kind}_{number}" if number else kind


def _torch_order(kernel: np.ndarray, layer: nn.Module) -> np.ndarray:
    """Return a kernel with the axes that PyTorch wants, outputs first.

    TensorFlow has (frames, bands, 1, outputs) or (inputs, outputs); a layer of the middle takes bands as its channels.
    """
    if isinstance(layer, nn.Conv2d):
        return kernel.transpose(3, 2, 0, 1)
    return kernel[:, :, 0].transpose(2, 1, 0) if isinstance(layer, nn.Conv1d) else kernel.T


def _copy(place: Tensor, found: np.ndarray) -> None:
    if place.shape != found.shape:
        raise ValueError(f"an array {found.shape} of the checkpoint; expected {tuple(place.shape)}")
    place.data.copy_(torch.from_numpy(found.copy()))
