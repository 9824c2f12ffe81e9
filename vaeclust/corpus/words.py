"""The words of a text in any script, its language, and what in a file of lyrics is none of its words.

A word is a run of letters, digits and the marks that belong to letters, such as the vowels of Indic scripts, two signs
long at least. Scripts that put no gaps between words (Thai, Lao, Khmer, Burmese, Chinese, Japanese) give every two
neighbouring signs, which find songs alike nearly as well as words do (Nie, Gao, Zhang & Zhou 2000 for Chinese).
"""

import re
import sys
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

import pandas as pd

from vaeclust.corpus.encoding import encoding_of
from vaeclust.corpus.roles import UNKNOWN

LEAST_SHARE = 0.05  # of the texts: a language that fewer have was guessed wrongly, or is a quotation
ENGLISH = "en"
JOINERS = "\u200c\u200d"

# Blocks of scripts without gaps between words: Thai and Lao; Burmese; Khmer; kana; Han; half-width kana; rare Han.
_GAPLESS = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x2FA1F),
)  # fmt: skip

_TIMES = re.compile(
    r"\[\d+:\d+(?:[.:]\d+)?\]|<\d+:\d+(?:[.:]\d+)?>|\[(?:offset|ar|ti|al|by|au|length|re|ve|la|#)\s*:[^\]]*\]", re.I
)
_SUBTITLE = re.compile(r"^\s*(?:\d+\s*\n)?\s*\d+:\d+:\d+[,.]\d+\s*-->\s*\d+:\d+:\d+[,.]\d+.*$", re.MULTILINE)
_PARTS = (
    r"(?:verse|chorus|pre-?chorus|post-?chorus|bridge|intro|outro|hook|refrain|interlude|instrumental|solo|skit|repeat|"
    r"strophe|couplet|estribillo|coro|x\s*\d+|\d+\s*x)"
)
# What names a part of a song: in brackets; alone in its line, in square brackets whatever it is; "x2" anywhere.
_HEADER = re.compile(
    rf"[\[(]\s*{_PARTS}\b[^\])]*[\])]|^[ \t]*\[[^\]\n]{{1,60}}\][ \t]*$|"
    rf"^[ \t]*{_PARTS}(?:[ \t]*\d+)?[ \t]*:?[ \t]*$|(?<!\w)(?:x\d+|\d+x)(?!\w)",
    re.IGNORECASE | re.MULTILINE,
)
NO_LYRICS = ("instrumental", "[instrumental]", "(instrumental)", "lyrics not found", "no lyrics", *UNKNOWN)
_EMBED = re.compile(r"\d*Embed\s*\Z")  # of Genius, glued to the last word
# What sites that show lyrics put around them, and who wrote, sang or sells them.
_CREDITS = re.compile(
    r"^\s*\d+ contributors?.*?lyrics|you might also like|see .{1,60}? live\s*get tickets as low as \$\d+|"
    r"^\s*(?:(?:lyrics|words|music|written|composed|produced|submitted|transcribed|published|lyricist|composer|publisher|"
    r"songwriters?|writers?|text|musik|source|album|artist|title|read more)\s*(?:by\b|:)|\d*\s*embed\s*$|"
    r"\(\d{10,}\)\s*$|print th(?:ese|is) (?:song|lyrics?)|lyrics licensed|paroles de la chanson|"
    r".*all rights reserved|.*not for commercial use|.*©|.*https?://|.*\bwww\.).*$",
    re.IGNORECASE | re.MULTILINE,
)


def sung(text: str) -> str:
    """Return a text of lyrics without times, headers of its parts, credits and addresses.

    >>> sung("[ti: So]\\n[00:12.40]<00:12.40>So <00:13.10>what\\n[Chorus] (x2)\\nLyrics by Ann").split()
    ['So', 'what']
    """
    for pattern in (_EMBED, _SUBTITLE, _TIMES, _CREDITS, _HEADER):
        text = pattern.sub(" ", text)
    return text


def words(text: str) -> list[str]:
    """Return the words of a text in its order, in small letters and one Unicode form.

    >>> words("Über süße Don't আমি বাংলায় গান"), words("我爱你 ok")
    (['über', 'süße', 'don', 'আমি', 'বাংলায়', 'গান'], ['我爱', '爱你', 'ok'])
    """
    found: list[str] = []
    for run in _runs().findall(unicodedata.normalize("NFC", text).lower()):
        if _gapless().search(run):
            for part in _parts().findall(run):
                found += _pairs(part) if _gapless().match(part) else [part] if len(part) > 1 else []
        elif len(run) > 1:
            found.append(run)
    return found


def language(text: str) -> str:
    """Return the language of a text by its code (ISO 639-1), as a small model that needs no network guesses it.

    >>> language("আমি বাংলায় গান গাই"), language("Der Mond ist aufgegangen, die goldnen Sternlein prangen")
    ('bn', 'de')
    """
    import py3langid

    return str(py3langid.classify(text)[0])


def languages(texts: pd.Series) -> pd.Series:
    """Return the language of every text, missing where hardly any other text has it.

    texts: (n,) str by track id.
    """
    found = texts.map(language)
    common = found.value_counts(normalize=True)
    return found.where(found.isin(common.index[common >= LEAST_SHARE]))


@cache
def stop_words(code: str) -> frozenset[str]:
    """Return the words of a language that tell nothing of a text; none of a language without a list.

    English ones are those of scikit-learn, all others those of the collection stopwords-iso.

    >>> "und" in stop_words("de"), "the" in stop_words("en"), len(stop_words("xx"))
    (True, True, 0)
    """
    if code == ENGLISH:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        return frozenset(ENGLISH_STOP_WORDS)
    import stopwordsiso

    listed = stopwordsiso.stopwords(code) if stopwordsiso.has_lang(code) else ()
    return frozenset(word for entry in listed for word in words(entry))


def text_of(path: Path) -> str:
    """Return the text of a file in whatever encoding (see :func:`~vaeclust.corpus.encoding.encoding_of`).

    Empty for what is no text, and for what cannot be opened.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    encoding, _ = encoding_of(content)
    return "" if b"\0" in content and "16" not in encoding else content.decode(encoding, errors="replace")


@cache
def _marks() -> str:
    """Return all marks of letters as the inside of a class of characters."""
    points = [point for point in range(sys.maxunicode + 1) if unicodedata.category(chr(point)) in ("Mn", "Mc", "Me")]
    ends = [point for point, after in zip(points, [*points[1:], 0], strict=True) if after != point + 1]
    starts = [points[0], *(after for point, after in pairwise(points) if after != point + 1)]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


@cache
def _runs() -> re.Pattern[str]:
    return re.compile(rf"[\w{_marks()}{JOINERS}]+")


@cache
def _gapless() -> re.Pattern[str]:
    return re.compile(f"[{_blocks()}]")


@cache
def _parts() -> re.Pattern[str]:
    """Return what takes a run apart where a script with gaps meets one without."""
    return re.compile(f"[{_blocks()}{_marks()}{JOINERS}]+|[^{_blocks()}]+")


def _blocks() -> str:
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in _GAPLESS)


def _pairs(run: str) -> list[str]:
    """Return every two neighbouring signs of a run, each with its marks; a single sign is itself."""
    signs = re.findall(rf"[^{_marks()}{JOINERS}][{_marks()}{JOINERS}]*", run) or [run]
    return [one + other for one, other in pairwise(signs)] or signs
