"""From what a user names to a corpus: ``load(source) -> Dataset`` (chapter ``00_data``).

A feature table, a tracks table and lyrics come in; ids, units and faults are checked here, once, so that nothing
further along has to doubt them.
"""

import os
import unicodedata
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from vaeclust.corpus.arrays import ARRAYS, Numbers, given_numbers, read_numbers, table_ids
from vaeclust.corpus.audio import SECONDS
from vaeclust.corpus.columns import numeric_names
from vaeclust.corpus.dataset import LABELS, Dataset, assemble
from vaeclust.corpus.feature_sets import FEATURE_SETS, FeatureSet, mean_of, recognise
from vaeclust.corpus.folders import first_like, listed_patterns, measure_folder, shared_folder
from vaeclust.corpus.formats import SUFFIXES as SUFFIXES_OF_TABLES
from vaeclust.corpus.formats import column_names
from vaeclust.corpus.joining import all_misses
from vaeclust.corpus.lyrics_files import table_texts
from vaeclust.corpus.named import CORPORA, fetch, known_name
from vaeclust.corpus.reading import SUFFIXES
from vaeclust.corpus.roles import (
    folded_name,
)
from vaeclust.corpus.sampling import draw
from vaeclust.corpus.scaling import check_scaling
from vaeclust.corpus.tables import check_variation, examples, npz_array
from vaeclust.corpus.told import (
    check_labels,
    label_columns,
    spelled_labels,
    told_of_tracks,
    with_labels_of_lyrics,
    with_tracks,
)
from vaeclust.files import resolve

TABLES = {*ARRAYS, *SUFFIXES_OF_TABLES}


def load(
    source: str | Path,
    *,
    lyrics: str | Path | None = None,
    tracks: str | Path | None = None,
    features: str = "mfcc20",
    name: str = "",
    exclude: Mapping[str, str] | str | None = None,
    seconds: float = SECONDS,
    offset: float = 0.0,
    scaling: str = "",
    labels: str = "",
    most: int = 0,
) -> Dataset:
    """Load a corpus (chapter ``00_data``).

    Parameters
    ----------
    source : str or Path
        The name of one of CORPORA, such as ``"demo"``, which is synthetic, or ``"gtzan"``, downloaded once; a table
        or array of numbers, one row a track, perhaps with labels and lyrics (what columns are, says
        :data:`~vaeclust.corpus.roles.ROLES`); or a folder of audio, whose files are measured once (see ``folders``), or
        several folders and files, between them what stands between paths on this system, ``:`` or ``;``.
    lyrics : str or Path, optional
        What :func:`~vaeclust.corpus.lyrics.load_lyrics` takes.
    tracks : str or Path, optional
        A table of what is known of the tracks: genre, artist, title, path and others. Here and for ``lyrics`` an empty
        text means none.
    features : str or Path
        A row of FEATURE_SETS: ``"mfcc20"``, the 20 time means of the MFCCs, also if empty; ``"full"``, all 57 of the
        GTZAN table; ``"musicnn"``, ``"moods"`` and others, what a listening network makes of the sound. Or the file of
        any features, such as the embeddings of a model (see :func:`~vaeclust.corpus.arrays.given_numbers`), joined by
        track id; ``FILE.npz:ARRAY`` is one array of several. Tracks that it does not have are left out and named; one
        that has the columns of a row, or the tags of one as ``<tag> mean``, is taken for that row.
    name : str
        What to call the corpus; by default as its file or folder is called, in whatever script.
    exclude : mapping or str, optional
        Track id → reason. By default what CORPORA says, such as GTZAN's damaged track; ``{}`` keeps every track. A text
        lists patterns of paths beside that, ``*/Audiobooks/*,*.wav``: files like them are not measured, tracks of a
        table whose id or path is like them are left out. A comma in a pattern has a backslash before it.
    seconds : float
        How much of an audio file is measured.
    offset : float
        How many seconds at its start are skipped before. Silence that follows is passed over in any case.
    scaling : str
        How features become what models see, a row of SCALINGS; by default what FEATURE_SETS says, and ``standard`` for
        features that it does not know.
    labels : str
        The columns of the tracks to score against, such as ``"genre,language"``, the first before all; by default those
        of genre, language, mood, tag and artist that are known. Columns of numbers may be among them; they are no
        features then.
    most : int
        Measure and keep no more than so many tracks, drawn at random, the same at every call; 0 keeps all.

    Raises
    ------
    FileNotFoundError
        For a source, tracks or lyrics file that is not there; for features whose weights are not.
    ValueError
        For anything in the files that is not as expected; says what was found, what was expected, what to do.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> columns = [f"mfcc{i}_mean" for i in range(1, 21)]
    >>> table = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 20)), columns=columns)
    >>> table = table.assign(track_id=list("abcdefgh"), genre=["jazz", "rock"] * 4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table.to_csv(f"{folder}/mine.csv", index=False)
    ...     load(f"{folder}/mine.csv")
    mine: 8 tracks, 20 features, 2 genres, no lyrics
    """
    options = {"tracks": tracks, "lyrics": lyrics if isinstance(lyrics, str | Path) else None}
    paths = {option: str(resolve(value)) for option, value in options.items() if value}
    features = str(features) or "mfcc20"
    known_set = FEATURE_SETS.get(features)
    own = features if known_set else str(resolve(features))
    if not known_set:
        _check_features_file(features)
    if scaling:
        check_scaling(scaling)
    named = str(source) if str(source) in CORPORA else None
    if named:
        source = fetch(named)
    table_path, array = npz_array(source)
    places = source_paths(table_path)
    path = places[0]
    without = listed_patterns(exclude) if isinstance(exclude, str) else []
    exclude = None if isinstance(exclude, str) else exclude
    given: pd.DataFrame | None = None
    tables_are_ours = bool(named and known_set and not paths)
    if named and (path / "features.csv").is_file():
        tracks, lyrics = tracks or _table(path, "tracks"), lyrics or _table(path, "lyrics_features")
        measure = CORPORA[named].measure
        if measure and known_set and known_set.name != "mfcc20":
            given = measure(known_set.name, most)
        path = path / "features.csv"
    for place in places:
        if not place.exists():
            raise FileNotFoundError(_unknown_source(source if len(places) == 1 else place, place))
    misses: list[pd.DataFrame | None] = []
    references = tuple(dict.fromkeys(label.strip() for label in labels.split(",") if label.strip()))
    measured = known_set or FEATURE_SETS["mfcc20"]
    if is_sound(path) or len(places) > 1:
        heard = partial(measure_folder, features=measured.name, seconds=seconds, offset=offset)
        found = _Source(*heard(*places, most=most, without=without))
    else:
        needed = given is None and known_set is not None
        order = table_ids(resolve(tracks)) if tracks and path.suffix.lower() in ARRAYS else ()
        wanted = partial(_set_columns, measured, path, but=references) if needed else _none
        found = _of_table(path, read_numbers(path, array, order, columns=wanted), references, most)
    values, about, texts, faults, notes, averaged = found
    if tracks:
        about, told, said, missed = with_tracks(about, resolve(tracks), references, faults)
        texts = texts if told is None else told
        notes += said
        misses.append(missed)
    if isinstance(lyrics, str | Path) and lyrics and not tables_are_ours:
        about, said = with_labels_of_lyrics(about, resolve(npz_array(lyrics)[0]))
        notes += said
    columns = label_columns(references, about)
    about, said = spelled_labels(about, columns.values())
    notes += said
    known = named or known_name(set(values.index))
    whole = path if len(places) == 1 else shared_folder(places)
    itself = None if averaged else known  # means over slices of its recordings are another corpus
    own_name = whole.resolve().name
    own_name = own_name if whole.is_dir() else own_name.split(".")[0]
    called = file_name(name) or itself or file_name(own_name) or "corpus"
    if called in CORPORA and called != itself:
        called = f"{called}-own"
    if not known_set:
        features_path, features_array = npz_array(features)
        numbers = given_numbers(
            resolve(features_path),
            features_array,
            list(values.index),
            columns=_own_columns,
            about=about,
            left_out=faults,
        )
        given, faults = numbers.values, faults | numbers.faults
        notes += numbers.notes
        misses.append(numbers.misses)
    if given is not None:
        missing = values.index.difference(given.index)
        values = given.loc[values.index[values.index.isin(given.index)]]
        faults |= {track: f"it has no features in {Path(features).name}" for track in missing if track not in faults}
    if exclude is None:
        exclude = CORPORA[known].excluded if known else {}
    excluded = {track: why for track, why in exclude.items() if track in values.index}
    excluded |= _unwanted(about.loc[values.index], without)
    values = values[~values.index.isin(list(excluded))]
    if values.empty:
        raise ValueError(f"{path}: no track is left after leaving out {len(excluded)}; expected at least one")
    check_variation(values, path)
    recognised = known_set if known_set and set(known_set.columns) <= set(values) else recognise(values.columns)
    by_default = recognised.scaling if recognised else "standard"
    with warnings.catch_warnings():
        if most:
            warnings.filterwarnings("ignore", ".*lyrics of tracks that the corpus does not have")  # they were not drawn
        corpus = assemble(
            called,
            about.loc[values.index],
            values[list(recognised.columns)] if recognised else values,
            lyrics=lyrics or texts,
            excluded={**faults, **excluded},
            scaling=scaling or by_default,
            tags=_tags(values, recognised),
            labels=tuple(dict.fromkeys(columns.values())) or LABELS,
        )
    check_labels(columns, corpus)
    chosen = {option: value for option, value in {"name": name, "labels": labels}.items() if value}
    other = [] if corpus.scaling == by_default else [corpus.scaling]
    identity = itself or os.pathsep.join(str(place.resolve()) for place in places)
    typed = named or (str(source) if array else os.pathsep.join(map(str, places)))
    return replace(
        corpus,
        variant="-".join([*_variant(own), *other]),
        source="|".join([identity, own, *other]),
        given={"dataset": typed, **paths, **({} if own == "mfcc20" else {"features": own}), **chosen},
        notes=()
        if tables_are_ours
        else tuple(dict.fromkeys([*notes, *corpus.notes, _summary(corpus, lyrics or texts)])),
        unmatched=None if tables_are_ours else all_misses(*misses, corpus.unmatched),
    )


class _Source(NamedTuple):
    """What a source says of its tracks: features, labels and others by track id, texts, faults; what is to be said.

    averaged: whether its rows were slices of recordings.
    """

    values: pd.DataFrame
    about: pd.DataFrame
    texts: pd.Series | None
    faults: dict[str, str]
    notes: list[str]
    averaged: bool = False


def _of_table(path: Path, read: Numbers, labels: Sequence[str], most: int) -> _Source:
    """Return what a table or array says of its tracks; labels: columns of numbers that are no features."""
    others = set(numeric_names(read.about)) - set(labels)
    about = told_of_tracks(read.about.drop(columns=list(others)), path)
    kept = draw(read.values.index, most)
    texts = table_texts(read.about, path)
    return _Source(read.values.loc[kept], about.loc[kept], texts, read.faults, list(read.notes), read.averaged)


def _summary(corpus: Dataset, lyrics: str | Path | pd.Series | None) -> str:
    """Return what tracks are scored against and which have lyrics, in a line; lyrics: where these come from."""
    labels = [f"{label} ({_classes(corpus.tracks[label])})" for label in corpus.references()]
    told = {label: corpus.tracks[label].dropna() for label in corpus.labels if label in corpus.tracks}
    alone = [
        f"{label} ({found.iloc[0]} alone, {len(found):,})" for label, found in told.items() if found.nunique() == 1
    ]
    one = f"; of one value, and so none: {', '.join(alone)}" if alone else ""
    sung = f"{corpus.has_lyrics.sum():,} of {len(corpus):,} tracks" if corpus.lyrics is not None else "none"
    column = f", from `{lyrics.name}`" if isinstance(lyrics, pd.Series) and lyrics.name and len(lyrics) else ""
    return f"labels: {', '.join(labels) or 'none'}{one}; lyrics: {sung}{column}"


def _classes(told: pd.Series) -> str:
    """Return how many classes a label has, and, where not all tracks have one, how many do."""
    known = told.notna().sum()
    return f"{told.nunique():,}" + (f", known of {known:,} tracks" if known < len(told) else "")


def _unwanted(about: pd.DataFrame, without: Sequence[str]) -> dict[str, str]:
    """Return the tracks whose id or path is like a pattern: track id → reason."""
    paths = about["path"].fillna("") if "path" in about else pd.Series("", about.index)
    found = {
        track: first_like((f"/{track}", str(track), f"/{path}", Path(path).name), without)
        for track, path in paths.astype(str).items()
    }
    return {str(track): f"it is like {like}" for track, like in found.items() if like}


def is_sound(path: Path) -> bool:
    """Return whether a path is a folder, or a file of audio."""
    return path.is_dir() or path.suffix.lower() in SUFFIXES


def source_paths(source: str | Path) -> list[Path]:
    """Return the paths that a source names: one, or several between which stands what separates paths here."""
    whole = resolve(source)
    parts = [part for part in str(source).split(os.pathsep) if part]
    return [whole] if whole.exists() or len(parts) < 2 else list(map(resolve, parts))


def _variant(features: str) -> list[str]:
    """Return what follows the name of a corpus for its features: nothing, their own name, or file and array."""
    path, array = npz_array(features)
    parts = [] if features == "mfcc20" else [file_name(Path(path).name.split(".")[0]), file_name(array)]
    return [part for part in parts if part]


def _tags(values: pd.DataFrame, described: FeatureSet | None) -> pd.DataFrame | None:
    """Return the tags of tracks, where what was measured or given has them all."""
    tags = list(described.tags) if described else []
    return values[tags] if tags and set(tags) <= set(values) else None


def _table(folder: Path, name: str) -> Path | None:
    """Return a table of a named corpus, where it has that."""
    path = folder / f"{name}.csv"
    return path if path.is_file() else None


def _check_features_file(features: str) -> None:
    path, _ = npz_array(features)
    if Path(path).suffix.lower() not in TABLES:
        names = ", ".join(map(repr, FEATURE_SETS))
        raise ValueError(
            f"features={features!r}; expected {names}, or a file of track embeddings ({', '.join(sorted(TABLES))})"
        )


def _none(table: pd.DataFrame) -> dict[str, str]:
    """Return no columns: the features of these tracks are elsewhere."""
    return {}


def _known_names(table: pd.DataFrame) -> dict[str, str]:
    """Return the columns of feature sets that a table has, whatever their capitals: name → column; means are tags."""
    by_name = {folded_name(column): column for column in reversed(list(table))}
    wanted = dict.fromkeys(name for row in FEATURE_SETS.values() for name in (*row.columns, *row.tags))
    found = {name: by_name.get(folded_name(name), by_name.get(folded_name(mean_of(name)))) for name in wanted}
    return {name: column for name, column in found.items() if column is not None}


def _own_columns(table: pd.DataFrame) -> dict[str, str]:
    """Return the features of a table: those of a set that it has just, or its tags as means; else all its numbers."""
    known, numbers = _known_names(table), numeric_names(table)
    called = {column: name for name, column in known.items()}
    described = recognise(called.get(column, column) for column in numbers) or recognise(numbers)
    return _of_set(described, known) if described else {name: name for name in numbers}


def _of_set(features: FeatureSet, known: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a set, and its tags where all are there: name → column."""
    wanted = dict.fromkeys(features.columns) | dict.fromkeys(features.tags if set(features.tags) <= set(known) else ())
    return {name: known[name] for name in wanted}


def _set_columns(features: FeatureSet, path: Path, table: pd.DataFrame, *, but: Iterable[str] = ()) -> dict[str, str]:
    """Return the columns of a set: name → column; for the 20 means, all numbers of a table that has other ones.

    but: columns of numbers that are labels.

    Raises ValueError for a table of numbers that lacks a part of the set.
    """
    known = _known_names(table)
    missing = [column for column in features.columns if column not in known]
    if not missing:
        return _of_set(features, known)
    numbers = [name for name in numeric_names(table) if name not in but]
    fewer = tuple(missing) == features.columns[-len(missing) :]  # 13 coefficients are no damaged 20
    if features.name == "mfcc20" and numbers and (fewer or len(missing) > len(features.columns) / 2):
        return {name: name for name in numbers}
    raise ValueError(
        f"{path}: {len(missing)} of the {len(features.columns)} columns of features={features.name!r} are missing "
        f"({examples(missing)}); found {examples(table.columns)}. Expected a table with {features.columns[0]} … "
        f"{features.columns[-1]}, or a folder of audio, in which they are measured"
    )


def file_name(text: str) -> str:
    """Return a text as the name of a file: letters and signs of every script, digits, emoji; the rest is a hyphen.

    >>> file_name("গান / my songs 🎸")
    'গান-my-songs-🎸'
    """
    kept = [c if _belongs_in_a_name(c) else " " for c in unicodedata.normalize("NFC", text)]
    return "-".join("".join(kept).split())[:60].strip("-.")


def _belongs_in_a_name(character: str) -> bool:
    joins = character in "_.-\u200c\u200d"  # the last two join letters of Indic scripts, and emoji
    return joins or unicodedata.category(character) in {"So", "Sk"} or unicodedata.category(character)[0] in "LMN"


def _unknown_source(source: str | Path, path: Path) -> str:
    if path.suffix or len(Path(source).parts) > 1:
        return f"no file {path}; expected a feature table (CSV) or a folder of audio"
    names = ", ".join(CORPORA)
    return f"unknown dataset {str(source)!r}; expected {names}, or the path of a feature table (CSV) or folder of audio"


def load_full(source: str, *, features: str = "mfcc20", **options: Any) -> Dataset | None:
    """Load a corpus with all 57 features if that costs nothing: from a table that has them, or if asked for.

    options: of :func:`load`.
    """
    if features == "full" or has_features(source, "full"):
        return load(source, features="full", **options)
    return None


def has_features(source: str | Path, features: str) -> bool:
    """Return whether a source is a table that has all columns of a row of FEATURE_SETS."""
    path = resolve(source)
    table = path.is_file() and not is_sound(path)
    return table and set(FEATURE_SETS[features].columns) <= set(column_names(path))


def has_sound(source: str | Path) -> bool:
    """Return whether a source has sound to measure: most named corpora, folders, files of audio."""
    if str(source) in CORPORA:
        return CORPORA[str(source)].sound
    places = source_paths(source)
    return len(places) > 1 or is_sound(places[0])
