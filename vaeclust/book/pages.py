"""Pages that the book writes about itself: the index of evidence, the status of the chapters."""

import ast
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vaeclust.cells.glue import PREFIX
from vaeclust.files import CHECKSUM, machine, replacement, versions, write_json
from vaeclust.released.facts import Quote

ROLE = re.compile(r"\{glue:text\}`([^`]+)`")
COMPARISON = "07_comparison"
# Of the chapters, those that the front page of a corpus of one's own leads to.
_ON_FRONT = ("00_data", COMPARISON, "10_your_music", "11_explorer", "13_real_lyrics", "14_listening", "19_how_far")
CONTEXT = 60  # characters of the sentence before a number


def statement_rows(page: Path) -> list[tuple[str, str, str, str]]:
    """Return section, words before, text and source of everything that is glued into the prose of an executed chapter.

    Raises ValueError for a text in the prose that no cell has stated.
    """
    import nbformat

    notebook = nbformat.read(page, as_version=4)
    found, rows, section = statements(notebook), [], ""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            section = line.lstrip("# ") if line.startswith("#") else section
            for role in ROLE.finditer(line):
                if role[1] not in found:
                    raise ValueError(f"{page.stem}: no cell states {role[1]!r}, which its prose quotes")
                rows.append((section, _preceding_words(line[: role.start()], found), *found[role[1]]))
    return rows


def statements(notebook: Any) -> dict[str, tuple[str, str]]:
    """Return what the cells of an executed chapter have stated: name → text and source."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            about = output.get("metadata", {})
            if "scrapbook" in about and "source" in about:
                text = ast.literal_eval(output["data"][f"{PREFIX}text/plain"])
                found[about["scrapbook"]["name"]] = text, about["source"]
    return found


def write_front(chapters: Mapping[str, Path], page: Path) -> None:
    """Write how the front page opens: with what the chapters found in a corpus of one's own; else with nothing.

    The map of *Your own music*, or that of all methods, is written beside it. chapters: slug → executed notebook.
    """
    import nbformat

    executed = {slug: nbformat.read(path, as_version=4) for slug, path in chapters.items() if slug in _ON_FRONT}
    told = statements(executed[COMPARISON]) if COMPARISON in executed else {}
    lines: list[str] = []
    if "front_answer" in told:
        name, _, contents = told["front_corpus"][0].partition(": ")
        lines = [f"## Your corpus: {markdown_cell(name)}", "", markdown_cell(contents) + ".", ""]
        lines += [markdown_cell(told["front_answer"][0]), ""]
        if drawing := _figure(executed.get("10_your_music"), "your-music-map"):
            picture = page.with_suffix(".svg")
            with replacement(picture) as temporary:
                temporary.write_text(drawing, encoding="utf-8")
            alt = "All tracks of this corpus as points on a map, coloured by group and, where known, by label."
            lines += [f"```{{image}} chapters/{picture.name}", f":alt: {alt}", "```", ""]
        links = [f"[{page_title(chapters[slug])}](chapters/{slug}.ipynb)" for slug in _ON_FRONT if slug in executed]
        lines += [f"Its pages: {', '.join(links)}, and those of every method.", ""]
    with replacement(page) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _figure(notebook: Any, name: str) -> str:
    """Return the drawing of a figure of an executed chapter; nothing where there is none."""
    for cell in notebook.cells if notebook else ():
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == name:
            drawings = (output.get("data", {}).get("image/svg+xml", "") for output in cell.get("outputs", []))
            return next(("".join(drawing) for drawing in drawings if drawing), "")
    return ""


def write_evidence_index(chapters: Mapping[str, Path], page: Path, quotes: Sequence[Quote] = ()) -> None:
    """Write the page that lists every text glued into prose: where it stands, what it says, where it comes from.

    chapters: slug → executed notebook, beside ``page``. quotes: the facts of the pages that are not executed.
    """
    lines = [
        "# Index of evidence", "",
        "No number in the prose of the chapters is typed by hand. Each comes from a record, and here they all are: the "
        "words before it, the text as it stands on the page, and the record that it was read or computed from. "
        "`results/` is what your own run writes; `book/released/` is what the book quotes.",
    ]  # fmt: skip
    for slug, path in chapters.items():
        rows = statement_rows(path)
        if rows:
            lines += [
                "",
                f"## [{page_title(path)}]({slug}.ipynb)",
                "",
                "| Where | Text | Record |",
                "| --- | --- | --- |",
            ]
            lines += [
                "| " + " | ".join(map(markdown_cell, (f"{w} …" if w else s, text, f"`{o}`"))) + " |"
                for s, w, text, o in rows
            ]
    if quotes:
        lines += ["", "## Front page and paper", "", "| Where | Text | Record |", "| --- | --- | --- |"]
    for quote in quotes:
        words = f"{quote.page.stem}: {_preceding_words(quote.before, {})} …".replace(":  …", "")
        lines.append("| " + " | ".join(map(markdown_cell, (words, quote.text, f"`{quote.record}`"))) + " |")
    with replacement(page) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def page_title(page: Path) -> str:
    """Return the title of an executed chapter."""
    import nbformat

    cells = nbformat.read(page, as_version=4).cells
    return next((c.source.splitlines()[0].lstrip("# ") for c in cells if c.source.startswith("# ")), page.stem)


def _preceding_words(text: str, found: Mapping[str, tuple[str, str]]) -> str:
    """Return the end of a sentence up to a number, as it reads on the page."""
    text = ROLE.sub(lambda role: found[role[1]][0] if role[1] in found else "", text)
    text = re.sub(r"\{\w+:?\w*\}`([^`]*)`|\[([^\]]*)\]\([^)]*\)", lambda m: m[2] or "", text).split(". ")[-1].strip()
    return text if len(text) <= CONTEXT else "… " + text[-CONTEXT:].split(" ", 1)[-1]


def markdown_cell(text: str) -> str:
    """Return a text for a cell of a Markdown table, in which nothing of it is markup."""
    if text.startswith("`"):
        return text
    return re.sub(r"([\\`*_{}\[\]<>|$])", r"\\\1", text.replace("\n", " "))


def rerun_note(slug: str, given: Mapping[str, Any]) -> str:
    """Return, in Markdown, the papermill line and our own that execute a chapter with these parameters."""
    # -r takes a text as it stands; -p would make a number of the folder 2024.
    flags = [f"{'-r' if isinstance(v, str) else '-p'} {name} {shlex.quote(str(v))}" for name, v in given.items()]
    ours = [f"-p {name}={shlex.quote(str(value))}" for name, value in given.items()]
    lines = [f"papermill jupytext://notebooks/{slug}.md out.ipynb", *flags], [f"vaeclust run {slug}", *ours]
    text = "\n".join(" \\\n  ".join(parts) for parts in lines)
    return f"This page is what either of these commands makes of the chapter:\n\n```sh\n{text}\n```"


def write_note(page: Path, parameters: Mapping[str, Any], seconds: float) -> None:
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
    write_json(page.with_suffix(".json"), about)


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
            corpus = markdown_cell(run["data"].split(":")[0]) or "released records"
            checksum = f"`{run['checksum'][:8]}`" if run["checksum"] else "–"
            values = [duration(run["seconds"]), run["executed"], corpus, checksum]
        lines.append(f"| [{markdown_cell(page_title(path))}]({slug}.ipynb) | {' | '.join(values)} |")
    lines += ["", "## Parameters", "", *_value_table(runs, "parameters", "Parameter")]
    lines += ["", "## Versions", "", *_value_table(runs, "versions", "Package")]
    machines = sorted({run["machine"] for run in runs.values()})
    lines += ["", f"Machine: {markdown_cell('; '.join(machines) or 'unknown')}."]
    with replacement(page) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _value_table(runs: Mapping[str, dict], part: str, head: str) -> list[str]:
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
