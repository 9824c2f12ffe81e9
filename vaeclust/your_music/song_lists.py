"""The songs of every cluster as lists that play (chapter ``10_your_music``).

What is listed is worked out here; how it plays is ``book/_static/song_list.js``. Without the script the lists stand as
they are, and a link on each song opens its sound.
"""

from collections.abc import Mapping
from html import escape

import pandas as pd
from IPython.display import HTML

from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.tables import examples

SHOWN = 10  # songs of a cluster; the others are folded away
FENCE = 1.5  # interquartile ranges above the upper quartile, from which on a song is an odd one out


def song_list(
    dataset: Dataset, clusters: pd.Series, names: Mapping[int, str], order: pd.Series, sounds: pd.Series
) -> HTML:
    """Return the songs of all clusters, each as a list that plays, its typical songs first.

    Nothing of what songs and clusters are called is markup.

    Parameters
    ----------
    clusters : Series
        (n,) int by track id.
    names : mapping
        What each cluster is called.
    order : Series
        (n,) float by track id: how far each song lies from the centre of its cluster. Those that lie beyond its
        fence (:func:`odd_ones_out`) are marked.
    sounds : Series
        The address of each song's sound by track id, missing where there is none.

    Raises
    ------
    ValueError
        For a cluster without a name; for a song that has no place in ``order`` or is none of the corpus.
    """
    if nameless := sorted(set(clusters) - set(names)):
        raise ValueError(
            f"no name for {examples(map(str, nameless))}; expected one for each of the {clusters.nunique()} clusters"
        )
    for index, where in ((dataset.tracks.index, "the corpus"), (order.dropna().index, "the order")):
        if len(missing := clusters.index.difference(index)):
            raise ValueError(
                f"{where} lacks {len(missing)} of the {len(clusters)} songs ({examples(missing)}); expected one row "
                "for each song that has a cluster"
            )
    odd = odd_ones_out(clusters, order)
    heard = sounds.reindex(clusters.index)
    parts = []
    for cluster, members in clusters.groupby(clusters):
        tracks = order[members.index].sort_values(kind="stable").index
        items = [_item(dataset.display_name(track), heard[track], odd=odd[track]) for track in tracks]
        parts.append(_section(names[cluster], items, n_odd=int(odd[tracks[SHOWN:]].sum())))
    return HTML(f'<div class="song-lists">{"".join(parts)}</div>')


def odd_ones_out(clusters: pd.Series, order: pd.Series) -> pd.Series:
    """Return (n,) bool by track id: which songs lie farther from the centre than their own cluster explains.

    That is beyond Tukey's fence (1977): 1.5 interquartile ranges above the upper quartile of the cluster's distances.

    >>> order = pd.Series([1.0, 1.1, 1.2, 1.3, 9.0], index=list("abcde"))
    >>> odd_ones_out(pd.Series(0, order.index), order).to_dict()
    {'a': False, 'b': False, 'c': False, 'd': False, 'e': True}
    """
    distance = order[clusters.index].groupby(clusters)
    lower, upper = distance.transform("quantile", 0.25), distance.transform("quantile", 0.75)
    return order[clusters.index] > upper + FENCE * (upper - lower)


def _item(name: str, address: str | None, *, odd: bool) -> str:
    """Return one song of a list, its name on one line; ``bdi``: from whichever side it is read, the rest stays put."""
    text = f"<bdi>{escape(' '.join(name.split()))}</bdi>"
    if pd.notna(address):
        text = f'<a class="song-sound" href="{escape(str(address))}">{text}</a>'
    return f"<li>{text}{' <small>odd one out</small>' if odd else ''}</li>"


def _section(name: str, items: list[str], *, n_odd: int) -> str:
    """Return the heading of a cluster and its list, the typical songs open and the others folded."""
    count = f"{len(items):,} song{'' if len(items) == 1 else 's'}"
    lists = f"<ol>{''.join(items[:SHOWN])}</ol>"
    if rest := items[SHOWN:]:
        told = f"{len(rest):,} more" + (f", the odd ones out last ({n_odd})" if n_odd else "")
        lists += f'<details><summary>{told}</summary><ol start="{SHOWN + 1}">{"".join(rest)}</ol></details>'
    return f"<section><h3><bdi>{escape(name)}</bdi> <small>{count}</small></h3>{lists}</section>"
