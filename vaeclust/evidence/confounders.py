"""What a recording tells besides its music: a label or a cluster that it explains (chapters 00, 07 and 10)."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score

from vaeclust.corpus.facts import FACTS
from vaeclust.evidence.words import mean_sd, rounded
from vaeclust.scores.labels import nmi

TITLES = {"file_format": "file format", "sample_rate": "sample rate", "bit_rate": "bit rate", "length": "length"}
LEAST = 0.1  # adjusted mutual information of what is worth a warning
DRAWS = 199  # random orders of the tracks that it has to exceed, every one
SAME = 0.8  # share of all tracks of a cluster or a fact, or of both, that are in both
FEW = 4  # tracks of a cluster: less say nothing
_KBIT_S = (32, 48, 64, 96, 128, 160, 192, 224, 256, 320)  # bit rates that are in use; others lie near one of them
_PARTS = 4  # of lengths, each with as many tracks


def recording_classes(tracks: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of the files of tracks, in few classes each, missing where unknown; by track id.

    tracks: with any of FACTS, ``sample_rate`` in Hz, ``bit_rate`` in bit/s, ``length`` in seconds. Bit rates are the
    nearest in use, ``length`` is a quarter of the tracks. A column with one class is left out.
    """
    found = pd.DataFrame(index=tracks.index)
    for fact in FACTS:
        if fact in tracks and tracks[fact].notna().any():
            found[fact] = _CLASSES[fact](tracks[fact])
    return found.loc[:, found.nunique() > 1]


def confounders(tracks: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return which facts of the files explain which labels: ``label, fact, tracks, nmi, ami``, the strongest first.

    Only what is no accident: the NMI exceeds that of 199 random orders of the tracks, and adjusted for chance (AMI;
    Vinh, Epps & Bailey 2010) it is at least .1. labels: by track id, a column each, missing where unknown.
    """
    rows = []
    facts = recording_classes(tracks)
    for label, fact in ((label, fact) for label in labels for fact in facts):
        both = pd.DataFrame({"label": labels[label], "fact": facts[fact]}).dropna()
        if both.nunique().min() < 2:
            continue
        told, classes = (pd.factorize(both[name])[0] for name in both)
        found, rng = float(nmi(told, classes)), np.random.default_rng(0)
        adjusted = float(adjusted_mutual_info_score(told, classes))
        if adjusted >= LEAST and all(nmi(told, rng.permutation(classes)) < found for _ in range(DRAWS)):
            rows.append((label, fact, len(both), found, adjusted))
    table = pd.DataFrame(rows, columns=["label", "fact", "tracks", "nmi", "ami"])
    return table.sort_values("ami", ascending=False, ignore_index=True)


def recorded_clusters(tracks: pd.DataFrame, clusters: pd.Series) -> pd.DataFrame:
    """Return the clusters that are the tracks of one kind of file: ``cluster, fact, value, both, cluster_size, kind``.

    At least four tracks, and of those that are in the cluster or of the kind four in five are both; a kind that most of
    the corpus has is none. ``kind``: how many tracks are of it. clusters: by track id.
    """
    rows = []
    facts = recording_classes(tracks.loc[clusters.index])
    for fact in facts:
        counts = pd.crosstab(clusters, facts[fact])
        sizes, kinds = clusters.value_counts(), facts[fact].value_counts()
        for cluster, value in ((c, v) for c in counts.index for v in counts):
            both = counts.loc[cluster, value]
            union = sizes[cluster] + kinds[value] - both
            if both >= FEW and both >= SAME * union and kinds[value] <= len(clusters) / 2:
                rows.append((cluster, fact, value, both, sizes[cluster], kinds[value]))
    return pd.DataFrame(rows, columns=["cluster", "fact", "value", "both", "cluster_size", "kind"])


def label_warnings(tracks: pd.DataFrame, labels: pd.DataFrame) -> Iterator[str]:
    """Give a sentence for every fact of the files that explains a label; arguments: of :func:`confounders`."""
    for row in confounders(tracks, labels).itertuples():
        yield (
            f"The {TITLES[row.fact]} of the files explains {row.label}: NMI {mean_sd(row.nmi)}, adjusted for chance "
            f"{mean_sd(row.ami)}, on {rounded(row.tracks, 0)} tracks. What groups these tracks by {row.label} may "
            "have found nothing but how they were recorded."
        )


def cluster_warnings(tracks: pd.DataFrame, clusters: pd.Series) -> Iterator[str]:
    """Give a sentence for every cluster that is one kind of file, and for every fact that explains the clusters.

    Arguments: of :func:`recorded_clusters`.
    """
    for row in recorded_clusters(tracks, clusters).itertuples():
        yield (
            f"Cluster {row.cluster} is a kind of file: {row.both} of its {row.cluster_size} tracks are among the "
            f"{row.kind} with the {TITLES[row.fact]} {row.value}."
        )
    for row in confounders(tracks, clusters.rename("clusters").to_frame()).itertuples():
        yield (
            f"The {TITLES[row.fact]} of the files and the clusters tell of each other: NMI {mean_sd(row.nmi)}, "
            f"adjusted for chance {mean_sd(row.ami)}."
        )


def _hertz(rates: pd.Series) -> pd.Series:
    return rates.map(lambda rate: f"{rate / 1000:g} kHz", na_action="ignore")


def _kilobits(rates: pd.Series) -> pd.Series:
    def nearest(rate: float) -> str:
        kbit = rate / 1000
        return "over 400 kbit/s" if kbit > 400 else f"{min(_KBIT_S, key=lambda used: abs(used - kbit))} kbit/s"

    return rates.map(nearest, na_action="ignore")


def _lengths(lengths: pd.Series) -> pd.Series:
    seconds = lengths.astype(float).round()
    if seconds.nunique() < 2:
        return seconds.map("{:.0f} s".format, na_action="ignore")
    parts = pd.qcut(seconds, _PARTS, duplicates="drop").astype(object)
    return parts.map(lambda part: f"{part.left:.0f} to {part.right:.0f} s", na_action="ignore")


_CLASSES = {
    "file_format": lambda formats: formats.replace("", pd.NA),
    "sample_rate": _hertz,
    "bit_rate": _kilobits,
    "length": _lengths,
}
