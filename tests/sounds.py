"""What tests of audio share: a melody, and a file that holds it."""

import os

import numpy as np
import soundfile

from vaeclust.corpus.audio import SAMPLE_RATE as RATE


def music(seconds=4.0, rate=RATE, seed=0):
    """A melody with noise, so that no feature of it is constant."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    pitch = rng.choice([220, 277, 330, 440, 554], int(seconds * 4) + 1)[(time * 4).astype(int)]
    return (0.3 * np.sin(2 * np.pi * np.cumsum(pitch) / rate) + 0.02 * rng.normal(size=len(time))).astype(np.float32)


def song(path, seed=0, seconds=2.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(os.fsencode(path), music(seconds, seed=seed), RATE, format=path.suffix[1:].upper())
    return path
