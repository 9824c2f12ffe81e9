"""What a listener gets (chapters ``10_your_music`` and ``11_explorer``).

A corpus, an embedding and clusters go in; the number of clusters, portraits, playlists, lists that play, the songs like
one song and the explorer come out.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
