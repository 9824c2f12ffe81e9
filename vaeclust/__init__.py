"""vaeclust: the parts that the chapters of the book share.

Every public name is loaded on first use (PEP 562), so that ``import vaeclust`` costs neither torch nor
librosa nor umap.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Dataset": "datasets",
    "load": "datasets",
    "METHODS": "methods",
    "STUDIED": "methods",
    "COMPARED": "methods",
    "Method": "methods",
    "Fit": "fits",
    "fit": "training",
    "CLUSTERERS": "clustering",
    "cluster": "clustering",
    "maps": "projections",
    "METRICS": "metrics",
    "score": "metrics",
    "study": "studies",
    "state": "statements",
    "purity": "metrics",
    "intervals": "evidence",
    "Record": "records",
    "project_root": "paths",
    "published": "records",
}
_MODULES = (
    "paths provenance tables parallel audio extraction folders downloads synthesis demo lyrics corpora datasets "
    "samples networks models methods fits layouts recording batched training projections clustering metrics "
    "records evidence differences diagnostics studies controls disentanglement beyond modalities library "
    "sureness release percentages claims display describe speed plots facts summary markup paper explorer "
    "statements status reuse chapters html launch notebook_io"
).split()

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name: str):
    if name in _HOME:
        value = getattr(import_module(f"vaeclust.{_HOME[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"vaeclust.{name}")
    else:
        raise AttributeError(f"module 'vaeclust' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
