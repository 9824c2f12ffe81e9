"""A folder of playlists that its owner uses, too: only what we wrote and nobody touched is replaced or removed.

Beside the lists a hidden file keeps the digest of each that we wrote, library by library. A list whose content is
another one now was edited, one that stands under a name that we do not know was renamed or is somebody else's: both are
the owner's.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from vaeclust.files import digest, read_json, replacement, unwritable, write_json

SUFFIX = ".m3u8"
OWNERSHIP = ".vaeclust-playlists.json"
BEFORE = ".before"


@dataclass(frozen=True)
class Written:
    """What became of a folder of playlists.

    Attributes
    ----------
    paths : list of Path
        The playlists of this run, in the order of their clusters.
    kept : list of Path
        All other playlists of the folder, left alone: the owner's, and those of other libraries.
    removed : list of Path
        What the last run wrote, nobody touched and this run has no more.
    left_out : dict
        Track id → why it stands in no playlist.
    """

    paths: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def told_of_lists(written: Written, folder: str) -> str:
    """Return in a line how many lists were written, where to, and how many songs stand in none."""
    if not written.paths:
        return "no playlists: no file of a song is here"
    missing = f"; {len(written.left_out):,} songs stand in none" if written.left_out else "; every song stands in one"
    return f"{len(written.paths)} playlists in {folder}{missing}"


@contextmanager
def writable_folder(folder: Path) -> Iterator[None]:
    """Make a folder, if it is not there; an OSError of the block becomes one that names it and says what to do."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise unwritable(folder, "playlists", error) from error


def write_lists(folder: Path, lists: Sequence[tuple[str, str]], *, library: str) -> Written:
    """Let a folder hold these lists in place of a library's last ones, and leave all others as they are.

    lists: file names without suffix, and texts. Of two lists of one name, whatever its case, the second gets ``-2``; so
    does a list whose name is borne by one of the owner or of another library. A list whose text is the same stays
    untouched. Where anything changes, the last run's lists are put into ``.before/<library>``, just as they were: moved
    back, they open again.

    A run that is stopped half-way leaves every list whole, and all of them known as ours.
    """
    libraries = _libraries(folder)
    state = _state(libraries.get(library))
    ours = {name for name, digests in state["lists"].items() if (found := _digest(folder / name)) and found in digests}
    before = {name: (folder / name).read_bytes() for name in sorted(ours)}
    texts = _named(folder, lists, ours)
    gone = [name for name in before if name not in texts]
    if texts != before:
        if state["finished"] and before:
            _set_aside(folder / BEFORE / library, before)
        both = {name: [digest(part[name]) for part in (before, texts) if name in part] for name in before | texts}
        write_json(folder / OWNERSHIP, libraries | {library: {"finished": False, "lists": both}})
        for name, text in texts.items():
            if before.get(name) != text:
                _write(folder / name, text)
        for name in gone:
            (folder / name).unlink()
    final = {"finished": True, "lists": {name: [digest(text)] for name, text in texts.items()}}
    if final != state:
        write_json(folder / OWNERSHIP, libraries | {library: final})
    kept = [path for path in _lists(folder) if path.name not in texts]
    return Written([folder / name for name in texts], kept, [folder / name for name in gone])


def _libraries(folder: Path) -> dict[str, Any]:
    """Return what is noted of the lists of every library."""
    told = read_json(folder / OWNERSHIP)
    return told if isinstance(told, dict) else {}


def _state(told: Any) -> dict[str, Any]:
    """Return whether a library's last run ended, and the digests of its lists by name; no name leads elsewhere."""
    lists = told.get("lists") if isinstance(told, dict) else None
    if not isinstance(lists, dict):
        return {"finished": True, "lists": {}}
    safe = {name: list(digests) for name, digests in lists.items() if Path(name).name == name and digests}
    return {"finished": told.get("finished") is True, "lists": safe}


def _digest(path: Path) -> str:
    """Return the digest of a list; empty where there is none, or something that we do not write."""
    return digest(path.read_bytes()) if path.is_file() and not path.is_symlink() else ""


def _named(folder: Path, lists: Sequence[tuple[str, str]], ours: set[str]) -> dict[str, bytes]:
    """Return the texts as bytes under names that no other list has: none of these, and none of the owner's."""
    found: dict[str, bytes] = {}
    taken: set[str] = set()
    for stem, text in lists:
        for number in count(1):
            name = f"{stem}-{number}{SUFFIX}" if number > 1 else f"{stem}{SUFFIX}"
            free = name in ours or not os.path.lexists(folder / name)
            if free and name.casefold() not in taken:
                break
        taken.add(name.casefold())
        found[name] = text.encode()
    return found


def _set_aside(folder: Path, lists: dict[str, bytes]) -> None:
    """Let a folder hold the lists of the last run, in place of those of the run before it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in lists.items():
        _write(folder / name, text)
    for path in _lists(folder):
        if path.name not in lists:
            path.unlink()


def _lists(folder: Path) -> list[Path]:
    """Return the playlists of a folder; hidden ones are half-written."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def _write(path: Path, text: bytes) -> None:
    with replacement(path) as file:
        file.write_bytes(text)
