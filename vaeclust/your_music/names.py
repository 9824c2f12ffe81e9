"""A name for every cluster: the words that set it apart from the library (chapter ``10_your_music``).

``hip-hop, rnb · spoken, danceable · 80 % German``: up to three tags, up to two moods, and a label that most of its
tracks have. Every word is relative to the library: a tag stands in a name only if it lies above the library's median in
at least ``SHARE`` of the cluster's tracks, and of those the ones with the greatest lift stand first. Lift is the
difference of the cluster's mean and the library's in standard deviations over the library, so that a tag which every
song has ("rock") names nothing. The library is all tracks that were clustered, those without a cluster included.
"""

import re
import string
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
import pandas as pd

from vaeclust.corpus.tables import examples
from vaeclust.your_music.portraits import PLAIN

SHARE = 0.8  # of a cluster's tracks for which a word has to hold
MOST_TAGS, MOST_MOODS = 3, 2
LABELLED = 0.5  # of a cluster's tracks that need a label before anything is said of its labels
MIX, MIX_ABOVE = 0.6, 0.2  # of its labelled tracks that share a label; by how much that is more than in the library
DRIFT = 0.075  # up to which a share that an earlier name says is left as it is; it was rounded by up to .05
DIGITS = 9  # to which lifts are equal, so that the order of tracks decides nothing
LONGEST = 40  # characters of a label that a name quotes

BETWEEN_PARTS, BETWEEN_WORDS, LESS = " · ", ", ", "less "
JOINERS = "\u200c\u200d"  # which scripts of India, Persian and emoji need, though they print nothing
WORDLESS = "no words for it"

# Words that say the same. Of such tags the first that a corpus has stands for all.
SAME = (
    ("metal", "heavy metal"),
    ("electronic", "electronica", "electro"),
    ("chillout", "chill"),
    ("dance", "danceable"),
    ("female vocalists", "female vocalist", "female voice", "female vocal", "female", "woman"),
    ("male vocalists", "male voice", "male vocal", "male", "man"),
    ("vocals", "vocal", "voice", "singing"),
    ("no vocals", "no vocal", "no voice"),
    ("beat", "beats"),
    ("choir", "choral"),
    ("classical", "classic"),
)
MEANING = {word: words[0] for words in SAME for word in words}
CAPITALS = {"indian": "Indian"}  # all other tags are written in lower case

# What languages are called, by their codes of ISO 639-1, which tables have in a column ``language``; others stay codes.
LANGUAGES = {
    "ar": "Arabic", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch",
    "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip

# What a low and a high value of a mood is called; None where the opposite has no plain word that is true. Liveness is
# worth nothing (see ``vaeclust.corpus.moods``).
MOOD_WORDS: dict[str, tuple[str | None, str | None]] = {
    "acousticness": (None, "acoustic"),
    "danceability": (None, "danceable"),
    "energy": ("calm", "energetic"),
    "instrumentalness": (None, "instrumental"),
    "speechiness": (None, "spoken"),
    "valence": ("not happy", "happy"),
}

# The kinds of a name's parts.
TAG, MOOD, LABEL, LETTER, NOTHING, UNKNOWN = "tag", "mood", "label", "letter", "nothing", "unknown"
SHARE_AND_LABEL = re.compile(r"(\d{1,3}) % (.+)")

CHECKED = ["cluster", "word", "kind", "column", "side", "lift", "share"]


def cluster_names(
    clusters: pd.Series,
    *,
    tags: pd.DataFrame | None = None,
    moods: pd.DataFrame | None = None,
    labels: pd.DataFrame | None = None,
    before: Mapping[int, str] | None = None,
) -> pd.Series:
    """Return a name for every cluster, (k,) str by cluster number; no two have the same words, numbers left aside.

    clusters: (n,) int by track id; negative numbers are no clusters. tags: (n, t) float likelihoods by track id,
    columns the tags. moods: (n, m) float by track id, columns of ``vaeclust.corpus.moods.MOODS``. labels: (n, l) by
    track id, missing where unknown. Tracks may lack a row, or values: no word holds for a track of which it is unknown.
    before: the names of the same clusters in an earlier run.

    1. A name from ``before`` is kept as long as one of its tags still holds, without the words that no longer do, even
       if others would fit better by now; of labels, what no longer holds is said anew. A name that was not made here is
       not kept.
    2. The other clusters are named from the largest to the smallest: the three tags of the greatest lift, the two moods
       that lie farthest from the library's, each by ``PLAIN`` at least, and the label that is most above its share in
       the library, with its share of the labelled tracks to the nearest tenth (100 % only if all have it). Of words
       that say the same (``SAME``), or of which one contains the other ("rock", "hard rock"), the first stays.
    3. Where another cluster has these words already, the last tag gives way to the next by lift; if that does not help,
       the last mood to the next; the last tag to one that the cluster lacks ("less punk"); the label to the next. If
       words run out, a letter is added, from B on.

    A cluster of which nothing is known, or for which no word holds, has "no words for it". Raises ValueError for
    clusters that are no whole numbers, tags and moods that are no numbers, and what stands in a table twice.

    >>> songs = [*"abcdef"]
    >>> clusters = pd.Series([0, 0, 0, 1, 1, 1], songs)
    >>> tags = pd.DataFrame({"rock": [0.9, 0.8, 0.9, 0.1, 0.2, 0.1], "Mellow": [0.1, 0, 0, 0.5, 0.6, 0.7]}, songs)
    >>> cluster_names(clusters, tags=tags).to_dict()
    {0: 'rock', 1: 'mellow'}
    """
    measured = _measured_words(clusters, tags=tags, moods=moods)
    shares = _label_shares(clusters, labels)
    before = {} if before is None else dict(before)
    sizes = clusters[clusters >= 0].value_counts()
    order = sorted(sizes.index, key=lambda cluster: (-sizes[cluster], cluster))
    words = {
        cluster: _Words(measured[measured["cluster"] == cluster], shares[shares["cluster"] == cluster])
        for cluster in order
    }
    names: dict[int, str] = {}
    taken: set[frozenset[str]] = set()
    for cluster in order:
        name = words[cluster].kept(before.get(cluster))
        if name and _distinctive(name) not in taken:
            names[cluster] = name
            taken.add(_distinctive(name))
    for cluster in order:
        if cluster not in names:
            names[cluster] = next(name for name in words[cluster].names() if _distinctive(name) not in taken)
            taken.add(_distinctive(names[cluster]))
    return pd.Series(names, dtype=object, name="name").sort_index().rename_axis("cluster")


def name_check(
    names: Mapping[int, str] | pd.Series,
    clusters: pd.Series,
    *,
    tags: pd.DataFrame | None = None,
    moods: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row for each tag and mood of each name: of what share of the cluster's tracks it is true.

    Columns: ``cluster``; ``word``; ``kind`` ("tag", "mood"); ``column`` of tags or moods; ``side`` of the library's
    median on which the word says that tracks lie ("above", "below"); ``lift`` in standard deviations over the library;
    ``share`` of the cluster's tracks that lie there. A word that these tables do not have is of kind "unknown" and has
    no share. Labels are not looked at. Arguments as for :func:`cluster_names`, whose errors it raises.
    """
    measured = _measured_words(clusters, tags=tags, moods=moods)
    said = [
        (cluster, kind, word)
        for cluster, name in dict(names).items()
        for kind, words in _parts(name, measured)
        for word in words
        if kind in (TAG, MOOD, UNKNOWN)
    ]
    table = pd.DataFrame(said, columns=["cluster", "kind", "word"])
    return table.astype({"cluster": "int64"}).merge(measured, how="left", on=["cluster", "kind", "word"])[CHECKED]


class _Words:
    """What can be said of one cluster.

    measured: its rows of ``_measured_words``; shares: its rows of ``_label_shares``.
    """

    def __init__(self, measured: pd.DataFrame, shares: pd.DataFrame):
        self.measured = measured
        self.shares = dict(zip(shares["label"], shares["share"], strict=True))
        common = (shares["share"] >= MIX) & (shares["share"] - shares["library"] >= MIX_ABOVE)
        self.labels = list(shares.loc[common, "label"])

        true = measured[measured["share"] >= SHARE]
        self.true = set(zip(true["kind"], true["word"], strict=True))
        # What holds of most by little is true, but no news.
        true = true[np.where(true["side"] == "above", true["lift"], -true["lift"]) >= PLAIN]
        true = true.sort_values("lift", key=lambda lift: -lift.abs().round(DIGITS), kind="stable")
        tag, above = true["kind"] == TAG, true["side"] == "above"
        self.tags = _without_repetition(true.loc[tag & above, "word"])
        lifts = dict(zip(true["word"], true["lift"], strict=True))
        had = [lifts[word] for word in self.tags]
        # What is lacked just as much as another is had is its opposite, and no news: quiet, less loud.
        opposite = {word for word in true.loc[tag & ~above, "word"] if np.isclose(-lifts[word], had).any()}
        self.lacking = _without_repetition([word for word in true.loc[tag & ~above, "word"] if word not in opposite])
        self.moods = list(true.loc[~tag, "word"])
        if not self.tags:
            # At the head of a name, a mood that is a tag, too, would be taken for the tag, which does not hold.
            self.moods = [word for word in self.moods if word not in set(measured.loc[measured["kind"] == TAG, "word"])]

    def names(self) -> Iterator[str]:
        """Return names by rules 2 and 3 of :func:`cluster_names`, the best first."""
        worded = list(self._worded())
        yield from worded
        for length in (1, 2, 3):
            for letters in product(string.ascii_uppercase, repeat=length):
                if letters != ("A",):
                    yield BETWEEN_PARTS.join([worded[0], "".join(letters)])

    def _worded(self) -> Iterator[str]:
        tags, moods = self.tags[:MOST_TAGS], self._moods_beside(self.tags[:MOST_TAGS])
        yield self._name(tags, moods[:MOST_MOODS], self.labels[:1])
        for tag in self.tags[MOST_TAGS:]:
            others = [*tags[:-1], tag]
            yield self._name(others, self._moods_beside(others)[:MOST_MOODS], self.labels[:1])
        for mood in moods[MOST_MOODS:]:
            yield self._name(tags, [*moods[: MOST_MOODS - 1], mood], self.labels[:1])
        if tags or moods:
            said = {part for tag in tags for part in tag.split()}
            for lacking in (word for word in self.lacking if not said & set(word.split())):  # not: hard rock, less rock
                others = [*tags[: MOST_TAGS - 1], lacking]
                yield self._name(others, self._moods_beside(others)[:MOST_MOODS], self.labels[:1])
        for label in self.labels[1:]:
            yield self._name(tags, moods[:MOST_MOODS], [label])

    def _moods_beside(self, tags: list[str]) -> list[str]:
        """Return the moods that say something which the tags do not say."""
        return _without_repetition([*tags, *self.moods])[len(tags) :]

    def _name(self, tags: list[str], moods: list[str], labels: list[str]) -> str:
        parts = [BETWEEN_WORDS.join(tags), BETWEEN_WORDS.join(moods), *map(self._share_and_label, labels)]
        return BETWEEN_PARTS.join(filter(None, parts)) or WORDLESS

    def _share_and_label(self, label: str) -> str:
        share = self.shares[label]
        percent = 100 if share == 1 else min(10 * round(10 * share), 90)
        return f"{percent} % {label}"

    def kept(self, name: str | None) -> str | None:
        """Return an earlier name by rule 1 of :func:`cluster_names`, or None if it does not hold."""
        if not isinstance(name, str):
            return None
        parts = _parts(name, self.measured)
        kinds = {kind for kind, _ in parts}
        if UNKNOWN in kinds or any(kind == TAG and not self._true_of(words, TAG) for kind, words in parts):
            return None
        if NOTHING in kinds and next(self._worded()) != WORDLESS:
            return None
        said = [
            (kind, self._label_by_now(*words) if kind == LABEL else BETWEEN_WORDS.join(self._true_of(words, kind)))
            for kind, words in parts
        ]
        lasting = [(kind, part) for kind, part in said if part]
        return BETWEEN_PARTS.join(part for _, part in lasting) if {kind for kind, _ in lasting} - {LETTER} else None

    def _true_of(self, words: list[str], kind: str) -> list[str]:
        """Return the words of an earlier name that still hold; those of other kinds than tags and moods do."""
        return [word for word in words if kind not in (TAG, MOOD) or (kind, word) in self.true]

    def _label_by_now(self, part: str) -> str:
        """Return what an earlier name says of labels as far as it is true, else what is, else nothing."""
        percent, label = SHARE_AND_LABEL.fullmatch(part).groups()
        share = self.shares.get(label, 0.0)
        if abs(share - int(percent) / 100) <= DRIFT and (share == 1 or percent != "100"):
            return part
        return self._share_and_label(label if label in self.labels else self.labels[0]) if self.labels else ""


def _parts(name: str, measured: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Take a name to pieces: the kind and the words of each part; measured: the words that there are."""
    known = {kind: set(measured.loc[measured["kind"] == kind, "word"]) for kind in (TAG, MOOD)}
    parts = []
    for position, part in enumerate(name.split(BETWEEN_PARTS)):
        words = part.split(BETWEEN_WORDS)
        # "acoustic" is both: a tag at the head of a name, else a mood.
        kind = next(
            (kind for kind in ((MOOD, TAG) if position else (TAG, MOOD)) if known[kind].issuperset(words)), None
        )
        if kind:
            parts.append((kind, words))
        elif SHARE_AND_LABEL.fullmatch(part):
            parts.append((LABEL, [part]))
        elif position and re.fullmatch("[A-Z]{1,3}", part):
            parts.append((LETTER, [part]))
        else:
            parts.append((NOTHING if part == WORDLESS else UNKNOWN, words))
    return parts


def _distinctive(name: str) -> frozenset[str]:
    """Return what tells a name from others: its words in any order, without numbers."""
    words = (word for part in name.split(BETWEEN_PARTS) for word in part.split(BETWEEN_WORDS))
    return frozenset(re.sub(r"\d+( %)?", "", word).strip().lower() for word in words)


def _without_repetition(words: "list[str] | pd.Series") -> list[str]:
    """Leave out every word that says the same as an earlier one."""
    kept: dict[str, set[str]] = {}
    for word in words:
        meaning = set(MEANING.get(word, word).lower().split())
        if not any(meaning <= other or other <= meaning for other in kept.values()):
            kept[word] = meaning
    return list(kept)


def _measured_words(clusters: pd.Series, *, tags: pd.DataFrame | None, moods: pd.DataFrame | None) -> pd.DataFrame:
    """Return every word for every cluster, whether it holds or not: the columns of :func:`name_check`."""
    _check_ids("clusters", clusters)
    if not pd.api.types.is_integer_dtype(clusters):
        raise ValueError(f"clusters are {clusters.dtype}; expected whole numbers, -1 for tracks without a cluster")
    found = [pd.DataFrame(columns=CHECKED).astype({"cluster": "int64", "lift": "float64", "share": "float64"})]
    for kind, table in ((TAG, tags), (MOOD, moods)):
        if table is not None:
            _check_ids(f"{kind}s", table)
            words = _tag_words(table.columns) if kind == TAG else MOOD_WORDS
            found += _measured(clusters, table, {column: words[column] for column in table if column in words}, kind)
    return pd.concat(found, ignore_index=True)


def _measured(
    clusters: pd.Series, table: pd.DataFrame, words: Mapping[str, tuple[str | None, str | None]], kind: str
) -> Iterator[pd.DataFrame]:
    """Yield a table for each word of each column, low and high; its rows are the clusters."""
    for column in words:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise ValueError(f"{kind}s: column {column!r} holds {table[column].dtype}; expected numbers")
    inside = clusters >= 0
    values = table[list(words)].reindex(clusters.index).astype("float64").replace([np.inf, -np.inf], np.nan)
    deviation = values.std(ddof=0)
    lift = (values[inside].groupby(clusters[inside]).mean() - values.mean()) / deviation.where(deviation > 0)
    sides = {"below": values < values.median(), "above": values > values.median()}
    shares = {side: lies[inside].groupby(clusters[inside]).mean() for side, lies in sides.items()}
    for column, low_and_high in words.items():
        for side, word in zip(sides, low_and_high, strict=True):
            if word:
                of_clusters = {"lift": lift[column], "share": shares[side][column]}
                row = {"cluster": lift.index, "word": word, "kind": kind, "column": column, "side": side}
                yield pd.DataFrame(row | of_clusters)[CHECKED]


def _tag_words(columns: pd.Index) -> dict[str, tuple[str, str]]:
    """Return the words for few and for much of a tag, by column; columns that say what another says are left out."""
    written = {column: _one_line(str(column).replace(BETWEEN_WORDS.strip(), " ")).lower() for column in columns}
    words: dict[str, tuple[str, str]] = {}
    for column, word in written.items():
        meanings = next((same for same in SAME if word in same), (word,))
        first = next(meaning for meaning in meanings if meaning in written.values())
        if word == first and word and not any(word == high.lower() for _, high in words.values()):
            shown = CAPITALS.get(word, word)
            words[column] = (LESS + shown, shown)
    return words


def _label_shares(clusters: pd.Series, labels: pd.DataFrame | None) -> pd.DataFrame:
    """Return ``cluster, label, share, library``: shares of labelled tracks, those farthest above the library's first.

    Clusters of which too few tracks have a label are left out.
    """
    rows = []
    if labels is not None:
        _check_ids("labels", labels)
        for column in labels:
            known = labels[column].reindex(clusters.index).astype(object).dropna()
            known = known.map(lambda value: _one_line(str(value)))
            known = known[known != ""]
            if column == "language":
                known = known.replace(LANGUAGES)
            library = known.value_counts(normalize=True)
            sizes = clusters.value_counts()
            for cluster, of_cluster in known.groupby(clusters[known.index]):
                if len(of_cluster) >= LABELLED * sizes[cluster]:
                    shares = of_cluster.value_counts(normalize=True).sort_index()
                    rows += [(cluster, label, share, library[label]) for label, share in shares.items()]
    table = pd.DataFrame(rows, columns=["cluster", "label", "share", "library"])
    table = table.astype({"share": "float64", "library": "float64"})
    order = (table["library"] - table["share"]).round(DIGITS).sort_values(kind="stable").index
    return table.loc[order].drop_duplicates(["cluster", "label"])


def _one_line(text: str) -> str:
    """Return a text as a name can hold it: one short line without what parts a name, or turns its direction."""
    line = " ".join(text.replace(BETWEEN_PARTS.strip(), " ").split())
    line = "".join(char for char in line if char.isprintable() or char in JOINERS)
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def _check_ids(what: str, table: pd.DataFrame | pd.Series) -> None:
    """Raise ValueError for what stands in a table twice."""
    for axis in table.axes:
        if not axis.is_unique:
            twice = examples(axis[axis.duplicated()].unique())
            raise ValueError(f"{what} have {twice} more than once; expected one row a track and one column a word")
