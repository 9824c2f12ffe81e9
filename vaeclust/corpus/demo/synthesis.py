"""Composes and plays the clips of the demo corpus, by numpy and scipy alone (chapter ``00_data``).

A clip is composed from its factors and from tables that all styles share, played by wavetable instruments, distorted,
and placed in a room. ``tracks`` holds the styles, the factors and the words.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy

from vaeclust.corpus.audio import SAMPLE_RATE

PROGRESSIONS = {  # scale degree of the chord of each bar, the tonic is 0
    "four_chords": (0, 4, 5, 3), "turnaround": (0, 5, 1, 4), "folk": (0, 3, 0, 4), "falling": (0, 6, 5, 4),
    "circle": (0, 3, 1, 4, 5, 1, 4, 0), "modal": (0, 6, 3, 0), "drone": (0, 0, 3, 0),
    "twelve_bar": (0, 3, 0, 0, 3, 3, 0, 0, 4, 3, 0, 4),
}  # fmt: skip

VOICINGS = {"triad": (0, 2, 4), "seventh": (0, 2, 4, 6), "power": (0, 4, 7), "open": (0, 4, 9)}  # scale steps

# Patterns are one bar of sixteen steps: a dot rests, x sounds the whole chord (or drum), a digit one tone.
COMPING = {
    "held": "x...............", "quarters": "x...x...x...x...", "eighths": "x.x.x.x.x.x.x.x.",
    "offbeat": "..x...x...x...x.", "stabs": "x..x..x...x.x...", "charleston": "x.....x.........",
    "gallop": "x.xxx.xxx.xxx.xx", "shuffle": "x...x.x.x...x.x.", "broken": "0.1.2.1.0.1.2.1.",
    "picking": "0.2.1.2.02..1.2.",
}  # fmt: skip

BASS = {
    "roots": "0.......0.......", "held": "0...............", "eighths": "0.0.0.0.0.0.0.0.",
    "octaves": "0.7.0.7.0.7.0.7.", "alternating": "0...4...0...4...", "walking": "0...2...4...5...",
    "gallop": "0.000.000.000.00", "dub": "0..0......4.2...",
}  # fmt: skip

DRUM_PATTERNS = {
    "backbeat": {"kick": "x.....x.x.......", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
    "four_floor": {"kick": "x...x...x...x...", "snare": "....x.......x...", "hat": "..x...x...x...x."},
    "double": {"kick": "x.xxx.x.x.xxx.x.", "snare": "....x.......x...", "ride": "x...x...x...x..."},
    "ride": {"kick": "x.........x.....", "hat": "....x.......x...", "ride": "x...x.x.x...x.x."},
    "brushes": {"kick": "x.......x.......", "hat": "....x.......x...", "shaker": "x.x.x.x.x.x.x.x."},
    "one_drop": {"kick": "........x.......", "snare": "........x.......", "hat": "x.x.x.x.x.x.x.x."},
    "broken": {"kick": "x..x......x..x..", "snare": "....x..x.x..x...", "hat": "x.x.x.x.x.x.xxx."},
    "shaker": {"kick": "x...............", "shaker": "x.xxx.xxx.xxx.xx"},
}


class Instrument(NamedTuple):
    """A wavetable voice: spectrum, envelope, and how its tone moves."""

    rolloff: float  # partial k starts at k ** -rolloff
    even: float  # level of the even partials
    attack: float  # seconds
    decay: float  # seconds
    darkening: float  # seconds in which the upper partials fade
    vibrato: float  # cents
    detune: float  # cents to a second voice, 0: none
    ratios: tuple[float, ...] = tuple(range(1, 41))  # partials over the fundamental, multiples of 1/4


INSTRUMENTS = {
    "piano": Instrument(1.2, 0.9, 0.003, 0.9, 0.25, 0, 0),
    "nylon": Instrument(1.3, 0.6, 0.004, 0.5, 0.12, 0, 0),
    "steel": Instrument(0.8, 0.9, 0.002, 0.7, 0.3, 0, 0),
    "electric": Instrument(0.9, 0.8, 0.004, 2.5, 0.8, 12, 0),
    "organ": Instrument(1.0, 1.0, 0.01, 99, 99, 8, 0, (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8)),
    "strings": Instrument(1.1, 1.0, 0.09, 99, 99, 20, 9),
    "reed": Instrument(0.8, 0.3, 0.03, 99, 99, 18, 0),
    "flute": Instrument(2.2, 0.5, 0.05, 99, 99, 22, 0),
    "synth": Instrument(0.9, 0.5, 0.01, 3, 0.5, 0, 12),
    "bell": Instrument(0.7, 1.0, 0.002, 1.3, 0.5, 0, 0, (0.5, 1, 1.5, 2, 2.75, 3, 4.25, 5.5, 6.75, 8.25)),
}

BASS_INSTRUMENT = Instrument(1.2, 0.8, 0.006, 1.2, 0.2, 0, 0)


class Drum(NamedTuple):
    """A falling tone (Hz, level) and a band of noise (Hz) that fade together (seconds)."""

    tone: float
    level: float
    low: float
    high: float
    decay: float


DRUMS = {
    "kick": Drum(52, 2.5, 100, 3000, 0.11),
    "snare": Drum(185, 0.6, 700, 7000, 0.09),
    "hat": Drum(0, 0, 6000, 9500, 0.035),
    "ride": Drum(0, 0, 4000, 9500, 0.18),
    "shaker": Drum(0, 0, 3000, 9000, 0.05),
}

MINOR, MAJOR = (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11)  # semitones above the tonic
METRE = np.array([8, 1, 2, 1, 4, 1, 3, 2, 6, 1, 2, 1, 4, 1, 3, 2]) / 8  # weight of each step of a bar
TABLE_SIZE, PERIODS = 8192, 4  # of a wavetable


class Note(NamedTuple):
    """Start and length in beats, MIDI pitch, accent from 0 to 1."""

    start: float
    length: float
    pitch: float
    accent: float


class Song(NamedTuple):
    """What all parts of a clip share: factors, MIDI notes of the scale, the chord of each bar, and timing."""

    factors: dict[str, float]
    scale: np.ndarray
    chords: list[int]
    swing: float
    legato: float
    samples: int


def perform(style: Any, factors: dict[str, float], rng: np.random.Generator, *, seconds: float) -> np.ndarray:
    """Compose and play one clip: (round(22050 * seconds),) float32 within [-1, 1].

    style: what it prefers by name in the tables (a row of ``tracks.STYLES``); factors: by the names of
    ``tracks.FACTORS``; rng decides everything that the two leave open.
    """
    rng, *part_rngs, drum_rng, master_rng = rng.spawn(6)
    progression = _choose(rng, PROGRESSIONS, style.progressions)
    steps = np.array(MAJOR if factors["mode"] > 0.5 else MINOR) + int(factors["key"])
    song = Song(
        factors=factors,
        scale=(np.arange(0, 120, 12)[:, None] + steps).ravel(),
        chords=[progression[bar % len(progression)] for bar in range(int(seconds * factors["tempo"] / 240) + 1)],
        swing=float(np.clip(style.swing + rng.normal(0, 0.15), 0, 1)),
        legato=style.legato,
        samples=round(SAMPLE_RATE * seconds),
    )
    voicing = _choose(rng, VOICINGS, style.voicing)
    comping, bass = _choose(rng, COMPING, style.comping), _choose(rng, BASS, style.bass)
    lead, harmony = (_choose(rng, INSTRUMENTS, style.instruments) for _ in range(2))
    parts = (
        (0, lead, _melody(song, part_rngs[0])),
        (-5, harmony, _accompaniment(song, comping, voicing, factors["register"] - 9, part_rngs[1])),
        (-4, BASS_INSTRUMENT, _accompaniment(song, bass, range(8), 40, part_rngs[2])),
    )
    pitched = np.zeros(song.samples, np.float32)
    for part_rng, (level, instrument, notes) in zip(part_rngs, parts, strict=True):
        pitched += _gain(level + part_rng.normal(0, 1.5)) * _play(song, notes, instrument, part_rng)
    drums = _drums(song, _choose(rng, DRUM_PATTERNS, style.drums), drum_rng)
    angle = 0.4 * math.pi * factors["percussion"]
    return _master(song, math.cos(angle) * _unit(pitched) + math.sin(angle) * _unit(drums), master_rng)


def _choose(rng: np.random.Generator, table: Mapping[str, Any], preferred: str) -> Any:
    """Draw from a table what the style prefers, or, once in seven times, anything."""
    return table[pick(rng, list(table) if rng.random() < 1 / 7 else preferred.split())]


def pick(rng: np.random.Generator, names: Sequence[str]) -> str:
    """Draw one of several names."""
    return names[int(rng.integers(len(names)))]


def _unit(samples: np.ndarray) -> np.ndarray:
    """Scale to a root mean square of 1; silence stays silence."""
    return samples / max(math.sqrt(np.mean(samples**2)), 1e-9)


def _gain(decibels: Any) -> Any:
    """Return the factor of amplitude for a Python float or, in its own precision, for an array."""
    return 10 ** (decibels / 20)


def _melody(song: Song, rng: np.random.Generator) -> list[Note]:
    """Phrases of four bars, A B A C: motifs that return over new chords, and a cadence."""
    motifs = [_motif(rng, song.factors["density"]) for _ in range(3)]
    centre = int(np.abs(song.scale - song.factors["register"]).argmin())
    notes = []
    for bar, chord in enumerate(song.chords):
        steps, contour = motifs[(0, 1, 0, 2)[bar % 4]]
        for step, end, move in zip(steps, [*steps[1:], 16], contour, strict=True):
            index = centre + move
            if bar % 4 == 3 and end == 16:  # the phrase closes on the tonic, or on the root of a chord without it
                index = _nearest(index, (0,) if chord in (0, 3, 5) else (chord,))
            elif step % 4 == 0:
                index = _nearest(index, (chord, chord + 2, chord + 4))
            length = (end - step) / 4 * song.legato
            notes.append(Note(4 * bar + step / 4, length, _pitch(song, index, chord), float(METRE[step])))
    return notes


def _motif(rng: np.random.Generator, density: float) -> tuple[np.ndarray, np.ndarray]:
    """One bar of melody: its steps, and a contour in scale steps around the centre."""
    count = int(np.clip(4 * density + rng.random(), 1, 16))
    steps = np.sort(np.argsort(np.log(METRE) + 0.8 * rng.gumbel(size=16))[-count:])
    contour = rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 4], size=count).cumsum()
    return steps, np.clip(contour - round(contour.mean()), -6, 6)


def _nearest(index: int, degrees: Iterable[int]) -> int:
    """Return the scale step nearest to ``index`` on one of the degrees."""
    wanted = {degree % 7 for degree in degrees}
    return min((i for i in range(index - 4, index + 5) if i % 7 in wanted), key=lambda i: abs(i - index))


def _pitch(song: Song, index: int, chord: int) -> float:
    """Return the MIDI pitch of a scale step; over the dominant of a minor key the leading tone is raised."""
    return float(song.scale[index] + (song.factors["mode"] <= 0.5 and chord == 4 and index % 7 == 6))


def _steps(song: Song, pattern: str, rng: np.random.Generator) -> list[int]:
    """Return the steps of the clip on which a pattern sounds; the sparser the clip, the more stay out off the beat."""
    steps = [step for step, mark in enumerate(pattern * len(song.chords)) if mark != "."]
    return [step for step in steps if step % 4 == 0 or rng.random() < 0.3 + 0.3 * song.factors["density"]]


def _accompaniment(
    song: Song, pattern: str, voicing: Sequence[int], register: float, rng: np.random.Generator
) -> list[Note]:
    """Play a pattern over the chords, each in the position nearest to the register (MIDI note)."""
    centre = int(np.abs(song.scale - register).argmin())
    roots = [_nearest(centre, (chord,)) for chord in song.chords]
    steps = _steps(song, pattern, rng)
    notes = []
    for step, following in zip(steps, [*steps[1:], math.inf], strict=True):
        bar, mark = step // 16, pattern[step % 16]
        tones = voicing if mark == "x" else [voicing[int(mark) % len(voicing)]]
        length = (min(following, 16 * bar + 16) - step) / 4 * song.legato
        accent = 0.5 if step % 4 else 0.8
        notes += [Note(step / 4, length, _pitch(song, roots[bar] + tone, song.chords[bar]), accent) for tone in tones]
    return notes


def _onset(song: Song, beats: float, rng: np.random.Generator) -> int:
    """Return the sample at which a note starts: swing delays the middle of a beat, and nobody plays on the dot."""
    whole, within = divmod(beats, 1)
    swung = whole + np.interp(within, (0, 0.5, 1), (0, 0.5 + song.swing / 6, 1))
    return max(0, round(SAMPLE_RATE * (swung * 60 / song.factors["tempo"] + rng.normal(0, 0.005))))


def _velocity(song: Song, accent: float, rng: np.random.Generator) -> float:
    """Return the amplitude of an accent: the wider the dynamics, the softer the weak notes."""
    return _gain(0.6 * song.factors["dynamics"] * (accent - 1) + rng.normal(0, 1))


def _play(song: Song, notes: list[Note], instrument: Instrument, rng: np.random.Generator) -> np.ndarray:
    """Play one part, each note from the bright and the dark wavetable of its pitch, through its amplifier."""
    release = np.linspace(1, 0, round(0.06 * SAMPLE_RATE), dtype=np.float32)
    time = np.arange(song.samples + len(release), dtype=np.float32) / SAMPLE_RATE  # since the start of a note
    wave = 2 * math.pi * 5.5  # vibrato, radians per second
    clock = time + (2 ** (instrument.vibrato / 1200) - 1) / wave * np.sin(wave * time)
    envelope = np.minimum(1, time / instrument.attack) * np.exp(-time / instrument.decay)
    brightness = np.exp(-time / instrument.darkening)
    tables: dict[float, np.ndarray] = {}
    part = np.zeros(song.samples, np.float32)
    for note in notes:
        start = _onset(song, note.start, rng)
        length = round(SAMPLE_RATE * note.length * 60 / song.factors["tempo"]) + len(release)
        gain = _velocity(song, note.accent, rng) * envelope[:length]
        gain[-len(release) :] *= release
        gain = gain[: max(0, song.samples - start)]
        if note.pitch not in tables:
            tables[note.pitch] = _wavetables(instrument, note.pitch, song.factors["brightness"], rng)
        bright, dark = tables[note.pitch]
        for cents in (0, instrument.detune) if instrument.detune else (0,):
            speed = np.float32(_hertz(note.pitch + cents / 100) * TABLE_SIZE / PERIODS)
            index = (clock[: len(gain)] * speed).astype(np.int32) & (TABLE_SIZE - 1)
            tone = dark[index]
            tone += brightness[: len(gain)] * (bright[index] - tone)
            part[start : start + len(gain)] += gain * tone
    drive = 0.1 * 80 ** song.factors["distortion"]
    return _unit(np.tanh(drive * _unit(part)))


def _hertz(pitch: float) -> float:
    return 440 * 2 ** ((pitch - 69) / 12)


def _wavetables(instrument: Instrument, pitch: float, brightness: float, rng: np.random.Generator) -> np.ndarray:
    """Return four periods of the bright and of the dark tone: (2, 8192) float32, from their spectra."""
    ratios = np.array(instrument.ratios)
    order = np.arange(1, len(ratios) + 1)
    hertz = _hertz(pitch) * ratios
    level = order**-instrument.rolloff * np.where(order % 2, 1, instrument.even) * (hertz < 0.45 * SAMPLE_RATE)
    level /= np.sqrt(1 + (hertz / (500 * 16**brightness)) ** 4)
    spectra = np.zeros((2, TABLE_SIZE // 2 + 1), complex)
    bins = (PERIODS * ratios).astype(int)
    spectra[:, bins] = [level, level / order] * np.exp(2j * np.pi * rng.random(len(ratios)))
    tables = scipy.fft.irfft(spectra)
    return (tables / np.sqrt(np.mean(tables[0] ** 2))).astype(np.float32)


def _drums(song: Song, patterns: dict[str, str], rng: np.random.Generator) -> np.ndarray:
    part = np.zeros(song.samples, np.float32)
    for name, pattern in patterns.items():
        hit = _hit(DRUMS[name], song.factors["brightness"], rng)
        for step in _steps(song, pattern, rng):
            start, level = _onset(song, step / 4, rng), _velocity(song, 0.6 if step % 4 else 1, rng)
            part[start : start + len(hit)] += level * hit[: max(0, song.samples - start)]
    return part


def _hit(drum: Drum, brightness: float, rng: np.random.Generator) -> np.ndarray:
    """Strike a drum, tuned anew for each clip."""
    tuning, decay = 2 ** rng.normal(0, 0.15), drum.decay * 2 ** rng.normal(0, 0.3)
    time = np.arange(round(5 * decay * SAMPLE_RATE)) / SAMPLE_RATE
    band = np.minimum(np.array([drum.low, drum.high]) * tuning * 2 ** (brightness - 0.5), [8000, 10500])
    filters = scipy.signal.butter(2, band, "bandpass", fs=SAMPLE_RATE, output="sos")
    noise = scipy.signal.sosfilt(filters, rng.standard_normal(len(time)))
    fall = time + decay * (1 - np.exp(-4 * time / decay))  # from five times the tone
    tone = np.sin(2 * np.pi * drum.tone * tuning * fall)
    return ((drum.level * tone + noise) * np.exp(-time / decay)).astype(np.float32)


def _master(song: Song, mix: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add room and tone, both in the frequency domain, then the swell of the phrase, and set the level."""
    tail = round(SAMPLE_RATE * rng.uniform(0.3, 1.2))
    room = rng.standard_normal(tail, np.float32) * np.exp(-np.linspace(0, 6.9, tail, dtype=np.float32))
    room *= rng.uniform(0.1, 0.4) / math.sqrt(np.sum(room**2))  # no BLAS: its sums depend on its threads
    room[0] = 1
    size = scipy.fft.next_fast_len(song.samples + tail, real=True)
    hertz = np.maximum(scipy.fft.rfftfreq(size, 1 / SAMPLE_RATE).astype(np.float32), 40)
    tilt = 6 * (song.factors["brightness"] - 0.5) + rng.normal(0, 0.7)  # decibels an octave
    tone = _gain(tilt * np.log2(hertz / 1000))
    wet = scipy.fft.irfft(scipy.fft.rfft(mix, size) * scipy.fft.rfft(room, size) * tone, size)[: song.samples]
    bars = np.arange(song.samples, dtype=np.float32) * (song.factors["tempo"] / 240 / SAMPLE_RATE)
    swell = song.factors["dynamics"] / 2 * np.sin(2 * math.pi * (bars / 4 + rng.random()))
    loud = _unit(wet * _gain(swell)) * _gain(rng.normal(-20, 2))
    return loud * (0.98 / max(0.98, float(np.abs(loud).max())))
