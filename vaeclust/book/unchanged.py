"""Whether an executed chapter still says what a new run of it would say (page ``reproduce``).

After a run, ``<chapter>.json`` in ``_build/kept`` (in a results folder of one's own, beside its pages) holds a digest
of all that the chapter was made from, that of the page, and the files that it wrote with their sizes and times. It is
written last: an interrupted run leaves nothing to keep.
"""

import json
import platform
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from vaeclust.files import digest, read_json, write_json

PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Kept:
    """What is known of the last run of a chapter.

    Attributes
    ----------
    digest : str
        Of what it was made from (:func:`chapter_digest`).
    page : str
        SHA-256 of the executed page.
    files : dict
        Path of every file under the results that it wrote → its :func:`file_stamp`.
    run : str
        Another one for every run, so that the chapters that come after this one see that it was run anew.
    """

    digest: str
    page: str
    files: dict[str, list[int]]
    run: str


def chapter_digest(
    text: Path,
    parameters: Mapping[str, Any],
    package: str,
    before: Iterable[str],
    *,
    released: Path,
    records: Iterable[Path] = (),
) -> str:
    """Return a digest of all that an executed chapter depends on.

    text: the chapter's file. parameters: all that it has, defaults among them; where one is the path of a file or
    folder, the size and time of every file there count too. package: of :func:`package_digest`. before: the runs of the
    chapters that it comes after. released: the folder of released records, which count if the chapter speaks of them.
    records: the run.json of the records that it may read, whoever wrote them: they vouch for their files.
    """
    content = text.read_bytes()
    parts = {
        "text": digest(content),
        "parameters": dict(sorted(parameters.items())),
        "data": {name: list(_files(value)) for name, value in parameters.items() if _is_path(name, value)},
        "released": list(_files(released)) if b"released" in content else [],
        "package": package,
        "before": list(before),
        "records": [[str(path), read_json(path).get("files")] for path in records],
    }
    return digest(json.dumps(parts))


def package_digest(modules: Iterable[Path] = (PACKAGE,)) -> str:
    """Return a digest of some modules of the package, by default of all of it, and of all versions installed."""
    versions = [*sorted(f"{d.name}=={d.version}" for d in distributions()), platform.python_version()]
    return digest("\n".join([content_digest(*modules), *versions]))


def content_digest(*places: Path) -> str:
    """Return a digest of the content of files, and of all files in folders but those that Python compiles."""
    paths = [path for place in places for path in _walk(place) if "__pycache__" not in path.parts]
    return digest(*(f"{path}\n{digest(path.read_bytes())}\n" for path in paths))


def file_stamp(path: Path) -> list[int]:
    """Return size and time of change of a file; both 0 where there is none."""
    if not path.is_file():
        return [0, 0]
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


def remember(notes: Path, page: Path, made_from: str, written: Iterable[Path]) -> None:
    """Write down what a chapter that has just been executed was made from, and which files it wrote."""
    files = {str(path): file_stamp(path) for path in sorted(set(written)) if path.is_file()}
    kept = Kept(made_from, content_digest(page), files, uuid.uuid4().hex)
    write_json(notes / f"{page.stem}.json", asdict(kept), indent=1)


def last_runs(notes: Path) -> dict[str, Kept]:
    """Return what is known of the last run of every chapter, by slug; what cannot be read is not known."""
    found = {}
    for path in sorted(notes.glob("*.json")):
        try:
            found[path.stem] = Kept(**read_json(path))
        except TypeError:
            continue
    return found


def is_unchanged(slug: str, page: Path, made_from: str, known: Mapping[str, Kept]) -> bool:
    """Return whether a chapter was made from just this, and page and records are as they were left.

    A later chapter may add to the records of an earlier one, as the comparison does: a file counts as it was left if
    any chapter left it so.
    """
    kept = known.get(slug)
    if kept is None or kept.digest != made_from or not page.is_file() or content_digest(page) != kept.page:
        return False
    return all(
        any(other.files.get(name) == now for other in known.values())
        for name, now in ((name, file_stamp(Path(name))) for name in kept.files)
    )


def _is_path(name: str, value: Any) -> bool:
    from vaeclust.corpus.named import CORPORA

    text = isinstance(value, str) and value not in ("", *CORPORA) and name != "results_dir"
    return text and all(path.exists() for path in _paths(value))


def _paths(value: str | Path) -> list[Path]:
    """Return the paths that a parameter names: one, several folders of music, or the file of an array."""
    from vaeclust.corpus.sources import source_paths
    from vaeclust.corpus.tables import npz_array

    return source_paths(npz_array(value)[0])


def _files(place: str | Path) -> Iterator[tuple[str, list[int]]]:
    for path in (path for each in _paths(place) for path in _walk(each)):
        yield str(path), file_stamp(path)


def _walk(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
