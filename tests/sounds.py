"""What tests of audio share: a melody, and a file that holds it."""

import os

import av
import numpy as np
import soundfile

from vaeclust.corpus.audio import SAMPLE_RATE as RATE


def music(seconds=4.0, rate=RATE, seed=0):
    """A melody with noise, so that no feature of it is constant."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    pitch = rng.choice([220, 277, 330, 440, 554], int(seconds * 4) + 1)[(time * 4).astype(int)]
    return (0.3 * np.sin(2 * np.pi * np.cumsum(pitch) / rate) + 0.02 * rng.normal(size=len(time))).astype(np.float32)


def song(path, seed=0, seconds=2.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(os.fsencode(path), music(seconds, seed=seed), RATE, format=path.suffix[1:].upper())
    return path


def encoded(path, codec="", seconds=4.0, rate=44_100, seed=0, bit_rate=0, options=None, samples=None, metadata=None):
    """A melody in a container by its suffix, encoded by the codec that it usually has, or another."""
    usual = {".webm": "libopus", ".wma": "wmav2", ".mka": "flac", ".mp4": "aac", ".m4a": "aac", ".aac": "aac",
             ".3gp": "aac", ".opus": "libopus", ".ac3": "ac3", ".mp2": "mp2", ".wv": "wavpack", ".caf": "pcm_s16le",
             ".w64": "pcm_s16le", ".mp3": "libmp3lame", ".wav": "pcm_s16le"}  # fmt: skip
    formats = {".m4a": "ipod", ".aac": "adts", ".wma": "asf", ".mka": "matroska"}
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = music(seconds, rate=rate, seed=seed) if samples is None else samples
    name = formats.get(path.suffix, path.suffix[1:])
    with path.open("wb") as content, av.open(content, "w", format=name, options=options or {}) as file:
        file.metadata.update(metadata or {})
        samples = np.atleast_2d(samples).astype(np.float32)
        layout = "stereo" if len(samples) == 2 else "mono"
        stream = file.add_stream(codec or usual[path.suffix], rate=rate, layout=layout)
        if bit_rate or path.suffix == ".wma":
            stream.bit_rate = bit_rate or 128_000
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return path


def without_xing(path, parts):
    """An MP3 of variable bit rate without the frame that says how long it is: only its first frame tells a guess."""
    frames = [frame for part in parts for frame in mp3_frames(part, path.with_suffix(".part.mp3"))]
    path.write_bytes(b"".join(frames))
    return path


def mp3_frames(part, scratch):
    encoded(scratch, rate=RATE, samples=part[0], bit_rate=part[1], options={"write_xing": "0", "id3v2_version": "0"})
    with av.open(str(scratch)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def damaged(path, fill):
    """An MP3 of 24 seconds, a stretch of which is something else, or many small places."""
    content = bytearray(encoded(path, rate=RATE, seconds=24, bit_rate=64_000).read_bytes())
    rng, quarter = np.random.default_rng(0), len(content) // 4
    if fill == "places":
        for place in range(quarter, 3 * quarter, 3_000):
            content[place : place + 40] = rng.bytes(40)
    else:
        content[quarter : quarter + 20_000] = bytes(20_000) if fill == "zeros" else rng.bytes(20_000)
    path.write_bytes(content)
    return path
