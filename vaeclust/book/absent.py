"""Leaves out of a page what its corpus has nothing for, such as labels, and says so once (page ``reproduce``)."""

import re
from typing import Any

from vaeclust.book.chapters import cells_with_headings
from vaeclust.book.pages import ROLE, statements
from vaeclust.evidence.words import ABSENCES, NO_DIFFERENCES, UNMEASURED, listed

# Sections that every chapter has, whatever its corpus has.
_ALWAYS = ("", "Parameters", "Data", "What we saw", "Exercises")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z{\[*`])")


def fold_absent(notebook: Any) -> None:
    """Take out of an executed chapter every figure and table that only says why it is not there, in place.

    A section in which nothing else was to be seen goes with its prose, and so does a sentence that quotes a score that
    was not measured. What is stated for the page stays. One note below the title gives the reasons, and names what
    was left out. The code of exercises stays, without what it could not show.
    """
    told = {name: text for name, (text, _) in statements(notebook).items()}
    cells, reasons, emptied, figures = [], [], [], 0
    sections: dict[str, list[Any]] = {}
    for heading, cell in cells_with_headings(notebook):
        sections.setdefault(heading, []).append(cell)
    for heading, section in sections.items():
        found = {id(cell): _take_absent(cell) for cell in section if cell.cell_type == "code"}
        gone = [reason for some in found.values() for reason in some]
        reasons += gone
        if gone and heading not in _ALWAYS and not any(_shows(cell) for cell in section):
            emptied.append(heading)
            cells += [cell for cell in section if _works(cell)]
            continue
        figures += len(gone)
        keeps = heading == "Exercises"
        cells += [c for c in section if keeps or not found.get(id(c)) or _shows(c) or _works(c)]
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = _known_sentences(cell.source, told)
    if reasons:
        known = [reason for reason in ABSENCES if reason in reasons]
        if len(known) > 1:
            known = [reason for reason in known if reason != NO_DIFFERENCES]  # the others say why
        cells.insert(1, _note(known, emptied, figures))
    notebook.cells = [cell for cell in cells if cell.cell_type == "code" or cell.source.strip()]


def _take_absent(cell: Any) -> list[str]:
    """Remove the outputs of a cell that only say why there is nothing, and return what they say."""
    said = [reason for reason in map(_reason, cell.outputs) if reason]
    if said:
        cell.outputs = [output for output in cell.outputs if not _reason(output)]
        cell.metadata.get("mystnb", {}).pop("figure", None)
    return said


def _reason(output: Any) -> str:
    """Return why an output shows nothing: the words that stand in place of a figure or table; else nothing."""
    data = output.get("data", {})
    drawing, html = ("".join(data.get(kind, "")) for kind in ("image/svg+xml", "text/html"))
    return next((r for r in ABSENCES if f"<!-- {r} -->" in drawing or html == f'<p class="facts">{r}</p>'), "")


def _shows(cell: Any) -> bool:
    """Return whether there is anything to see of what a cell has found."""
    return cell.cell_type == "code" and any(map(_is_seen, cell.outputs))


def _is_seen(output: Any) -> bool:
    """Return whether an output is seen on a page: it is not stated for the prose, and not empty."""
    if "data" not in output:
        return True  # printed
    richest = max(output.data, key=lambda kind: kind != "text/plain", default="")
    return "scrapbook" not in output.get("metadata", {}) and bool("".join(output.data.get(richest, "")).strip())


def _works(cell: Any) -> bool:
    """Return whether a cell states something for the prose, or does what no page shows."""
    states = cell.cell_type == "code" and any("scrapbook" in output.get("metadata", {}) for output in cell.outputs)
    return states or "remove-cell" in cell.metadata.get("tags", [])


def _known_sentences(prose: str, told: dict[str, str]) -> str:
    """Return prose without the sentences that quote what was not measured."""

    def known(sentence: str) -> bool:
        return all(told.get(role[1]) != UNMEASURED for role in ROLE.finditer(sentence))

    return "\n".join(" ".join(filter(known, _SENTENCE_ENDS.split(line))) for line in prose.split("\n"))


def _note(reasons: list[str], sections: list[str], figures: int) -> Any:
    import nbformat

    left = [f"the section{'s' * (len(sections) > 1)} {listed(f'*{name}*' for name in sections)}"] if sections else []
    if figures:
        left.append("one figure or table" if figures == 1 else f"{figures} figures or tables")
    text = f"{' '.join(reasons)} Left out of this page: {', and '.join(left)}."
    return nbformat.v4.new_markdown_cell(f"```{{note}}\n{text}\n```")
