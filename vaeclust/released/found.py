"""The facts that the released study holds, by name: what pages, README and paper quote (page ``index``)."""

from collections.abc import Iterator

import pandas as pd

from vaeclust.clusters.clusterers import CLUSTERERS
from vaeclust.evidence import claims, lyrics
from vaeclust.evidence import pipelines as evidence_pipelines
from vaeclust.evidence.differences import (
    baseline_differences,
    bootstrap_means,
    difference,
    paired_difference,
    released_differences,
    released_gains,
)
from vaeclust.evidence.published import PUBLISHED_SOURCES, comparable_rows
from vaeclust.evidence.tables import difference_cells, training_table
from vaeclust.evidence.words import (
    best_agreement,
    difference_clause,
    higher_names,
    listed,
    mean_sd,
    score_facts,
    verdict,
)
from vaeclust.methods.catalogue import COMPARED, METHODS, STUDIED
from vaeclust.scores.metrics import METRICS
from vaeclust.studies import rules, views
from vaeclust.studies.kept import RELEASED, released_genres, released_records
from vaeclust.studies.records import STANDARD, Record

GTZAN = "book/released/gtzan"
FULL_KMEANS = "Features alone, K-Means, 57 features"
FULL_UMAP = "UMAP, K-Means, 57 features"


def all_differences() -> pd.DataFrame:
    """Return ``metric, baseline, method, mean, sd, low, high`` over seeds and tracks, of methods and of pipelines.

    Methods against PCA and the raw features; pipelines, which are called by their titles, against K-Means on the
    given features, on all 57, and on UMAP of these. A minute or two: the release keeps them.
    """
    genres = released_genres()
    standard = released_records("clusters", methods=COMPARED).query("condition == 'standard'")
    clusters = released_records("clusters", methods=rules.REPRESENTATIONS)
    return pd.concat([baseline_differences(standard, genres), pipeline_differences(clusters, genres)])


def pipeline_differences(clusters: pd.DataFrame, genres: pd.Series) -> pd.DataFrame:
    """Return how pipelines differ in NMI from those of the baselines that are among them."""
    clusters = clusters[clusters["condition"] != rules.FILTERED]
    groups = clusters.assign(pipeline=evidence_pipelines.pipeline_titles(clusters)).groupby("pipeline")
    drawn = {title: bootstrap_means(group, genres, "nmi") for title, group in groups}
    return pd.DataFrame(
        [
            {"metric": "nmi", "baseline": baseline, "method": title} | difference([values, drawn[baseline]])
            for baseline in (evidence_pipelines.FIRST, FULL_KMEANS, FULL_UMAP)
            if baseline in drawn
            for title, values in drawn.items()
            if title != baseline
        ]
    )


def all_facts() -> dict[str, dict[str, str]]:
    """Return every fact by its name: ``text`` and ``record``."""
    found: dict[str, dict[str, str]] = {}
    for part in (_run_facts, _score_facts, _claim_facts, _difference_facts, _pipeline_facts, _lyrics_facts):
        for record, texts in part():
            found |= {name: {"text": str(text), "record": record} for name, text in texts.items()}
    for sentence in (_networks(found), _shape(found), _helps(found)):
        found |= {name: {"text": text, "record": "book/released/gtzan, differences"} for name, text in sentence.items()}
    return found


Part = Iterator[tuple[str, dict[str, object]]]  # a record, and the texts that come from it


def _run_facts() -> Part:
    run = gtzan_run()
    yield f"{GTZAN}/*/run.json", {
        "tracks": run["tracks"], "features": run["features"], "excluded": ", ".join(run["excluded"]),
        **{name: run["parameters"][name] for name in ("seeds", "epochs", "batch_size", "latent_dim")},
        "torch": run["versions"]["torch"].split("+")[0], "scikit_learn": run["versions"]["scikit-learn"],
    }  # fmt: skip
    yield (
        "vaeclust/methods.py",
        {
            "representations": listed(METHODS[slug].title for slug in rules.REPRESENTATIONS),
            "clusterers": listed(CLUSTERERS[slug].title for slug in rules.PIPELINE_CLUSTERERS),
        },
    )


def _score_facts() -> Part:
    intervals = released_records("intervals", methods=COMPARED)
    studied = comparable_rows(intervals[intervals["method"] != "raw"])
    yield f"{GTZAN}/*/intervals.csv", score_facts(intervals) | {"most_like": best_agreement(studied)}
    nmi = intervals.query("clusterer == 'kmeans' and metric == 'nmi' and space == 'labels'")
    yield (
        f"{GTZAN}/*/intervals.csv",
        {f"{row.method}_{row.condition}_{row.reference}": mean_sd(row.mean, row.sd) for row in nmi.itertuples()},
    )
    rows = released_records("dimensions").query("condition == 'standard'")
    active = rows.groupby(["method", "seed"])["active"].sum().groupby("method")
    yield f"{GTZAN}/*/dimensions.csv", {f"{slug}_active": f"{v.mean():.1f} ± {v.std():.1f}" for slug, v in active}
    trained = training_table(released_records("scores"))["NMI"]
    yield f"{GTZAN}/*/scores.csv.xz", {"higher_trained": higher_names(trained)}


def _claim_facts() -> Part:
    study = claims.released_study()
    table, far = claims.judge(study), claims.published_distances(study)
    verdicts = {f"{claim}_{column}": table.loc[claim, column] for claim in table.index for column in table}
    yield (
        f"{GTZAN}, scores of all methods",
        verdicts | {"claims": len(table), "claims_counted": claims.verdict_counts(table)},
    )
    columns = {"median": "median distance (sd)", "within": "within 2 sd", "farthest": "farthest"}
    yield (
        f"{GTZAN}/*/intervals.csv",
        {
            f"{source}_{key}": far.loc[title, column]
            for source, title in PUBLISHED_SOURCES.items()
            for key, column in columns.items()
        },
    )


def _difference_facts() -> Part:
    table = released_differences()
    words = difference_cells(table[table["baseline"].isin(["pca", "raw"])])
    yield "book/released/differences.csv", {
        f"{side}_{baseline}_{metric}": listed(
            title for title, clause in words[column].items() if f" {side} (" in clause
        )
        for side in ("higher", "lower") for baseline in ("pca", "raw") for metric in ("nmi", "ari")
        for column in [f"{METRICS[metric].title} against {METHODS[baseline].title}"]
    }  # fmt: skip


def _pipeline_facts() -> Part:
    gains, over_full, over_layout = map(released_gains, (evidence_pipelines.FIRST, FULL_KMEANS, FULL_UMAP))
    words = evidence_pipelines.pipeline_facts(released_records("intervals", methods=rules.REPRESENTATIONS), gains)
    yield f"{GTZAN}, pipelines beyond the study", words
    above = [title for title, found in over_layout.items() if found["low"] > 0]
    adds = "adds to" if any("+ UMAP" in title for title in above) else "is not what carries"
    yield "book/released/differences.csv", {
        "full_gain": difference_clause(gains[FULL_KMEANS]), "layout_gain": difference_clause(over_full[FULL_UMAP]),
        "higher_than_layout": listed(above),
        "network_in_front": f"So a network in front of UMAP {adds} the gain; putting one there is the recipe of N2D",
    }  # fmt: skip


def _lyrics_facts() -> Part:
    """What real lyrics add where they are known: scores of every view, and differences of both modalities."""
    rows = released_records("intervals", methods=[views.SLUG]).query("metric == 'nmi' and reference == 'genre'")
    clusters, genres = released_records("clusters", methods=[views.SLUG]), released_genres()
    has_lyrics = genres.index.to_series().isin(clusters["track_id"])
    effects = lyrics.lyrics_facts(lyrics.lyrics_effects(clusters, genres))
    yield f"{GTZAN}/modalities", {
        "words_tracks": f"{has_lyrics.sum():,}",
        **{f"words_{row.condition}": mean_sd(row.mean, row.sd) for row in rows.itertuples()},
        **{f"words_{name}": text for name, text in effects.items()},
        "gaps_nmi": mean_sd(lyrics.coverage_leak(genres, has_lyrics)),
    }  # fmt: skip
    scores = released_records("scores", methods=["product_of_experts"]).query(
        "metric == 'nmi' and reference == 'genre'"
    )
    conditions = dict(list(scores.groupby("condition")))
    own = conditions.pop(STANDARD)
    found = {
        f"experts_{name}": difference_clause(paired_difference(own, table, "nmi")) for name, table in conditions.items()
    }
    yield f"{GTZAN}/product_of_experts", found


def _networks(found: dict, table: pd.DataFrame | None = None) -> dict[str, str]:
    """Return the first sentence: whether any network is above PCA or above no network at all."""
    table = released_differences() if table is None else table
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
    start = f"Of the networks of the study, {listed(above)} group{'s' if len(above) == 1 else ''}" if above else none
    worse = f"; {listed(below)} group{'s' if len(below) == 1 else ''} them less well" if below else ""
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
    means = evidence_pipelines.pipeline_means(released_records("intervals", methods=rules.REPRESENTATIONS))["nmi"]
    representation, clusterer, features = best.split(", ")
    clusterer = "the consensus of all runs of K-Means" if clusterer == "consensus of K-Means" else clusterer
    gain = gain or released_gains(evidence_pipelines.FIRST)[best]
    sure = verdict(gain) == "higher"
    start = "What helps is" if sure else "Nothing that we tried helps for sure, not even"
    more = features != rules.FEATURES[STANDARD]
    lead = "More measurements do help." if more else "Another way of grouping does help."
    measured = f"{features} instead of {found['features']['text']}" if more else "the same features"
    layout = "as they are" if representation == METHODS["features"].title else f"laid out by {representation}"
    return {
        "lead_helps": lead if sure else "Nothing else helps either.",
        "answer_helps": f"{start} {measured}, {layout} and grouped by {clusterer}: an NMI of {mean_sd(means[best])} "
        f"instead of {mean_sd(means[evidence_pipelines.FIRST])} (95 % interval of the gain {gain['low']:+.3f} to "
        f"{gain['high']:+.3f}).",
    }


def gtzan_run() -> dict:
    """Return run.json of the released VAE of GTZAN."""
    return Record("gtzan", "vae", RELEASED).run()
