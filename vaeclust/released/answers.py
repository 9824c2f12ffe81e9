"""What the released study says, in the words and the picture of the front page and README (page ``index``).

The four sentences stand in ``book/index.md``; their numbers are facts, and what they claim is tested on the records.
``vaeclust release gtzan`` keeps facts and picture in ``book/released/``, and the sentences in README.
"""

import json
from pathlib import Path

import pandas as pd

from vaeclust.evidence.pipelines import best_published
from vaeclust.evidence.spaces import silhouette_of_noise
from vaeclust.files import project_root, replacement
from vaeclust.methods.catalogue import BASELINE, METHODS, STUDIED
from vaeclust.plots.answer import answer_picture
from vaeclust.plots.style import use_book_style
from vaeclust.released.facts import FACTS, fill_facts, read_facts
from vaeclust.released.found import all_differences, all_facts, all_splits, gtzan_run
from vaeclust.released.typst import page_sections
from vaeclust.released.writing import put
from vaeclust.studies import rules
from vaeclust.studies.descriptions import LISTENING
from vaeclust.studies.kept import RELEASED, released_labels, released_pipelines, released_records
from vaeclust.studies.records import STANDARD, Record, pick
from vaeclust.studies.ways import HOW_FAR, STANDARDISED

PICTURES = {mode: RELEASED / f"answer-{mode}.svg" for mode in ("light", "dark")}
ALT = (
    "Dots with error bars, one row a way of grouping the clips, further right for more agreement with genre: the "
    "methods of the study above, ways beyond it below them, and at the bottom numbers and tags of fewer clips, the "
    "tags farthest right"
)


def write(root: Path | None = None) -> None:
    """Keep facts, tables, the silhouette of noise and the picture in ``book/released/``, and README's answer."""
    root = root or project_root()
    tables = {
        "differences": all_differences(),
        "noise": silhouette_of_noise(gtzan_run()["tracks"], released_labels()["genre"].nunique(), range(1, 9)),
    }
    tables |= all_splits()
    for name, table in tables.items():
        with replacement(root / RELEASED / f"{name}.csv") as path:
            table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
    with replacement(root / FACTS) as path:
        path.write_text(json.dumps(all_facts(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for mode, name in PICTURES.items():
        save_picture(root / name, mode)
    put(root / "README.md", "answer", readme_answer(root))


def picture_rows() -> tuple[pd.DataFrame, dict[str, float]]:
    """Return what the picture shows: ``group, title, mean, low, high``, and where its two lines are."""
    chosen = {"metric": "nmi", "reference": "genre", "clusterer": "kmeans"}
    nmi = pick(released_records("intervals", methods=[*STUDIED, BASELINE]), **chosen)
    studied = pick(nmi, condition=STANDARD).set_index("method").loc[[*STUDIED, BASELINE]]
    pipelines = pick(released_records("intervals", methods=released_pipelines()), **chosen)
    others = pick(pipelines, condition=rules.FULL_FEATURES).set_index("method").sort_values("mean")
    titles = {slug: method.title for slug, method in METHODS.items()}
    titles |= {"features": "power-transformed", "plain": "standardised"}
    steps = pick(Record("gtzan", HOW_FAR, RELEASED).read("intervals"), metric="nmi", reference="genre")
    plain = pick(steps, method="features", condition=STANDARDISED).assign(method="plain").set_index("method")
    others = pd.concat([plain, others]).sort_values("mean")
    groups = {f"In the study:\n{gtzan_run()['features']} numbers a clip": studied}
    groups["Beyond it:\n57 numbers a clip"] = others
    named = [rows.assign(group=name, title=rows.index.map(titles)) for name, rows in groups.items()]
    shown = pd.concat([*named, _heard_rows()])
    chance = pick(nmi, condition="random_labels")["mean"].item()
    lines = {"best published": best_published()["nmi"], "chance": chance}
    return shown[["group", "title", "mean", "low", "high"]].reset_index(drop=True), lines


def _heard_rows() -> pd.DataFrame:
    """Return ``group, title, mean, low, high`` of the tracks whose tags were published: what was heard, and by what."""
    record = Record("gtzan", LISTENING, RELEASED)
    nmi = pick(record.read("intervals"), metric="nmi", reference="genre").set_index(["method", "condition"])
    titles = {
        ("features", "mfcc20"): "20 numbers",
        ("features", rules.FULL_FEATURES): "57 numbers",
        ("umap", rules.FULL_FEATURES): "57 numbers, UMAP",
        ("features", "plain_tags"): "Tags without genres",
        ("vae", "tags"): "Tags, VAE",
        ("umap", "tags"): "Tags, UMAP",
        ("features", "tags"): "Tags",
    }
    group = f"On {record.run()['tracks']} clips:\nnumbers, then an ear"
    return nmi.loc[list(titles)].assign(group=group, title=list(titles.values())).reset_index()


def save_picture(path: Path, mode: str) -> None:
    """Draw the picture of the front page into an SVG, alike from run to run."""
    import matplotlib.pyplot as plt

    use_book_style()
    rows, lines = picture_rows()
    figure = answer_picture(rows, lines, mode=mode)
    with replacement(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None}, transparent=True)
    plt.close(figure)


def readme_answer(root: Path | None = None) -> str:
    """Return README's answer: the sentences of the front page, and the picture for light and dark."""
    root = root or project_root()
    sources = f'  <source media="(prefers-color-scheme: dark)" srcset="{PICTURES["dark"].as_posix()}">'
    image = f'  <img src="{PICTURES["light"].as_posix()}" width="620" alt="{ALT}">'
    caption = (
        "*Agreement of the clusters with genre, on {{ tracks }} clips of GTZAN: NMI, mean and 95 % interval over "
        "{{ seeds }} runs; 0 is nothing in common, 1 is the same. The band is K-Means on the features themselves, "
        "the dashed line the highest NMI that the study printed, {{ highest_published }}. The dotted line is "
        "random groups. The last group is on {{ heard_tracks }} clips, with {{ heard_left_out }}, which the others "
        "leave out: compare its rows with each other.*"
    )
    parts = [front_page_sentences(root), f"<picture>\n{sources}\n{image}\n</picture>", caption]
    return fill_facts("\n\n".join(parts), read_facts(root))


def front_page_sentences(root: Path | None = None) -> str:
    """Return the four sentences of ``book/index.md``, a list in Markdown; their numbers are places of facts."""
    page = ((root or project_root()) / "book" / "index.md").read_text(encoding="utf-8")
    sentences, _, _ = page_sections(page)["The answer, on GTZAN"].strip().partition("\n\n")
    return sentences
