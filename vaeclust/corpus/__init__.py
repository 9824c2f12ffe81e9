"""Tracks to features: the first room of the data (chapters ``00_data``, ``10_your_music``).

A feature table, a folder of audio or a named corpus goes in, with lyrics and what is known of the tracks; a
:class:`~vaeclust.corpus.dataset.Dataset` comes out, checked and standardised: what every other room is shown.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
