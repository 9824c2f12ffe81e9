"""One function a figure; each returns its figure or axes and leaves showing it to the page."""

from vaeclust.plots import clusters, comparison, controls, features, maps, speed, training
from vaeclust.plots.style import use_book_style

__all__ = ["clusters", "comparison", "controls", "features", "maps", "speed", "training", "use_book_style"]
