"""The look of the book: palettes, sizes, and how figures and tables get onto a page."""

import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.axes import Axes

from vaeclust.cells.tables import show_tables

WIDTH = 7.2  # inches: the text column of the book
GREY = "#5f6b7a"

# From low to high: the steps of cividis, Nuñez et al. (2018), which colour-blind readers see as others do.
SEQUENTIAL = [matplotlib.colors.to_hex(matplotlib.colormaps["cividis"](step / 10)) for step in range(11)]

_METHOD_COLOURS = {
    "pca": "#66707c",
    "autoencoder": "#d55e00",
    "vae": "#0072b2",
    "conv_vae": "#009e73",
    "beta_vae_1": "#56b4e9",
    "beta_vae_2": "#cc79a7",
    "beta_vae_4": "#882255",
    "multimodal_vae": "#e69f00",
    "raw": "#222222",
}


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
    _show_vector_pictures()
    show_tables()


def colours(names: list[str]) -> dict[str, str]:
    """Return a colour for every genre or cluster: ten that colour-blind readers can tell apart, then more."""
    palette = sns.color_palette("colorblind", 10) if len(names) <= 10 else sns.color_palette("husl", len(names))
    return dict(zip(names, palette.as_hex(), strict=False))


def method_colour(slug: str) -> str:
    """Return the colour that stands for a method throughout the book."""
    return _METHOD_COLOURS.get(slug, GREY)


def new_axes(ax: Axes | None, width: float = WIDTH, height: float = 4.0) -> Axes:
    """Return ``ax``, or the axes of a new figure of this size in inches."""
    return ax if ax is not None else plt.subplots(figsize=(width, height))[1]


def _show_vector_pictures() -> None:
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})
