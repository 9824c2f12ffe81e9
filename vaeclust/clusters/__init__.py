"""Embeddings to clusters (all chapters of methods).

A fit goes in; a table ``track_id, seed, clusterer, cluster`` comes out, by clusterers of one signature and, over all
seeds, by consensus.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
