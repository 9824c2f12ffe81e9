"""Figures: one function each (all chapters).

A tidy table goes in; matplotlib's axes or figure come out, and showing them is left to the page.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
