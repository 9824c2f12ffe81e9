"""Extraction and training on a real Dask cluster on loopback, one of whose workers is killed."""

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import command
from distributed import get_task_stream
from sounds import song

from vaeclust import cores
from vaeclust.corpus.cache import Cache
from vaeclust.corpus.measured import extract
from vaeclust.methods.training import fit


@contextlib.contextmanager
def process(*arguments, **options):
    program = Path(sys.executable).with_name("dask")
    running = subprocess.Popen([program, *map(str, arguments)], text=True, stderr=subprocess.STDOUT, **options)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A scheduler and two workers; yields the workers."""
    log = tmp_path / "scheduler.log"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with log.open("w") as output, process("scheduler", *options, stdout=output):
        deadline = time.monotonic() + 60
        while not (found := re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        monkeypatch.setenv(cores.SCHEDULER, found.group())
        worker = ["worker", found.group(), "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--no-nanny"]
        quiet = {"stdout": subprocess.DEVNULL, "cwd": tmp_path}
        with process(*worker, **quiet) as one, process(*worker, **quiet) as two, cores.dask_client() as client:
            client.wait_for_workers(2, timeout=60)
            yield one, two


def test_a_killed_worker_costs_nothing_and_the_numbers_are_the_same(cluster, tmp_path, corpus, monkeypatch):
    files = [song(tmp_path / "music" / f"{i:02d}.wav", i, seconds=5.0) for i in range(20)]
    victim, done = cluster[0], []
    results = cores.run

    def killing(*arguments, **options):
        for result in results(*arguments, **options):
            done.append(result)
            if len(done) == 6:
                victim.kill()
            yield result

    monkeypatch.setattr("vaeclust.corpus.measured.run", killing)
    remote = extract(files, features="full", cache=Cache(tmp_path / "remote.sqlite"))
    assert victim.wait(10) is not None
    assert len(done) == 20
    trained = fit("vae", corpus, range(5), epochs=3)

    monkeypatch.delenv(cores.SCHEDULER)
    monkeypatch.setattr("vaeclust.corpus.measured.run", results)
    local = extract(files, features="full", cache=Cache(tmp_path / "local.sqlite"))
    assert list(remote) == files
    assert remote == local
    here = fit("vae", corpus, range(5), epochs=3)
    np.testing.assert_array_equal(trained.embeddings, here.embeddings)
    assert trained.history.equals(here.history)
    assert trained.dimensions.equals(here.dimensions)
    assert trained.seeds == here.seeds


def test_a_cluster_listens_as_one_machine_does(listening_cache, cluster, tmp_path, monkeypatch):
    files = [song(tmp_path / "music" / f"{i}.wav", i, seconds=4.0) for i in range(4)]
    remote = extract(files, features="musicnn", cache=Cache(tmp_path / "remote.sqlite"))
    monkeypatch.delenv(cores.SCHEDULER)
    assert remote == extract(files, features="musicnn", cache=Cache(tmp_path / "local.sqlite"))
    assert all(len(found.values) == 250 for found in remote.values())


def test_the_command_line_works_on_the_cluster(cluster, project, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "cache"))
    address = cores.scheduler_address()
    for i in range(4):
        song(project / "music" / f"{i}.wav", i, seconds=2.0)
    with cores.dask_client() as client, get_task_stream(client) as stream:
        monkeypatch.delenv(cores.SCHEDULER)
        done = command("vaeclust", "data", "music", "--scheduler", address, cwd=project)
    assert done.returncode == 0, done.stderr
    assert stream.data, "no task reached the cluster"
    assert len(pd.read_csv(project / "results" / "music" / "features.csv")) == 4


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv(cores.SCHEDULER, "tcp://127.0.0.1:9")
    with pytest.raises(ConnectionError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        cores.dask_client()
