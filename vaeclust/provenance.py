"""What a run was made on and with, for ``run.json`` and the page ``status``."""

import os
import platform
from importlib.metadata import version

CHECKSUM = "checksum"  # what a displayed corpus carries beside its words
CORPORA = ("demo", "gtzan-mini", "gtzan")  # those that are known by name
_VERSIONS = ("numpy", "pandas", "scipy", "scikit-learn", "torch", "umap-learn", "vaeclust")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _VERSIONS}}


def machine() -> str:
    """Return what kind of machine this is, without its name."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
