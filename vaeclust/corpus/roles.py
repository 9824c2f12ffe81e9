"""What columns of other people's tables are: one table of names (page ``reproduce``).

Names are compared without case, blanks, hyphens and underscores at their ends. What is in no row of the table is a
feature if it holds numbers, and else is kept as it is.
"""

import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

ID, TITLE, ARTIST, GENRE, LANGUAGE, MOOD, TAG = "id", "title", "artist", "genre", "language", "mood", "tag"
PATH, LYRICS, LYRICS_PATH, SPLIT = "path", "lyrics", "lyrics_path", "split"
OTHER = "other"  # numbers that are no description of sound

# Role → the names of columns that have it, the surest first. A column may have several roles: "name" is an id where no
# other column is, and else a title.
ROLES: dict[str, tuple[str, ...]] = {
    ID: (
        "track_id", "filename", "id", "track", "song_id", "uid", "file_name", "audio_path", "file_path", "filepath",
        "path", "file", "audio_file", "audio", "song", "name", "trackid", "clip_id", "clip", "youtube_id", "video_id",
        "track_uri", "uri", "spotify_id", "songid", "isrc", "msd_id", "uuid", "url", "track_url", "spotify_url",
        "youtube_url", "song_url", "video_url", "external_url", "link", "href", "datei", "dateiname", "fichier",
        "archivo",
    ),
    TITLE: (
        "title", "song_name", "song_title", "track_name", "track_title", "track title", "titel", "titre", "título",
        "titulo", "song", "name",
    ),
    ARTIST: (
        "artist", "artists", "artist_name", "artist name", "artist(s)", "artist name(s)", "artist(s) name",
        "track_artist", "singer", "singer_name", "performer", "band", "interpret", "künstler", "künstlerin", "artiste",
        "artista", "interprète", "intérprete", "cantante", "composer", "komponist",
    ),
    GENRE: (
        "genre", "genres", "genre_top", "track genre_top", "top_genre", "track_genre", "playlist_genre", "music_genre",
        "main_genre", "primary_genre", "genre_name", "genre(s)", "artist_genres", "artist_genre", "label", "class",
        "category", "style", "target", "genre_label", "gattung", "stil", "musikstil", "musikrichtung", "género",
        "genero", "gênero", "genere",
    ),
    LANGUAGE: (
        "language", "lang", "language_code", "track language_code", "song_language", "track_language",
        "lyrics_language", "song_lang", "track_lang", "lyrics_lang", "sprache", "idioma", "langue",
    ),
    MOOD: ("mood", "emotion", "stimmung", "humeur", "ánimo"),
    TAG: ("tag", "tags"),
    PATH: ("path", "audio_path", "file_path", "filepath", "audio_file", "audio"),
    LYRICS: (
        "text", "lyrics", "lyric", "song_lyrics", "clean_lyrics", "cleaned_lyrics", "processed_lyrics", "lyrics_text",
        "transcript", "liedtext", "letra", "paroles",
    ),
    LYRICS_PATH: ("lyrics_path", "lyric_path", "lyrics_file", "lyric_file", "lrc_path"),
    SPLIT: ("split", "subset", "fold", "partition", "set split"),
    OTHER: (
        "year", "release_year", "popularity", "views", "likes", "streams", "bitrate", "bit_rate", "sample_rate",
        "sampling_rate", "word_count", "lyrics_length", "track_number", "disc_number", "cluster", "clusters",
        "cluster_label", "decade", "start", "end", "start_sec", "end_sec", "start_time", "end_time", "frametime",
        "index", "rank", "nr", "nr.", "no", "no.", "s.no", "sl_no", "sl. no.", "sl no.", "sr_no", "sr. no.", "serial",
        "serial_no", "release", "#", "unnamed: 0", "unnamed: 0.1", "chunk", "segment", "slice", "window", "frame",
        "part", "sr", "duration", "duration_ms", "duration_s", "duration_sec", "total_tracks", "followers",
        "artist_followers",
    ),
}  # fmt: skip
LABELS = (GENRE, LANGUAGE, MOOD, TAG)  # roles to score against, beside artists; never splits
# Words that make a column of numbers one of OTHER, wherever they stand in its name.
_OTHER_WORDS = frozenset(
    "year jahr année año ano date popularity hotttnesss familiarity latitude longitude explicit cluster 7digitalid "
    "url uri views likes streams playcount".split()
)
_OTHER_ENDS = ("total tracks", "sample rate", "track number", "disc number")
_NAMES = {name.replace("_", " "): role for role, names in reversed(ROLES.items()) for name in names}

_CODED = re.compile(
    r"(genre|label|language|lang|artist|mood|class|tag|song|track) (encoded|enc|code|idx|index|num|number)"
    r"|(genre|label|language|lang|artist|album|mood|class|tag|user|playlist|channel) id|(is|has) .+"
)
_AN_ID = re.compile(r"[^\W\d]+ (id|uid|uuid|uri)")  # of what it is called here: recording_id, music_id
# Labels that say nothing.
UNKNOWN = ("", "unknown", "n/a", "na", "none", "nan", "null", "-", "\N{EN DASH}", "\N{EM DASH}", "?", "undefined")
_SIDES = re.compile(r"\s*/\s*")
_BRACKET = re.compile(r"\s*[(\[].*[)\]]$")


def folded_name(column: str) -> str:
    """Return the name of a column as it is compared.

    >>> folded_name(" Audio_Path ")
    'audio path'
    """
    return " ".join(re.sub(r"[_\-\s]+", " ", str(column)).casefold().split())


def role_of(column: str) -> str:
    """Return the first role of a column, or nothing.

    >>> role_of("Filepath"), role_of("lyrics"), role_of("mfcc1_mean")
    ('id', 'lyrics', '')
    """
    name = _known_name(column)
    if name in _NAMES:
        return _NAMES[name]
    words = re.split(r"[\s.]+", name)
    if _NAMES.get(name.rpartition(".")[2]) == OTHER:  # of a record within a record
        return OTHER
    other = _CODED.fullmatch(name) or _OTHER_WORDS.intersection(words) or " ".join(words[-2:]) in _OTHER_ENDS
    return OTHER if other else ID if _AN_ID.fullmatch(name) else ""


def _known_name(column: str) -> str:
    """Return the name of a column as it is compared: of several known names the first, without what brackets say.

    >>> _known_name("Komponist / Interpret"), _known_name("Genre (Spotify)"), _known_name("audio/rms")
    ('komponist', 'genre', 'audio/rms')
    """
    name = folded_name(column)
    sides = _SIDES.split(name)
    if name not in _NAMES and set(sides) <= set(_NAMES):
        name = sides[0]
    plain = _BRACKET.sub("", name)
    return plain if name not in _NAMES and _NAMES.get(plain, ID) != ID else name


def columns_of(role: str, columns: Iterable[str]) -> list[str]:
    """Return the columns that may have a role, the surest first.

    >>> columns_of("id", ["Title", "path", "ID"])
    ['ID', 'path']
    """
    by_name = {_known_name(column): column for column in reversed(list(columns))}
    wanted = [name.replace("_", " ") for name in ROLES[role]]
    others = [name for name in reversed(by_name) if name not in wanted and role == ID and role_of(name) == ID]
    return [by_name[name] for name in [*wanted, *others] if name in by_name]


def one_spelling(cells: pd.Series, code: Callable[[str], str | None] | None = None) -> pd.Series:
    """Return labels of which those that differ in case, blanks and hyphens are spelled as most are; unknown is missing.

    code: what says that labels mean the same, such as a language that has several names.

    >>> one_spelling(pd.Series(["Rock", "rock ", "Rock", "Hip-Hop", "hip hop", None])).tolist()
    ['Rock', 'Rock', 'Rock', 'Hip-Hop', 'Hip-Hop', nan]
    """
    plain = cells.astype("str").str.strip()
    plain = plain.mask(plain.str.casefold().isin(UNKNOWN))
    key = plain.str.casefold().str.replace(r"(?<=\w)[\s_-]+(?=\w)", " ", regex=True)
    if code:
        key = key.map(code, na_action="ignore").fillna(key)
    spelling = plain.groupby(key).agg(lambda same: same.value_counts().sort_index().idxmax())
    return key.map(spelling).where(plain.notna())


def first_entries(cells: pd.Series, *, commas: bool = False) -> tuple[pd.Series, int]:
    """Return the first entry of cells that hold several, and of how many cells that was done.

    Lists of several, such as JSON's, and what stands between bars or semicolons are several. commas: so is what stands
    between commas, where the first entry is alone in another cell, or has others behind it there: "Drum, Bass" is one
    genre.

    >>> cells = pd.Series(["rock", "['pop', 'folk']", "[{'genre_id': '10', 'genre_title': 'Pop'}]", "[]", "a|b; c"])
    >>> first_entries(cells)[0].tolist(), first_entries(cells)[1]
    (['rock', 'pop', 'Pop', nan, 'a'], 2)
    >>> first_entries(pd.Series(["Rock, metal", "rock", "Drum, Bass", "Drum, Bass"]), commas=True)[0].tolist()
    ['Rock', 'rock', 'Drum, Bass', 'Drum, Bass']
    """
    found = cells.astype("str")
    listed = found[found.str.match(r"\s*[\[{]").fillna(False).astype(bool)].map(_entries)
    found = found.mask(
        found.index.isin(listed.index), listed.map(lambda entries: _said(entries[0]) if entries else None)
    )
    lists = found.index.isin(listed.index[listed.map(len) > 1])
    barred = found.str.contains(r"[|;]").fillna(False).astype(bool)
    found = found.mask(barred, found[barred].str.split(r"[|;]", regex=True).str[0].str.strip())
    if commas:
        first = found.str.replace(r",.*", "", regex=True).str.strip()
        rest = found.str.replace(r"^[^,]*,?", "", regex=True).str.strip()
        same = pd.DataFrame({"first": first.str.casefold(), "rest": rest.str.casefold()})
        several = (rest != "") & found.notna() & (same.groupby("first")["rest"].transform("nunique") > 1)
        found = found.mask(several, first)
        return found, int((lists | barred | several).sum())
    return found, int((lists | barred).sum())


def _entries(text: str) -> list[Any]:
    """Return the entries of a list as it is written; the text itself where it is none."""
    for parse in (json.loads, literal_eval):
        try:
            found = parse(text)
        except (ValueError, SyntaxError):
            continue
        return list(found) if isinstance(found, list | tuple) else [found]
    return [text]


def _said(entry: Any) -> str | None:
    """Return what an entry of a list says: its text, or what is called a name in it; None where it says nothing."""
    if isinstance(entry, dict):
        told = {folded_name(key): value for key, value in entry.items()}
        names = ("genre title", "title", "name", "label", "genre")
        entry = next((told[name] for name in names if name in told), next(iter(entry.values()), None))
    return None if entry is None or not str(entry).strip() else str(entry).strip()
