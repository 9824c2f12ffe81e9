"""The one way from a corpus to a record (all chapters of methods).

A method and a corpus, or several conditions of it, go in; fit, clusters, scores, intervals and maps come out, and are
kept as tidy files in ``results/<dataset>/<slug>/``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
