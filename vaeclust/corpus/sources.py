"""From what a user names to a corpus: ``load(source) -> Dataset`` (chapter ``00_data``).

A feature table, a tracks table and lyrics come in; ids, units and faults are checked here, once, so that nothing
further along has to doubt them.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from vaeclust.corpus.audio import SECONDS
from vaeclust.corpus.dataset import FEATURE_SETS, FULL, Dataset, assemble
from vaeclust.corpus.folders import measure_folder
from vaeclust.corpus.named import CORPORA, fetch, known_name
from vaeclust.corpus.tables import examples, numeric_columns, read_csv, read_embeddings, track_ids
from vaeclust.files import resolve


def load(
    source: str | Path,
    *,
    lyrics: str | Path | None = None,
    tracks: str | Path | None = None,
    features: str = "mfcc20",
    name: str = "",
    exclude: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Dataset:
    """Load a corpus (chapter ``00_data``).

    Parameters
    ----------
    source : str or Path
        The name of one of CORPORA, such as ``"demo"``, which is synthetic, or ``"gtzan"``, downloaded once; a table
        (CSV) with a column ``track_id`` or ``filename``, the feature columns, and perhaps ``genre`` or ``label``; or a
        folder of audio, whose files are measured once (see ``folders``).
    lyrics : str or Path, optional
        A folder of ``<track_id>.txt``, or a CSV of texts, bags of words or 30 features.
    tracks : str or Path, optional
        A CSV with ``track_id`` and any of genre, artist, title, path. Here and for ``lyrics`` an empty text means
        none.
    features : {"mfcc20", "full", "moods"} or str or Path
        The 20 time means of the MFCCs; all 57 features of the GTZAN table; seven moods, which need a network that is
        fetched (see ``moods``); or the file of any other features, such as the embeddings of a pretrained model (see
        :func:`~vaeclust.corpus.tables.read_embeddings`), joined by track id. Tracks that it does not have are left out
        and named.
    name : str
        What to call the corpus; by default as its file or folder is called, in whatever script.
    exclude : mapping, optional
        Track id → reason. By default what CORPORA says, such as GTZAN's damaged track; ``{}`` keeps every track.
    seconds : float
        How much of an audio file is measured.

    Raises
    ------
    FileNotFoundError
        For a source, tracks or lyrics file that is not there.
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
    given = None if features in FEATURE_SETS else _features_file(features)
    measured = "mfcc20" if given is not None else str(features)
    named = str(source) if str(source) in CORPORA else None
    if named:
        source = fetch(named)
    path = resolve(source)
    faults: dict[str, str] = {}
    if named and (path / "features.csv").is_file():
        tracks, lyrics = tracks or _table(path, "tracks"), lyrics or _table(path, "lyrics_features")
        path = path / "features.csv"
    if not path.exists():
        raise FileNotFoundError(_unknown_source(source, path))
    if path.is_dir():
        values, table, texts, faults = measure_folder(
            path, features=measured, columns=list(FEATURE_SETS[measured]), seconds=seconds
        )
        lyrics = lyrics if lyrics or texts.empty else texts
    else:
        table = read_csv(path, "feature table")
        table.index = track_ids(table, path)
        columns = [] if given is not None else _columns(table, measured, path)
        values = numeric_columns(table, columns, path)
    about = _tracks(table, tracks)
    known = named or known_name(set(values.index))
    called = file_name(name) or known or file_name(path.resolve().name.split(".")[0]) or "corpus"
    if called in CORPORA and called != known:
        called = f"{called}-own"
    if given is not None:
        missing = values.index.difference(given.index)
        if len(missing) == len(values):
            raise ValueError(
                f"{features}: none of its {len(given)} track ids is in {source} "
                f"({examples(given.index)} against {examples(values.index)})"
            )
        faults |= dict.fromkeys(missing, f"it has no features in {Path(features).name}")
        kept = values.index.isin(given.index)
        about = about[kept]
        values = given.loc[about.index]
    if exclude is None:
        exclude = CORPORA[known].excluded if known else {}
    excluded = {track: why for track, why in exclude.items() if track in values.index}
    kept = ~values.index.isin(list(excluded))
    if not kept.any():
        raise ValueError(f"{path}: no track is left after leaving out {len(excluded)}; expected at least one")
    corpus = assemble(called, about[kept], values[kept], lyrics=lyrics, excluded={**faults, **excluded})
    chosen = {"name": name} if name else {}
    own = str(features) if given is None else str(resolve(features))
    return replace(
        corpus,
        variant="" if own == "mfcc20" else file_name(Path(own).name.split(".")[0]),
        source="|".join([known or str(path.resolve()), own]),
        given={"dataset": named or str(path), **paths, **({} if own == "mfcc20" else {"features": own}), **chosen},
    )


def _table(folder: Path, name: str) -> Path | None:
    """Return a table of a named corpus, where it has that."""
    path = folder / f"{name}.csv"
    return path if path.is_file() else None


def _features_file(features: str | Path) -> pd.DataFrame:
    path = resolve(features)
    if not path.name.endswith((".csv", ".csv.gz", ".npz")):
        names = ", ".join(map(repr, FEATURE_SETS))
        raise ValueError(f"features={str(features)!r}; expected {names}, or a file of track embeddings (CSV or npz)")
    return read_embeddings(path)


def _columns(table: pd.DataFrame, features: str, path: Path) -> list[str]:
    wanted = FEATURE_SETS[features]
    missing = [column for column in wanted if column not in table]
    if missing:
        raise ValueError(
            f"{path}: {len(missing)} of the {len(wanted)} columns of features={features!r} are missing "
            f"({examples(missing)}); found {examples(table.columns)}. Expected a table with {wanted[0]} … {wanted[-1]}"
        )
    return list(wanted)


def _tracks(table: pd.DataFrame, tracks: str | Path | None) -> pd.DataFrame:
    """Return genre, artist, title, … by track: the feature table's own label, overridden by the tracks table."""
    about = pd.DataFrame(index=table.index)
    about["genre"] = table.get("genre", table.get("label", pd.Series(pd.NA, table.index, dtype="str")))
    about = about.join(table[[column for column in ("artist", "title", "path") if column in table]])
    if not tracks:
        return about
    path = resolve(tracks)
    more = read_csv(path, "tracks table")
    more.index = track_ids(more, path)
    shared = about.index.intersection(more.index)
    if shared.empty:
        raise ValueError(
            f"{path}: none of its {len(more)} track ids is in the feature table "
            f"({examples(more.index)} against {examples(about.index)})"
        )
    more = more.drop(columns=["track_id", "filename"], errors="ignore").reindex(about.index)
    for column in more.columns.intersection(about.columns):
        about[column] = more.pop(column).fillna(about[column])
    return about.join(more)


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
    path = resolve(source)
    if features == "full" or (path.is_file() and set(FULL) <= set(pd.read_csv(path, nrows=0).columns)):
        return load(source, features="full", **options)
    return None
