"""Encoders and decoders: each a plain ``nn.Module``, one per published architecture (chapters 02 to 06).

Nothing here draws random numbers. Dropout gets its factors as an argument, so that a training run is a function of
its inputs; ``factors=None`` means evaluation. ``dropout_width`` says how many factors a track needs.
"""

import torch
from torch import Tensor, nn

from vaeclust.methods.catalogue import HIDDEN

CHANNELS = (16, 32, 64)
DROPOUT = 0.2


class Dropout(nn.Module):
    """Each value times a factor, 0 if its unit is dropped and 1 / (1 - p) if not; the identity without factors.

    Srivastava et al. (2014), JMLR 15. Shapes: x and factors (*, features) → (*, features).
    """

    def forward(self, x: Tensor, factors: Tensor | None = None) -> Tensor:
        """Drop the units whose factor is 0."""
        return x if factors is None else x * factors


def dropout_factors(uniforms: Tensor, p: float = DROPOUT) -> Tensor:
    """Turn uniforms, in place, into the factors of :class:`Dropout`: 0 with probability p, else 1 / (1 - p).

    >>> dropout_factors(torch.tensor([0.1, 0.5, 0.9]))
    tensor([0.0000, 1.2500, 1.2500])
    """
    return uniforms.ge_(p).div_(1 - p)


class HiddenLayer(nn.Module):
    """Linear, batch norm, ReLU: (tracks, n_inputs) → (tracks, units)."""

    def __init__(self, n_inputs: int, units: int):
        super().__init__()
        self.linear, self.norm = nn.Linear(n_inputs, units), nn.BatchNorm1d(units)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the units say."""
        return self.norm(self.linear(x)).relu()


class DenseEncoder(nn.Module):
    """One hidden layer behind the other; dropout after the first.

    hidden: their units. Shapes: x (tracks, n_inputs) → (tracks, out_features); factors (tracks, dropout_width).
    Raises ValueError for no layer, and for one without units.

    >>> encoder = DenseEncoder(20)
    >>> encoder(torch.zeros(5, 20)).shape, encoder.out_features
    (torch.Size([5, 64]), 64)
    """

    def __init__(self, n_inputs: int, hidden: tuple[int, ...] = HIDDEN):
        super().__init__()
        if not hidden or min(hidden) < 1:
            raise ValueError(f"hidden is {hidden}; expected the units of at least one layer, each at least 1")
        inputs = (n_inputs, *hidden[:-1])
        self.layers = nn.ModuleList(HiddenLayer(*widths) for widths in zip(inputs, hidden, strict=True))
        self.dropout = Dropout()
        self.dropout_width, self.out_features = hidden[0], hidden[-1]

    def forward(self, x: Tensor, factors: Tensor | None = None) -> Tensor:
        """Return the last hidden layer."""
        first, *others = self.layers
        x = self.dropout(first(x), factors)
        for layer in others:
            x = layer(x)
        return x


class DenseDecoder(nn.Module):
    """The mirrored encoder and a linear layer back to the features.

    hidden: units of the layers, in the order of the decoder. Shapes: z (tracks, latent_dim) → (tracks, n_outputs);
    factors (tracks, dropout_width).
    """

    def __init__(self, latent_dim: int, n_outputs: int, hidden: tuple[int, ...] = HIDDEN[::-1]):
        super().__init__()
        self.hidden = DenseEncoder(latent_dim, hidden)
        self.output: nn.Module = nn.Linear(self.hidden.out_features, n_outputs)
        self.dropout_width = self.hidden.dropout_width

    def forward(self, z: Tensor, factors: Tensor | None = None) -> Tensor:
        """Return the reconstructed features."""
        return self.output(self.hidden(z, factors))


class Heads(nn.Module):
    """One linear layer for each modality, their outputs side by side: (*, n_inputs) → (*, sum of n_outputs)."""

    def __init__(self, n_inputs: int, n_outputs: tuple[int, ...]):
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(n_inputs, width) for width in n_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Apply every head."""
        return torch.cat([head(x) for head in self.heads], dim=-1)


class SideBySide(nn.Module):
    """A whole decoder for each of two modalities, their outputs side by side.

    Shapes: z (tracks, latent_dim) → (tracks, sum of n_outputs); factors (tracks, dropout_width).
    """

    def __init__(self, latent_dim: int, n_outputs: tuple[int, int]):
        super().__init__()
        decoders = [DenseDecoder(latent_dim, width) for width in n_outputs]
        self.decoders = nn.ModuleList(decoders)
        self.dropout_width = sum(decoder.dropout_width for decoder in decoders)

    def forward(self, z: Tensor, factors: Tensor | None = None) -> Tensor:
        """Decode by both."""
        drops = halves(factors)
        return torch.cat([decoder(z, drop) for decoder, drop in zip(self.decoders, drops, strict=True)], dim=-1)


class Convolution(nn.Module):
    """Convolution of width 3 along a sequence, padded by one on either side.

    Channels come last and the windows are cut out by hand, so that the convolution is one matrix product: with a
    model for every seed side by side that is faster than a grouped convolution, and gives the same numbers as
    ``nn.Conv1d``.

    Shapes: x (tracks, length, channels) → (tracks, ⌈length / stride⌉, out_channels).

    >>> Convolution(1, 16, stride=2)(torch.zeros(5, 9, 1)).shape
    torch.Size([5, 5, 16])
    """

    def __init__(self, channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.kernel = nn.Linear(3 * channels, out_channels)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Slide the kernel along the sequence."""
        windows = nn.functional.pad(x, (0, 0, 1, 1)).unfold(1, 3, self.stride)  # (tracks, places, channels, 3)
        # Overlapping windows of one channel are a view, of which the product would be taken track by track.
        return self.kernel(windows.flatten(2).contiguous())


class TransposedConvolution(nn.Module):
    """Transposed convolution of width 3 along a sequence; stride 2 doubles its length.

    The channels of every place, times the kernel, are written onto three places of the longer sequence. The same
    numbers as ``nn.ConvTranspose1d`` with padding 1 and, for stride 2, output padding 1.

    Shapes: x (tracks, length, channels) → (tracks, stride · length, out_channels).

    >>> layer = TransposedConvolution(16, 1)
    >>> layer(torch.zeros(5, 5, 16)).shape
    torch.Size([5, 10, 1])
    """

    def __init__(self, channels: int, out_channels: int, stride: int = 2):
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride is {stride}; expected 1 or 2")
        # One row a channel: its length, 3 · out_channels, is the fan-in that nn.ConvTranspose1d starts from.
        self.weight = nn.Parameter(torch.empty(channels, 3 * out_channels))
        self.bias = nn.Parameter(torch.empty(out_channels))
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Write every place onto three."""
        left, centre, right = (x @ self.weight).chunk(3, dim=-1)
        from_right = nn.functional.pad(left[:, 1:], (0, 0, 0, 1))
        if self.stride == 2:  # even places receive from one place, odd ones from the two beside them
            return torch.stack([centre, right + from_right], dim=2).flatten(1, 2) + self.bias
        return from_right + centre + nn.functional.pad(right[:, :-1], (0, 0, 1, 0)) + self.bias


class ConvEncoder(nn.Module):
    """The features as a sequence with one channel: three convolutions, the last two of stride 2.

    Each is followed by batch norm and ReLU, the first two by dropout too. Shapes: x (tracks, n_inputs) →
    (tracks, out_features); factors (tracks, dropout_width).

    >>> encoder = ConvEncoder(20)
    >>> encoder(torch.zeros(5, 20)).shape
    torch.Size([5, 320])
    """

    def __init__(self, n_inputs: int, channels: tuple[int, ...] = CHANNELS):
        super().__init__()
        half, quarter = -(-n_inputs // 2), -(-n_inputs // 4)
        first, second, third = channels
        self.conv1, self.norm1 = Convolution(1, first), nn.BatchNorm1d(first)
        self.conv2, self.norm2 = Convolution(first, second, stride=2), nn.BatchNorm1d(second)
        self.conv3, self.norm3 = Convolution(second, third, stride=2), nn.BatchNorm1d(third)
        self.dropout = Dropout()
        self.dropped = ((n_inputs, first), (half, second))
        self.dropout_width = n_inputs * first + half * second
        self.out_features = quarter * third

    def forward(self, x: Tensor, factors: Tensor | None = None) -> Tensor:
        """Return the last hidden layer, flattened."""
        first, second = layer_factors(factors, self.dropped)
        x = self.dropout(channel_norm(self.norm1, self.conv1(x[:, :, None])).relu(), first)
        x = self.dropout(channel_norm(self.norm2, self.conv2(x)).relu(), second)
        return channel_norm(self.norm3, self.conv3(x)).relu().flatten(1)


class ConvDecoder(nn.Module):
    """The mirrored encoder: a linear layer and three transposed convolutions, the last one to a single channel.

    Batch norm, ReLU and dropout follow the first two. What reaches beyond the number of features is
    cut off. Shapes: z (tracks, latent_dim) → (tracks, n_outputs); factors (tracks, dropout_width).
    """

    def __init__(self, latent_dim: int, n_outputs: int, channels: tuple[int, ...] = CHANNELS[::-1]):
        super().__init__()
        self.n_outputs, self.places = n_outputs, -(-n_outputs // 4)
        first, second, third = channels
        self.linear = nn.Linear(latent_dim, self.places * first)
        self.conv1, self.norm1 = TransposedConvolution(first, second), nn.BatchNorm1d(second)
        self.conv2, self.norm2 = TransposedConvolution(second, third), nn.BatchNorm1d(third)
        self.output = TransposedConvolution(third, 1, stride=1)
        self.dropout = Dropout()
        self.dropped = ((2 * self.places, second), (4 * self.places, third))
        self.dropout_width = self.places * (2 * second + 4 * third)

    def forward(self, z: Tensor, factors: Tensor | None = None) -> Tensor:
        """Return the reconstructed features."""
        first, second = layer_factors(factors, self.dropped)
        x = self.linear(z).unflatten(1, (self.places, -1))
        x = self.dropout(channel_norm(self.norm1, self.conv1(x)).relu(), first)
        x = self.dropout(channel_norm(self.norm2, self.conv2(x)).relu(), second)
        return self.output(x).flatten(1)[:, : self.n_outputs]


def channel_norm(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    """Apply batch norm to the channels of sequences (tracks, length, channels)."""
    return norm(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def layer_factors(factors: Tensor | None, layers: tuple[tuple[int, int], ...]) -> list[Tensor | None]:
    """Share factors (tracks, width) out among layers of (length, channels); None for each in evaluation."""
    if factors is None:
        return [None] * len(layers)
    parts = factors.split([length * channels for length, channels in layers], dim=1)
    return [part.unflatten(1, layer) for part, layer in zip(parts, layers, strict=True)]


def dense_widths(n_features: int, latent_dim: int, hidden: tuple[int, ...] = HIDDEN) -> dict[str, int]:
    """Return the layers of a dense encoder and decoder, in the order of the data: label → units.

    >>> list(dense_widths(20, 16).values())
    [20, 128, 64, 16, 64, 128, 20]
    >>> list(dense_widths(20, 16, hidden=(50,)))
    ['features', 'hidden 1', 'code', 'hidden 2', 'reconstruction']
    """
    encoder = {f"hidden {i}": width for i, width in enumerate(hidden, 1)}
    decoder = {f"hidden {i}": width for i, width in enumerate(hidden[::-1], len(hidden) + 1)}
    return {"features": n_features, **encoder, "code": latent_dim, **decoder, "reconstruction": n_features}


def conv_widths(n_features: int, latent_dim: int) -> dict[str, int | tuple[int, int]]:
    """Return the layers of a convolutional encoder and decoder: label → units, or (length, channels).

    >>> list(conv_widths(20, 16).values())
    [20, (20, 16), (10, 32), (5, 64), 16, (5, 64), (10, 32), (20, 16), 20]
    """
    half, quarter = -(-n_features // 2), -(-n_features // 4)
    first, second, third = CHANNELS
    return {
        "features": n_features,
        "conv 1": (n_features, first), "conv 2": (half, second), "conv 3": (quarter, third),
        "code": latent_dim,
        "linear": (quarter, third), "conv 4": (2 * quarter, second), "conv 5": (4 * quarter, first),
        "reconstruction": n_features,
    }  # fmt: skip


def halves(factors: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
    """Share factors (*, width) out among two networks of one width; None for each in evaluation.

    >>> [half.tolist() for half in halves(torch.tensor([1.0, 2.0, 3.0, 4.0]))]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if factors is None:
        return None, None
    first, second = factors.chunk(2, dim=-1)
    return first, second
