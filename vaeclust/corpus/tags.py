"""What audio files say of themselves: genre, artist, title, lyrics (chapter ``10_your_music``)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vaeclust.corpus.containers import ContainerError, opened

# What each is called in ID3, in MP4, and elsewhere: Vorbis comments, APE, ASF, Matroska, RIFF.
_NAMES = {
    "genre": ("tcon", "\xa9gen", "genre", "wm/genre"),
    "artist": ("tpe1", "\xa9art", "artist", "author"),
    "title": ("tit2", "\xa9nam", "title"),
}
LYRICS_TAGS = ("lyrics", "unsyncedlyrics", "unsynced lyrics", "syncedlyrics", "wm/lyrics", "\xa9lyr")
_VOWELS = frozenset("аеёиоуыэюя")


def read_tags(path: Path) -> dict[str, str]:
    """Return genre, artist, title and lyrics from a file's tags, as far as it has any that can be read.

    The first tag that tells one of them counts. Text that was written in one encoding and says that it is in another
    is mended where that is certain.
    """
    told: dict[str, str] = {}
    for tags in _all_tags(path):
        for name, text in _named(tags):
            if text.strip("\0 \t\r\n"):
                told.setdefault(name, mended(text).strip("\0 \t\r\n"))
    if "genre" in told:
        told["genre"] = plain_genre(told["genre"])
    return {name: told[name] for name in (*_NAMES, "lyrics") if told.get(name)}


def _all_tags(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the tags of a file: its own, those of APE behind it, and what its container tells."""
    import mutagen
    from mutagen.apev2 import APEv2

    for read in (lambda: mutagen.File(path), lambda: APEv2(path)):
        try:
            found = read()
        except Exception:  # damaged tags raise errors of many kinds; the audio may be whole all the same
            continue
        tags: Any = found if isinstance(found, APEv2) else found and found.tags
        if tags:
            yield tags
    try:
        with opened(path) as (container, stream):
            yield {**stream.metadata, **container.metadata}
    except (ContainerError, OSError):
        return


def _named(tags: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what tags tell: name → text."""
    names = {key: name for name, keys in _NAMES.items() for key in keys}
    for key, value in tags.items():
        kind = key.split(":")[0].lower()
        if kind in names:
            yield names[kind], _text(value)
        elif kind in ("uslt", "sylt", *LYRICS_TAGS):
            yield "lyrics", _text(value)


def _text(value: Any) -> str:
    """Return the text of a tag: its first one, or all lines of timed lyrics."""
    found = getattr(value, "text", value)
    if isinstance(found, list) and found and isinstance(found[0], tuple):
        return "\n".join(str(line) for line, _ in found)
    return str(found[0]) if isinstance(found, list) and found else "" if isinstance(found, list) else str(found)


def plain_genre(text: str) -> str:
    """Return a genre without the numbers that ID3 has for some; a number alone is what it stands for.

    >>> plain_genre("(17)Rock/(17)"), plain_genre("(17)"), plain_genre("17"), plain_genre("Hip-Hop/Rap")
    ('Rock', 'Rock', 'Rock', 'Hip-Hop/Rap')
    """
    from mutagen.id3 import TCON

    plain = re.sub(r"\(\d+\)", "", text).strip(" /;\0")
    number = re.search(r"\d+", text)
    if number and (not plain or plain.isdecimal()):
        return TCON.GENRES[int(number[0])] if int(number[0]) < len(TCON.GENRES) else ""
    return plain


def mended(text: str) -> str:
    """Return a text in the encoding that it was written in, where it was certainly read in another.

    UTF-8 and Windows-1251 that were taken for Latin-1, and UTF-16 with its bytes in the wrong order. Of texts that may
    be either the one that is there stays.

    >>> mended("ÐŸÑ€Ð¸Ð²ÐµÑ‚"), mended("Ïðèâåò, ìèð"), mended("䠀攀氀氀漀"), mended("Motörhead")
    ('Привет', 'Привет, мир', 'Hello', 'Motörhead')
    """
    if len(text) > 1 and all(ord(sign) % 256 == 0 for sign in text):  # no language has its letters so far apart
        return "".join(chr(ord(sign) // 256) for sign in text)
    if text.isascii():
        return text
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return _cyrillic(text) or text


def _cyrillic(text: str) -> str:
    """Return what a text is in Windows-1251, if its words have no letter but accented ones, and vowels as Russian.

    The first two tell it from Latin, the vowels from Hebrew and others, capitals within words from Greek.
    """
    try:
        found = text.encode("latin-1").decode("cp1251")
    except UnicodeError:
        return ""
    letters = [sign for sign in found.lower() if sign.isalpha() and not sign.isascii()]
    mixed = re.search(r"[A-Za-z][^\W\d_a-zA-Z]|[^\W\d_a-zA-Z][A-Za-z]", text)
    capitals = re.search(r"[а-яё][А-ЯЁ]", found)
    certain = len(letters) > 5 and sum(sign in _VOWELS for sign in letters) > 0.3 * len(letters)
    return found if certain and not mixed and not capitals else ""
