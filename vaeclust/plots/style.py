"""The look of the book: palettes, sizes, and how figures and tables get onto a page."""

import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.axes import Axes

from vaeclust.cells.tables import show_tables
from vaeclust.methods.catalogue import METHODS
from vaeclust.plots.letters import keep_every_script

WIDTH = 7.2  # inches: the text column of the book
GREY = "#5f6b7a"

# From low to high: the steps of cividis, Nuñez et al. (2018), which colour-blind readers see as others do.
SEQUENTIAL = [matplotlib.colors.to_hex(matplotlib.colormaps["cividis"](step / 10)) for step in range(11)]

# For methods that are compared and name no colour: unlike those that are named, and each other, to every eye.
SPARE_COLOURS = ("#9600f0", "#870000", "#4b005a", "#2d1e96", "#a5b469")


def use_book_style() -> None:
    """Set the look of all that a cell shows: figures are vector pictures in one font size, tables those of the book."""
    sns.set_theme(context="notebook", style="ticks", palette="colorblind")
    settings = {
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.labelsize": 10,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "legend.fontsize": 9,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "figure.constrained_layout.use": True,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        # Without a salt the ids inside an SVG differ from run to run.
        "svg.hashsalt": "vaeclust",
    }
    matplotlib.rcParams.update(settings)
    keep_every_script()
    _show_vector_pictures()
    show_tables()


def colours(names: list[str]) -> dict[str, str]:
    """Return a colour for every genre or cluster: ten that colour-blind readers can tell apart, then more."""
    palette = sns.color_palette("colorblind", 10) if len(names) <= 10 else sns.color_palette("husl", len(names))
    return dict(zip(names, palette.as_hex(), strict=False))


def method_colour(slug: str) -> str:
    """Return the colour that stands for a method throughout the book: its own, or grey where it is not compared.

    A method that is compared and names none has one of a few spare colours, in the order of METHODS.
    """
    unnamed = [name for name, method in METHODS.items() if method.compared and not method.colour]
    if slug in unnamed:
        return SPARE_COLOURS[unnamed.index(slug) % len(SPARE_COLOURS)]
    return METHODS[slug].colour or GREY if slug in METHODS else GREY


def new_axes(ax: Axes | None, width: float = WIDTH, height: float = 4.0) -> Axes:
    """Return ``ax``, or the axes of a new figure of this size in inches."""
    return ax if ax is not None else plt.subplots(figsize=(width, height))[1]


def label_step(names: int) -> int:
    """Return which of so many names side by side are written: every one of the 57 features, of more some that fit."""
    return 1 if names <= 57 else -(-names // 28)


def _show_vector_pictures() -> None:
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})
