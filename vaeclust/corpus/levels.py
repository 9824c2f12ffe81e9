"""Folders that are labels: what the levels above a file say of it (chapter ``00_data``)."""

import re

import pandas as pd

from vaeclust.corpus.language_names import language_code
from vaeclust.corpus.roles import GENRE, LANGUAGE

LEAST_PER_LABEL = 3  # tracks that a folder has on average, where folders are labels
LEVELS = 2  # that are looked at, those above them being one folder


def folder_labels(ids: pd.Index, artists: pd.Series | None = None) -> pd.DataFrame:
    """Return the labels that the folders of tracks are: columns ``language`` and ``genre``, as far as there are any.

    ids: paths below what all tracks share. Of the first two levels that have several folders, one whose folders are
    names of languages is the language; of the others the first is the genre, and the second only below languages, or
    where its folders are found again in several of the first: else they are albums or artists. Each folder has to have
    three tracks on average. Numbers alone, or behind one word (000, 2019-07, CD 1 and CD 2), say where a file lies, not
    what it is; a level whose folders are called as most of their ``artists`` (by track id) is that of the artists.

    >>> ids = pd.Index([f"audio/{place}/{i}" for place in ("bangla/folk", "english/folk") for i in range(4)])
    >>> folder_labels(ids).to_numpy().tolist()[::4]
    [['bangla'], ['english']]
    """
    parts = [track.split("/")[:-1] for track in ids]
    depth = max(map(len, parts), default=0)
    folders = pd.DataFrame([[*each, *[None] * (depth - len(each))] for each in parts], ids, dtype=object)
    several = [level for _, level in folders.items() if level.nunique() > 1][:LEVELS]
    found: dict[str, pd.Series] = {}
    for level in several:
        named = level.where(level.map(_has_letters))
        if not _is_label(named) or _is_of_artists(named, artists):
            continue
        if LANGUAGE not in found and len({language_code(folder) for folder in named.dropna()} - {None}) > 1:
            spoken = named.map(language_code, na_action="ignore")
            if spoken.notna().equals(named.notna()):
                found[LANGUAGE] = spoken.map(named.groupby(spoken).first())
                continue
        if GENRE not in found and (level is several[0] or LANGUAGE in found or _is_crossed(named, several[0])):
            found[GENRE] = named
    return pd.DataFrame(found, ids)


def _is_label(level: pd.Series) -> bool:
    words = level.dropna().str.casefold().str.replace(r"[\W\d_]+", "", regex=True)
    return words.nunique() > 1 and bool(level.notna().sum() >= LEAST_PER_LABEL * level.nunique())


def _is_of_artists(level: pd.Series, artists: pd.Series | None) -> bool:
    if artists is None or artists.isna().all():
        return False
    folders, names = (texts.astype("str").str.casefold().str.strip() for texts in (level, artists))
    return bool((folders == names)[artists.notna()].mean() > 0.5)


def _has_letters(folder: str | None) -> bool:
    return bool(folder and re.search(r"[^\W\d_]", folder))


def _is_crossed(level: pd.Series, above: pd.Series) -> bool:
    """Return whether most folders of a level are found in several of the level above."""
    return bool((above.groupby(level).nunique() > 1).mean() > 0.5)
