"""Decoding and measuring: every format, the real clips against the table, and every way a file can be wrong."""

import os
import subprocess
import sys

import av
import numpy as np
import pandas as pd
import pytest
import soundfile
from sounds import RATE, damaged, encoded, music, without_xing

from vaeclust.corpus import audio
from vaeclust.corpus.audio import FULL, MFCC20, AudioError, decode
from vaeclust.corpus.facts import read_facts
from vaeclust.corpus.reading import SUFFIXES, read_sound
from vaeclust.corpus.sources import load


@pytest.fixture(scope="module", autouse=True)
def _librosa_is_compiled():
    audio.compile_once("full")


FORMATS = {
    "wav": {}, "flac": {}, "ogg": {"format": "OGG", "subtype": "VORBIS"}, "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3"}, "au": {}, "aiff": {},
}  # fmt: skip


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_sounds_the_same(tmp_path, suffix):
    rate = 48_000 if suffix == "opus" else RATE
    soundfile.write(tmp_path / f"x.{suffix}", music(rate=rate), rate, **FORMATS[suffix])
    samples = decode(tmp_path / f"x.{suffix}")
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(4 * RATE, rel=0.02)
    difference = audio.mfcc_means(samples)[:8] - audio.mfcc_means(decode_reference(tmp_path, rate))[:8]
    assert np.abs(difference).max() < 12  # lossy formats change the quietest bands


def decode_reference(folder, rate):
    soundfile.write(folder / "reference.wav", music(rate=rate), rate)
    return decode(folder / "reference.wav")


OTHERS = ".webm .wma .mka .mp4 .m4a .aac .3gp .opus .ac3 .mp2 .wv .caf .w64".split()


@pytest.mark.parametrize("suffix", OTHERS)
def test_what_libsndfile_cannot_read_needs_no_program_either(tmp_path, monkeypatch, suffix):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert suffix in SUFFIXES
    samples = decode(encoded(tmp_path / f"x{suffix}", rate=48_000))
    assert len(samples) == pytest.approx(4 * RATE, rel=0.02)
    soundfile.write(tmp_path / "reference.wav", music(rate=48_000), 48_000)
    difference = audio.mfcc_means(samples)[:8] - audio.mfcc_means(decode(tmp_path / "reference.wav"))[:8]
    assert np.abs(difference).max() < 12


def test_a_file_is_read_as_what_it_is_whatever_it_is_called(tmp_path):
    right = encoded(tmp_path / "x.m4a")
    wrong = right.with_name("y.mp3")
    wrong.write_bytes(right.read_bytes())
    np.testing.assert_array_equal(decode(wrong), decode(right))
    cut = right.with_name("z.m4a")  # what says where the sound is stands at its end
    cut.write_bytes(right.read_bytes()[:3_000])
    with pytest.raises(AudioError, match="an MP4"):
        decode(cut)


def test_stereo_of_any_container_is_its_mean(tmp_path):
    left, right = music(), music(seed=1)
    soundfile.write(tmp_path / "x.wav", np.stack([left, right], axis=1), RATE)
    path = encoded(tmp_path / "x.mka", samples=np.stack([left, right]), rate=RATE)
    np.testing.assert_allclose(decode(path), decode(tmp_path / "x.wav"), atol=2e-4)


@pytest.mark.parametrize("seed", range(4))
def test_noise_that_is_called_music_is_none(tmp_path, seed, capfd):
    (tmp_path / "x.mp3").write_bytes(np.random.default_rng(seed).bytes(60_000))
    with pytest.raises(AudioError, match="not audio that can be read"):
        decode(tmp_path / "x.mp3")
    assert capfd.readouterr().err == ""


def test_a_film_without_sound_says_that(tmp_path):
    with av.open(str(tmp_path / "x.mp4"), "w") as file:
        stream = file.add_stream("mpeg4", rate=5, width=32, height=32)
        for packet in [*stream.encode(av.VideoFrame(32, 32, "yuv420p")), *stream.encode(None)]:
            file.mux(packet)
    with pytest.raises(AudioError, match="a file without sound: there is video in it"):
        decode(tmp_path / "x.mp4")


QUIET = {"digital": 0.0, "dithered": 2 / 2**15}


@pytest.mark.parametrize("silence", QUIET)
@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_a_file_is_measured_from_where_its_sound_begins(tmp_path, suffix, silence):
    noise = QUIET[silence] * np.random.default_rng(0).uniform(-1, 1, 40 * RATE)
    sound = music(20)
    soundfile.write(tmp_path / f"x.{suffix}", np.concatenate([noise, sound]), RATE)
    samples = decode(tmp_path / f"x.{suffix}", seconds=5)
    assert len(samples) == 5 * RATE
    if suffix == "mp3":  # which smears the beginning
        difference = audio.mfcc_means(samples)[:8] - audio.mfcc_means(sound[: 5 * RATE])[:8]
        assert np.abs(difference).max() < 12
    else:
        np.testing.assert_allclose(samples, sound[: 5 * RATE], atol=1e-3)


def test_a_second_of_silence_belongs_to_the_sound_behind_it(tmp_path):
    whole = np.concatenate([np.zeros(RATE), music(3)])
    write_float(tmp_path / "x.wav", whole)
    np.testing.assert_array_equal(decode(tmp_path / "x.wav"), whole)
    write_float(tmp_path / "x.wav", 5e-5 * whole)  # all of it is as quiet as noise: it begins nowhere
    np.testing.assert_array_equal(decode(tmp_path / "x.wav"), (5e-5 * whole).astype(np.float32))


def test_the_start_of_a_file_may_be_skipped(tmp_path):
    whole = music(12)
    write_float(tmp_path / "x.wav", whole)
    np.testing.assert_array_equal(decode(tmp_path / "x.wav", seconds=4, offset=3), whole[3 * RATE : 7 * RATE])
    np.testing.assert_array_equal(decode(tmp_path / "x.wav", offset=3), whole[3 * RATE :])
    with pytest.raises(AudioError, match=r"it lasts 0\.50 s behind the first 11\.5 s"):
        decode(tmp_path / "x.wav", offset=11.5)
    write_float(tmp_path / "x.wav", np.concatenate([whole, np.zeros(5 * RATE), whole]))
    np.testing.assert_array_equal(decode(tmp_path / "x.wav", seconds=4, offset=13), whole[: 4 * RATE])


@pytest.mark.parametrize(("first", "second"), [(8_000, 128_000), (128_000, 8_000)])
def test_a_guessed_length_is_ignored(tmp_path, first, second):
    path = without_xing(tmp_path / "x.mp3", [(music(4), first), (music(8, seed=1), second)])
    guess = soundfile.info(str(path)).duration
    assert guess < 8 or guess > 16  # as libsndfile takes it to be
    assert len(decode(path)) == pytest.approx(12 * RATE, rel=0.02)
    assert read_facts(path).length == pytest.approx(12, rel=0.02)


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_an_mp3_is_read_in_one_go(tmp_path, rate):
    """A decoder that begins again in its middle lacks the bits before it: it complains, and the sound is another."""
    for seed in range(4):
        noise = np.random.default_rng(seed).normal(0, 0.1, 12 * rate) * np.repeat([0.1, 1, 0.3], 4 * rate)
        soundfile.write(tmp_path / "x.mp3", music(12, rate=rate, seed=seed) + noise, rate)
        sound = read_sound(tmp_path / "x.mp3", seconds=30)
        assert sound.damage == ""
        with av.open(str(tmp_path / "x.mp3")) as file:
            expected = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
        np.testing.assert_allclose(sound.samples, expected[: len(sound.samples)], atol=1e-4)


@pytest.mark.parametrize("fill", ["zeros", "noise", "places"])
def test_of_a_damaged_file_the_good_part_is_measured_and_that_is_said(tmp_path, capfd, fill):
    path = damaged(tmp_path / "x.mp3", fill)
    sound = audio.heard(path)
    assert "could not be decoded" in sound.damage or "complained" in sound.damage
    assert 18 * RATE < len(sound.samples) <= 24.2 * RATE
    whole = encoded(tmp_path / "y.mp3", rate=RATE, seconds=24, bit_rate=64_000)
    assert audio.heard(whole).damage == ""
    np.testing.assert_allclose(sound.samples[: 4 * RATE], decode(whole)[: 4 * RATE], atol=1e-3)
    assert capfd.readouterr().err == ""  # the decoder's own words are counted, not printed


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"), [(96_000, 2, "PCM_24"), (44_100, 6, "PCM_16"), (8_000, 1, "PCM_U8")]
)
def test_other_rates_channels_and_depths(tmp_path, rate, channels, subtype):
    sound = np.repeat(music(rate=rate)[:, None], channels, axis=1)
    soundfile.write(tmp_path / "x.wav", sound, rate, subtype=subtype)
    samples = decode(tmp_path / "x.wav")
    assert len(samples) == pytest.approx(4 * RATE, abs=2)
    assert np.abs(samples).max() == pytest.approx(np.abs(sound).max(), rel=0.15)


def test_the_beginning_is_taken_and_what_is_hardly_longer_is_taken_whole(tmp_path):
    soundfile.write(tmp_path / "long.wav", music(8), RATE)
    assert len(decode(tmp_path / "long.wav", seconds=3)) == 3 * RATE
    assert len(decode(tmp_path / "long.wav", seconds=7.5)) == 8 * RATE


def write_float(path, sound):
    soundfile.write(path, sound, RATE, subtype="FLOAT")


FAULTS = {
    "zero bytes": (lambda p: p.write_bytes(b""), "empty"),
    "text": (lambda p: p.write_text("not audio " * 99), "it is a text"),
    "nan": (lambda p: write_float(p, np.where(np.arange(RATE * 2) == 9, np.nan, music(2))), "not numbers"),
    "infinity": (lambda p: write_float(p, np.where(np.arange(RATE * 2) == 9, np.inf, music(2))), "not numbers"),
    "silence": (lambda p: write_float(p, np.zeros(RATE * 2)), "silent"),
    "short": (lambda p: write_float(p, music(0.05)), "lasts 0.05 s"),
    "folder": (lambda p: p.mkdir(), "read|opened"),
    "broken link": (lambda p: p.symlink_to("nowhere.wav"), "cannot be opened"),
    "loop of links": (lambda p: p.symlink_to(p.name), "cannot be opened"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_a_file_is_said(tmp_path, fault):
    make, says = FAULTS[fault]
    make(tmp_path / "x.wav")
    with pytest.raises(AudioError, match=says):
        decode(tmp_path / "x.wav")


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "au", "aiff"])
def test_a_truncated_file_is_noticed(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, music(10), RATE, **FORMATS[suffix])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioError, match=r"truncated|not audio that can be read"):
        decode(path)


def test_a_truncated_file_whose_beginning_is_whole_is_used(tmp_path):
    soundfile.write(tmp_path / "x.wav", music(10), RATE)
    content = (tmp_path / "x.wav").read_bytes()
    (tmp_path / "x.wav").write_bytes(content[: len(content) // 2])
    assert len(decode(tmp_path / "x.wav", seconds=3)) == 3 * RATE


def test_a_stream_without_a_length_is_not_called_truncated(tmp_path):
    soundfile.write(tmp_path / "x.wav", music(3), RATE)
    content = bytearray((tmp_path / "x.wav").read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"  # as written by a program that could not know it
    (tmp_path / "x.wav").write_bytes(content)
    assert len(decode(tmp_path / "x.wav")) == 3 * RATE


def test_known_values_of_known_sounds():
    high = np.sin(2 * np.pi * 5000 * np.arange(RATE * 3) / RATE).astype(np.float32)
    values = pd.Series(audio.full_features(high), FULL)
    assert values["spectral_centroid_mean"] == pytest.approx(5000, rel=0.02)
    assert values["zero_crossing_rate_mean"] == pytest.approx(2 * 5000 / RATE, rel=0.02)
    assert values["rms_mean"] == pytest.approx(0.5**0.5, rel=0.05)
    clicks = np.zeros(RATE * 12, np.float32)
    clicks[:: RATE // 2] = 1.0
    assert audio.full_features(clicks)[FULL.index("tempo")] == pytest.approx(120, abs=5)


def test_the_mfcc_are_those_of_librosa():
    import librosa

    sound = music(3)
    expected = librosa.feature.mfcc(y=sound, sr=RATE, n_mfcc=20)
    np.testing.assert_allclose(audio.mfcc(sound), expected, atol=1e-3)


COMPILE = """
import sys
from vaeclust.corpus import audio
audio.compile_once("full")
print(audio.full_features(audio.np.sin(audio.np.arange(40000) / 9).astype("float32"))[0])
"""


def test_many_processes_compile_at_once_without_harm(tmp_path):
    """With an empty cache of machine code; without the lock this leaves one that kills every later process."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    many = [
        subprocess.Popen([sys.executable, "-c", COMPILE], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {process.communicate(timeout=200)[0] for process in many}
    assert [process.returncode for process in many] == [0, 0, 0]
    assert len(said) == 1
    later = subprocess.run([sys.executable, "-c", COMPILE], env=environment, capture_output=True, text=True, check=True)
    assert {later.stdout} == said


def test_the_full_features_hold_the_twenty():
    sound = music(3)
    np.testing.assert_allclose(
        pd.Series(audio.full_features(sound), FULL)[list(MFCC20)], audio.mfcc_means(sound), rtol=1e-6
    )


class TestRealClips:
    @pytest.fixture
    def clips(self, gtzan_folder):
        if not (gtzan_folder / "audio").is_dir():
            pytest.skip("the real clips are not here")
        return gtzan_folder / "audio"

    def test_mfcc_means_are_those_of_the_table(self, clips, gtzan_folder):
        ours = load(clips)
        table = load(gtzan_folder / "features_30_sec.csv").features.loc[ours.ids]
        assert len(ours) == 30
        assert ours.class_names == tuple(sorted(path.name for path in clips.iterdir()))
        assert np.abs(ours.features - table).max(axis=None) <= 0.12

    def test_all_57_features_agree_with_the_table(self, clips, gtzan_folder):
        ours = load(clips, features="full").features
        table = load(gtzan_folder / "features_30_sec.csv", features="full").features.loc[ours.index]
        agreement = pd.Series({name: np.corrcoef(ours[name], table[name])[0, 1] for name in table})
        assert agreement.min() > 0.999, agreement.sort_values().head()
