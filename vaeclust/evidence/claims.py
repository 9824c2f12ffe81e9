"""The twelve claims of the published study, judged on the released records (chapter ``08_published_claims``).

Every verdict is computed: from intervals of paired differences over seeds, and from the published numbers
themselves. With other records verdicts and effects change; what the reasons say of GTZAN is tested on its records.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import permutations, product

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from vaeclust.corpus.dataset import ARTIST
from vaeclust.evidence.differences import FOUND, paired_difference
from vaeclust.evidence.lyrics import lyrics_effects
from vaeclust.evidence.published import (
    PUBLISHED_SOURCES,
    as_studied,
    comparable_rows,
    published_columns,
    published_scores,
    replica_rows,
)
from vaeclust.evidence.ranks import metric_means, overall_scores
from vaeclust.evidence.spaces import disentanglement_gains
from vaeclust.evidence.words import difference_clause, listed, mean_sd, percent, percent_change, rounded, shortest
from vaeclust.methods.catalogue import METHODS, STUDIED
from vaeclust.scores.metrics import LABELS, METRICS
from vaeclust.studies.kept import RELEASED, released_labels, released_records, released_table
from vaeclust.studies.records import STANDARD, Record, pick
from vaeclust.studies.views import SLUG

STRONGLY = 0.5  # the share of a score that is lost where it "falls strongly"
HOLDS, PARTLY, FAILS, UNTESTABLE = "holds", "holds in part", "does not hold", "cannot be tested"


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim, the effect that we measured, and why."""

    verdict: str
    effect: str
    reason: str


@dataclass(frozen=True)
class ReleasedStudy:
    """What the claims are judged on: scores and intervals of all methods, run.json of each, disentanglement, lyrics.

    lyrics: what they add on tracks with a text, of ``lyrics.lyrics_effects``; no row where that was not released.
    """

    scores: pd.DataFrame
    intervals: pd.DataFrame
    runs: dict[str, dict]
    codes: pd.DataFrame
    lyrics: pd.DataFrame

    def difference(
        self, method: str, other: str, metric: str, *, space: str = "own", condition: str | None = None
    ) -> dict:
        """Return the paired difference of two methods over seeds, K-Means; metrics against genre have one space.

        Both as the study ran them, or the first under another condition.
        """
        space = "labels" if METRICS[metric].kind == LABELS else space
        rows = pick(self.scores, space=space, reference=["", "genre"])
        ours = pick(rows, method=method, condition=condition or as_studied(self.scores, method))
        theirs = pick(rows, method=other, condition=as_studied(self.scores, other))
        return paired_difference(ours, theirs, metric)

    def means(self) -> pd.DataFrame:
        """Return methods × metrics as the study ran and took them, and those alone."""
        return _study_metrics(metric_means(replica_rows(self.intervals)))


def released_study(dataset: str = "gtzan") -> ReleasedStudy:
    """Return the released study of a corpus."""
    runs = {slug: Record(dataset, slug, RELEASED).run() for slug in STUDIED}
    return ReleasedStudy(
        released_records("scores", dataset),
        released_records("intervals", dataset),
        runs,
        released_table("disentanglement", "demo"),
        _lyrics_effects(dataset),
    )


def _lyrics_effects(dataset: str) -> pd.DataFrame:
    """Return what lyrics add to the multi-modal VAE on the tracks of a released study that have a text."""
    record = Record(dataset, SLUG, RELEASED)
    if not record.path("clusters").is_file():
        return pd.DataFrame(columns=["baseline_condition", *FOUND])
    labels = released_labels(dataset)
    return lyrics_effects(record.read("clusters"), labels["genre"], units=labels.get(ARTIST), slugs=["multimodal_vae"])


@cache
def published_claims() -> pd.DataFrame:
    """Return the claims as the study made them: ``claim, numbers`` by id; Mostakim (2026)."""
    return pd.read_csv(str(files("vaeclust.evidence").joinpath("reference/claims.csv")), index_col="id").fillna("")


@cache
def verdict_rules() -> pd.Series:
    """Return how each claim is judged, in words, by id."""
    text = files("vaeclust.evidence").joinpath("reference/verdicts.toml").read_text(encoding="utf-8")
    return pd.Series(tomllib.loads(text), name="how it is judged").rename_axis("id")


def judge(study: ReleasedStudy | None = None) -> pd.DataFrame:
    """Return ``claim, verdict, effect, reason`` of every claim, by id."""
    study = study or released_study()
    rows = {name: judgement(study) for name, judgement in JUDGES.items()}
    quoted = published_claims()["claim"]
    table = pd.DataFrame(list(rows.values()), index=pd.Index(rows, name="id"))
    table.insert(0, "claim", quoted[table.index])
    return table


def _study_metrics(means: pd.DataFrame) -> pd.DataFrame:
    return means[published_columns(means)]


def _best_overall(study: ReleasedStudy) -> Judgement:
    table = overall_scores(study.means())
    rank, first = table.loc["vae", "rank"], METHODS[table["overall"].idxmax()].title
    wins = []
    for _, group in replica_rows(study.scores).groupby("seed"):
        values = group.pivot(index="method", columns="metric", values="value")
        wins.append(overall_scores(_study_metrics(values))["rank"]["vae"] == 1)
    effect = (
        f"VAE: overall score {mean_sd(table.loc['vae', 'overall'])}, rank {rank} of {len(table)}, first in "
        f"{sum(wins)} of {len(wins)} seeds"
    )
    effect += "" if rank == 1 else f"; the best mean is that of {first}"
    by_track = overall_scores(_study_metrics(metric_means(comparable_rows(study.intervals))))
    reason = (
        "the overall score mixes scores of different spaces and depends on which methods are compared: with lyrics "
        f"joined by track the VAE has rank {by_track.loc['vae', 'rank']}"
    )
    return Judgement(HOLDS if rank == 1 else FAILS, effect, reason)


def _convolutions(study: ReleasedStudy) -> Judgement:
    others = [slug for slug in STUDIED if slug != "conv_vae"]
    gains = {slug: study.difference("conv_vae", slug, "ari") for slug in others}
    effect = f"ARI against the VAE: {difference_clause(gains['vae'])}"
    above = sum(gain["verdict"] == "higher" for gain in gains.values())
    reason = f"in ARI it is higher than {above} of the {len(others)} other methods, over paired seeds"
    found = HOLDS if above == len(others) else PARTLY if gains["vae"]["verdict"] == "higher" else FAILS
    return Judgement(found, effect, reason)


def _beta_tidies(study: ReleasedStudy) -> Judgement:
    own = [study.difference("beta_vae_4", "beta_vae_1", name) for name in ("silhouette", "calinski_harabasz")]
    shared = study.difference("beta_vae_4", "beta_vae_1", "silhouette", space="input")
    effect = (
        f"silhouette against beta 1: {difference_clause(own[0])} in its own space, {difference_clause(shared)} in the "
        "input space"
    )
    tidier = all(difference["verdict"] == "higher" for difference in own)
    found = HOLDS if tidier and shared["verdict"] == "higher" else PARTLY if tidier else FAILS
    where = percentage_origin(49, "silhouette", between=("beta_vae_1", "beta_vae_4"))
    reason = f"the ruler changes with the space: few active dimensions make any partition tidy. {where}"
    return Judgement(found, effect, reason)


def _beta_costs(study: ReleasedStudy) -> Judgement:
    difference = study.difference("beta_vae_4", "vae", "ari")
    share = difference["mean"] / study.means().loc["vae", "ari"]
    effect = f"ARI {percent_change(share)}: {difference_clause(difference)}"
    falls = difference["verdict"] == "lower"
    found = HOLDS if falls and share <= -STRONGLY else PARTLY if falls else FAILS
    where = percentage_origin(-82.5, "ari", digits=1, between=("vae", "beta_vae_4"))
    file = published_scores("results_file")["ari"]
    change = percent_change(file["beta_vae_4"] / file["vae"] - 1)
    return Judgement(found, effect, f"{where}; its results file has {shortest(file['beta_vae_4'])}, {change}")


def _lyrics_multiply(study: ReleasedStudy) -> Judgement:
    if as_studied(study.scores, "multimodal_vae") == STANDARD:
        return Judgement(UNTESTABLE, "not measured", "the published lyrics features are rows of GTZAN's table alone")
    nmi, silhouette = (study.difference("multimodal_vae", "vae", name) for name in ("nmi", "silhouette"))
    effect = (
        f"with the study's own lyrics features: NMI {difference_clause(nmi)}, silhouette "
        f"{difference_clause(silhouette)}"
    )
    rises, loosens = nmi["verdict"] == "higher", silhouette["verdict"] == "lower"
    where = percentage_origin(979, "nmi", between=("vae", "multimodal_vae"))
    printed = published_scores()["nmi"]
    change = percent_change(printed["multimodal_vae"] / printed["vae"] - 1)
    reason = (
        f"{where}; the printed values themselves give {change}. The agreement is its main half; the other is seen: the "
        "clusters do get less separated"
    )
    return Judgement(HOLDS if rises and loosens else PARTLY if rises else FAILS, effect, reason)


def _lyrics_mean(study: ReleasedStudy) -> Judgement:
    over = study.lyrics.set_index("baseline_condition")
    if over.empty:
        return Judgement(UNTESTABLE, "not measured", "no lyrics joined by track were released for this corpus")
    words, sound = over.loc["shuffled"].to_dict(), over.loc["audio"].to_dict()
    effect = (
        "on tracks with a text, NMI of the multi-modal VAE with their own lyrics, compared with the lyrics of other "
        f"tracks: {difference_clause(words)}; with the audio alone: {difference_clause(sound)}"
    )
    join = study.runs["multimodal_vae"].get("lyrics_join")
    reason = "the join of the published lyrics was not recorded"
    if join:
        reason = (
            f"the published rows are not those of the tracks: {percent(join['same_genre'])} have the genre of the "
            f"audio row beside them (chance {percent(join['chance'])}). A classifier finds their own genre in "
            f"{percent(join['predicts_own_genre'])} of cases, that of the audio row in "
            f"{percent(join['predicts_track_genre'])}: the meaning is there, but it was joined to the wrong tracks"
        )
    seen = [words["verdict"] == "higher", sound["verdict"] == "lower"]
    return Judgement(HOLDS if all(seen) else PARTLY if any(seen) else FAILS, effect, reason)


def _probabilistic(study: ReleasedStudy) -> Judgement:
    own, nmi, ari = (study.difference("vae", "autoencoder", name) for name in ("silhouette", "nmi", "ari"))
    shared = study.difference("vae", "autoencoder", "silhouette", space="input")
    effect = (
        f"silhouette: {difference_clause(own)} in its own space; {difference_clause(shared)} in the input space; "
        f"NMI: {difference_clause(nmi)}"
    )
    higher = [difference["verdict"] == "higher" for difference in (own, nmi, ari, shared)]
    where = percentage_origin(35, "silhouette", between=("autoencoder", "vae"))
    file = published_scores("results_file")["silhouette"]
    other = f"by its results file it would be {percent_change(file['vae'] / file['autoencoder'] - 1)}"
    found = HOLDS if all(higher) else PARTLY if any(higher) else FAILS
    return Judgement(found, effect, f"{where}; {other}")


def _weakest(study: ReleasedStudy) -> Judgement:
    others = [slug for slug in STUDIED if slug != "pca"]
    against_genre = [name for name in published_columns() if METRICS[name].kind == LABELS]
    below = dict.fromkeys(against_genre, 0)
    for name, slug in product(against_genre, others):
        below[name] += study.difference("pca", slug, name)["verdict"] == "lower"
    effect = ", ".join(f"{METRICS[name].title}: lower than {count} of {len(others)}" for name, count in below.items())
    mean, ours = study.means(), published_scores()
    reason = (
        f"printed ARI {shortest(ours.loc['pca', 'ari'])}; ours {mean_sd(mean.loc['pca', 'ari'])}, "
        "from the same 16 components. The results file has no PCA row to compare"
    )
    share = sum(below.values()) / (len(against_genre) * len(others))
    return Judgement(HOLDS if share == 1 else PARTLY if share >= 0.5 else FAILS, effect, reason)


def _disentangled(study: ReleasedStudy) -> Judgement:
    words = disentanglement_gains(study.codes, "beta_vae_4", "vae")
    effect = f"on the demo corpus, whose factors are known, beta 4 against the VAE: {words}"
    reason = (
        "no measure was reported. Disentanglement is about known factors of variation, and GTZAN has none; fewer "
        "active dimensions are not it"
    )
    return Judgement(UNTESTABLE, effect, reason)


def _ranking(study: ReleasedStudy) -> Judgement:
    table = published_scores().sort_values("overall", ascending=False)
    wrong = table[table["rank"] != np.arange(1, len(table) + 1)]
    ours = overall_scores(study.means())["overall"]
    rho = spearmanr(table["overall"], ours.reindex(table.index)).statistic
    effect = f"rank correlation of the printed overall scores with ours: {rounded(rho, 2)}"
    pairs = [
        f"{METHODS[row.Index].title} {shortest(row.overall)} (rank {shortest(row.rank)})" for row in wrong.itertuples()
    ]
    reason = f"the printed ranks do not follow the printed scores: {', '.join(pairs)}"
    return Judgement(FAILS if len(wrong) else HOLDS, effect, reason)


def _minutes(study: ReleasedStudy) -> Judgement:
    seconds = [run["seconds"] / run["parameters"]["seeds"] for run in study.runs.values()]
    machine = next(iter(study.runs.values()))["machine"]
    whole, slowest = rounded(sum(seconds), 0, unit="s"), rounded(max(seconds), unit="s")
    effect = f"ours: {whole} for one model of each method, {slowest} for the slowest ({machine})"
    reason = "the machine and the settings of the clock are not known"
    return Judgement(UNTESTABLE, effect, reason)


def _one_model(study: ReleasedStudy) -> Judgement:
    rows = pick(study.scores, clusterer="kmeans")
    keys = ["condition", "seed", "space", "reference", "metric"]
    vae, beta = (pick(rows, method=slug).set_index(keys)["value"].sort_index() for slug in ("vae", "beta_vae_1"))
    table = published_scores()["silhouette"]
    sd = metric_means(replica_rows(study.intervals), "sd").loc["vae", "silhouette"]
    gap = abs(table["vae"] - table["beta_vae_1"])
    effect = "with the same seeds all scores are identical"
    far = rounded(gap / sd)
    shown = f"the printed silhouettes differ by {rounded(gap, 4)}, {far} of our standard deviations over seeds"
    reason = f"one model, run twice without a seed: {shown}"
    return Judgement(FAILS if vae.equals(beta) else HOLDS, effect, reason)


JUDGES: dict[str, Callable[[ReleasedStudy], Judgement]] = {
    "C1": _best_overall,
    "C2": _convolutions,
    "C3": _beta_tidies,
    "C4": _beta_costs,
    "C5": _lyrics_multiply,
    "C6": _lyrics_mean,
    "C7": _probabilistic,
    "C8": _weakest,
    "C9": _disentangled,
    "C10": _ranking,
    "C11": _minutes,
    "C12": _one_model,
}


def published_distances(study: ReleasedStudy) -> pd.DataFrame:
    """Return how far the published values lie from our means, in our deviations over seeds: median, largest."""
    ours = pick(replica_rows(study.intervals), metric=published_columns())
    means, deviations = metric_means(ours), metric_means(ours, "sd")
    rows = {}
    for source, title in PUBLISHED_SOURCES.items():
        far = ((published_scores(source)[means.columns] - means) / deviations).abs().stack().dropna()
        method, metric = far.idxmax()
        rows[title] = {
            "values": len(far),
            "median distance, in our sd over seeds": rounded(far.median()),
            "within 2 of our sd": percent((far <= 2).mean()),
            "farthest": f"{METHODS[method].title}, {METRICS[metric].title}: {rounded(far.max(), 0, unit='of our sd')}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def highest_published(study: ReleasedStudy, metric: str = "nmi") -> str:
    """Return in words whose the highest printed value is, what the results file has, and how far ours is from it."""
    printed, file = (published_scores(source)[metric] for source in PUBLISHED_SOURCES)
    slug = printed.idxmax()
    ours = pick(replica_rows(study.intervals), method=slug, metric=metric).iloc[0]
    far = rounded((printed[slug] - ours["mean"]) / ours["sd"])
    return (
        f"that of the {METHODS[slug].title}, {rounded(printed[slug], 3)}; the study's results file has "
        f"{rounded(file[slug], 3)} for it, and our runs of it, as the study ran it, have {rounded(ours['mean'], 3)}, "
        f"which is {far} of their standard deviations over seeds away"
    )


def join_shares(study: ReleasedStudy) -> pd.Series:
    """Return, in percent, how the published lyrics rows relate to the audio rows beside them."""
    titles = {
        "same_genre": "genre agrees with the audio row",
        "chance": "the same, in random order",
        "predicts_own_genre": "own genre found by a classifier",
        "predicts_track_genre": "genre of the audio row found",
    }
    join = study.runs["multimodal_vae"]["lyrics_join"]
    return pd.Series({title: 100 * join[name] for name, title in titles.items()})


PLURALS = {HOLDS: "hold", PARTLY: "hold in part", FAILS: "do not hold", UNTESTABLE: "cannot be tested"}


def verdict_counts(table: pd.DataFrame) -> str:
    """Return how many claims got each verdict, as a clause: ``1 holds, 3 hold in part and 8 do not hold``."""
    counts = table["verdict"].value_counts()
    found = [name for name in PLURALS if name in counts]
    return listed(f"{counts[name]} {name if counts[name] == 1 else PLURALS[name]}" for name in found)


def origins(percent: float, metric: str, *, digits: int = 0) -> pd.DataFrame:
    """Return every pair of published values of a metric whose change is ``percent``, rounded or cut to its digits.

    Also tried with the decimal point of the earlier value moved by one place. Columns: ``from_method, from_source,
    to_method, to_source, value, to_value, slip``.
    """
    values = []
    for source in PUBLISHED_SOURCES:
        values += [(slug, source, value) for slug, value in published_scores(source)[metric].items()]
    rows = []
    for ((one, its_source, start), (other, source, end)), slip in product(permutations(values, 2), (False, True)):
        if _matches(100 * (end / (start / 10 if slip else start) - 1), percent, digits):
            rows.append((one, its_source, other, source, start, end, slip))
    return pd.DataFrame(rows, columns="from_method from_source to_method to_source value to_value slip".split())


def _matches(change: float, percent: float, digits: int) -> bool:
    return percent in (round(change, digits), int(change * 10**digits) / 10**digits)


def origin_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`origins` for reading, a row a pair."""
    shown = {}
    for end in ("from", "to"):
        titles = pairs[f"{end}_method"].map(lambda slug: METHODS[slug].title)
        shown[end] = titles + ", " + pairs[f"{end}_source"].map(PUBLISHED_SOURCES)
    shown |= {"from value": pairs["value"], "to value": pairs["to_value"]}
    shown["slip"] = pairs["slip"].map({True: "yes", False: "no"})
    return pd.DataFrame(shown).set_index("from")


def percentage_origin(percent: float, metric: str, *, digits: int = 0, between: tuple[str, str]) -> str:
    """Return in words where a published percentage comes from, among the changes between two methods."""
    before, after = between
    found = pick(origins(percent, metric, digits=digits), from_method=before, to_method=after)
    row = found.sort_values("slip", kind="stable").iloc[0]
    places = " and ".join(PUBLISHED_SOURCES[source] for source in dict.fromkeys(row[["from_source", "to_source"]]))
    start = shortest(row["value"])
    if row["slip"]:
        start = f"{shortest(row['value'] / 10, 5)}, a misplaced decimal point for {start}"
    return f"{shortest(percent, sign='+')} % is the change from {start} to {shortest(row['to_value'])} ({places})"


# Every percentage that a claim quotes: claim, percent, metric, digits, the two methods it is said to compare.
PERCENTAGES = (
    ("C2", 3.2, "ari", 1, ("vae", "conv_vae")),
    ("C3", 49, "silhouette", 0, ("beta_vae_1", "beta_vae_4")),
    ("C3", 439, "calinski_harabasz", 0, ("beta_vae_1", "beta_vae_4")),
    ("C4", -82.5, "ari", 1, ("vae", "beta_vae_4")),
    ("C5", 979, "nmi", 0, ("vae", "multimodal_vae")),
    ("C5", -33, "silhouette", 0, ("vae", "multimodal_vae")),
    ("C7", 35, "silhouette", 0, ("autoencoder", "vae")),
)


def percentage_origins() -> pd.DataFrame:
    """Return every quoted percentage and where it comes from: ``claim, metric, origin``."""
    rows = []
    for claim, change, metric, digits, between in PERCENTAGES:
        origin = percentage_origin(change, metric, digits=digits, between=between)
        rows.append((claim, METRICS[metric].title, origin))
    return pd.DataFrame(rows, columns=["claim", "metric", "origin"]).set_index("claim")
