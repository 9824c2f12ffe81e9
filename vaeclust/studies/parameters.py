"""The parameters of the chapters: what each may be, checked before anything starts (page ``reproduce``)."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.methods.catalogue import METHODS, betas, hidden_layers, seed_list

MOST_DIMENSIONS = 1000


@dataclass(frozen=True)
class Parameter:
    """What a parameter may be: its default, whose type it has, and whether it may be a value.

    ``allowed``: the same in words. ``listed``: a text that lists numbers, of which papermill hands on a single one as
    the number that it is.
    """

    default: Any
    allowed: str
    accepts: Callable[[Any], bool] = lambda value: True
    listed: bool = False

    def check(self, name: str, value: Any) -> None:
        """Raise ValueError, with name, value and what is allowed, for a value of another type or out of bounds."""
        kind = type(self.default)
        right = type(value) is kind or (type(value) is int and kind is float)
        right = right or (self.listed and type(value) in (int, float))
        try:
            accepted = right and self.accepts(value)
        except ValueError as error:
            raise ValueError(f"{name}={value!r}; {error}") from None
        if not accepted:
            raise ValueError(f"{name}={value!r}; expected {self.allowed}")


def _at_least(least: int, most: float = math.inf) -> Callable[[int], bool]:
    return lambda value: least <= value <= most


def _something(text: str) -> bool:
    return bool(text.strip())


def _betas(text: str) -> bool:
    return bool(betas(text))  # says itself what is wrong


def _hidden(text: str) -> bool:
    return bool(hidden_layers(text))


def _seeds(text: str) -> bool:
    return seed_list(text) is not None


PARAMETERS = {
    "dataset": Parameter(
        "demo", "demo, gtzan-mini, gtzan, or the path of a folder of audio or a feature table", _something
    ),
    "lyrics": Parameter("", "the path of a folder or table of lyrics, or nothing"),
    "tracks": Parameter("", "the path of a table of tracks, or nothing"),
    "features": Parameter("mfcc20", f"{', '.join(FEATURE_SETS)}, or the path of a file of features"),
    "name": Parameter("", "a name for the corpus, or nothing"),
    "seeds": Parameter(10, "a whole number of at least 1", _at_least(1)),
    "epochs": Parameter(50, "a whole number of at least 1", _at_least(1)),
    "batch_size": Parameter(32, "a whole number of at least 2, which batch norm needs", _at_least(2)),
    "learning_rate": Parameter(1e-3, "a finite number above 0", lambda value: 0 < value < math.inf),
    "latent_dim": Parameter(
        16, f"a whole number from 2, which a map needs, to {MOST_DIMENSIONS}", _at_least(2, MOST_DIMENSIONS)
    ),
    "n_clusters": Parameter(
        0, "a whole number of at least 2, or 0 for as many as there are genres", lambda value: value == 0 or value >= 2
    ),
    "results_dir": Parameter("results", "the path of a folder", _something),
    "hidden": Parameter("128,64", "a list of whole numbers of at least 1, such as 128,64", _hidden, listed=True),
    "betas": Parameter("1,2,4", "a list of numbers above 0, such as 1,2,4", _betas, listed=True),
    "curve": Parameter(
        "0.1,0.5,8,16", "a list of numbers above 0, or nothing", lambda text: text == "" or _betas(text), listed=True
    ),
    "models": Parameter("0", "a list of seeds whose models are kept, such as 0,1, or nothing", _seeds, listed=True),
    "heard": Parameter("", "the path of a table of tags or of an npz of what networks heard, or nothing"),
    "labels": Parameter("", "a list of columns of the tracks, such as genre,language, or nothing"),
    "most": Parameter(100, "a whole number of at least 20, or 0 for all", lambda value: value == 0 or value >= 20),
    "published_lyrics": Parameter("", "the path of the published lyrics features, or nothing"),
    "method": Parameter("raw", f"one of {', '.join(METHODS)}", lambda value: value in METHODS),
    "exclude": Parameter("", "a list of patterns of paths, such as */Audiobooks/*,*.wav, or nothing"),
    "place": Parameter("your_music", "your_music or listen", lambda value: value in ("your_music", "listen")),
    "reads": Parameter("", "listen, or nothing", lambda value: value in ("", "listen")),
    "playlists": Parameter("", "the path of the folder where a player looks for playlists, or nothing"),
    "longest": Parameter(15.0, "minutes, at least 1: longer files are in no playlist", lambda value: value >= 1),
    "clips": Parameter(0, "seconds that are cut of every song, at most 60, or 0", lambda value: 0 <= value <= 60),
    "benchmarks": Parameter("benchmarks", "the path of a folder", _something),
}


def check_parameters(values: Mapping[str, Any]) -> None:
    """Raise ValueError for the first of these values that cannot work; names that are no parameters are passed over.

    >>> check_parameters({"seeds": 3, "latent_dim": 2})
    """
    for name, value in values.items():
        if name in PARAMETERS:
            PARAMETERS[name].check(name, value)


def study_settings(values: Mapping[str, Any], dataset: Dataset, methods: Iterable[str] = ()) -> dict[str, Any]:
    """Return what the parameters of a chapter say to ``study`` about a corpus: the one way from a cell to a record.

    values: parameters by name, such as ``globals()`` of a chapter. A *default* number of latent dimensions or clusters
    that is too large for the corpus is lowered, in a line; one that was chosen stays.

    methods: those that the chapter fits; ValueError for a setting that one of them, or this corpus, cannot have.
    """
    check_parameters(values)
    names = ("seeds", "n_clusters", "epochs", "batch_size", "learning_rate", "latent_dim")
    found: dict[str, Any] = {name: values.get(name, PARAMETERS[name].default) for name in names}
    if "hidden" in values:
        found["hidden"] = hidden_layers(values["hidden"])
    different = len(dataset.features.drop_duplicates())  # what is left under the control without copies
    tracks = f"{len(dataset)} tracks" + (f", {different} different ones" if different < len(dataset) else "")
    most = min(different, dataset.audio.shape[1])
    if found["latent_dim"] > most:
        if found["latent_dim"] == PARAMETERS["latent_dim"].default:
            found["latent_dim"] = most
            print(f"latent_dim is lowered to {most}: {tracks} with {dataset.audio.shape[1]} features")
        elif any(METHODS[slug].model == "PCA" for slug in methods if slug in METHODS):
            raise ValueError(f"latent_dim={found['latent_dim']}; PCA of {dataset.audio.shape} allows at most {most}")
    largest = different - 1
    default = max(2, min(dataset.default_k(), largest))
    if not found["n_clusters"] and dataset.n_groups > default:
        found["n_clusters"] = default
        print(f"n_clusters is lowered to {default}: {tracks}")
    if not 2 <= (found["n_clusters"] or dataset.default_k()) <= largest:
        raise ValueError(
            f"n_clusters={found['n_clusters'] or dataset.default_k()} for {tracks}; expected at most "
            f"{largest} (the silhouette needs a cluster with two tracks)"
        )
    return found
