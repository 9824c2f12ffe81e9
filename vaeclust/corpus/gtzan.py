"""GTZAN by name: downloaded once, checked, unpacked safely (chapter ``00_data``)."""

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import IO

from vaeclust.corpus.archives import Source, corpus_folder
from vaeclust.corpus.tables import AUDIO_SUFFIX, GTZAN_ID, examples

TERMS = (
    "GTZAN consists of excerpts from commercial recordings. It circulates for research on music analysis; nobody has "
    "licensed it for anything else. By downloading it you say that you use it so, and do not pass it on."
)


MINI = Source("https://github.com/TempoBeatDownbeat/gtzan_mini/archive/a61439e.zip", None, 100, "about 120 MB")
WHOLE = Source("https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz", None, 1000, "1.2 GB")
_ADVICE = "If you have a copy, give its folder in place of the name, in any usual layout: --dataset /path/to/genres"


@cache
def mini_checksums() -> dict[str, str]:
    """Return track id → MD5 of the 100 clips of the GTZAN mini set.

    >>> len(mini_checksums())
    100
    """
    lines = files("vaeclust.corpus").joinpath("reference/gtzan_mini.md5").read_text().splitlines()
    return {AUDIO_SUFFIX.sub("", Path(name).name): md5 for md5, name in (line.split() for line in lines)}


def download(name: str, *, source: Source, folder: Path | None = None) -> Path:
    """Return the folder with the clips of a corpus, ``<genre>/<genre>.<number>.<suffix>``; get it if it is not there.

    Raises
    ------
    ConnectionError
        When the archive cannot be downloaded; says how to use a local copy.
    ValueError
        For an archive that is damaged, lacks clips, or holds something that must not be unpacked.
    """

    def fill(archive: Path, workshop: Path) -> None:
        unpack(archive, workshop)
        _check(name, source, workshop)

    return corpus_folder(name, source, fill, terms=TERMS, advice=_ADVICE, folder=folder)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the clips of GTZAN from a zip or tar archive to ``<genre>/<clip>``, and nothing else.

    Names inside the archive only tell which clip a member is; they are never used as paths. Raises ValueError for
    members that lead outside, links and devices: such an archive is not what it says it is.
    """
    for name, content in _members(archive):
        path = PurePosixPath(name)
        clip = GTZAN_ID.search(AUDIO_SUFFIX.sub("", name))
        if content is None or not clip or path.name.startswith(".") or not AUDIO_SUFFIX.search(name):
            continue
        place = folder / clip.group(1).split(".")[0] / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            shutil.copyfileobj(content, file)


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Yield name and content of every member, None for a folder; ValueError for what no music archive holds."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as entries:
            for entry in entries.infolist():
                _refuse(entry.filename, special=(entry.external_attr >> 16) & 0o170000 not in (0, 0o100000, 0o040000))
                if entry.is_dir():
                    yield entry.filename, None
                else:
                    with entries.open(entry) as content:
                        yield entry.filename, content
    else:
        with tarfile.open(archive) as members:
            for member in members:
                _refuse(member.name, special=not (member.isfile() or member.isdir()))
                yield member.name, members.extractfile(member) if member.isfile() else None


def _refuse(name: str, *, special: bool) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise ValueError(f"the archive holds {name!r}, which leads outside the folder")
    if special:
        raise ValueError(f"the archive holds {name!r}, which is a link or a device, not a file")


def _check(name: str, source: Source, folder: Path) -> None:
    clips = {AUDIO_SUFFIX.sub("", path.name): path for path in folder.rglob("*") if path.is_file()}
    if len(clips) != source.tracks:
        raise ValueError(f"{len(clips)} clips found; expected {source.tracks}")
    if name == "gtzan-mini":
        found = {track: hashlib.md5(path.read_bytes()).hexdigest() for track, path in clips.items()}
        wrong = [track for track, md5 in mini_checksums().items() if found.get(track) != md5]
        if wrong:
            raise ValueError(f"clips that are missing or differ from the published checksums: {examples(wrong)}")
