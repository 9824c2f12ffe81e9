"""What the released study says, in the words and the picture of the front page, README and paper (page ``index``).

Nothing here is typed: each sentence follows the intervals, and with other records it reads otherwise.
``vaeclust release gtzan`` keeps the result in ``book/released/``.
"""

import json
from collections.abc import Iterable, Iterator
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
from vaeclust.records import SOURCES, STANDARD, Record
from vaeclust.release import RELEASED, put, released, released_genres

GTZAN = "book/released/gtzan"
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


def against(baseline: str) -> dict[str, dict[str, float]]:
    """Return the released differences of all pipelines to one of them, the largest first."""
    table = read_differences()
    rows = table[table["baseline"] == baseline].sort_values("mean", ascending=False)
    return rows.set_index("method")[["mean", "sd", "low", "high"]].to_dict("index")


def facts() -> dict[str, dict[str, str]]:
    """Return every fact by its name: ``text`` and ``record``."""
    found: dict[str, dict[str, str]] = {}
    for part in (_of_runs, _of_scores, _of_claims, _of_differences, _of_pipelines, _of_lyrics):
        for record, texts in part():
            found |= {name: {"text": str(text), "record": record} for name, text in texts.items()}
    for sentence in (_networks(found), _shape(found), _helps(found)):
        found |= {name: {"text": text, "record": "book/released/gtzan, differences"} for name, text in sentence.items()}
    return found


Part = Iterator[tuple[str, dict[str, object]]]  # a record, and the texts that come from it


def _of_runs() -> Part:
    run = _run()
    yield f"{GTZAN}/*/run.json", {
        "tracks": run["tracks"], "features": run["features"], "excluded": ", ".join(run["excluded"]),
        **{name: run["parameters"][name] for name in ("seeds", "epochs", "batch_size", "latent_dim")},
        "torch": run["versions"]["torch"].split("+")[0], "scikit_learn": run["versions"]["scikit-learn"],
    }  # fmt: skip
    yield (
        "vaeclust/methods.py",
        {
            "representations": _list(METHODS[slug].title for slug in beyond.REPRESENTATIONS),
            "clusterers": _list(CLUSTERERS[slug].title for slug in beyond.USED),
        },
    )


def _of_scores() -> Part:
    intervals = released("intervals", methods=COMPARED)
    studied = as_published(intervals[intervals["method"] != "raw"])
    yield f"{GTZAN}/*/intervals.csv", findings(intervals) | {"most_like": closest_to_genre(studied)}
    nmi = intervals.query("clusterer == 'kmeans' and metric == 'nmi' and space == 'labels'")
    yield (
        f"{GTZAN}/*/intervals.csv",
        {f"{row.method}_{row.condition}_{row.reference}": wording(row.mean, row.sd) for row in nmi.itertuples()},
    )
    rows = released("dimensions").query("condition == 'standard'")
    active = rows.groupby(["method", "seed"])["active"].sum().groupby("method")
    yield f"{GTZAN}/*/dimensions.csv", {f"{slug}_active": f"{v.mean():.1f} ± {v.std():.1f}" for slug, v in active}
    trained = against_untrained(released("scores"))["NMI"]
    yield f"{GTZAN}/*/scores.csv.xz", {"higher_trained": higher_ones(trained)}


def _of_claims() -> Part:
    study = claims.released_study()
    table, far = claims.judge(study), claims.distances(study)
    verdicts = {f"{claim}_{column}": table.loc[claim, column] for claim in table.index for column in table}
    yield f"{GTZAN}, scores of all methods", verdicts | {"claims": len(table), "claims_counted": claims.counted(table)}
    columns = {"median": "median distance (sd)", "within": "within 2 sd", "farthest": "farthest"}
    yield (
        f"{GTZAN}/*/intervals.csv",
        {
            f"{source}_{key}": far.loc[title, column]
            for source, title in SOURCES.items()
            for key, column in columns.items()
        },
    )


def _of_differences() -> Part:
    table = read_differences()
    words = in_words(table[table["baseline"].isin(["pca", "raw"])])
    yield "book/released/differences.csv", {
        f"{side}_{baseline}_{metric}": _list(title for title, clause in words[column].items() if f" {side} (" in clause)
        for side in ("higher", "lower") for baseline in ("pca", "raw") for metric in ("nmi", "ari")
        for column in [f"{METRICS[metric].title} against {METHODS[baseline].title}"]
    }  # fmt: skip


def _of_pipelines() -> Part:
    gains, over_full, over_layout = map(against, (beyond.FIRST, FULL, LAID_OUT))
    words = beyond.summary(released("intervals", methods=beyond.REPRESENTATIONS), gains)
    yield f"{GTZAN}, pipelines beyond the study", words
    above = [title for title, found in over_layout.items() if found["low"] > 0]
    adds = "adds to" if any("+ UMAP" in title for title in above) else "is not what carries"
    yield "book/released/differences.csv", {
        "full_gain": differs(gains[FULL]), "layout_gain": differs(over_full[LAID_OUT]),
        "higher_than_layout": _list(above),
        "network_in_front": f"So a network in front of UMAP {adds} the gain; putting one there is the recipe of N2D",
    }  # fmt: skip


def _of_lyrics() -> Part:
    """What real lyrics add where they are known: scores of every view, and differences of both modalities."""
    rows = released("intervals", methods=[modalities.SLUG]).query("metric == 'nmi' and reference == 'genre'")
    clusters, genres = released("clusters", methods=[modalities.SLUG]), released_genres()
    has_lyrics = genres.index.to_series().isin(clusters["track_id"])
    effects = modalities.summary(modalities.effects(clusters, genres))
    yield f"{GTZAN}/modalities", {
        "words_tracks": f"{has_lyrics.sum():,}",
        **{f"words_{row.condition}": wording(row.mean, row.sd) for row in rows.itertuples()},
        **{f"words_{name}": text for name, text in effects.items()},
        "gaps_nmi": wording(modalities.coverage_leak(genres, has_lyrics)),
    }  # fmt: skip
    scores = released("scores", methods=["product_of_experts"]).query("metric == 'nmi' and reference == 'genre'")
    conditions = dict(list(scores.groupby("condition")))
    own = conditions.pop(STANDARD)
    found = {f"experts_{name}": differs(paired(own, table, "nmi")) for name, table in conditions.items()}
    yield f"{GTZAN}/product_of_experts", found


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
        "{{ seeds }} runs; 0 is nothing in common, 1 is the same. The band is K-Means on the features themselves, "
        "the dashed line the highest NMI that the study published for any method.*"
    )
    return "\n".join([*lines, "", "<picture>", sources, image, "</picture>", "", filled(caption, texts)])


def _networks(found: dict, table: pd.DataFrame | None = None) -> dict[str, str]:
    """Return the first sentence: whether any network is above PCA or above no network at all."""
    table = read_differences() if table is None else table
    trained = [slug for slug, method in STUDIED.items() if method.trained]
    rows = table[table["method"].isin(trained) & table["baseline"].isin(["pca", "raw"])]
    above = [METHODS[slug].title for slug in trained if (rows[rows["method"] == slug]["low"] > 0).any()]
    nmi = rows.query("metric == 'nmi' and baseline == 'raw'").set_index("method")["high"]
    below = [METHODS[slug].title for slug in trained if nmi[slug] < 0]
    what = (
        f"the {found['tracks']['text']} clips of GTZAN closer to their genres than plain PCA does, or than the "
        f"{found['features']['text']} measured numbers do without any network"
    )
    none = "None of the networks of the study can be shown to group"
    start = f"Of the networks of the study, {_list(above)} group{'s' if len(above) == 1 else ''}" if above else none
    worse = f"; {_list(below)} group{'s' if len(below) == 1 else ''} them less well" if below else ""
    return {
        "lead_networks": "Some networks help." if above else "The networks do not help.",
        "answer_networks": f"{start} {what}{worse}.",
    }


def _shape(found: dict) -> dict[str, str]:
    """Return the second sentence: what the silhouette says in a method's own space and in the shared one."""
    beta, pca, beta_shared, pca_shared = (
        found[name]["text"].split(" ±")[0]
        for name in (f"{slug}_silhouette{space}" for space in ("", "_input") for slug in ("beta_vae_4", "pca"))
    )
    shared = claims.released_study().difference("beta_vae_4", "pca", "silhouette", space="input")
    tidier = verdict(shared) == "higher"
    apart = f"{shared['low']:+.3f} to {shared['high']:+.3f}".replace("-", "−")
    turn = "and they are" if tidier else "but that is the ruler, not the music"
    return {
        "lead_shape": "Tidy clusters are tidy." if tidier else "Tidy clusters mislead.",
        "answer_shape": "Judged without labels, squeezed codes seem to have tidier clusters (silhouette "
        f"{beta} for the beta-VAE with beta 4, {pca} for PCA), {turn}: measured in one space for all, the same "
        f"clusters have {beta_shared} and {pca_shared} (95 % interval of the difference {apart}).",
    }


def _helps(found: dict, gain: dict | None = None) -> dict[str, str]:
    """Return the third sentence: what the best way beyond the study is, and how sure its gain."""
    best = found["best"]["text"]
    means = beyond.pipelines(released("intervals", methods=beyond.REPRESENTATIONS))["nmi"]
    representation, clusterer, features = best.split(", ")
    clusterer = "the consensus of all runs of K-Means" if clusterer == "consensus of K-Means" else clusterer
    gain = gain or against(beyond.FIRST)[best]
    sure = verdict(gain) == "higher"
    start = "What helps is" if sure else "Nothing that we tried helps for sure, not even"
    more = features != beyond.FEATURES[STANDARD]
    lead = "More measurements do help." if more else "Another way of grouping does help."
    measured = f"{features} instead of {found['features']['text']}" if more else "the same features"
    layout = "as they are" if representation == METHODS["features"].title else f"laid out by {representation}"
    return {
        "lead_helps": lead if sure else "Nothing else helps either.",
        "answer_helps": f"{start} {measured}, {layout} and grouped by {clusterer}: an NMI of {wording(means[best])} "
        f"instead of {wording(means[beyond.FIRST])} (95 % interval of the gain {gain['low']:+.3f} to "
        f"{gain['high']:+.3f}).",
    }


def _list(names: Iterable[str]) -> str:
    """Return names as a list in words, or 'none of them'."""
    *most, last = list(names) or ["none of them"]
    return f"{', '.join(most)} and {last}" if most else last


def _short(parts: list[str]) -> str:
    representation, clusterer, _ = parts
    return representation if clusterer == "K-Means" else f"{representation}, {clusterer.split(' of ')[0]}"


def _run() -> dict:
    return Record("gtzan", "vae", RELEASED).run()
