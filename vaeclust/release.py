"""Released records: what README, paper and book quote, in ``book/released/<dataset>/`` (chapter ``07_comparison``)."""

import json
import lzma
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from vaeclust.evidence import as_published, comparison, overall, worded
from vaeclust.methods import COMPARED, METHODS, STUDIED
from vaeclust.metrics import METRICS
from vaeclust.paths import project_root, replacing
from vaeclust.records import TABLES, Record, read_all

RELEASED = Path("book") / "released"
LEAST_SEEDS = 10
SHARED = ("disentanglement", "by_size")  # tables about all methods, where a study has them
STUDIES = {"modalities": ("scores", "clusters", "intervals")}  # records that are of no single method
LARGEST = 300_000  # bytes of one method
SAME = 1e-3  # of its value: how far a mean may drift whatever its interval
SETTINGS = ("seeds", "epochs", "batch_size", "learning_rate", "latent_dim", "n_clusters")
PACKED = ("clusters", "maps", "history", "scores")


def release(dataset: str, results_dir: str | Path = "results") -> Path:
    """Copy a study's records to ``book/released/<dataset>/``, without embeddings and features.

    The old release is replaced only when the new one is complete. README's table is written anew from that of GTZAN.
    Returns the folder.

    Raises
    ------
    FileNotFoundError
        When a method has no records.
    ValueError
        For fewer than 10 seeds, uncommitted changes, or a method above 300 kB.
    """
    root = project_root()
    _clean(root)
    target, workshop = root / RELEASED / dataset, root / RELEASED / f".{dataset}"
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        for slug in METHODS:
            _copy(Record(dataset, slug, results_dir), workshop / slug)
        for slug, tables in STUDIES.items():
            record = Record(dataset, slug, results_dir)
            if record.folder.is_dir():
                _copy(record, workshop / slug, tables)
        for name in SHARED:
            table = Record(dataset, name, results_dir).folder.with_suffix(".csv")
            if table.is_file():
                shutil.copy(table, workshop)
        shutil.rmtree(target, ignore_errors=True)
        workshop.replace(target)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    study_table(released("intervals", dataset)).to_csv(
        target / "comparison.csv", float_format="%.6g", lineterminator="\n"
    )
    if dataset == "gtzan":
        write_readme(root)
    return target


def released(name: str, dataset: str = "gtzan", methods: Iterable[str] = tuple(STUDIED)) -> pd.DataFrame:
    """Return one of TABLES of several methods, as released; without a choice, of the eight of the study."""
    return read_all(name, dataset, methods, RELEASED)


def released_genres() -> pd.Series:
    """Return the genre of every track of the released GTZAN study, which GTZAN's track ids begin with."""
    tracks = pd.Index(released("clusters", methods=["pca"])["track_id"].unique(), name="track_id")
    return tracks.to_series().str.split(".").str[0].rename("genre")


def released_table(name: str, dataset: str = "gtzan") -> pd.DataFrame:
    """Return one of SHARED as released.

    ``disentanglement``: ``name, seed, measure, value``, of the demo corpus, whose factors are known; ``by_size``:
    ``method, tracks, seed, nmi``.
    """
    return pd.read_csv(project_root() / RELEASED / dataset / f"{name}.csv")


def study_table(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the study's table: a row a method, its mean scores by K-Means, overall score and rank."""
    means = comparison(as_published(intervals))
    return means.join(overall(means))


def drift(dataset: str = "demo", results_dir: str | Path = "results") -> pd.DataFrame:
    """Return the K-Means scores whose mean over seeds has left the released one: a row a method, space and metric.

    Two means count as the same where their 95 % intervals touch: the machines differ in the last digits of every
    step of training, so that both are uncertain. Scores without a spread may differ by a thousandth of their value.
    A score that was released and is not there any more has drifted too. Columns: ``method, space, reference, metric,
    released, now``; ``released`` and ``now`` read ``low to high``.

    Raises
    ------
    FileNotFoundError
        When a method has no records.
    ValueError
        When a method ran with other parameters than the released ones.
    """
    for slug in COMPARED:
        then, now = (Record(dataset, slug, folder).run()["parameters"] for folder in (RELEASED, results_dir))
        other = [f"{name}={now.get(name)} (released: {then[name]})" for name in SETTINGS if now.get(name) != then[name]]
        if other:
            raise ValueError(f"{slug} ran with {', '.join(other)}; run the chapters with the released parameters")
    keys = ["method", "space", "reference", "metric"]
    chosen = "clusterer == 'kmeans' and condition == 'standard' and mean == mean"
    then, now = (
        read_all("intervals", dataset, COMPARED, folder).query(chosen).set_index(keys)[["mean", "low", "high"]]
        for folder in (RELEASED, results_dir)
    )
    both = then.add_suffix("_then").join(now.add_suffix("_now"))
    slack = SAME * both["mean_then"].abs()
    same = (both["low_now"] <= both["high_then"] + slack) & (both["high_now"] >= both["low_then"] - slack)
    shown = {
        title: [f"{low:.4g} to {high:.4g}" for low, high in zip(both[f"low_{end}"], both[f"high_{end}"], strict=True)]
        for title, end in (("released", "then"), ("now", "now"))
    }
    return both.assign(**shown)[~same].reset_index()[[*keys, *shown]]


def readme_table(intervals: pd.DataFrame) -> str:
    """Return README's result table: ``mean ± sd`` of every method, in markdown."""
    table = as_published(intervals)
    means, deviations = comparison(table), comparison(table, "sd")
    ranks, texts = overall(means), worded(means, deviations)
    head = ["Method", *(f"{METRICS[name].title} {METRICS[name].arrow}" for name in means), "Rank"]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for slug in means.index:
        lines.append([METHODS[slug].title, *texts.loc[slug], str(ranks.loc[slug, "rank"])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_readme(root: Path) -> None:
    """Put the table of the released GTZAN study into README.md."""
    put(root / "README.md", "results", readme_table(released("intervals")))


def put(path: Path, name: str, text: str) -> None:
    """Replace what stands between the :func:`marks` of a name in a file."""
    start, end = marks(name)
    before, rest = path.read_text(encoding="utf-8").split(start)
    _, after = rest.split(end)
    with replacing(path) as temporary:
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


def _copy(record: Record, folder: Path, tables: Iterable[str] = tuple(TABLES)) -> None:
    """Write one record's tables, compact and alike from run to run, and its run.json without the paths of files."""
    run = record.run()
    seeds = run["parameters"].get("seeds", 0)
    if seeds < LEAST_SEEDS:
        raise ValueError(f"{record.slug} has {seeds} seeds; a release needs at least {LEAST_SEEDS}")
    folder.mkdir(parents=True)
    given = run["parameters"]
    run["parameters"] = {k: Path(v).name if isinstance(v, str) else v for k, v in given.items() if k != "results_dir"}
    (folder / "run.json").write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in tables:
        text = record.read(name).to_csv(index=False, float_format="%.6g", lineterminator="\n").encode()
        if name in PACKED:
            (folder / f"{name}.csv.xz").write_bytes(lzma.compress(text))
        else:
            (folder / f"{name}.csv").write_bytes(text)
    size = sum(path.stat().st_size for path in folder.iterdir())
    if size > LARGEST:
        raise ValueError(f"the records of {record.slug} have {size:,} bytes; at most {LARGEST:,} are released")
