"""Audio to features: the path that demo clips and real music share (chapters ``00_data`` and ``10_your_music``)."""

import io
import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from filelock import FileLock
from scipy import sparse
from threadpoolctl import ThreadpoolController

from vaeclust.corpus.reading import AudioError, Sound, read_sound
from vaeclust.files import digest

# The number of what decode and measure give: raised whenever a known output of theirs changes (there is a test), so
# that what was measured before is measured again. A comment, or a faster way to the same numbers, leaves it alone.
RECIPE = 1
SAMPLE_RATE = 22_050
N_MFCC = 20
N_FFT, BANDS = 2048, 128  # what librosa takes where nothing is said
MFCC20 = tuple(f"mfcc{i}_mean" for i in range(1, N_MFCC + 1))
_MEASURED = ("chroma_stft rms spectral_centroid spectral_bandwidth rolloff zero_crossing_rate harmony perceptr").split()
FULL = (
    *(f"{name}_{moment}" for name in _MEASURED for moment in ("mean", "var")),
    "tempo",
    *(f"mfcc{i}_{moment}" for i in range(1, N_MFCC + 1) for moment in ("mean", "var")),
)
SECONDS = 30.0
SHORTEST = 1.0


def decode(
    path: str | Path, *, seconds: float = SECONDS, offset: float = 0.0, sample_rate: int = SAMPLE_RATE
) -> np.ndarray:
    """Return the part of an audio file that is measured, (n,) float32, mono, at 22,050 Hz or another rate.

    Arguments and errors as for :func:`heard`.
    """
    return heard(path, seconds=seconds, offset=offset, sample_rate=sample_rate).samples


def heard(path: str | Path, *, seconds: float = SECONDS, offset: float = 0.0, sample_rate: int = SAMPLE_RATE) -> Sound:
    """Return the part of an audio file that is measured, and what of the file is damaged.

    It begins after ``offset`` seconds, or where the sound begins behind them, and lasts ``seconds`` (see
    :func:`~vaeclust.corpus.reading.read_sound`). Channels are averaged; other rates are resampled (soxr, high quality).

    Raises
    ------
    AudioError
        With the reason, for what cannot be read, is truncated, shorter than a second, silent, or not finite.
    """
    path = Path(path)
    try:
        if path.stat().st_size == 0:
            raise AudioError("the file is empty (zero bytes)")
        sound = read_sound(path, seconds, offset)
    except OSError as error:
        raise AudioError(f"it cannot be opened ({error.strerror or error})") from None
    samples, rate = sound.samples, sound.rate
    low, high = (samples.min(), samples.max()) if len(samples) else (0.0, 0.0)  # NaN if any sample is
    if not np.isfinite([low, high]).all():
        raise AudioError("it holds samples that are not numbers (NaN or infinity)")
    if len(samples) < SHORTEST * rate:
        behind = f" behind the first {offset:g} s" if offset else ""
        raise AudioError(f"it lasts {len(samples) / rate:.2f} s{behind}; at least {SHORTEST:g} s are needed")
    if max(-low, high) < 1e-5:
        raise AudioError("it is silent")
    samples = np.ascontiguousarray(resample(samples, rate, sample_rate), dtype=np.float32)
    return sound._replace(samples=samples, rate=sample_rate)


def clip(samples: np.ndarray, seconds: float) -> bytes:
    """Return the first seconds of sound as MP3 of 24 kbit/s; it fades out, because an abrupt end clicks.

    samples: (n,) float32, mono, 22,050 Hz.
    """
    import soundfile

    samples = samples[: round(seconds * SAMPLE_RATE)]
    fade = np.minimum(1, np.arange(len(samples))[::-1] / (0.2 * SAMPLE_RATE))
    mp3 = io.BytesIO()
    small = {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.9}
    soundfile.write(mp3, samples * fade, SAMPLE_RATE, **small)
    return mp3.getvalue()


def resample(samples: np.ndarray, rate: float, wanted: float) -> np.ndarray:
    """Return samples (n,) at another rate (soxr, high quality); themselves where it is theirs."""
    if rate == wanted:
        return samples
    compile_once("mfcc20")
    import librosa

    return librosa.resample(samples, orig_sr=rate, target_sr=wanted)


def mfcc_means(samples: np.ndarray) -> np.ndarray:
    """Return the time means of 20 MFCCs, (20,) float64.

    samples: (n,) float32, mono, 22,050 Hz, within [-1, 1]. librosa's defaults: 128 mel bands, windows of 2,048
    samples every 512, decibels, orthonormal DCT; Davis & Mermelstein (1980).
    """
    return mfcc(samples).mean(axis=1, dtype=np.float64)


def mfcc(samples: np.ndarray) -> np.ndarray:
    """Return the 20 MFCCs over time, (20, frames) float32: what ``librosa.feature.mfcc`` returns, up to rounding.

    Its mel filters are nearly empty, so they are kept as a sparse matrix, which takes a third off the time.
    """
    import librosa

    return _mfcc(np.abs(librosa.stft(samples)) ** 2)


def _mfcc(power: np.ndarray) -> np.ndarray:
    import librosa

    return librosa.feature.mfcc(S=librosa.power_to_db(mel_filters(SAMPLE_RATE, N_FFT, BANDS) @ power), n_mfcc=N_MFCC)


@cache
def mel_filters(sample_rate: int, n_fft: int, bands: int) -> sparse.csr_matrix:
    """Return Slaney's mel bands from 0 Hz to half of the sample rate, (bands, n_fft // 2 + 1); sparse, for speed."""
    import librosa

    return sparse.csr_matrix(librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=bands))


def full_features(samples: np.ndarray) -> np.ndarray:
    """Return the 57 features of the GTZAN table, (57,) float64, in the order of ``FULL``.

    Mean and variance over time of chroma, RMS, spectral centroid, bandwidth and roll-off, zero crossings, harmonic and
    percussive samples (Fitzgerald 2010), and of 20 MFCCs; and the tempo in beats per minute (Ellis 2007). All by
    librosa's defaults. samples: (n,) float32, mono, 22,050 Hz.
    """
    import librosa

    spectrum = np.abs(librosa.stft(samples))
    power = spectrum**2
    harmonic, percussive = librosa.effects.hpss(samples)
    tempo, _ = librosa.beat.beat_track(y=samples, sr=SAMPLE_RATE)
    measured = (
        librosa.feature.chroma_stft(S=power, sr=SAMPLE_RATE),
        librosa.feature.rms(y=samples),
        librosa.feature.spectral_centroid(S=spectrum, sr=SAMPLE_RATE),
        librosa.feature.spectral_bandwidth(S=spectrum, sr=SAMPLE_RATE),
        librosa.feature.spectral_rolloff(S=spectrum, sr=SAMPLE_RATE),
        librosa.feature.zero_crossing_rate(samples),
        harmonic,
        percussive,
    )
    moments = [(np.mean(m, dtype=np.float64), np.var(m, dtype=np.float64)) for m in (*measured, *_mfcc(power))]
    values = np.ravel(moments)
    return np.insert(values, 2 * len(measured), np.ravel(tempo)[0])


EXTRACTORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"mfcc20": mfcc_means, "full": full_features}


@cache
def compile_once(features: str) -> None:
    """Let librosa compile what these features need, in one process at a time.

    It keeps its machine code on disk, some of it already when it is imported. Written by two processes at once, that
    is damaged for good, and every later process that reads it dies of a segmentation fault.
    """
    installed = digest(getattr(find_spec("librosa"), "origin", ""))[:12]
    # By number: in a container a user need not have a name. On Windows the folder is the user's own.
    user = os.getuid() if hasattr(os, "getuid") else "own"
    with FileLock(Path(tempfile.gettempdir()) / f"vaeclust-{user}-{installed}.lock"):
        for kind in (np.float32, np.float64):
            EXTRACTORS[features](np.random.default_rng(0).normal(size=SAMPLE_RATE).astype(kind))


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()  # finding the libraries costs more than measuring a clip


def _one_thread() -> AbstractContextManager:
    """Limit the libraries to one thread, which takes a millisecond; nothing where they have one, as in a worker."""
    libraries = _libraries()
    already = all(library["num_threads"] == 1 for library in libraries.info())
    return nullcontext() if already else libraries.limit(limits=1)


def measure(samples: np.ndarray, features: str) -> np.ndarray:
    """Return one row of features of a clip: ``"mfcc20"`` (20,) or ``"full"`` (57,), float64."""
    # One thread: with more, the last digits depend on the machine's load, and workers would fight for the cores.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of clips shorter than its window for the tempo
        compile_once(features)
        with _one_thread():
            return EXTRACTORS[features](samples)


def recipe() -> str:
    """Return what the numbers of ``measure`` depend on besides the sound."""
    return f"librosa {version('librosa')}, recipe {RECIPE}"
