"""Resolve the pinned versions on every Python that the book promises, and name each pin that one of them refuses.

With every interpreter that this machine has, by its own pip; and for the first release of every promised version by
names and wheels alone, where conditions like ``python_version < "3.12"`` are those of the Python that asks. Nothing is
installed; where an index serves no metadata, pip fetches wheels to read theirs.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = [*PROJECT["dependencies"], *(r for extra in PROJECT["optional-dependencies"].values() for r in extra)]
PINS = re.findall(r"^[\w.-]+==\S+", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
FIRST, PAST = map(int, re.search(r">=3\.(\d+).*<3\.(\d+)", PROJECT["requires-python"]).groups())


def interpreters() -> dict[str, Path]:
    """Return the promised Pythons of this machine, one program a version."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*os.get_exec_path(), "/usr/local/bin", "/usr/bin", *pyenv.glob("versions/*/bin")]
    found = {}
    for program in (path for folder in folders for path in sorted(Path(folder).glob("python3*"))):
        if re.fullmatch(r"python3(\.\d+)?", program.name):
            ask = [program, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]
            version = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
            if version and FIRST <= int(version.split(".")[1]) < PAST:
                found.setdefault(version, program)
    return dict(sorted(found.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


def plain(name: str) -> str:
    """Return a name as indexes spell it."""
    return re.sub("[-_.]+", "-", name).lower()


def complaint(python: Path, *arguments: str) -> str:
    """Return what pip says against installing this; nothing when it would do so."""
    command = [python, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-input"]
    done = subprocess.run([*command, "--use-feature=fast-deps", *arguments], capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    cause = re.search(r"^The conflict is caused by:\n(?: .*\n)*", done.stdout, re.MULTILINE)
    return cause[0].strip() if cause else done.stderr.strip()


def refusals(python: Path, *options: str) -> str:
    """Return the pins that this Python refuses; where it takes each, what pip says against them together."""
    pins, found = list(PINS), []
    while alone := complaint(python, *options, "--no-deps", *pins):
        named = re.search(r"(?:No matching distribution found for|ERROR: Package) '?([\w.-]+)", alone)
        culprits = [pin for pin in pins if named and plain(pin.split("==")[0]) == plain(named[1])]
        if not culprits:
            return alone
        pins.remove(culprits[0])  # pip stops at the first: it is asked again without it
        found += culprits
    return " and ".join(found) or complaint(python, *options, "-c", str(ROOT / "constraints.txt"), *WANTED)


def main() -> None:
    """Ask every Python and say what it answers."""
    with tempfile.TemporaryDirectory() as folder:
        asked = {}
        for version, program in interpreters().items():
            home = Path(folder) / version
            if subprocess.run([program, "-m", "venv", home], capture_output=True).returncode:
                print(f"Python {version:8}{program}: not asked, for it has no venv")
            else:
                asked[version, str(program)] = [home / "bin" / "python"]
        wheels = ["--only-binary=:all:", "--target", folder, "--python-version"]
        newest = list(asked.values())[-1]
        for minor in range(FIRST, PAST):
            asked[f"3.{minor}.0", "by wheels alone"] = [*newest, *wheels, f"3.{minor}.0"]
        failed = 0
        for (version, how), way in asked.items():
            refused = refusals(*way)
            failed += bool(refused)
            print(f"Python {version:8}{how}: {f'refuses {refused}' if refused else 'resolved'}", flush=True)
    sys.exit(1 if failed else None)


if __name__ == "__main__":
    main()
