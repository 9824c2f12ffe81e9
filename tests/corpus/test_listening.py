"""The network that listens: its layers against the plainest way to compute them, its patches, and its tags."""

import numpy as np
import pandas as pd
import pytest
import torch
from sounds import music
from torch.nn import functional

from vaeclust.corpus import audio, listening
from vaeclust.corpus.audio import AudioError
from vaeclust.corpus.listening import HOP, LAYER, PATCH, SAMPLE_RATE, TAGS, hear, listen, patches
from vaeclust.corpus.musicnn import FRONT, Musicnn


def arrays(seed=0):
    """Return random weights under the names of the checkpoint; a batch norm's sign may be turned."""
    rng = np.random.default_rng(seed)
    convolutions = [(*shape, 1, number) for number, shape in FRONT] + [(7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64)]
    shapes = {"conv2d": convolutions, "dense": [(1506, 200), (200, 50)]}
    found = {}
    for kind, kernels in shapes.items():
        for number, shape in enumerate(kernels):
            name = f"{kind}_{number}" if number else kind
            found[f"{name}/kernel"] = rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
            found[f"{name}/bias"] = 0.1 * rng.normal(size=shape[-1])
    for number, size in enumerate([1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200]):
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        found[f"{name}/gamma"], found[f"{name}/beta"] = rng.normal(size=(2, size))
        found[f"{name}/moving_mean"], found[f"{name}/moving_variance"] = rng.uniform(0.1, 1, size=(2, size))
    return {name: array.astype(np.float32) for name, array in found.items()}


def plain(weights, patch):
    """Compute one patch, (187, 96), as the published package says it, step by step: layer (200,) and tags (50,)."""
    found = {name: torch.from_numpy(array) for name, array in weights.items()}

    def norm(x, number):  # channels last, as TensorFlow has them
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        gamma, beta, mean, variance = (found[f"{name}/{part}"] for part in
                                       ("gamma", "beta", "moving_mean", "moving_variance"))  # fmt: skip
        return gamma * (x - mean) / torch.sqrt(variance + 1e-3) + beta

    def convolve(x, number, before, after):  # x: (frames, bands) → (frames, bands left, filters)
        name = f"conv2d_{number}" if number else "conv2d"
        padded = functional.pad(x[None, None], (0, 0, before, after))
        kernel = found[f"{name}/kernel"].permute(3, 2, 0, 1)
        return functional.conv2d(padded, kernel, found[f"{name}/bias"])[0].permute(1, 2, 0).relu()

    def dense(x, name):
        return x @ found[f"{name}/kernel"] + found[f"{name}/bias"]

    x = norm(torch.from_numpy(patch)[:, :, None], 0)[:, :, 0]
    padding = [(3, 3), (3, 3), (63, 64), (31, 32), (15, 16)]
    front = torch.cat([norm(convolve(x, n, *padding[n]), n + 1).amax(dim=1) for n in range(5)], dim=1)
    one = norm(convolve(front, 5, 3, 3), 6)[:, 0]
    two = norm(convolve(one, 6, 3, 3), 7)[:, 0] + one
    three = norm(convolve(two, 7, 3, 3), 8)[:, 0] + two
    channels = torch.cat([front, one, two, three], dim=1)
    pooled = torch.stack([channels.amax(dim=0), channels.mean(dim=0)], dim=1).reshape(-1)  # maximum, mean, maximum, …
    layer = norm(dense(norm(pooled, 9), "dense").relu(), 10)
    return layer, dense(layer, "dense_1").sigmoid()


def test_the_network_is_the_published_one():
    weights = arrays()
    network = Musicnn().fill(weights)
    some = np.random.default_rng(1).uniform(0, 4, size=(2, PATCH, 96)).astype(np.float32)
    with torch.no_grad():
        layer, tags = network(torch.from_numpy(some))
        for number, patch in enumerate(some):
            ours, theirs = torch.cat([layer[number], tags[number]]), torch.cat(plain(weights, patch))
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    assert tags.std() > 0.01


def test_weights_that_do_not_fit_are_refused():
    weights = arrays()
    with pytest.raises(ValueError, match=r"an array \(49,\) of the checkpoint; expected \(50,\)"):
        Musicnn().fill({**weights, "dense_1/bias": np.zeros(49, np.float32)})
    weights.pop("conv2d_7/kernel")
    with pytest.raises(KeyError, match="conv2d_7/kernel"):
        Musicnn().fill(weights)


def test_patches_are_the_frames_of_the_whole_spectrum():
    import librosa

    samples = music(31.0, rate=SAMPLE_RATE)
    mel = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE, n_fft=512, hop_length=256, n_mels=96)
    whole = np.log10(10_000 * mel + 1).T
    found, all_of_them = patches(samples), patches(samples, every=1)
    assert found.shape == (5, PATCH, 96)
    assert found.dtype == np.float32
    assert all_of_them.shape == (10, PATCH, 96)
    np.testing.assert_array_equal(found, all_of_them[::2])
    for number, patch in enumerate(all_of_them):
        np.testing.assert_allclose(patch, whole[number * PATCH : (number + 1) * PATCH], atol=1e-4)


def test_loud_sound_does_not_overflow():
    loud = np.sign(music(3.0, rate=SAMPLE_RATE))
    assert patches(loud).max() > 6.0  # half precision ends at 4.8
    assert np.isfinite(patches(loud)).all()


def test_less_than_one_patch_is_no_sound_to_listen_to():
    enough = (PATCH - 1) * HOP
    assert len(patches(music(3.0, rate=SAMPLE_RATE)[:enough])) == 1
    with pytest.raises(AudioError, match="musicnn hears three seconds at once"):
        patches(music(3.0, rate=SAMPLE_RATE)[: enough - 1])
    with pytest.raises(AudioError, match=r"it lasts 1\.50 s; at least 2\.98 s are needed"):
        patches(music(1.5, rate=SAMPLE_RATE))


def test_what_is_heard_is_the_mean_over_patches():
    samples, network = music(70.0, rate=SAMPLE_RATE), Musicnn().fill(arrays())
    found = hear(samples, network, every=1)
    with torch.inference_mode():
        spectra = torch.from_numpy(patches(samples, every=1))
        batch = torch.cat(network(spectra), dim=1).numpy()
    assert len(batch) == 23
    np.testing.assert_allclose(found, batch.mean(axis=0), rtol=1e-3, atol=1e-4)


def test_random_weights_hear_something_too():
    torch.manual_seed(0)
    network = Musicnn()
    found = np.array([hear(music(3.0, SAMPLE_RATE, seed), network) for seed in range(3)])
    assert found.shape == (3, 250)
    assert (np.ptp(found, axis=0) > 0).mean() > 0.3


@pytest.mark.usefixtures("musicnn_weights")
def test_the_tags_are_those_that_were_published(gtzan_folder):
    table = pd.read_csv(gtzan_folder / "musicnn_msd_tags_733.csv", index_col="track_id")
    published = table[[f"{tag} mean" for tag in TAGS["msd"]]]
    clips = {path.stem: path for path in (gtzan_folder / "audio").rglob("*.wav")}
    both = sorted(set(clips) & set(published.index))
    assert len(both) == 15
    for track in both:
        samples = audio.decode(clips[track], sample_rate=SAMPLE_RATE)
        ours = listen(samples, "msd", every=1)[len(LAYER["msd"]) :]
        assert np.corrcoef(ours, published.loc[track])[0, 1] >= 0.97, track


@pytest.mark.usefixtures("musicnn_weights")
@pytest.mark.parametrize("model", TAGS)
def test_names_and_numbers_are_as_many(model):
    found = listen(music(3.0, rate=SAMPLE_RATE), model)
    assert len(found) == len(LAYER[model]) + len(TAGS[model]) == 250
    assert len({*LAYER[model], *TAGS[model]}) == 250
    assert ((found[200:] > 0) & (found[200:] < 1)).all()


def test_the_recipe_names_what_the_numbers_depend_on(monkeypatch):
    before = listening.recipe()
    monkeypatch.setattr(listening, "RECIPE", 999)
    assert listening.recipe() != before


def test_the_untrained_network_is_always_the_same_and_has_learned_nothing(monkeypatch):
    clip = music(4, rate=SAMPLE_RATE)
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first = listening.overhear(clip)
    assert torch.equal(torch.random.get_rng_state(), state)
    listening._untrained.cache_clear()
    torch.manual_seed(6)
    np.testing.assert_array_equal(listening.overhear(clip), first)
    assert first.shape == (200,)
    assert np.std(first) > 0
    other = listening.overhear(music(4, rate=SAMPLE_RATE, seed=1))
    assert not np.array_equal(other, first)
