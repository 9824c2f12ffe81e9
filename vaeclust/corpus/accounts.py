"""What was left of a corpus, in lines that stay few and in tables that hold all (command ``vaeclust data``)."""

from collections import defaultdict

import pandas as pd

from vaeclust.corpus.dataset import Dataset, dataset_tables
from vaeclust.corpus.tables import examples

MOST_REASONS = 8  # that are said one by one
TABLES = ("features", "lyrics_features", "tags", "left_out", "unmatched")  # all that a corpus may be written as


def left_out(dataset: Dataset) -> list[str]:
    """Return in lines why tracks were left out: one a reason, with a few of the tracks, the commonest reasons first.

    >>> from dataclasses import replace
    >>> from vaeclust.corpus import assemble
    >>> features = pd.DataFrame({"tempo": [90.0, 120.0]}, index=["a", "b"])
    >>> corpus = assemble("mine", pd.DataFrame({"genre": None}, index=features.index), features)
    >>> left_out(replace(corpus, excluded={"c": "it is silent", "d": "it is short", "e": "it is silent"}))
    ['2 tracks, it is silent: c, e', 'd: it is short']
    """
    by_reason: dict[str, list[str]] = defaultdict(list)
    for track, why in dataset.excluded.items():
        by_reason[why].append(track)
    lines = [
        f"{tracks[0]}: {why}" if len(tracks) == 1 else f"{len(tracks):,} tracks, {why}: {examples(tracks)}"
        for why, tracks in sorted(by_reason.items(), key=lambda item: -len(item[1]))
    ]
    others = len(lines) - MOST_REASONS
    return [*lines[:MOST_REASONS], f"{others:,} tracks more, for other reasons"] if others > 1 else lines


def corpus_tables(dataset: Dataset) -> dict[str, pd.DataFrame]:
    """Return a corpus as tables: those that ``load`` reads again, which tracks were left out, which ids miss.

    The names are some of TABLES: what there is nothing of is not there.
    """
    found = dataset_tables(dataset)
    if dataset.excluded:
        found["left_out"] = pd.Series(dataset.excluded, name="why").rename_axis("track_id").to_frame()
    if dataset.unmatched is not None:
        found["unmatched"] = dataset.unmatched.set_index("table")
    return found
