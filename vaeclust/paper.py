"""The paper: its figures, tables and numbers from the released records, typeset as a PDF (page ``introduction``).

``book/paper/paper.typ`` holds the layout and the technical sections; introduction, related work, discussion and
acknowledgements are the pages of the book. The same records give the same bytes.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust import beyond, claims, plots
from vaeclust.differences import critical_differences
from vaeclust.evidence import as_published, as_the_study_ran, comparison, overall, worded, wording
from vaeclust.facts import filled, kept
from vaeclust.lyrics import N_FEATURES
from vaeclust.markup import sections, to_typst
from vaeclust.methods import COMPARED, METHODS, STUDIED
from vaeclust.metrics import METRICS
from vaeclust.networks import conv_widths, dense_widths
from vaeclust.paths import project_root, replacing
from vaeclust.percentages import percentages
from vaeclust.records import SOURCES, Record, published
from vaeclust.release import RELEASED, released, released_genres
from vaeclust.summary import PICTURES, read_differences

BUILD = Path("_build") / "paper"
PDF = Path("book") / "_static" / "vaeclust.pdf"
PAGES = ("introduction", "related_work", "setup", "discussion", "acknowledgements")
APART = ("Abstract", "How to cite")  # sections with a place of their own
ON_SCREEN = ("Where to read on",)  # of no use on paper
LONGEST = 16  # rows of the table of pipelines
CREATED = 1_767_225_600  # the PDF's date, the first second of 2026 in UTC: it must not be that of the run


def build(root: Path | None = None) -> Path:
    """Typeset the paper and return the PDF, ``book/_static/vaeclust.pdf``, to which the front page links."""
    import typst

    root = root or project_root()
    folder = root / BUILD
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    plots.use_book_style()
    for name, draw in FIGURES.items():
        _save(draw(), folder / f"{name}.svg")
    shutil.copyfile(root / PICTURES["light"], folder / "answer.svg")
    facts = kept(root)
    for name in PAGES:
        page = sections(filled((root / "book" / f"{name}.md").read_text(encoding="utf-8"), facts))
        parts = {_file(title): body for title, body in page.items() if title in APART}
        rest = {title: body for title, body in page.items() if title not in APART + ON_SCREEN}
        parts[name] = "".join(f"## {title}\n{body}" if title else body for title, body in rest.items())
        for part, text in parts.items():
            (folder / f"{part}.typ").write_text(to_typst(text), encoding="utf-8")
    content = {"facts": {name: fact["text"] for name, fact in facts.items()}, **tables(), "networks": networks()}
    (folder / "data.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    with replacing(root / PDF) as path:
        typst.compile(
            root / "book" / "paper" / "paper.typ", output=path, root=root, format="pdf", timestamp=CREATED,
            ignore_system_fonts=True,
        )  # fmt: skip
    return root / PDF


def _file(title: str) -> str:
    return title.lower().replace(" ", "_")


def tables() -> dict[str, list]:
    """Return every table of the paper as rows of text; the first row is the head."""
    intervals = released("intervals", methods=COMPARED)
    study = claims.released_study()
    return {
        "scores": _scores(intervals),
        "shared": _shared(intervals),
        "published": _published(study.intervals),
        "baselines": _baselines(),
        "claims": [["", "Claim of the study", "Verdict", "What the records say"], *_claims(study)],
        "percentages": [["", "Score", "Where it comes from"], *(
            [claim, *row] for claim, row in zip(percentages().index, percentages().to_numpy().tolist(), strict=True))],
        "pipelines": _pipelines(),
        "settings": [["Features", "Neighbours", "Components"], *(
            [title, *map(str, beyond.choose(beyond.settled(slug)).values())]
            for slug, title in beyond.FEATURES.items() if len(beyond.settled(slug)))],
    }  # fmt: skip


def networks() -> list[dict]:
    """Return every network to draw: ``title``, ``parameters``, and of each layer name, size in words and units."""
    run = {slug: Record("gtzan", slug, RELEASED).run() for slug, method in STUDIED.items() if method.trained}
    features, latent = run["vae"]["features"], run["vae"]["parameters"]["latent_dim"]
    dense, both = dense_widths(features, latent), dense_widths(features + N_FEATURES, latent)
    shown = {"autoencoder": dense, "vae": dense, "conv_vae": conv_widths(features, latent), "multimodal_vae": both}
    names = {"features": "input", "reconstruction": "output"}
    return [
        {
            "title": METHODS[slug].title,
            "parameters": f"{run[slug]['parameter_count']:,}",
            "layers": [
                [names.get(label, label), _width(width, features), int(np.prod(width))]
                for label, width in widths.items()
            ],
        }
        for slug, widths in shown.items()
    ]


def _width(width: int | tuple[int, int], features: int) -> str:
    """Return the size of a layer as the drawing prints it; that of audio and lyrics as their sum."""
    both = f"{features} + {N_FEATURES}"
    return (
        " × ".join(map(str, width))
        if isinstance(width, tuple)
        else both
        if width == features + N_FEATURES
        else str(width)
    )


def _scores(intervals: pd.DataFrame) -> list[list[str]]:
    table = as_published(intervals[intervals["method"] != "raw"])
    means, deviations = comparison(table), comparison(table, "sd")
    texts, ranks = worded(means, deviations), overall(means)
    for name in means:
        best = means[name].max() if METRICS[name].higher_is_better else means[name].min()
        texts[name] = [f"*{t}*" if mean == best else t for t, mean in zip(texts[name], means[name], strict=True)]
    rows = [[METHODS[slug].title, *texts.loc[slug], str(ranks.loc[slug, "rank"])] for slug in means.index]
    raw = as_published(intervals[intervals["method"] == "raw"])
    rows.append(["No network", *worded(comparison(raw), comparison(raw, "sd")).iloc[0], "–"])
    return [["Method", *_titles(means), "Rank"], *rows]


def _shared(intervals: pd.DataFrame) -> list[list[str]]:
    rows = intervals.query("clusterer == 'kmeans' and condition == 'standard'").set_index(["method", "space", "metric"])
    names, facts = ("silhouette", "davies_bouldin"), kept()
    head = [
        "Method",
        *(f"{METRICS[n].title}, {s}\N{NO-BREAK SPACE}{METRICS[n].arrow}" for n in names for s in ("own", "shared")),
    ]
    return [[*head, "Active dimensions"], *(
        [METHODS[slug].title, *(wording(*rows.loc[(slug, space, n), ["mean", "sd"]]) for n in names
                                for space in ("own", "input")),
         facts[f"{slug}_active"]["text"] if f"{slug}_active" in facts and METHODS[slug].trained else "–"]
        for slug in COMPARED
    )]  # fmt: skip


def _published(intervals: pd.DataFrame) -> list[list[str]]:
    ours = as_the_study_ran(intervals)
    means, deviations = comparison(ours), comparison(ours, "sd")
    texts, rows = worded(means, deviations), []
    for slug in means.index:
        rows.append([METHODS[slug].title, "this book", *texts.loc[slug]])
        for which, source in SOURCES.items():
            values = published(which).reindex([slug])[means.columns].iloc[0]
            if values.notna().any():
                rows.append(["", source, *map(wording, values)])
    return [["Method", "Source", *_titles(means)], *rows]


def _baselines() -> list[list[str]]:
    table = read_differences()
    table = table[table["baseline"].isin(["pca", "raw"])].set_index(["method", "metric", "baseline"])
    columns = [(metric, baseline) for metric in ("nmi", "ari") for baseline in ("pca", "raw")]
    names = {"pca": "PCA", "raw": "no network"}
    rows = [
        [METHODS[slug].title, *(_signed(table, (slug, *column)) for column in columns)]
        for slug in STUDIED if slug in table.index.get_level_values("method")
    ]  # fmt: skip
    return [["Method", *(f"{METRICS[metric].title} against {names[baseline]}" for metric, baseline in columns)], *rows]


def _signed(table: pd.DataFrame, key: tuple) -> str:
    if key not in table.index:
        return "–"
    row = table.loc[key]
    text = f"{row['mean']:+.3f} ({row['low']:+.3f}, {row['high']:+.3f})".replace("-", "−")
    return f"*{text}*" if row["low"] > 0 or row["high"] < 0 else text


def _claims(study: claims.ReleasedStudy) -> list[list[str]]:
    table = claims.judge(study)
    words = {
        name: " ".join(f"{t[0].upper()}{t[1:]}." for t in (row["effect"], row["reason"]))
        for name, row in table.iterrows()
    }
    return [[name, row["claim"], row["verdict"], words[name]] for name, row in table.iterrows()]


def _pipelines() -> list[list[str]]:
    intervals = released("intervals", methods=beyond.REPRESENTATIONS)
    means, deviations = beyond.pipelines(intervals), beyond.pipelines(intervals, "sd")
    texts = worded(means, deviations.loc[means.index])
    gains = read_differences().query("baseline == @beyond.FIRST").set_index("method")
    first = means.index.get_loc(beyond.FIRST)
    shown = [*means.index[:LONGEST], *([beyond.FIRST] if first >= LONGEST else [])]
    names = ["nmi", "ari", "purity"]
    rows = []
    for title in shown:
        gain = "–"
        if title in gains.index:
            row = gains.loc[title]
            gain = f"{row['low']:+.3f} to {row['high']:+.3f}".replace("-", "−")
        rows.append([title, *texts.loc[title, names], gain])
    return [["Pipeline", *_titles(means[names]), "Gain in NMI, 95 % interval"], *rows]


def _titles(means: pd.DataFrame) -> list[str]:
    return [f"{METRICS[name].title}\N{NO-BREAK SPACE}{METRICS[name].arrow}" for name in means]


def _beside():
    both = {title: published(name) for name, title in SOURCES.items()}
    return plots.comparison.published_beside(as_the_study_ran(released("intervals")), both)


def _ranks():
    kmeans = released("scores", methods=COMPARED).query("clusterer == 'kmeans' and condition == 'standard'")
    return plots.controls.critical_differences(*critical_differences(kmeans.query("reference == 'genre'"))).figure


def _histories():
    shown = ("vae", "conv_vae", "beta_vae_2", "beta_vae_4")
    tables = released("history", methods=shown).query("condition == 'standard'")
    return plots.training.history({slug: tables[tables["method"] == slug] for slug in shown})


def _collapse():
    """Draw the silhouette of codes whose axes hardly depend on each other, over the axes' effective number."""
    shown = [slug for slug in STUDIED if slug not in ("autoencoder", "beta_vae_1")]
    axes = released("dimensions", methods=shown).query("condition == 'standard'")
    effective = axes.groupby(["method", "seed"])["variance"].agg(lambda v: v.sum() ** 2 / (v**2).sum())
    scores = released("scores", methods=shown).query(
        "condition == 'standard' and clusterer == 'kmeans' and space == 'own' and metric == 'silhouette'"
    )
    points = scores.set_index(["method", "seed"])[["value"]].join(effective.rename("effective")).reset_index()
    points = points.assign(name=points["method"].map(lambda slug: METHODS[slug].title), silhouette=points["value"])
    noise = pd.read_csv(project_root() / RELEASED / "noise.csv")
    return plots.controls.collapse(points, noise).figure


def _controls():
    every = released("intervals", methods=COMPARED)
    return plots.controls.conditions(every[every["clusterer"] == "kmeans"])


def _maps():
    shown = ("pca", "vae", "beta_vae_4", "multimodal_vae", "autoencoder", "conv_vae")
    table = released("maps", methods=shown).query("projection == 'tsne'")
    points = {METHODS[slug].title: table[table["method"] == slug] for slug in shown}
    return plots.maps.small_multiples(points, dict.fromkeys(points, released_genres()))


def _pipelines_figure():
    return plots.controls.pipelines(released("intervals", methods=beyond.REPRESENTATIONS))


FIGURES: dict[str, Callable] = {
    "beside": _beside, "ranks": _ranks, "history": _histories, "collapse": _collapse, "controls": _controls,
    "maps": _maps, "pipelines": _pipelines_figure,
}  # fmt: skip


def _save(figure, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)
