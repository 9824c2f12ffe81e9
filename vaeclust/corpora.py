"""Corpora by name, made once and kept in the user's cache folder (chapter ``00_data``)."""

import io
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from platformdirs import user_cache_path

from vaeclust import audio, demo, downloads, lyrics
from vaeclust.parallel import run
from vaeclust.paths import replacing

MFCC20 = [f"mfcc{i}_mean" for i in range(1, audio.N_MFCC + 1)]
SYNTHETIC = ("demo",)  # called so wherever they are shown
CLIP_SECONDS = 5  # of every track of the demo corpus to hear: all 600 stay below 10 MB


def fetch(name: str) -> Path:
    """Return the folder of a named corpus; make it if it is not there.

    That of ``demo`` holds features.csv, tracks.csv, lyrics.csv (texts) and lyrics_features.csv; it is kept under a hash
    of its recipe, the code and libraries that render and measure it: a changed recipe is a new corpus. The others are
    folders of audio, downloaded once.
    """
    if name != "demo":
        return downloads.fetch(name)
    sources = {Path(module.__file__).name: Path(module.__file__).read_text("utf-8") for module in (audio, lyrics)}
    versions = {library: version(library) for library in ("numpy", "scipy", "librosa", "scikit-learn")}
    folder = user_cache_path("vaeclust") / f"{name}-{demo.recipe_hash(**sources, **versions)}"
    if not (folder / "features.csv").is_file():
        _render(folder)
    return folder


def _render(folder: Path) -> None:
    """Render and measure every clip; features.csv is written last and marks the corpus as complete."""
    tracks = demo.corpus()
    texts = pd.Series(demo.lyrics(tracks), name="text").rename_axis("track_id")
    tasks = tracks.iterrows()
    measured = dict(run(_clip, tasks, total=len(tracks), title="rendering the demo corpus", unit="clip"))
    features = pd.DataFrame([measured[track] for track in tracks.index], index=tracks.index, columns=MFCC20)
    for file, table in (
        ("tracks", tracks),
        ("lyrics", texts),
        ("lyrics_features", lyrics.text_features(texts)),
        ("features", features),
    ):
        with replacing(folder / f"{file}.csv") as path:
            table.to_csv(path, lineterminator="\n")


def _clip(track: str, about: pd.Series) -> tuple[str, np.ndarray]:
    return track, audio.measure(demo.render(about), "mfcc20")


def clips() -> Path:
    """Return the folder of ``<track_id>.mp3``, the first seconds of every track of the demo corpus; made once.

    An interrupted call leaves whole files, and the next one makes those that are missing.
    """
    folder = fetch("demo") / f"clips_{CLIP_SECONDS}s"
    missing = [(track, about) for track, about in demo.corpus().iterrows() if not (folder / f"{track}.mp3").is_file()]
    for track, mp3 in run(_mp3, missing, total=len(missing), title="writing clips to hear", unit="clip"):
        with replacing(folder / f"{track}.mp3") as path:
            path.write_bytes(mp3)
    return folder


def _mp3(track: str, about: pd.Series) -> tuple[str, bytes]:
    """Return the start of a track at 24 kbit/s; it fades out, because an abrupt end clicks."""
    import soundfile

    samples = demo.render(about)[: CLIP_SECONDS * audio.SAMPLE_RATE]
    fade = np.minimum(1, np.arange(len(samples))[::-1] / (0.2 * audio.SAMPLE_RATE))
    mp3 = io.BytesIO()
    small = {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.9}
    soundfile.write(mp3, samples * fade, audio.SAMPLE_RATE, **small)
    return track, mp3.getvalue()
