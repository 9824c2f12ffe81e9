"""The models: a network and its loss (chapters 02 to 06, 09 and 13).

A model is called with a batch and its noise and returns an ``Output``; ``loss_terms`` turns that into one number a
track for each term of the loss, and ``weights`` says how the terms add up. The training loop does the rest.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vaeclust.corpus.lyrics import N_FEATURES as N_LYRICS
from vaeclust.methods.networks import (
    CHANNELS,
    HIDDEN,
    ConvDecoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    Heads,
    SideBySide,
    halves,
)


class Output(NamedTuple):
    """What a model makes of a batch of tracks."""

    reconstruction: Tensor  # (*, features)
    mean: Tensor  # (*, latent_dim): the embedding
    log_variance: Tensor | None = None  # (*, latent_dim), None without a posterior
    kl: Tensor | None = None  # (*,): KL divergence to a prior that is not the standard normal
    responsibilities: Tensor | None = None  # (*, components) of a prior that is a mixture
    shown: Tensor | None = None  # (*, 2): which modalities the encoders were shown, 1 or 0


class Model(nn.Module):
    """What the training loop trains: a network that says how its loss adds up and what noise it wants.

    Its layers start as PyTorch starts them; a parameter or buffer of another kind is filled by the method
    ``draw(generator)`` of its layer, see :class:`MixturePrior`.
    """

    weights: dict[str, float]  # of each term of the loss
    noise_widths: dict[str, int]  # how many numbers of each kind of noise a track needs
    starts_from: str | None = None  # the method whose trained models it starts from
    learning_rate_share = 1.0  # of the learning rate that is asked for

    def loss_terms(self, x: Tensor, output: Output) -> dict[str, Tensor]:
        """Return every term of the loss, (*, tracks), not yet weighted."""
        raise TypeError(f"{type(self).__name__} does not say its loss: loss_terms(x, output)")

    def start_from(self, trained: "Model", codes: np.ndarray, seed: int) -> None:
        """Take over what a trained model of ``starts_from`` has learned; codes: its embedding, (tracks, latent_dim)."""
        raise TypeError(f"{type(self).__name__} does not say how it starts from another model: start_from")


class VAE(Model):
    """Variational autoencoder with KL weight beta (beta 1: the VAE proper).

    Loss of a track: ``‖x - x̂‖² + beta · KL(N(mean, variance) ‖ N(0, I))``, both summed over dimensions.
    Kingma & Welling (2014), arXiv:1312.6114; beta: Higgins et al. (2017), ICLR.

    hidden: units of the encoder's hidden layers; the decoder mirrors them. Shapes: x (tracks, n_features) float32;
    noise as ``noise_widths`` says, or None for evaluation, in which the embedding is decoded itself. A variant has
    other networks, or other terms of the loss.

    >>> model = VAE(20, latent_dim=3, beta=2.0).eval()
    >>> x = torch.zeros(5, 20)
    >>> output = model(x)
    >>> output.reconstruction.shape, output.mean.shape
    (torch.Size([5, 20]), torch.Size([5, 3]))
    >>> {term: value.shape for term, value in model.loss_terms(x, output).items()}
    {'reconstruction': torch.Size([5]), 'kl': torch.Size([5])}
    >>> model.weights
    {'reconstruction': 1.0, 'kl': 2.0}
    """

    encoder_type: type[DenseEncoder | ConvEncoder] = DenseEncoder
    decoder_type: type[DenseDecoder | ConvDecoder] = DenseDecoder

    def __init__(self, n_features: int, *, latent_dim: int = 16, beta: float = 1.0, hidden: tuple[int, ...] = HIDDEN):
        super().__init__()
        if beta < 0:
            raise ValueError(f"beta is {beta}; expected 0 or more: a negative weight rewards leaving the prior")
        self.encoder = self.encoder_type(n_features, hidden)
        self.mean = nn.Linear(self.encoder.out_features, latent_dim)
        self.log_variance = nn.Linear(self.encoder.out_features, latent_dim)
        self.decoder = self.decoder_type(latent_dim, n_features, hidden[::-1])
        self.weights = {"reconstruction": 1.0, "kl": beta}
        self.noise_widths = {
            "encoder": self.encoder.dropout_width,
            "decoder": self.decoder.dropout_width,
            "latent": latent_dim,
        }

    def forward(self, x: Tensor, noise: dict[str, Tensor] | None = None) -> Output:
        """Encode, draw a latent code, decode."""
        noise = noise or {}
        hidden = self.encoder(x, noise.get("encoder"))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        z = latent_draw(mean, log_variance, noise)
        return self.output(z, self.decoder(z, noise.get("decoder")), mean, log_variance)

    def output(self, z: Tensor, reconstruction: Tensor, mean: Tensor, log_variance: Tensor) -> Output:
        """Put together what the loss needs."""
        return Output(reconstruction, mean, log_variance)

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

    def __init__(self, n_features: int, *, latent_dim: int = 16, beta: float = 1.0):
        super().__init__(n_features, latent_dim=latent_dim, beta=beta, hidden=CHANNELS)


class MultimodalVAE(VAE):
    """The VAE of audio and lyrics: both concatenated into one encoder, one decoder with a head for each.

    Loss of a track: ``‖a - â‖² + h ‖l - l̂‖² + beta · KL``, where h is 1 if the track has lyrics and 0 if not: a
    missing text is neither learned nor punished.

    Shapes: x (tracks, n_features + n_lyrics + 1) float32, in which the last column is h and the lyrics are zero
    where h is. The encoder does not see h.

    >>> output = MultimodalVAE(20, latent_dim=3).eval()(torch.zeros(5, 20 + 30 + 1))
    >>> output.reconstruction.shape, output.mean.shape
    (torch.Size([5, 50]), torch.Size([5, 3]))
    """

    def __init__(
        self,
        n_features: int,
        *,
        latent_dim: int = 16,
        beta: float = 1.0,
        n_lyrics: int = N_LYRICS,
        hidden: tuple[int, ...] = HIDDEN,
    ):
        super().__init__(n_features + n_lyrics, latent_dim=latent_dim, beta=beta, hidden=hidden)
        self.parts = (n_features, n_lyrics)
        self.decoder.output = Heads(hidden[0], self.parts)
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


class ProductOfExperts(Model):
    """The VAE of audio and lyrics with an encoder for each: their posteriors are multiplied, a missing one left out.

    The product of normal experts and of the prior is normal: precision ``1 + Σ 1/variance_m``, mean
    ``Σ mean_m/variance_m`` over the precision. In training every track shows its audio, its lyrics or both, a third
    of the time each, and the loss is that of what it shows, ``Σ ‖x_m - x̂_m‖² + beta · KL``: one draw a step of the
    sum of all three. A track without lyrics shows its audio always. The reported terms are averages over all tracks.
    Wu & Goodman (2018), arXiv:1802.05335.

    Shapes as for :class:`MultimodalVAE`.

    >>> model = ProductOfExperts(20, latent_dim=3).eval()
    >>> model(torch.zeros(5, 20 + 30 + 1)).shown[0]  # a track without lyrics
    tensor([1., 0.])
    """

    def __init__(self, n_features: int, *, latent_dim: int = 16, beta: float = 1.0, n_lyrics: int = N_LYRICS):
        super().__init__()
        self.parts = (n_features, n_lyrics)
        encoders = [DenseEncoder(width) for width in self.parts]
        self.encoders = nn.ModuleList(encoders)
        self.means = nn.ModuleList(nn.Linear(encoder.out_features, latent_dim) for encoder in encoders)
        self.log_variances = nn.ModuleList(nn.Linear(encoder.out_features, latent_dim) for encoder in encoders)
        self.decoder = SideBySide(latent_dim, self.parts)
        self.weights = {"reconstruction": 1.0, "lyrics": 1.0, "kl": beta}
        self.noise_widths = {
            "encoder": sum(encoder.dropout_width for encoder in encoders),
            "decoder": self.decoder.dropout_width,
            "latent": latent_dim,
            "shown": 1,
        }

    def forward(self, x: Tensor, noise: dict[str, Tensor] | None = None) -> Output:
        """Ask the experts that are shown something, draw a latent code from their product, decode both modalities."""
        noise = noise or {}
        *views, has_lyrics = x.split([*self.parts, 1], dim=-1)
        shown = shown_modalities(has_lyrics, noise.get("shown"))
        precision, weighted = torch.ones_like(has_lyrics), torch.zeros_like(has_lyrics)
        drops = halves(noise.get("encoder"))
        for m, view in enumerate(views):
            hidden = self.encoders[m](view, drops[m])
            weight = shown[..., m : m + 1] * (-self.log_variances[m](hidden)).exp()
            precision, weighted = precision + weight, weighted + weight * self.means[m](hidden)
        mean, log_variance = weighted / precision, -precision.log()
        again = self.decoder(latent_draw(mean, log_variance, noise), noise.get("decoder"))
        return Output(again, mean, log_variance, shown=shown)

    def loss_terms(self, x: Tensor, output: Output) -> dict[str, Tensor]:
        """Return every term of the loss, (*, tracks); what a track does not show costs nothing."""
        audio, lyrics, _ = x.split([*self.parts, 1], dim=-1)
        audio_again, lyrics_again = output.reconstruction.split(self.parts, dim=-1)
        assert output.shown is not None  # forward says it
        return {
            "reconstruction": squared_error(audio, audio_again) * output.shown[..., 0],
            "lyrics": squared_error(lyrics, lyrics_again) * output.shown[..., 1],
            "kl": kl_divergence(output).sum(-1),
        }


class VaDE(VAE):
    """The VAE whose prior is a mixture of normal distributions, one for every cluster, learned with the rest.

    Loss of a track: ``‖x - x̂‖² + Σ_c γ_c KL(q(z | x) ‖ N(mean_c, variance_c)) + KL(γ ‖ π)`` with ``γ_c = p(c | z)``
    of the code z that was drawn. It starts from a trained autoencoder and the mixture that fits its codes, with
    posteriors that are narrow beside these, and learns on at a tenth of the rate: what starts as wide as all codes
    together loses most of the clusters in its first epochs. Jiang et al. (2017), IJCAI, arXiv:1611.05148. Shapes as for
    :class:`VAE`.

    >>> output = VaDE(20, latent_dim=3, components=4).eval()(torch.zeros(5, 20))
    >>> output.responsibilities.shape
    torch.Size([5, 4])
    """

    starts_from = "autoencoder"
    learning_rate_share = 0.1
    narrow = 0.1  # of the variance of the codes: that of the posteriors at the start

    def __init__(self, n_features: int, *, latent_dim: int = 16, components: int = 10):
        super().__init__(n_features, latent_dim=latent_dim)
        self.prior = MixturePrior(components, latent_dim)

    def start_from(self, trained: Model, codes: np.ndarray, seed: int) -> None:
        """Take over the weights of an autoencoder, and fit posteriors and mixture to its codes (tracks, latent_dim)."""
        weights = {name.replace("code.", "mean."): value for name, value in trained.state_dict().items()}
        self.load_state_dict(weights, strict=False)
        variances = torch.from_numpy(self.narrow * codes.var(axis=0).clip(1e-6)).to(self.log_variance.bias.dtype)
        with torch.no_grad():
            self.log_variance.weight.zero_()
            self.log_variance.bias.copy_(variances.log())
        self.prior.fit(codes, seed)

    def output(self, z: Tensor, reconstruction: Tensor, mean: Tensor, log_variance: Tensor) -> Output:
        """Compare the posterior with the components that the code may come from."""
        log_joint, log_weights = self.prior(z)
        log_responsibilities = log_joint.log_softmax(-1)
        responsibilities = log_responsibilities.exp()
        divergences = self.prior.kl_divergences(mean, log_variance) + log_responsibilities - log_weights
        return Output(reconstruction, mean, log_variance, (responsibilities * divergences).sum(-1), responsibilities)

    def loss_terms(self, x: Tensor, output: Output) -> dict[str, Tensor]:
        """Return both terms of the loss, (*, tracks)."""
        assert output.kl is not None  # it is what ``output`` adds
        return {"reconstruction": squared_error(x, output.reconstruction), "kl": output.kl}


class MixturePrior(nn.Module):
    """A mixture of normal distributions with diagonal covariance over latent codes."""

    def __init__(self, components: int, latent_dim: int):
        super().__init__()
        self.logits = nn.Parameter(torch.empty(components))
        self.means = nn.Parameter(torch.empty(components, latent_dim))
        self.log_variances = nn.Parameter(torch.empty(components, latent_dim))

    def draw(self, generator: torch.Generator) -> None:
        """Set the mixture to equal weights, unit variances and means drawn from the standard normal."""
        with torch.no_grad():
            self.logits.zero_()
            self.means.normal_(generator=generator)
            self.log_variances.zero_()

    def fit(self, codes: np.ndarray, seed: int) -> None:
        """Set the mixture to the one that expectation maximisation finds for codes (tracks, latent_dim)."""
        from sklearn.mixture import GaussianMixture

        mixture = GaussianMixture(
            len(self.logits), covariance_type="diag", n_init=3, reg_covar=1e-3, random_state=seed
        ).fit(codes.astype(np.float64))
        with torch.no_grad():
            self.logits.copy_(torch.from_numpy(np.log(mixture.weights_)))
            self.means.copy_(torch.from_numpy(mixture.means_))
            self.log_variances.copy_(torch.from_numpy(np.log(mixture.covariances_)))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``log p(z, c)`` of every code and component, (tracks, components), and ``log p(c)``."""
        log_weights = self.logits.log_softmax(-1)
        squares = (z[..., None, :] - self.means).square() / self.log_variances.exp()
        log_densities = -0.5 * (squares + self.log_variances + math.log(2 * math.pi)).sum(-1)
        return log_weights + log_densities, log_weights

    def kl_divergences(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Return KL(N(mean, variance) ‖ component) for every component, in nats: (tracks, components)."""
        mean, log_variance = mean[..., None, :], log_variance[..., None, :]
        ratios = (log_variance.exp() + (mean - self.means).square()) / self.log_variances.exp()
        return 0.5 * (self.log_variances - log_variance + ratios - 1).sum(-1)


class Autoencoder(Model):
    """Deterministic autoencoder: the VAE's network without posterior, noise and KL term.

    Loss of a track: ``‖x - x̂‖²``. Hinton & Salakhutdinov (2006), Science 313. Hidden layers and shapes as for
    :class:`VAE`.
    """

    def __init__(self, n_features: int, *, latent_dim: int = 16, hidden: tuple[int, ...] = HIDDEN):
        super().__init__()
        self.encoder = DenseEncoder(n_features, hidden)
        self.code = nn.Linear(self.encoder.out_features, latent_dim)
        self.decoder = DenseDecoder(latent_dim, n_features, hidden[::-1])
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


def latent_draw(mean: Tensor, log_variance: Tensor, noise: dict[str, Tensor]) -> Tensor:
    """Draw codes from posteriors by the reparameterisation trick; without noise, return their means.

    >>> mean, log_variance = torch.ones(2), torch.zeros(2)
    >>> latent_draw(mean, log_variance, {})
    tensor([1., 1.])
    >>> latent_draw(mean, log_variance, {"latent": torch.tensor([0.0, -2.0])})
    tensor([ 1., -1.])
    """
    return mean + (0.5 * log_variance).exp() * noise["latent"] if noise else mean


def squared_error(x: Tensor, reconstruction: Tensor) -> Tensor:
    """Return ``‖x - x̂‖²`` of every track: (*, features) → (*).

    >>> squared_error(torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.0, 0.0]]))
    tensor([5., 0.])
    """
    return (x - reconstruction).square().sum(-1)


def kl_divergence(output: Output) -> Tensor:
    """Return KL(N(mean, variance) ‖ N(0, 1)) of every latent dimension, in nats: (*, latent_dim).

    ``(mean² + variance - 1 - log variance) / 2``; Kingma & Welling (2014), appendix B.

    >>> zero = torch.zeros(1, 2)
    >>> kl_divergence(Output(zero, mean=torch.tensor([[0.0, 2.0]]), log_variance=zero))
    tensor([[0., 2.]])
    """
    mean, log_variance = output.mean, output.log_variance
    assert log_variance is not None, "a model without a posterior has no KL divergence"
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def shown_modalities(has_lyrics: Tensor, uniforms: Tensor | None = None) -> Tensor:
    """Return which of audio and lyrics every track shows, (*, 2); has_lyrics, uniforms: (*, 1).

    Without uniforms all that there is; with them a track that has lyrics shows audio, lyrics or both, equally often.

    >>> has_lyrics = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    >>> shown_modalities(has_lyrics, torch.tensor([[0.1], [0.5], [0.9], [0.5]]))
    tensor([[1., 0.],
            [0., 1.],
            [1., 1.],
            [1., 0.]])
    """
    if uniforms is None:
        return torch.cat([torch.ones_like(has_lyrics), has_lyrics], dim=-1)
    lyrics = has_lyrics * (uniforms >= 1 / 3)
    return torch.cat([1 - lyrics * (uniforms < 2 / 3), lyrics], dim=-1)
