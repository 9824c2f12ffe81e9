"""Files: the project root, files that are replaced whole, digests; and what a run was made on and with."""

import atexit
import contextlib
import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Names a file that lists every file put in place: how the runner of the chapters knows what each of them wrote.
WRITTEN = "VAECLUST_WRITTEN"
_CACHES = ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR")  # what libraries ask for one by


def unwritable(folder: Path, what: str, error: OSError) -> OSError:
    """Return the error for a folder that something cannot be written to, which says what to do."""
    cache = user_cache_path("vaeclust")
    own = cache == folder or cache in folder.parents
    other = "let the variable XDG_CACHE_HOME name another folder" if own else "choose another folder"
    return OSError(
        f"{folder}: {what} cannot be written there ({error.strerror or error}). Expected a folder that can be written "
        f"to: is its disk there, not full, and yours to write? Else {other}"
    )


def lend_caches() -> None:
    """Where the user's cache folder cannot be written to, let libraries keep what they make in a temporary one.

    numba, which compiles for librosa and UMAP, does not start without, and no more does Jupyter. It goes with this
    process; a folder that stays, under a name that others can guess, could be filled by them.
    """
    place = user_cache_path("vaeclust")
    above = next(folder for folder in (place, *place.parents) if folder.exists())
    wanted = [name for name in _CACHES if name not in os.environ]
    if os.access(above, os.W_OK) or not wanted:
        return
    folder = tempfile.mkdtemp(prefix="vaeclust-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.update({name: os.path.join(folder, name.lower()) for name in wanted})


def check_writable(folder: Path, what: str) -> None:
    """Make a folder, if it is not there, and raise OSError, saying what to do, if nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, what, error) from error


@contextlib.contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place at the end, or vanishes after an error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise unwritable(path.parent, path.name, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner can read.
        temporary.chmod(0o644)
        temporary.replace(path)
        written(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # which name no path
            raise unwritable(path.parent, path.name, error) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def written(path: Path) -> None:
    """Note that a file was put in place, where the runner of the chapters asks for it."""
    if os.environ.get(WRITTEN):
        with open(os.environ[WRITTEN], "a", encoding="utf-8") as log:
            log.write(f"{path.resolve()}\n")


def write_csv(path: Path, table: "pd.DataFrame", **options: Any) -> None:
    """Write a table whole; options: of ``DataFrame.to_csv``. Lines end alike on every system."""
    with replacement(path) as temporary:
        table.to_csv(temporary, lineterminator="\n", **options)


def write_json(path: Path, content: Any, *, indent: int = 2) -> None:
    """Write JSON whole, readable and in UTF-8."""
    with replacement(path) as temporary:
        temporary.write_text(json.dumps(content, indent=indent, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; an empty dict where there is none, or none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_svg(path: Path, figure: "Figure", **options: Any) -> None:
    """Write a matplotlib figure whole, without the date, and close it; options: of ``Figure.savefig``."""
    import matplotlib.pyplot as plt

    with replacement(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None}, **options)
    plt.close(figure)


def digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of texts and bytes one after another, as hexadecimal digits."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
    return found.hexdigest()


def project_root() -> Path:
    """Return the folder that holds ``_config.yml``: at or above the working directory, else above the package."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (folder / "_config.yml").is_file() and (folder / "notebooks").is_dir():
            return folder
    return here


def has_project() -> bool:
    """Return whether there is a book project here: at or above the working directory, or around the package."""
    return (project_root() / "notebooks").is_dir()


def book_root() -> Path:
    """Return the folder of chapters, pages and released records: that of the project, else what is in the package."""
    return project_root() if has_project() else Path(__file__).resolve().parent / "project"


def resolve(path: str | Path) -> Path:
    """Return an absolute path; a relative one counts from the project root, wherever a chapter runs."""
    return project_root() / Path(path).expanduser()


CHECKSUM = "checksum"  # what a displayed corpus carries beside its words
_VERSIONS = ("numpy", "pandas", "scipy", "scikit-learn", "torch", "umap-learn", "vaeclust")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _VERSIONS}}


def machine() -> str:
    """Return what kind of machine this is, without its name."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
