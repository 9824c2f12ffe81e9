"""The facts of the released study by name: what pages, README and paper quote (page ``index``)."""

from collections.abc import Iterator
from itertools import product

import pandas as pd

from vaeclust.clusters.clusterers import CLUSTERERS
from vaeclust.corpus.dataset import ARTIST
from vaeclust.evidence import claims, how_far, lyrics, splits
from vaeclust.evidence import pipelines as evidence_pipelines
from vaeclust.evidence.differences import (
    FIRST,
    FULL,
    KEYS,
    LAID_OUT,
    Pipeline,
    baseline_differences,
    control_differences,
    pipeline_differences,
    released_differences,
    released_gains,
    survivors,
    training_effects,
)
from vaeclust.evidence.published import PUBLISHED_SOURCES, comparable_rows
from vaeclust.evidence.words import (
    best_agreement,
    difference_clause,
    difference_facts,
    difference_interval,
    listed,
    listed_methods,
    mean_sd,
    percent,
    pipeline_title,
    rounded,
    score_facts,
)
from vaeclust.methods.catalogue import BASELINE, METHODS
from vaeclust.studies import rules, views
from vaeclust.studies.descriptions import LISTENING
from vaeclust.studies.kept import (
    RELEASED,
    book_table,
    released_labels,
    released_methods,
    released_pipelines,
    released_records,
)
from vaeclust.studies.records import STANDARD, Record, pick
from vaeclust.studies.ways import FREE, HOW_FAR

GTZAN = "book/released/gtzan"
DIFFERENCES = "book/released/differences.csv"


def all_differences() -> pd.DataFrame:
    """Return ``differences.differences_to`` of methods and pipelines, over seeds and artists, and seeds and tracks.

    Methods against PCA and the raw features; pipelines on all tracks, in NMI, against K-Means on the given features,
    on all 57, and on UMAP of these. The first column is ``unit``. A minute or two: the release keeps them.
    """
    labels = released_labels()
    standard = pick(released_records("clusters", methods=released_methods()), condition=STANDARD)
    clusters = released_records("clusters", methods=released_pipelines())
    clusters = clusters[clusters["condition"] != rules.FILTERED]
    tables = []
    for unit, units in ((ARTIST, labels[ARTIST]), ("track", None)):
        methods = baseline_differences(standard, labels["genre"], units=units)
        pipelines = pipeline_differences(clusters, labels["genre"], (FIRST, FULL, LAID_OUT), units=units)
        tables += [table.assign(unit=unit) for table in (methods, pipelines)]
    found = pd.concat(tables)
    return found[["unit", *found.columns.drop("unit")]]


def all_splits() -> dict[str, pd.DataFrame]:
    """Return ``choices`` and ``coverage`` of :mod:`vaeclust.evidence.splits`, of pipelines and of methods; a minute."""
    labels = released_labels()
    known = labels["genre"], labels[ARTIST]
    pipelines = released_records("clusters", methods=released_pipelines())
    standard = pick(released_records("clusters", methods=released_methods()), condition=STANDARD, clusterer="kmeans")
    return {
        "choices": splits.choices(pipelines[pipelines["condition"] != rules.FILTERED], *known, FIRST),
        "coverage": splits.coverage(standard, *known, Pipeline(BASELINE), splits=100),
    }


def all_facts() -> dict[str, dict[str, str]]:
    """Return every fact by its name: ``text`` and ``record``."""
    found: dict[str, dict[str, str]] = {}
    scores = (_run_facts, _score_facts, _claim_facts, _difference_facts, _far_facts)
    for part in (*scores, _pipeline_facts, _lyrics_facts, _listening_facts, _answer_facts):
        for record, texts in part():
            found |= {name: {"text": str(text), "record": record} for name, text in texts.items()}
    return found


Part = Iterator[tuple[str, dict[str, object]]]  # a record, and the texts that come from it


def _run_facts() -> Part:
    run = gtzan_run()
    facts = {"tracks": run["tracks"], "features": run["features"], "excluded": ", ".join(run["excluded"])}
    facts |= {name: run["parameters"][name] for name in ("seeds", "epochs", "batch_size", "latent_dim")}
    facts |= {"torch": run["versions"]["torch"].split("+")[0], "scikit_learn": run["versions"]["scikit-learn"]}
    yield f"{GTZAN}/*/run.json", facts
    representations = listed(METHODS[slug].title for slug in released_pipelines())
    yield "vaeclust/methods/catalogue.py", {"representations": representations}
    used = set(released_records("intervals", methods=released_pipelines())["clusterer"])
    clusterers = listed(clusterer.title for slug, clusterer in CLUSTERERS.items() if slug in used)
    yield "vaeclust/clusters/clusterers.py", {"clusterers": clusterers}


def _score_facts() -> Part:
    intervals = released_records("intervals", methods=released_methods())
    studied = comparable_rows(intervals[intervals["method"] != BASELINE])
    facts = score_facts(intervals) | {"most_like": best_agreement(studied)}
    for row in pick(intervals, clusterer="kmeans", metric="nmi", space="labels").itertuples():
        facts[f"{row.method}_{row.condition}_{row.reference}"] = mean_sd(row.mean, row.sd)
    yield f"{GTZAN}/*/intervals.csv", facts
    dimensions = released_records("dimensions", methods=[slug for slug in released_methods() if slug != BASELINE])
    active, facts = pick(dimensions, condition=STANDARD).groupby(["method", "seed"])["active"].sum(), {}
    for slug, counts in active.groupby("method"):
        facts[f"{slug}_active"] = f"{rounded(counts.mean())} ± {rounded(counts.std())}"
    yield f"{GTZAN}/*/dimensions.csv.xz", facts
    trained = pick(training_effects(released_records("scores")), metric="nmi")
    yield f"{GTZAN}/*/scores.csv.xz", {"higher_trained": listed_methods(trained, "higher")}


def _claim_facts() -> Part:
    study = claims.released_study()
    table, far = claims.judge(study), claims.published_distances(study)
    facts = {"claims": len(table), "claims_counted": claims.verdict_counts(table)}
    facts["highest_published"] = claims.highest_published(study)
    for claim, column in product(table.index, table):
        facts[f"{claim}_{column}"] = table.loc[claim, column]
    yield f"{GTZAN}, scores of all methods", facts
    facts = {}
    columns = {
        "median": "median distance, in our sd over seeds",
        "within": "within 2 of our sd",
        "farthest": "farthest",
    }
    for (source, title), (key, column) in product(PUBLISHED_SOURCES.items(), columns.items()):
        facts[f"{source}_{key}"] = far.loc[title, column]
    yield f"{GTZAN}/*/intervals.csv", facts


def _difference_facts() -> Part:
    family, facts = pick(released_differences(), baseline=["pca", "raw"]), {}
    table = family[survivors(family)]
    for side, baseline, metric in product(("higher", "lower"), ("pca", "raw"), ("nmi", "ari")):
        facts[f"{side}_{baseline}_{metric}"] = listed_methods(pick(table, baseline=[baseline], metric=[metric]), side)
    yield DIFFERENCES, facts
    for name, facts_of in (("coverage", splits.coverage_facts), ("choices", splits.choice_facts)):
        yield f"book/released/{name}.csv", facts_of(book_table(name))


def _pipeline_facts() -> Part:
    gains, over_full, over_layout = map(released_gains, (FIRST, FULL, LAID_OUT))
    intervals = released_records("intervals", methods=released_pipelines())
    yield f"{GTZAN}, pipelines beyond the study", evidence_pipelines.pipeline_facts(intervals, gains)
    above = pick(over_layout, verdict=["higher"])
    yield (
        DIFFERENCES,
        {
            "full_gain": difference_clause(_row(gains, FULL)),
            "layout_gain": difference_clause(_row(over_full, LAID_OUT)),
            "higher_than_layout": listed(map(pipeline_title, above[KEYS].itertuples(index=False))),
        },
    )


def _far_facts() -> Part:
    """How far the answers hold on GTZAN."""
    record = Record("gtzan", HOW_FAR, RELEASED)
    facts: dict[str, object] = dict(how_far.how_far_facts(record.read("comparisons"), "genre", name="far_"))
    run = record.run()
    facts["far_free_k"] = run["parameters"][FREE]
    facts["genres_input"] = mean_sd(run["label_silhouette"])
    yield f"{GTZAN}/{HOW_FAR}", facts
    songs = Record("songs1000", HOW_FAR, RELEASED)
    facts = {"songs_tracks": songs.run()["tracks"]}
    facts |= how_far.how_far_facts(songs.read("comparisons"), "genre", name="songs_")
    yield f"book/released/songs1000/{HOW_FAR}", facts


def _row(differences: pd.DataFrame, pipeline: Pipeline) -> dict:
    return pick(differences, **pipeline._asdict()).iloc[0].to_dict()


def _lyrics_facts() -> Part:
    """What real lyrics add where they are known: scores of every view, and differences of both modalities."""
    record = Record("gtzan", views.SLUG, RELEASED)
    clusters, labels = record.read("clusters"), released_labels()
    genres = labels["genre"]
    has_lyrics = genres.index.to_series().isin(clusters["track_id"])
    leak = lyrics.coverage_leak(genres, has_lyrics)
    facts = {"words_tracks": rounded(has_lyrics.sum(), 0), "gaps_nmi": mean_sd(leak)}
    for row in pick(record.read("intervals"), metric="nmi", reference="genre").itertuples():
        facts[f"words_{row.method}_{row.condition}"] = mean_sd(row.mean, row.sd)
    for name, text in lyrics.lyrics_facts(lyrics.lyrics_effects(clusters, genres, units=labels[ARTIST])).items():
        facts[f"words_{name}"] = text
    yield f"{GTZAN}/{views.SLUG}", facts
    scores = released_records("scores", methods=["product_of_experts"])
    yield f"{GTZAN}/product_of_experts", difference_facts(control_differences(scores), "experts_{baseline_condition}")


def _listening_facts() -> Part:
    """What a network that has heard other music brings, on the tracks of GTZAN whose tags were published."""
    record = Record("gtzan", LISTENING, RELEASED)
    nmi = pick(record.read("intervals"), metric="nmi", reference="genre").set_index(["method", "condition"])["mean"]
    effects = pick(record.read("effects"), reference="genre").set_index(
        ["method", "condition", "baseline", "baseline_condition"]
    )
    quoted = {
        "gain": ("features", "tags", "features", rules.FULL_FEATURES),
        "plain_gain": ("features", "plain_tags", "features", rules.FULL_FEATURES),
        "over_layout": ("features", "tags", "umap", rules.FULL_FEATURES),
        "vae": ("vae", "tags", "features", "tags"),
        "umap": ("umap", "tags", "features", "tags"),
        "joined": ("features", "tags_and_features", "features", "tags"),
    }
    left_out = set(record.read("clusters")["track_id"]) - set(released_labels().index)
    facts: dict[str, object] = {"heard_tracks": record.run()["tracks"], "heard_left_out": listed(sorted(left_out))}
    for name, key in quoted.items():
        row = effects.loc[key].to_dict()
        facts |= {f"heard_{name}": difference_clause(row), f"heard_{name}_interval": difference_interval(row)}
    facts |= {f"heard_{slug}_{condition}": mean_sd(mean) for (slug, condition), mean in nmi.items()}
    probes = pick(record.read("probes"), metric="accuracy", reference="genre").groupby("condition")["value"].mean()
    facts |= {f"heard_probe_{condition}": percent(value) for condition, value in probes.items()}
    yield f"{GTZAN}/{LISTENING}", facts
    songs = pick(Record("songs1000", LISTENING, RELEASED).read("effects"), reference="genre", baseline="features")
    songs = pick(songs, baseline_condition=rules.FULL_FEATURES, method="features").set_index("condition")
    named = {"tags": "heard_songs_tags", "layer_mtt": "heard_songs_mtt"}
    facts = {name: difference_clause(songs.loc[condition].to_dict()) for condition, name in named.items()}
    yield "book/released/songs1000/listening/effects.csv", facts


def _answer_facts() -> Part:
    """What the sentences of the front page quote: means alone, whose spread stands on the pages behind them."""
    intervals = pick(released_records("intervals", methods=["beta_vae_4", "pca"]), clusterer="kmeans")
    facts = {}
    for row in pick(intervals, condition=STANDARD, metric="silhouette").itertuples():
        facts[f"answer_{row.method}_{row.space}"] = mean_sd(row.mean)
    yield f"{GTZAN}/*/intervals.csv", facts
    shared = claims.released_study().difference("beta_vae_4", "pca", "silhouette", space="input")
    yield f"{GTZAN}/*/scores.csv.xz", {"answer_ruler": difference_interval(shared)}
    means = evidence_pipelines.pipeline_means(released_records("intervals", methods=released_pipelines()))["nmi"]
    scores = {"answer_first": mean_sd(means[FIRST]), "answer_best": mean_sd(means[LAID_OUT])}
    yield f"{GTZAN}, pipelines beyond the study", scores
    yield DIFFERENCES, {"answer_gain": difference_interval(_row(released_gains(FIRST), LAID_OUT))}


def gtzan_run() -> dict:
    """Return run.json of the released VAE of GTZAN."""
    return Record("gtzan", "vae", RELEASED).run()
