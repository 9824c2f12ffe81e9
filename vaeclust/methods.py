"""METHODS: the one table of methods that chapters, command line and plots read.

To add a method, add a row. A variant is a row with other settings, or ``replace(row, settings={...})``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Method:
    """One representation of music.

    Attributes
    ----------
    slug : str
        Names the folder of its records.
    title : str
        As the book prints it.
    chapter : str
        The chapter that trains it.
    model : str
        Class in ``models`` (trained by ``training.fit``), or ``"PCA"``, which needs no training.
    settings : mapping
        Keyword arguments of the model, besides ``latent_dim``.
    """

    slug: str
    title: str
    chapter: str
    model: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def build(self) -> Callable:
        """Return the model's class; raises ValueError for PCA, which is not trained."""
        from vaeclust import models

        if not hasattr(models, self.model):
            raise ValueError(f"{self.title} has no network to build")
        return getattr(models, self.model)


METHODS = {
    method.slug: method
    for method in (
        Method("pca", "PCA", "01_pca", "PCA"),
        Method("autoencoder", "Autoencoder", "02_autoencoder", "Autoencoder"),
        Method("vae", "VAE", "03_vae", "VAE", {"beta": 1.0}),
    )
}


def find(method: str | Method, **settings: Any) -> Method:
    """Return a row of METHODS by its slug, with ``settings`` put over its own.

    Raises ValueError for an unknown slug.
    """
    if isinstance(method, str):
        if method not in METHODS:
            raise ValueError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}")
        method = METHODS[method]
    return replace(method, settings={**method.settings, **settings}) if settings else method
