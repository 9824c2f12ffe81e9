"""What an audio file is besides its sound: format, sample rate, bit rate, length (chapter ``10_your_music``).

Where these differ between groups of tracks, features may tell the files apart and not the music.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vaeclust.corpus.containers import FRAMES, opened

# The number of what reading a file gives: raised when facts come to say more, or when another part of some files is
# measured. What was kept before is then looked at again; only files that are read otherwise are measured again.
READING = 3
FACTS = ("file_format", "sample_rate", "bit_rate", "length")  # columns of the tracks

# What several suffixes are called.
_SAME = {"wave": "wav", "aif": "aiff", "oga": "ogg", "mp4": "m4a", "asf": "wma", "matroska": "mka", "mkv": "mka"}
_CODECS = {"opus": "opus", "speex": "spx"}  # in Ogg: called by what they hold


@dataclass(frozen=True)
class Facts:
    """What is known of an audio file besides its sound; None, or an empty text, is what is not known.

    Attributes
    ----------
    file_format : str
        Such as ``mp3``, ``wav``, ``m4a``: what the content is, whatever the file is called.
    sample_rate : int
        In Hz.
    bit_rate : int
        In bits a second, on average.
    length : float
        In seconds.
    """

    file_format: str = ""
    sample_rate: int | None = None
    bit_rate: int | None = None
    length: float | None = None


def read_facts(path: Path) -> Facts:
    """Return the facts of an audio file, without decoding it; of one that cannot be opened nothing is known."""
    import av

    with suppress(OSError, ValueError, av.error.FFmpegError), opened(path) as (container, stream):
        return _facts(container, stream, path)
    return Facts()


def _facts(file: Any, stream: Any, path: Path) -> Facts:
    """Return the facts of an opened container."""
    length = float(stream.duration * stream.time_base) if stream.duration else None
    if length is None and file.duration:
        length = file.duration / 1_000_000
    bit_rate = stream.bit_rate or file.bit_rate
    if file.format.name in FRAMES:
        ticks, size = 0, 0
        for packet in file.demux(stream):
            ticks, size = ticks + (packet.duration or 0), size + packet.size
        length = float(ticks * stream.time_base) if ticks else None
        bit_rate = round(8 * size / length) if length else None
    return Facts(
        _format_name(file.format, path, stream.codec_context.name),
        stream.sample_rate or None,
        bit_rate or None,
        round(length, 3) if length and length > 0 else None,
    )


def _format_name(container: Any, path: Path, codec: str) -> str:
    """Return what a container is called: by its suffix, if files of its kind are called so."""
    if container.name == "ogg":
        return _CODECS.get(codec.removeprefix("lib"), "ogg")
    names = [*container.name.split(","), *sorted(container.extensions)]
    suffix = path.suffix.lower().removeprefix(".")
    common = _SAME.get(suffix, suffix)
    fits = {suffix, common} & {*names, *(_SAME.get(name, name) for name in names)}
    return common if fits else _SAME.get(names[0], names[0])
