"""A corpus in words and small tables: what is there, what is missing, what is wrong (chapter ``00_data``)."""

import base64
import io
import re
from collections.abc import Iterable, Mapping
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown

from vaeclust.corpus.accounts import left_out
from vaeclust.corpus.audio import SAMPLE_RATE
from vaeclust.corpus.dataset import ARTIST, Dataset, equal_rows
from vaeclust.corpus.demo import tracks
from vaeclust.corpus.named import CORPORA
from vaeclust.evidence.confounders import cluster_warnings, label_warnings
from vaeclust.evidence.tables import Table
from vaeclust.evidence.words import NO_LABELS, condition_title, legible, percent, rounded


def player(samples: np.ndarray, label: str) -> str:
    """Return HTML that plays samples (n,) float32 at 22,050 Hz: an MP3 inside the page, so that it works offline."""
    import soundfile

    mp3 = io.BytesIO()
    soundfile.write(mp3, samples, SAMPLE_RATE, format="MP3")
    source = base64.b64encode(mp3.getvalue()).decode()
    name = escape(label, quote=True)
    return (
        f'<figure class="player"><figcaption>{name}</figcaption>'
        f'<audio controls preload="none" aria-label="{name}" src="data:audio/mpeg;base64,{source}"></audio></figure>'
    )


def corpus_paragraph(dataset: Dataset) -> HTML:
    """Return one paragraph on where the corpus comes from."""
    known = CORPORA.get(dataset.known_as)
    about = known.about if known else f"This is your own corpus, <em>{escape(dataset.name)}</em>."
    return HTML(f'<p class="facts">{about}</p>')


def described(corpora: Mapping[str, Dataset], missing: Mapping[str, str]) -> pd.DataFrame:
    """Return what tracks are described by, with the number of features, and why not by the rest.

    corpora, missing: of ``descriptions.described_corpora``.
    """
    rows = {condition_title(name): f"{corpus.audio.shape[1]} numbers" for name, corpus in corpora.items()}
    rows |= {condition_title(name): f"not here: {why}" for name, why in missing.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["tracks are described by"])


def recording_warnings(dataset: Dataset, clusters: pd.Series | None = None, *, of: str = "") -> HTML | None:
    """Return what the files tell of labels, or of clusters, besides their music; nothing where they tell nothing.

    clusters: by track id; of: what made them.
    """
    told = dataset.tracks
    labels = told[list(dataset.label_names)]
    said = list(label_warnings(told, labels) if clusters is None else cluster_warnings(told, clusters))
    rows = "".join(f"<li>{escape(text)}</li>" for text in said)
    heading = f'<p class="facts"><strong>Beware of the recordings{f" ({escape(of)})" if of else ""}.</strong></p>'
    return HTML(f'{heading}<ul class="facts">{rows}</ul>') if rows else None


def intake_list(dataset: Dataset) -> HTML | None:
    """Return what was understood of the files of a corpus: how they were joined, what was guessed."""
    notes = (re.sub("`([^`]*)`", r"<code>\1</code>", escape(note)) for note in dataset.notes)
    rows = "".join(f"<li>{note}</li>" for note in notes)
    return HTML(f'<p class="facts">How these files were read:</p><ul class="facts">{rows}</ul>') if rows else None


def excluded_list(dataset: Dataset) -> HTML:
    """Return the excluded tracks by the whole reason for it, of many tracks a few."""
    if not dataset.excluded:
        return HTML('<p class="facts">No track was left out.</p>')
    rows = (f"<li>{escape(line)}</li>" for line in left_out(dataset))
    return HTML(f'<ul class="facts">{"".join(rows)}</ul>')


def equal_pairs(dataset: Dataset) -> pd.DataFrame | Markdown:
    """Return the pairs of tracks with exactly equal features."""
    pairs = equal_rows(dataset)
    if pairs.empty:
        return Markdown("No two tracks have equal features.")
    label = dataset.headline or "label"
    columns = ["track", "its twin", label, f"{label} of the twin"]
    return pairs.set_axis(columns, axis=1).set_index("track").rename_axis(None)


def artist_table(dataset: Dataset) -> pd.DataFrame | Markdown:
    """Return, for every class of the headline label, the number of artists, of tracks without, the commonest's share.

    Without labels, for all tracks.
    """
    if ARTIST not in dataset.tracks or dataset.tracks[ARTIST].isna().all():
        return Markdown("The artists of this corpus are not known (a tracks table with a column artist would tell).")
    by_class = dataset.tracks[ARTIST].groupby(_shown(dataset.class_of))
    table = pd.DataFrame({"artists": by_class.nunique()}).rename_axis(None)
    table["tracks without a known artist"] = by_class.apply(lambda a: a.isna().sum())
    table["share of the commonest artist"] = by_class.apply(
        lambda a: percent(a.value_counts().max() / len(a)) if a.notna().any() else "–"
    )
    return table


def label_counts(dataset: Dataset) -> pd.Series:
    """Return how many tracks every class of the headline label has; nothing without one."""
    classes = dataset.class_of
    return (_shown(classes) if classes.notna().any() else classes.dropna()).value_counts().sort_index()


def label_table(dataset: Dataset) -> pd.DataFrame | Table:
    """Return every label that tracks are scored against: its classes, the tracks that have one, the largest."""
    rows = {}
    if not dataset.references():
        return Table.keyed(pd.DataFrame(), note=NO_LABELS)
    for name in dataset.references():
        told = dataset.tracks[name]
        counts = told.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        largest = f"{counts.index[0]}, {percent(counts.iloc[0] / counts.sum())}"
        rows[name] = (f"{len(counts):,}", f"{told.notna().sum():,} of {len(told):,}", largest)
    columns = ["classes", "tracks that have one", "the largest, and its share of them"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _shown(classes: pd.Series) -> pd.Series:
    """Return the classes of tracks for people to read: no more of them than a table can show, and who has none."""
    return legible(classes).fillna("all tracks" if classes.isna().all() else f"no {classes.name}")


def lyrics_coverage(classes: pd.Series, has_lyrics: Iterable[bool]) -> pd.DataFrame | Markdown:
    """Return, for every class, how many tracks there are, and how many and what share of them have lyrics.

    classes: by track id, missing where unknown, named as the label; has_lyrics: (n,) in the same order.
    """
    known = pd.Series(has_lyrics, classes.index, dtype=bool)
    if not known.any():
        return Markdown("No track of this corpus has lyrics.")
    groups = known.groupby(_shown(classes))
    table = pd.DataFrame({"tracks": groups.size(), "with lyrics": groups.sum(), "share": groups.mean().map(percent)})
    return table.rename_axis(None)


def players(dataset: Dataset) -> HTML:
    """Return a player for the first clip of every style of the demo corpus, a sentence for others.

    Other corpora are not played: GTZAN consists of commercial recordings.
    """
    if dataset.known_as != "demo":
        return HTML('<p class="facts">No audio is played here: only the synthetic demo corpus has its clips.</p>')
    first = dataset.tracks.groupby("genre", sort=True).head(1)
    clips = [
        player(tracks.render(track), f"{track.title}, {rounded(track.tempo, 0)} bpm") for _, track in first.iterrows()
    ]
    return HTML(f'<div class="players">{"".join(clips)}</div>')
