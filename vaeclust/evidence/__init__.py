"""What records say (all chapters of methods, 07 to 09 and 11 to 13).

Tables of records go in; differences with intervals, ranks, agreement and verdicts come out, and the words and tables
in which pages say them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
