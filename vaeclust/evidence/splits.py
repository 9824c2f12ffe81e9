"""What artists that were not looked at say: choices tested on the other half of them (chapter ``09_beyond``).

The tracks of half of the artists are scored as a corpus of their own, and those of the others as another. The clusters
are those of the whole corpus.
"""

import numpy as np
import pandas as pd

from vaeclust.evidence.differences import KEYS, Pipeline, bootstrap_means, difference, unit_numbers
from vaeclust.evidence.tables import Table
from vaeclust.evidence.words import percent, rounded, signed
from vaeclust.scores.metrics import METRICS

SPLITS = 200
CHOICES = ("split", *KEYS, "chosen", "others")  # columns
COVERAGE = ("unit", *KEYS, "splits", "covered")


def halves(artists: pd.Series, splits: int = SPLITS, seed: int = 0) -> np.ndarray:
    """Return which tracks are in the first half of each split, (splits, n) bool; a track without an artist is alone.

    artists: by track id, missing where unknown.

    >>> first = halves(pd.Series(["Ann", "Ann", "Bo", "Bo", None, None]), splits=20)
    >>> bool((first[:, 0] == first[:, 1]).all() and (first[:, 2] == first[:, 3]).all())
    True
    >>> bool((first[:, 4] == first[:, 5]).all())
    False
    """
    unit = unit_numbers(artists, artists.index)
    n = int(unit.max()) + 1
    order = np.argsort(np.random.default_rng(seed).random((splits, n)), axis=1)
    return (order < n / 2)[:, unit]


def half_scores(clusters: pd.DataFrame, reference: pd.Series, first: np.ndarray, metric: str = "nmi") -> np.ndarray:
    """Return the mean over seeds of a metric on the first half of every split and on the other, (splits, 2).

    clusters: ``track_id, seed, cluster`` of one pipeline; reference: label by track id, all known; first: of
    :func:`halves`, in its order.
    """
    truth = pd.factorize(reference)[0]
    table = clusters.pivot(index="seed", columns="track_id", values="cluster")[reference.index]
    weights = np.concatenate([first, ~first]).astype(np.int64)
    scores = [METRICS[metric].function(truth, row, weights) for row in table.to_numpy()]
    return np.mean(scores, axis=0).reshape(2, -1).T


def choices(
    clusters: pd.DataFrame, reference: pd.Series, artists: pd.Series, baseline: Pipeline, metric: str = "nmi"
) -> pd.DataFrame:
    """Return, for every split, the best pipeline by the labels of half of the artists, and its gain with each half.

    One row a split, columns CHOICES: the pipeline, its gain over the baseline in the half that it was ``chosen`` on,
    and with the ``others``, who had no say.

    clusters: with the columns of Pipeline; reference and artists: by track id.
    """
    known = reference.dropna()
    first = halves(artists.reindex(known.index))
    groups = {Pipeline(*key): group for key, group in clusters.groupby(KEYS)}
    found = {key: half_scores(group, known, first, metric) for key, group in groups.items()}
    names, theirs = [key for key in found if key != baseline], found[baseline]
    gains = np.stack([found[key] - theirs for key in names])  # (pipelines, splits, 2)
    best = gains[:, :, 0].argmax(axis=0)
    rows = [(split, *names[place], *gains[place, split]) for split, place in enumerate(best)]
    return pd.DataFrame(rows, columns=pd.Index(CHOICES))


def coverage(
    clusters: pd.DataFrame,
    reference: pd.Series,
    artists: pd.Series,
    baseline: Pipeline,
    *,
    metric: str = "nmi",
    splits: int = SPLITS,
    draws: int = 200,
) -> pd.DataFrame:
    """Return how often intervals from half of the artists hold for the others, by what is drawn: artists or tracks.

    One row a unit and pipeline, columns COVERAGE: in what share of the splits the differences to the baseline in both
    halves are no further apart than intervals of 95 % allow, ``|d - d'| <= 1.96 sqrt(sd² + sd'²)``. With right
    intervals that is 95 %.

    Arguments as of :func:`choices`.
    """
    known = reference.dropna()
    artists = artists.reindex(known.index)
    first = halves(artists, splits)
    groups = {Pipeline(*key): group for key, group in clusters.groupby(KEYS)}
    rows = []
    for unit, units in (("artist", artists), ("track", None)):
        held: dict[Pipeline, list[bool]] = {key: [] for key in groups if key != baseline}
        for split in first:
            halved = [
                {key: bootstrap_means(group, known[part], metric, draws, units=units) for key, group in groups.items()}
                for part in (split, ~split)
            ]
            for key, results in held.items():
                one, other = (difference([drawn[key], drawn[baseline]]) for drawn in halved)
                apart = abs(one["mean"] - other["mean"])
                results.append(apart <= 1.96 * np.hypot(one["sd"], other["sd"]))
        rows += [(unit, *key, len(results), np.mean(results)) for key, results in held.items()]
    return pd.DataFrame(rows, columns=pd.Index(COVERAGE))


def choice_table(found: pd.DataFrame) -> Table:
    """Return :func:`choices` for reading: a row a pipeline, how often it is chosen, its mean gain with each half."""
    rows = found.groupby(KEYS, sort=False).agg(
        times=("split", "size"), chosen=("chosen", "mean"), others=("others", "mean")
    )
    rows = rows.sort_values("times", ascending=False)
    text = pd.DataFrame({
        "times": rows["times"].map(str),
        "chosen": rows["chosen"].map(signed),
        "others": rows["others"].map(signed),
    })  # fmt: skip
    heads = ["chosen in", "gain where it was chosen", "gain with the other artists"]
    return Table.keyed(text, columns=heads)


def choice_facts(found: pd.DataFrame) -> dict[str, str]:
    """Return what a page says of :func:`choices`, to state: mean gains, and the range of those with the others."""
    low, high = found["others"].quantile([0.025, 0.975])
    return {
        "splits": str(len(found)),
        "chosen_gain": rounded(found["chosen"].mean(), 3),
        "others_gain": f"{rounded(found['others'].mean(), 3)} (in 95 % of the splits {signed(low)} to {signed(high)})",
    }


def coverage_facts(found: pd.DataFrame) -> dict[str, str]:
    """Return how often intervals hold for other artists, to state: the range over methods, by what is drawn."""
    shares = found.groupby("unit")["covered"]
    return {f"covered_{unit}": f"{percent(some.min())} to {percent(some.max())}" for unit, some in shares}
