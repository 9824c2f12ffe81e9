"""A record is whole or absent: what a run that fails, or is killed, or has a rival, leaves behind."""

import os
import random
import shutil
import signal
import time
import traceback
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

from vaeclust.studies import drafts
from vaeclust.studies.protocol import study
from vaeclust.studies.records import TABLES, Record

KILLS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


@pytest.fixture(scope="module")
def found(corpus):
    return study("pca", corpus, seeds=2, latent_dim=3, projections=("pca",))


def version(found, number):
    """Return a study whose every table says which version it is."""
    tables = {name: table.assign(seed=number) for name, table in found.tables.items() if "seed" in table}
    return replace(found, tables={**found.tables, **tables}, parameters={**found.parameters, "seeds": number})


def versions_of(record):
    """Return the versions of all parts of a record, a figure among them; reading checks every file of run.json."""
    said = {
        name: record.read(name)["seed"].unique().tolist() for name in TABLES if name not in ("intervals", "history")
    }
    said["run"] = [record.run()["parameters"]["seeds"]]
    said["figure"] = [int(path.read_text()) for path in record.folder.glob("figures/*")]
    record.embeddings()
    return {version for versions in said.values() for version in versions}


def write(folder, found, number):
    record = Record("small", "pca", folder).draft()
    (record.workplace / "figures").mkdir()
    (record.workplace / "figures" / "network.svg").write_text(str(number))
    record.keep(version(found, number))
    record.save_table("comparison", pd.DataFrame({"version": [number]}))
    drafts.publish()


def in_child(work):
    """Run a function in a fork of this process, and return its id."""
    child = os.fork()
    if child:
        return child
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    try:
        work()
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def test_a_run_killed_at_any_moment_leaves_one_whole_record(found, tmp_path):
    write(tmp_path, found, 0)
    record, chance, seen = Record("small", "pca", tmp_path), random.Random(0), Counter()
    for attempt in range(1, 101):

        def work(attempt=attempt):
            for number in range(1000):
                write(tmp_path, found, 1000 * attempt + number)

        child = in_child(work)
        time.sleep(chance.uniform(0.01, 0.5))
        left = (tmp_path / "small" / "pca").exists(), (tmp_path / "small" / ".pca.draft").exists()
        os.kill(child, KILLS[attempt % 3])
        os.waitpid(child, 0)
        versions = versions_of(record)
        assert len(versions) == 1, f"a mixture of {versions}"
        seen["its own" if min(versions) >= 1000 * attempt else "the last one", left] += 1
    assert sum(seen.values()) == 100
    assert len({whose for whose, _ in seen}) == 2  # both have happened, so that the test looks at what it means to
    assert any(draft for _, (_, draft) in seen)  # and runs were killed while they wrote


def test_a_run_that_fails_leaves_the_last_record(found, tmp_path):
    write(tmp_path, found, 1)
    record = Record("small", "pca", tmp_path).draft()
    record.keep(version(found, 2))
    assert record.run()["parameters"]["seeds"] == 2  # its own process sees what it has written
    child = in_child(lambda: None)  # another one does not
    os.waitpid(child, 0)
    assert (record.folder / "run.json").read_text().count('"seeds": 1')
    record.draft()  # the cell is run again in the same notebook
    assert not (record.workplace / "run.json").exists()
    drafts._OPEN.pop(record.folder).release()
    assert versions_of(record) == {1}


def test_what_a_kill_left_between_two_names_is_put_back(found, tmp_path):
    write(tmp_path, found, 1)
    record = Record("small", "pca", tmp_path)
    record.folder.rename(drafts.beside(record.folder, "old"))
    assert versions_of(record) == {1}
    record.folder.rename(drafts.beside(record.folder, "old"))
    write(tmp_path, found, 2)
    assert versions_of(record) == {2}
    assert not drafts.beside(record.folder, "old").exists()


def test_figures_and_tables_of_an_earlier_run_do_not_stay(found, tmp_path):
    write(tmp_path, found, 1)
    record = Record("small", "pca", tmp_path)
    (record.folder / "figures" / "of_an_earlier_version.svg").write_text("1")
    write(tmp_path, found, 2)
    assert [path.name for path in (record.folder / "figures").iterdir()] == ["network.svg"]
    assert (tmp_path / "small" / "comparison.csv").read_text().splitlines()[1].endswith("2")


def test_a_record_that_another_process_makes_is_refused_with_its_id(found, tmp_path):
    child = in_child(lambda: (Record("small", "pca", tmp_path).draft(), time.sleep(60)))
    try:
        deadline = time.monotonic() + 20
        while not drafts.beside(tmp_path / "small" / "pca", "pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.1)
        with pytest.raises(RuntimeError, match=f"record small/pca is being made by process {child}. Let it end"):
            Record("small", "pca", tmp_path).draft()
        Record("small", "vae", tmp_path).draft()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    Record("small", "pca", tmp_path).draft()  # the dead hold nothing


def test_a_file_that_was_changed_afterwards_is_not_read(found, tmp_path):
    write(tmp_path, found, 1)
    record = Record("small", "pca", tmp_path)
    path = record.folder / "scores.csv"
    path.write_text(path.read_text().replace("silhouette,", "silhouette,1"))
    with pytest.raises(ValueError, match=r"scores.csv is not the file that its run wrote.*vaeclust run 01_pca"):
        record.read("scores")
    write(tmp_path / "other", version(found, 2), 2)
    shutil.copy(tmp_path / "other" / "small" / "pca" / "embeddings.npz", record.folder)
    (record.folder / "embeddings.npz").write_bytes((record.folder / "embeddings.npz").read_bytes() + b"0")
    with pytest.raises(ValueError, match=r"embeddings.npz is not the file"):
        record.embeddings()
