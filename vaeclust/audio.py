"""Audio to features: the path that demo clips and real music share (chapter ``00_data``)."""

import base64
import io
import sys
from collections.abc import Callable, Iterable
from html import escape

import numpy as np

SAMPLE_RATE = 22_050
N_MFCC = 20


def mfcc_means(samples: np.ndarray) -> np.ndarray:
    """Return the time means of 20 MFCCs, (20,) float64.

    samples: (n,) float32, mono, 22,050 Hz, within [-1, 1]. librosa's defaults: 128 mel bands, windows of 2,048
    samples every 512, decibels, orthonormal DCT; Davis & Mermelstein (1980).
    """
    import librosa

    coefficients = librosa.feature.mfcc(y=samples, sr=SAMPLE_RATE, n_mfcc=N_MFCC)
    return coefficients.mean(axis=1, dtype=np.float64)


def extract(jobs: Iterable[Callable[[], np.ndarray]], *, total: int, title: str) -> np.ndarray:
    """Return the features of many clips, (n, 20) float64, computed on all cores with a progress bar.

    jobs: one function a clip, which returns its samples; each must be picklable.
    """
    from joblib import Parallel, delayed
    from tqdm.auto import tqdm

    # librosa compiles at its first use on a machine: once here, not in every worker at the same time.
    mfcc_means(np.zeros(SAMPLE_RATE, np.float32))
    results = Parallel(n_jobs=-1, return_as="generator", batch_size=8)(delayed(_one)(job) for job in jobs)
    # A log file wants a line now and then, a terminal a bar that moves.
    pause = 0.2 if sys.stderr.isatty() else 10
    return np.array(list(tqdm(results, title, total=total, unit="clip", mininterval=pause)))


def player(samples: np.ndarray, label: str) -> str:
    """Return HTML that plays samples (n,) float32 at 22,050 Hz: an MP3 inside the page, so that it works offline."""
    import soundfile

    mp3 = io.BytesIO()
    soundfile.write(mp3, samples, SAMPLE_RATE, format="MP3")
    source = base64.b64encode(mp3.getvalue()).decode()
    name = escape(label, quote=True)
    return (
        f'<figure class="player"><figcaption>{name}</figcaption>'
        f'<audio controls preload="none" aria-label="{name}" src="data:audio/mpeg;base64,{source}"></audio></figure>'
    )


def _one(job: Callable[[], np.ndarray]) -> np.ndarray:
    return mfcc_means(job())
