"""The measured features of the Free Music Archive by name (chapter ``19_how_far``).

Defferrard et al. (2017) publish, beside the sound, what librosa measured of 106,574 tracks, their genres and artists.
"""

import zipfile
from pathlib import Path

import pandas as pd

from vaeclust.corpus.archives import Source, corpus_folder
from vaeclust.corpus.audio import MFCC20
from vaeclust.files import write_csv

METADATA = Source(
    "https://os.unil.cloud.switch.ch/fma/fma_metadata.zip",
    "sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733",  # as its README gives it
    106_574,
    "342 MiB",
)
TERMS = (
    "The metadata of the Free Music Archive are under CC BY 4.0 (Defferrard, Benzi, Vandergheynst & Bresson 2017). The "
    "tracks themselves are not downloaded; each has a licence of its own."
)
# What is kept of tracks.csv, whose columns have two heads: column → those.
_TRACKS = {
    "genre": ("track", "genre_top"),
    "artist": ("artist", "name"),
    "title": ("track", "title"),
    "subset": ("set", "subset"),
}


def download_features(name: str = "fma", *, source: Source = METADATA, folder: Path | None = None) -> Path:
    """Return the folder with features.csv and tracks.csv of the archive; get them if they are not there.

    features.csv: the means of 20 MFCCs, in the names and the order of every other corpus.

    Raises
    ------
    ConnectionError
        When the archive cannot be downloaded; says where to put a copy.
    ValueError
        For an archive that is damaged, or does not hold the tables or as many tracks.
    """

    def fill(archive: Path, workshop: Path) -> None:
        features, tracks = _tables(archive)
        if len(features) != source.tracks:
            raise ValueError(f"{len(features):,} tracks with features; expected {source.tracks:,}")
        write_csv(workshop / "tracks.csv", tracks.reindex(features.index))
        write_csv(workshop / "features.csv", features)

    return corpus_folder(
        name, source, fill, terms=TERMS, advice="If you have a copy, put it there: {place}", folder=folder
    )


def _tables(archive: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features (n, 20) and tracks, both by track id, from the tables in the archive; nothing is unpacked."""
    with zipfile.ZipFile(archive) as content:
        names = {Path(name).name: name for name in content.namelist()}
        with content.open(names["features.csv"]) as file:  # three rows of heads: feature, statistic, number
            heads = pd.read_csv(file, index_col=0, header=[0, 1, 2], nrows=0).columns
        taken = [heads.get_loc(("mfcc", "mean", f"{number:02d}")) + 1 for number in range(1, len(MFCC20) + 1)]
        with content.open(names["features.csv"]) as file:
            features = pd.read_csv(file, index_col=0, header=None, skiprows=4, usecols=[0, *taken])
        with content.open(names["tracks.csv"]) as file:
            tracks = pd.read_csv(file, index_col=0, header=[0, 1], low_memory=False)
    features = features[taken].set_axis(MFCC20, axis="columns").rename_axis("track_id")
    kept = {column: tracks[heads] for column, heads in _TRACKS.items()}
    return features, pd.DataFrame(kept).rename_axis("track_id")
