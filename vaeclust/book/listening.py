"""``vaeclust listen``: a folder of music becomes a page with groups, a map and playlists (page ``reproduce``)."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from vaeclust.book import run
from vaeclust.book.chapters import all_chapters, typed_parameters
from vaeclust.book.html import build_html
from vaeclust.corpus.dataset import silence
from vaeclust.corpus.feature_sets import WEIGHTS
from vaeclust.corpus.folders import found_files, listed_patterns, unwanted_files
from vaeclust.corpus.named import CORPORA
from vaeclust.corpus.sources import has_sound, source_paths
from vaeclust.corpus.weights import fetch_weights
from vaeclust.files import check_writable, project_root, resolve
from vaeclust.studies.origins import folder_name, other_folder
from vaeclust.your_music.library import LISTEN, LISTENING, describe_library, lasting_folder, library_moods
from vaeclust.your_music.playlists import CLIPS

CHAPTERS = ("10_your_music", "11_explorer")
NOT_EXECUTED = {
    "10_your_music": ("Features of another model", "Exercises"),
    "11_explorer": ("What we saw", "Exercises"),  # which compares methods
}
LEAST = 4  # songs, below which there is nothing to group


def listen(given: Mapping[str, str], *, force: bool = False, say: Callable[[str], object] = print) -> Path:
    """Listen to a library, group and name it, and return its page: ``results/<name>/listen/html``.

    No chapter of the study is run; the book's own pages stay as they are. The weights of the listening network are
    fetched the first time; where that cannot be, the library is grouped by what is measured, and it is said.

    given: parameters of the two chapters by name, as typed. say: what is called with each line. Raises as ``load``
    does, and RuntimeError with the words of a chapter that failed.
    """
    chapters = [all_chapters()[slug] for slug in CHAPTERS]
    parameters = {**typed_parameters(chapters, given), "place": LISTEN, "reads": LISTEN}
    features = parameters.get("features", "")
    if features in ("", LISTENING) or features.startswith(f"{LISTENING}-"):
        try:
            fetch_weights(WEIGHTS[LISTENING])
        except ConnectionError as error:
            say(f"Nothing can listen here, so what is measured has to do: {error}")
    results = resolve(parameters.get("results_dir", "results"))
    for place, what in ((results, "results"), (resolve(parameters.get("playlists") or results), "playlists")):
        check_writable(place, what)  # before anything is listened to
    names = ("tracks", "name", "exclude", "labels")
    described = {name: parameters[name] for name in names if name in parameters}
    library = describe_library(parameters["dataset"], features=features, place=LISTEN, **described)
    say(str(library.dataset))
    say(library.why)
    if has_sound(parameters["dataset"]) and parameters["dataset"] not in CORPORA:
        files = found_files(*source_paths(parameters["dataset"]))
        for pattern in listed_patterns(parameters.get("exclude", "")):
            if not unwanted_files(files, [pattern]):
                say(f"No file is like {pattern}, which should be left out")
    if parameters.get("clips") and (why := silence(library.dataset)):
        say(f"No clips are cut: {why}")
    if len(library.dataset) < LEAST:
        raise ValueError(f"{library.dataset.name}: songs to group: {len(library.dataset)}; expected at least {LEAST}")
    library_moods(library.dataset, parameters["dataset"], place=LISTEN, **described)  # measured here, progress is seen
    folder = results / lasting_folder(library.dataset, results, named="name" in parameters)
    if folder_name(library.dataset, results) != folder.name:
        parameters["name"] = folder.name.removesuffix(f"-{library.dataset.variant}")
        say(f"These are the songs of {folder.name}, whose groups and names are gone on with")
    elif said := other_folder(library.dataset, results):
        say(said)
    workshop = project_root() / "_build" / LISTEN / folder.name
    html, last = folder / LISTEN / "html", workshop / "book" / "_build" / "html"
    try:
        # The explorer reads what the chapter before it writes; what describes the library may be other than last time.
        described, anew = workshop / "described", force
        anew = anew or not described.is_file() or described.read_text("utf-8") != library.dataset.checksum
        for chapter in chapters:
            page = replace(chapter, pages=workshop / "pages", without=NOT_EXECUTED[chapter.slug])
            own = {name: value for name, value in parameters.items() if name in chapter.parameters}
            outcome = run.run_chapters([page], own, corpus=folder.name, jobs=1, force=anew)[0]
            if outcome.error:
                raise RuntimeError(f"{outcome.slug}: {outcome.error}")
            anew = anew or not outcome.kept
        front = build_html(pages=workshop / "pages", alone=CHAPTERS)
        described.write_text(library.dataset.checksum, "utf-8")
    finally:
        if last.is_dir():  # after a failure the page of the last run
            shutil.rmtree(html, ignore_errors=True)
            shutil.copytree(last, html)
            if (clips := folder / LISTEN / CLIPS).is_dir():  # so that the folder of the page can be moved
                shutil.copytree(clips, html / CLIPS, copy_function=_link)
    return html / front.relative_to(last)


def _link(source: str, target: str) -> None:
    """Let a file stand at two places, of which a file system that can keeps one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
