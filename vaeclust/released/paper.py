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

from vaeclust.corpus.lyrics import N_FEATURES
from vaeclust.evidence import claims, pipelines
from vaeclust.evidence.claims import percentage_origins
from vaeclust.evidence.differences import released_differences
from vaeclust.evidence.published import PUBLISHED_SOURCES, comparable_rows, published_scores, replica_rows
from vaeclust.evidence.ranks import metric_means, nemenyi_ranks, overall_scores
from vaeclust.evidence.words import mean_sd, mean_sd_cells
from vaeclust.files import project_root, replacement
from vaeclust.methods.catalogue import COMPARED, METHODS, STUDIED
from vaeclust.methods.networks import conv_widths, dense_widths
from vaeclust.plots import comparison as plots_comparison
from vaeclust.plots import conditions, maps, style, training
from vaeclust.released.answers import PICTURES
from vaeclust.released.facts import fill_facts, read_facts
from vaeclust.released.typst import page_sections, to_typst
from vaeclust.scores.metrics import METRICS
from vaeclust.studies import rules
from vaeclust.studies.kept import RELEASED, released_genres, released_records
from vaeclust.studies.records import Record

BUILD = Path("_build") / "paper"
PDF = Path("book") / "_static" / "vaeclust.pdf"
PAGES = ("introduction", "related_work", "setup", "discussion", "acknowledgements")
APART = ("Abstract", "How to cite")  # sections with a place of their own
ON_SCREEN = ("Where to read on",)  # of no use on paper
LONGEST = 16  # rows of the table of pipelines
CREATED = 1_767_225_600  # the PDF's date, the first second of 2026 in UTC: it must not be that of the run


def build_paper(root: Path | None = None) -> Path:
    """Typeset the paper and return the PDF, ``book/_static/vaeclust.pdf``, to which the front page links."""
    import typst

    root = root or project_root()
    folder = root / BUILD
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    style.use_book_style()
    for name, draw in FIGURES.items():
        _save(draw(), folder / f"{name}.svg")
    shutil.copyfile(root / PICTURES["light"], folder / "answer.svg")
    facts = read_facts(root)
    for name in PAGES:
        page = page_sections(fill_facts((root / "book" / f"{name}.md").read_text(encoding="utf-8"), facts))
        parts = {_file(title): body for title, body in page.items() if title in APART}
        rest = {title: body for title, body in page.items() if title not in APART + ON_SCREEN}
        parts[name] = "".join(f"## {title}\n{body}" if title else body for title, body in rest.items())
        for part, text in parts.items():
            (folder / f"{part}.typ").write_text(to_typst(text), encoding="utf-8")
    content = {"facts": {name: fact["text"] for name, fact in facts.items()}, **tables(), "networks": networks()}
    (folder / "data.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    with replacement(root / PDF) as path:
        typst.compile(
            root / "book" / "paper" / "paper.typ", output=path, root=root, format="pdf", timestamp=CREATED,
            ignore_system_fonts=True,
        )  # fmt: skip
    return root / PDF


def _file(title: str) -> str:
    return title.lower().replace(" ", "_")


def tables() -> dict[str, list]:
    """Return every table of the paper as rows of text; the first row is the head."""
    intervals = released_records("intervals", methods=COMPARED)
    study = claims.released_study()
    return {
        "scores": _scores(intervals),
        "shared": _shared(intervals),
        "published": _published(study.intervals),
        "baselines": _baselines(),
        "claims": [["", "Claim of the study", "Verdict", "What the records say"], *_claims(study)],
        "percentages": [["", "Score", "Where it comes from"], *(
            list(row) for row in percentage_origins().itertuples())],
        "pipelines": _pipelines(),
        "settings": [["Features", "Neighbours", "Components"], *(
            [title, *map(str, rules.choose_setting(rules.kept_stabilities(slug)).values())]
            for slug, title in rules.FEATURES.items() if len(rules.kept_stabilities(slug)))],
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
    table = comparable_rows(intervals[intervals["method"] != "raw"])
    means, deviations = metric_means(table), metric_means(table, "sd")
    texts, ranks = mean_sd_cells(means, deviations), overall_scores(means)
    for name in means:
        best = means[name].max() if METRICS[name].higher_is_better else means[name].min()
        texts[name] = [f"*{t}*" if mean == best else t for t, mean in zip(texts[name], means[name], strict=True)]
    rows = [[METHODS[slug].title, *texts.loc[slug], str(ranks.loc[slug, "rank"])] for slug in means.index]
    raw = comparable_rows(intervals[intervals["method"] == "raw"])
    rows.append(["No network", *mean_sd_cells(metric_means(raw), metric_means(raw, "sd")).iloc[0], "–"])
    return [["Method", *_titles(means), "Rank"], *rows]


def _shared(intervals: pd.DataFrame) -> list[list[str]]:
    rows = intervals.query("clusterer == 'kmeans' and condition == 'standard'").set_index(["method", "space", "metric"])
    names, facts = ("silhouette", "davies_bouldin"), read_facts()
    head = [
        "Method",
        *(f"{METRICS[n].title}, {s}\N{NO-BREAK SPACE}{METRICS[n].arrow}" for n in names for s in ("own", "shared")),
    ]
    return [[*head, "Active dimensions"], *(
        [METHODS[slug].title, *(mean_sd(*rows.loc[(slug, space, n), ["mean", "sd"]]) for n in names
                                for space in ("own", "input")),
         facts[f"{slug}_active"]["text"] if f"{slug}_active" in facts and METHODS[slug].trained else "–"]
        for slug in COMPARED
    )]  # fmt: skip


def _published(intervals: pd.DataFrame) -> list[list[str]]:
    ours = replica_rows(intervals)
    means, deviations = metric_means(ours), metric_means(ours, "sd")
    texts, rows = mean_sd_cells(means, deviations), []
    for slug in means.index:
        rows.append([METHODS[slug].title, "this book", *texts.loc[slug]])
        for which, source in PUBLISHED_SOURCES.items():
            values = published_scores(which).reindex([slug])[means.columns].iloc[0]
            if values.notna().any():
                rows.append(["", source, *map(mean_sd, values)])
    return [["Method", "Source", *_titles(means)], *rows]


def _baselines() -> list[list[str]]:
    table = released_differences()
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
    intervals = released_records("intervals", methods=rules.REPRESENTATIONS)
    means, deviations = pipelines.pipeline_means(intervals), pipelines.pipeline_means(intervals, "sd")
    texts = mean_sd_cells(means, deviations.loc[means.index])
    gains = released_differences().query("baseline == @pipelines.FIRST").set_index("method")
    first = means.index.get_loc(pipelines.FIRST)
    shown = [*means.index[:LONGEST], *([pipelines.FIRST] if first >= LONGEST else [])]
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
    both = {title: published_scores(name) for name, title in PUBLISHED_SOURCES.items()}
    return plots_comparison.published_values(replica_rows(released_records("intervals")), both)


def _ranks():
    kmeans = released_records("scores", methods=COMPARED).query("clusterer == 'kmeans' and condition == 'standard'")
    return conditions.critical_differences(*nemenyi_ranks(kmeans.query("reference == 'genre'"))).figure


def _histories():
    shown = ("vae", "conv_vae", "beta_vae_2", "beta_vae_4")
    tables = released_records("history", methods=shown).query("condition == 'standard'")
    return training.history({slug: tables[tables["method"] == slug] for slug in shown})


def _collapse():
    """Draw the silhouette of codes whose axes hardly depend on each other, over the axes' effective number."""
    shown = [slug for slug in STUDIED if slug not in ("autoencoder", "beta_vae_1")]
    axes = released_records("dimensions", methods=shown).query("condition == 'standard'")
    effective = axes.groupby(["method", "seed"])["variance"].agg(lambda v: v.sum() ** 2 / (v**2).sum())
    scores = released_records("scores", methods=shown).query(
        "condition == 'standard' and clusterer == 'kmeans' and space == 'own' and metric == 'silhouette'"
    )
    points = scores.set_index(["method", "seed"])[["value"]].join(effective.rename("effective")).reset_index()
    points = points.assign(name=points["method"].map(lambda slug: METHODS[slug].title), silhouette=points["value"])
    noise = pd.read_csv(project_root() / RELEASED / "noise.csv")
    return conditions.collapse(points, noise).figure


def _controls():
    every = released_records("intervals", methods=COMPARED)
    return conditions.condition_scores(every[every["clusterer"] == "kmeans"])


def _maps():
    shown = ("pca", "vae", "beta_vae_4", "multimodal_vae", "autoencoder", "conv_vae")
    table = released_records("maps", methods=shown).query("projection == 'tsne'")
    points = {METHODS[slug].title: table[table["method"] == slug] for slug in shown}
    return maps.small_multiples(points, dict.fromkeys(points, released_genres()))


def _pipelines_figure():
    return conditions.pipeline_scores(released_records("intervals", methods=rules.REPRESENTATIONS))


FIGURES: dict[str, Callable] = {
    "beside": _beside, "ranks": _ranks, "history": _histories, "collapse": _collapse, "controls": _controls,
    "maps": _maps, "pipelines": _pipelines_figure,
}  # fmt: skip


def _save(figure, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)
