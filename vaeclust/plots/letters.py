"""Letters of every script in figures (page ``reproduce``).

A figure shows its letters as outlines, so that it looks the same everywhere. A letter that the book's font lacks would
be a box: a figure with one keeps its text as text, and the reader's browser finds a font that has it.
"""

import warnings
from contextlib import nullcontext
from typing import Any

import matplotlib
from matplotlib.backend_bases import register_backend
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.text import Text


class Canvas(FigureCanvasSVG):
    """Writes SVG: outlines of letters where the fonts have all of them, else text."""

    def print_svg(
        self, filename: Any, *, bbox_inches_restore: Any = None, metadata: Any = None, **other_formats: Any
    ) -> None:
        """Write the figure; other_formats: what matplotlib hands to every canvas, and which SVG has no use for."""
        with matplotlib.rc_context({"svg.fonttype": "none"}) if lacks_letters(self.figure) else nullcontext():
            super().print_svg(filename, bbox_inches_restore=bbox_inches_restore, metadata=metadata)


def keep_every_script() -> None:
    """Let every figure that is written as SVG show the letters of every script."""
    register_backend("svg", Canvas)
    warnings.filterwarnings("ignore", "Glyph .* missing from|Matplotlib currently does not support")  # they are not


def lacks_letters(figure: Figure) -> bool:
    """Return whether a figure has letters that its fonts lack.

    >>> lacks_letters(Figure()), lacks_letters(Figure().add_subplot(title="গান").figure)
    (False, True)
    """
    return any(_lacks_letters(text) for text in figure.findobj(Text))


def _lacks_letters(text: Text) -> bool:
    letters = {letter for letter in text.get_text() if not letter.isascii() and not letter.isspace()}
    if not letters:
        return False
    font = get_font(findfont(text.get_fontproperties()))
    return any(not font.get_char_index(ord(letter)) for letter in letters)
