"""CORPORA: the one table of corpora that are known by name, made once and kept in a cache folder (chapter ``00_data``).

To add a corpus, add a row.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from platformdirs import user_cache_path

from vaeclust.cores import run
from vaeclust.corpus import audio, fma, gtzan, lyrics
from vaeclust.corpus.audio import MFCC20
from vaeclust.corpus.demo import tracks as demo
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.sampling import draw
from vaeclust.corpus.tables import GTZAN_IDS
from vaeclust.files import check_writable, digest, replacement, write_csv

LIBRARIES = ("numpy", "scipy", "librosa", "scikit-learn")  # on which the numbers of the demo corpus depend
CLIP_SECONDS = 5  # of every track of the demo corpus to hear: all 600 stay below 10 MB
CLIPS = f"clips_{CLIP_SECONDS}s"  # the folder that they are in


@dataclass(frozen=True)
class Corpus:
    """A corpus that is known by name.

    Attributes
    ----------
    name : str
        What ``load`` and ``--dataset`` take.
    about : str
        What the first chapter says of it, HTML.
    fetch : callable
        Returns its folder, and makes it if it is not there: of audio, or of the tables features.csv, and perhaps
        tracks.csv and lyrics_features.csv.
    ids : callable
        Returns its track ids, by which copies of it from elsewhere are recognised; none: they are not.
    excluded : mapping
        Track id → why it is left out.
    silence : str
        Why its sound may not be played, as the end of a sentence; empty: it may.
    clips : callable, optional
        Returns the folder of ``<track_id>.mp3`` that are put beside the pages to be played.
    measure : callable, optional
        Returns what is measured where a row of FEATURE_SETS is, of at most so many tracks (0: of all), as a table by
        track id: for a corpus whose folder has the 20 means alone.
    sound : bool
        Whether there is sound to measure.
    synthetic : bool
        Whether it is no music by anybody, which is said wherever it is shown.
    """

    name: str
    about: str
    fetch: Callable[[], Path]
    ids: Callable[[], Set[str]] = frozenset
    excluded: Mapping[str, str] = field(default_factory=dict)
    silence: str = ""
    clips: Callable[[], Path] | None = None
    measure: Callable[[str, int], pd.DataFrame] | None = None
    sound: bool = True
    synthetic: bool = False


def fetch(name: str) -> Path:
    """Return the folder of a named corpus; make it if it is not there."""
    return CORPORA[name].fetch()


def known_name(ids: Set[str]) -> str | None:
    """Return the name of the corpus that has these track ids, all but those that it leaves out; None for any other.

    >>> known_name(gtzan.mini_checksums().keys()), known_name({"blues.00000"})
    ('gtzan-mini', None)
    """
    for name, corpus in CORPORA.items():
        known = corpus.ids()
        if known and known - corpus.excluded.keys() <= ids <= known:
            return name
    return None


def _demo() -> Path:
    """Return the folder of the demo corpus, rendered and measured if it is not there.

    Its name says by which recipes, and by which versions of the libraries: another recipe is another corpus. The lyrics
    are there as texts, too (lyrics.csv).
    """
    recipes = ".".join(str(module.RECIPE) for module in (demo, audio, lyrics))
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    folder = user_cache_path("vaeclust") / f"demo-{recipes}-{digest(versions)[:12]}"
    if not (folder / "features.csv").is_file():
        _render(folder)
    return folder


def _render(folder: Path) -> None:
    """Render and measure every track, and cut its clip; features.csv comes last and marks the corpus as complete."""
    check_writable(folder, "the demo corpus")  # before a minute of rendering
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


def demo_features(features: str, most: int = 0) -> pd.DataFrame:
    """Return what is measured of the demo corpus where a row of FEATURE_SETS is, (600, d); made once and kept.

    most: of so many tracks, see :func:`~vaeclust.corpus.sampling.draw`; 0 means of all.
    """
    measurement = FEATURE_SETS[features].measurement
    part = f"-{most}" if most else ""
    path = fetch("demo") / f"{measurement.name}{part}-{digest(measurement.recipe())[:12]}.csv"
    if not path.is_file():
        measurement.prepare()
        tracks = demo.track_table()
        tracks = tracks.loc[draw(tracks.index, most)]
        tasks = ((track, about, features) for track, about in tracks.iterrows())
        title = f"rendering the demo corpus for {features}"
        rows = dict(run(_describe, tasks, total=len(tracks), title=title, unit="track"))
        table = pd.DataFrame.from_dict(rows, orient="index", columns=list(measurement.columns))
        write_csv(path, table.reindex(tracks.index))
    return pd.read_csv(path, index_col="track_id")


def _describe(track: str, about: pd.Series, features: str) -> tuple[str, np.ndarray]:
    """Return the id of a track, and what is measured of it: the task of a worker."""
    measurement = FEATURE_SETS[features].measurement
    samples = audio.resample(demo.render(about), audio.SAMPLE_RATE, measurement.sample_rate)
    return track, measurement.measure(samples)


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
    return track, audio.measure(samples, "mfcc20"), audio.clip(samples, CLIP_SECONDS)


def _clip(folder: Path, track: str) -> Path:
    return folder / CLIPS / f"{track}.mp3"


_GTZAN_SILENCE = "the clips of GTZAN are commercial recordings"

CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus(
            "demo",
            "This corpus is <strong>synthetic</strong>: every clip was composed and rendered by this package. Its ten "
            "styles are not genres of real music, and scores on it say nothing about GTZAN.",
            _demo,
            clips=clips,
            measure=demo_features,
            synthetic=True,
        ),
        Corpus(
            "gtzan-mini",
            "This is the mini set of GTZAN (Tzanetakis &amp; Cook 2002), the corpus of the published study: ten clips "
            "of 30 seconds of each of its ten genres, from commercial recordings.",
            partial(gtzan.download, "gtzan-mini", source=gtzan.MINI),
            ids=lambda: gtzan.mini_checksums().keys(),
            silence=_GTZAN_SILENCE,
        ),
        Corpus(
            "gtzan",
            "GTZAN (Tzanetakis &amp; Cook 2002) is the corpus of the published study: clips of 30 seconds from "
            "commercial recordings, ten genres of one hundred. Its faults are well known (Sturm 2013); those that this "
            "table shows are listed below.",
            partial(gtzan.download, "gtzan", source=gtzan.WHOLE),
            ids=lambda: GTZAN_IDS,
            excluded={"jazz.00054": "damaged in the usual download of GTZAN; the published study has 999 tracks too"},
            silence=_GTZAN_SILENCE,
        ),
        Corpus(
            "fma",
            "The Free Music Archive (Defferrard et al. 2017): what was measured of 106,574 tracks under free licences, "
            "and the genres and artists that they were published with. Half of the tracks have no genre of their own.",
            fma.download_features,
            sound=False,
        ),
    )
}
