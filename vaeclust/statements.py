"""Numbers in prose: glued into the text, and listed with the record that they come from (page ``evidence``)."""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vaeclust.facts import Quote
from vaeclust.paths import replacing

PREFIX = "application/papermill.record/"  # what keeps the page from showing a glued value where it was made
ROLE = re.compile(r"\{glue:text\}`([^`]+)`")
CONTEXT = 60  # characters of the sentence before a number


def state(source: str, texts: Mapping[str, object]) -> None:
    """Make texts available to ``{glue:text}`` in this chapter's prose, and remember where they come from.

    source: the record, as a path relative to the project, or a few words. texts: name → what is printed.
    """
    from IPython.display import display

    for name, text in texts.items():
        scrapbook = {"name": name, "mime_prefix": PREFIX}
        content = {f"{PREFIX}text/plain": repr(str(text))}
        display(content, raw=True, metadata={"scrapbook": scrapbook, "source": source})


def stated(page: Path) -> list[tuple[str, str, str, str]]:
    """Return section, words before, text and source of everything that is glued into the prose of an executed chapter.

    Raises ValueError for a text in the prose that no cell has stated.
    """
    import nbformat

    notebook = nbformat.read(page, as_version=4)
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            about = output.get("metadata", {})
            if "scrapbook" in about and "source" in about:
                text = ast.literal_eval(output["data"][f"{PREFIX}text/plain"])
                found[about["scrapbook"]["name"]] = text, about["source"]
    rows, section = [], ""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            section = line.lstrip("# ") if line.startswith("#") else section
            for role in ROLE.finditer(line):
                if role[1] not in found:
                    raise ValueError(f"{page.stem}: no cell states {role[1]!r}, which its prose quotes")
                rows.append((section, _words_before(line[: role.start()], found), *found[role[1]]))
    return rows


def write_index(chapters: Mapping[str, Path], page: Path, quotes: Sequence[Quote] = ()) -> None:
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
        rows = stated(path)
        if rows:
            lines += ["", f"## [{title(path)}]({slug}.ipynb)", "", "| Where | Text | Record |", "| --- | --- | --- |"]
            lines += [
                "| " + " | ".join(map(cell, (f"{w} …" if w else s, text, f"`{o}`"))) + " |" for s, w, text, o in rows
            ]
    if quotes:
        lines += ["", "## Front page and paper", "", "| Where | Text | Record |", "| --- | --- | --- |"]
    for quote in quotes:
        words = f"{quote.page.stem}: {_words_before(quote.before, {})} …".replace(":  …", "")
        lines.append("| " + " | ".join(map(cell, (words, quote.text, f"`{quote.record}`"))) + " |")
    with replacing(page) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def title(page: Path) -> str:
    """Return the title of an executed chapter."""
    import nbformat

    cells = nbformat.read(page, as_version=4).cells
    return next((c.source.splitlines()[0].lstrip("# ") for c in cells if c.source.startswith("# ")), page.stem)


def _words_before(text: str, found: Mapping[str, tuple[str, str]]) -> str:
    """Return the end of a sentence up to a number, as it reads on the page."""
    text = ROLE.sub(lambda role: found[role[1]][0] if role[1] in found else "", text)
    text = re.sub(r"\{\w+:?\w*\}`([^`]*)`|\[([^\]]*)\]\([^)]*\)", lambda m: m[2] or "", text).split(". ")[-1].strip()
    return text if len(text) <= CONTEXT else "… " + text[-CONTEXT:].split(" ", 1)[-1]


def cell(text: str) -> str:
    """Return a text for a cell of a Markdown table, in which nothing of it is markup."""
    if text.startswith("`"):
        return text
    return re.sub(r"([\\`*_{}\[\]<>|$])", r"\\\1", text.replace("\n", " "))
