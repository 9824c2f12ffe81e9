"""A corpus as the models see it: ``load(...) -> Dataset`` (chapter ``00_data``).

A feature table, a tracks table and lyrics come in; ids, units and faults are checked here, once, so that nothing
further along has to doubt them.
"""

import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust import corpora
from vaeclust.audio import SECONDS
from vaeclust.downloads import mini_checksums
from vaeclust.folders import measure_folder
from vaeclust.lyrics import load_lyrics
from vaeclust.paths import resolve
from vaeclust.provenance import CHECKSUM, CORPORA
from vaeclust.tables import GTZAN_IDS, numeric_columns, read_csv, read_embeddings, some, track_ids

GTZAN_DAMAGED = {"jazz.00054": "damaged in the usual download of GTZAN; the published study has 999 tracks too"}

MFCC20 = tuple(corpora.MFCC20)
_MEASURED = ("chroma_stft rms spectral_centroid spectral_bandwidth rolloff zero_crossing_rate harmony perceptr").split()
FULL = (
    *(f"{name}_{moment}" for name in _MEASURED for moment in ("mean", "var")),
    "tempo",
    *(f"mfcc{i}_{moment}" for i in range(1, 21) for moment in ("mean", "var")),
)
FEATURE_SETS = {"mfcc20": MFCC20, "full": FULL}


@dataclass(frozen=True)
class Dataset:
    """A corpus, checked and standardised.

    Attributes
    ----------
    name : str
        Names the folder of its results: ``gtzan``, ``gtzan-mini``, ``demo`` or the stem of its file or folder.
    tracks : DataFrame
        Indexed by ``track_id``, with at least the column ``genre`` (missing where unknown).
    features : DataFrame
        (n, d) float64, indexed by ``track_id``, in the features' own units.
    audio : ndarray
        (n, d) float32: ``features`` standardised with the population deviation. What models see.
    lyrics : ndarray or None
        (n, 30) float32; rows of tracks without lyrics are zero.
    has_lyrics : ndarray
        (n,) bool.
    genres : ndarray or None
        (n,) int, indices into ``genre_names``, -1 where a track has none; None for unlabelled music.
    genre_names : tuple of str
        Sorted; empty for unlabelled music.
    excluded : dict
        Track id → why it was left out.
    checksum : str
        SHA-256 over everything that the models and the scores see.
    """

    name: str
    tracks: pd.DataFrame
    features: pd.DataFrame
    audio: np.ndarray
    lyrics: np.ndarray | None
    has_lyrics: np.ndarray
    genres: np.ndarray | None
    genre_names: tuple[str, ...] = ()
    excluded: dict[str, str] = field(default_factory=dict)
    checksum: str = ""

    def __len__(self) -> int:
        return len(self.tracks)

    def __repr__(self) -> str:
        genres = f"{len(self.genre_names)} genres" if self.genre_names else "no genre labels"
        lyrics = f"{self.has_lyrics.sum():,} with lyrics" if self.lyrics is not None else "no lyrics"
        left_out = f"; left out: {', '.join(self.excluded)}" if self.excluded else ""
        name = f"{self.name} (synthetic)" if self.name in corpora.SYNTHETIC else self.name
        return f"{name}: {len(self):,} tracks, {self.audio.shape[1]} features, {genres}, {lyrics}{left_out}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        return {"text/plain": repr(self)}, {CHECKSUM: self.checksum}

    @property
    def ids(self) -> list[str]:
        """The track ids in the order of all arrays."""
        return self.tracks.index.tolist()

    def references(self) -> dict[str, np.ndarray]:
        """Return the labels to score against, (n,) int each, -1 where unknown: ``genre``, ``artist``, as far as known.

        Fewer than two artists are none; with an artist for every track there is nothing to find, and they are none too.
        """
        found = {} if self.genres is None else {"genre": self.genres}
        artists = self.tracks["artist"] if "artist" in self.tracks else pd.Series(dtype=str)
        if 2 <= artists.nunique() < artists.notna().sum():
            found["artist"] = pd.factorize(artists)[0]
        return found

    def default_k(self) -> int:
        """Return the number of clusters to look for: as many as there are genres, 10 without labels."""
        return len(self.genre_names) or 10


def load(
    source: str | Path,
    *,
    lyrics: str | Path | None = None,
    tracks: str | Path | None = None,
    features: str = "mfcc20",
    exclude: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Dataset:
    """Load a corpus (chapter ``00_data``).

    Parameters
    ----------
    source : str or Path
        ``"demo"``, the embedded synthetic corpus; ``"gtzan-mini"`` or ``"gtzan"``, downloaded once; a feature table
        (CSV) with a column ``track_id`` or ``filename``, the feature columns, and perhaps ``genre`` or ``label``; or a
        folder of audio, whose files are measured once (see ``folders``).
    lyrics : str or Path, optional
        A folder of ``<track_id>.txt``, or a CSV of texts, bags of words or 30 features.
    tracks : str or Path, optional
        A CSV with ``track_id`` and any of genre, artist, title, path. Here and for ``lyrics`` an empty text means
        none.
    features : {"mfcc20", "full"} or str or Path
        The 20 time means of the MFCCs; all 57 features of the GTZAN table; or the file of any other features, such as
        the embeddings of a pretrained model (see :func:`tables.read_embeddings`), joined by track id. Tracks that it
        does not have are left out and named.
    exclude : mapping, optional
        Track id → reason. By default, the known damaged track of GTZAN; ``{}`` keeps every track.
    seconds : float
        How much of an audio file is measured.

    Raises
    ------
    FileNotFoundError
        For a source, tracks or lyrics file that is not there.
    ValueError
        For anything in the files that is not as expected; says what was found, what was expected, what to do.
    """
    given = None if features in FEATURE_SETS else _given_features(features)
    measured = "mfcc20" if given is not None else str(features)
    named = str(source) if str(source) in CORPORA else None
    if named:
        source = corpora.fetch(named)
    path, faults = resolve(source), {}
    if named == "demo":
        tracks, lyrics = tracks or path / "tracks.csv", lyrics or path / "lyrics_features.csv"
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
    name = named or _name(values.index, path)
    if given is not None:
        missing = values.index.difference(given.index)
        if len(missing) == len(values):
            raise ValueError(
                f"{features}: none of its {len(given)} track ids is in {source} "
                f"({some(given.index)} against {some(values.index)})"
            )
        faults |= dict.fromkeys(missing, f"it has no features in {Path(features).name}")
        kept = values.index.isin(given.index)
        about = about[kept]
        values = given.loc[about.index]
    if exclude is None:
        exclude = GTZAN_DAMAGED if name == "gtzan" else {}
    excluded = {track: why for track, why in exclude.items() if track in values.index}
    kept = ~values.index.isin(list(excluded))
    if not kept.any():
        raise ValueError(f"{path}: no track is left after leaving out {len(excluded)}; expected at least one")
    return build(name, about[kept], values[kept], lyrics=lyrics, excluded={**faults, **excluded})


def build(
    name: str,
    tracks: pd.DataFrame,
    features: pd.DataFrame,
    *,
    lyrics: str | Path | pd.Series | None = None,
    excluded: Mapping[str, str] | None = None,
) -> Dataset:
    """Assemble a Dataset from checked tables that share their index (see :func:`load`)."""
    audio = standardise(features)
    lyrics_features, has_lyrics = load_lyrics(lyrics, tracks.index)
    genres, genre_names = _genres(tracks["genre"])
    digest = hashlib.sha256()
    labels = [] if genres is None else [genre_names[g] if g >= 0 else "" for g in genres]
    for part in (list(tracks.index), list(features.columns), labels):
        digest.update("\n".join(part).encode())
    digest.update(np.ascontiguousarray(features.to_numpy(), dtype="<f8").tobytes())
    if lyrics_features is not None:
        digest.update(lyrics_features.tobytes())
    return Dataset(
        name, tracks, features, audio, lyrics_features, has_lyrics, genres, genre_names, dict(excluded or {}),
        digest.hexdigest(),
    )  # fmt: skip


def subset(dataset: Dataset, kept: np.ndarray) -> Dataset:
    """Return the tracks of a corpus where ``kept`` (n,) bool is true, standardised anew; names and checksum stay."""
    features = dataset.features[kept]
    arrays = {
        name: None if (array := getattr(dataset, name)) is None else array[kept]
        for name in ("lyrics", "has_lyrics", "genres")
    }
    return replace(dataset, tracks=dataset.tracks[kept], features=features, audio=standardise(features), **arrays)


def one_each(dataset: Dataset | Sequence[Dataset], seeds: Sequence[int]) -> tuple[Dataset, ...]:
    """Return a corpus for every seed: the same for all, or those that are given.

    Raises ValueError unless there are as many as seeds, all with the same numbers of tracks and features.
    """
    corpora = (dataset,) * len(seeds) if isinstance(dataset, Dataset) else tuple(dataset)
    shapes = sorted({corpus.audio.shape for corpus in corpora})
    if len(corpora) != len(seeds) or len(shapes) > 1:
        raise ValueError(
            f"{len(corpora)} corpora of shapes {shapes} for {len(seeds)} seeds; expected one for each, all of one shape"
        )
    return corpora


def tables(dataset: Dataset) -> dict[str, pd.DataFrame]:
    """Return a corpus as tables that ``load`` reads again: ``features`` with what is known of each track, and
    ``lyrics_features`` of the tracks that have lyrics, if there are any.
    """
    columns = [name for name in ("genre", "artist", "title", "path") if name in dataset.tracks]
    found = {"features": dataset.tracks[columns].join(dataset.features)}
    if dataset.lyrics is not None:
        names = [f"lyrics_{i:02d}" for i in range(dataset.lyrics.shape[1])]
        lyrics = pd.DataFrame(dataset.lyrics, index=dataset.tracks.index, columns=names)
        found["lyrics_features"] = lyrics[dataset.has_lyrics]
    return found


def standardise(features: pd.DataFrame) -> np.ndarray:
    """Return (n, d) float32: each column less its mean, over its population deviation.

    A constant column becomes zeros, with a warning: it tells no track from another, but keeps its place.
    """
    values = features.to_numpy(dtype=np.float64)
    centred = values - values.mean(axis=0)
    deviation = values.std(axis=0)
    # The deviation of a constant column is a rounding error of its mean, not always exactly zero.
    constant = deviation <= 1e-12 * np.abs(values).max(axis=0)
    if constant.any() and len(features) > 1:
        names = ", ".join(features.columns[constant])
        warnings.warn(f"constant feature columns, kept as zeros: {names}", UserWarning, stacklevel=2)
    centred[:, constant] = 0.0
    return (centred / np.where(constant, 1.0, deviation)).astype(np.float32)


def equal_rows(dataset: Dataset) -> pd.DataFrame:
    """Return every pair of tracks whose features are exactly equal: ``first, second, first_genre, second_genre``."""
    groups = dataset.features.groupby(list(dataset.features.columns), sort=False).groups.values()
    pairs = sorted(pair for group in groups for pair in combinations(group, 2))
    genre = dataset.tracks["genre"]
    rows = [(first, second, genre[first], genre[second]) for first, second in pairs]
    return pd.DataFrame(rows, columns=["first", "second", "first_genre", "second_genre"])


def _given_features(features: str | Path) -> pd.DataFrame:
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
            f"({some(missing)}); found {some(table.columns)}. Expected a table with mfcc1_mean … mfcc20_mean"
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
            f"({some(more.index)} against {some(about.index)})"
        )
    more = more.drop(columns=["track_id", "filename"], errors="ignore").reindex(about.index)
    for column in more.columns.intersection(about.columns):
        about[column] = more.pop(column).fillna(about[column])
    return about.join(more)


def _genres(genre: pd.Series) -> tuple[np.ndarray | None, tuple[str, ...]]:
    names = tuple(sorted(genre.dropna().unique()))
    if len(names) < 2:
        return None, ()
    return pd.Categorical(genre, categories=names).codes.astype(np.int64), names


def _name(ids: pd.Index, path: Path) -> str:
    found = set(ids)
    if found >= GTZAN_IDS - GTZAN_DAMAGED.keys() and found <= GTZAN_IDS:
        return "gtzan"
    if found == set(mini_checksums()):
        return "gtzan-mini"
    stem = re.sub(r"[^\w.-]+", "-", path.resolve().name.split(".")[0]).strip("-.") or "corpus"
    return f"{stem}-own" if stem in ("gtzan", "gtzan-mini", "demo") else stem


def _unknown_source(source: str | Path, path: Path) -> str:
    if path.suffix or len(Path(source).parts) > 1:
        return f"no file {path}; expected a feature table (CSV) or a folder of audio"
    names = ", ".join(CORPORA)
    return f"unknown dataset {str(source)!r}; expected {names}, or the path of a feature table (CSV) or folder of audio"
