"""What songs are called: the letters and digits of their names, their artists and titles, in whatever order.

Files of lyrics are called ``Title - Artist.txt``, ``Artist - Title.txt`` or by the title alone, and often end in a word
such as ``_lyrics``; tables have columns of artist and title.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence

import pandas as pd

from vaeclust.corpus.roles import ARTIST, TITLE, columns_of
from vaeclust.corpus.tables import AUDIO_SUFFIX, GTZAN_ID

ENOUGH = 0.5  # of the fewer ids, which a way to compare has to join to be the one
LYRICS_WORDS = frozenset(
    "lyrics lyric text songtext songtexte liedtext liedtexte letra letras paroles testo".split()
)  # that end the name of a file without belonging to that of its song
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}$")
_DASH = re.compile(r"[\s_][-\u2013\u2014][\s_]")  # between artist and title in the name of a file
# Who else sings, behind a title or an artist: "Shadow Home (Ft. Old Sparks)".
_GUESTS = re.compile(
    r"\s*[(\[]\s*(?:feat|ft|featuring)\b[^)\]]*[)\]]|\s+(?:feat|ft)\.?\s+(?:(?!\s[-\u2013\u2014]\s).)*|\s+featuring\s.*",
    re.IGNORECASE,
)
_LETTER_BY_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

# What stands before the id of a track in the addresses of services, and what follows it.
_ADDRESS = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/(?:[\w-]+/)?track/|"
    r"https?://(?:www\.|m\.|music\.)?youtube\.com/watch\?(?:\S*&)?v=|https?://youtu\.be/)([\w-]+)(?:[?&#/]\S*)?"
)


def plain_id(text: str) -> str:
    r"""Return an id as it is compared: one Unicode form, one slash, small letters, no suffix of a sound, no address.

    Of a path of GTZAN its id remains.

    >>> plain_id("Genres\\Jazz\\jazz.00012.au"), plain_id(" Été.MP3"), plain_id("https://youtu.be/dQw4w9WgXcQ?t=1")
    ('jazz.00012', 'été', 'dqw4w9wgxcq')
    """
    plain = unicodedata.normalize("NFC", str(text)).strip()
    if address := _ADDRESS.fullmatch(plain):
        return address.group(1).casefold()
    plain = AUDIO_SUFFIX.sub("", plain.replace("\\", "/").casefold()).removeprefix("./")
    known = GTZAN_ID.search(plain)
    return known.group(1) if known else plain


def path_end(text: str, depth: int) -> str:
    """Return the last parts of a path without its suffix; nothing where it has fewer."""
    parts = _SUFFIX.sub("", plain_id(text)).split("/")
    return "/".join(parts[-depth:]) if len(parts) >= depth else ""


def letters(text: str) -> str:
    """Return the letters and digits of a text in one Unicode form and small letters, with single blanks between words.

    Letters and digits are words of their own, so that it does not matter what stands between them.

    >>> letters("AC/DC – T.N.T. (Live)"), letters("E_0001") == letters("e-0001") == letters("E0001")
    ('ac dc t n t live', True)
    """
    plain = _LETTER_BY_DIGIT.sub(" ", unicodedata.normalize("NFKC", str(text)).casefold())
    return " ".join("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain).split())


def path_letters(text: str, depth: int) -> str:
    """Return the letters and digits of the last parts of a path; nothing where it has fewer."""
    return letters(path_end(text, depth))


def song_letters(text: str, depth: int) -> str:
    """Return the letters of the last parts of a path, without a word at their end that says that lyrics are in it.

    >>> song_letters("bn/So What_lyrics.txt", 1), song_letters("Lyrics", 1), song_letters("So What", 2)
    ('so what', 'lyrics', '')
    """
    words = path_letters(text, depth).split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in LYRICS_WORDS else words)


def names_of_rows(table: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Return which columns say what the songs of a table are called, and their names: none unless one says a title.

    The names are those of :func:`names_of_files`, in the order of the rows, and by what is said of each: its artist and
    title as they are written.
    """
    titles, artists = columns_of(TITLE, table.columns)[:1], columns_of(ARTIST, table.columns)[:1]
    if not titles:
        return [], names_of_files([])
    told = table[[*artists, *titles]].astype("str").fillna("").apply(lambda cells: cells.str.strip())
    title, artist = told[titles[0]], told[artists[0]] if artists else pd.Series("", told.index)
    called = (artist + " - ").where(artist != "", "") + title
    return [*artists, *titles], _names(called, title.map(_own_letters), artist.map(_own_letters))


def names_of_tracks(tracks: Sequence[str], about: pd.DataFrame | None) -> pd.DataFrame:
    """Return what the tracks of a corpus are called, by their ids: as is known of them, else as their files.

    about: artist and title by track id, as far as they are known.
    """
    files = names_of_files(tracks)
    if about is None or TITLE not in about:
        return files
    told = about.reindex(index=list(tracks), columns=[ARTIST, TITLE]).astype("str").fillna("").map(_own_letters)
    named = _names(told.index, told[TITLE], told[ARTIST])[told[TITLE] != ""]
    return pd.concat([named, files[~files.index.isin(named.index)]])


def names_of_files(paths: Sequence[str]) -> pd.DataFrame:
    """Return what files are called, by their paths: ``whole, title, artist``, in letters.

    whole: the words of artist and title, sorted, so that their order tells nothing; title: what is the title where a
    file is called by that alone; artist: of a file not known.
    """
    titles = pd.Series([song_letters(_GUESTS.sub("", path), 1) for path in paths], list(paths), dtype=object)
    return _names(titles.index, titles, pd.Series("", titles.index, dtype=object))


def _own_letters(text: str) -> str:
    """Return the letters of a title or an artist without who else sings.

    >>> _own_letters("Shadow Home (Ft. Old Sparks)"), _own_letters("Ann feat. Bo"), _own_letters("Soft Landing")
    ('shadow home', 'ann', 'soft landing')
    """
    return letters(_GUESTS.sub("", text)) or letters(text)


def _names(called: pd.Series | pd.Index, titles: pd.Series, artists: pd.Series) -> pd.DataFrame:
    whole = [" ".join(sorted(f"{artist} {title}".split())) for artist, title in zip(artists, titles, strict=True)]
    columns = {"whole": whole, "title": titles.to_list(), "artist": artists.to_list()}
    return pd.DataFrame(columns, pd.Index(called), dtype=object)


def same_songs(theirs: pd.DataFrame, ours: pd.DataFrame) -> tuple[str, dict[str, str]]:
    """Return how names were compared, and which of theirs is which of ours: by artist and title, else by title.

    theirs, ours: as of :func:`names_of_files`. Names that two of one side have are not told apart. A title alone is
    enough where no artist says otherwise and half of the fewer names are found.
    """
    artist, artist_of_ours = theirs["artist"].to_dict(), ours["artist"].to_dict()
    whole = _by_column("whole", theirs, ours)
    # The words of two files in any order are one song only where both are known to be artist and title.
    whole = {
        name: track
        for name, track in whole.items()
        if artist[name] or artist_of_ours[track] or (_DASH.search(name) and _DASH.search(track))
    }
    taken = set(whole.values())
    titles = {
        name: track
        for name, track in _by_column("title", theirs, ours).items()
        if name not in whole and track not in taken and _may_be_one(artist[name], artist_of_ours[track])
    }
    if len(whole) + len(titles) < ENOUGH * min(len(theirs), len(ours)):
        titles = {}
    ways = [way for way, found in (("by artist and title", whole), ("by title alone", titles)) if found]
    return ", else ".join(ways), whole | titles


def _may_be_one(artist: str, other: str) -> bool:
    """Return whether nothing says that two artists are not one: who is not known, or is among the others."""
    words, others = set(artist.split()), set(other.split())
    return words <= others or others <= words


def _by_column(column: str, theirs: pd.DataFrame, ours: pd.DataFrame) -> dict[str, str]:
    once = theirs.loc[~theirs[column].duplicated(keep=False), column]
    keys, keys_of_ours = once.to_dict(), ours[column].to_dict()
    return by_key(list(keys), list(keys_of_ours), keys.__getitem__, keys_of_ours.__getitem__)


def by_key(
    theirs: Sequence[str], ours: Sequence[str], of_theirs: Callable[[str], str], of_ours: Callable[[str], str]
) -> dict[str, str]:
    """Return which of theirs is which of ours; what two of ours share tells nothing."""
    places: dict[str, list[str]] = defaultdict(list)
    for track in ours:
        if key := of_ours(track):
            places[key].append(track)
    keys = ((text, of_theirs(text)) for text in theirs)
    return {text: places[key][0] for text, key in keys if key and len(places.get(key, ())) == 1}
