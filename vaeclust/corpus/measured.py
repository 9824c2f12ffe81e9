"""Audio files to a table of features: cached by content, resumable (chapter ``10_your_music``).

What was measured is kept under the digest of the file's content and the recipe: which measurement, which part of the
file, which libraries, and its number (such as ``audio.RECIPE``). Beside it stand the facts of the content, whatever is
measured. A file that is unchanged by size and time is not read again; one that was moved is read, and known by its
content. Every result is committed as it comes, so that a killed run goes on where it stopped.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vaeclust.cores import run
from vaeclust.corpus import audio
from vaeclust.corpus.cache import Cache, Measured
from vaeclust.corpus.facts import read_facts
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.reading import reads_otherwise
from vaeclust.corpus.tags import read_tags

Stamp = tuple[int, int]  # size in bytes and time in nanoseconds: a file that keeps both is the same


def extract(
    paths: Iterable[Path],
    *,
    features: str = "mfcc20",
    seconds: float = audio.SECONDS,
    offset: float = 0.0,
    cache: Cache | None = None,
) -> Mapping[Path, Measured]:
    """Measure audio files on all cores, or on the Dask cluster; files measured before are looked up.

    features: a row of FEATURE_SETS, whose whole measurement is made. seconds, offset: which part of each file, see
    :func:`~vaeclust.corpus.audio.heard`.

    Returns
    -------
    mapping
        Path → Measured, in the order given. Nothing is left out: what cannot be used has its reason.

    Raises
    ------
    FileNotFoundError
        Where the features need weights that are not here and a file was not measured before.
    """
    paths, cache = list(paths), cache or Cache()
    found: dict[Path, Measured] = {}
    try:
        _extract(paths, found, features, seconds, offset, cache)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        cache.put_aside()
        _extract(paths, found, features, seconds, offset, cache)
    return {path: found[path] for path in paths}


@dataclass
class _Table:
    """What is found of files, and kept as long as that can be."""

    database: sqlite3.Connection
    recipe: str
    found: dict[Path, Measured]
    keeps: bool = True

    def put(self, path: Path, stamp: Stamp, measured: Measured) -> None:
        if self.keeps and measured.digest:
            self.keeps = Cache.remember(self.database, path_text(path), stamp, self.recipe, measured)
        self.found[path] = measured


def _extract(
    paths: list[Path], found: dict[Path, Measured], features: str, seconds: float, offset: float, cache: Cache
) -> None:
    """Put what is measured of files into a mapping."""
    with cache.open() as database:
        table = _Table(database, _recipe(features, seconds, offset), found)
        earlier, waiting = {}, {}
        for path, stamp, known in _look_up(database, paths, table.recipe):
            if known and (known.facts or not known.digest):
                found[path] = known
            elif known and not known.reason:
                earlier[path] = (stamp, known)
            else:  # what could not be read by an earlier version perhaps can be now
                waiting[path] = stamp
        waiting |= _looked_at_again(table, earlier)
        if waiting:
            FEATURE_SETS[features].measurement.prepare()
            tasks = ((path, features, seconds, offset) for path in waiting)
            for path, measured in run(measure_file, tasks, total=len(waiting), title="measuring audio", lost=_lost):
                table.put(path, waiting[path], measured)


def _looked_at_again(table: _Table, earlier: Mapping[Path, tuple[Stamp, Measured]]) -> dict[Path, Stamp]:
    """Look up the facts of files that an earlier version measured; return those that are to be measured anew."""
    anew: dict[Path, Stamp] = {}
    if not earlier:
        return anew
    tasks = ((path,) for path in earlier)
    for path, about, otherwise in run(_look_again, tasks, total=len(earlier), title="looking at audio files"):
        stamp, known = earlier[path]
        if otherwise:
            Cache.forget(table.database, known.digest)
            anew[path] = stamp
        else:
            table.put(path, stamp, replace(known, **about))
    return anew


def is_measured(paths: Iterable[Path], *, features: str, seconds: float = audio.SECONDS) -> bool:
    """Return whether all these files were measured before, so that :func:`extract` only looks them up."""
    with Cache().open() as database:
        return all(earlier for _, _, earlier in _look_up(database, paths, _recipe(features, seconds)))


def known_contents(paths: Iterable[str]) -> dict[str, str]:
    """Return the digest of the content of files that were measured, or were before they went: path → digest."""
    with Cache().open() as database:
        told = dict(database.execute("SELECT path, digest FROM files"))
    return {path: told[path] for path in paths if path in told}


def _look_up(
    database: sqlite3.Connection, paths: Iterable[Path], recipe: str
) -> Iterator[tuple[Path, Stamp, Measured | None]]:
    """Yield every file with its size and time, and what was measured of it, if it has not changed since.

    One that cannot be opened has the reason in place of a measurement. A file of a length that is known may be a known
    one elsewhere, and is read to see.
    """
    rows = database.execute("SELECT path, size, mtime, digest FROM files")
    known = {path: ((size, mtime), digest) for path, size, mtime, digest in rows}
    sizes = {size for (size, _), _ in known.values()}
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            yield path, (0, 0), Measured("", reason=f"it cannot be opened ({error.strerror})")
            continue
        stamp = (status.st_size, status.st_mtime_ns)
        before = known.get(path_text(path))
        if before and before[0] == stamp:
            yield path, stamp, Cache.recall(database, before[1], recipe)
        else:
            yield path, stamp, _known_elsewhere(database, path, stamp, recipe) if stamp[0] in sizes else None


def _known_elsewhere(database: sqlite3.Connection, path: Path, stamp: Stamp, recipe: str) -> Measured | None:
    """Return what was measured of a file of the same content, which lay elsewhere, and remember its new place."""
    try:
        found = Cache.recall(database, _content_digest(path), recipe)
    except OSError:  # said by whoever measures it
        return None
    if found:
        Cache.remember(database, path_text(path), stamp, recipe, found)
    return found


def _content_digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def measure_file(path: Path, features: str, seconds: float, offset: float = 0.0) -> tuple[Path, Measured]:
    """Measure one file: the task of a worker."""
    try:
        digest = _content_digest(path)
    except OSError as error:
        return path, Measured("", reason=f"it cannot be opened ({error.strerror})")
    measurement = FEATURE_SETS[features].measurement
    about = _about(path)
    try:
        sound = audio.heard(path, seconds=seconds, offset=offset, sample_rate=measurement.sample_rate)
        values = measurement.measure(sound.samples)
    except audio.AudioError as error:
        return path, Measured(digest, reason=str(error), **about)
    return path, Measured(digest, values.tolist(), damage=sound.damage, **about)


def _lost(path: Path, *part: object) -> tuple[Path, Measured]:
    """Return what stands for a file over which a worker was killed; it is tried again by the next run."""
    return path, Measured("", reason="the process that measured it was killed, perhaps for lack of memory")


def _look_again(path: Path) -> tuple[Path, dict[str, Any], bool]:
    """Return tags and facts of a file that an earlier version measured, and whether it is to be measured anew."""
    return path, _about(path), reads_otherwise(path)


def _about(path: Path) -> dict[str, Any]:
    return {"tags": read_tags(path), "facts": read_facts(path)}


def path_text(path: str | Path) -> str:
    """Return a path as text that can be written; bytes of a name that are no UTF-8 are escaped.

    >>> path_text(Path("Motörhead") / "Ace of Spades.mp3")
    'Motörhead/Ace of Spades.mp3'
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _recipe(features: str, seconds: float, offset: float = 0.0) -> str:
    measurement = FEATURE_SETS[features].measurement
    behind = f" behind {offset:g} s" if offset else ""
    return f"{measurement.name}, {seconds:g} s{behind}, {measurement.recipe()}"
