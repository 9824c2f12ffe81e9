"""Prose pages and tables of the book for the typesetter of the paper: MyST's Markdown to Typst (page ``index``)."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from vaeclust.evidence.tables import Table

SPECIAL = re.compile(r"([\\*_`$#@<>\[\]~])")
CITATION = re.compile(r"\{cite:([pt])\}$")

# A semicolon ends what Typst reads as code, so that one in the text stays text.
WRAPS = {"strong_open": "#strong[", "em_open": "#emph[", "strong_close": "];", "em_close": "];"}


def page_sections(markdown: str) -> dict[str, str]:
    """Return the text of a page by its second-level headings; what stands before the first is under ''."""
    found, title = {"": ""}, ""
    for line in markdown.splitlines(keepends=True):
        if line.startswith("## "):
            title = line[3:].strip()
            found[title] = ""
        elif not line.startswith("# "):
            found[title] += line
    return found


def to_typst(markdown: str) -> str:
    """Return Markdown as Typst markup: paragraphs, headings, lists, emphasis, code, links, citations.

    The page's title is left out, and links to other pages become their words, since a printed page has none. Raises
    ValueError for what a prose page should not hold, such as a table or a formula.
    """
    out, lists = [], []
    for token in MarkdownIt("commonmark").parse(markdown):
        kind = token.type
        if kind == "heading_open":
            out.append("\n" + "=" * int(token.tag[1]) + " ")
        elif kind in ("bullet_list_open", "ordered_list_open"):
            lists.append("- " if kind.startswith("bullet") else "+ ")
        elif kind in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
            out.append("\n")
        elif kind == "list_item_open":
            out.append(lists[-1])
        elif kind == "inline":
            out.append(_inline(token.children or []) + "\n")
        elif kind == "paragraph_close":
            out.append("" if lists else "\n")
        elif kind == "fence":
            out.append(f"#raw(block: true, {_quoted(token.content.rstrip())})\n\n")
        elif kind not in ("heading_close", "paragraph_open", "list_item_close"):
            raise ValueError(f"{kind} in a prose page cannot be typeset: {token.content[:60]!r}")
    return re.sub(r"\A\s*= .*\n", "", "".join(out))


def typst_rows(table: Table) -> list[list[str]]:
    """Return a table as the paper reads it: its head, then its rows; a bold cell stands in asterisks."""
    head, *rows = table.lines("*")
    return [[re.sub(" (?=[↑↓])", "\N{NO-BREAK SPACE}", text) for text in head], *rows]


def _inline(tokens: Sequence[Token]) -> str:
    text = ""
    for token in tokens:
        if token.type == "text":
            text += SPECIAL.sub(r"\\\1", token.content)
        elif token.type == "code_inline" and (role := CITATION.search(text)):
            form = ', form: "prose"' if role[1] == "t" else ""
            keys = token.content.split(",")
            text = text[: role.start()] + " ".join(f"#cite(<{key.strip()}>{form});" for key in keys)
        elif token.type == "code_inline":
            text += f"#raw({_quoted(token.content)});"
        elif token.type in WRAPS:
            text += WRAPS[token.type]
        elif token.type == "softbreak":
            text += " "
        elif token.type not in ("link_open", "link_close"):
            raise ValueError(f"{token.type} in a prose page cannot be typeset: {token.content[:60]!r}")
    return text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
