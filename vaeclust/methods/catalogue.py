"""METHODS: the one table of methods that chapters, command line and plots read.

To add a method, add a row: with ``compared=True`` it stands in the comparison beside those of the study. A variant is a
row with other settings, or ``replace(row, settings={...})``.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from types import MappingProxyType
from typing import Any, TypeVar

Number = TypeVar("Number", int, float)

BOTH = ("audio", "lyrics")
HIDDEN = (128, 64)  # units of the hidden layers, in the order of the data
PUBLISHED_BETAS: dict[float, str] = {1: "#56b4e9", 2: "#cc79a7", 4: "#882255"}  # beta → colour
UMAP = {"n_neighbors": 15, "n_components": 2}  # the library's own; chapter 09 chooses others


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
        Class in ``models`` (trained by ``training.fit``), ``"PCA"``, ``"Identity"``, the features themselves, or
        ``"UMAP"`` of the embedding of the method that ``settings`` name as ``base``.
    settings : mapping
        Keyword arguments of the model, besides ``latent_dim``.
    inputs : tuple of str
        What it sees of a corpus: ``("audio",)``, or ``("audio", "lyrics")``.
    published : bool
        Whether it is one of the eight of the published study.
    compared : bool
        Whether its records are compared with those of the eight, which always are.
    colour : str
        What it has throughout the book, ``"#rrggbb"``; without one, what it is given there (``plots.method_colour``).

    Examples
    --------
    >>> METHODS["conv_vae"].title, METHODS["conv_vae"].trained, METHODS["pca"].trained
    ('Conv-VAE', True, False)
    """

    slug: str
    title: str
    chapter: str
    model: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    inputs: tuple[str, ...] = ("audio",)
    published: bool = False
    compared: bool = False
    colour: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """The settings that it can have, besides ``latent_dim``: what its model takes.

        >>> METHODS["vae"].choices, METHODS["umap"].choices
        (('beta', 'hidden'), ('base', 'n_neighbors', 'n_components'))
        """
        taken = signature(self.build()).parameters.values() if self.trained else ()
        named = [parameter.name for parameter in taken if parameter.kind is parameter.KEYWORD_ONLY]
        return tuple(name for name in dict.fromkeys([*self.settings, *named]) if name != "latent_dim")

    @property
    def trained(self) -> bool:
        """Whether it has a network to train."""
        return self.model not in ("PCA", "Identity", "UMAP")

    def build(self) -> Callable:
        """Return the model's class; raises ValueError for a method that is not trained."""
        from vaeclust.methods import models

        if not hasattr(models, self.model):
            raise ValueError(f"{self.title} has no network to build")
        return getattr(models, self.model)


def beta_vae(beta: float) -> Method:
    """Return the VAE whose KL term has this weight: ``beta_vae_2`` for beta 2, ``beta_vae_0.5`` for a half.

    >>> beta_vae(0.5).slug, beta_vae(0.5).title
    ('beta_vae_0.5', 'Beta-VAE (β = 0.5)')
    """
    slug, title, settings = f"beta_vae_{beta:g}", f"Beta-VAE (β = {beta:g})", {"beta": float(beta)}
    colour = PUBLISHED_BETAS.get(beta, "")
    return Method(slug, title, "05_beta_vae", "VAE", settings, published=beta in PUBLISHED_BETAS, colour=colour)


def betas(text: str) -> tuple[float, ...]:
    """Return the values of a list such as ``"1,2,4"``, ascending, each once.

    Raises ValueError for what is no finite number above 0, and for two numbers that one name would stand for.

    >>> betas("4, 1, 0.5, 4")
    (0.5, 1.0, 4.0)
    """
    names: dict[str, float] = {}
    for part in _parts(text):
        value = _number(part, float, f"betas {text!r}", "1,2,4")
        if not 0 < value < math.inf:
            raise ValueError(f"betas {text!r}: {part!r}; expected numbers above 0, such as 1,2,4")
        if names.setdefault(f"{value:g}", value) != value:
            raise ValueError(f"betas {text!r}: {names[f'{value:g}']} and {part} have one name, beta_vae_{value:g}")
    return tuple(sorted(names.values()))


def hidden_layers(text: str) -> tuple[int, ...]:
    """Return the units of the hidden layers that a list names, in its order; ValueError names what is no whole number.

    >>> hidden_layers("128, 64")
    (128, 64)
    """
    units = tuple(_number(part, int, f"hidden {text!r}", "128,64") for part in _parts(text))
    if min(units) < 1:
        raise ValueError(f"hidden {text!r}; expected whole numbers, all at least 1, such as 128,64")
    return units


def seed_list(text: str) -> tuple[int, ...]:
    """Return the seeds that a list names, each once, in its order; nothing names none.

    Raises ValueError for what is no whole number from 0.

    >>> seed_list("0, 3"), seed_list("")
    ((0, 3), ())
    """
    seeds = tuple(dict.fromkeys(_number(part, int, f"models {text!r}", "0,1") for part in _parts(text) if part))
    if any(seed < 0 for seed in seeds):
        raise ValueError(f"models {text!r}; expected seeds, whole numbers from 0, such as 0,1")
    return seeds


def _parts(text: object) -> list[str]:
    """Return the parts of a list; papermill hands a list of one on as the number that it is."""
    return [part.strip() for part in str(text).split(",")]


def _number(part: str, kind: type[Number], where: str, example: str) -> Number:
    """Return a part of a list as a number."""
    try:
        return kind(part)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise ValueError(f"{where}: {part!r} is not {wanted}; expected a list such as {example}") from None


METHODS = {
    method.slug: method
    for method in (
        Method("pca", "PCA", "01_pca", "PCA", published=True, colour="#66707c"),
        Method("autoencoder", "Autoencoder", "02_autoencoder", "Autoencoder", published=True, colour="#d55e00"),
        Method("vae", "VAE", "03_vae", "VAE", {"beta": 1.0}, published=True, colour="#0072b2"),
        Method("conv_vae", "Conv-VAE", "04_conv_vae", "ConvVAE", {"beta": 1.0}, published=True, colour="#009e73"),
        *map(beta_vae, PUBLISHED_BETAS),
        Method(
            "multimodal_vae",
            "Multi-modal VAE",
            "06_multimodal_vae",
            "MultimodalVAE",
            {"beta": 1.0},
            BOTH,
            published=True,
            colour="#e69f00",
        ),
        Method("raw", "No network", "01_pca", "Identity", compared=True, colour="#222222"),
        Method("features", "No network", "09_beyond", "Identity"),
        Method("umap", "UMAP", "09_beyond", "UMAP", {"base": "raw", **UMAP}),
        Method("autoencoder_umap", "Autoencoder + UMAP", "09_beyond", "UMAP", {"base": "autoencoder", **UMAP}),
        Method("vae_umap", "VAE + UMAP", "09_beyond", "UMAP", {"base": "vae", **UMAP}),
        Method("vade", "VaDE", "09_beyond", "VaDE", {"components": 10}),
        Method("product_of_experts", "Product of experts", "13_real_lyrics", "ProductOfExperts", {"beta": 1.0}, BOTH),
    )
}

BASELINE = "raw"  # what each has to beat
STUDIED = {slug: method for slug, method in METHODS.items() if method.published}
COMPARED = {slug: method for slug, method in METHODS.items() if method.published or method.compared}
RANKED = {slug: method for slug, method in COMPARED.items() if slug != BASELINE}


def find(method: str | Method, **settings: Any) -> Method:
    """Return a row of METHODS by its slug, or the row of any ``beta_vae_<beta>``, with ``settings`` put over its own.

    Raises ValueError for an unknown slug, and for a setting that the method cannot have.

    >>> find("pca").title
    'PCA'
    >>> find("vade", components=4).settings
    {'components': 4}
    >>> find("beta_vae_8").settings
    {'beta': 8.0}
    """
    if isinstance(method, str) and re.fullmatch(r"beta_vae_[\d.e+-]+", method):
        method = beta_vae(float(method.removeprefix("beta_vae_")))
    if isinstance(method, str):
        if method not in METHODS:
            raise ValueError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}")
        method = METHODS[method]
    if not settings:
        return method
    for name in settings:
        if name not in method.choices:
            raise ValueError(f"{method.title} has no setting {name!r}; it has {', '.join(method.choices) or 'none'}")
    return replace(method, settings={**method.settings, **settings})
