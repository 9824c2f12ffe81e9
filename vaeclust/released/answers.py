"""What the released study says, in the words and the picture of the front page, README and paper (page ``index``).

Nothing here is typed: each sentence follows the intervals, and with other records it reads otherwise.
``vaeclust release gtzan`` keeps the result in ``book/released/``.
"""

import json
from pathlib import Path

import pandas as pd

from vaeclust.evidence import pipelines as evidence_pipelines
from vaeclust.evidence.spaces import silhouette_of_noise
from vaeclust.files import project_root, replacement
from vaeclust.methods.catalogue import COMPARED, METHODS
from vaeclust.plots.answer import answer_picture
from vaeclust.plots.style import use_book_style
from vaeclust.released.facts import FACTS, fill_facts, read_facts
from vaeclust.released.found import all_differences, all_facts, gtzan_run
from vaeclust.released.writing import put
from vaeclust.studies import rules
from vaeclust.studies.kept import RELEASED, released_genres, released_records

PICTURES = {mode: RELEASED / f"answer-{mode}.svg" for mode in ("light", "dark")}
ALT = (
    "Dots with error bars, one row a way of grouping the clips, further right for more agreement with genre: the "
    "methods of the study above, ways beyond it below"
)
ANSWERS = ("networks", "shape", "helps")  # each has a sentence, answer_…, and a few words before it, lead_…


def write(root: Path | None = None) -> None:
    """Keep facts, differences, the silhouette of noise and the picture in ``book/released/``, and README's answer."""
    root = root or project_root()
    tables = {
        "differences": all_differences(),
        "noise": silhouette_of_noise(gtzan_run()["tracks"], released_genres().nunique(), range(1, 9)),
    }
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
    table = released_records("intervals", methods=COMPARED)
    nmi = table.query("metric == 'nmi' and reference == 'genre' and clusterer == 'kmeans'")
    rows = nmi[nmi["condition"] == "standard"].set_index("method").loc[list(COMPARED)]
    rows = rows.assign(title=[METHODS[slug].title for slug in rows.index]).replace(
        {"title": {"Raw features": "no network"}}
    )
    pipelines = released_records("intervals", methods=rules.REPRESENTATIONS)
    pipelines = pipelines.query("metric == 'nmi' and reference == 'genre'").assign(
        pipeline=evidence_pipelines.pipeline_titles
    )
    best = pipelines.loc[pipelines.query("condition == @rules.FULL_FEATURES")["mean"].idxmax(), "pipeline"]
    chosen = pipelines["pipeline"].str.endswith(", K-Means, 57 features") | (pipelines["pipeline"] == best)
    others = pipelines[chosen].sort_values("mean")
    others = others.assign(title=others["pipeline"].str.split(", ").map(_short))
    groups = {f"In the study:\n{gtzan_run()['features']} numbers a clip": rows, "Beyond it:\n57 numbers a clip": others}
    wanted = ["title", "mean", "low", "high"]
    shown = pd.concat([part[wanted].assign(group=name) for name, part in groups.items()], ignore_index=True)
    chance = nmi[nmi["condition"] == "random_labels"]["mean"].iloc[0]
    return shown, {"best published": evidence_pipelines.best_published()["nmi"], "chance": chance}


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
    """Return README's answer: three sentences and the picture, for light and dark."""
    texts = read_facts(root)
    sources = f'  <source media="(prefers-color-scheme: dark)" srcset="{PICTURES["dark"]}">'
    image = f'  <img src="{PICTURES["light"]}" width="620" alt="{ALT}">'
    lines = [f"{i}. **{texts[f'lead_{n}']['text']}** {texts[f'answer_{n}']['text']}" for i, n in enumerate(ANSWERS, 1)]
    caption = (
        "*Agreement of the clusters with genre, on {{ tracks }} clips of GTZAN: NMI, mean and 95 % interval over "
        "{{ seeds }} runs; 0 is nothing in common, 1 is the same. The band is K-Means on the features themselves, "
        "the dashed line the highest NMI that the study published for any method.*"
    )
    return "\n".join([*lines, "", "<picture>", sources, image, "</picture>", "", fill_facts(caption, texts)])


def _short(parts: list[str]) -> str:
    representation, clusterer, _ = parts
    return representation if clusterer == "K-Means" else f"{representation}, {clusterer.split(' of ')[0]}"
