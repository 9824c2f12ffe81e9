"""A Sphinx extension: only what the table of contents lists is built, whatever the project's folder is called.

The extension that reads the table of contents sees to that, too, but takes the folder's name for a pattern: in one that
is called ``vaeclust [copy]`` it finds nothing to leave out, and the text notebooks become pages.
"""

import glob
from pathlib import Path
from typing import Any


def unlisted_pages(folder: Path, suffixes: list[str]) -> list[str]:
    """Return the files with these suffixes, by path below a folder, that its ``_toc.yml`` does not list."""
    from sphinx_external_toc.parsing import parse_toc_yaml

    named = map(Path, parse_toc_yaml(folder / "_toc.yml"))
    listed = {name.with_suffix("") if name.suffix in suffixes else name for name in named}
    found = (path for suffix in suffixes for path in glob.iglob(f"**/*{suffix}", root_dir=folder, recursive=True))
    return sorted(path for path in found if Path(path).with_suffix("") not in listed)


def _parts(page: str) -> list[str]:
    """Return a path and the folders above it, but for the project's own."""
    return [place.as_posix() for place in (Path(page), *Path(page).parents) if place.name]


def setup(app: Any) -> dict[str, bool]:
    """Leave out what is not listed, before Sphinx looks for pages."""

    def leave_out(app: Any, config: Any) -> None:
        from sphinx.util.matching import Matcher

        excluded = Matcher(config.exclude_patterns)
        pages = unlisted_pages(Path(app.srcdir), list(config.source_suffix))
        more = [page for page in pages if not any(excluded(part) for part in _parts(page))]
        config.exclude_patterns = [*config.exclude_patterns, *map(glob.escape, more)]

    app.connect("config-inited", leave_out, priority=900)  # when it is known which suffixes pages have
    return {"parallel_read_safe": True, "parallel_write_safe": True}
