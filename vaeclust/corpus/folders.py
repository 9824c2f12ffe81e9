"""A folder of music as tables: files, genres, artists, lyrics (chapter ``10_your_music``)."""

import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vaeclust.corpus import audio
from vaeclust.corpus.facts import FACTS, Facts
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.levels import folder_labels
from vaeclust.corpus.lyrics_files import TEXTS
from vaeclust.corpus.measured import extract, path_text
from vaeclust.corpus.reading import SUFFIXES
from vaeclust.corpus.roles import GENRE, one_spelling
from vaeclust.corpus.sampling import draw
from vaeclust.corpus.tables import AUDIO_SUFFIX, GTZAN_ID, GTZAN_IDS, examples
from vaeclust.corpus.words import sung, text_of

LEAST_TAGGED = 0.5  # share of the files that have a genre in their tags, where tags are believed
_LANGUAGE = re.compile(r"\.[a-z]{2}(?:[-_][A-Za-z]{2,4})?$")  # of a name such as song.en or song.pt-BR


class Folder(NamedTuple):
    """What was measured of some folders: what :func:`measure_folder` returns."""

    features: pd.DataFrame
    tracks: pd.DataFrame
    texts: pd.Series
    excluded: dict[str, str]
    notes: list[str]


def measure_folder(
    *places: Path,
    features: str,
    seconds: float = audio.SECONDS,
    offset: float = 0.0,
    most: int = 0,
    without: Sequence[str] = (),
) -> Folder:
    """Measure every audio file under some folders, and single files, or ``most`` of them.

    features: a row of FEATURE_SETS. seconds, offset: which part of each file. without: patterns such as
    ``*/Audiobooks/*`` or ``*.live.mp3``; a file whose path below the place, or whose name, is like one of them is left
    out.

    Returns
    -------
    features : DataFrame
        (n, d) float64, indexed by track id: all that is measured where the features are.
    tracks : DataFrame
        ``genre, artist, title, path``, and the facts of each file: ``file_format``; ``sample_rate`` in Hz and
        ``bit_rate`` in bits a second, Int64; ``length`` in seconds; missing where unknown. Genres are those of GTZAN
        for its clips; else they come from the tags if at least half of the files have one; else from the folders (see
        :func:`~vaeclust.corpus.levels.folder_labels`), which may say ``language``, too; else there are none.
    texts : Series
        Lyrics by track id: from ``.txt`` or ``.lrc`` beside a file, else from its tags.
    excluded : dict
        Track id → why it was left out. The second of two identical files is, except in GTZAN, whose copies are known.
    notes : list
        What is to be said: which files are damaged in part.

    Raises
    ------
    ValueError
        When there is no audio file, or none that can be used.
    """
    files = found_files(*places)
    folder = ", ".join(map(str, places))
    if not files:
        raise ValueError(f"{folder}: no audio file found; expected some of {', '.join(SUFFIXES)}")
    unwanted = unwanted_files(files, without)
    files = {track: path for track, path in files.items() if track not in unwanted}
    files = {track: files[track] for track in draw(files, most)}
    measured = extract(files.values(), features=features, seconds=seconds, offset=offset)
    rows, about, texts = {}, {}, {}
    excluded = {track: f"its path is like {like}" for track, like in unwanted.items()}
    seen: dict[str, str] = {}  # digest → track
    beside = sidecars(files.values())
    copies_are_known = set(files) <= GTZAN_IDS
    for track, path in files.items():
        result = measured[path]
        if result.reason:
            excluded[track] = result.reason
        elif result.digest in seen and not copies_are_known:
            excluded[track] = f"the same file as {seen[result.digest]}"
        else:
            seen[result.digest] = track
            rows[track] = result.values
            about[track] = {**result.tags, "path": path_text(path), **asdict(result.facts or Facts())}
            texts[track] = beside.get(path, "") or result.tags.get("lyrics", "")
    if not rows:
        reasons = examples((f"{track}: {why}" for track, why in excluded.items()), 3)
        raise ValueError(f"{folder}: none of the {len(files)} audio files can be used ({reasons})")
    ids = pd.Index(rows, name="track_id")
    tracks = pd.DataFrame.from_dict(about, orient="index").reindex(ids)
    tracks = tracks.reindex(columns=["genre", "artist", "title", "path", *FACTS])
    tracks = tracks.astype({"sample_rate": "Int64", "bit_rate": "Int64", "length": "float64"})
    lyrics = pd.Series(texts, dtype=object).reindex(ids)
    columns = pd.Index(FEATURE_SETS[features].measurement.columns)
    values = pd.DataFrame(list(rows.values()), index=ids, columns=columns, dtype="float64")
    labels = _labels(tracks.pop(GENRE), tracks["artist"], levels=len(places) == 1)
    notes = _damages({track: measured[files[track]].damage for track in ids})
    return Folder(values, labels.join(tracks), lyrics[lyrics.str.strip() != ""], excluded, notes)


def _damages(damages: Mapping[str, str]) -> list[str]:
    """Return a line on the files that are damaged in part, where there are any."""
    told = [f"{track}: {damage}" for track, damage in damages.items() if damage]
    return [f"damaged in part, and measured without that: {examples(told)}"] if told else []


def found_files(*places: Path) -> dict[str, Path]:
    """Return every audio file of some folders, and single files, by track id: its path below what they share."""
    paths: dict[Path, None] = {}  # each once, those of the first place first: of two copies that one stays
    for place in places:
        paths |= dict.fromkeys(sorted([place] if place.is_file() else audio_files(place)))
    folders = [place.parent if place.is_file() else place for place in places]
    return dict(_track_names(shared_folder(folders), list(paths)))


def unwanted_files(files: Mapping[str, Path], without: Sequence[str]) -> dict[str, str]:
    """Return the pattern that a file is like, by track id, of those that are like one."""
    names = {track: (f"/{track}{path.suffix}", path.name, track) for track, path in files.items()}
    return {track: like for track in files if (like := first_like(names[track], without))}


def shared_folder(places: Sequence[Path]) -> Path:
    """Return the folder that some places share; none (``.``) where they lie on several drives.

    >>> shared_folder([Path("/music/one"), Path("/music/two/three")]).as_posix()
    '/music'
    """
    try:
        return places[0] if len(set(places)) == 1 else Path(os.path.commonpath(places))
    except ValueError:  # drives of Windows
        return Path()


def listed_patterns(text: str) -> list[str]:
    """Return the patterns that a text lists; a comma that has a backslash before it belongs to a pattern.

    >>> listed_patterns(r"*/Audiobooks/*, Hello\\, Goodbye*")
    ['*/Audiobooks/*', 'Hello, Goodbye*']
    """
    parts = (part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", text))
    return [part for part in parts if part]


def first_like(names: Sequence[str], patterns: Sequence[str]) -> str:
    """Return the first of some patterns that any of these names is like, or nothing."""
    return next((like for like in patterns if any(fnmatch(name, like) for name in names)), "")


def audio_files(folder: Path) -> Iterator[Path]:
    """Yield every audio file under a folder, but hidden ones. Links are followed; no folder is entered twice."""
    visited, waiting = set(), [folder]
    while waiting:
        here = waiting.pop()
        status = here.stat()
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        try:
            names = [name for name in os.listdir(here) if not name.startswith(".")]
        except OSError as error:
            warnings.warn(f"{here} cannot be read and is left out ({error.strerror})", stacklevel=2)
            continue
        for path in map(here.joinpath, names):
            if path.is_dir():
                waiting.append(path)
            elif path.suffix.lower() in SUFFIXES:
                yield path


def sidecars(files: Iterable[Path]) -> dict[Path, str]:
    """Return the lyrics beside audio files, by file: ``.txt``, ``.lrc`` or ``.srt`` of its name, in whatever capitals.

    A language may stand between name and suffix, ``song.en.lrc``. Of several the first that has words is taken.
    """
    wanted = list(files)
    listed: dict[tuple[Path, str], list[Path]] = {}
    for folder in {file.parent for file in wanted}:
        texts = [path for path in folder.iterdir() if path.suffix.lower() in TEXTS]
        for path in sorted(texts, key=lambda path: (TEXTS.index(path.suffix.lower()), path)):
            for name in {path.stem, _LANGUAGE.sub("", path.stem)}:
                listed.setdefault((folder, name.casefold()), []).append(path)
    found = {}
    for file in wanted:
        for path in listed.get((file.parent, file.stem.casefold()), ()):
            if (text := text_of(path)) and sung(text).strip():
                found[file] = text
                break
    return found


def _track_names(folder: Path, paths: list[Path]) -> Iterator[tuple[str, Path]]:
    """Yield track ids: relative paths without suffix, with it where two files differ in nothing else."""
    names = [(path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix() for path in paths]
    stems = [AUDIO_SUFFIX.sub("", name) for name in names]
    twice = {stem for stem, times in Counter(stems).items() if times > 1}
    for name, stem, path in zip(names, stems, paths, strict=True):
        gtzan = GTZAN_ID.search(stem)
        track = gtzan.group(1) if gtzan else name if stem in twice else stem
        yield path_text(track), path


def _labels(tagged: pd.Series, artists: pd.Series, *, levels: bool) -> pd.DataFrame:
    """Return genre, and language where it is known; levels: whether folders may be labels."""
    ids = tagged.index
    if set(ids) <= GTZAN_IDS:
        return pd.DataFrame({GENRE: ids.str.split(".").str[0]}, ids)
    found = folder_labels(ids, artists) if levels else pd.DataFrame(index=ids)
    if tagged.notna().mean() >= LEAST_TAGGED:
        found[GENRE] = one_spelling(tagged)
    return found if GENRE in found else found.assign(genre=pd.Series(None, ids, dtype=object))
