"""The demo corpus: synthetic music with known factors, composed and rendered here (chapter ``00_data``).

A seed goes in; tracks, their sound and their lyrics come out.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
