"""Scale: 1,000 to 100,000 tracks, simulated from a mixture fitted to GTZAN; processor time and peak memory."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from measure import FOLDER, Memory, corpus, processor_seconds, spread, wall_seconds, write
from sklearn.mixture import GaussianMixture

SIZES = (1_000, 10_000, 100_000)
ENOUGH = 20


def simulated(n: int, path: Path) -> Path:
    """Write a feature table of n tracks drawn from ten Gaussians fitted to the corpus; each one is a genre."""
    features = corpus().features
    mixture = GaussianMixture(10, reg_covar=1e-3, random_state=0).fit(features.to_numpy())
    values, component = mixture.sample(n)
    order = np.random.default_rng(0).permutation(n)
    table = pd.DataFrame(values[order], columns=features.columns)
    table.insert(0, "track_id", [f"track {i:06d}" for i in range(n)])
    table["genre"] = [f"genre {c}" for c in component[order]]
    table.to_csv(path, index=False, float_format="%.6g")
    return path


def scale(repetitions: int) -> None:
    """Write scale.csv; every stage runs in a process of its own, so that its peak memory is its own.

    Training is measured at every size in turn, once in each repetition, so that sizes can be compared; all else is
    repeated within its process, but not when that has taken ENOUGH seconds.
    """
    seconds, peaks = defaultdict(list), defaultdict(list)
    with tempfile.TemporaryDirectory() as place:
        tables = {n: simulated(n, Path(place) / f"simulated-{n}.csv") for n in SIZES}
        for repetition in range(repetitions):
            for (n, table), stage in product(tables.items(), STAGES[: None if repetition == 0 else 1]):
                command = [sys.executable, FOLDER / "scale.py", stage, table, str(repetitions)]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                measured = json.loads(done.stdout.splitlines()[-1])
                seconds[n, stage] += measured["seconds"]
                peaks[n, stage].append(measured["megabytes"])
                print(n, stage, measured, flush=True)
    rows = []
    for (n, stage), values in seconds.items():
        times = {"seconds" if name == "median" else name: value for name, value in spread(values).items()}
        each = {"microseconds a track": 1e6 * times["seconds"] / n}
        rows.append({"tracks": n, "what": stage, **times, "megabytes": max(peaks[n, stage]), **each})
    write("scale", rows)


def chapter(repetitions: int, sizes: tuple[int, ...] = SIZES) -> None:
    """Write chapter.csv: wall seconds and peak memory of the whole chapter 03_vae with ten seeds, once each size."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for n in sizes:
            table = simulated(n, Path(place) / f"simulated-{n}.csv")
            project = Path(place) / str(n)
            for name in ("notebooks", "book"):
                (project / name).mkdir(parents=True)
            for name in ("_config.yml", "notebooks/03_vae.md"):
                shutil.copy(FOLDER.parent / name, project / name)
            command = [Path(sys.executable).with_name("vaeclust"), "run", "03_vae", "--dataset", table]
            with subprocess.Popen(command, cwd=project) as running, Memory(running.pid) as memory:
                took = wall_seconds(running.wait)
            if running.returncode:
                raise RuntimeError(f"the chapter failed on {n:,} tracks")
            rows.append({"tracks": n, "seconds": took, "megabytes": memory.peak})
    write("chapter", rows)


STAGES = ("training, an epoch of a seed", "K-Means", "Agglomerative", "DBSCAN", "Silhouette", "Calinski-Harabasz",
          "Davies-Bouldin", "ARI", "NMI", "Purity", "t-SNE map", "UMAP map")  # fmt: skip


def _stage(stage: str, table: str, repetitions: str) -> None:
    """Print the processor seconds of every repetition of a stage, and its peak megabytes, as JSON."""
    from vaeclust.clusters.clusterers import CLUSTERERS
    from vaeclust.cores import one_thread
    from vaeclust.corpus.sources import load
    from vaeclust.methods.projections import maps
    from vaeclust.methods.training import fit
    from vaeclust.scores.metrics import LABEL_FREE, METRICS, evaluate

    data = load(table)
    x = data.audio
    seeds = 10 if stage.startswith("training") else 1
    clusterers = {c.title: c for c in CLUSTERERS.values()}
    metrics = {m.title: m for m in METRICS.values()}
    labels = clusterers["K-Means"].labels(x, 10, 0)

    def run():
        if stage.startswith("training"):
            fit("vae", data, range(seeds), epochs=epochs, device="cpu")
        elif stage in clusterers:
            clusterers[stage].labels(x, 10, 0)
        elif stage in metrics:
            metric = metrics[stage]
            evaluate(metric, x if metric.kind == LABEL_FREE else data.classes, labels)
        else:
            maps(x, data.ids, projections=("umap" if "UMAP" in stage else "tsne",))

    epochs = 2 + max(SIZES) // len(data)
    if stage.startswith("training"):  # what is compiled and recorded once is not part of an epoch
        os.environ["LOKY_MAX_CPU_COUNT"] = "1"
        fit("vae", data, range(seeds), epochs=1, device="cpu")
        once = processor_seconds(lambda: fit("vae", data, range(seeds), epochs=1, device="cpu"))
    took = []
    with one_thread(), Memory() as memory:
        while not took or (sum(took) < ENOUGH and len(took) < int(repetitions) and not stage.startswith("training")):
            took.append(processor_seconds(run))
    if stage.startswith("training"):
        took = [(took[0] - once) / (epochs - 1) / seeds]
    print(json.dumps({"seconds": took, "megabytes": memory.peak}))


if __name__ == "__main__":
    _stage(*sys.argv[1:])
