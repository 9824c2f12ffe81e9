"""The models: a network and its loss (chapters 02 to 06).

A model is called with a batch and its noise and returns an ``Output``; ``loss_terms`` turns that into one number a
track for each term of the loss, and ``weights`` says how the terms add up. The training loop does the rest.
"""

from typing import NamedTuple

from torch import Tensor, nn

from vaeclust.lyrics import N_FEATURES as N_LYRICS
from vaeclust.networks import ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder, Heads


class Output(NamedTuple):
    """What a model makes of a batch of tracks."""

    reconstruction: Tensor  # (*, features)
    mean: Tensor  # (*, latent_dim): the embedding
    log_variance: Tensor | None = None  # (*, latent_dim), None without a posterior


class VAE(nn.Module):
    """Variational autoencoder with KL weight beta (beta 1: the VAE proper).

    Loss of a track: ``‖x - x̂‖² + beta · KL(N(mean, variance) ‖ N(0, I))``, both summed over dimensions.
    Kingma & Welling (2014), arXiv:1312.6114; beta: Higgins et al. (2017), ICLR.

    Shapes: x (tracks, n_features) float32; noise as ``noise_widths`` says, or None for evaluation, in which the
    embedding is decoded itself. A variant has other networks, or other terms of the loss.
    """

    encoder_type, decoder_type = DenseEncoder, DenseDecoder

    def __init__(self, n_features: int, *, latent_dim: int = 16, beta: float = 1.0):
        super().__init__()
        if beta < 0:
            raise ValueError(f"beta is {beta}; expected 0 or more: a negative weight rewards leaving the prior")
        self.encoder = self.encoder_type(n_features)
        self.mean = nn.Linear(self.encoder.out_features, latent_dim)
        self.log_variance = nn.Linear(self.encoder.out_features, latent_dim)
        self.decoder = self.decoder_type(latent_dim, n_features)
        self.weights = {"reconstruction": 1.0, "kl": beta}
        self.noise_widths = {
            "encoder": self.encoder.dropout_width,
            "decoder": self.decoder.dropout_width,
            "latent": latent_dim,
        }

    def forward(self, x: Tensor, noise: dict[str, Tensor] | None = None) -> Output:
        """Encode, draw a latent code by the reparameterisation trick, decode."""
        noise = noise or {}
        hidden = self.encoder(x, noise.get("encoder"))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        z = mean + (0.5 * log_variance).exp() * noise["latent"] if noise else mean
        return Output(self.decoder(z, noise.get("decoder")), mean, log_variance)

    def loss_terms(self, x: Tensor, output: Output) -> dict[str, Tensor]:
        """Return every term of the loss, (*, tracks), summed over dimensions, not yet weighted."""
        return {
            "reconstruction": squared_error(x, output.reconstruction),
            "kl": kl_divergence(output).sum(-1),
        }


class ConvVAE(VAE):
    """The VAE with convolutions: the features are read as a sequence with one channel.

    Loss and shapes as for :class:`VAE`.
    """

    encoder_type, decoder_type = ConvEncoder, ConvDecoder


class MultimodalVAE(VAE):
    """The VAE of audio and lyrics: both concatenated into one encoder, one decoder with a head for each.

    Loss of a track: ``‖a - â‖² + h ‖l - l̂‖² + beta · KL``, where h is 1 if the track has lyrics and 0 if not: a
    missing text is neither learned nor punished.

    Shapes: x (tracks, n_features + n_lyrics + 1) float32, in which the last column is h and the lyrics are zero
    where h is. The encoder does not see h.
    """

    def __init__(self, n_features: int, *, latent_dim: int = 16, beta: float = 1.0, n_lyrics: int = N_LYRICS):
        super().__init__(n_features + n_lyrics, latent_dim=latent_dim, beta=beta)
        self.parts = (n_features, n_lyrics)
        self.decoder.output = Heads(self.decoder.hidden.out_features, self.parts)
        self.weights = {"reconstruction": 1.0, "lyrics": 1.0, "kl": beta}

    def forward(self, x: Tensor, noise: dict[str, Tensor] | None = None) -> Output:
        """Encode audio and lyrics, draw a latent code, decode both."""
        return super().forward(x[..., :-1], noise)

    def loss_terms(self, x: Tensor, output: Output) -> dict[str, Tensor]:
        """Return every term of the loss, (*, tracks); the lyrics of a track without any cost nothing."""
        audio, lyrics, has_lyrics = x.split([*self.parts, 1], dim=-1)
        audio_again, lyrics_again = output.reconstruction.split(self.parts, dim=-1)
        return {
            "reconstruction": squared_error(audio, audio_again),
            "lyrics": squared_error(lyrics, lyrics_again) * has_lyrics.squeeze(-1),
            "kl": kl_divergence(output).sum(-1),
        }


class Autoencoder(nn.Module):
    """Deterministic autoencoder: the VAE's network without posterior, noise and KL term.

    Loss of a track: ``‖x - x̂‖²``. Hinton & Salakhutdinov (2006), Science 313. Shapes as for :class:`VAE`.
    """

    def __init__(self, n_features: int, *, latent_dim: int = 16):
        super().__init__()
        self.encoder = DenseEncoder(n_features)
        self.code = nn.Linear(self.encoder.out_features, latent_dim)
        self.decoder = DenseDecoder(latent_dim, n_features)
        self.weights = {"reconstruction": 1.0}
        self.noise_widths = {"encoder": self.encoder.dropout_width, "decoder": self.decoder.dropout_width}

    def forward(self, x: Tensor, noise: dict[str, Tensor] | None = None) -> Output:
        """Encode and decode."""
        noise = noise or {}
        code = self.code(self.encoder(x, noise.get("encoder")))
        return Output(self.decoder(code, noise.get("decoder")), code)

    def loss_terms(self, x: Tensor, output: Output) -> dict[str, Tensor]:
        """Return the one term of the loss, (*, tracks)."""
        return {"reconstruction": squared_error(x, output.reconstruction)}


def squared_error(x: Tensor, reconstruction: Tensor) -> Tensor:
    """Return ``‖x - x̂‖²`` of every track: (*, features) → (*)."""
    return (x - reconstruction).square().sum(-1)


def kl_divergence(output: Output) -> Tensor:
    """Return KL(N(mean, variance) ‖ N(0, 1)) of every latent dimension, in nats: (*, latent_dim).

    ``(mean² + variance - 1 - log variance) / 2``; Kingma & Welling (2014), appendix B.
    """
    mean, log_variance = output.mean, output.log_variance
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
