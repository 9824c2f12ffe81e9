"""What tables tell of tracks: their labels, artists, paths and texts, under the names of the package."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from vaeclust.corpus.arrays import ARRAYS, row_ids
from vaeclust.corpus.columns import UNUSED
from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.facts import FACTS
from vaeclust.corpus.formats import column_names, read_table
from vaeclust.corpus.joining import joined, one_row_each
from vaeclust.corpus.language_names import language_code
from vaeclust.corpus.lyrics import table_texts
from vaeclust.corpus.roles import (
    ARTIST,
    GENRE,
    ID,
    LANGUAGE,
    LYRICS,
    LYRICS_PATH,
    PATH,
    TITLE,
    columns_of,
    first_entries,
    folded_name,
    one_spelling,
    role_of,
)
from vaeclust.corpus.roles import LABELS as ROLES_OF_LABELS
from vaeclust.corpus.tables import examples, placed, runs


def with_tracks(
    about: pd.DataFrame, path: Path, labels: Sequence[str] = (), left_out: Collection[str] = ()
) -> tuple[pd.DataFrame, pd.Series | None, list[str], pd.DataFrame]:
    """Return what is known of tracks with what a table tells of them, its lyrics, what is to be said, what misses.

    labels: columns beside those that are labels by name. left_out: tracks of which nothing is wanted, but which are no
    strangers.
    """
    read = read_table(path, "tracks table")
    table = read.table
    if list(about.index) == row_ids(len(table)):  # of an array without ids, see ``arrays.table_ids``
        table = table.assign(track_id=list(about.index))
    table, once = one_row_each(table, path)
    found = joined(table, about.index, f"{path}", about, left_out=left_out)
    more = told_of_tracks(found.table, path).reindex(about.index)
    more = more.drop(columns=[fact for fact in FACTS if fact in more and fact in about])  # what was read stays
    if "path" in more and "path" in about:  # a sound that is there stays
        gone = ~more["path"].map(lambda place: pd.notna(place) and Path(place).exists()).astype(bool)
        more["path"] = more["path"].mask(gone & about["path"].notna(), about["path"])
    for column in more.columns.intersection(about.columns):
        told = more.pop(column)
        if told.notna().any():
            about = about.assign(**{column: told.where(told.notna(), about[column])})
    notes = [*read.notes, *once, found.note(path.name)]
    used = {*map(folded_name, labels), *map(folded_name, FACTS)}
    if others := [str(name) for name in more if role_of(str(name)) in UNUSED and folded_name(name) not in used]:
        notes.append(f"{path.name}: compared with nothing: {', '.join(runs(others))}; `--labels` makes labels of them")
    return about.join(more), table_texts(found.table, path), notes, found.misses(path.name)


def with_labels_of_lyrics(about: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return what is known of tracks with the labels of a table of lyrics that nothing else tells; what is to be said.

    Of a table without such columns, a folder or an array nothing is taken.
    """
    roles = (*ROLES_OF_LABELS, TITLE, ARTIST)
    names = set(column_names(path)) if path.is_file() and path.suffix.lower() not in ARRAYS else set()
    if not any(columns_of(role, names) for role in (*ROLES_OF_LABELS, ARTIST)):
        return about, []
    table = read_table(path, "table of lyrics").table
    told = told_of_tracks(joined(table, about.index, f"{path}", about).table, path).reindex(about.index)
    new = [
        role
        for role in roles
        if role in told and told[role].notna().any() and not (role in about and about[role].notna().any())
    ]
    said = [f"{path.name}: tells of tracks, too: {', '.join(new)}"] if new else []
    return about.assign(**{role: told[role] for role in new}), said


def told_of_tracks(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return what a table says of its tracks, but their lyrics, under the names of the package.

    table: by track id. ``genre`` is there in any case; other columns keep their names. A relative path counts from the
    folder of the table, where there is something.
    """
    about = table.copy()
    for role in (*ROLES_OF_LABELS, TITLE, ARTIST, PATH):
        columns = [name for name in columns_of(role, table.columns) if table[name].notna().any()]
        if columns and columns[0] != role:
            about[role] = table[columns[0]]
            if role in ROLES_OF_LABELS:
                about = about.drop(columns=columns[0])
    if GENRE not in about:
        about[GENRE] = pd.Series(pd.NA, table.index, dtype="str")
    if PATH in about:
        about[PATH] = about[PATH].map(lambda place: placed(place, path.parent), na_action="ignore")
    told = {*columns_of(LYRICS, about), *columns_of(LYRICS_PATH, about), *columns_of(ID, about)}
    return about.drop(columns=list(told - {PATH, TITLE}))


def label_columns(names: Iterable[str], about: pd.DataFrame) -> dict[str, str]:
    """Return under which names the package has the columns that somebody names: ``class`` may be the genre."""
    by_name = {folded_name(column): column for column in reversed(list(about))}
    return {name: by_name.get(folded_name(name)) or role_of(name) or name for name in names}


def spelled_labels(about: pd.DataFrame, labels: Iterable[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return what is known of tracks with labels as texts of one spelling, the first of several; what is to be said.

    labels: columns beside those that are labels by name. Of artists, too, the first is taken, as it is spelled.
    """
    about, notes = about.copy(), []
    for name in dict.fromkeys((*ROLES_OF_LABELS, *labels, ARTIST)):
        if name in about:
            first, several = first_entries(about[name].astype("str"), commas=True)
            if several:
                notes.append(f"of {several:,} tracks that have several, the first {name} is taken")
            about[name] = first if name == ARTIST else one_spelling(first, language_code if name == LANGUAGE else None)
    return about, notes


def check_labels(columns: Mapping[str, str], corpus: Dataset) -> None:
    """Raise ValueError for a label that tracks cannot be scored against, with those that there are.

    columns: what somebody named → column.
    """
    for name, column in columns.items():
        if column not in corpus.tracks:
            raise ValueError(f"label {name!r}: no such column in the tracks; found {examples(corpus.tracks.columns)}")
        if column not in corpus.references():
            told = corpus.tracks[column]
            raise ValueError(
                f"label {name!r}: {told.nunique():,} different values on {told.notna().sum():,} tracks; expected at "
                "least two, and fewer than there are tracks"
            )
