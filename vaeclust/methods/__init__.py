"""Features to embeddings (chapters 01 to 06, 09 and 13).

A row of METHODS and a corpus go in; a :class:`~vaeclust.methods.fits.Fit` comes out, with an embedding for every seed.
Networks, models and the one training loop are here, and the maps, which are for the eye only.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
