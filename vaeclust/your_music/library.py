"""A library and what it is described by; what its last run found (chapter ``10_your_music``)."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from vaeclust.clusters.clusterers import cluster
from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.folders import found_files, listed_patterns, unwanted_files
from vaeclust.corpus.measured import is_measured, known_contents, path_text
from vaeclust.corpus.moods import MOODS
from vaeclust.corpus.named import CORPORA
from vaeclust.corpus.sources import has_features, has_sound, load, source_paths
from vaeclust.estimators import has_estimator
from vaeclust.evidence.agreement import seed_agreement
from vaeclust.files import project_root, resolve, write_json
from vaeclust.methods.catalogue import BASELINE, COMPARED, METHODS
from vaeclust.methods.fits import Fit
from vaeclust.methods.projections import maps
from vaeclust.scores.metrics import score
from vaeclust.scores.uncertainty import intervals
from vaeclust.studies.origins import CORPUS, folder_name, origin
from vaeclust.studies.records import STANDARD, Record, Study, pick, read_all
from vaeclust.your_music.groups import LEAST_SHARED, read_songs
from vaeclust.your_music.playlists import track_files
from vaeclust.your_music.portraits import WORDS

LISTEN, CHAPTER = "listen", "your_music"  # the records of the command and of the chapter of the book
LISTENING = "musicnn"
SONGS = "songs.csv"
TITLE = "Your own music"  # of its groups, beside those of the methods


class Library(NamedTuple):
    """A corpus, and why it is described by what it is, as a sentence."""

    dataset: Dataset
    why: str


def describe_library(source: str, *, features: str = "", place: str = CHAPTER, **options: Any) -> Library:
    """Load a library by what is at hand that agrees most with genre in the chapter ``14_listening``.

    features: what was asked for is taken. Where nothing was, that is what musicnn hears, if that costs nothing because
    all files were listened to before, or if ``place`` says that it was asked for (``LISTEN``); else all 57 measured
    features, where there is sound or a table that has them; else the 20 means. ``options`` are those of
    :func:`~vaeclust.corpus.sources.load`. Its results stand under its name, whichever it is.

    Raises as ``load`` does.
    """
    if features:
        return Library(load(source, features=features, **options), f"The features that were asked for: {features}.")
    lacks, sounds = "", has_sound(source)
    synthetic = source in CORPORA and CORPORA[source].measure is not None
    if sounds and place == LISTEN:
        try:
            FEATURE_SETS[LISTENING].measurement.prepare()
        except FileNotFoundError as error:
            lacks = f" ({error})"
    if sounds and not lacks and (place == LISTEN or _is_heard(source, options.get("exclude", ""))):
        taken, why = LISTENING, "What musicnn hears, a network that has heard other music: see the chapter Ears."
    elif has_features(source, "full") or (sounds and not synthetic):
        taken, why = "full", f"All 57 measured features, since nothing has listened to these files{lacks}."
        why += " On the songs of the chapter Ears, what a network heard agreed more with genre than these do."
    else:
        taken, why = "mfcc20", f"The 20 means alone, since there is no more{lacks}."
    found = load(source, features=taken, **options)
    return Library(replace(found, variant="", source=f"{found.source.partition('|')[0]}|mfcc20"), why)


def _is_heard(source: str, exclude: str) -> bool:
    """Return whether all files of a library were listened to before, but those that nobody wants."""
    if source in CORPORA:
        return False
    files = found_files(*source_paths(source))
    unwanted = unwanted_files(files, listed_patterns(exclude))
    return is_measured((path for track, path in files.items() if track not in unwanted), features=LISTENING)


def last_songs(record: Record, dataset: Dataset) -> pd.DataFrame | None:
    """Return songs.csv of the last run of a library, where there was one: what lasting groups start from.

    By track id as the songs are called now: the same file is the same song, whatever its id; else the id says it, so
    that a library can move. A table that its owner has changed so far that it cannot be read as that is none.
    """
    songs = _read_songs(record.folder / SONGS)
    return None if songs is None else _by_now(songs, dataset)


def _read_songs(path: Path) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    try:
        songs = read_songs(path).set_index("track_id")
        return None if songs["cluster"].isna().any() else songs
    except (KeyError, ValueError):
        return None


def _by_now(songs: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Return the songs of the last run by what they are called now; whose id another song bears by now is gone."""
    now = _same_songs(songs, dataset)
    others = songs.drop(index=now.index)
    found = pd.concat([songs.loc[now.index].set_axis(now), others[~others.index.isin(now)]])
    return found.rename_axis("track_id")


def _same_songs(songs: pd.DataFrame, dataset: Dataset) -> pd.Series:
    """Return which tracks are songs of the last run, by their ids then: the same file, or another of the same content.

    Each track is one song.
    """
    files = track_files(dataset).dropna().map(path_text)
    by_path = dict(zip(files, files.index, strict=True))
    contents = known_contents([*by_path, *songs["path"].dropna()])
    by_content = {contents[path]: track for path, track in by_path.items() if path in contents}
    by_file = songs["path"].map(by_path)
    found = by_file.fillna(songs["path"].map(contents).map(by_content)).dropna()
    return found[~found.duplicated()]


def lasting_folder(dataset: Dataset, results: Path, *, named: bool = False) -> str:
    """Return the folder of a library among the results, which is that of its last run wherever its songs are by now.

    One of the same name that has another source is the same library where more than half of its songs are here, by
    file, content or id: it was moved, or a folder was added or taken away. One of another name is, where more than half
    of the songs of each are the other's, by file or content, unless the library was ``named``, which keeps it apart.
    Its folder is that of this source from now on.
    """
    own = folder_name(dataset, results)
    if (results / own / LISTEN / SONGS).is_file():
        return own
    called = "-".join(filter(None, (dataset.name, dataset.variant)))
    places = sorted(results.glob(f"*/{LISTEN}/{SONGS}"), key=lambda path: (path.parts[-3] != called, path))
    for place in places:
        folder, songs = place.parts[-3], _read_songs(place)
        if songs is None or (folder != called and (named or not folder.endswith(dataset.variant))):
            continue
        known = _same_songs(songs, dataset)
        share = len(known) / len(songs)
        if folder == called:
            by_id = songs.index.isin(known.index) | songs.index.isin(dataset.ids)
            share = max(share, by_id.mean())
        else:
            share = min(share, len(known) / len(dataset))
        if share > LEAST_SHARED:
            write_json(results / folder / CORPUS, {"source": dataset.source})
            return folder
    return own


def library_moods(dataset: Dataset, source: str, *, place: str = CHAPTER, **options: Any) -> pd.DataFrame | None:
    """Return the seven moods of a library by track id, where they are its features, or the command can listen for them.

    ``options`` are those of :func:`describe_library`. None where the extra or its network is not there.
    """
    if set(MOODS) <= set(dataset.features):
        return dataset.features[list(MOODS)]
    if place != LISTEN or not has_sound(source):
        return None
    try:
        FEATURE_SETS["moods"].measurement.prepare()
    except (ModuleNotFoundError, FileNotFoundError):
        return None
    return load(source, features="moods", **options).features.reindex(dataset.ids)


def grouping(method: str) -> str:
    """Return in a sentence what the groups of a library are made by.

    >>> grouping("raw"), grouping("vae")
    ('Here: K-Means on the description as it is.', 'Here: K-Means on what the method VAE makes of the description.')
    """
    if method == BASELINE:
        return "Here: K-Means on the description as it is."
    return f"Here: K-Means on what the method {METHODS[method].title} makes of the description."


def measured_words(dataset: Dataset) -> pd.DataFrame | None:
    """Return plain words for measured features in the manner of tags, (n, words) by track id: how much each fits.

    ``loud`` is the loudness in deviations from the mean, ``quiet`` the same turned round. None where no feature has
    words.
    """
    audio = pd.DataFrame(dataset.audio, index=dataset.tracks.index, columns=dataset.features.columns)
    found: dict[str, pd.Series] = {}
    for feature, (low, high) in WORDS.items():
        if feature in audio and high not in found and low not in found:
            found |= {high: audio[feature], low: -audio[feature]}
    return pd.DataFrame(found) if found else None


def library_study(fit: Fit, groups: pd.Series, k: int, *, projection: str, told: Mapping[str, Any]) -> Study:
    """Return a fit with its K-Means clusters, scores and map, as a study to keep.

    groups: the clusters of the first seed, by track id; other seeds, which say how sure a group is, are clustered as
    everywhere. told: what run.json should tell.
    """
    clusters = cluster(fit, k, clusterers=("kmeans",))
    given = clusters["track_id"].map(groups)
    clusters["cluster"] = clusters["cluster"].mask(clusters["seed"] == fit.seeds[0], given).astype("int64")
    scores = score(fit, clusters)
    tables = {"clusters": clusters, "scores": scores, "history": fit.history, "dimensions": fit.dimensions}
    tables = {name: table.assign(condition=STANDARD) for name, table in tables.items()}
    tables["intervals"] = intervals(tables["scores"])
    tables["maps"] = maps(fit.embeddings[0], fit.corpora[0].ids, projections=(projection,))
    kept = fit.seeds[:1] if has_estimator(fit.method) else ()
    return Study(fit, tables, dict(told), {STANDARD: fit.corpora[0]}, kept)


def sureness(clusters: pd.DataFrame) -> pd.Series:
    """Return by track id the share of the other seeds that put it where the first one does; NaN for one seed.

    clusters: ``track_id, seed, cluster`` of one method. The groups of a library are those of its first seed.
    """
    return seed_agreement(clusters).iloc[:, :1].mean(axis=1)


def group_names(songs: pd.DataFrame) -> dict[int, str]:
    """Return the name of every group; songs: of :func:`last_songs`."""
    named = songs.dropna(subset="name").groupby("cluster")["name"].first()
    return {int(cluster): name for cluster, name in named.items()}


def page_folder(record: Record) -> Path:
    """Return where the page that shows a record will lie: in the book, or beside the record of the command."""
    html = project_root() / "_build" / "html"
    place = record.folder.parent if record.slug.startswith(f"{LISTEN}/") else record.folder
    return (place / "html" if place.name == LISTEN else html) / "book" / "chapters"


def playlist_folder(record: Record, folder: str = "") -> Path:
    """Return the folder to write playlists to: the one that was asked for, or that of a record, with its last lists."""
    last, place = record.folder / "playlists", record.workplace / "playlists"
    if last.is_dir() and not place.exists():
        shutil.copytree(last, place)
    return resolve(folder) if folder else place


def explored_corpus(source: str, *, features: str = "", reads: str = "", **options: Any) -> Dataset:
    """Return the corpus of the explorer: as it was described for the record that ``reads`` names, or as it is given.

    With the tags that a network heard, where it has listened to all files.
    """
    if reads:
        return describe_library(source, features=features, place=reads, **options).dataset
    found = load(source, features=features, **options)
    if features or not has_sound(source) or not _is_heard(source, options.get("exclude", "")):
        return found
    return replace(found, tags=load(source, features=LISTENING, **options).tags.reindex(found.ids))


def _is_of(record: Record, dataset: Dataset) -> bool:
    """Return whether a record is there and of the same tracks, described by whatever."""
    try:
        return record.run()["origin"]["tracks"] == origin(dataset)["tracks"]
    except (FileNotFoundError, KeyError):
        return False


class Explored(NamedTuple):
    """What the explorer shows: maps and clusters by method, and the space of each by track id.

    names: of the groups of the chapter or the command, by track id, None where these are not shown; titles: what these
    groups are called among the methods.
    """

    maps: pd.DataFrame
    clusters: pd.DataFrame
    spaces: dict[str, pd.DataFrame]
    names: pd.Series | None
    titles: dict[str, str]


def explored_records(dataset: Dataset, results_dir: str | Path, *, reads: str = "", **settings: Any) -> Explored:
    """Return the records of all methods that are compared, or, of the record that ``reads`` names, its one.

    That of the chapter, where it is one of the same tracks, stands before those of the methods.

    settings: those of the study. Raises as :func:`~vaeclust.studies.records.read_all` does.
    """
    chapter = Record(dataset, CHAPTER, results_dir)
    own = [] if reads or not _is_of(chapter, dataset) else [CHAPTER]
    names, wanted = ([reads], {}) if reads else (list(COMPARED), settings)
    maps_found, clusters = (read_all(table, dataset, names, results_dir, **wanted) for table in ("maps", "clusters"))
    if own:  # read as it is: it may describe the tracks by more
        maps_found = pd.concat([chapter.read("maps").assign(method=CHAPTER), maps_found])
        clusters = pd.concat([chapter.read("clusters").assign(method=CHAPTER), clusters])
    records = {name: Record(dataset, name, results_dir) for name in (*own, *names)}
    slugs = {name: record.run()["parameters"]["method"] if reads else name for name, record in records.items()}
    spaces = {}
    for name, record in records.items():
        ids, embeddings = record.embeddings()
        spaces[slugs[name]] = pd.DataFrame(embeddings[0], index=ids)
    clusters = pick(clusters, condition=STANDARD, clusterer="kmeans")
    found = (table.assign(method=table["method"].map(slugs)) for table in (maps_found, clusters))
    shown = reads or (CHAPTER if own else "")
    songs = _read_songs(records[shown].folder / SONGS) if shown else None
    titles = {slugs[shown]: TITLE} if shown else {}
    return Explored(*found, spaces, None if songs is None else songs["name"].reindex(dataset.ids), titles)
