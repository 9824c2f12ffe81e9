"""The part of an audio file that is measured: from where its sound begins (chapter ``10_your_music``).

libsndfile reads what it can, PyAV the rest.
"""

import math
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vaeclust.corpus.containers import DECLARED, ContainerError, Decoder
from vaeclust.corpus.facts import read_facts

# A "30-second clip" is seldom 30 seconds to the sample: what is less than this much longer is taken whole.
GRACE = 1.0
LEAD = 1.0  # seconds of silence that belong to the sound behind it; what is longer is passed over
AUDIBLE = 3e-4  # -70 dB, above the noise that dithers 16 bits, and above what MP3 makes of that
SUFFIXES = (
    ".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".spx", ".mp3", ".mp2", ".au", ".aif", ".aiff",
    ".aifc", ".caf", ".m4a", ".m4b", ".mp4", ".aac", ".ac3", ".eac3", ".3gp", ".wma", ".webm", ".weba", ".mka", ".wv",
    ".ape", ".tta", ".mpc", ".amr",
)  # fmt: skip
COMPLAINTS = 0.01  # of a decoder, by the packet of an MP3: what some encoders write has a few, and is whole
_BLOCK = 2**16  # samples
_FRAME = 1152  # samples in a packet of an MP3

# How files begin that are called something else: at which byte, which bytes, what it is.
_CONTAINERS = (
    (0, b"\x1aE\xdf\xa3", "a WebM or Matroska file"),
    (4, b"ftyp", "an MP4 (M4A) file"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a WMA file"),
)
_NO_SOUND = (
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"MThd", "a MIDI file: notes, no sound"),
)


class AudioError(ValueError):
    """An audio file from which no features can be taken; the message is the reason."""


class Sound(NamedTuple):
    """The part of a file that is measured.

    samples: (n,) float32, mono. rate: in Hz. silence: the seconds that were passed over. damage: in words what of the
    file is damaged, empty where nothing is.
    """

    samples: np.ndarray
    rate: int
    silence: float = 0.0
    damage: str = ""


def read_sound(path: Path, seconds: float, offset: float = 0.0) -> Sound:
    """Return the part of a file that is measured.

    It begins after ``offset`` seconds; where more than a second of silence follows, at the first sound. It lasts
    ``seconds``, or to the end of a file that ends less than a second later. Channels are averaged.

    Raises
    ------
    AudioError
        For what is no sound that can be read, and for a file that is truncated, unless that part is whole.
    OSError
        For a file that cannot be opened.
    """
    if not _begins_like(path, _CONTAINERS):
        try:
            return _by_libsndfile(path, seconds, offset)
        except _UnreadError:
            pass
    try:
        return _by_pyav(path, seconds, offset)
    except ContainerError as error:
        what = f"a file {error}" if str(error) else kind_of(path) or "not audio that can be read"
        raise AudioError(f"it is {what}") from None


def reads_otherwise(path: Path) -> bool:
    """Return whether a file gives other samples than it did before silence was passed over and MP3 read in one go."""
    import soundfile

    try:
        if read_sound(path, seconds=0.1).silence:
            return True
        with _silent_decoder(), soundfile.SoundFile(os.fsencode(path)) as file:
            return bool(file.subtype.startswith("MPEG"))
    except (AudioError, OSError, soundfile.SoundFileError):
        return False


def kind_of(path: Path) -> str:
    """Return in words what a file is that its name does not say, as far as its first bytes tell."""
    if what := _begins_like(path, _CONTAINERS):
        return f"{what}, whatever it is called"
    if what := _begins_like(path, _NO_SOUND):
        return what
    with path.open("rb") as file:
        head = file.read(512)
    if head.lstrip()[:1] == b"<":
        return "a web page, or another text with markup"
    readable = bytes(range(32, 127)) + b"\t\r\n"
    return "a text" if head and not head.translate(None, readable) else ""


def _begins_like(path: Path, beginnings: Iterable[tuple[int, bytes, str]]) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    return next((what for place, mark, what in beginnings if head[place : place + len(mark)] == mark), "")


class _UnreadError(Exception):
    """What libsndfile does not read, or not to its end."""


def _by_libsndfile(path: Path, seconds: float, offset: float) -> Sound:
    import soundfile

    class Stream(soundfile.SoundFile):
        """A file that is read from its start to its end.

        Else soundfile seeks the place where it is after every block; a decoder of MP3 then begins again in the middle,
        without the bits that a packet keeps in those before it, and complains of files that are whole.
        """

        def seekable(self) -> bool:
            return False

    def blocks() -> Iterator[np.ndarray]:
        while len(block := file.read(_BLOCK, dtype="float32")):
            yield block.mean(axis=1) if block.ndim == 2 else block

    try:
        with _silent_decoder() as complaints, Stream(os.fsencode(path)) as file:
            part = _gather(blocks(), file.samplerate, seconds, offset)
            rate, promised, is_mp3, report = (
                file.samplerate,
                file.frames,
                file.subtype.startswith("MPEG"),
                file.extra_info,
            )
            n_complaints = complaints()
    except soundfile.SoundFileError:
        raise _UnreadError from None
    if is_mp3 and part.ended:
        length = (read_facts(path).length or 0) * rate
        if part.read < 0.99 * length - rate / 10:  # it ends where its length was guessed
            raise _UnreadError
        promised = promised if _promises(path) else part.read
    # The header of a damaged file promises more than the file holds; streams write 0 or the largest number there.
    data = re.search(r"(?:data|Data Size|SSND)\s*: (\d+) \(should be (\d+)\)", report)
    cut = data is not None and 0 < int(data[2]) < 0.99 * int(data[1]) and int(data[1]) < 2**31
    cut |= "calculated from length" in report
    if part.ended and (part.read < 0.99 * promised or (cut and part.read < (offset + seconds) * rate)):
        raise _truncated(part.read / rate)
    many = n_complaints > COMPLAINTS * part.read / _FRAME
    damage = f"its decoder complained {n_complaints} times" if many else ""
    return Sound(part.samples, rate, part.silence, damage)


def _by_pyav(path: Path, seconds: float, offset: float) -> Sound:
    decoder = Decoder(path)
    blocks = iter(decoder)
    first = next(blocks, None)
    if first is None or decoder.bad > decoder.good:
        raise ContainerError
    part = _gather(_until(decoder.end, chain([first], blocks)), decoder.rate, seconds, offset)
    if decoder.bad > decoder.good:
        raise ContainerError
    if part.ended and part.read < DECLARED * decoder.end:
        raise _truncated(part.read / decoder.rate)
    damage = f"{decoder.bad} of its {decoder.good + decoder.bad} packets could not be decoded" if decoder.bad else ""
    return Sound(part.samples, decoder.rate, part.silence, damage)


def _until(end: int, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield blocks up to a frame, behind which an encoder has filled its last packet up; 0 is no end."""
    read = 0
    for block in blocks:
        yield block[: end - read] if end else block
        read += len(block)
        if 0 < end <= read:
            return


def _truncated(seconds: float) -> AudioError:
    return AudioError(f"it is truncated: only {seconds:.1f} s are left of what its header promises")


def _promises(path: Path) -> bool:
    """Return whether an MP3 says itself how many frames it has, so that libsndfile need not guess."""
    import mutagen.mp3

    try:
        info: Any = mutagen.mp3.MP3(path).info
        return info.bitrate_mode != mutagen.mp3.BitrateMode.UNKNOWN
    except mutagen.MutagenError:
        return False


class _Part(NamedTuple):
    """The samples that are measured; the seconds of silence before them; how many frames were read, and if all were."""

    samples: np.ndarray
    silence: float
    read: int
    ended: bool


def _gather(blocks: Iterable[np.ndarray], rate: int, seconds: float, offset: float) -> _Part:
    """Take the part that is measured from mono blocks, (n,) float32, and read no further than is needed."""
    skipped, most = round(offset * rate), math.ceil((seconds + GRACE) * rate)
    kept: list[np.ndarray] = []
    read = silent = 0  # frames: all, and those before the first sound
    begun = False
    ended = True
    for block in blocks:
        after = block[max(0, skipped - read) :]
        read += len(block)
        if not begun:
            sounding = np.flatnonzero(~(np.abs(after) <= AUDIBLE))  # what is no number is a fault, and no silence
            begun = len(sounding) > 0
            silent += int(sounding[0]) if begun else len(after)
            if begun and silent > LEAD * rate:
                kept, after = [], after[sounding[0] :]
        room = most - sum(map(len, kept))
        if room > 0:
            kept.append(after[:room])
        if begun and len(after) >= room:
            ended = False
            break
    samples = np.concatenate([np.empty(0, np.float32), *kept])
    if len(samples) >= most:
        samples = samples[: round(seconds * rate)]
    return _Part(samples, silent / rate if begun and silent > LEAD * rate else 0.0, read, ended)


@contextmanager
def _silent_decoder() -> Iterator[Callable[[], int]]:
    """Keep what libsndfile's decoder of MP3 prints from the terminal; yields what counts its complaints so far."""
    try:
        terminal = os.dup(2)
    except OSError:  # it has no terminal to print to
        yield lambda: 0
        return
    with tempfile.TemporaryFile() as log:

        def complaints() -> int:
            log.seek(0)
            return log.read().count(b"error:")

        os.dup2(log.fileno(), 2)
        try:
            yield complaints
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
