"""What README, pages and paper quote (page ``index``).

The records of a finished study go in; released records, facts by name, the picture of the front page and the paper come
out.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
