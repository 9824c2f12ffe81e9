"""The explorer: the maps of all methods side by side on one page that needs no network (chapter ``11_explorer``).

What it shows is worked out here; how it behaves is ``book/_static/explorer.js``.
"""

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML
from sklearn.neighbors import NearestNeighbors

from vaeclust.cores import one_thread
from vaeclust.corpus.dataset import ARTIST, Dataset, silence
from vaeclust.corpus.demo.tracks import FACTOR_TABLE
from vaeclust.corpus.moods import MOODS
from vaeclust.corpus.named import CORPORA
from vaeclust.corpus.sampling import MOST
from vaeclust.corpus.tables import examples
from vaeclust.evidence.agreement import seed_agreement
from vaeclust.evidence.words import MOST_LABELS
from vaeclust.files import project_root
from vaeclust.methods.catalogue import METHODS
from vaeclust.methods.projections import PROJECTIONS
from vaeclust.plots.style import GREY, SEQUENTIAL, colours
from vaeclust.scores.disentanglement import MOST_CATEGORIES, known_factors
from vaeclust.scores.matching import match_clusters
from vaeclust.your_music import playlists

NEIGHBOURS, MANY_NEIGHBOURS = 5, 20  # of several methods, and of one alone, whose page has room for a playlist
GRID = 4_000  # coordinates on the page are whole numbers from 0 to this
MOST_ARTISTS = 9  # with a colour of their own; the others share one
ORDER = ("tsne", "umap", "pca")  # of the projections to choose from
TAG_COLOURINGS = 8  # tags to colour by
ALIKE = 0.8  # correlation of two tags above which one of them is enough to colour by
TENTHS = 10  # of the corpus, in which the page knows how much of a tag a track has
FLOOR = 0.01  # probability below which a track does not have a tag, even if no other has more; "sad" seldom gets more
TAG_NOTE = "Tenths of the corpus, by how likely a listening network finds the tag."
WITHOUT_SCRIPT = (
    "The explorer stands here in the built book, in any browser with JavaScript. Without it, the maps of every method "
    "are pictures in the method's own chapter, and the table below says how sure their clusters are."
)


def explorer_page(found: Mapping[str, Any]) -> HTML:
    """Return the explorer as HTML; the script and the style sheet of the book bring it to life.

    found: of :func:`explorer_contents`. Nothing in it can end the script element that holds it, or is markup.
    """
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")
    return HTML(
        f'<div class="explorer"><p class="facts">{WITHOUT_SCRIPT}</p>'
        f'<script type="application/json">{text}</script></div>'
    )


def explorer_contents(
    dataset: Dataset,
    maps: pd.DataFrame,
    clusters: pd.DataFrame,
    spaces: Mapping[str, pd.DataFrame],
    *,
    names: pd.Series | None = None,
    titles: Mapping[str, str] | None = None,
    sounds: pd.Series | None = None,
    shown: Iterable[str] = ("your_music", "pca", "vae"),
) -> dict[str, Any]:
    """Return what the explorer shows, as lists of text and whole numbers in the order of the corpus' tracks.

    Clusters are renamed so that one number stands for what overlaps most in all methods: those of the first method by
    size, from 0, those of the others :func:`~vaeclust.scores.matching.match_clusters` with them.

    Above 10,000 tracks only those are shown that the maps hold, a sample.

    Parameters
    ----------
    maps : DataFrame
        ``method, track_id, projection, x, y``. A method may lack a projection.
    clusters : DataFrame
        ``method, track_id, seed, cluster`` of one condition and clusterer.
    spaces : mapping
        Slug of each method to show → its embedding of the first seed, (n, d) indexed by track id.
    names : Series, optional
        Of the groups of the first method, by track id; missing where a group has none.
    titles : mapping, optional
        What methods are called, where not as everywhere.
    sounds : Series, optional
        Address of each track's sound, by track id; see :func:`write_clips`.
    shown : iterable of str
        Methods that are open at first; the first two where there is none of them.

    Raises
    ------
    ValueError
        When the records of a method are not those of this corpus.
    """
    if len(dataset) > MOST:  # the maps are those of a sample, and so is what is explored
        dataset = dataset.subset(dataset.tracks.index.isin(maps["track_id"]), rescale=False)
    by_method = dict(list(clusters.groupby("method")))
    methods, reference = [], None
    neighbours = MANY_NEIGHBOURS if len(spaces) == 1 else NEIGHBOURS
    for slug, space in spaces.items():
        found = _first_clusters(by_method[slug], space, dataset, slug)
        reference = _size_ranks(found) if reference is None else reference
        agree = seed_agreement(by_method[slug]).reindex(dataset.ids)
        share = agree.iloc[:, :1].mean(axis=1).fillna(0)  # of the first seed, whose clusters are shown
        points = maps[maps["method"] == slug].groupby("projection")
        methods.append({
            "slug": slug,
            "title": (titles or {}).get(slug) or METHODS[slug].title,
            "names": None if names is None or methods else _cluster_names(reference, names.loc[dataset.ids]),
            "maps": {name: _grid(rows.set_index("track_id").loc[dataset.ids]) for name, rows in points},
            "cluster": match_clusters(found, reference).tolist(),
            "agree": (share * (agree.shape[1] - 1)).round().astype(int).tolist(),
            "near": nearest_tracks(space.loc[dataset.ids].to_numpy(), neighbours).tolist(),
        })  # fmt: skip
    count = 1 + max(max(method["cluster"]) for method in methods)
    heard = pd.Series(dtype=object) if sounds is None else sounds
    heard = heard.reindex(dataset.ids)
    about = dataset.tracks
    tags = None if dataset.tags is None else dataset.tags.loc[dataset.ids]
    return {
        "ids": dataset.ids,
        "titles": _texts(about.get("title"), len(about)),
        "artists": _texts(about.get("artist"), len(about)),
        "labels": [_label(dataset, name) for name in dataset.label_names],
        "colourings": _colourings(dataset),
        "tags": None if tags is None else tag_tenths(tags).agg("".join).to_dict(),
        "clusters": _palette([str(number) for number in range(count)]),
        "sequential": SEQUENTIAL,
        "grey": GREY,
        "grid": GRID,
        "seeds": int(clusters["seed"].nunique()),
        "projections": {name: PROJECTIONS[name] for name in ORDER if name in set(maps["projection"])},
        "methods": methods,
        "shown": [slug for slug in shown if slug in spaces] or list(spaces)[:2],
        "sounds": None if heard.isna().all() else _texts(heard, len(heard)),
        "silence": silence_reason(dataset),
    }


def nearest_tracks(space: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """Return the nearest other tracks in an embedding (n, d), (n, neighbours) int, nearest first."""
    with one_thread():
        nearest = NearestNeighbors(n_neighbors=min(neighbours, len(space) - 1), algorithm="brute").fit(space)
        return nearest.kneighbors(return_distance=False)


def tag_tenths(tags: pd.DataFrame) -> pd.DataFrame:
    """Return how much of a tag each track has against the others, as a digit, 9 for the tenth that has most of it.

    tags: (n, tags) float, probabilities. A 9 says that a track has the tag: where it is too unlikely for that (below
    0.01), the digit is 8 at most. Tracks that have equally much share a digit.

    >>> tag_tenths(pd.DataFrame({"jazz": [0.0, 0.1, 0.9], "sad": [0.001, 0.008, 0.004]})).to_dict("list")
    {'jazz': ['3', '6', '9'], 'sad': ['3', '8', '6']}
    """
    tenths = np.ceil(tags.rank() * TENTHS / len(tags)) - 1
    return tenths.clip(upper=TENTHS - 2).where(tags < FLOOR, tenths).astype(int).astype(str)


def telling_tags(tags: pd.DataFrame) -> list[str]:
    """Return the tags that tell most tracks apart, at most eight, the most telling first.

    They vary most in the square roots of their probabilities, in whose distances rare tags count too (see
    ``roots_scale``); of two that hardly differ (correlated above 0.8) only the first is one of them.
    """
    roots = np.sqrt(tags)
    alike = roots.corr()
    found: list[str] = []
    for tag in roots.std().sort_values(ascending=False, kind="stable").index:
        if len(found) < TAG_COLOURINGS and roots[tag].std() > 0 and not (alike.loc[tag, found] > ALIKE).any():
            found.append(tag)
    return found


def write_clips(dataset: Dataset, page: Path | None = None) -> pd.Series:
    """Put the clips of a corpus that has some, the demo, beside the pages; return the address of every track's sound.

    They go to ``book/_static/clips``, which no other corpus needs: it is removed for those, whose sounds are their own
    files (see :func:`~vaeclust.your_music.playlists.sound_addresses`, which takes ``page``), or the clips that were cut
    of them beside the page.
    """
    cut = page.parents[2] / playlists.CLIPS if page else None
    if cut and cut.is_dir():
        return playlists.clip_addresses(dataset, cut, page)
    known = CORPORA.get(dataset.known_as)
    folder, html = project_root() / "book" / "_static" / "clips", project_root() / "_build" / "html"
    has_clips = known is not None and known.clips is not None
    if has_clips or page is None or page.is_relative_to(html):  # other pages leave alone what the book plays
        shutil.rmtree(folder, ignore_errors=True)
    if has_clips:
        shutil.copytree(known.clips(), folder)
    return playlists.sound_addresses(dataset, page)


def silence_reason(dataset: Dataset) -> str:
    """Return why a track without a sound has none."""
    if silence(dataset):
        return f"Nothing is played: {silence(dataset)}."
    if "path" not in dataset.tracks or dataset.tracks["path"].isna().all():
        return (
            "Nothing is played: only the features of this corpus are known. A column path in its tracks table, or a "
            "folder of audio in place of the features, brings the sound."
        )
    return "No file was found for this track where the corpus says that it is."


def _cluster_names(shown: np.ndarray, names: pd.Series) -> dict[str, str]:
    """Return what clusters are called by the numbers (n,) that the page shows; names: (n,), missing where unknown."""
    told = names.groupby(shown).first().dropna()
    return {str(number): name for number, name in told.items()}


def _first_clusters(clusters: pd.DataFrame, space: pd.DataFrame, dataset: Dataset, slug: str) -> np.ndarray:
    """Return the clusters of the first seed in the order of the corpus, once clusters and space are known to fit it."""
    first = clusters[clusters["seed"] == clusters["seed"].min()].set_index("track_id")["cluster"]
    for index in (first.index, space.index):
        missing = dataset.tracks.index.difference(index)
        if len(missing):
            raise ValueError(
                f"the records of {slug} lack {len(missing)} of the {len(dataset)} tracks of {dataset.name} "
                f"({examples(missing)}); run {METHODS[slug].chapter} again on this corpus"
            )
    return first.loc[dataset.ids].to_numpy()


def _size_ranks(found: np.ndarray) -> np.ndarray:
    """Return clusters (n,) numbered from the largest, 0, on."""
    _, place, sizes = np.unique(found, return_inverse=True, return_counts=True)
    rank = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    return rank[place]


def _grid(points: pd.DataFrame) -> list[int]:
    """Return x and y of every track in turn, on the grid, its shape kept and in the middle; y points down."""
    xy = points[["x", "y"]].to_numpy() * (1, -1)
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = GRID / max((high - low).max(), 1e-9)
    return np.rint((xy - (low + high) / 2) * scale + GRID / 2).astype(int).ravel().tolist()


def _texts(column: pd.Series | None, n: int) -> list[str | None]:
    return [None] * n if column is None else [None if pd.isna(text) else str(text) for text in column]


def _palette(names: Iterable[str]) -> list[str]:
    return list(colours(list(names)).values())


def _category(title: str, values: np.ndarray, names: Iterable[str], **more: Any) -> dict[str, Any]:
    """Return a colouring by names; values: (n,) int, indices into names, -1 where unknown.

    The first names, no more than can be told apart, have a colour of their own.
    """
    names = list(names)
    return {"title": title, "of": values.tolist(), "names": names, "palette": _palette(names[:MOST_LABELS]), **more}


def _label(dataset: Dataset, name: str) -> dict[str, Any]:
    """Return the colouring by a label: the most frequent classes in order of their names, then all others."""
    told = dataset.tracks[name]
    counts = told.value_counts().sort_index().sort_values(ascending=False, kind="stable").index.tolist()
    names = [*sorted(counts[:MOST_LABELS]), *counts[MOST_LABELS:]]
    values = pd.Categorical(told, categories=names).codes.astype(int)
    return _category(name.capitalize(), values, names, rest="others" if len(names) > MOST_LABELS else "unknown")


def _colourings(dataset: Dataset) -> list[dict[str, Any]]:
    """Return what a track itself can be coloured by: its artist, the known factors, its moods and tags."""
    found = []
    if ARTIST in dataset.references():
        counts = dataset.tracks["artist"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        names = counts.index[:MOST_ARTISTS].tolist()
        values = pd.Categorical(dataset.tracks["artist"], categories=names).codes.astype(int)
        found.append(_category("Artist", values, names, note="The artists with most tracks.", rest="others"))
    for name, column in known_factors(dataset).items():
        unit = re.split("[;:]", FACTOR_TABLE[name].unit)[0] if dataset.known_as == "demo" else ""
        title = name.replace("_", " ").capitalize()
        if column.nunique() <= MOST_CATEGORIES:
            values, names = pd.factorize(column, sort=True)
            found.append(_category(title, values, [f"{value:g}" for value in names], note=unit))
        else:
            found.append(_number(title, column, unit))
    if set(MOODS) <= set(dataset.features):
        found += [
            _number(f"Mood: {mood}", dataset.features[mood], "As a listening network hears it.") for mood in MOODS
        ]
    if dataset.tags is not None:
        found += [{"title": f"Tag: {tag}", "tag": tag, "note": TAG_NOTE} for tag in telling_tags(dataset.tags)]
    return found


def _number(title: str, values: pd.Series, note: str) -> dict[str, Any]:
    """Return a colouring by numbers; values: (n,)."""
    return {"title": title, "values": [float(f"{value:.3g}") for value in values], "note": note}
