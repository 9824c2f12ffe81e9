import numpy as np
import pytest
import torch

from vaeclust.methods import METHODS, find
from vaeclust.models import kl_divergence
from vaeclust.networks import dense_widths
from vaeclust.training import initialised

TRAINED = [method for method in METHODS.values() if method.model != "PCA"]
PARAMETERS = {"autoencoder": 24_740, "vae": 25_780}


def build(method, **settings):
    with torch.device("meta"):
        template = method.build()(20, latent_dim=16, **{**method.settings, **settings})
    return initialised(template, torch.Generator().manual_seed(0))


def noise_for(model, tracks, seed=0):
    generator = torch.Generator().manual_seed(seed)
    draw = {"latent": torch.randn}
    return {name: draw.get(name, torch.rand)(tracks, width, generator=generator)
            for name, width in model.noise_widths.items()}  # fmt: skip


def loss(model, x, noise):
    terms = model.loss_terms(x, model(x, noise))
    return sum(weight * terms[name].mean() for name, weight in model.weights.items())


@pytest.fixture
def x():
    return torch.randn(32, 20, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_published_parameter_counts(method):
    assert sum(p.numel() for p in build(method).parameters()) == PARAMETERS[method.slug]


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_shapes_and_finite_losses(method, x):
    model = build(method)
    output = model(x, noise_for(model, 32))
    assert output.reconstruction.shape == x.shape
    assert output.mean.shape == (32, 16)
    terms = model.loss_terms(x, output)
    assert terms.keys() == model.weights.keys()
    assert all(value.shape == (32,) and value.isfinite().all() and (value >= 0).all() for value in terms.values())


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_gradient_reaches_every_weight(method, x):
    model = build(method).train()
    loss(model, x, noise_for(model, 32)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        # Batch norm takes out a shift of what comes before it, and of a code that goes straight into it.
        if not name.endswith(("linear1.bias", "linear2.bias", "code.bias")):
            assert parameter.grad.abs().max() > 1e-6, name


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_the_embedding_is_deterministic_in_evaluation_mode(method, x):
    model = build(method).eval()
    torch.testing.assert_close(model(x).mean, model(x).mean, rtol=0, atol=0)
    alone = torch.cat([model(track[None]).mean for track in x])
    torch.testing.assert_close(alone, model(x).mean, rtol=1e-4, atol=1e-5)


def test_beta_zero_is_reconstruction_only(x):
    model = build(METHODS["vae"], beta=0.0).train()
    noise = noise_for(model, 32)
    terms = model.loss_terms(x, model(x, noise))
    assert terms["kl"].mean() > 0
    torch.testing.assert_close(loss(model, x, noise), terms["reconstruction"].mean())


def test_a_negative_beta_is_refused():
    with pytest.raises(ValueError, match="beta is -1"):
        build(METHODS["vae"], beta=-1.0)


def test_kl_divergence_against_torch(x):
    output = build(METHODS["vae"]).eval()(x)
    posterior = torch.distributions.Normal(output.mean, (0.5 * output.log_variance).exp())
    expected = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(kl_divergence(output), expected, rtol=1e-4, atol=1e-5)


def test_the_reparameterisation_moves_the_code_by_its_deviation(x):
    model = build(METHODS["vae"]).eval()
    widths = model.noise_widths
    ones = {name: torch.ones(32, width) for name, width in widths.items()}
    hidden_noise = model(x, ones)
    z = hidden_noise.mean + (0.5 * hidden_noise.log_variance).exp()
    torch.testing.assert_close(hidden_noise.reconstruction, model.decoder(z, ones["decoder"]))


def test_dropout_keeps_the_expectation_and_uses_its_uniforms():
    dropout = build(METHODS["vae"]).encoder.dropout
    uniforms = torch.rand(20_000, 1, generator=torch.Generator().manual_seed(0))
    kept = dropout(torch.ones(20_000, 1), uniforms)
    assert set(np.unique(kept.numpy()).round(4)) == {0.0, 1.25}
    assert kept.mean() == pytest.approx(1.0, abs=0.02)
    assert torch.equal(dropout(torch.ones(3)), torch.ones(3))


def test_initial_weights_are_those_of_pytorch_in_distribution():
    model = build(METHODS["vae"])
    weight = model.encoder.linear2.weight.detach()
    bound = 128**-0.5
    assert weight.abs().max() <= bound
    assert weight.std() == pytest.approx(bound / 3**0.5, rel=0.03)


def test_unknown_methods_are_refused_and_settings_do_not_touch_the_table():
    with pytest.raises(ValueError, match="unknown method 'vea'"):
        find("vea")
    assert find("vae", beta=0.5).settings["beta"] == 0.5
    assert METHODS["vae"].settings["beta"] == 1.0


def test_the_drawn_network_is_the_built_one():
    model = build(METHODS["vae"])
    widths = list(dense_widths(20, 16).values())
    layers = [model.encoder.linear1, model.encoder.linear2, model.mean]
    layers += [model.decoder.hidden.linear1, model.decoder.hidden.linear2, model.decoder.output]
    assert widths == [20, *(layer.out_features for layer in layers)]
