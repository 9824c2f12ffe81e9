"""Cores and threads; many small tasks at once, on this machine or on a Dask cluster (page ``reproduce``)."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import Any

# The address of a Dask scheduler, tcp://…; the command line's --scheduler sets it for every chapter's process.
SCHEDULER = "VAECLUST_SCHEDULER"


def scheduler_address() -> str:
    """Return the address of the Dask scheduler to use, or an empty text for this machine alone."""
    return os.environ.get(SCHEDULER, "")


def core_count() -> int:
    """Return how many cores this process may use: those of the machine, less what affinity and cgroups withhold.

    ``LOKY_MAX_CPU_COUNT`` lowers it, as the runner of the chapters does for kernels that run side by side.
    """
    from joblib import cpu_count

    return cpu_count(only_physical_cores=False)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run with one thread: another number rounds differently, which 1,600 steps grow to 0.1 in an embedding."""
    from threadpoolctl import threadpool_limits

    with torch_thread(), threadpool_limits(1):
        yield


@contextmanager
def torch_thread() -> Iterator[None]:
    """Run PyTorch with one thread, without looking for other libraries that have some: it costs nothing."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def run(
    function: Callable,
    tasks: Iterable[tuple],
    *,
    total: int,
    title: str,
    unit: str = "file",
    lost: Callable | None = None,
) -> Iterator[Any]:
    """Yield ``function(*task)`` of every task as they are done, in any order, with rate and time left.

    Tasks are taken as they are needed, so memory does not grow with their number. ``function`` and tasks must be
    picklable. Where a worker is killed, as for lack of memory, every task that it may have been at is done again with
    no other beside it; one over which a worker is killed once more gives ``lost(*task)``.

    Raises
    ------
    ConnectionError
        For a scheduler that does not answer.
    RuntimeError
        For a killed worker where nothing is said of ``lost``.
    """
    from tqdm import tqdm

    if not total:
        return
    # Every clip needs megabytes anew. By default glibc gives them back to the system each time, and workers spend a
    # third of their time on page faults; it reads these when a worker starts.
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        os.environ.setdefault(name, "1000000000")
    # A log file wants a line now and then, a terminal a bar that moves.
    pause = 0.2 if sys.stderr.isatty() else 10
    with joblib_backend():
        results = _results(function, iter(tasks), lost)
        yield from tqdm(results, title, total=total, unit=unit, mininterval=pause)


def _results(function: Callable, tasks: Iterator[tuple], lost: Callable | None) -> Iterator[Any]:
    """Yield the result of every task, or what stands for it."""
    from joblib import Parallel, delayed

    begun: dict[int, tuple] = {}  # the tasks that workers have, by number

    def numbered() -> Iterator[tuple[int, tuple]]:
        for number, task in enumerate(tasks):
            begun[number] = task
            yield number, task

    parent = 0 if scheduler_address() else os.getpid()
    while True:
        parallel = Parallel(n_jobs=-1, return_as="generator_unordered", pre_dispatch="4*n_jobs")
        try:
            for number, result in parallel(
                delayed(_done)(function, number, task, parent) for number, task in numbered()
            ):
                del begun[number]
                yield result
            return
        except _killed() as error:
            if lost is None:
                raise RuntimeError(f"a worker was killed, perhaps for lack of memory ({error})") from None
        for task in begun.values():
            try:
                yield from Parallel(n_jobs=2, return_as="generator")([delayed(function)(*task)])
            except _killed():
                yield lost(*task)
        begun.clear()


def _killed() -> tuple[type[Exception], ...]:
    """Return the errors that say that a worker was killed."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    if not scheduler_address():
        return (TerminatedWorkerError,)
    from distributed import KilledWorker

    return (TerminatedWorkerError, KilledWorker)


def _done(function: Callable, number: int, task: tuple, parent: int) -> tuple[int, Any]:
    """Return the number of a task with its result: the work of a worker, which ends with its parent (0: with none)."""
    if parent and parent != os.getpid():
        end_with(parent)
    return number, function(*task)


@cache
def end_with(parent: int, *, server: int = 0) -> None:
    """End this process within a second of the end of the one that started it, which may have been killed.

    parent: the process id of that one. server: of the one that forked this one for it, if any.
    """
    known = parent_process()
    told = [known.sentinel] if known and known.pid == parent and known.sentinel is not None else []

    def watch() -> None:
        while os.getppid() == (server or parent):  # on Windows it stays so, but there the other one is told
            time.sleep(0.5)
            if wait(told, 0):
                break
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def joblib_backend() -> Iterator[None]:
    """Let joblib work on the Dask cluster, if there is one to work on."""
    if not scheduler_address():
        yield
        return
    from joblib import parallel_config

    with dask_client(), parallel_config("dask", wait_for_workers_timeout=30):
        yield


def dask_client() -> Any:
    """Return a client of the Dask scheduler; ImportError and ConnectionError say what to do."""
    try:
        from distributed import Client
    except ImportError:
        raise ImportError("a scheduler needs Dask: pip install -e '.[cluster]' in the project's folder") from None
    try:
        return Client(scheduler_address(), timeout=10)
    except OSError as error:
        raise ConnectionError(f"no Dask scheduler answers at {scheduler_address()} ({error})") from None
