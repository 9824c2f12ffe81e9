"""Encoders and decoders: plain ``nn.Module``s, one per published architecture (chapters 02 to 06).

Nothing here draws random numbers. Dropout gets its uniforms as an argument, so that a training run is a function
of its inputs; ``uniforms=None`` means evaluation. ``dropout_width`` says how many uniforms a track needs.
"""

from torch import Tensor, nn

HIDDEN = (128, 64)
DROPOUT = 0.2


class Dropout(nn.Module):
    """``x * [u >= p] / (1 - p)`` for uniforms u, the identity without them.

    Srivastava et al. (2014), JMLR 15. Shapes: x and u (*, features) → (*, features).
    """

    def __init__(self, p: float = DROPOUT):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor, uniforms: Tensor | None = None) -> Tensor:
        """Drop the units whose uniform is below p."""
        return x if uniforms is None else x * (uniforms >= self.p) / (1 - self.p)


class DenseEncoder(nn.Module):
    """Two hidden layers, each linear, batch norm, ReLU; dropout after the first.

    Shapes: x (tracks, n_inputs) → (tracks, out_features); uniforms (tracks, dropout_width).
    """

    def __init__(self, n_inputs: int, hidden: tuple[int, int] = HIDDEN):
        super().__init__()
        first, second = hidden
        self.linear1, self.norm1 = nn.Linear(n_inputs, first), nn.BatchNorm1d(first)
        self.linear2, self.norm2 = nn.Linear(first, second), nn.BatchNorm1d(second)
        self.dropout = Dropout()
        self.dropout_width, self.out_features = first, second

    def forward(self, x: Tensor, uniforms: Tensor | None = None) -> Tensor:
        """Return the last hidden layer."""
        x = self.dropout(self.norm1(self.linear1(x)).relu(), uniforms)
        return self.norm2(self.linear2(x)).relu()


class DenseDecoder(nn.Module):
    """The mirrored encoder and a linear layer back to the features.

    Shapes: z (tracks, latent_dim) → (tracks, n_outputs); uniforms (tracks, dropout_width).
    """

    def __init__(self, latent_dim: int, n_outputs: int, hidden: tuple[int, int] = HIDDEN[::-1]):
        super().__init__()
        self.hidden = DenseEncoder(latent_dim, hidden)
        self.output = nn.Linear(self.hidden.out_features, n_outputs)
        self.dropout_width = self.hidden.dropout_width

    def forward(self, z: Tensor, uniforms: Tensor | None = None) -> Tensor:
        """Return the reconstructed features."""
        return self.output(self.hidden(z, uniforms))


def dense_widths(n_features: int, latent_dim: int) -> dict[str, int]:
    """Return the layers of a dense encoder and decoder, in the order of the data: label → number of units."""
    encoder = {f"hidden {i}": width for i, width in enumerate(HIDDEN, 1)}
    decoder = {f"hidden {i}": width for i, width in enumerate(HIDDEN[::-1], len(HIDDEN) + 1)}
    return {"features": n_features, **encoder, "code": latent_dim, **decoder, "reconstruction": n_features}
