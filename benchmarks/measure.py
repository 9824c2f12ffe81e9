"""What the benchmarks share: clocks, medians, tables with the machine that made them."""

import os
import platform
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
import psutil

FOLDER = Path(__file__).resolve().parent
MACHINE = FOLDER / "machine.csv"
LIBRARIES = ("numpy", "scikit-learn", "torch", "umap-learn", "librosa", "pythae")


def gtzan() -> Path | None:
    """Return the folder of the real feature table, named by VAECLUST_DATA, if it is there."""
    folder = Path(os.environ.get("VAECLUST_DATA", "")) / "gtzan"
    return folder if "VAECLUST_DATA" in os.environ and folder.is_dir() else None


def corpus():
    """Return GTZAN where its table is, else the demo corpus."""
    from vaeclust.corpus.sources import load

    return load(gtzan() / "features_30_sec.csv" if gtzan() else "demo")


def processor_seconds(function: Callable, *arguments) -> float:
    """Return the processor time of a call: on a machine with other work it means more than a clock on the wall."""
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def wall_seconds(function: Callable, *arguments) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def paired(
    contenders: Mapping[str, Callable[[int], object]], repetitions: int, *, clock: Callable = processor_seconds
) -> dict[str, list[float]]:
    """Time every contender once in each repetition, side by side; a contender is called with the repetition."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for repetition in range(repetitions):
        for name, contender in contenders.items():
            times[name].append(clock(contender, repetition))
    return times


def spread(values: list[float]) -> dict[str, float]:
    """Return median and quartiles of repeated measurements (lowest and highest of fewer than four)."""
    if len(values) < 4:
        low, high = min(values), max(values)
    else:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": statistics.median(values), "low": low, "high": high, "repetitions": len(values)}


def write(name: str, rows: list[dict]) -> pd.DataFrame:
    """Write benchmarks/<name>.csv, and the machine and versions that made it into machine.csv."""
    table = pd.DataFrame(rows)
    table.round(5).to_csv(FOLDER / f"{name}.csv", index=False, lineterminator="\n")
    about = {"benchmark": name, **machine()}
    known = pd.read_csv(MACHINE, dtype=str) if MACHINE.is_file() else pd.DataFrame(columns=list(about))
    known = pd.concat([known[known["benchmark"] != name], pd.DataFrame([about]).astype(str)], ignore_index=True)
    known.sort_values("benchmark").to_csv(MACHINE, index=False, lineterminator="\n")
    print(table.round(3).to_string(index=False), flush=True)
    return table


def machine() -> dict[str, str]:
    """Return processor, cores, how busy they were with other work, and the versions that matter."""
    from vaeclust import cores

    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")] \
        if Path("/proc/cpuinfo").is_file() else []  # fmt: skip
    versions = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "–"
    return {
        "processor": names[0].split(":")[1].strip() if names else platform.processor() or platform.machine(),
        "cores": str(cores.core_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
        **versions,
    }


class Memory(threading.Thread):
    """Watches the memory of this process and its children: ``with Memory() as memory: ...; memory.peak`` in MB."""

    def __init__(self, pid: int | None = None):
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.peak, self.watching = 0.0, True

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *error) -> None:
        self.watching = False
        self.join()

    def run(self) -> None:
        """Look twice a second."""
        while self.watching:
            self.peak = max(self.peak, self.resident())
            time.sleep(0.5)

    def resident(self) -> float:
        """Return megabytes that belong to the processes alone."""
        total = 0
        try:
            for process in (self.process, *self.process.children(recursive=True)):
                total += process.memory_full_info().uss
        except psutil.Error:
            pass
        return total / 1e6
