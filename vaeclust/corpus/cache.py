"""What was measured, kept in one SQLite file in the user's cache folder (chapter ``10_your_music``)."""

import json
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from platformdirs import user_cache_path

from vaeclust.corpus.facts import READING, Facts

PATIENCE = 10.0  # seconds that another process may hold the file
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, digest TEXT);
CREATE TABLE IF NOT EXISTS measured (digest TEXT, recipe TEXT, content TEXT, PRIMARY KEY (digest, recipe));
CREATE TABLE IF NOT EXISTS facts (digest TEXT PRIMARY KEY, reading INTEGER, content TEXT);
"""
_COLUMNS = {"files": 4, "measured": 3, "facts": 3}


@dataclass(frozen=True)
class Measured:
    """What is known of one audio file: its features, or the reason why there are none, its tags, and its facts.

    damage: in words what of the file is damaged, and therefore not measured. facts: None where they were not looked up,
    as in a cache of an earlier version.
    """

    digest: str
    values: list[float] = field(default_factory=list)
    reason: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    damage: str = ""
    facts: Facts | None = None


class Cache:
    """The file of all measurements. One that is damaged is put aside with a warning, not trusted and not deleted.

    Where the file cannot be written to, or another process holds it for long, what is in it is read, if that can be,
    and nothing is kept, which is said once.
    """

    def __init__(self, path: Path | None = None):
        self.path = path or user_cache_path("vaeclust") / "measured.sqlite"
        self._unkept: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.open() as database:
                database.execute("SELECT count(*) FROM measured").fetchone()
        except (OSError, sqlite3.OperationalError) as error:
            self._do_without(error)
        except sqlite3.DatabaseError:
            self.put_aside()

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open the database; many processes may read and write it at once."""
        if self._unkept:
            yield self._unkept
            return
        with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(_SCHEMA)
            yield database

    def _do_without(self, error: Exception) -> None:
        """Go on with a copy in memory."""
        self._unkept = sqlite3.connect(":memory:", isolation_level=None)
        with suppress(sqlite3.Error), closing(_read_only(self.path)) as database:
            database.backup(self._unkept)
        self._unkept.executescript(_SCHEMA)
        warnings.warn(
            f"what is measured now is not kept for the next run: {self.path} cannot be written ({error}). "
            f"The variable XDG_CACHE_HOME names another folder for it",
            stacklevel=3,
        )

    def put_aside(self) -> None:
        """Give a damaged file another name, and begin anew with what can be read of it."""
        aside = self.path.with_suffix(f".damaged-{time.time_ns()}")
        self.path.replace(aside)
        for extra in ("-wal", "-shm"):  # they belong to the damaged file
            with suppress(OSError):
                self.path.with_name(self.path.name + extra).replace(aside.with_name(aside.name + extra))
        with self.open() as database:
            saved = _save(aside, database)
        warnings.warn(
            f"the cache of measurements was damaged and is now {aside}; starting anew with {saved} of its measurements",
            stacklevel=2,
        )

    @staticmethod
    def recall(database: sqlite3.Connection, digest: str, recipe: str) -> Measured | None:
        """Return what was measured of this content by this recipe, with its facts if this version looked them up.

        A row that cannot be understood is none, which is said.
        """
        query = "SELECT content FROM measured WHERE digest = ? AND recipe = ?"
        row = database.execute(query, (digest, recipe)).fetchone()
        if not row:
            return None
        query = "SELECT content FROM facts WHERE digest = ? AND reading = ?"
        facts = database.execute(query, (digest, READING)).fetchone()
        try:
            return Measured(digest, **json.loads(row[0]), facts=Facts(**json.loads(facts[0])) if facts else None)
        except (ValueError, TypeError):
            warnings.warn("a row of the cache of measurements is damaged: its file is measured again", stacklevel=2)
            return None

    @staticmethod
    def remember(database: sqlite3.Connection, path: str, stamp: tuple[int, int], recipe: str, found: Measured) -> bool:
        """Keep one measurement, and return whether that was possible; a full disk costs only the cache."""
        content = {"values": found.values, "reason": found.reason, "tags": found.tags}
        content |= {"damage": found.damage} if found.damage else {}
        try:
            database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (path, *stamp, found.digest))
            row = (found.digest, recipe, json.dumps(content))
            database.execute("INSERT OR REPLACE INTO measured VALUES (?, ?, ?)", row)
            if found.facts:
                facts = json.dumps(asdict(found.facts))
                database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (found.digest, READING, facts))
        except sqlite3.OperationalError as error:
            warnings.warn(f"measurements are not kept for the next run: {error}", stacklevel=2)
            return False
        return True

    @staticmethod
    def forget(database: sqlite3.Connection, digest: str) -> None:
        """Let go of all that was measured of a content."""
        with suppress(sqlite3.OperationalError):  # what cannot be written to is written over, or not kept either
            database.execute("DELETE FROM measured WHERE digest = ?", (digest,))


def _read_only(path: Path) -> sqlite3.Connection:
    """Open a database that lies where nothing can be written."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, timeout=0)


def _save(damaged: Path, database: sqlite3.Connection) -> int:
    """Copy the rows that can be read of a damaged database, from both of its ends; return how many measurements."""
    for table, columns in _COLUMNS.items():
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error), closing(sqlite3.connect(damaged)) as old:
                for row in old.execute(f"SELECT * FROM {table} ORDER BY rowid {order}"):
                    database.execute(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * columns)})", row)
    (saved,) = database.execute("SELECT count(*) FROM measured").fetchone()
    return saved
