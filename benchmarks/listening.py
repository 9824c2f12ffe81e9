"""How fast a network listens: python benchmarks/listening.py FOLDER_OF_CLIPS [REPETITIONS].

What a clip takes, decoding and spectra included, beside the network's convolutions alone on the same patches in one
batch, both by one thread, in turn; then a folder by one core, by two, and again from the cache. Seconds; medians of
paired repetitions.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import torch
from joblib.externals.loky import get_reusable_executor
from measure import spread, write
from torch import nn

from vaeclust.cores import one_thread
from vaeclust.corpus import audio, listening
from vaeclust.corpus.cache import Cache
from vaeclust.corpus.measured import extract, measure_file
from vaeclust.corpus.reading import SUFFIXES

PAIRS = 5


def convolutions(patches: np.ndarray) -> Callable[[], None]:
    """Return what does the convolutions of the network on patches and nothing else."""
    network = listening.trained("msd").to(memory_format=torch.channels_last)  # as fast as PyTorch has them
    inputs: list[tuple[nn.Module, torch.Tensor]] = []
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv1d)]
    for filters in network.front:
        frames = filters.shape[0]
        spectra = torch.from_numpy(patches)[:, None]
        inputs.append((filters.convolution, nn.functional.pad(spectra, (0, 0, (frames - 1) // 2, frames // 2))))
    inputs += [(layer, torch.randn(len(patches), layer.in_channels, patches.shape[1])) for layer in layers]

    def convolve() -> None:
        with one_thread(), torch.inference_mode():
            for layer, x in inputs:
                layer(x)

    return convolve


def seconds(function: Callable, *arguments: object) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def main(clips: list[Path], pairs: int = PAIRS) -> None:
    """Measure and write the table."""
    clip = clips[0]
    convolve = convolutions(listening.patches(audio.decode(clip, sample_rate=listening.SAMPLE_RATE)))
    measure_file(clip, "musicnn", audio.SECONDS)
    convolve()
    alone, whole = [], []
    for _ in range(4 * pairs):
        alone.append(seconds(convolve))
        whole.append(seconds(measure_file, clip, "musicnn", audio.SECONDS))
    times = {("the convolutions of a clip alone", 1): alone, ("a clip", 1): whole}
    by_cores = {1: "1 core", 2: "2 cores"}
    with tempfile.TemporaryDirectory() as place:
        for pair, (cores, words) in product(range(pairs), by_cores.items()):
            get_reusable_executor().shutdown()
            os.environ["LOKY_MAX_CPU_COUNT"] = str(cores)
            extract(clips, features="musicnn", cache=Cache(Path(place) / f"warm {cores} {pair}.sqlite"))
            cache = Cache(Path(place) / f"{cores} {pair}.sqlite")
            for what in (f"a folder by {words}", f"a folder by {words}, second run"):
                taken = seconds(lambda: extract(clips, features="musicnn", cache=cache))  # noqa: B023
                times.setdefault((what, len(clips)), []).append(taken)
    one, two = (times[f"a folder by {words}", len(clips)] for words in by_cores.values())
    rows = [{"what": what, "clips": n, "unit": "s", **spread(taken)} for (what, n), taken in times.items()]
    for row in rows:
        row["milliseconds a clip"] = 1000 * row["median"] / row["clips"]
    ratios = {"a clip / its convolutions": np.divide(whole, alone), "1 core / 2 cores": np.divide(one, two)}
    rows += [{"what": what, "unit": "ratio", **spread(ratio)} for what, ratio in ratios.items()]
    write("listening", rows)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(
        sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in SUFFIXES),
        *map(int, sys.argv[2:]),
    )
