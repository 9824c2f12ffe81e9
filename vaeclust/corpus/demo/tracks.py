"""The demo corpus (chapter ``00_data``): ten styles of synthetic music and lyrics with known factors.

A style is one row of ``STYLES``: the means of the factors, and what it prefers in the tables of ``synthesis``. The
spread around the means is the same for all styles, and every style may draw every instrument and pattern, so styles
overlap. Wherever it is shown it is called synthetic.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vaeclust.corpus.demo.synthesis import perform, pick

RECIPE = 1  # of tracks, sound and texts, ``synthesis`` included: raised whenever they change, see ``audio.RECIPE``


class Factor(NamedTuple):
    """A factor of variation: its unit, its limits, and the spread of clips around their style's mean."""

    unit: str
    low: float
    high: float
    spread: float


FACTOR_TABLE = {
    "tempo": Factor("beats per minute", 50, 190, 15),
    "mode": Factor("0 minor, 1 major: the style's mean and a deviation, rounded", 0, 1, 0.4),
    "key": Factor("pitch class of the tonic, C = 0; a style's mean counts fifths above C", 0, 11, 2.5),
    "register": Factor("MIDI note at the centre of the melody", 50, 84, 4),
    "brightness": Factor("0 (dark timbre) to 1 (bright)", 0, 1, 0.13),
    "percussion": Factor("0 (no drums) to 1 (drums dominate)", 0, 1, 0.13),
    "density": Factor("melody notes per beat; sparse clips thin out their accompaniment, too", 0.4, 4, 0.4),
    "distortion": Factor("0 (clean) to 1 (saturated)", 0, 1, 0.14),
    "dynamics": Factor("decibels between soft and loud passages", 0, 24, 3.5),
}

FACTORS = tuple(FACTOR_TABLE)


class Style(NamedTuple):
    """Factor means in the order of ``FACTORS``, and what the style prefers, by name, in the shared tables.

    ``swing`` runs from 0 (even) to 1 (triplets), ``legato`` is the share of its length that a note sounds.
    A name given twice weighs double.
    """

    means: tuple[float, ...]
    instruments: str
    progressions: str
    comping: str
    bass: str
    drums: str
    voicing: str
    swing: float
    legato: float
    topics: str


STYLES = {
    "slow_ballad": Style(
        (68, 0.7, 0, 67, 0.30, 0.25, 1.0, 0.06, 10), "piano strings nylon", "four_chords turnaround",
        "broken held", "roots", "backbeat brushes", "triad", 0.0, 0.95, "love memory"),
    "dance_pulse": Style(
        (126, 0.4, 1, 67, 0.80, 0.72, 2.0, 0.30, 3), "synth synth organ", "four_chords falling",
        "offbeat stabs", "octaves eighths", "four_floor", "triad", 0.0, 0.6, "dance love"),
    "finger_picking": Style(
        (104, 0.7, 2, 64, 0.50, 0.08, 2.4, 0.04, 7), "nylon steel", "folk falling",
        "picking broken", "alternating", "shaker brushes", "triad", 0.1, 0.95, "road nature"),
    "heavy_riff": Style(
        (146, 0.1, 2, 57, 0.65, 0.60, 2.2, 0.62, 3), "electric electric organ", "modal falling",
        "gallop eighths", "eighths gallop", "backbeat double", "power", 0.0, 0.8, "struggle faith"),
    "chamber_lines": Style(
        (92, 0.6, 0, 74, 0.45, 0.06, 2.0, 0.02, 14), "strings strings reed flute", "circle turnaround",
        "quarters held", "roots walking", "shaker", "triad", 0.0, 0.9, "nature faith"),
    "swing_combo": Style(
        (156, 0.6, -2, 69, 0.50, 0.45, 1.8, 0.10, 8), "reed reed piano flute", "turnaround circle",
        "charleston quarters", "walking", "ride brushes", "seventh", 1.0, 0.75, "city love"),
    "offbeat_strum": Style(
        (82, 0.6, 1, 62, 0.35, 0.60, 1.2, 0.10, 4), "organ organ steel", "folk modal",
        "offbeat", "dub roots", "one_drop", "triad", 0.3, 0.45, "dance nature"),
    "sparse_beat": Style(
        (92, 0.2, -1, 60, 0.40, 0.82, 1.0, 0.34, 4), "synth bell piano", "modal falling",
        "held charleston", "dub", "broken double", "seventh", 0.35, 0.7, "city struggle"),
    "call_and_answer": Style(
        (112, 0.5, 3, 61, 0.60, 0.45, 1.6, 0.42, 7), "electric steel reed", "twelve_bar",
        "shuffle quarters", "walking alternating", "backbeat ride", "seventh", 0.8, 0.8, "road struggle"),
    "drone_and_bells": Style(
        (72, 0.45, -1, 74, 0.70, 0.06, 0.8, 0.05, 12), "bell bell strings", "modal drone",
        "held picking", "held", "shaker", "open", 0.0, 1.0, "memory nature"),
}  # fmt: skip

TOPICS = {  # a word may belong to several topics
    "love": "heart kiss arms lips promise rose letter tears touch eyes ring night dream honey fever moon",
    "memory": "photograph yesterday ghost letter childhood window dust summer name shadow dream clock tears",
    "road": "highway train engine station mile wheel bridge dust ticket border suitcase whistle river moon",
    "nature": "river mountain meadow rain willow snow sparrow harvest summer leaf ocean stone shadow rose",
    "city": "street neon taxi corner window traffic subway whistle rooftop smoke stranger night money bar",
    "dance": "floor rhythm beat party body speaker music fever hips crowd night glitter drum summer",
    "struggle": "hunger money chain war fist wall hammer blood debt fire smoke prison engine stone",
    "faith": "angel prayer heaven mercy altar grace candle choir bell soul mountain light fire river",
}

COMMON_WORDS = "time day life world way home hand song man woman morning sky word thing year"
LINES = (
    "the {} and the {}", "no {} without a {}", "we saw the {} of the {}", "give me the {} and {}",
    "oh my {} in the {}", "every {} is a {}", "I left a {} for your {}", "you are the {} I call {}",
)  # fmt: skip
TONICS = "C C# D Eb E F F# G Ab A Bb B".split()


def track_table(*, seed: int = 0, clips_per_style: int = 60) -> pd.DataFrame:
    """Draw the tracks of the corpus (chapter ``00_data``).

    A clip depends only on the seed (at least 0), its style and its number: a smaller corpus is part of a larger
    one. Each ensemble of ten clips has habits, which make a third of the variance of every factor.

    Returns
    -------
    DataFrame
        (10 * clips_per_style, 12), indexed by ``track_id`` (``slow_ballad.00000``): genre (the style), title,
        artist, and the ``FACTORS`` as float64 in the units of ``FACTOR_TABLE``.

    Raises
    ------
    ValueError
        For a number of clips outside 1 to 100,000.

    Examples
    --------
    >>> tracks = track_table(clips_per_style=3)
    >>> tracks.shape, tracks.index[0], tracks["genre"].nunique()
    ((30, 12), 'slow_ballad.00000', 10)
    """
    if not 1 <= clips_per_style <= 100_000:
        raise ValueError(f"clips_per_style is {clips_per_style}; expected 1 to 100,000")
    ids = [f"{style}.{clip:05d}" for style in STYLES for clip in range(clips_per_style)]
    return pd.DataFrame([_track(track_id, seed) for track_id in ids], index=pd.Index(ids, name="track_id"))


def _track(track_id: str, seed: int) -> dict[str, Any]:
    style, number = track_id.split(".")
    ensemble = int(number) // 10 + 1
    habits = _generator(f"{style}.{ensemble}", seed, "ensemble").standard_normal(len(FACTORS))
    own = _generator(track_id, seed, "clip").standard_normal(len(FACTORS))
    draws = np.sqrt(1 / 3) * habits + np.sqrt(2 / 3) * own
    factors = {}
    for name, mean, draw in zip(FACTORS, STYLES[style].means, draws, strict=True):
        _, low, high, spread = FACTOR_TABLE[name]
        value = mean + spread * draw
        if name == "mode":
            value = value > 0.5
        elif name == "key":
            value = round(value) * 7 % 12
        else:  # reflected at the limits, so that no heap of clips lies on them
            value = high - abs(high - low - abs(value - low))
        factors[name] = float(value)
    key = f"{TONICS[int(factors['key'])]} {'major' if factors['mode'] else 'minor'}"
    who = f"Synthetic {style.replace('_', ' ')}"
    title, artist = f"{who} {int(number) + 1} in {key}", f"{who} ensemble {ensemble}"
    return {"genre": style, "title": title, "artist": artist, **factors}


def _generator(track_id: str, seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of one track for one purpose, so that no draw depends on other tracks."""
    style, _, number = track_id.partition(".")
    if style not in STYLES or not number.isdigit():
        raise ValueError(f"unknown track {track_id!r}; expected <style>.<number> with a style of {', '.join(STYLES)}")
    stream = ("ensemble", "clip", "render", "lyrics").index(purpose)
    return np.random.default_rng([seed, list(STYLES).index(style), int(number), stream])


def render(track: pd.Series, *, seed: int = 0, seconds: float = 10.0) -> np.ndarray:
    """Compose and play one track (chapter ``00_data``).

    ``track`` is a row of :func:`track_table`, named by its track id; change a factor within its limits to hear what
    it does. ``seed`` (at least 0) decides everything that the factors leave open.

    Returns
    -------
    ndarray
        (round(22050 * seconds),) float32, mono at 22,050 Hz, within [-1, 1]. The same arguments give the same
        samples on one machine.

    Raises
    ------
    ValueError
        For a track id of no style, or a length that is not positive.

    Examples
    --------
    >>> track = track_table(clips_per_style=1).loc["swing_combo.00000"]
    >>> samples = render(track, seconds=1.0)
    >>> samples.shape, samples.dtype
    ((22050,), dtype('float32'))
    """
    if seconds <= 0:
        raise ValueError(f"seconds is {seconds}; expected a positive length")
    generator = _generator(str(track.name), seed, "render")
    style = STYLES[str(track.name).partition(".")[0]]
    factors = {name: float(track[name]) for name in FACTORS}
    return perform(style, factors, generator, seconds=seconds)


def lyrics(tracks: pd.DataFrame, *, informativeness: float = 0.8, seed: int = 0) -> dict[str, str]:
    """Write the lyrics of a corpus (chapter ``00_data``).

    ``informativeness`` is the probability that a topical word comes from the topics of the track's style and not
    from all topics alike: at 0 the texts know nothing of the style. ``seed`` is at least 0.

    Returns
    -------
    dict of str to str
        Text by track id, without the 30 % of tracks, drawn alike in every style, that have none.

    Raises
    ------
    ValueError
        For an informativeness outside [0, 1], or a track id of no style.

    Examples
    --------
    >>> tracks = track_table(clips_per_style=3)
    >>> texts = lyrics(tracks)
    >>> len(texts), texts["slow_ballad.00001"].splitlines()[0]
    (20, 'the world and the clock')
    """
    if not 0 <= informativeness <= 1:
        raise ValueError(f"informativeness is {informativeness}; expected 0 to 1")
    texts = {}
    for track_id in tracks.index:
        rng = _generator(track_id, seed, "lyrics")
        if rng.random() >= 0.3:
            texts[track_id] = _text(rng, STYLES[track_id.partition(".")[0]].topics.split(), informativeness)
    return texts


def _text(rng: np.random.Generator, topics: list[str], informativeness: float) -> str:
    """Write verses and a returning chorus; the two topics share a text unevenly."""
    share = rng.beta(4, 4)

    def word() -> str:
        own = topics[int(rng.random() > share)]
        topic = own if rng.random() < informativeness else pick(rng, list(TOPICS))
        return pick(rng, (COMMON_WORDS if rng.random() < 0.35 else TOPICS[topic]).split())

    def verse() -> str:
        return "\n".join(pick(rng, LINES).format(word(), word()) for _ in range(4))

    chorus = verse()
    return "\n\n".join(part for _ in range(rng.integers(2, 5)) for part in (verse(), chorus))
