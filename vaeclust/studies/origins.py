"""What a record is of: tracks, labels, features, lyrics and settings, and whether these are the wanted ones."""

import shlex
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from vaeclust.corpus.dataset import Dataset
from vaeclust.files import book_root, digest, read_json
from vaeclust.methods.catalogue import HIDDEN, METHODS, Method, find
from vaeclust.studies.parameters import PARAMETERS

CORPUS, RUN = "corpus.json", "run.json"  # which corpus a folder is of; what a record is of
TRAINING = ("epochs", "batch_size", "learning_rate", "latent_dim")


def folder_name(dataset: Dataset, results: Path) -> str:
    """Return the name of a corpus's folder among the results; one that another corpus has got is numbered.

    Features other than the 20 means are another study: their name follows that of the corpus.
    """
    own = "-".join(filter(None, (dataset.name, dataset.variant)))
    names = (own if n == 1 else f"{own}-{n}" for n in count(1))
    return next(n for n in names if read_json(results / n / CORPUS).get("source", dataset.source) == dataset.source)


def other_folder(dataset: Dataset, results: Path) -> str:
    """Return what to say where the results of a corpus do not go into the folder of its name; else nothing."""
    folder = folder_name(dataset, results)
    if folder == "-".join(filter(None, (dataset.name, dataset.variant))):
        return ""
    return f"another corpus of that name has records already; these go to {results / folder}, or as --name says"


def origin(dataset: Dataset, inputs: Iterable[str] = ("audio", "lyrics")) -> dict[str, str]:
    """Return what a method saw of a corpus and is scored against, as digests of 16 digits.

    ``tracks``: their ids; ``labels``: all references; ``features``: names and values, and how they are scaled unless
    they are standardised; ``lyrics``: empty unless ``inputs`` names them, because whoever does not read them does not
    depend on them.
    """
    references = dataset.references().items()
    parts: dict[str, list[str | bytes]] = {
        "tracks": ["\n".join(dataset.ids)],
        "labels": [part for reference in references for part in (reference[0], reference[1].tobytes())],
        "features": ["\n".join(dataset.features.columns), dataset.features.to_numpy("<f8").tobytes()],
    }
    if dataset.scaling != "standard":
        parts["features"].append(dataset.scaling)
    if "lyrics" in inputs and dataset.lyrics is not None:
        parts["lyrics"] = [dataset.lyrics.tobytes(), dataset.has_lyrics.tobytes()]
    return {"lyrics": "", **{name: digest(*content)[:16] for name, content in parts.items()}}


def mismatches(run: Mapping[str, Any], dataset: Dataset, settings: Mapping[str, Any]) -> list[str]:
    """Return in words how a record differs from what it would be of this corpus with these settings; empty if it fits.

    run: its run.json. settings: of :func:`~vaeclust.studies.protocol.study`; those that the method does not read do
    not count.

    >>> from vaeclust.corpus import assemble
    >>> from vaeclust.corpus.demo import track_table
    >>> tracks = track_table(clips_per_style=1)
    >>> dataset = assemble("factors", tracks, tracks.select_dtypes("number"))
    >>> run = {"method": "vae", "parameters": {"epochs": 20}, "origin": origin(dataset, ["audio"])}
    >>> mismatches(run, dataset, {"epochs": 50})
    ['epochs 20, here 50']
    """
    slug = run.get("method", "")
    method = METHODS.get(slug) or (find(slug) if slug.startswith("beta_vae_") else None)
    if "origin" not in run:
        return ["it does not say what it is of (an earlier version wrote it)"]
    wanted = origin(dataset, method.inputs if method else ("audio", "lyrics"))
    found = [_words(part, run, dataset) for part, value in wanted.items() if run["origin"].get(part) != value]
    told, k = run["parameters"], dataset.default_k()
    for name in ("seeds", "n_clusters", *(_training(method) if method else TRAINING)):
        if name in settings:
            theirs, ours = told.get(name), settings[name]
            if name == "n_clusters":
                theirs, ours = theirs or k, ours or k
            if theirs != ours:
                found.append(f"{name} {theirs}, here {ours}")
    if method and "hidden" in method.choices:
        theirs, ours = run.get("settings", {}).get("hidden", HIDDEN), settings.get("hidden", HIDDEN)
        if list(theirs) != list(ours):
            found.append(f"hidden {list(theirs)}, here {list(ours)}")
    return found


def misfits(folder: Path, chapter: str, dataset: Dataset, settings: Mapping[str, Any]) -> list[str]:
    """Return in words which records of a chapter, in the folder of a corpus, are there and do not fit."""
    runs = {slug: read_json(folder / slug / RUN) for slug in slugs_of(chapter)}
    found = {slug: mismatches(run, dataset, settings) for slug, run in runs.items() if run}
    return [f"{slug}: {', '.join(why)}" for slug, why in found.items() if why]


def chapter_name(slug: str) -> str:
    """Return the chapter that makes the records of a method.

    >>> chapter_name("vae")
    '03_vae'
    """
    made_by = sorted((book_root() / "notebooks").glob(f"[0-9]*_{slug}.md"))
    return METHODS[slug].chapter if slug in METHODS else made_by[0].stem if made_by else slug


def slugs_of(chapter: str) -> list[str]:
    """Return whose records a chapter makes: methods, or its own.

    >>> slugs_of("03_vae"), slugs_of("13_real_lyrics")
    (['vae'], ['product_of_experts', 'real_lyrics'])
    """
    own = chapter.partition("_")[2]
    found = [slug for slug, method in METHODS.items() if method.chapter == chapter]
    return found if own in METHODS else [*found, own]


def command(chapters: Iterable[str], dataset: Dataset, settings: Mapping[str, Any]) -> str:
    """Return the line that makes records of a corpus with these settings; what is so by default is not said."""
    given = [f"--{name} {shlex.quote(value)}" for name, value in dataset.given.items() if value]
    texts = {name: ",".join(map(str, value)) if name == "hidden" else value for name, value in settings.items()}
    chosen = [f"-p {name}={value}" for name, value in texts.items() if value != PARAMETERS[name].default]
    return " ".join(["vaeclust run", *chapters, *given, *chosen])


def _training(method: Method) -> tuple[str, ...]:
    """Return the settings of training that a method reads."""
    if method.model == "UMAP":
        return _training(find(method.settings["base"]))
    return TRAINING if method.trained else ("latent_dim",) if method.model == "PCA" else ()


def _words(part: str, run: Mapping[str, Any], dataset: Dataset) -> str:
    sizes = {"tracks": len(dataset), "features": dataset.audio.shape[1]}
    if part in sizes and run.get(part) != sizes[part]:
        return f"{run.get(part)} {part}, here {sizes[part]}"
    return f"other {part}"
