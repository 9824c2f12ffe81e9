"""Folders that take their place whole, and who is making what (page ``reproduce``).

A draft is a folder beside the one that it will replace: ``.vae.draft`` beside ``vae``. A run that fails or is killed
leaves the old folder as it was.
"""

import os
import shutil
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from vaeclust.files import written

_OPEN: dict[Path, FileLock] = {}  # the folders of which this process makes a new version
SHARED = "shared"  # in a draft: the tables that go beside the folder


def beside(place: Path, kind: str) -> Path:
    """Return the hidden neighbour of a folder or page: its ``draft``, its ``old`` version, its ``lock``."""
    return place.with_name(f".{place.name}.{kind}")


def claim(place: Path, what: str, *, wait: bool = False) -> FileLock:
    """Return the lock on a folder or page, held until it is released or this process ends, however it ends.

    Where another process holds it, its id is named: in a line while it is waited for, or in a RuntimeError.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    lock, owner = FileLock(beside(place, "lock")), beside(place, "pid")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        process = owner.read_text() if owner.is_file() else "unknown"
        if not wait:
            raise RuntimeError(
                f"{what} is being made by process {process}. Let it end (in JupyterLab: run the notebook to its last "
                f"cell, or shut its kernel down), or choose another results_dir"
            ) from None
        print(f"{what} is being made by process {process}: waiting for it", file=sys.stderr, flush=True)
        lock.acquire()
    owner.write_text(str(os.getpid()))
    return lock


def open_draft(folder: Path) -> Path:
    """Return an empty draft of a folder, which only this process writes; an earlier one of its own is thrown away.

    Raises RuntimeError, with its process id, where another process makes a new version of the folder.
    """
    if folder not in _OPEN:
        _OPEN[folder] = claim(folder, f"the record {folder.parent.name}/{folder.name}")
    _settle(folder)
    draft = beside(folder, "draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    return draft


def draft_of(folder: Path) -> Path | None:
    """Return the draft of a folder, if this process makes one."""
    return beside(folder, "draft") if folder in _OPEN else None


def publish(folder: Path | None = None) -> None:
    """Put the draft of a folder in its place, or all drafts of this process: the last cell of a chapter."""
    for place in [folder] if folder else list(_OPEN):
        lock, draft, old = _OPEN.pop(place), beside(place, "draft"), beside(place, "old")
        for table in sorted((draft / SHARED).glob("*")):
            table.replace(place.with_name(table.name))
            written(place.with_name(table.name))
        shutil.rmtree(draft / SHARED, ignore_errors=True)
        if place.exists():
            place.rename(old)
        draft.rename(place)
        shutil.rmtree(old, ignore_errors=True)
        for path in sorted(place.rglob("*")):
            if path.is_file():
                written(path)
        beside(place, "pid").unlink(missing_ok=True)
        lock.release()


def recover(folder: Path) -> None:
    """Bring a folder back that a run was killed over while it was being replaced."""
    while not folder.exists() and beside(folder, "old").exists():
        lock = FileLock(beside(folder, "lock"))
        try:
            with lock.acquire(timeout=0):
                _settle(folder)
        except Timeout:
            time.sleep(0.01)  # it is being replaced at this moment


def _settle(folder: Path) -> None:
    """Make an end of a replacement that was interrupted: the old version comes back, or goes; with the lock held."""
    old = beside(folder, "old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
