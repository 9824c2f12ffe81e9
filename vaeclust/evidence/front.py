"""What the front page says of a corpus of one's own (chapter ``07_comparison``)."""

import pandas as pd

from vaeclust.corpus.dataset import ARTIST, Dataset
from vaeclust.evidence.differences import survivors
from vaeclust.evidence.words import listed_methods, mean_sd
from vaeclust.methods.catalogue import METHODS
from vaeclust.studies.records import STANDARD, pick

UNLABELLED = (
    "No label of these tracks is known, so that no method can be said to group them better than another: scores that "
    "need no labels compare spaces, not groups. A table of tracks with a genre, a language or another label would tell."
)
ALONE = "With a single seed there is no interval, and so none of the methods can be said to be better than another."


def corpus_answer(dataset: Dataset, intervals: pd.DataFrame, differences: pd.DataFrame) -> dict[str, str]:
    """Return what the front page says of a corpus of one's own: ``front_corpus`` and ``front_answer``.

    Nothing of a corpus that is known by name.

    intervals: of all methods that are compared, with the baseline ``raw``. differences: of
    :func:`~vaeclust.evidence.differences.baseline_differences`.
    """
    if dataset.known_as:
        return {}
    told = {"front_corpus": str(dataset), "front_answer": UNLABELLED}
    if not dataset.headline:
        return told
    nmi = pick(intervals, metric="nmi", reference=dataset.headline, clusterer="kmeans", condition=STANDARD)
    nmi = nmi.set_index("method")
    cells = {slug: mean_sd(nmi.loc[slug, "mean"], nmi.loc[slug, "sd"]) for slug in ("raw", "pca") if slug in nmi.index}
    parts = [
        f"K-Means on the features themselves, without a network, has an NMI of {cells['raw']} with {dataset.headline}",
        f"on {METHODS['pca'].title} {cells['pca']}",
    ]
    together = differences[survivors(differences)]
    own = pick(differences, baseline=["raw"], metric=["nmi"])
    unit = "artists" if ARTIST in dataset.tracks and dataset.tracks[ARTIST].notna().any() else "tracks"
    said = (
        f"Over seeds and {unit}, all compared together, higher than the features themselves: "
        f"{listed_methods(pick(together, baseline=['raw'], metric=['nmi']), 'higher')}; lower: "
        f"{listed_methods(pick(together, baseline=['raw'], metric=['nmi']), 'lower')}; for all others no difference "
        "can be seen."
    )
    return told | {"front_answer": f"{', '.join(parts)}. {said if len(own) else ALONE}"}
