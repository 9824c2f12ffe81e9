"""Corpora by name, made once and kept in the user's cache folder (chapter ``00_data``)."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from platformdirs import user_cache_path

from vaeclust import audio, demo, downloads, lyrics
from vaeclust.parallel import run
from vaeclust.paths import replacing

NAMES = ("demo", "gtzan-mini", "gtzan")
MFCC20 = [f"mfcc{i}_mean" for i in range(1, audio.N_MFCC + 1)]
SYNTHETIC = ("demo",)  # called so wherever they are shown


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
