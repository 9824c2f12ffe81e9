"""Facts of the released study: what front page, introduction, discussion and paper quote by name (page ``index``).

``book/released/facts.json`` holds ``{name: {"text": …, "record": …}}``, written by ``answers.write``. A page says
``{{ name }}``; this module is also the Sphinx extension that puts the text there, so it imports nothing heavy.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from vaeclust.files import project_root

FACTS = Path("book") / "released" / "facts.json"
PLACE = re.compile(r"\{\{ ?(\w+) ?\}\}")
MARKUP = re.compile(r"^(?:\d+\.|-) |\*")  # of lists and emphasis


def read_facts(root: Path | None = None) -> dict[str, dict[str, str]]:
    """Return every fact as it was released: its text, and the record that it comes from."""
    return json.loads(((root or project_root()) / FACTS).read_text(encoding="utf-8"))


def fill_facts(text: str, facts: dict[str, dict[str, str]]) -> str:
    """Return a text with every ``{{ name }}`` replaced by its fact; KeyError names one that does not exist."""
    return PLACE.sub(lambda place: facts[place[1]]["text"], text)


class Quote(NamedTuple):
    """One fact on a page: the line before it without emphasis, what it says, and the record that it comes from."""

    page: Path
    before: str
    text: str
    record: str


def quotes(root: Path) -> list[Quote]:
    """Return every fact that a page of the book quotes, in the order of the pages."""
    facts, found = read_facts(root), []
    for page in sorted((root / "book").glob("*.md")):
        for line in page.read_text(encoding="utf-8").splitlines():
            for place in PLACE.finditer(line):
                before = MARKUP.sub("", fill_facts(line[: place.start()], facts))
                found.append(Quote(page, before, *facts[place[1]].values()))
    return found


def setup(app) -> dict[str, bool]:
    """Make the facts substitutions of every MyST page, when Sphinx has read its configuration."""

    def add(app, config) -> None:
        texts = {name: fact["text"] for name, fact in read_facts(Path(app.srcdir)).items()}
        config.myst_substitutions = {**config.myst_substitutions, **texts}

    app.connect("config-inited", add)
    return {"parallel_read_safe": True}
