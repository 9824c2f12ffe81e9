"""The study on disk: small tidy files, written whole or not at all (page ``reproduce``)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vaeclust import files
from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.sampling import MOST, SAMPLE
from vaeclust.methods.catalogue import METHODS
from vaeclust.methods.fits import Fit
from vaeclust.methods.projections import maps
from vaeclust.scores.silhouettes import PRECISION

STANDARD = "standard"

TABLES = {
    "scores": "dataset method condition seed clusterer k space reference metric value".split(),
    "clusters": "track_id condition seed clusterer cluster".split(),
    "intervals": "method condition clusterer space reference metric mean sd low high how".split(),
    "maps": "track_id projection seed x y".split(),
    "history": "condition seed epoch term value".split(),
    "dimensions": "condition seed dimension variance kl active".split(),
}

OPTIONAL = ("maps",)  # of a study that made none


@dataclass(frozen=True)
class Study:
    """What a method gave under all its conditions.

    Attributes
    ----------
    fit : Fit
        Under the first condition; of the others only the tables are kept.
    tables : dict of DataFrame
        ``scores``, ``clusters``, ``intervals``, ``history``, ``dimensions`` of all conditions, and ``maps`` of the
        first, as TABLES has them.
    parameters : dict
        What run.json tells: where the corpus came from, seeds, number of clusters, settings.
    """

    fit: Fit
    tables: dict[str, pd.DataFrame]
    parameters: dict[str, Any]

    @property
    def dataset(self) -> Dataset:
        """The corpus of the first condition."""
        return self.fit.corpora[0]

    def first(self, name: str) -> pd.DataFrame:
        """Return one of the tables under the first condition alone, the one that methods are compared by."""
        table = self.tables[name]
        return table[table["condition"] == table["condition"].iloc[0]] if len(table) else table

    clusters = property(lambda self: self.first("clusters"), doc="The clusters of the first condition.")
    scores = property(lambda self: self.first("scores"), doc="The scores of the first condition.")
    intervals = property(lambda self: self.first("intervals"), doc="The intervals of the first condition.")
    maps = property(lambda self: self.tables["maps"], doc="The maps of the first seed under the first condition.")


class Record:
    """The folder of a study's results, ``results/<dataset>/<slug>/``: of one method, or of several (``real_lyrics``).

    Reading a table that is not there raises FileNotFoundError, which names the command that makes it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = Record("demo", "vae", folder)
    ...     found = pd.DataFrame({"track_id": ["a"], "projection": "pca", "seed": 0, "x": 0.5, "y": 1.5})
    ...     record.put("maps", found).equals(record.read("maps"))
    True
    """

    def __init__(self, dataset: str, slug: str, results_dir: str | Path = "results"):
        self.dataset, self.slug = dataset, slug
        self.folder = files.resolve(results_dir) / dataset / slug

    def __repr__(self) -> str:
        return f"Record({self.dataset}/{self.slug})"

    @property
    def shown(self) -> str:
        """The folder as a page shows it: relative to the project where it is inside."""
        root = files.project_root()
        return str(self.folder.relative_to(root) if self.folder.is_relative_to(root) else self.folder)

    def path(self, name: str) -> Path:
        """Return the file of one of TABLES: ``<name>.csv``, or ``<name>.csv.xz`` where released records have that."""
        packed = self.folder / f"{name}.csv.xz"
        return packed if packed.is_file() else self.folder / f"{name}.csv"

    def put(self, name: str, table: pd.DataFrame) -> pd.DataFrame:
        """Write one of TABLES; columns that all rows share may be left out. Returns the table as written.

        A table of several methods has the column ``method`` in front. Raises ValueError when the columns are not those
        of the table.
        """
        shared = {"dataset": self.dataset, "method": self.slug, "condition": STANDARD}
        wanted = TABLES[name]
        if "method" in table and "method" not in wanted:
            wanted = ["method", *wanted]
        table = table.assign(**{c: v for c, v in shared.items() if c in wanted and c not in table})
        if set(table.columns) != set(wanted):
            raise ValueError(f"{name}: columns {list(table.columns)}; expected {wanted}")
        files.write_csv(self.folder / f"{name}.csv", table[wanted], index=False)
        return table[wanted]

    def read(self, name: str) -> pd.DataFrame:
        """Read one of TABLES."""
        path = self.path(name)
        if not path.is_file():
            raise FileNotFoundError(self._missing(path))
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"track_id": str})
        return table.fillna({"reference": ""} if "reference" in TABLES[name] else {})

    def keep(self, *studies: Study) -> None:
        """Write everything about a study, run.json last.

        Several studies of one corpus share the record; each row then names its method.

        Embeddings and run.json are those of the first study, with the settings of all.
        """
        first = studies[0]
        for name, table in first.tables.items():
            if len(studies) > 1:
                named = (each.tables[name].assign(method=each.fit.method.slug) for each in studies)
                table = pd.concat([part for part in named if len(part)] or [table], ignore_index=True)
            if len(table) or name not in OPTIONAL:
                self.put(name, table)
        with files.replacement(self.folder / "embeddings.npz") as path:
            ids = np.array(first.dataset.ids, dtype=np.str_)
            np.savez_compressed(path, track_id=ids, seeds=np.array(first.fit.seeds), embeddings=first.fit.embeddings)
        settings = {each.fit.method.slug: dict(each.fit.method.settings) for each in studies}
        chosen = settings if len(studies) > 1 else dict(first.fit.method.settings)
        files.write_json(self.folder / "run.json", {**self._run(first), "settings": chosen})

    def embeddings(self) -> tuple[list[str], np.ndarray]:
        """Return track ids and embeddings (seeds, n, d) float32."""
        path = self.folder / "embeddings.npz"
        if not path.is_file():
            raise FileNotFoundError(self._missing(path))
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["track_id"].tolist(), arrays["embeddings"]

    def _run(self, study: Study) -> dict[str, Any]:
        """Return run.json: what was run on which data, with which versions."""
        fit, dataset = study.fit, study.dataset
        told = {
            "dataset": dataset.name,
            "method": self.slug,
            "parameters": study.parameters,
            "settings": {},
            "tracks": len(dataset),
            "features": dataset.audio.shape[1],
            "checksum": dataset.checksum,
            "excluded": dataset.excluded,
            "parameter_count": fit.n_parameters,
            "seconds": round(fit.seconds, 3),
            "versions": files.versions(),
            "machine": files.machine(),
        }
        if len(dataset) > MOST:
            told["sampled"] = {
                "silhouette": f"tracks at random against all, until the 95 % interval of a seed is ±{PRECISION:g}",
                "maps, agglomerative and DBSCAN": f"{SAMPLE} tracks at random; others as the nearest of them",
            }
        return told

    def add_to_run(self, name: str, value: Any) -> None:
        """Add an entry to run.json."""
        files.write_json(self.folder / "run.json", {**self.run(), name: value})

    def run(self) -> dict[str, Any]:
        """Read run.json."""
        path = self.folder / "run.json"
        if not path.is_file():
            raise FileNotFoundError(self._missing(path))
        return json.loads(path.read_text(encoding="utf-8"))

    def save_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table about all methods, such as comparison.csv, beside the methods' folders."""
        files.write_csv(self.folder.parent / f"{name}.csv", table)

    def figure(self, name: str, drawn: Any) -> Any:
        """Save matplotlib's axes or figure as figures/<name>.svg and return the figure, for the page to show once."""
        figure = getattr(drawn, "figure", drawn)
        files.write_svg(self.folder / "figures" / f"{name}.svg", figure)
        return figure

    def _missing(self, path: Path) -> str:
        return (
            f"no {path.name} of {self.slug} on {self.dataset} (looked for {path}). "
            f"Make it with: vaeclust run {chapter_name(self.slug)} --dataset <the data set>"
        )


def stack_conditions(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of several conditions one below the other, with the column ``condition``."""
    named = [table.assign(condition=name) for name, table in tables.items()]
    return pd.concat([table for table in named if len(table)] or named[:1], ignore_index=True)


def read_all(name: str, dataset: str, methods: Iterable[str], results_dir: str | Path = "results") -> pd.DataFrame:
    """Return one of TABLES of several methods, one below the other, with the column ``method``.

    Raises FileNotFoundError, naming every method whose records are missing and the command that makes them.
    """
    records = [Record(dataset, slug, results_dir) for slug in methods]
    missing = [record for record in records if not record.path(name).is_file()]
    if missing:
        slugs = ", ".join(record.slug for record in missing)
        made_by = " ".join(dict.fromkeys(chapter_name(record.slug) for record in missing))
        raise FileNotFoundError(
            f"no {name}.csv of {slugs} on {dataset} in {missing[0].folder.parent}. "
            f"Make them with: vaeclust run {made_by} --dataset <the same data set>"
        )
    tables = {record.slug: record.read(name) for record in records}
    return pd.concat(
        [table if "method" in table else table.assign(method=slug) for slug, table in tables.items()], ignore_index=True
    )


def add_umap_maps(dataset: str, slug: str, results_dir: str | Path = "results") -> pd.DataFrame:
    """Add the UMAP map of the first seed to a method's maps.csv, and return the whole table.

    UMAP compiles for many seconds in every process that uses it, so the comparison makes all methods' maps in one.
    """
    record = Record(dataset, slug, results_dir)
    ids, embeddings = record.embeddings()
    kept = record.read("maps").query("projection != 'umap'")
    umap = maps(embeddings[0], ids, projections=("umap",))
    return record.put("maps", pd.concat([kept, umap], ignore_index=True))


def chapter_name(slug: str) -> str:
    """Return the chapter that makes the records of a method.

    >>> chapter_name("vae")
    '03_vae'
    """
    made_by = sorted((files.project_root() / "notebooks").glob(f"[0-9]*_{slug}.md"))
    return METHODS[slug].chapter if slug in METHODS else made_by[0].stem if made_by else slug


def pick(table: pd.DataFrame, **keys: Any) -> pd.DataFrame:
    """Return the rows of a tidy table whose columns hold these values; a list or tuple means any of its values.

    A single value has to be in its column: what is nowhere is a slip, which would end as an empty figure. Of a list,
    those count that are there, so that ``reference=["genre"]`` may find nothing in unlabelled music. A table without
    rows stays as it is.

    >>> nmi = pd.DataFrame({"method": ["pca", "vae"], "value": [0.3, 0.2]})
    >>> pick(nmi, method="vae")["value"].tolist()
    [0.2]

    Raises ValueError for a column that the table does not have, or a single value that the column does not.
    """
    chosen = pd.Series(True, table.index)
    for name, value in keys.items():
        if name not in table:
            raise ValueError(f"no column {name!r}; expected one of {', '.join(map(str, table.columns))}")
        several = isinstance(value, list | tuple)
        found = table[name].isin(value if several else [value])
        if len(table) and not several and not found.any():
            known = ", ".join(map(str, table[name].unique()[:20]))
            raise ValueError(f"no {name} is {value!r}; expected one of {known}")
        chosen &= found
    return table[chosen]
