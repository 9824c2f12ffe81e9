"""What a model starts from: PyTorch's own initialisation from the seed's generator, or an error that says why."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from vaeclust.methods import models
from vaeclust.methods.batched import initial_model
from vaeclust.methods.catalogue import METHODS, Method
from vaeclust.methods.models import MixturePrior, Model, Output, squared_error
from vaeclust.methods.networks import TransposedConvolution
from vaeclust.methods.training import fit

LAYERS = {
    "Conv1d": lambda: nn.Conv1d(2, 3, 3),
    "Conv2d without bias": lambda: nn.Conv2d(2, 3, 3, bias=False),
    "ConvTranspose2d": lambda: nn.ConvTranspose2d(2, 3, 3),
    "BatchNorm2d": lambda: nn.BatchNorm2d(4),
    "BatchNorm1d without weights": lambda: nn.BatchNorm1d(4, affine=False),
    "LayerNorm": lambda: nn.LayerNorm(5),
    "GroupNorm": lambda: nn.GroupNorm(2, 4),
    "InstanceNorm1d": lambda: nn.InstanceNorm1d(3, affine=True, track_running_stats=True),
    "Embedding": lambda: nn.Embedding(5, 3, padding_idx=1),
    "GRU": lambda: nn.GRU(3, 4),
    "PReLU": lambda: nn.PReLU(),
    "MultiheadAttention": lambda: nn.MultiheadAttention(8, 2),
    "Linear without bias": lambda: nn.Linear(3, 4, bias=False),
    "several, one in another": lambda: nn.Sequential(
        nn.Conv1d(1, 2, 3), nn.Sequential(nn.Embedding(3, 2)), nn.GRU(2, 2)
    ),
}


def started(make, seed=3):
    with torch.device("meta"):
        template = make()
    return initial_model(template, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_a_layer_starts_as_pytorch_starts_it(make):
    state = torch.random.get_rng_state()
    found = started(make).state_dict()
    assert torch.equal(state, torch.random.get_rng_state())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        expected = make().state_dict()
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert torch.equal(found[name], values), name


@pytest.mark.parametrize("slug", [slug for slug, method in METHODS.items() if method.trained])
def test_the_layers_of_the_study_keep_their_draws(slug):
    """As they were drawn before other layers could be: one after another, uniform in ±1/√fan_in."""
    method = METHODS[slug]
    with torch.device("meta"):
        template = method.build()(20, latent_dim=16, **method.settings)
    ours, generator = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    model, expected = initial_model(template, ours), copy.deepcopy(template).to_empty(device="cpu")
    for layer in expected.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.reset_parameters()
        elif isinstance(layer, MixturePrior):
            layer.draw(generator)
        elif isinstance(layer, (nn.Linear, TransposedConvolution)):
            bound = layer.weight[0].numel() ** -0.5
            for weights in (layer.weight, layer.bias):
                nn.init.uniform_(weights, -bound, bound, generator=generator)
    for name, values in expected.state_dict().items():
        assert torch.equal(model.state_dict()[name], values), name
    assert torch.equal(ours.get_state(), generator.get_state())


class Scale(nn.Module):
    """A bare parameter and two buffers, one of them in no state_dict, and what they start from."""

    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.empty(width))
        self.register_buffer("places", torch.empty(width), persistent=False)
        self.register_buffer("shown", torch.empty(width, dtype=torch.bool))

    def draw(self, generator):
        with torch.no_grad():
            self.scale.normal_(1, 0.1, generator=generator)
            self.places.copy_(torch.linspace(0, 1, len(self.places)))
            self.shown.fill_(True)

    def forward(self, x):
        return (x * self.scale + self.places) * self.shown


class Layered(Model):
    """An autoencoder of layers that no method of the study has."""

    def __init__(self, n_features, *, latent_dim=16):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.loudness = nn.Embedding(2, n_features)
        self.level, self.scale = nn.LayerNorm(4 * n_features), Scale(4 * n_features)
        self.code, self.decoder = nn.Linear(4 * n_features, latent_dim), nn.Linear(latent_dim, n_features, bias=False)
        self.weights, self.noise_widths = {"reconstruction": 1.0}, {}

    def forward(self, x, noise=None):
        shown = x + self.loudness((x.mean(-1) > 0).long())
        found = self.norm(self.conv(shown[:, None])[..., None]).relu().flatten(1)
        code = self.code(self.scale(self.level(found)))
        return Output(self.decoder(code), code)

    def loss_terms(self, x, output):
        return {"reconstruction": squared_error(x, output.reconstruction)}


def test_a_model_of_other_layers_trains(corpus, monkeypatch):
    monkeypatch.setattr(models, "Layered", Layered, raising=False)
    method, settings = Method("layered", "Layered", "02_autoencoder", "Layered"), {"epochs": 8, "latent_dim": 4}
    trained = fit(method, corpus, range(3), **settings)
    losses = trained.history.query("term == 'loss'").pivot(index="epoch", columns="seed", values="value")
    assert np.isfinite(losses.to_numpy()).all()
    assert (losses.loc[8] < 0.9 * losses.loc[1]).all()
    assert losses.loc[1].nunique() == 3
    alone = fit(method, corpus, [2], **settings)
    np.testing.assert_array_equal(alone.embeddings[0], trained.embeddings[2])
    for model, embedding in zip(trained.models, trained.embeddings, strict=True):
        with torch.no_grad():
            np.testing.assert_allclose(model(torch.from_numpy(corpus.audio)).mean.numpy(), embedding, atol=1e-5)
        assert int(model.norm.num_batches_tracked) == 8 * 4  # 120 tracks in batches of 32
        assert torch.equal(model.scale.places, torch.linspace(0, 1, 80))
        assert (model.norm.running_var != 1).all()
        assert not torch.equal(model.scale.scale, started(lambda: Layered(20), seed=0).scale.scale)


class Forgetful(Scale):
    """Fills a part of what it has."""

    def __init__(self, width, forgotten):
        super().__init__(width)
        self.forgotten = forgotten

    def draw(self, generator):
        with torch.no_grad():
            for name in {"scale", "places", "shown"} - {self.forgotten}:
                getattr(self, name).fill_(1)
            if self.forgotten == "scale":
                self.scale[0] = 1


class Bare(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.tilt = nn.Linear(3, 3), nn.Parameter(torch.zeros(3))


UNKNOWN = {
    "a bare parameter": (Bare, r"Bare: nothing says what tilt starts from \(Bare\)\. Give Bare, .* draw\(self, gen"),
    "one of a part": (lambda: nn.Sequential(nn.ReLU(), Bare()), r"Sequential: nothing says what 1\.tilt .*Give Bare"),
    "one in a list": (lambda: nn.ParameterList([nn.Parameter(torch.zeros(2))]), "what 0 starts from .*around it"),
    "a normalised weight": (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)), "weight.original0"),
    "a half": (lambda: Forgetful(3, "scale"), "what scale starts from"),
    "a buffer": (lambda: Forgetful(3, "places"), "what places starts from"),
    "a buffer without NaN": (lambda: Forgetful(3, "shown"), "what shown starts from"),
}


@pytest.mark.parametrize(("make", "says"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_nobody_fills_is_named_and_never_trained(make, says):
    with pytest.raises(TypeError, match=says):
        started(make)


def test_a_layer_with_a_start_of_its_own_is_not_overruled():
    class Zero(nn.Linear):
        def reset_parameters(self):
            nn.init.zeros_(self.weight)
            nn.init.zeros_(self.bias)

    assert not any(values.any() for values in started(lambda: Zero(3, 4)).state_dict().values())
