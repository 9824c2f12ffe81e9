"""What the wheel holds beside the package: the chapters and pages that `vaeclust new` lays down."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = {"notebooks": "*.md", "book": "**/*", "benchmarks": "*.*"}
FILES = ("_config.yml", "_toc.yml", "jupytext.toml", "LICENSE")
# What runs and builds put among the pages.
MADE = ("book/chapters/", "book/_static/clips/", "book/_static/plotly.min.js", "book/_static/vaeclust.pdf")


class BookHook(BuildHookInterface):
    """Adds chapters and pages as ``vaeclust/project``; an editable install has them in the checkout."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Say which files go where."""
        if version == "editable":
            return
        root = Path(self.root)
        found = [root / name for name in FILES]
        found += [path for folder, like in FOLDERS.items() for path in (root / folder).glob(like) if path.is_file()]
        for path in found:
            place = path.relative_to(root).as_posix()
            if not place.startswith(MADE) and "__pycache__" not in place:
                build_data["force_include"][str(path)] = f"vaeclust/project/{place}"
