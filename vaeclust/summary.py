"""What the released study says, in the words and the picture of the front page, README and paper (page ``index``).

Nothing here is typed: each sentence follows the intervals, and with other records it reads otherwise.
``vaeclust release gtzan`` keeps the result in ``book/released/``.
"""

import json
from pathlib import Path

import pandas as pd

from vaeclust import beyond, claims, modalities
from vaeclust.clustering import CLUSTERERS
from vaeclust.diagnostics import silhouette_of_noise
from vaeclust.differences import (
    against_untrained,
    baseline_differences,
    difference,
    differs,
    higher_ones,
    in_words,
    paired,
    resampled,
    verdict,
)
from vaeclust.evidence import as_published, closest_to_genre, findings, wording
from vaeclust.facts import FACTS, filled, kept
from vaeclust.methods import COMPARED, METHODS, STUDIED
from vaeclust.metrics import METRICS
from vaeclust.paths import project_root, replacing
from vaeclust.plots.answer import answer
from vaeclust.plots.style import use_book_style
from vaeclust.records import STANDARD, Record
from vaeclust.release import RELEASED, put, released, released_genres

FULL = "Features alone, K-Means, 57 features"
LAID_OUT = "UMAP, K-Means, 57 features"
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
        "noise": silhouette_of_noise(_run()["tracks"], released_genres().nunique(), range(1, 9)),
    }
    for name, table in tables.items():
        with replacing(root / RELEASED / f"{name}.csv") as path:
            table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
    with replacing(root / FACTS) as path:
        path.write_text(json.dumps(facts(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for mode, name in PICTURES.items():
        save_picture(root / name, mode)
    put(root / "README.md", "answer", readme_answer(root))


def all_differences() -> pd.DataFrame:
    """Return ``metric, baseline, method, mean, sd, low, high`` over seeds and tracks, of methods and of pipelines.

    Methods against PCA and the raw features; pipelines, which are called by their titles, against K-Means on the
    given features, on all 57, and on UMAP of these. A minute or two: the release keeps them.
    """
    genres = released_genres()
    standard = released("clusters", methods=COMPARED).query("condition == 'standard'")
    clusters = released("clusters", methods=beyond.REPRESENTATIONS)
    return pd.concat([baseline_differences(standard, genres), pipeline_differences(clusters, genres)])


def pipeline_differences(clusters: pd.DataFrame, genres: pd.Series) -> pd.DataFrame:
    """Return how pipelines differ in NMI from those of the baselines that are among them."""
    clusters = clusters[clusters["condition"] != beyond.FILTERED]
    groups = clusters.assign(pipeline=beyond.titles(clusters)).groupby("pipeline")
    drawn = {title: resampled(group, genres, "nmi") for title, group in groups}
    return pd.DataFrame(
        [
            {"metric": "nmi", "baseline": baseline, "method": title} | difference([values, drawn[baseline]])
            for baseline in (beyond.FIRST, FULL, LAID_OUT)
            if baseline in drawn
            for title, values in drawn.items()
            if title != baseline
        ]
    )


def read_differences(root: Path | None = None) -> pd.DataFrame:
    """Return :func:`all_differences` as released."""
    return pd.read_csv((root or project_root()) / RELEASED / "differences.csv")


def facts() -> dict[str, dict[str, str]]:
    """Return every fact by its name: ``text`` and ``record``."""
    study, kept_differences = claims.released_study(), read_differences()
    intervals = released("intervals", methods=COMPARED)
    found: dict[str, dict[str, str]] = {}

    def add(record: str, texts: dict[str, object]) -> None:
        found.update({name: {"text": str(text), "record": record} for name, text in texts.items()})

    gtzan = "book/released/gtzan"
    run = _run()
    add(f"{gtzan}/*/run.json", {
        "tracks": run["tracks"], "features": run["features"], "excluded": ", ".join(run["excluded"]),
        **{name: run["parameters"][name] for name in ("seeds", "epochs", "batch_size", "latent_dim")},
        "torch": run["versions"]["torch"].split("+")[0], "scikit_learn": run["versions"]["scikit-learn"],
    })  # fmt: skip
    add(f"{gtzan}/*/intervals.csv", findings(intervals) | _by_condition(intervals))
    add(
        f"{gtzan}/*/intervals.csv",
        {"most_like": closest_to_genre(as_published(intervals[intervals["method"] != "raw"]))},
    )
    add(f"{gtzan}/*/dimensions.csv", _active())
    table = claims.judge(study)
    add("book/released/gtzan, scores of all methods", {f"{n}_{c}": table.loc[n, c] for n in table.index for c in table})
    add("book/released/gtzan, scores of all methods", {"claims": len(table), "claims_counted": claims.counted(table)})
    far = claims.distances(study)
    add(f"{gtzan}/*/intervals.csv", {
        f"{source}_{key}": far.loc[title, column]
        for source, title in claims.SOURCES.items()
        for key, column in {"median": "median distance (sd)", "within": "within 2 sd", "farthest": "farthest"}.items()
    })  # fmt: skip
    trained = against_untrained(released("scores"))
    add(f"{gtzan}/*/scores.csv.xz", {"higher_trained": higher_ones(trained["NMI"])})
    words = in_words(kept_differences[kept_differences["baseline"].isin(["pca", "raw"])])
    add("book/released/differences.csv", {
        f"{side}_{baseline}_{metric}": _which(words[f"{METRICS[metric].title} against {METHODS[baseline].title}"], side)
        for side in ("higher", "lower") for baseline in ("pca", "raw") for metric in ("nmi", "ari")
    })  # fmt: skip
    pipelines = released("intervals", methods=beyond.REPRESENTATIONS)
    add("vaeclust/methods.py", {
        "representations": _list(METHODS[slug].title for slug in beyond.REPRESENTATIONS),
        "clusterers": _list(CLUSTERERS[slug].title for slug in beyond.USED),
    })  # fmt: skip
    gains = _against(kept_differences, beyond.FIRST)
    add(f"{gtzan}, pipelines beyond the study", beyond.summary(pipelines, gains))
    best = found["best"]["text"]
    add("book/released/differences.csv", {
        "best_gain": differs(gains[best]), "full_gain": differs(gains[FULL]),
        "layout_gain": differs(_against(kept_differences, FULL)[LAID_OUT]),
        **_above_layout(kept_differences),
    })  # fmt: skip
    add(f"{gtzan}/modalities", _words())
    add(f"{gtzan}/product_of_experts", _experts())
    add("book/released/differences.csv", _networks(kept_differences, found))
    add(f"{gtzan}/*/scores.csv.xz", _shape(study, found))
    add("book/released/differences.csv", _helps(gains, pipelines, found))
    return found


def picture_rows() -> tuple[pd.DataFrame, dict[str, float]]:
    """Return what the picture shows: ``group, title, mean, low, high``, and where its two lines are."""
    table = released("intervals", methods=COMPARED)
    nmi = table.query("metric == 'nmi' and reference == 'genre' and clusterer == 'kmeans'")
    rows = nmi[nmi["condition"] == "standard"].set_index("method").loc[list(COMPARED)]
    rows = rows.assign(title=[METHODS[slug].title for slug in rows.index]).replace(
        {"title": {"Raw features": "no network"}}
    )
    pipelines = released("intervals", methods=beyond.REPRESENTATIONS)
    pipelines = pipelines.query("metric == 'nmi' and reference == 'genre'").assign(pipeline=beyond.titles)
    best = pipelines.loc[pipelines.query("condition == @beyond.WITH_FULL")["mean"].idxmax(), "pipeline"]
    chosen = pipelines["pipeline"].str.endswith(", K-Means, 57 features") | (pipelines["pipeline"] == best)
    others = pipelines[chosen].sort_values("mean")
    others = others.assign(title=others["pipeline"].str.split(", ").map(_short))
    groups = {f"In the study:\n{_run()['features']} numbers a clip": rows, "Beyond it:\n57 numbers a clip": others}
    wanted = ["title", "mean", "low", "high"]
    shown = pd.concat([part[wanted].assign(group=name) for name, part in groups.items()], ignore_index=True)
    chance = nmi[nmi["condition"] == "random_labels"]["mean"].iloc[0]
    return shown, {"best published": beyond.published_best()["nmi"], "chance": chance}


def save_picture(path: Path, mode: str) -> None:
    """Draw the picture of the front page into an SVG, alike from run to run."""
    import matplotlib.pyplot as plt

    use_book_style()
    rows, lines = picture_rows()
    figure = answer(rows, lines, mode=mode)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None}, transparent=True)
    plt.close(figure)


def readme_answer(root: Path | None = None) -> str:
    """Return README's answer: three sentences and the picture, for light and dark."""
    texts = kept(root)
    sources = f'  <source media="(prefers-color-scheme: dark)" srcset="{PICTURES["dark"]}">'
    image = f'  <img src="{PICTURES["light"]}" width="620" alt="{ALT}">'
    lines = [f"{i}. **{texts[f'lead_{n}']['text']}** {texts[f'answer_{n}']['text']}" for i, n in enumerate(ANSWERS, 1)]
    caption = (
        "*Agreement of the clusters with genre, on {{ tracks }} clips of GTZAN: NMI, mean and 95 % interval over "
        "{{ seeds }} runs; 0 is nothing in common, 1 is the same. The band is K-Means on the features themselves.*"
    )
    return "\n".join([*lines, "", "<picture>", sources, image, "</picture>", "", filled(caption, texts)])


def _networks(table: pd.DataFrame, found: dict) -> dict[str, str]:
    """Return the first sentence: whether any network is above PCA or above no network at all."""
    trained = [slug for slug, method in STUDIED.items() if method.trained]
    rows = table[table["method"].isin(trained) & table["baseline"].isin(["pca", "raw"])]
    above = [METHODS[slug].title for slug in trained if (rows[rows["method"] == slug]["low"] > 0).any()]
    nmi = rows.query("metric == 'nmi' and baseline == 'raw'").set_index("method")["high"]
    below = [METHODS[slug].title for slug in trained if nmi[slug] < 0]
    what = (
        f"groups the {found['tracks']['text']} clips of GTZAN closer to their genres than plain PCA does, or than the "
        f"{found['features']['text']} measured numbers do without any network"
    )
    start = f"Of the networks of the study, {_list(above)}" if above else "None of the networks of the study"
    return {
        "lead_networks": "Some networks help." if above else "The study's networks do not help.",
        "answer_networks": f"{start} {what}{f'; {_list(below)} group them less well' if len(below) > 1 else ''}.",
    }


def _shape(study: claims.ReleasedStudy, found: dict) -> dict[str, str]:
    """Return the second sentence: what the silhouette says in a method's own space and in the shared one."""
    beta, pca, beta_shared, pca_shared = (
        found[name]["text"].split(" ±")[0]
        for name in (f"{slug}_silhouette{space}" for space in ("", "_input") for slug in ("beta_vae_4", "pca"))
    )
    tidier = verdict(study.difference("beta_vae_4", "pca", "silhouette", space="input")) == "higher"
    turn = "and they are" if tidier else "but that is the ruler, not the music"
    return {
        "lead_shape": "Tidy clusters are tidy." if tidier else "Tidy clusters mislead.",
        "answer_shape": "Judged without labels, squeezed codes seem to have tidier clusters (silhouette "
        f"{beta} for the beta-VAE with beta 4, {pca} for PCA), {turn}: measured in one space for all, the same "
        f"clusters have {beta_shared} and {pca_shared}.",
    }


def _helps(gains: dict, pipelines: pd.DataFrame, found: dict) -> dict[str, str]:
    """Return the third sentence: what the best way beyond the study is, and how sure its gain."""
    best = found["best"]["text"]
    means = beyond.pipelines(pipelines)["nmi"]
    representation, clusterer, features = best.split(", ")
    clusterer = "the consensus of all runs of K-Means" if clusterer == "consensus of K-Means" else clusterer
    gain = gains[best]
    sure = verdict(gain) == "higher"
    start = "What helps is" if sure else "Nothing that we tried helps for sure, not even"
    return {
        "lead_helps": "More measurements do help." if sure else "Nothing else helps either.",
        "answer_helps": f"{start} {features} instead of {found['features']['text']}, laid out by {representation} and "
        f"grouped by {clusterer}: an NMI of {wording(means[best])} instead of {wording(means[beyond.FIRST])} "
        f"(95 % interval of the gain {gain['low']:+.3f} to {gain['high']:+.3f}).",
    }


def _words() -> dict[str, str]:
    """Return what real lyrics add where they are known: scores of every view, and differences of both modalities."""
    rows = released("intervals", methods=[modalities.SLUG]).query("metric == 'nmi' and reference == 'genre'")
    clusters, genres = released("clusters", methods=[modalities.SLUG]), released_genres()
    known = genres[genres.index.isin(clusters["track_id"])]
    return {
        "words_tracks": f"{len(known):,}",
        **{f"words_{row.condition}": wording(row.mean, row.sd) for row in rows.itertuples()},
        **{f"words_{name}": text for name, text in modalities.summary(modalities.effects(clusters, known)).items()},
        "gaps_nmi": wording(modalities.coverage_leak(genres, genres.index.to_series().isin(known.index))),
    }


def _experts() -> dict[str, str]:
    """Return how real lyrics with gaps differ in NMI from those of each control, for the product of experts."""
    scores = released("scores", methods=["product_of_experts"]).query("metric == 'nmi' and reference == 'genre'")
    conditions = dict(list(scores.groupby("condition")))
    own = conditions.pop(STANDARD)
    return {f"experts_{name}": differs(paired(own, table, "nmi")) for name, table in conditions.items()}


def _above_layout(table: pd.DataFrame) -> dict[str, str]:
    """Return which pipelines are above UMAP and K-Means on all features, and whether a network is among them."""
    above = [title for title, found in _against(table, LAID_OUT).items() if found["low"] > 0]
    helps = any("+ UMAP" in title for title in above)
    return {
        "higher_than_layout": _list(above),
        "network_in_front": f"So a network in front of UMAP {'adds to' if helps else 'is not what carries'} the gain; "
        "putting one there is the recipe of N2D",
    }


def _by_condition(intervals: pd.DataFrame) -> dict[str, str]:
    rows = intervals.query("clusterer == 'kmeans' and metric == 'nmi' and space == 'labels'")
    return {f"{row.method}_{row.condition}_{row.reference}": wording(row.mean, row.sd) for row in rows.itertuples()}


def _active() -> dict[str, str]:
    rows = released("dimensions").query("condition == 'standard'")
    counts = rows.groupby(["method", "seed"])["active"].sum().groupby("method")
    return {f"{slug}_active": f"{values.mean():.1f} ± {values.std():.1f}" for slug, values in counts}


def _against(table: pd.DataFrame, baseline: str) -> dict[str, dict[str, float]]:
    rows = table[table["baseline"] == baseline].sort_values("mean", ascending=False)
    return rows.set_index("method")[["mean", "sd", "low", "high"]].to_dict("index")


def _which(words: pd.Series, side: str) -> str:
    return _list(title for title, clause in words.items() if f" {side} (" in clause)


def _list(names) -> str:
    *most, last = list(names) or ["none of them"]
    return f"{', '.join(most)} and {last}" if most else last


def _short(parts: list[str]) -> str:
    representation, clusterer, _ = parts
    return representation if clusterer == "K-Means" else f"{representation}, {clusterer.split(' of ')[0]}"


def _run() -> dict:
    return Record("gtzan", "vae", RELEASED).run()
