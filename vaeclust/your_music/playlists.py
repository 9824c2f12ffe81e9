"""Playlists, and where the sounds of a corpus are (chapters ``10_your_music``, ``11_explorer``)."""

import os
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from vaeclust.corpus.dataset import Dataset, silence
from vaeclust.files import project_root, replacement


def write_playlists(dataset: Dataset, clusters: pd.Series, folder: Path) -> list[Path]:
    """Write one .m3u8 playlist a cluster, with paths relative to it; nothing for a corpus without files.

    Returns the playlists. Names that a line cannot hold are written as file addresses.
    """
    if "path" not in dataset.tracks or dataset.tracks["path"].isna().all():
        return []
    written = []
    for cluster, tracks in dataset.tracks.assign(cluster=clusters).groupby("cluster"):
        lines = ["#EXTM3U"]
        for track, path in tracks["path"].dropna().items():
            target = (project_root() / path).absolute()
            place = target.as_uri() if "\n" in path else os.path.relpath(target, folder)
            lines += [f"#EXTINF:-1,{' '.join(dataset.display_name(track).split())}", place]
        with replacement(folder / f"cluster_{cluster:02d}.m3u8") as file:
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        written.append(folder / f"cluster_{cluster:02d}.m3u8")
    return written


def sound_addresses(dataset: Dataset) -> pd.Series:
    """Return the address of every track's file, relative to the built chapter; missing where there is nothing to play.

    That is a track without a file, or one that may not be played (``dataset.silence``).
    """
    none = pd.Series(None, dataset.tracks.index, dtype=object)
    if silence(dataset) or "path" not in dataset.tracks:
        return none
    page = project_root() / "_build" / "html" / "book" / "chapters"
    files = dataset.tracks["path"].dropna().map(lambda path: (project_root() / path).absolute())
    files = files[files.map(Path.is_file).astype(bool)]
    return files.map(lambda file: quote(os.path.relpath(file, page))).reindex(none.index)
