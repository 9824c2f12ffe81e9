"""Writes the released records: what README, paper and book quote (page ``reproduce``)."""

import lzma
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vaeclust.corpus.dataset import ARTIST
from vaeclust.evidence.ranks import study_table
from vaeclust.evidence.tables import Table, score_table
from vaeclust.files import digest, project_root, replacement, write_json
from vaeclust.methods.catalogue import BASELINE, METHODS, STUDIED
from vaeclust.studies.descriptions import LISTENING
from vaeclust.studies.kept import LABELS, RELEASED, SHARED, released_records
from vaeclust.studies.languages import LANGUAGES
from vaeclust.studies.records import TABLES, Record
from vaeclust.studies.ways import HOW_FAR

LEAST_SEEDS = 10
# Records that are of no single method, and what is released of them.
STUDIES = {
    "real_lyrics": ("scores", "clusters", "intervals"),
    LANGUAGES: ("scores", "clusters", "intervals", "by_k", "effects"),
    HOW_FAR: ("intervals", "comparisons"),
    LISTENING: ("scores", "clusters", "intervals", "dimensions", "by_k", "probes", "effects", "choice_of_k"),
}
LARGEST = 300_000  # bytes of one method, and of one file
_PIPELINES = ("features", "umap", "autoencoder_umap", "vae_umap", "vade", "product_of_experts")
QUOTED = {"gtzan": (BASELINE, *_PIPELINES)}  # pages speak of them: beside the study
PACKED = ("clusters", "maps", "history", "scores", "dimensions", "by_k")


class Release(NamedTuple):
    """Where a release lies, and the methods that it lacks, since they have no records."""

    folder: Path
    left_out: tuple[str, ...]


def release(dataset: str, results_dir: str | Path = "results") -> Release:
    """Copy a study's records to ``book/released/<dataset>/``, without embeddings and features.

    The old release is replaced only when the new one is complete. README's table is written anew from that of GTZAN.
    A method without records is left out. Of a corpus without records of any method of the study, those of others are
    kept, and of the studies of several.

    Raises
    ------
    FileNotFoundError
        When a method of the published study has no records, or of GTZAN one that the book's pages quote, or when there
        is nothing to release.
    ValueError
        For fewer than 10 seeds, uncommitted changes, or a method above 300 kB.
    """
    root = project_root()
    _clean(root)
    target, workshop = root / RELEASED / dataset, root / RELEASED / f".{dataset}"
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        records = {slug: Record(dataset, slug, results_dir) for slug in METHODS}
        there = {slug for slug in METHODS if records[slug].folder.is_dir()}
        studied = bool(there & STUDIED.keys())
        alone = not studied and any(Record(dataset, slug, results_dir).folder.is_dir() for slug in STUDIES)
        needed = set() if alone and dataset not in QUOTED else {*STUDIED, *QUOTED.get(dataset, ())}
        left_out = tuple(slug for slug in METHODS if slug not in there | needed)
        for slug in METHODS:
            if slug not in left_out:
                _copy(records[slug], workshop / slug)
        for slug, tables in STUDIES.items():
            record = Record(dataset, slug, results_dir)
            if record.folder.is_dir():
                _copy(record, workshop / slug, tables)
        for name in SHARED:
            table = Record(dataset, name, results_dir).folder.with_suffix(".csv")
            if table.is_file():
                shutil.copy(table, workshop)
        if (workshop / f"{LABELS}.csv").is_file():
            _without_names(workshop / f"{LABELS}.csv")
        shutil.rmtree(target, ignore_errors=True)
        workshop.replace(target)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    if studied:
        study_table(released_records("intervals", dataset)).to_csv(
            target / "comparison.csv", float_format="%.6g", lineterminator="\n"
        )
    if dataset == "gtzan":
        write_readme(root)
    return Release(target, left_out)


def markdown_table(table: Table) -> str:
    """Return a table in Markdown: heads of rows on the left, cells on the right."""
    head, *rows = table.lines("**")
    columns = table.text.shape[1]
    rule = ["---"] * (len(head) - columns) + ["---:"] * columns
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def readme_table(intervals: pd.DataFrame) -> str:
    """Return README's result table: ``mean ± sd`` of every method and its rank; nothing is bold beside the warning."""
    table = score_table(intervals, clusterers=("kmeans",), ranked=True)
    return markdown_table(replace(table, bold=None))


def write_readme(root: Path) -> None:
    """Put the table of the released GTZAN study into README.md."""
    put(root / "README.md", "results", readme_table(released_records("intervals")))


def put(path: Path, name: str, text: str) -> None:
    """Replace what stands between the :func:`marks` of a name in a file."""
    start, end = marks(name)
    before, rest = path.read_text(encoding="utf-8").split(start)
    _, after = rest.split(end)
    with replacement(path) as temporary:
        temporary.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")


def marks(name: str) -> tuple[str, str]:
    """Return the two comments between which a generated part of README.md stands."""
    return f"<!-- {name}: written by vaeclust release -->", f"<!-- end of {name} -->"


def _clean(root: Path) -> None:
    """Raise ValueError unless the working tree is that of a commit: a release must be repeatable from one."""
    done = subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"{root} is not a git repository; a release is made from a commit")
    if done.stdout.strip():
        raise ValueError(f"uncommitted changes:\n{done.stdout.rstrip()}\nCommit or stash them, run again, then release")


def _without_names(path: Path) -> None:
    """Put numbers in place of the artists in a table of labels."""
    labels = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    if ARTIST in labels:
        numbers = pd.Series(pd.factorize(labels[ARTIST])[0], labels.index, dtype="Int64")
        labels[ARTIST] = numbers.where(numbers >= 0)
    labels.to_csv(path, index=False, lineterminator="\n")


def _copy(record: Record, folder: Path, tables: Iterable[str] = tuple(TABLES)) -> None:
    """Write one record's tables, compact and alike from run to run, and its run.json without the paths of files."""
    run = record.run()
    seeds = run["parameters"].get("seeds", 0)
    if seeds < LEAST_SEEDS:
        raise ValueError(f"{record.slug} has {seeds} seeds; a release needs at least {LEAST_SEEDS}")
    folder.mkdir(parents=True)
    for name in tables:
        text = record.read(name).to_csv(index=False, float_format="%.6g", lineterminator="\n").encode()
        if name in PACKED:
            (folder / f"{name}.csv.xz").write_bytes(lzma.compress(text))
        else:
            (folder / f"{name}.csv").write_bytes(text)
    given = run["parameters"]
    run["parameters"] = {k: Path(v).name if isinstance(v, str) else v for k, v in given.items() if k != "results_dir"}
    run["files"] = {path.name: digest(path.read_bytes()) for path in sorted(folder.iterdir())}
    write_json(folder / "run.json", run)
    sizes = [path.stat().st_size for path in folder.iterdir()]
    methods = record.read("intervals")["method"].nunique()
    if max(sizes) > LARGEST or sum(sizes) > LARGEST * methods:
        raise ValueError(
            f"the records of {record.slug} have {sum(sizes):,} bytes, one file {max(sizes):,}; at most {LARGEST:,} for "
            f"each of {methods} methods, and in one file, are released"
        )
