"""Clusters to scores (page ``metrics``).

A fit and its clusters go in; a table with one row a seed, clusterer, space and metric comes out, and the interval of
its mean over seeds.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
