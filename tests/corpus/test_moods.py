"""Moods: what the network hears, the package that it comes from, and every way it can be missing."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from joblib.externals.loky import get_reusable_executor
from sounds import music, song

from vaeclust.corpus import audio, cache, measured, moods, weights
from vaeclust.corpus.sources import load
from vaeclust.files import digest


@pytest.fixture
def network():
    """The file of the network, where it was fetched and can be run."""
    try:
        return moods.network()
    except (ImportError, FileNotFoundError) as error:
        pytest.skip(str(error))


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    """The folder of weights of a cache that has none."""
    monkeypatch.setattr(weights, "user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "vaeclust" / "weights"


def heard(path):
    return moods.measure_moods(audio.decode(path, sample_rate=moods.SAMPLE_RATE))


def frame_by_frame(samples):
    """Return decibels (128, frames) of samples at 16,000 Hz as the formula has them, in double precision."""
    import librosa

    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(640) / 640)
    starts = range(0, len(samples) - 640 + 1, 320)
    power = np.array([np.abs(np.fft.rfft(samples[i : i + 640] * window, 1024)) ** 2 for i in starts])
    bands = librosa.filters.mel(sr=16_000, n_fft=1024, n_mels=128, fmin=0, fmax=8_000) @ power.T
    decibels = 10 * np.log10(np.maximum(bands, 1e-10))
    return np.maximum(decibels, decibels.max() - 80)


@pytest.mark.parametrize("length", [640, 959, 960, 40_000])
def test_the_network_hears_the_decibels_of_the_formula(length):
    samples = music(rate=16_000)[:length]
    samples[length // 2 :] *= 1e-6  # so that something is cut
    found, wanted = moods.mel_decibels(samples), frame_by_frame(samples)
    assert found.dtype == np.float32
    assert found.shape == wanted.shape == (128, 1 + (length - 640) // 320)
    np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_silence_and_less_than_a_window():
    np.testing.assert_allclose(moods.mel_decibels(np.zeros(16_000, dtype=np.float32)), -100)
    with pytest.raises(audio.AudioError, match=r"639 samples at 16,000 Hz; the network hears 640 at once"):
        moods.mel_decibels(music(rate=16_000)[:639])


def test_a_clip_has_seven_moods(network):
    samples = music(rate=16_000)
    found = moods.measure_moods(samples)
    assert found.shape == (7,)
    assert found.dtype == np.float64
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_array_equal(found, moods.measure_moods(samples))
    assert (moods.measure_moods(samples[:16_000]) != found).any()


def test_a_folder_is_measured_once(network, monkeypatch, tmp_path):
    for seed in range(3):
        song(tmp_path / "music" / f"{seed}.wav", seed=seed)
    monkeypatch.setattr(cache, "user_cache_path", lambda name: tmp_path / name)
    get_reusable_executor().shutdown()  # workers that wait for more may have the cache of an earlier test
    first = load(tmp_path / "music", features="moods")
    assert tuple(first.features) == moods.MOODS
    assert first.variant == "moods"
    assert first.scaling == "common"
    alone = [heard(tmp_path / "music" / f"{track}.wav") for track in first.ids]
    np.testing.assert_array_equal(first.features, alone)
    monkeypatch.setattr(measured, "run", lambda *_, **__: pytest.fail("measured again"))
    pd.testing.assert_frame_equal(load(tmp_path / "music", features="moods").features, first.features)


def test_nothing_is_told_to_the_maker_of_onnxruntime(network, tmp_path):
    """It would keep a number of this device in the cache folder, and what it is to send."""
    shutil.copytree(network.parent, tmp_path / "vaeclust" / "weights" / network.parent.name)
    code = "import numpy as np; from vaeclust.corpus import moods; moods.measure_moods(np.ones(16_000, 'f4'))"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=120)
    assert [path.name for path in tmp_path.iterdir()] == ["vaeclust"]


def test_the_package_itself_gives_the_same_numbers(network, gtzan_folder, monkeypatch):
    """Here where somebody installed it; the benchmark of this name compares in an environment that has it."""
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "1")
    vibenet = pytest.importorskip("vibenet", reason="the package vibenet is not here: make bench BENCHMARKS=moods")
    theirs = vibenet.load_model()
    clips = sorted((gtzan_folder / "audio").rglob("*.wav"))
    assert len(clips) == 30
    for clip in clips:
        wanted = theirs.predict(clip)[0].to_dict()
        assert tuple(wanted) == moods.MOODS
        np.testing.assert_allclose(heard(clip), list(wanted.values()), atol=1e-3)


def test_the_benchmark_found_what_the_package_gives():
    """What the page ``reproduce`` shows."""
    found = pd.read_csv(ROOT / "benchmarks" / "moods.csv", index_col="mood")
    assert tuple(found.index) == moods.MOODS
    assert (found["clips"] == 30).all()
    assert (found["largest difference"] < 1e-3).all()


def test_without_the_network_it_says_how_to_get_it(empty_cache, monkeypatch, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not here: pip install -e '.[moods]'")
    song(tmp_path / "music" / "a.wav")
    monkeypatch.setattr(cache, "user_cache_path", lambda name: tmp_path / name)
    with pytest.raises(FileNotFoundError) as missing:
        load(tmp_path / "music", features="moods")
    assert "`vaeclust fetch moods`" in str(missing.value)
    assert f"put {moods.VIBENET.wheel} (sha256 3474fd65" in str(missing.value)
    assert f"into {empty_cache} and" in str(missing.value)


def test_without_onnxruntime_it_says_what_to_install(monkeypatch, tmp_path):
    def missing(name):
        raise PackageNotFoundError(name)

    song(tmp_path / "music" / "a.wav")
    monkeypatch.setattr(cache, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(moods, "version", missing)
    with pytest.raises(ModuleNotFoundError, match=r"needs onnxruntime: pip install -e '\.\[moods\]'"):
        load(tmp_path / "music", features="moods")


def test_the_licence_is_said_before_pip_is_asked(empty_cache, monkeypatch, capfd):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConnectionError, match=rf"(?s)vibenet==0\.1\.0.*put {moods.VIBENET.wheel}.* into {empty_cache}"):
        weights.fetch_weights(moods.VIBENET)
    assert "GNU General Public License, version 3 or later (GPL-3)" in capfd.readouterr().err
    assert not empty_cache.exists()


def test_another_wheel_is_refused(empty_cache):
    empty_cache.mkdir(parents=True)
    (empty_cache / moods.VIBENET.wheel).write_bytes(b"something else")
    with pytest.raises(ValueError, match=rf"has the sha256 {digest('something else')}; expected 3474fd65"):
        weights.fetch_weights(moods.VIBENET)
    assert [path.name for path in empty_cache.iterdir()] == [moods.VIBENET.wheel]


def test_the_network_comes_from_its_wheel_with_its_licence_and_only_once(network, empty_cache):
    """Where somebody has fetched it, so that no test is the first to ask an index for it."""
    try:
        folder = weights.fetch_weights(moods.VIBENET)
    except ConnectionError as error:
        pytest.skip(str(error))
    assert digest((folder / moods.NETWORK).read_bytes()).startswith("efa88450153863a1461989a00846526ac9230665b19fbf82f")
    assert "GNU GENERAL PUBLIC LICENSE" in (folder / "LICENSE").read_text(encoding="utf-8")
    stamp = (folder / moods.NETWORK).stat().st_mtime_ns
    assert weights.fetch_weights(moods.VIBENET) == folder
    assert (folder / moods.NETWORK).stat().st_mtime_ns == stamp
    (folder / moods.NETWORK).write_bytes(b"half of it")
    with pytest.raises(ValueError, match="is damaged"):
        moods.VIBENET.file(moods.NETWORK)
    weights.fetch_weights(moods.VIBENET)
    assert moods.VIBENET.file(moods.NETWORK) == folder / moods.NETWORK


def test_a_table_without_moods_says_which_columns_it_lacks(table_path):
    with pytest.raises(
        ValueError, match=r"7 of the 7 columns of features='moods' .* table with acousticness … valence"
    ):
        load(table_path, features="moods")


def test_the_values_of_a_service_are_moods_too(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.uniform(size=(6, 7)), columns=moods.MOODS[::-1]).assign(track_id=list("abcdef"))
    table.to_csv(tmp_path / "told.csv", index=False)
    found = load(tmp_path / "told.csv", features="moods")
    assert tuple(found.features) == moods.MOODS
    spread = (found.features - found.features.mean()) / np.sqrt(found.features.var(ddof=0).mean())
    np.testing.assert_allclose(found.audio, spread, atol=1e-6)
