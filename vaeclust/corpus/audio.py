"""Audio to features: the path that demo clips and real music share (chapters ``00_data`` and ``10_your_music``)."""

import getpass
import io
import os
import re
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

# A "30-second clip" is seldom 30 seconds to the sample: what is less than this much longer is taken whole.
GRACE = 1.0
SHORTEST = 1.0
SUFFIXES = (".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".au", ".aif", ".aiff", ".m4a", ".mp4", ".aac")
_FFMPEG = (".m4a", ".mp4", ".aac")  # what libsndfile cannot read


# How files begin that are called something else: at which byte, which bytes, what it is.
_BEGINNINGS = (
    (0, b"\x1aE\xdf\xa3", "a WebM or Matroska file, whatever it is called"),
    (4, b"ftyp", "an MP4 (M4A) file, whatever it is called"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a WMA file, whatever it is called"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a ZIP archive"),
)


def kind_of(path: Path) -> str:
    """Return in words what a file is that its name does not say, as far as its first bytes tell."""
    with path.open("rb") as file:
        head = file.read(512)
    for place, mark, what in _BEGINNINGS:
        if head[place : place + len(mark)] == mark:
            return what
    if head.lstrip()[:1] == b"<":
        return "a web page, or another text with markup"
    readable = bytes(range(32, 127)) + b"\t\r\n"
    return "a text" if head and not head.translate(None, readable) else ""


class AudioError(ValueError):
    """An audio file from which no features can be taken; the message is the reason."""


def decode(path: str | Path, *, seconds: float = SECONDS, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Return the beginning of an audio file, (n,) float32, mono, at 22,050 Hz or another rate.

    Channels are averaged; other rates are resampled (soxr, high quality). A file that is less than a second longer
    than ``seconds`` is taken whole.

    Raises
    ------
    AudioError
        With the reason, for what cannot be read, is truncated, shorter than a second, silent, or not finite.
    """
    path = Path(path)
    try:
        if path.stat().st_size == 0:
            raise AudioError("the file is empty (zero bytes)")
        read = _read_with_ffmpeg if path.suffix.lower() in _FFMPEG else _read
        samples, rate = read(path, seconds)
    except OSError as error:
        raise AudioError(f"it cannot be opened ({error.strerror or error})") from None
    low, high = (samples.min(), samples.max()) if len(samples) else (0.0, 0.0)  # NaN if any sample is
    if not np.isfinite([low, high]).all():
        raise AudioError("it holds samples that are not numbers (NaN or infinity)")
    if len(samples) < SHORTEST * rate:
        raise AudioError(f"it lasts {len(samples) / rate:.2f} s; at least {SHORTEST:g} s are needed")
    if max(-low, high) < 1e-5:
        raise AudioError("it is silent")
    return np.ascontiguousarray(resample(samples, rate, sample_rate), dtype=np.float32)


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


def _read(path: Path, seconds: float) -> tuple[np.ndarray, int]:
    """Return mono samples and their rate, by libsndfile."""
    import soundfile

    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            promised = _frames_to_read(file.frames, file.samplerate, seconds)
            samples = file.read(promised, dtype="float32")
            rate, report = file.samplerate, file.extra_info
    except soundfile.LibsndfileError as error:
        what = kind_of(path) or f"not audio that can be read ({error.error_string})"
        raise AudioError(f"it is {what}") from None
    samples = samples.mean(axis=1) if samples.ndim == 2 else samples
    # The header of a damaged file promises more than the file holds; streams write 0 or the largest number there.
    data = re.search(r"(?:data|Data Size|SSND)\s*: (\d+) \(should be (\d+)\)", report)
    cut = data is not None and 0 < int(data[2]) < 0.99 * int(data[1]) and int(data[1]) < 2**31
    cut |= "calculated from length" in report
    if len(samples) < 0.99 * promised or (cut and promised < seconds * rate):
        raise AudioError(f"it is truncated: only {len(samples) / rate:.1f} s are left of what its header promises")
    return samples, rate


def _read_with_ffmpeg(path: Path, seconds: float) -> tuple[np.ndarray, int]:
    """Return mono samples and their rate, by a program of the platform: ffmpeg, or Core Audio."""
    import audioread

    try:
        with audioread.audio_open(str(path)) as file:
            channels, rate = file.channels, file.samplerate
            wanted = _frames_to_read(round(file.duration * rate), rate, seconds) * channels * 2
            content = bytearray()
            for block in file:
                content += block
                if len(content) >= wanted:
                    break
    except audioread.NoBackendError:
        raise AudioError(f"{path.suffix} needs ffmpeg on this machine, or the file is damaged") from None
    except audioread.DecodeError as error:
        what = kind_of(path) or f"not audio that can be read ({error or type(error).__name__})"
        raise AudioError(f"it is {what}") from None
    frames = np.frombuffer(bytes(content[:wanted]), dtype="<i2").astype(np.float32) / 2**15
    return frames.reshape(-1, channels).mean(axis=1), rate


def _frames_to_read(frames: int, rate: int, seconds: float) -> int:
    return frames if frames < (seconds + GRACE) * rate else round(seconds * rate)


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
    with FileLock(Path(tempfile.gettempdir()) / f"vaeclust-{getpass.getuser()}-{installed}.lock"):
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
