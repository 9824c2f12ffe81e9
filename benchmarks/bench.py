"""Everything that ``make bench`` measures: python benchmarks/bench.py [NAME ...] [--repetitions 5].

Names: training floor scoring study extraction listening moods book library scale chapter; all of them by default. Every
benchmark writes a table beside this file; benchmarks/README.md is written from the tables. The real GTZAN, for audio
and features, is found by the environment variable VAECLUST_DATA, and so are the songs for moods.
"""

import argparse
import os
import subprocess
import sys

os.environ["TQDM_DISABLE"] = "1"

import pandas as pd
from measure import FOLDER, MACHINE, gtzan

TITLES = {
    "training": "Training, seconds of one thread a model (50 epochs, batches of 32)",
    "floor": "The floor: a training step of ten seeds, and its operations timed one by one",
    "study": "The whole study: 8 methods × 10 seeds × 3 clusterers × 6 metrics, on all cores",
    "scoring": "Clustering and scoring ten embeddings, seconds of one thread",
    "extraction": "Audio to 20 MFCC means",
    "listening": "Audio to what a network hears, five patches of three seconds a clip of 30",
    "book": "The book on the demo corpus, seconds on the wall",
    "book_stages": "The book's chapters one after another, seconds by stage",
    "library": "The library alone: processor seconds; imports on the wall",
    "scale": "Scale: simulated tracks, processor seconds and peak memory",
    "chapter": "Scale: the whole chapter 03_vae with ten seeds, seconds on the wall",
}
NOTES = {
    "floor": "`the whole step` is recorded and replayed. `the plain step` finds its operations anew, as it does where "
    "TorchScript is gone, and gives the same bits; tables older than this line lack it.",
}


def extraction(repetitions: int) -> None:
    """Write extraction.csv."""
    _of_clips("extraction", repetitions)


def listening(repetitions: int) -> None:
    """Write listening.csv, where the weights are."""
    from vaeclust.corpus.listening import MUSICNN

    if MUSICNN.folder.is_dir():
        _of_clips("listening", repetitions)
    else:
        print("no weights: vaeclust fetch musicnn")


def _of_clips(name: str, repetitions: int) -> None:
    """Run a benchmark on the clips of GTZAN, where they are, in a process with a memory of its own."""
    clips = gtzan() / "audio" if gtzan() else None
    if clips is None or not clips.is_dir():
        print("no clips: set VAECLUST_DATA to the folder that holds gtzan/audio")
        return
    subprocess.run([sys.executable, FOLDER / f"{name}.py", clips, str(repetitions)], check=True)


def moods(_: int) -> None:
    """Write moods.csv and moods_service.csv from the clips of GTZAN and the songs, where they are."""
    clips = gtzan() / "audio" if gtzan() else None
    if clips is None or not clips.is_dir():
        print("no clips: set VAECLUST_DATA to the folder that holds gtzan/audio")
        return
    songs = gtzan().with_name("songs1000")
    subprocess.run([sys.executable, FOLDER / "moods.py", clips, *[songs] * songs.is_dir()], check=True)


def readme() -> None:
    """Write README.md from the tables."""
    lines = [
        "# How fast", "",
        "Written by `make bench`, which sets up an environment of its own for the peers; one benchmark alone: "
        "`.venv-bench/bin/python benchmarks/bench.py training --repetitions 5`. Medians, with the quartiles as `low` "
        "and `high` (lowest and highest of fewer than four repetitions). Contenders are measured in turn, once in each "
        "repetition, and ratios are medians of the ratios within a repetition. Machines differ and are noisy: compare "
        "the rows of one table.",
    ]  # fmt: skip
    for name, title in TITLES.items():
        path = FOLDER / f"{name}.csv"
        if path.is_file():
            lines += ["", f"## {title}", "", f"[{path.name}]({path.name})", ""]
            lines += [NOTES[name], ""] if name in NOTES else []
            lines += _markdown(pd.read_csv(path))
    if MACHINE.is_file():
        about = "`load` is how many processes were running when a benchmark ended, its own among them."
        lines += ["", "## Machine and versions", "", about, "", *_markdown(pd.read_csv(MACHINE, dtype=str))]
    lines += [
        "", "## Agreement with the circulating table", "",
        "`python benchmarks/agreement.py FOLDER_OF_CLIPS features_30_sec.csv` → [agreement.csv](agreement.csv): "
        "correlation and largest difference of all 57 features over 30 clips.",
        "", "## Moods", "",
        "Our moods beside those of the package that the network comes from, over clips of GTZAN → "
        "[moods.csv](moods.csv); rank correlation of the moods heard in 1,000 songs with a streaming service's own "
        "values → [moods_service.csv](moods_service.csv).", "",
    ]  # fmt: skip
    (FOLDER / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _markdown(table: pd.DataFrame) -> list[str]:
    cells = table.map(lambda v: f"{v:,.4g}" if isinstance(v, float) else str(v)).where(table.notna(), "–")
    rows = [list(table), ["---"] * table.shape[1], *cells.to_numpy().tolist()]
    return ["| " + " | ".join(row) + " |" for row in rows]


def main() -> None:
    """Run the chosen benchmarks, one after another."""
    import library
    import scale
    import scoring
    import training

    import book

    known = {
        "training": training.training, "floor": training.floor, "scoring": scoring.scoring, "study": scoring.study,
        "extraction": extraction, "listening": listening, "moods": moods, "book": book.book, "library": library.library,
        "scale": scale.scale, "chapter": scale.chapter,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    for name in given.names:
        if name not in known:
            parser.error(f"no benchmark {name!r}; expected one of {', '.join(known)}")
    for name in given.names or known:
        print(f"== {name}", flush=True)
        known[name](given.repetitions)
    readme()


if __name__ == "__main__":
    main()
