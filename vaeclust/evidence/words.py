"""The one place where a number becomes words, and a key a title (all chapters).

Nothing reads these words again: what is asked of a table is asked of its keys and of its column ``verdict``.
"""

from collections.abc import Hashable, Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from vaeclust.clusters.clusterers import CLUSTERERS, OWN
from vaeclust.clusters.ensembles import CONSENSUS
from vaeclust.evidence.differences import detectable
from vaeclust.methods.catalogue import METHODS, find
from vaeclust.scores.metrics import LABEL_FREE, METRICS
from vaeclust.studies.languages import PARTS
from vaeclust.studies.records import STANDARD, headline, pick
from vaeclust.studies.ways import FREE, STANDARDISED, Way, how_far_rule, training_changes

NOBODY = "none of them"
ONE_SEED = "not known from a single seed"
UNMEASURED = "not measured"
NO_LABELS = "This corpus has no labels to compare with."
NO_RANKS = "Without labels no method is ranked: each has a space of its own, and their scores cannot be compared."
NO_DIFFERENCES = "There is nothing to compare: a difference takes labels, and more than one seed."
# In place of a figure or table, which no page then shows.
ABSENCES = (NO_LABELS, NO_RANKS, NO_DIFFERENCES)

MOST_LABELS = 20  # of a figure, so that each can be read
CONDITION_TITLES = {
    "standard": "as given",
    "shuffled_lyrics": "lyrics of other tracks",
    "moved_coverage": "lyrics and gaps of other tracks",
    "coverage_only": "only whether there are lyrics",
    "genre_lyrics": "lyrics joined by label",
    "published_lyrics": "published lyrics, by row",
    "untrained": "untrained",
    "no_duplicates": "duplicates removed",
    "fault_filtered": "fault-filtered tracks",
    "gaussian_noise": "Gaussian noise",
    "random_labels": "random clusters",
    "full_features": "57 features",
    "full_features_fault_filtered": "57 features, fault-filtered tracks",
    "audio": "audio",
    "lyrics": "lyrics",
    "both": "both",
    "shuffled": "both, lyrics of other tracks",
    "mfcc20": "20 MFCC means",
    "moods": "7 moods",
    "layer_untrained": "untrained network, 200 numbers",
    "layer_mtt": "musicnn, MagnaTagATune",
    "layer_msd": "musicnn, Million Songs",
    "layer_every": "musicnn, Million Songs, all patches",
    "tags": "50 tags",
    "plain_tags": "20 tags that name no genre",
    "tags_and_features": "tags and features",
}


def _training_title(name: str, value: Any) -> str:
    if name == "hidden":
        return f"hidden units {', '.join(map(str, value))}"
    return {"epochs": "{:g} epochs", "latent_dim": "{:g} latent dimensions", "beta": "β = {:g}"}[name].format(value)


# Lyrics of several languages, beside a sound or alone.
LYRICS_TITLES = {"": "none", "lyrics": "as they are", "centred": "centred", "others": "centred, of other songs"}
CONDITION_TITLES |= {"lyrics_centred": "lyrics, centred within language", "moods_and_tags": "7 moods and 50 tags"}
CONDITION_TITLES |= {
    name: f"{CONDITION_TITLES[sound]}, lyrics {LYRICS_TITLES[kind]}"
    for name, (sound, kind) in PARTS.items()
    if sound and kind
}

# Changes of the chapter that asks how far the answers hold.
CONDITION_TITLES |= {
    "artist_filtered": "one track of every artist",
    STANDARDISED: "57 features, only standardised",
    FREE: "a number chosen without labels",
    **{f"k_{k}": f"{k} clusters" for k in how_far_rule()["ks"]},
    **{f"order_{n}": f"random order {n}" for n in range(1, how_far_rule()["orders"] + 1)},
    **{name: _training_title(*change) for name, settings in training_changes().items() for change in settings.items()},
}

_CLUSTERER_TITLES = {CONSENSUS: "consensus of K-Means", OWN: "its own mixture"}  # that no row of CLUSTERERS makes


def legible(labels: pd.Series) -> pd.Series:
    """Return labels of which no more than MOST_LABELS are named: the most frequent; the others are "other".

    >>> shown = legible(pd.Series([*map(str, range(100)), "a", "a", None]))
    >>> shown.nunique(), shown.iloc[-3:].tolist()
    (20, ['a', 'a', None])
    """
    counts = labels.value_counts()
    if len(counts) <= MOST_LABELS:
        return labels
    kept = counts.sort_index().sort_values(ascending=False, kind="stable").index[: MOST_LABELS - 1]
    return labels.where(labels.isna() | labels.isin(kept), "other")


def condition_title(slug: str) -> str:
    """Return what the book calls a condition; one that it does not know by its slug, with spaces."""
    return CONDITION_TITLES.get(slug, slug.replace("_", " "))


def clusterer_title(slug: str) -> str:
    """Return what the book calls a clusterer, the consensus and a method's own clusters among them."""
    return _CLUSTERER_TITLES.get(slug) or CLUSTERERS[slug].title


def pipeline_title(pipeline: tuple[str, str, str]) -> str:
    """Return what the book calls a method, clusterer and condition: ``UMAP, K-Means, 57 features``."""
    method, clusterer, condition = pipeline
    return f"{find(method).title}, {clusterer_title(clusterer)}, {condition_title(condition)}"


def way_title(way: Way) -> str:
    """Return what the book calls a way of grouping: ``UMAP, 57 features, 5 clusters``."""
    parts = [find(way.method).title, *(condition_title(key) for key in way[1:] if key and key != STANDARD)]
    return ", ".join(parts)


def metric_head(name: str) -> str:
    """Return what stands above a column of scores: ``NMI ↑``, the arrow pointing to where it is better."""
    return f"{METRICS[name].title} {METRICS[name].arrow}"


def key_title(level: Hashable, key: Hashable) -> str:
    """Return what a key of a table is called when the table is shown; level: the column or index that holds it."""
    if level in ("condition", "baseline_condition", "description", "change"):
        return condition_title(str(key))
    if level == "metric":
        return METRICS[key].title
    if isinstance(key, str):
        row = METHODS.get(key) or CLUSTERERS.get(key)
        return row.title if row else _CLUSTERER_TITLES.get(key, key)
    return _text(key, "g")


def _text(number: float, form: str) -> str:
    """Return a number with a true minus sign."""
    return format(number, form).replace("-", "−")


def mean_sd(mean: float, sd: float = np.nan) -> str:
    """Return ``mean ± sd`` as the book prints it: ``0.250 ± 0.003``, ``56.3 ± 0.2``, ``1,416 ± 62``.

    >>> mean_sd(0.25, 0.0031), mean_sd(-1416), mean_sd(np.nan)
    ('0.250 ± 0.003', '−1,416', '–')
    """
    digits = 3 if abs(mean) < 10 else 1 if abs(mean) < 100 else 0
    if not np.isfinite(mean):
        return "–"
    spread = f" ± {sd:,.{digits}f}" if np.isfinite(sd) else ""
    return _text(round(mean, digits) + 0.0, f",.{digits}f") + spread  # + 0.0: no sign before a zero


def mean_sd_cells(means: pd.DataFrame, deviations: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`mean_sd` of every cell of two tables of one shape."""
    texts = means.astype(object)
    for name in means:
        texts[name] = list(map(mean_sd, means[name], deviations[name]))
    return texts


def rounded(number: float, digits: int = 1, *, unit: str = "") -> str:
    """Return a number with so many decimals, and its unit: ``161 s``, ``12,000``."""
    return _text(number, f",.{digits}f") + (f" {unit}" if unit else "")


def shortest(number: float, digits: int = 6, *, sign: str = "") -> str:
    """Return a number with at most so many digits that mean something, as it was published: ``0.0267``, ``16``."""
    return _text(number, f"{sign}.{digits}g")


def signed(number: float, digits: int = 3) -> str:
    """Return a number with its sign: ``+0.045``, ``−0.003``."""
    return _text(number, f"+.{digits}f")


def percent(share: float) -> str:
    """Return a share in percent: ``38%``."""
    return _text(share, ".0%")


def percent_change(change: float) -> str:
    """Return a change in percent, with its sign: ``−18%``."""
    return _text(change, "+.0%")


def interval(low: float, high: float) -> str:
    """Return the interval of a mean: ``0.247 to 0.253``; '–' where there is none."""
    return f"{mean_sd(low)} to {mean_sd(high)}" if np.isfinite([low, high]).all() else "–"


def difference_interval(difference: Mapping[str, float | str]) -> str:
    """Return the interval of a difference, ends with their signs: ``−0.044 to +0.035``."""
    return f"{signed(difference['low'])} to {signed(difference['high'])}"


def difference_clause(difference: Mapping[str, float | str], *, short: bool = False) -> str:
    """Return a difference as a clause: ``0.063 higher (95 % interval +0.045 to +0.081)``.

    difference: ``mean, low, high, verdict``. ``short`` leaves out the name of the interval, for tables that say it
    once.
    """
    if not np.isfinite(difference["low"]):
        return ONE_SEED
    bounds = difference_interval(difference) if short else f"95 % interval {difference_interval(difference)}"
    if difference["verdict"] == "none":
        return f"no difference that we can see ({bounds})"
    return f"{rounded(abs(difference['mean']), 3)} {difference['verdict']} ({bounds})"


def difference_numbers(difference: Mapping[str, float | str]) -> str:
    """Return a difference in numbers, for narrow columns: ``+0.063 (+0.045, +0.081)``."""
    return f"{signed(difference['mean'])} ({signed(difference['low'])}, {signed(difference['high'])})"


def difference_facts(differences: pd.DataFrame, name: str, *, short: bool = False) -> dict[str, str]:
    """Return every row of a table of differences as a clause to state; name: made of its keys, ``{method}_gain``."""
    rows = differences.to_dict("records")
    return {name.format(**row): difference_clause(row, short=short) for row in rows}


def exclusion_facts(differences: pd.DataFrame) -> dict[str, str]:
    """Return what a family of differences excludes, to state: ``excluded``, the highest end of its intervals.

    ``detectable``: the difference that is found four times in five, its median. differences: ``sd, high``.
    """
    return {
        "excluded": rounded(differences["high"].max(), 3),
        "detectable": rounded(detectable(differences).median(), 3),
    }


def listed(names: Iterable[str]) -> str:
    """Return names as a list in words, or 'none of them'.

    >>> listed(["PCA", "VAE", "Conv-VAE"]), listed([])
    ('PCA, VAE and Conv-VAE', 'none of them')
    """
    *most, last = list(names) or [NOBODY]
    return f"{', '.join(most)} and {last}" if most else last


def listed_methods(differences: pd.DataFrame, verdict: str) -> str:
    """Return the methods of a table of differences that have this verdict, as a list in words."""
    return listed(find(slug).title for slug in differences.loc[differences["verdict"] == verdict, "method"])


def score_facts(intervals: pd.DataFrame, *, clusterer: str = "kmeans") -> dict[str, str]:
    """Return ``<method>_<metric>`` → ``mean ± sd``, to glue into prose: own space and headline label.

    Label-free metrics in the input space are ``<method>_<metric>_input``. What was not measured reads
    'not measured', so that a page about unlabelled music says so.
    """
    texts = {}
    for method, metric in product(intervals["method"].unique(), METRICS.values()):
        texts[f"{method}_{metric.name}"] = UNMEASURED
        if metric.kind == LABEL_FREE:
            texts[f"{method}_{metric.name}_input"] = UNMEASURED
    rows = pick(intervals, clusterer=clusterer, condition=STANDARD, reference=["", headline(intervals)])
    for row in rows.itertuples():
        suffix = "_input" if row.space == "input" else ""
        texts[f"{row.method}_{row.metric}{suffix}"] = mean_sd(row.mean, row.sd)
    return texts


def best_agreement(intervals: pd.DataFrame, metric: str = "nmi") -> str:
    """Return a clause on which methods agree best with the first label: the best mean, and all that overlap it.

    Without labels it is ``UNMEASURED``.
    intervals: one clusterer and condition.
    """
    table, label = pick(intervals, metric=[metric]).set_index("method"), headline(intervals)
    if table.empty:
        return UNMEASURED
    best = table["mean"].idxmax()
    near = [m for m in table.index if m != best and not table.loc[m, "high"] < table.loc[best, "low"]]
    title = f"the highest mean {METRICS[metric].title} against {label} is that of {METHODS[best].title}"
    title += f", {mean_sd(table.loc[best, 'mean'], table.loc[best, 'sd'])}"
    if not near:
        return f"{title}; no other method's interval reaches it"
    return f"{title}; the intervals of {listed(METHODS[m].title for m in near)} overlap its own"
