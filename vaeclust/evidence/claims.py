"""The twelve claims of the published study, judged on the released records (chapter ``08_published_claims``).

Every verdict is computed: from intervals of paired differences over seeds, and from the published numbers
themselves. With other records the words change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import permutations

import pandas as pd
from scipy.stats import spearmanr

from vaeclust.evidence.differences import paired_difference
from vaeclust.evidence.published import PUBLISHED_SOURCES, comparable_rows, published_scores, replica_rows
from vaeclust.evidence.ranks import metric_means, overall_scores
from vaeclust.evidence.spaces import disentanglement_gains
from vaeclust.evidence.words import difference_clause, mean_sd, verdict
from vaeclust.methods.catalogue import METHODS, STUDIED
from vaeclust.scores.metrics import LABELS, METRICS
from vaeclust.studies.kept import RELEASED, released_records, released_table
from vaeclust.studies.records import Record

HOLDS, PARTLY, FAILS, UNTESTABLE = "holds", "holds in part", "does not hold", "cannot be tested"
GENRE = tuple(name for name, metric in METRICS.items() if metric.kind == LABELS)


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim, the effect that we measured, and why."""

    verdict: str
    effect: str
    reason: str


@dataclass(frozen=True)
class ReleasedStudy:
    """What the claims are judged on: scores and intervals of all methods, run.json of each, disentanglement."""

    scores: pd.DataFrame
    intervals: pd.DataFrame
    runs: dict[str, dict]
    codes: pd.DataFrame

    def difference(
        self, method: str, other: str, metric: str, *, space: str = "own", condition: str = "standard"
    ) -> dict:
        """Return the paired difference of two methods over seeds, K-Means; metrics against genre have one space."""
        space = "labels" if metric in GENRE else space
        rows = self.scores[(self.scores["space"] == space) & self.scores["reference"].isin(["", "genre"])]
        ours = rows[(rows["method"] == method) & (rows["condition"] == condition)]
        theirs = rows[(rows["method"] == other) & (rows["condition"] == "standard")]
        return paired_difference(ours, theirs, metric)

    def means(self, condition: str = "standard") -> pd.DataFrame:
        """Return methods × metrics as the study took them."""
        return metric_means(comparable_rows(self.intervals, condition=condition))


def released_study(dataset: str = "gtzan") -> ReleasedStudy:
    """Return the released study of a corpus."""
    runs = {slug: Record(dataset, slug, RELEASED).run() for slug in STUDIED}
    return ReleasedStudy(
        released_records("scores", dataset),
        released_records("intervals", dataset),
        runs,
        released_table("disentanglement", "demo"),
    )


@cache
def published_claims() -> pd.DataFrame:
    """Return the claims as the study made them: ``claim, numbers`` by id; Mostakim (2026)."""
    return pd.read_csv(str(files("vaeclust.evidence").joinpath("reference/claims.csv")), index_col="id").fillna("")


def judge(study: ReleasedStudy | None = None) -> pd.DataFrame:
    """Return ``claim, verdict, effect, reason`` of every claim, by id."""
    study = study or released_study()
    rows = {name: judgement(study) for name, judgement in JUDGES.items()}
    quoted = published_claims()["claim"]
    table = pd.DataFrame.from_dict(
        {name: (quoted[name], row.verdict, row.effect, row.reason) for name, row in rows.items()},
        orient="index", columns=["claim", "verdict", "effect", "reason"],
    )  # fmt: skip
    return table.rename_axis("id")


def _best_overall(study: ReleasedStudy) -> Judgement:
    table = overall_scores(study.means())
    rank, first = table.loc["vae", "rank"], METHODS[table["overall"].idxmax()].title
    seeds = comparable_rows(study.scores).groupby("seed")
    wins = [
        overall_scores(group.pivot(index="method", columns="metric", values="value"))["rank"]["vae"] == 1
        for _, group in seeds
    ]
    effect = (
        f"VAE: overall score {mean_sd(table.loc['vae', 'overall'])}, rank {rank} of {len(table)}, first in "
        f"{sum(wins)} of {len(wins)} seeds; the best mean is that of {first}"
    )
    reason = "the overall score mixes scores of different spaces and depends on which methods are compared"
    return Judgement(HOLDS if rank == 1 else FAILS, effect, reason)


def _convolutions(study: ReleasedStudy) -> Judgement:
    others = [slug for slug in STUDIED if slug != "conv_vae"]
    words = [verdict(study.difference("conv_vae", slug, "ari")) for slug in others]
    effect = f"ARI against the VAE: {difference_clause(study.difference('conv_vae', 'vae', 'ari'))}"
    above = words.count("higher")
    reason = f"in ARI it is higher than {above} of {len(others)} other methods, over paired seeds"
    found = HOLDS if above == len(others) else PARTLY if words[others.index("vae")] == "higher" else FAILS
    return Judgement(found, effect, reason)


def _beta_tidies(study: ReleasedStudy) -> Judgement:
    own = [study.difference("beta_vae_4", "beta_vae_1", name) for name in ("silhouette", "calinski_harabasz")]
    shared = study.difference("beta_vae_4", "beta_vae_1", "silhouette", space="input")
    effect = (
        f"silhouette against beta 1: {difference_clause(own[0])} in its own space, {difference_clause(shared)} in the "
        "input space"
    )
    tidier = all(verdict(difference) == "higher" for difference in own)
    found = HOLDS if tidier and verdict(shared) == "higher" else PARTLY if tidier else FAILS
    where = percentage_origin(49, "silhouette", between=("beta_vae_1", "beta_vae_4"))
    reason = f"the ruler changes with the space: few active dimensions make any partition tidy. {where}"
    return Judgement(found, effect, reason)


def _beta_costs(study: ReleasedStudy) -> Judgement:
    difference = study.difference("beta_vae_4", "vae", "ari")
    share = difference["mean"] / study.means().loc["vae", "ari"]
    effect = f"ARI {share:+.0%}: {difference_clause(difference)}"
    falls = verdict(difference) == "lower"
    found = HOLDS if falls and share <= -0.6 else PARTLY if falls else FAILS
    where = percentage_origin(-82.5, "ari", digits=1, between=("vae", "beta_vae_4"))
    file = published_scores("results_file")["ari"]
    other = f"its results file has {file['beta_vae_4']:g}, {file['beta_vae_4'] / file['vae'] - 1:+.0%}"
    return Judgement(found, effect, f"{where}; {other}")


def _lyrics_multiply(study: ReleasedStudy) -> Judgement:
    if "published_lyrics" not in set(study.scores["condition"]):
        return Judgement(UNTESTABLE, "not measured", "the published lyrics features are rows of GTZAN's table alone")
    nmi, silhouette = (
        study.difference("multimodal_vae", "vae", name, condition="published_lyrics") for name in ("nmi", "silhouette")
    )
    effect = (
        f"with the study's own lyrics features: NMI {difference_clause(nmi)}, silhouette "
        f"{difference_clause(silhouette)}"
    )
    rises, loosens = verdict(nmi) == "higher", verdict(silhouette) == "lower"
    where = percentage_origin(979, "nmi", between=("vae", "multimodal_vae"))
    printed = published_scores()["nmi"]
    reason = f"{where}; the printed values themselves give {printed['multimodal_vae'] / printed['vae'] - 1:+.0%}"
    if loosens and not rises:
        reason += ". Its second half is seen: the clusters do get less separated"
    return Judgement(HOLDS if rises and loosens else PARTLY if rises else FAILS, effect, reason)


def _lyrics_mean(study: ReleasedStudy) -> Judgement:
    real = study.difference("multimodal_vae", "vae", "nmi")
    shuffled = study.difference("multimodal_vae", "vae", "nmi", condition="shuffled_lyrics")
    effect = (
        f"NMI against the VAE, joined by track: {difference_clause(real)}; every text with another track: "
        f"{difference_clause(shuffled)}"
    )
    join = study.runs["multimodal_vae"].get("lyrics_join")
    reason = "the join of the published lyrics was not recorded"
    if join:
        reason = (
            f"the published rows are not those of the tracks: {join['same_genre']:.0%} have the genre of the audio row "
            f"beside them (chance {join['chance']:.0%}). A classifier finds their own genre in "
            f"{join['predicts_own_genre']:.0%} of cases, that of the audio row in {join['predicts_track_genre']:.0%}: "
            "the meaning is there, but it was joined to the wrong tracks"
        )
    meaning = verdict(real) == "higher" and verdict(shuffled) != "higher"
    return Judgement(HOLDS if meaning else PARTLY if join else UNTESTABLE, effect, reason)


def _probabilistic(study: ReleasedStudy) -> Judgement:
    words = {name: study.difference("vae", "autoencoder", name) for name in ("silhouette", "nmi", "ari")}
    shared = study.difference("vae", "autoencoder", "silhouette", space="input")
    effect = "; ".join([
        f"silhouette: {difference_clause(words['silhouette'])} in its own space",
        f"{difference_clause(shared)} in the input space",
        f"NMI: {difference_clause(words['nmi'])}",
    ])  # fmt: skip
    higher = [verdict(difference) == "higher" for difference in (*words.values(), shared)]
    where = percentage_origin(35, "silhouette", between=("autoencoder", "vae"))
    file = published_scores("results_file")["silhouette"]
    other = f"by its results file it would be {file['vae'] / file['autoencoder'] - 1:+.0%}"
    found = HOLDS if all(higher) else PARTLY if any(higher) else FAILS
    return Judgement(found, effect, f"{where}; {other}")


def _weakest(study: ReleasedStudy) -> Judgement:
    others = [slug for slug in STUDIED if slug != "pca"]
    below = {name: sum(verdict(study.difference("pca", slug, name)) == "lower" for slug in others) for name in GENRE}
    effect = ", ".join(f"{METRICS[name].title}: lower than {count} of {len(others)}" for name, count in below.items())
    mean, ours = study.means(), published_scores()
    reason = (
        f"printed ARI {ours.loc['pca', 'ari']:g}; ours {mean_sd(mean.loc['pca', 'ari'])}, "
        "from the same 16 components. The results file has no PCA row to compare"
    )
    share = sum(below.values()) / (len(GENRE) * len(others))
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
    table = published_scores()
    order = table.sort_values("overall", ascending=False).index
    wrong = [
        slug for slug, rank in zip(order, range(1, len(order) + 1), strict=True) if table.loc[slug, "rank"] != rank
    ]
    ours = overall_scores(study.means())["overall"]
    rho = spearmanr(table["overall"], ours.reindex(table.index)).statistic
    effect = f"rank correlation of the printed overall scores with ours: {rho:.2f}"
    pairs = ", ".join(
        f"{METHODS[s].title} {table.loc[s, 'overall']:g} (rank {table.loc[s, 'rank']:.0f})" for s in wrong
    )
    reason = f"the printed ranks do not follow the printed scores: {pairs}" if wrong else "ranks follow scores"
    return Judgement(FAILS if wrong else HOLDS, effect, reason)


def _minutes(study: ReleasedStudy) -> Judgement:
    seconds = [run["seconds"] / run["parameters"]["seeds"] for run in study.runs.values()]
    machine = next(iter(study.runs.values()))["machine"]
    effect = (
        f"ours: {sum(seconds):.0f} s for one model of each method, {max(seconds):.1f} s for the slowest ({machine})"
    )
    reason = "the published machine is not known; and seven trained models of 5 minutes each are 35 minutes, not 30"
    return Judgement(UNTESTABLE, effect, reason)


def _one_model(study: ReleasedStudy) -> Judgement:
    rows = study.scores[study.scores["clusterer"] == "kmeans"].set_index(["seed", "space", "metric"])["value"]
    chosen = study.scores[study.scores["clusterer"] == "kmeans"]["method"].to_numpy()
    vae, beta = rows[chosen == "vae"], rows[chosen == "beta_vae_1"]
    same = vae.sort_index().equals(beta.sort_index())
    table, sd = (
        published_scores()["silhouette"],
        metric_means(comparable_rows(study.intervals), "sd").loc["vae", "silhouette"],
    )
    gap = abs(table["vae"] - table["beta_vae_1"])
    effect = "with the same seeds all scores are identical" if same else "with the same seeds the scores differ"
    shown = f"the printed silhouettes differ by {gap:.4f}, {gap / sd:.1f} of our standard deviations over seeds"
    reason = f"one model, run twice without a seed: {shown}"
    return Judgement(FAILS if same else HOLDS, effect, reason)


JUDGES: dict[str, Callable[[ReleasedStudy], Judgement]] = {
    "C1": _best_overall, "C2": _convolutions, "C3": _beta_tidies, "C4": _beta_costs, "C5": _lyrics_multiply,
    "C6": _lyrics_mean, "C7": _probabilistic, "C8": _weakest, "C9": _disentangled, "C10": _ranking, "C11": _minutes,
    "C12": _one_model,
}  # fmt: skip


def published_distances(study: ReleasedStudy) -> pd.DataFrame:
    """Return how far the published values lie from our means, in our deviations: median and largest, by source."""
    ours = replica_rows(study.intervals)
    means, deviations = metric_means(ours), metric_means(ours, "sd")
    rows = {}
    for source, title in PUBLISHED_SOURCES.items():
        far = ((published_scores(source)[means.columns] - means) / deviations).abs().stack().dropna()
        method, metric = far.idxmax()
        rows[title] = {
            "values": len(far),
            "median distance (sd)": f"{far.median():.1f}",
            "within 2 sd": f"{(far <= 2).mean():.0%}",
            "farthest": f"{METHODS[method].title}, {METRICS[metric].title}: {far.max():.0f} sd",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def join_shares(study: ReleasedStudy) -> pd.Series:
    """Return, in percent, how the published lyrics rows relate to the audio rows beside them; empty if not recorded."""
    titles = {
        "same_genre": "genre agrees with the audio row",
        "chance": "the same, in random order",
        "predicts_own_genre": "own genre found by a classifier",
        "predicts_track_genre": "genre of the audio row found",
    }
    join = study.runs["multimodal_vae"].get("lyrics_join", {})
    return pd.Series({title: 100 * join[name] for name, title in titles.items() if name in join}, dtype=float)


PLURALS = {HOLDS: "hold", PARTLY: "hold in part", FAILS: "do not hold", UNTESTABLE: "cannot be tested"}


def verdict_counts(table: pd.DataFrame) -> str:
    """Return how many claims got each verdict, as a clause: ``1 holds, 3 hold in part and 8 do not hold``."""
    counts = table["verdict"].value_counts()
    found = [name for name in PLURALS if name in counts]
    parts = [f"{counts[name]} {name if counts[name] == 1 else PLURALS[name]}" for name in found]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def origins(percent: float, metric: str, *, digits: int = 0) -> pd.DataFrame:
    """Return every pair of published values of a metric whose change is ``percent``, rounded or cut to its digits.

    Also tried with the decimal point of the earlier value moved by one place. Columns: ``from, to, value, to_value,
    slip``; ``from`` and ``to`` name table and method.
    """
    values = [
        (f"{METHODS[slug].title}, {title}", value)
        for source, title in PUBLISHED_SOURCES.items()
        for slug, value in published_scores(source)[metric].items()
    ]
    rows = [
        (before, after, start, end, slip)
        for (before, start), (after, end) in permutations(values, 2)
        for slip in (False, True)
        if _matches(100 * (end / (start / 10 if slip else start) - 1), percent, digits)
    ]
    return pd.DataFrame(rows, columns=["from", "to", "value", "to_value", "slip"])


def _matches(change: float, percent: float, digits: int) -> bool:
    return percent in (round(change, digits), int(change * 10**digits) / 10**digits)


def percentage_origin(percent: float, metric: str, *, digits: int = 0, between: tuple[str, str]) -> str:
    """Return in words where a published percentage comes from, among the changes between two methods."""
    found = origins(percent, metric, digits=digits)
    names = tuple(METHODS[slug].title for slug in between)
    of_these = found["from"].str.startswith(f"{names[0]},") & found["to"].str.startswith(f"{names[1]},")
    if not of_these.any():
        return f"{percent:+g} % is no change between the published values of {names[0]} and {names[1]}"
    row = found[of_these].sort_values("slip").iloc[0]
    places = " and ".join(dict.fromkeys((row["from"].split(", ")[1], row["to"].split(", ")[1])))
    start = (
        f"{row['value'] / 10:.5g}, a misplaced decimal point for {row['value']:g}"
        if row["slip"]
        else f"{row['value']:g}"
    )
    return f"{percent:+g} % is the change from {start} to {row['to_value']:g} ({places})"


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
    rows = [
        (claim, METRICS[metric].title, percentage_origin(percent, metric, digits=digits, between=between))
        for claim, percent, metric, digits, between in PERCENTAGES
    ]
    return pd.DataFrame(rows, columns=["claim", "metric", "origin"]).set_index("claim")
