"""Corpora by name, made once and kept in the user's cache folder (chapter ``00_data``)."""

import io
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from platformdirs import user_cache_path

from vaeclust.cores import run
from vaeclust.corpus import audio, gtzan, lyrics
from vaeclust.corpus.dataset import MFCC20
from vaeclust.corpus.demo import tracks as demo
from vaeclust.files import digest, replacement, write_csv

LIBRARIES = ("numpy", "scipy", "librosa", "scikit-learn")  # on which the numbers of the demo corpus depend
CLIP_SECONDS = 5  # of every track of the demo corpus to hear: all 600 stay below 10 MB
CLIPS = f"clips_{CLIP_SECONDS}s"  # the folder that they are in


def fetch(name: str) -> Path:
    """Return the folder of a named corpus; make it if it is not there.

    That of ``demo`` holds features.csv, tracks.csv, lyrics.csv (texts) and lyrics_features.csv; its name says by which
    recipes, and by which versions of the libraries, it was rendered and measured: another recipe is another corpus. The
    others are folders of audio, downloaded once.
    """
    if name != "demo":
        return gtzan.download(name)
    recipes = ".".join(str(module.RECIPE) for module in (demo, audio, lyrics))
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    folder = user_cache_path("vaeclust") / f"{name}-{recipes}-{digest(versions)[:12]}"
    if not (folder / "features.csv").is_file():
        _render(folder)
    return folder


def _render(folder: Path) -> None:
    """Render and measure every track, and cut its clip; features.csv comes last and marks the corpus as complete."""
    tracks = demo.track_table()
    texts = pd.Series(demo.lyrics(tracks), name="text").rename_axis("track_id")
    measured = _measure(folder, tracks, "rendering the demo corpus")
    features = pd.DataFrame([measured[track] for track in tracks.index], index=tracks.index, columns=MFCC20)
    for file, table in (
        ("tracks", tracks),
        ("lyrics", texts),
        ("lyrics_features", lyrics.text_features(texts)),
        ("features", features),
    ):
        write_csv(folder / f"{file}.csv", table)


def clips() -> Path:
    """Return the folder of ``<track_id>.mp3``, the first seconds of every track of the demo corpus.

    They are cut when the corpus is rendered; those that are missing all the same are cut now.
    """
    folder, tracks = fetch("demo"), demo.track_table()
    there = [_clip(folder, track).is_file() for track in tracks.index]
    if not all(there):
        _measure(folder, tracks[~np.array(there)], "cutting clips to hear")
    return folder / CLIPS


def _measure(folder: Path, tracks: pd.DataFrame, title: str) -> dict[str, np.ndarray]:
    """Render tracks, keep the clip of each, and return their features by track id."""
    measured = {}
    for track, row, mp3 in run(_track, tracks.iterrows(), total=len(tracks), title=title, unit="track"):
        measured[track] = row
        with replacement(_clip(folder, track)) as path:
            path.write_bytes(mp3)
    return measured


def _track(track: str, about: pd.Series) -> tuple[str, np.ndarray, bytes]:
    """Return the id of a track, its features, and its start as MP3."""
    samples = demo.render(about)
    return track, audio.measure(samples, "mfcc20"), _mp3(samples)


def _mp3(samples: np.ndarray) -> bytes:
    """Return the start of a track at 24 kbit/s; it fades out, because an abrupt end clicks."""
    import soundfile

    samples = samples[: CLIP_SECONDS * audio.SAMPLE_RATE]
    fade = np.minimum(1, np.arange(len(samples))[::-1] / (0.2 * audio.SAMPLE_RATE))
    mp3 = io.BytesIO()
    small = {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.9}
    soundfile.write(mp3, samples * fade, audio.SAMPLE_RATE, **small)
    return mp3.getvalue()


def _clip(folder: Path, track: str) -> Path:
    return folder / CLIPS / f"{track}.mp3"
