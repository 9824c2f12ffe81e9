"""Executed chapters and their pages (page ``reproduce``).

Text notebooks and parameters go in; executed chapters and a static HTML book come out. No chapter imports from here.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
