"""Where the percentages that the study quotes come from (chapter ``08_published_claims``)."""

from itertools import permutations

import pandas as pd

from vaeclust.methods import METHODS
from vaeclust.metrics import METRICS
from vaeclust.records import SOURCES, published


def origins(percent: float, metric: str, *, digits: int = 0) -> pd.DataFrame:
    """Return every pair of published values of a metric whose change is ``percent``, rounded or cut to its digits.

    Also tried with the decimal point of the earlier value moved by one place. Columns: ``from, to, value, to_value,
    slip``; ``from`` and ``to`` name table and method.
    """
    values = [
        (f"{METHODS[slug].title}, {title}", value)
        for source, title in SOURCES.items()
        for slug, value in published(source)[metric].items()
    ]
    rows = [
        (before, after, start, end, slip)
        for (before, start), (after, end) in permutations(values, 2)
        for slip in (False, True)
        if _is(100 * (end / (start / 10 if slip else start) - 1), percent, digits)
    ]
    return pd.DataFrame(rows, columns=["from", "to", "value", "to_value", "slip"])


def _is(change: float, percent: float, digits: int) -> bool:
    return percent in (round(change, digits), int(change * 10**digits) / 10**digits)


def traced(percent: float, metric: str, *, digits: int = 0, between: tuple[str, str]) -> str:
    """Return in words where a published percentage comes from, among the changes between two methods."""
    found = origins(percent, metric, digits=digits)
    names = tuple(METHODS[slug].title for slug in between)
    of_these = found["from"].str.startswith(f"{names[0]},") & found["to"].str.startswith(f"{names[1]},")
    if not of_these.any():
        return f"{percent:+g} % is no change between the published values of {names[0]} and {names[1]}"
    row = found[of_these].sort_values("slip").iloc[0]
    places = " and ".join(dict.fromkeys((row["from"].split(", ")[1], row["to"].split(", ")[1])))
    start = (
        f"{row['value'] / 10:.5g}, a misplaced decimal point for {row['value']:g}"
        if row["slip"]
        else f"{row['value']:g}"
    )
    return f"{percent:+g} % is the change from {start} to {row['to_value']:g} ({places})"


# Every percentage that a claim quotes: claim, percent, metric, digits, the two methods it is said to compare.
PERCENTAGES = (
    ("C2", 3.2, "ari", 1, ("vae", "conv_vae")),
    ("C3", 49, "silhouette", 0, ("beta_vae_1", "beta_vae_4")),
    ("C3", 439, "calinski_harabasz", 0, ("beta_vae_1", "beta_vae_4")),
    ("C4", -82.5, "ari", 1, ("vae", "beta_vae_4")),
    ("C5", 979, "nmi", 0, ("vae", "multimodal_vae")),
    ("C5", -33, "silhouette", 0, ("vae", "multimodal_vae")),
    ("C7", 35, "silhouette", 0, ("autoencoder", "vae")),
)


def percentages() -> pd.DataFrame:
    """Return every quoted percentage and where it comes from: ``claim, metric, origin``."""
    rows = [
        (claim, METRICS[metric].title, traced(percent, metric, digits=digits, between=between))
        for claim, percent, metric, digits, between in PERCENTAGES
    ]
    return pd.DataFrame(rows, columns=["claim", "metric", "origin"]).set_index("claim")
