"""Audio files to a table of features: cached by content, resumable (chapter ``10_your_music``).

What was measured is kept in one SQLite file in the user's cache folder, under the digest of the file's content and
the recipe: which measurement, how much of the file, which libraries, and its number (such as ``audio.RECIPE``). Beside
it stand the facts of the content, whatever is measured. A file that is unchanged by size and time is not read again;
one that was moved is read, and known by its content. Every result is committed as it comes, so that a killed run goes
on where it stopped.
"""

import hashlib
import json
import os
import sqlite3
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from vaeclust.cores import run
from vaeclust.corpus import audio
from vaeclust.corpus.facts import READING, Facts, read_facts
from vaeclust.corpus.feature_sets import FEATURE_SETS

LYRICS_TAGS = ("lyrics", "unsyncedlyrics", "unsynced lyrics", "syncedlyrics", "\xa9lyr")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, digest TEXT);
CREATE TABLE IF NOT EXISTS measured (digest TEXT, recipe TEXT, content TEXT, PRIMARY KEY (digest, recipe));
CREATE TABLE IF NOT EXISTS facts (digest TEXT PRIMARY KEY, reading INTEGER, content TEXT);
"""


@dataclass(frozen=True)
class Measured:
    """What is known of one audio file: its features, or the reason why there are none, its tags, and its facts.

    facts: None where they were not looked up, as in a cache of an earlier version.
    """

    digest: str
    values: list[float] = field(default_factory=list)
    reason: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    facts: Facts | None = None


class Cache:
    """The file of all measurements. One that is damaged is put aside with a warning, not trusted and not deleted."""

    def __init__(self, path: Path | None = None):
        self.path = path or user_cache_path("vaeclust") / "measured.sqlite"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.open() as database:
                database.executescript(_SCHEMA)
                database.execute("SELECT count(*) FROM measured").fetchone()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise OSError(f"{self.path}: the cache of measurements cannot be opened ({error})") from None
            aside = self.path.with_suffix(f".damaged-{time.time_ns()}")
            self.path.replace(aside)
            warnings.warn(f"the cache of measurements was damaged and is now {aside}; starting anew", stacklevel=2)
            with self.open() as database:
                database.executescript(_SCHEMA)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open the database; many processes may read and write it at once."""
        with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            yield database

    @staticmethod
    def recall(database: sqlite3.Connection, digest: str, recipe: str) -> Measured | None:
        """Return what was measured of this content by this recipe, with its facts if this version looked them up."""
        query = "SELECT content FROM measured WHERE digest = ? AND recipe = ?"
        row = database.execute(query, (digest, recipe)).fetchone()
        if not row:
            return None
        query = "SELECT content FROM facts WHERE digest = ? AND reading = ?"
        facts = database.execute(query, (digest, READING)).fetchone()
        return Measured(digest, **json.loads(row[0]), facts=Facts(**json.loads(facts[0])) if facts else None)

    @staticmethod
    def remember(database: sqlite3.Connection, path: str, stamp: tuple[int, int], recipe: str, found: Measured) -> None:
        """Keep one measurement; a full disk is said once and costs only the cache."""
        content = json.dumps({"values": found.values, "reason": found.reason, "tags": found.tags})
        try:
            database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (path, *stamp, found.digest))
            database.execute("INSERT OR REPLACE INTO measured VALUES (?, ?, ?)", (found.digest, recipe, content))
            if found.facts:
                facts = json.dumps(asdict(found.facts))
                database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (found.digest, READING, facts))
        except sqlite3.OperationalError as error:
            warnings.warn(f"measurements are not kept for the next run: {error}", stacklevel=2)


def extract(
    paths: Iterable[Path], *, features: str = "mfcc20", seconds: float = audio.SECONDS, cache: Cache | None = None
) -> Mapping[Path, Measured]:
    """Measure audio files on all cores, or on the Dask cluster; files measured before are looked up.

    features: a row of FEATURE_SETS, whose whole measurement is made.

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
    recipe = _recipe(features, seconds)
    found: dict[Path, Measured] = {}
    with cache.open() as database:
        waiting, untold = {}, {}
        for path, stamp, earlier in _look_up(database, paths, recipe):
            if earlier:
                found[path] = earlier
                if earlier.digest and earlier.facts is None:
                    untold[path] = stamp
            else:
                waiting[path] = stamp
        if untold:
            asked = ((path,) for path in untold)
            for path, facts in run(_facts_of, asked, total=len(untold), title="looking at audio files"):
                found[path] = replace(found[path], facts=facts)
                cache.remember(database, path_text(path), untold[path], recipe, found[path])
        if waiting:
            FEATURE_SETS[features].measurement.prepare()
            tasks = ((path, features, seconds) for path in waiting)
            for path, measured in run(measure_file, tasks, total=len(waiting), title="measuring audio"):
                cache.remember(database, path_text(path), waiting[path], recipe, measured)
                found[path] = measured
    return {path: found[path] for path in paths}


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
) -> Iterator[tuple[Path, tuple[int, int], Measured | None]]:
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


def _known_elsewhere(database: sqlite3.Connection, path: Path, stamp: tuple[int, int], recipe: str) -> Measured | None:
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


def measure_file(path: Path, features: str, seconds: float) -> tuple[Path, Measured]:
    """Measure one file: the task of a worker."""
    try:
        digest = _content_digest(path)
    except OSError as error:
        return path, Measured("", reason=f"it cannot be opened ({error.strerror})")
    measurement = FEATURE_SETS[features].measurement
    about: Any = {"tags": read_tags(path), "facts": read_facts(path)}
    try:
        values = measurement.measure(audio.decode(path, seconds=seconds, sample_rate=measurement.sample_rate))
    except audio.AudioError as error:
        return path, Measured(digest, reason=str(error), **about)
    return path, Measured(digest, values.tolist(), **about)


def _facts_of(path: Path) -> tuple[Path, Facts]:
    return path, read_facts(path)


def read_tags(path: Path) -> dict[str, str]:
    """Return genre, artist, title and lyrics from a file's tags, as far as it has any that can be read."""
    import mutagen

    try:
        full = mutagen.File(path)
        easy = mutagen.File(path, easy=True) if full and full.tags else None
    except Exception:  # damaged tags raise errors of many kinds; the audio may be whole all the same
        return {}
    tags = {} if easy and easy.tags else _chunk_tags(path)
    for name in ("genre", "artist", "title"):
        texts = easy.get(name) if easy and easy.tags else None
        if texts and str(texts[0]).strip():
            tags[name] = str(texts[0]).strip()
    for key, value in (full.tags or {}).items() if full else ():
        if key.startswith(("USLT", "SYLT")) or key.lower() in LYRICS_TAGS:
            text = getattr(value, "text", None) or (value[0] if isinstance(value, list) else value)
            tags["lyrics"] = "\n".join(line for line, _ in text) if isinstance(text, list) else str(text)
    return tags


def _chunk_tags(path: Path) -> dict[str, str]:
    """Return genre, artist and title from a WAV's own INFO chunk and its like, which have no ID3."""
    import soundfile

    try:
        with path.open("rb") as content, soundfile.SoundFile(content) as file:  # whatever bytes its name has
            told = file.copy_metadata()
    except (soundfile.LibsndfileError, OSError):
        return {}
    return {name: told[name].strip() for name in ("genre", "artist", "title") if told.get(name, "").strip()}


def path_text(path: str | Path) -> str:
    """Return a path as text that can be written; bytes of a name that are no UTF-8 are escaped.

    >>> path_text(Path("Motörhead") / "Ace of Spades.mp3")
    'Motörhead/Ace of Spades.mp3'
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _recipe(features: str, seconds: float) -> str:
    measurement = FEATURE_SETS[features].measurement
    return f"{measurement.name}, {seconds:g} s, {measurement.recipe()}"
