"""Corpora by name, made once and kept in the user's cache folder (chapter ``00_data``)."""

from functools import partial
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from platformdirs import user_cache_path

from vaeclust import audio, demo, lyrics
from vaeclust.paths import replacing

NAMES = ("demo",)
SYNTHETIC = ("demo",)  # called so wherever they are shown


def fetch(name: str) -> Path:
    """Return the folder of a named corpus; make it if it is not there.

    It holds features.csv, tracks.csv, lyrics.csv (texts) and lyrics_features.csv. The demo corpus is kept under a hash
    of its recipe, the code and libraries that render and measure it: a changed recipe is a new corpus.
    """
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
    jobs = [partial(demo.render, track) for _, track in tracks.iterrows()]
    features = audio.extract(jobs, total=len(jobs), title="rendering the demo corpus")
    columns = [f"mfcc{i}_mean" for i in range(1, audio.N_MFCC + 1)]
    for file, table in (
        ("tracks", tracks),
        ("lyrics", texts),
        ("lyrics_features", lyrics.text_features(texts)),
        ("features", pd.DataFrame(features, index=tracks.index, columns=columns)),
    ):
        with replacing(folder / f"{file}.csv") as path:
            table.to_csv(path, lineterminator="\n")
