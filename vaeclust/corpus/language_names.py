"""Names of languages: their codes, whatever they are called."""

from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

# What people also write, beside the English and own names that Unicode's tables have.
_ALSO = {
    "bengali": "bn", "mandarin": "zh", "cantonese": "yue", "farsi": "fa", "oriya": "or", "punjabi": "pa",
    "burmese": "my", "castilian": "es", "filipino": "fil", "tagalog": "fil", "jp": "ja", "kr": "ko", "cn": "zh",
}  # fmt: skip


def language_code(text: str | None) -> str | None:
    """Return the code of a language (ISO 639-1 where it has one) by its code, English or own name; None for no name.

    >>> [language_code(text) for text in ("bn", "BEN", "Bangla", "bengali", "বাংলা", "pt-BR", "Deutsch", "rock")]
    ['bn', 'bn', 'bn', 'bn', 'bn', 'pt', 'de', None]
    """
    if not isinstance(text, str):
        return None
    name = text.strip().casefold()
    code = name.replace("_", "-").partition("-")[0]
    for known in (name, code):
        if found := _ALSO.get(known) or _names().get(known) or get_global("language_aliases").get(known):
            return str(found)
    return code if code in _codes() else None


@cache
def _codes() -> frozenset[str]:
    return frozenset(Locale("en").languages)


@cache
def _names() -> dict[str, str]:
    """Return the English and own names of languages, in small letters → code; the shortest code of a name."""
    found: dict[str, str] = {}
    for code, name in sorted(Locale("en").languages.items(), key=lambda item: (len(item[0]), item[0])):
        found.setdefault(name.casefold(), code)
        try:
            found.setdefault(Locale(code).languages.get(code, name).casefold(), code)
        except (UnknownLocaleError, ValueError):
            continue
    return found
