"""When, how and on what every chapter was executed: the page ``status``, and the command that runs a chapter again."""

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vaeclust.paths import replacing
from vaeclust.provenance import CHECKSUM, machine, versions
from vaeclust.statements import cell, title


def again(slug: str, given: Mapping[str, Any]) -> str:
    """Return, in Markdown, the papermill line and our own that execute a chapter with these parameters."""
    # -r takes a text as it stands; -p would make a number of the folder 2024.
    flags = [f"{'-r' if isinstance(v, str) else '-p'} {name} {shlex.quote(str(v))}" for name, v in given.items()]
    ours = [f"-p {name}={shlex.quote(str(value))}" for name, value in given.items()]
    lines = [f"papermill jupytext://notebooks/{slug}.md out.ipynb", *flags], [f"vaeclust run {slug}", *ours]
    text = "\n".join(" \\\n  ".join(parts) for parts in lines)
    return f"This page is what either of these commands makes of the chapter:\n\n```sh\n{text}\n```"


def note(page: Path, parameters: Mapping[str, Any], seconds: float) -> None:
    """Write what was run beside an executed chapter, as ``<slug>.json``: the page itself is free of times.

    parameters: all of the chapter's, with their values.
    """
    import nbformat

    outputs = [o for c in nbformat.read(page, as_version=4).cells for o in c.get("outputs", [])]
    shown = [o for o in outputs if CHECKSUM in o.get("metadata", {})]  # the corpus, as its chapter displays it
    about = {
        "executed": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "seconds": round(seconds, 1),
        "parameters": dict(parameters),
        "data": shown[0]["data"]["text/plain"] if shown else "",
        "checksum": shown[0]["metadata"][CHECKSUM] if shown else "",
        "versions": versions(),
        "machine": machine(),
    }
    with replacing(page.with_suffix(".json")) as path:
        path.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_status(chapters: Mapping[str, Path], page: Path) -> None:
    """Write the page that says of every chapter when and how it was executed; chapters: slug → executed notebook."""
    found = {slug: path.with_suffix(".json") for slug, path in chapters.items()}
    runs = {slug: json.loads(path.read_text(encoding="utf-8")) for slug, path in found.items() if path.is_file()}
    total = sum(run["seconds"] for run in runs.values())
    lines = [
        "# Status of the chapters", "",
        f"When and how every chapter of this book was executed; all together took {duration(total)} of computing. "
        "A chapter that did not change keeps its earlier run. The checksum stands for everything in the corpus that "
        "the models and the scores see; its first eight digits are shown.", "",
        "| Chapter | Run time | Executed (UTC) | Corpus | Checksum |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for slug, path in chapters.items():
        values = ["–", "–", "unknown", "–"]
        if run := runs.get(slug):
            corpus = cell(run["data"].split(":")[0]) or "released records"
            checksum = f"`{run['checksum'][:8]}`" if run["checksum"] else "–"
            values = [duration(run["seconds"]), run["executed"], corpus, checksum]
        lines.append(f"| [{cell(title(path))}]({slug}.ipynb) | {' | '.join(values)} |")
    lines += ["", "## Parameters", "", *_by_value(runs, "parameters", "Parameter")]
    lines += ["", "## Versions", "", *_by_value(runs, "versions", "Package")]
    machines = sorted({run["machine"] for run in runs.values()})
    lines += ["", f"Machine: {cell('; '.join(machines) or 'unknown')}."]
    with replacing(page) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _by_value(runs: Mapping[str, dict], part: str, head: str) -> list[str]:
    """Return a table of all names and values of a part of the runs; who differs from the others is named."""
    values: dict[str, dict[str, list[str]]] = {}
    for slug, run in runs.items():
        for name, value in run[part].items():
            shown = f"`{value}`" if value != "" else "none"
            values.setdefault(name, {}).setdefault(shown, []).append(slug.split("_")[0])
    lines = [f"| {head} | Value | Chapters |", "| --- | --- | --- |"]
    for name, by_value in values.items():
        for value, slugs in by_value.items():
            lines.append(f"| `{name}` | {value} | {'all' if len(slugs) == len(runs) else ', '.join(slugs)} |")
    return lines


def duration(seconds: float) -> str:
    """Return a time in words: ``41 s``, ``2 min 5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
