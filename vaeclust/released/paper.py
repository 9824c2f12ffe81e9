"""The paper: its figures, tables and numbers from the released records, typeset as a PDF (page ``introduction``).

``book/paper/paper.typ`` holds the layout and the technical sections; introduction, related work, discussion and
acknowledgements are the pages of the book. The same records give the same bytes.
"""

import json
import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.corpus.lyrics import N_FEATURES
from vaeclust.evidence import claims
from vaeclust.evidence.claims import percentage_origins
from vaeclust.evidence.differences import FIRST, released_differences, released_gains
from vaeclust.evidence.pipelines import pipeline_table
from vaeclust.evidence.published import PUBLISHED_SOURCES, published_scores, replica_rows
from vaeclust.evidence.ranks import nemenyi_ranks
from vaeclust.evidence.tables import Table, baseline_table, published_comparison, score_table
from vaeclust.evidence.words import condition_title, difference_numbers, mean_sd_cells, rounded
from vaeclust.files import project_root, replacement
from vaeclust.methods.catalogue import METHODS, STUDIED
from vaeclust.methods.networks import conv_widths, dense_widths
from vaeclust.plots import comparison as plots_comparison
from vaeclust.plots import conditions, maps, style, training
from vaeclust.released.answers import PICTURES
from vaeclust.released.facts import fill_facts, read_facts
from vaeclust.released.typst import page_sections, to_typst, typst_rows
from vaeclust.scores.metrics import METRICS
from vaeclust.studies import rules
from vaeclust.studies.kept import (
    RELEASED,
    book_table,
    released_labels,
    released_methods,
    released_pipelines,
    released_records,
)
from vaeclust.studies.records import STANDARD, Record, pick

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
        source = root / "book" / "paper" / "paper.typ"
        typst.compile(source, output=path, root=root, format="pdf", timestamp=CREATED, ignore_system_fonts=True)
    return root / PDF


def _file(title: str) -> str:
    return title.lower().replace(" ", "_")


def tables() -> dict[str, list]:
    """Return every table of the paper as rows of text; the first row is the head."""
    intervals = released_records("intervals", methods=released_methods())
    study = claims.released_study()
    baselines = pick(released_differences(), baseline=["pca", "raw"])
    pipelines = released_records("intervals", methods=released_pipelines())
    percentages = percentage_origins()
    shown = {
        "scores": score_table(intervals, clusterers=("kmeans",), ranked=True),
        "shared": _shared(intervals),
        "published": published_comparison(study.intervals, distances=False),
        "baselines": baseline_table(baselines, words=difference_numbers),
        "claims": _claims(study),
        "percentages": Table.keyed(percentages, columns=("Score", "Where it comes from")),
        "pipelines": pipeline_table(pipelines, released_gains(FIRST), longest=LONGEST),
        "settings": _settings(),
    }
    return {name: typst_rows(table) for name, table in shown.items()}


def networks() -> list[dict]:
    """Return every network to draw: ``title``, ``parameters``, and of each layer name, size in words and units."""
    run = {slug: Record("gtzan", slug, RELEASED).run() for slug, method in STUDIED.items() if method.trained}
    features, latent = run["vae"]["features"], run["vae"]["parameters"]["latent_dim"]
    dense, both = dense_widths(features, latent), dense_widths(features + N_FEATURES, latent)
    shown = {"autoencoder": dense, "vae": dense, "conv_vae": conv_widths(features, latent), "multimodal_vae": both}
    names = {"features": "input", "reconstruction": "output"}
    drawn = []
    for slug, widths in shown.items():
        layers = [[names.get(label, label), _width(n, features), int(np.prod(n))] for label, n in widths.items()]
        parameters = rounded(run[slug]["parameter_count"], 0)
        drawn.append({"title": METHODS[slug].title, "parameters": parameters, "layers": layers})
    return drawn


def _width(width: int | tuple[int, int], features: int) -> str:
    """Return the size of a layer as the drawing prints it; that of audio and lyrics as their sum."""
    if isinstance(width, tuple):
        return " × ".join(map(str, width))
    return f"{features} + {N_FEATURES}" if width == features + N_FEATURES else str(width)


def _shared(intervals: pd.DataFrame) -> Table:
    """Return two label-free scores of every method under both rulers, and how many dimensions are active."""
    rows = pick(intervals, clusterer="kmeans", condition=STANDARD, reference="")
    rows = rows.set_index(["method", "metric", "space"])
    columns = list(product(("silhouette", "davies_bouldin"), ("own", "input")))
    means, deviations = (rows[name].unstack(["metric", "space"])[columns] for name in ("mean", "sd"))
    text = (
        mean_sd_cells(means, deviations)
        .loc[list(released_methods())]
        .set_axis(["_".join(key) for key in columns], axis=1)
    )
    trained = [slug for slug in text.index if METHODS[slug].trained]
    text["active"] = pd.Series({slug: read_facts()[f"{slug}_active"]["text"] for slug in trained})
    rulers = {"own": "own", "input": "shared"}
    heads = [f"{METRICS[metric].title}, {rulers[space]} {METRICS[metric].arrow}" for metric, space in columns]
    return Table.keyed(text.fillna("–"), columns=[*heads, "Active dimensions"])


def _claims(study: claims.ReleasedStudy) -> Table:
    table = claims.judge(study)
    text = table[["claim", "verdict"]].copy()
    text["words"] = [f"{_sentence(row.effect)} {_sentence(row.reason)}" for row in table.itertuples()]
    return Table.keyed(text.rename_axis(""), columns=("Claim of the study", "Verdict", "What the records say"))


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."


def _settings() -> Table:
    """Return the settings of UMAP that the rule took, for each set of features."""
    features = [STANDARD, rules.FULL_FEATURES]
    chosen = {slug: rules.choose_setting(rules.kept_stabilities(slug)) for slug in features}
    text = pd.DataFrame.from_dict(chosen, orient="index").astype(str)
    heads = ["Features", "Neighbours", "Components"]
    return Table(text[["n_neighbors", "n_components"]], heads, [(condition_title(slug),) for slug in features])


def _beside():
    both = {title: published_scores(name) for name, title in PUBLISHED_SOURCES.items()}
    return plots_comparison.published_values(replica_rows(released_records("intervals")), both)


def _ranks():
    scores = released_records("scores", methods=released_methods())
    kmeans = pick(scores, clusterer="kmeans", condition=STANDARD, reference="genre")
    return conditions.critical_differences(*nemenyi_ranks(kmeans)).figure


def _histories():
    shown = ("vae", "conv_vae", "beta_vae_2", "beta_vae_4")
    tables = pick(released_records("history", methods=shown), condition=STANDARD)
    return training.history({slug: pick(tables, method=slug) for slug in shown})


def _collapse():
    """Draw the silhouette of codes whose axes hardly depend on each other, over the axes' effective number."""
    shown = [slug for slug in STUDIED if slug not in ("autoencoder", "beta_vae_1")]
    axes = pick(released_records("dimensions", methods=shown), condition=STANDARD)
    effective = axes.groupby(["method", "seed"])["variance"].agg(lambda v: v.sum() ** 2 / (v**2).sum())
    scores = pick(released_records("scores", methods=shown), condition=STANDARD, clusterer="kmeans")
    scores = pick(scores, space="own", metric="silhouette")
    points = scores.set_index(["method", "seed"])[["value"]].join(effective.rename("effective")).reset_index()
    points = points.assign(name=points["method"].map(lambda slug: METHODS[slug].title), silhouette=points["value"])
    noise = book_table("noise")
    return conditions.collapse(points, noise).figure


def _controls():
    return conditions.condition_scores(
        pick(released_records("intervals", methods=released_methods()), clusterer="kmeans")
    )


def _maps():
    shown = ("pca", "vae", "beta_vae_4", "multimodal_vae", "autoencoder", "conv_vae")
    table = pick(released_records("maps", methods=shown), projection="tsne")
    points = {METHODS[slug].title: pick(table, method=slug) for slug in shown}
    return maps.small_multiples(points, dict.fromkeys(points, released_labels()["genre"]))


def _pipelines_figure():
    return conditions.pipeline_scores(released_records("intervals", methods=released_pipelines()))


FIGURES: dict[str, Callable] = {
    "beside": _beside,
    "ranks": _ranks,
    "history": _histories,
    "collapse": _collapse,
    "controls": _controls,
    "maps": _maps,
    "pipelines": _pipelines_figure,
}


def _save(figure, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)
