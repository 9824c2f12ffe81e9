"""Colours of the book: whoever sees fewer of them can still tell genres and methods apart."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from vaeclust.methods.catalogue import COMPARED, METHODS, Method
from vaeclust.plots.style import GREY, SPARE_COLOURS, colours, method_colour

# Full loss of one kind of cone, on linear RGB: Machado, Oliveira & Fernandes (2009), table 1, severity 1.0.
SIGHTS = {
    "all cones": np.eye(3),
    "without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "without blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
WHITE = np.array([0.9505, 1.0, 1.0888])
DISTINCT = 10  # CIE 1976 difference; about 2.3 is just noticeable


def seen(colour, sight):
    """Return a colour in CIELAB as an eye sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    ratio = XYZ @ np.clip(np.array(sight) @ linear, 0, 1) / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Those that no method has been given yet.
SPARE = [colour for colour in SPARE_COLOURS if colour not in map(method_colour, COMPARED)]
PALETTES = {
    "ten genres": colours([f"genre {i}" for i in range(10)]),
    "methods": {slug: method_colour(slug) for slug in COMPARED} | {colour: colour for colour in SPARE},
}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", PALETTES)
def test_no_two_colours_look_alike(name, sight):
    for (one, first), (other, second) in combinations(PALETTES[name].items(), 2):
        difference = np.linalg.norm(seen(first, SIGHTS[sight]) - seen(second, SIGHTS[sight]))
        assert difference > DISTINCT, f"{one} and {other}: {difference:.1f}"


def test_a_method_that_is_compared_has_a_colour_without_naming_one(monkeypatch):
    for slug, more in {"first": {}, "second": {}, "named": {"colour": "#123456"}}.items():
        method = Method(slug, slug.title(), "02_autoencoder", "Autoencoder", compared=True, **more)
        monkeypatch.setitem(METHODS, slug, method)
    first, second = map(method_colour, ("first", "second"))
    assert [first, second] == SPARE[:2]
    assert method_colour("named") == "#123456"
    assert {method_colour(slug) for slug in ("umap", "beta_vae_8", "no method")} == {GREY}
