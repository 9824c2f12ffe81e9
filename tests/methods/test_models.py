from itertools import pairwise

import numpy as np
import pytest
import torch

from vaeclust.methods.batched import initial_model
from vaeclust.methods.catalogue import METHODS, betas, find, hidden_layers
from vaeclust.methods.models import MixturePrior, kl_divergence, shown_modalities
from vaeclust.methods.networks import (
    ConvDecoder,
    ConvEncoder,
    Convolution,
    TransposedConvolution,
    conv_widths,
    dense_widths,
    dropout_factors,
)

TRAINED = [method for method in METHODS.values() if method.trained]
PARAMETERS = {
    "autoencoder": 24_740, "vae": 25_780, "conv_vae": 31_649, "beta_vae_1": 25_780, "beta_vae_2": 25_780,
    "beta_vae_4": 25_780, "multimodal_vae": 33_490, "vade": 26_110, "product_of_experts": 54_130,
}  # fmt: skip


def build(method, **settings):
    with torch.device("meta"):
        template = method.build()(20, latent_dim=16, **{**method.settings, **settings})
    return initial_model(template, torch.Generator().manual_seed(0))


def noise_for(model, tracks, seed=0):
    generator = torch.Generator().manual_seed(seed)
    draw = {"latent": torch.randn, "shown": torch.rand}

    def dropout(*shape, generator):
        return dropout_factors(torch.rand(*shape, generator=generator))

    return {name: draw.get(name, dropout)(tracks, width, generator=generator)
            for name, width in model.noise_widths.items()}  # fmt: skip


def loss(model, x, noise):
    terms = model.loss_terms(x, model(x, noise))
    return sum(weight * terms[name].mean() for name, weight in model.weights.items())


def tracks_for(method):
    """What 32 tracks look like to a method: 20 audio features, for the multi-modal one lyrics of every other track."""
    generator = torch.Generator().manual_seed(1)
    audio = torch.randn(32, 20, generator=generator)
    if method.inputs == ("audio",):
        return audio
    has_lyrics = (torch.arange(32) % 2).float()[:, None]
    return torch.cat([audio, torch.randn(32, 30, generator=generator) * has_lyrics, has_lyrics], dim=1)


@pytest.fixture
def x():
    return tracks_for(METHODS["vae"])


@pytest.mark.parametrize("slug", PARAMETERS)
def test_published_parameter_counts(slug):
    assert sum(p.numel() for p in build(METHODS[slug]).parameters()) == PARAMETERS[slug]


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_shapes_and_finite_losses(method):
    model, x = build(method), tracks_for(method)
    output = model(x, noise_for(model, 32))
    assert output.reconstruction.shape == (32, 20 if method.inputs == ("audio",) else 50)
    assert output.mean.shape == (32, 16)
    terms = model.loss_terms(x, output)
    assert terms.keys() == model.weights.keys()
    assert all(value.shape == (32,) and value.isfinite().all() and (value >= 0).all() for value in terms.values())


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_gradient_reaches_every_weight(method):
    model, x = build(method).train(), tracks_for(method)
    loss(model, x, noise_for(model, 32)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        # Batch norm takes out a shift of what comes before it, and of a code that goes straight into it.
        if not name.endswith(("linear.bias", "code.bias", "kernel.bias", "conv1.bias", "conv2.bias")):
            assert parameter.grad.abs().max() > 1e-6, name


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_the_embedding_is_deterministic_in_evaluation_mode(method):
    model, x = build(method).eval(), tracks_for(method)
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


def test_dropout_keeps_the_expectation_and_uses_its_factors():
    dropout = build(METHODS["vae"]).encoder.dropout
    factors = dropout_factors(torch.rand(20_000, 1, generator=torch.Generator().manual_seed(0)))
    kept = dropout(torch.ones(20_000, 1), factors)
    assert set(np.unique(kept.numpy()).round(4)) == {0.0, 1.25}
    assert kept.mean() == pytest.approx(1.0, abs=0.02)
    assert torch.equal(dropout(torch.ones(3)), torch.ones(3))


def test_initial_weights_are_those_of_pytorch_in_distribution():
    model = build(METHODS["vae"])
    weight = model.encoder.layers[1].linear.weight.detach()
    bound = 128**-0.5
    assert weight.abs().max() <= bound
    assert weight.std() == pytest.approx(bound / 3**0.5, rel=0.03)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("length", [20, 7])
def test_a_convolution_is_that_of_pytorch(stride, length):
    torch.manual_seed(0)
    layer, x = Convolution(4, 6, stride), torch.randn(3, length, 4)
    weight = layer.kernel.weight.view(6, 4, 3)
    expected = torch.nn.functional.conv1d(x.mT, weight, layer.kernel.bias, stride=stride, padding=1).mT
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_transposed_convolution_is_that_of_pytorch(stride):
    torch.manual_seed(0)
    layer, x = TransposedConvolution(4, 6, stride), torch.randn(3, 7, 4)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    weight = layer.weight.view(4, 3, 6).mT
    options = {"stride": stride, "padding": 1, "output_padding": stride - 1}
    expected = torch.nn.functional.conv_transpose1d(x.mT, weight, layer.bias, **options).mT
    torch.testing.assert_close(layer(x), expected)


def test_other_strides_are_refused():
    with pytest.raises(ValueError, match="stride is 3"):
        TransposedConvolution(4, 6, 3)


@pytest.mark.parametrize("n_features", [20, 57, 3])
def test_convolutions_take_any_number_of_features(n_features):
    encoder, decoder = ConvEncoder(n_features), ConvDecoder(16, n_features)
    x = torch.randn(8, n_features)
    assert encoder(x, torch.rand(8, encoder.dropout_width)).shape == (8, encoder.out_features)
    torch.nn.init.zeros_(decoder.conv1.weight)
    assert decoder(torch.randn(8, 16), torch.rand(8, decoder.dropout_width)).shape == (8, n_features)


def test_missing_lyrics_cost_nothing_and_are_not_learned():
    model = build(METHODS["multimodal_vae"])
    x = tracks_for(METHODS["multimodal_vae"])
    terms = model.loss_terms(x, model(x, noise_for(model, 32)))
    assert not terms["lyrics"][::2].any()
    assert (terms["lyrics"][1::2] > 0).all()
    silent = torch.cat([x[:, :20], torch.zeros(32, 31)], dim=1)
    model.loss_terms(silent, model(silent, noise_for(model, 32)))["lyrics"].sum().backward()
    assert not model.decoder.output.heads[1].weight.grad.any()


def test_the_encoder_does_not_see_whether_there_are_lyrics():
    model = build(METHODS["multimodal_vae"]).eval()
    x = tracks_for(METHODS["multimodal_vae"])
    said = torch.cat([x[:, :-1], 1 - x[:, -1:]], dim=1)
    torch.testing.assert_close(model(x).mean, model(said).mean)


def test_any_beta_is_a_method():
    assert find("beta_vae_0.5").settings == {"beta": 0.5}
    assert find("beta_vae_4") == METHODS["beta_vae_4"]
    assert betas("4, 1,2,1") == (1.0, 2.0, 4.0)
    for text, says in (("1,two", "'two' is not a number"), ("", "'' is not a number"), ("0,1", "numbers above 0")):
        with pytest.raises(ValueError, match=says):
            betas(text)


@pytest.mark.parametrize("hidden", [(30,), (50, 40, 20)])
@pytest.mark.parametrize("slug", ["autoencoder", "vae"])
def test_hidden_layers_are_an_argument(slug, hidden, x):
    model = build(METHODS[slug], hidden=hidden)
    widths = [20, *hidden, 16, *hidden[::-1], 20]
    assert list(dense_widths(20, 16, hidden).values()) == widths
    linear = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    steps = [(layer.in_features, layer.out_features) for layer in linear]
    assert set(steps) == set(pairwise(widths))
    assert len(steps) == len(widths) - 1 + (slug == "vae")  # mean and variance of the code
    assert (model.noise_widths["encoder"], model.noise_widths["decoder"]) == (hidden[0], hidden[-1])
    assert model(x, noise_for(model, 32)).reconstruction.shape == (32, 20)


@pytest.mark.parametrize("slug", ["autoencoder", "vae"])
def test_the_hidden_layers_of_the_study_are_the_default(slug):
    given, default = build(METHODS[slug], hidden=(128, 64)), build(METHODS[slug])
    assert all(map(torch.equal, given.state_dict().values(), default.state_dict().values()))


@pytest.mark.parametrize("hidden", [(), (0,), (64, -1)])
def test_layers_without_units_are_refused(hidden):
    with pytest.raises(ValueError, match="expected the units of at least one layer"):
        build(METHODS["vae"], hidden=hidden)


def test_hidden_layers_are_read_from_a_list():
    assert hidden_layers(" 128,64 ") == (128, 64)
    assert hidden_layers(256) == (256,)  # papermill makes a number of a list of one
    faults = {
        "128,wide": "'wide' is not a whole number",
        "128,,64": "'' is not",
        "": "'' is not",
        "64.5": "'64.5' is not",
    }
    faults |= {"128,0": "all at least 1", "-3": "all at least 1", "True": "'True' is not"}
    for text, says in faults.items():
        with pytest.raises(ValueError, match=f"hidden .*{says}"):
            hidden_layers(text)


def test_a_setting_that_a_model_does_not_take_is_refused():
    assert find("vae", hidden=(8,)).settings == {"beta": 1.0, "hidden": (8,)}
    with pytest.raises(ValueError, match=r"VAE has no setting 'hiden'; it has beta, hidden"):
        find("vae", hiden=(8,))
    with pytest.raises(ValueError, match=r"Conv-VAE has no setting 'hidden'; it has beta"):
        find("conv_vae", hidden=(8,))
    with pytest.raises(ValueError, match=r"PCA has no setting 'hidden'; it has none"):
        find("pca", hidden=(8,))


def test_unknown_methods_are_refused_and_settings_do_not_touch_the_table():
    with pytest.raises(ValueError, match="unknown method 'vea'"):
        find("vea")
    assert find("vae", beta=0.5).settings["beta"] == 0.5
    assert METHODS["vae"].settings["beta"] == 1.0


def test_the_drawn_network_is_the_built_one():
    model = build(METHODS["vae"])
    labels = ["features", "hidden 1", "hidden 2", "code", "hidden 3", "hidden 4", "reconstruction"]
    assert list(dense_widths(20, 16)) == labels
    widths = list(dense_widths(20, 16).values())
    layers = [*(layer.linear for layer in model.encoder.layers), model.mean]
    layers += [*(layer.linear for layer in model.decoder.hidden.layers), model.decoder.output]
    assert widths == [20, *(layer.out_features for layer in layers)]

    model = build(METHODS["conv_vae"])
    units = [int(np.prod(width)) for width in conv_widths(20, 16).values()]
    encoder, decoder = model.encoder, model.decoder
    built = [length * channels for length, channels in (*encoder.dropped, (5, 64))]
    built += [16, decoder.linear.out_features, *(length * channels for length, channels in decoder.dropped)]
    assert units == [20, *built, 20]
    assert encoder.out_features == 5 * 64


def test_a_mixture_of_one_standard_normal_is_the_prior_of_the_vae(x):
    prior = MixturePrior(1, 16)
    prior.draw(torch.Generator())
    torch.nn.init.zeros_(prior.means)
    output = build(METHODS["vae"]).eval()(x)
    divergence = prior.kl_divergences(output.mean, output.log_variance)
    torch.testing.assert_close(divergence[:, 0], kl_divergence(output).sum(-1))
    log_joint, log_weights = prior(output.mean)
    expected = torch.distributions.Normal(0, 1).log_prob(output.mean).sum(-1)
    torch.testing.assert_close(log_joint[:, 0], expected)
    assert log_weights.item() == 0.0


def test_the_kl_term_of_vade_is_that_of_its_bound(x):
    """Sampled codes give the same: E[log q(z) + log q(c) - log p(z, c)], with q(c) fixed to what the model says."""
    model = build(METHODS["vade"])
    model.prior.fit(np.random.default_rng(0).normal(size=(200, 16)), seed=0)
    with torch.no_grad():
        output = model.eval()(x)
        posterior = torch.distributions.Normal(output.mean, (0.5 * output.log_variance).exp())
        z = posterior.sample((4000,))
        log_joint, _ = model.prior(z)
        responsibilities = output.responsibilities
        terms = torch.xlogy(responsibilities, responsibilities) - responsibilities * log_joint
        sampled = posterior.log_prob(z).sum(-1) + terms.sum(-1)
    torch.testing.assert_close(sampled.mean(0), output.kl, rtol=0.02, atol=0.2)
    torch.testing.assert_close(responsibilities.sum(-1), torch.ones(32))


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.slug)
def test_all_noise_reaches_what_is_trained(method):
    model, x = build(method), tracks_for(method)
    noise, other = noise_for(model, 32), noise_for(model, 32, seed=1)
    plain = model(x, noise)
    for name in noise:
        changed = model(x, {**noise, name: other[name]})
        assert not torch.equal(changed.reconstruction, plain.reconstruction), name
        assert torch.equal(changed.mean, plain.mean) == (name in ("decoder", "latent")), name


@pytest.mark.parametrize("slug", ["autoencoder", "vae", "conv_vae", "multimodal_vae", "product_of_experts", "vade"])
def test_a_model_without_settings_is_that_of_its_row(slug):
    with torch.device("meta"):
        bare, row = (METHODS[slug].build()(20, **settings) for settings in ({}, METHODS[slug].settings))
    assert bare.weights == row.weights
    assert bare.noise_widths == row.noise_widths
    assert [p.shape for p in bare.parameters()] == [p.shape for p in row.parameters()]


def test_a_mixture_is_fitted_to_clear_groups():
    codes = np.repeat(np.eye(3) * 10, [10, 20, 30], axis=0) + np.random.default_rng(0).normal(size=(60, 3)) * 0.1
    prior = MixturePrior(3, 3)
    prior.fit(codes.astype(np.float32), seed=0)
    order = prior.logits.argsort()
    torch.testing.assert_close(prior.logits.softmax(-1)[order], torch.tensor([10.0, 20.0, 30.0]) / 60)
    torch.testing.assert_close(prior.means[order], torch.eye(3) * 10, atol=0.1, rtol=0)


def test_experts_multiply_and_a_missing_one_is_left_out():
    model, x = build(METHODS["product_of_experts"]).eval(), tracks_for(METHODS["product_of_experts"])
    with torch.no_grad():
        output = model(x)
        views = x.split([20, 30, 1], dim=1)[:2]
        hidden = [encoder(view) for encoder, view in zip(model.encoders, views, strict=True)]
        means = [head(h) for head, h in zip(model.means, hidden, strict=True)]
        precisions = [(-head(h)).exp() for head, h in zip(model.log_variances, hidden, strict=True)]
    missing, present = slice(0, None, 2), slice(1, None, 2)  # every other track has lyrics
    both = 1 + precisions[0] + precisions[1]
    expected = (means[0] * precisions[0] + means[1] * precisions[1]) / both
    torch.testing.assert_close(output.mean[present], expected[present])
    torch.testing.assert_close(output.log_variance[present], -both.log()[present])
    torch.testing.assert_close(output.mean[missing], (means[0] * precisions[0] / (1 + precisions[0]))[missing])
    changed = x.clone()
    changed[missing, 20:50] = 7.0  # what stands where no lyrics are known is never read
    torch.testing.assert_close(model(changed).mean, output.mean, rtol=0, atol=0)


def test_a_track_shows_each_modality_two_thirds_of_the_time_and_always_one():
    uniforms = torch.linspace(0, 1, 3001)[:-1, None]
    shown = shown_modalities(torch.ones(3000, 1), uniforms)
    torch.testing.assert_close(shown.mean(0), torch.tensor([2 / 3, 2 / 3]), atol=0.001, rtol=0)
    assert (shown.sum(-1) >= 1).all()
    assert shown_modalities(torch.zeros(3000, 1), uniforms).unique(dim=0).tolist() == [[1.0, 0.0]]
    assert shown_modalities(torch.ones(1, 1)).tolist() == [[1.0, 1.0]]


def test_what_a_track_does_not_show_costs_nothing():
    model, x = build(METHODS["product_of_experts"]), tracks_for(METHODS["product_of_experts"])
    noise = noise_for(model, 32)
    noise["shown"] = torch.full((32, 1), 0.1)  # audio alone
    output = model(x, noise)
    assert (model.loss_terms(x, output)["lyrics"] == 0).all()
    assert (model.loss_terms(x, output)["reconstruction"] > 0).all()
    noise["shown"] = torch.full((32, 1), 0.5)  # lyrics alone, where there are any
    terms = model.loss_terms(x, model(x, noise))
    assert (terms["reconstruction"] > 0).tolist() == [True, False] * 16
    assert (terms["lyrics"] > 0).tolist() == [False, True] * 16
