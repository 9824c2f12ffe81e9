"""Audio in any container, by PyAV, which brings its own codecs (chapter ``10_your_music``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

DECLARED = 0.9  # of the length that a container declares: its video may last longer than its sound


class ContainerError(ValueError):
    """A file without a stream of sound that can be read; the message says what is in it, or nothing."""


class _Content:
    """A file as PyAV reads it. A damaged header asks for places that no file has: these are refused without a word."""

    def __init__(self, file: BinaryIO):
        self.read, self.tell, self._seek = file.read, file.tell, file.seek

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._seek(offset, whence)
        except (OSError, ValueError):
            return -1


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield a container and its first stream of sound, both of PyAV.

    It is opened by its content, so that no name is taken for an address, and no file names another one to read. Raises
    ContainerError where there is no sound in it, and OSError for a file that cannot be opened.
    """
    import av

    with path.open("rb") as file:
        try:
            container = av.open(_Content(file), metadata_errors="replace")
        except (av.error.FFmpegError, ValueError):
            raise ContainerError from None
        with container:
            if not container.streams.audio:
                inside = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
                raise ContainerError(f"without sound: there is {inside} in it")
            yield container, container.streams.audio[0]


class Decoder:
    """The sound of a file, block by block, and how much of it was damaged.

    Attributes
    ----------
    rate : int
        Of the samples, in Hz; known from the first block on.
    good, bad : int
        How many packets could be decoded, and how many could not.
    end : int
        The number of frames that the container declares, 0 where it does not.
    """

    def __init__(self, path: Path):
        self.path = path
        self.rate = self.end = self.good = self.bad = 0

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield mono blocks, (n,) float32 of 16 bits, without what is damaged; errors as in :func:`opened`."""
        import av

        with opened(self.path) as (container, stream):
            declared = 0.0
            if container.format.name not in FRAMES:
                declared = float(stream.duration * stream.time_base) if stream.duration else 0.0
                declared = declared or (container.duration or 0) / av.time_base
            resampler: Any = None
            setup = None
            for frame in self._frames(container, stream):
                self.rate = self.rate or frame.sample_rate
                self.end = self.end or round(declared * self.rate)
                if setup != (setup := (frame.sample_rate, frame.layout.name, frame.format.name)):
                    resampler = av.AudioResampler(format="s16", rate=self.rate)
                frame.pts = None  # damaged times would be filled with silence
                for part in resampler.resample(frame):
                    samples = part.to_ndarray().reshape(-1, part.layout.nb_channels)
                    yield (samples.astype(np.float32) / 2**15).mean(axis=1)

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        import av

        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError):  # what follows is lost
                self.bad += 1
                return
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                self.bad += 1
                continue
            self.good += bool(frames)
            yield from frames


# Formats that are one frame behind another: what a header or a first frame says of their length may be a guess. Who
# reads all frames knows it, which takes milliseconds.
FRAMES = ("mp3", "aac", "ac3", "eac3")
