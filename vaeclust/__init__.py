"""vaeclust: which unsupervised representation of music groups it best, and how sure can we be?

The rooms are the stages of the data; each one's docstring says what goes in and what comes out: ``corpus``,
``methods``, ``clusters``, ``estimators``, ``scores``, ``studies``, ``evidence``, ``cells``, ``plots``, ``released``,
``your_music``, ``book``. Every name is loaded on first use, so that ``import vaeclust`` costs neither torch nor librosa
nor umap.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
