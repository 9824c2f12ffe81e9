"""What a cell of a chapter shows besides a figure (all chapters).

Tables of evidence go in; HTML for the page, statements glued into prose, a corpus in words and players come out.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
