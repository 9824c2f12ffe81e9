"""Released records, which the book quotes whatever it is executed on: ``book/released/<dataset>/``."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from vaeclust.files import project_root
from vaeclust.methods.catalogue import COMPARED, METHODS, STUDIED
from vaeclust.studies.records import Record, read_all
from vaeclust.studies.rules import CHAPTER

RELEASED = Path("book") / "released"
LABELS = "labels"
SHARED = ("disentanglement", "by_size", LABELS)  # tables about all methods, where a study has them


def released_records(name: str, dataset: str = "gtzan", methods: Iterable[str] = tuple(STUDIED)) -> pd.DataFrame:
    """Return one of TABLES of several methods, as released; without a choice, of the eight of the study."""
    return read_all(name, dataset, methods, RELEASED)


def released_methods(dataset: str = "gtzan") -> tuple[str, ...]:
    """Return the methods that are compared and have released records; those of the study have to have them."""
    folder = project_root() / RELEASED / dataset
    return tuple(slug for slug in COMPARED if slug in STUDIED or (folder / slug).is_dir())


def unreleased_methods(dataset: str = "gtzan") -> tuple[str, ...]:
    """Return the methods that are compared and have no released records yet."""
    return tuple(slug for slug in COMPARED if slug not in released_methods(dataset))


def released_pipelines(dataset: str = "gtzan") -> list[str]:
    """Return the representations of chapter ``09_beyond`` that have released records, in the order of METHODS."""
    of_chapter = [slug for slug, method in METHODS.items() if method.chapter == CHAPTER]
    return [slug for slug in of_chapter if Record(dataset, slug, RELEASED).path("intervals").is_file()]


def released_study(slug: str, dataset: str = "gtzan") -> Record:
    """Return the released record of several methods, such as ``real_lyrics``."""
    return Record(dataset, slug, RELEASED)


def released_labels(dataset: str = "gtzan") -> pd.DataFrame:
    """Return the labels that a released study scored its tracks against, by track id: ``genre``, ``artist``, ….

    Artists are numbers: who they are does not matter to which tracks are theirs.
    """
    path = project_root() / RELEASED / dataset / f"{LABELS}.csv"
    return pd.read_csv(path, dtype={"track_id": str}, keep_default_na=False, na_values=[""]).set_index("track_id")


def book_table(name: str, root: Path | None = None) -> pd.DataFrame:
    """Return a table of the whole book as released: ``differences``, ``choices``, ``coverage`` or ``noise``."""
    return pd.read_csv((root or project_root()) / RELEASED / f"{name}.csv")


def released_table(name: str, dataset: str = "gtzan") -> pd.DataFrame:
    """Return one of SHARED as released.

    ``disentanglement``: ``name, seed, measure, value``, of the demo corpus, whose factors are known; ``by_size``:
    ``method, tracks, seed, nmi``.
    """
    return pd.read_csv(project_root() / RELEASED / dataset / f"{name}.csv")
