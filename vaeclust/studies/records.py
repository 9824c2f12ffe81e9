"""The study on disk: small tidy files, a folder of them whole or not at all (page ``reproduce``)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from vaeclust import files
from vaeclust.corpus.dataset import ARTIST, Dataset
from vaeclust.corpus.sampling import MOST, SAMPLE
from vaeclust.estimators import fitted_estimator
from vaeclust.methods.catalogue import METHODS
from vaeclust.methods.fits import Fit
from vaeclust.methods.projections import maps
from vaeclust.scores.silhouettes import PRECISION
from vaeclust.studies import drafts
from vaeclust.studies.origins import CORPUS, RUN, chapter_name, command, folder_name, mismatches, origin

STANDARD = "standard"

TABLES = {
    "scores": "dataset method condition seed clusterer k space reference metric value".split(),
    "clusters": "track_id condition seed clusterer cluster".split(),
    "intervals": "method condition clusterer space reference metric mean sd low high how".split(),
    "maps": "track_id projection seed x y".split(),
    "history": "condition seed epoch term value".split(),
    "dimensions": "condition seed dimension variance kl active".split(),
}

# Of studies that ask for them.
MORE_TABLES = {
    "by_k": "condition seed k reference metric value".split(),
    "probes": "condition reference seed metric value".split(),
    "effects": "reference metric method clusterer condition baseline baseline_clusterer baseline_condition mean sd low "
    "high verdict".split(),
    "comparisons": "kind change features reference metric method clusterer condition baseline baseline_clusterer "
    "baseline_condition mean sd low high verdict".split(),
    "choice_of_k": "condition k silhouette stability gap gap_sd".split(),
}
_COLUMNS = TABLES | MORE_TABLES

EMBEDDINGS = "embeddings.npz"
MODELS = "models"
# A study may have made none, and the comparison adds to them: run.json does not vouch for these.
OPTIONAL = ("maps",)


@dataclass(frozen=True)
class Study:
    """What a method gave under all its conditions.

    Attributes
    ----------
    fit : Fit
        Under the first condition; of the others only the tables are kept.
    tables : dict of DataFrame
        ``scores``, ``clusters``, ``intervals``, ``history``, ``dimensions`` of all conditions, ``maps`` of the first,
        and ``by_k`` where it was asked for, as TABLES and MORE_TABLES have them.
    parameters : dict
        What run.json tells: where the corpus came from, seeds, number of clusters, settings.
    conditions : dict of Dataset
        The corpus of every condition, that of the first seed.
    models : tuple of int
        The seeds whose trained models are kept, those of ``fit``.
    """

    fit: Fit
    tables: dict[str, pd.DataFrame]
    parameters: dict[str, Any]
    conditions: dict[str, Dataset]
    models: tuple[int, ...] = ()

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
    """The folder of a study's results, ``results/<corpus>/<slug>/``: of one method, or of several (``real_lyrics``).

    A record is whole or absent. What a :meth:`draft` takes stands beside the last record until
    :func:`~vaeclust.studies.drafts.publish` puts it in its place; without a draft, :meth:`keep` does both at once.
    run.json says what the record is of, and vouches for its files. Reading what is not there raises FileNotFoundError,
    which names the command that makes it.

    dataset: a corpus, or the name of its folder. One whose folder another corpus has got is given a folder of its own.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = Record("demo", "vae", folder)
    ...     found = pd.DataFrame({"track_id": ["a"], "projection": "pca", "seed": 0, "x": 0.5, "y": 1.5})
    ...     record.put("maps", found).equals(record.read("maps"))
    True
    """

    def __init__(self, dataset: str | Dataset, slug: str, results_dir: str | Path = "results"):
        results = files.resolve(results_dir)
        self.source = None if isinstance(dataset, str) else dataset.source
        self.dataset = dataset if isinstance(dataset, str) else folder_name(dataset, results)
        self.slug = slug
        self.folder = results / self.dataset / slug

    def __repr__(self) -> str:
        return f"Record({self.dataset}/{self.slug})"

    def draft(self) -> Self:
        """Begin a new version, empty, which takes the place of the last one when it is published.

        Raises RuntimeError, with its process id, where another process makes one.
        """
        drafts.open_draft(self.folder)
        if self.source is not None:
            files.write_json(self.folder.parent / CORPUS, {"source": self.source})
        return self

    @property
    def workplace(self) -> Path:
        """The folder that this process writes to: that of the draft, if there is one."""
        return drafts.draft_of(self.folder) or self.folder

    @property
    def shown(self) -> str:
        """The folder as a page shows it: relative to the project where it is inside."""
        root = files.project_root()
        return str(self.folder.relative_to(root) if self.folder.is_relative_to(root) else self.folder)

    def path(self, name: str) -> Path:
        """Return the file of a table: ``<name>.csv``, or ``<name>.csv.xz`` where released records have that."""
        drafts.recover(self.folder)
        folder = self.workplace
        packed = folder / f"{name}.csv.xz"
        return packed if packed.is_file() else folder / f"{name}.csv"

    def put(self, name: str, table: pd.DataFrame) -> pd.DataFrame:
        """Write one of TABLES or MORE_TABLES and return it as written; columns that all rows share may be left out.

        A table of several methods has the column ``method`` in front. Raises ValueError when the columns are not those
        of the table.
        """
        shared = {"dataset": self.dataset, "method": self.slug, "condition": STANDARD}
        wanted = _COLUMNS[name]
        if "method" in table and "method" not in wanted:
            wanted = ["method", *wanted]
        table = table.assign(**{c: v for c, v in shared.items() if c in wanted and c not in table})
        if set(table.columns) != set(wanted):
            raise ValueError(f"{name}: columns {list(table.columns)}; expected {wanted}")
        files.write_csv(self.workplace / f"{name}.csv", table[wanted], index=False)
        return table[wanted]

    def read(self, name: str) -> pd.DataFrame:
        """Read one of TABLES or MORE_TABLES; ValueError for a file that is not the one that run.json vouches for."""
        path = self._checked(self.path(name))
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"track_id": str})
        return table.fillna({column: "" for column in ("reference", "change") if column in _COLUMNS[name]})

    def keep(self, *studies: Study) -> None:
        """Write everything about a study, run.json last.

        Several studies of one corpus share the record; each row then names its method, and no model is kept.

        Embeddings and run.json are those of the first study, with the settings of all.
        """
        drafted = drafts.draft_of(self.folder)
        if not drafted:
            self.draft()
        first = studies[0]
        for name, table in first.tables.items():
            if len(studies) > 1:
                named = (each.tables[name].assign(method=each.fit.method.slug) for each in studies)
                table = pd.concat([part for part in named if len(part)] or [table], ignore_index=True)
            if len(table) or name not in OPTIONAL:
                self.put(name, table)
        ids = np.array(first.dataset.ids, dtype=np.str_)
        np.savez_compressed(
            self.workplace / EMBEDDINGS, track_id=ids, seeds=np.array(first.fit.seeds), embeddings=first.fit.embeddings
        )
        for seed in first.models if len(studies) == 1 else ():
            fitted_estimator(first.fit, seed).save(self.workplace / MODELS / f"seed-{seed}")
        settings = {each.fit.method.slug: dict(each.fit.method.settings) for each in studies}
        chosen = settings if len(studies) > 1 else dict(first.fit.method.settings)
        vouched = [f"{name}.csv" for name in TABLES if name not in OPTIONAL] + [EMBEDDINGS]
        stamps = {name: files.digest((self.workplace / name).read_bytes()) for name in vouched}
        files.write_json(self.workplace / RUN, {**self._run(first), "settings": chosen, "files": stamps})
        if not drafted:
            drafts.publish(self.folder)

    def embeddings(self) -> tuple[list[str], np.ndarray]:
        """Return track ids and embeddings (seeds, n, d) float32."""
        drafts.recover(self.folder)
        with np.load(self._checked(self.workplace / EMBEDDINGS), allow_pickle=False) as arrays:
            return arrays["track_id"].tolist(), arrays["embeddings"]

    def _run(self, study: Study) -> dict[str, Any]:
        """Return run.json: what was run on which data, with which versions."""
        fit, dataset = study.fit, study.dataset
        names = list(dataset.features.columns)
        shown = {name: list(corpus.features.columns) for name, corpus in study.conditions.items()}
        told = {
            "dataset": dataset.name,
            "method": self.slug,
            "parameters": study.parameters,
            "settings": {},
            "tracks": len(dataset),
            "features": dataset.audio.shape[1],
            "checksum": dataset.checksum,
            "origin": origin(dataset, fit.method.inputs if self.slug in METHODS else ("audio", "lyrics")),
            "feature_names": names,
            "other_tracks": {n: len(each) for n, each in study.conditions.items() if len(each) != len(dataset)},
            "other_features": {name: other for name, other in shown.items() if other != names},
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
        files.write_json(self.workplace / RUN, {**self.run(), name: value})

    def run(self) -> dict[str, Any]:
        """Read run.json."""
        drafts.recover(self.folder)
        path = self.workplace / RUN
        if not path.is_file():
            raise FileNotFoundError(self._missing(path))
        return files.read_json(path)

    def save_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table about all methods, such as comparison.csv, beside the methods' folders."""
        drafted = drafts.draft_of(self.folder)
        files.write_csv((drafted / drafts.SHARED if drafted else self.folder.parent) / f"{name}.csv", table)

    def figure(self, name: str, drawn: Any) -> Any:
        """Save matplotlib's axes or figure as figures/<name>.svg and return the figure, for the page to show once."""
        figure = getattr(drawn, "figure", drawn)
        files.write_svg(self.workplace / "figures" / f"{name}.svg", figure)
        return figure

    def _checked(self, path: Path) -> Path:
        """Return the path of a file that is there and, where run.json vouches for it, as it was written."""
        if not path.is_file():
            raise FileNotFoundError(self._missing(path))
        vouched = files.read_json(path.parent / RUN).get("files", {})
        if path.name in vouched and files.digest(path.read_bytes()) != vouched[path.name]:
            raise ValueError(
                f"{path} is not the file that its run wrote: it was changed, or comes from another run. Make the "
                f"record anew with: vaeclust run {chapter_name(self.slug)} --dataset <the data set>"
            )
        return path

    def _missing(self, path: Path) -> str:
        return (
            f"no {path.name} of {self.slug} on {self.dataset} (looked for {path}). "
            f"Make it with: vaeclust run {chapter_name(self.slug)} --dataset <the data set>"
        )


def stack_conditions(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of several conditions one below the other, with the column ``condition``."""
    named = [table.assign(condition=name) for name, table in tables.items()]
    return pd.concat([table for table in named if len(table)] or named[:1], ignore_index=True)


def read_all(
    name: str, dataset: str | Dataset, methods: Iterable[str], results_dir: str | Path = "results", **settings: Any
) -> pd.DataFrame:
    """Return one of TABLES of several methods, one below the other, with the column ``method``.

    settings: those of :func:`~vaeclust.studies.protocol.study` that the records must have. With a corpus for
    ``dataset``, they must be of this corpus, too.

    Raises FileNotFoundError, naming every method whose records are missing and the command that makes them, and
    ValueError, with what every record is of and what was wanted, where some do not fit.
    """
    records = [Record(dataset, slug, results_dir) for slug in methods]
    missing = [record for record in records if not record.path(name).is_file()]
    if missing:
        slugs = ", ".join(record.slug for record in missing)
        made_by = " ".join(dict.fromkeys(chapter_name(record.slug) for record in missing))
        raise FileNotFoundError(
            f"no {name}.csv of {slugs} on {missing[0].dataset} in {missing[0].folder.parent}. "
            f"Make them with: vaeclust run {made_by} --dataset <the same data set>"
        )
    if isinstance(dataset, Dataset):
        require(records, dataset, settings)
    return stack_records(name, records)


def stack_records(name: str, records: Iterable[Record]) -> pd.DataFrame:
    """Return one of TABLES of several records, one below the other, with the column ``method``."""
    tables = {record.slug: record.read(name) for record in records}
    return pd.concat(
        [table if "method" in table else table.assign(method=slug) for slug, table in tables.items()], ignore_index=True
    )


def require(records: Iterable[Record], dataset: Dataset, settings: Mapping[str, Any]) -> None:
    """Raise ValueError, with both sides and the command that mends it, for records that are not of this."""
    found = {record: mismatches(record.run(), dataset, settings) for record in records}
    wrong = {record: why for record, why in found.items() if why}
    if wrong:
        told = "\n".join(f"  {record.slug}: {', '.join(why)}" for record, why in wrong.items())
        chapters = dict.fromkeys(chapter_name(record.slug) for record in wrong)
        raise ValueError(
            f"records in {next(iter(wrong)).folder.parent} are of something else:\n{told}\n"
            f"Make them anew with: {command(chapters, dataset, settings)}"
        )


def add_umap_maps(dataset: str | Dataset, slug: str, results_dir: str | Path = "results") -> pd.DataFrame:
    """Add the UMAP map of the first seed to a method's maps.csv, and return the whole table.

    UMAP compiles for many seconds in every process that uses it, so the comparison makes all methods' maps in one.
    Raises RuntimeError where another run replaces the record meanwhile.
    """
    record = Record(dataset, slug, results_dir)
    ids, embeddings = record.embeddings()
    kept, of = record.read("maps"), record.run()
    umap = maps(embeddings[0], ids, projections=("umap",))
    if record.run() != of:
        raise RuntimeError(f"another run has replaced the record {record.dataset}/{slug} meanwhile; run this again")
    return record.put("maps", pd.concat([kept[kept["projection"] != "umap"], umap], ignore_index=True))


def headline(table: pd.DataFrame) -> str:
    """Return the label that results are told by: the first reference that is not the artist; ``genre`` without one.

    table: rows of a record, with the references in their order.

    >>> headline(pd.DataFrame({"reference": ["", "artist", "language", "genre"]}))
    'language'
    """
    return next((name for name in table["reference"].dropna().unique() if name not in ("", ARTIST)), "genre")


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
