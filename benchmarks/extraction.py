"""How fast audio becomes features: python benchmarks/extraction.py FOLDER_OF_CLIPS [REPETITIONS].

The clips are linked under as many names as a row needs; each name is decoded and measured. Times are medians of
paired repetitions in one process; memory is that of this process and its workers together, above what this process
alone held after the imports.
"""

import sys
import tempfile
import time
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
from measure import Memory, spread, write

from vaeclust.corpus.cache import Cache
from vaeclust.corpus.measured import extract
from vaeclust.corpus.reading import SUFFIXES

PAIRS = 5
SIZES = (100, 1_000, 10_000)


def linked(clips: list[Path], folder: Path, n: int) -> list[Path]:
    """Return n names for the clips."""
    folder.mkdir(parents=True)
    names = [folder / f"{i:05d}{clips[i % len(clips)].suffix}" for i in range(n)]
    for i, name in enumerate(names):
        name.symlink_to(clips[i % len(clips)])
    return names


def plain_loop(paths: list[Path]) -> None:
    """What one would write without this package."""
    for path in paths:
        samples, rate = librosa.load(path, sr=22_050, duration=30)
        librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=20).mean(axis=1)


def seconds(function, *arguments) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def main(clips: list[Path], pairs: int = PAIRS) -> None:
    """Measure and write the table."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        place, before = Path(place), Memory().resident()
        warm = linked(clips, place / "warm", 8)
        plain_loop(warm)
        extract(warm, cache=Cache(place / "warm.sqlite"))
        some = linked(clips, place / "some", 120)
        plain, ours, again = [], [], []
        for i in range(pairs):
            cache = Cache(place / f"{i}.sqlite")
            plain.append(seconds(plain_loop, some))
            ours.append(seconds(lambda: extract(some, cache=cache)))  # noqa: B023
            again.append(seconds(lambda: extract(some, cache=cache)))  # noqa: B023
        for name, times in (("plain librosa loop", plain), ("vaeclust", ours), ("vaeclust, second run", again)):
            found = spread(times)
            rows.append((name, len(some), found["median"], found["low"], found["high"], np.nan))
        for n in SIZES:
            names = linked(clips, place / f"n{n}", n)
            with Memory() as memory:
                took = seconds(lambda: extract(names, cache=Cache(place / f"n{n}.sqlite")))  # noqa: B023
            rows.append(("vaeclust, growth", n, took, np.nan, np.nan, memory.peak - before))
    table = pd.DataFrame(rows, columns=["what", "clips", "median", "low", "high", "megabytes"])
    table["unit"] = "s"
    table["milliseconds a clip"] = 1000 * table["median"] / table["clips"]
    write("extraction", table.to_dict("records"))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(
        sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in SUFFIXES),
        *map(int, sys.argv[2:]),
    )
