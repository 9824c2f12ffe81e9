"""What a cache keeps is what the code would give today: known outputs, by the number of their recipe.

Where one of these fails, the numbers of a recipe have changed: raise its RECIPE, so that nobody is shown what an
earlier one measured, and write down what it gives now. Four significant digits hold on any processor.
"""

from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
import soundfile

from vaeclust.corpus import audio, listening, lyrics, measured, moods, named
from vaeclust.corpus.demo import tracks as demo

TRACK = "slow_ballad.00007"
KNOWN = {
    ("audio", 1): {
        "decoded": "66150 0.025 0.02182",
        "mfcc20": """
            -228 117.56 12.689 33.446 12.445 11.786 1.3525 3.999 -2.1222 -2.5235 -8.488 -7.559
            -6.9898 0.85386 3.7767 7.599 3.4236 -1.0974 -4.5734 4.1713
        """,
        "full": """
            0.24619 0.087088 0.11435 0.0040493 1510.9 6.6572e05 1928 5.3882e05 3217.9 4.6264e06
            0.051961 0.00071329 -5.8557e-06 0.014146 0.00011291 0.0017172 76 -228 9316.4 117.56
            1280.6 12.689 565.99 33.446 218.72 12.445 115.36 11.786 48.651 1.3525 50.718 3.999
            37.163 -2.1222 28.649 -2.5235 23.308 -8.488 27.918 -7.559 29.92 -6.9898 19.384 0.85386
            54.437 3.7767 152.77 7.599 200.02 3.4236 124.44 -1.0974 43.532 -4.5734 173.3 4.1713
            201.95
        """,
    },
    ("moods", 1): {
        "decibels": "499 -3.9933 -15.525 -22.096 -27.024 -28.566 -33.282 -36.96 -42.167",
        "moods": "0.85527 0.63251 0.096956 0.84822 0.0862 0.069027 0.16579",
    },
    ("demo", 1): {
        "factors": "75.334 0 2 66.978 0.4914 0.31927 0.46022 0.0036946 10.499",
        "sound": """
            0.017151 0.98 0.015652 0.0022759 0.0041587 0.0090117 0.013399 0.033002 0.022722 0.035052
            0.0090534 0.035954 0.0068815
        """,
        "words": "615 144 46 545.82",
    },
    ("lyrics", 1): {
        "features": """
            0.33147 0.87308 1.2068 1.0067 0.85948 0.40625 0.38881 0.44044 0.01649 1.0206 0.17401
            0.80524 0.33407 1.039 0.4482 0.58521 0.5275 0.092675 0.14015 0.11007 0.59037 0.30751
            0.0017354 0.19861 0 0 0 0 0 0
        """
    },
    ("listening", 1): {
        "msd": """
            19 151 135 110 22 59 1.2185 1.27 1.2759 1.3844 1.6078 1.6254
            220 202 201 203 200 205 0.10249 0.12879 0.16584 0.2008 0.20374 0.27122
        """,
        "mtt": """
            77 198 152 2 33 155 1.0254 1.0569 1.1152 1.1527 1.4023 1.4236
            212 229 215 205 200 202 0.13035 0.16162 0.19428 0.21456 0.26538 0.31381
        """,
    },
}


@pytest.fixture(scope="module")
def samples():
    return demo.render(demo.track_table().loc[TRACK])


def decoded(folder):
    """Return the size and the spread of a stereo file at another rate, made of two tones."""
    time = np.arange(3 * 44_100) / 44_100
    tones = np.stack([np.sin(2 * np.pi * 440 * time), 0.5 * np.sin(2 * np.pi * 1_000 * time)], axis=1)
    soundfile.write(folder / "tones.wav", 0.4 * tones, 44_100)
    found = audio.decode(folder / "tones.wav")
    return len(found), np.square(found, dtype=np.float64).mean(), np.abs(np.diff(found)).mean(dtype=np.float64)


def sound(samples):
    """Return what tells one rendering from another: level, peak, brightness, and the level of ten parts."""
    parts = np.square(samples, dtype=np.float64).reshape(10, -1).mean(axis=1)
    return [parts.mean(), np.abs(samples).max(), np.abs(np.diff(samples)).mean(dtype=np.float64), *parts]


def words(text):
    """Return how long a text is, and which words it begins and ends with, as numbers."""
    return [len(text), len(text.split()), len(set(text.split())), sum(map(ord, text)) / 100]


def loudest(heard):
    """Return which numbers of a layer, and which tags, are the six largest, and how large they are."""
    places = [np.argsort(heard)[-6:], 200 + np.argsort(heard[200:])[-6:]]
    return [number for place in places for number in (*place, *heard[place])]


def same(found, known):
    np.testing.assert_allclose(np.array(found, dtype=float), np.array(known.split(), dtype=float), rtol=1e-4, atol=1e-6)


def test_audio(samples, tmp_path):
    known = KNOWN["audio", audio.RECIPE]
    same(decoded(tmp_path), known["decoded"])
    same(audio.measure(samples, "mfcc20"), known["mfcc20"])
    same(audio.measure(samples, "full"), known["full"])


@pytest.mark.usefixtures("musicnn_weights")
@pytest.mark.parametrize("model", listening.TAGS)
def test_listening(samples, model):
    resampled = audio.resample(samples, audio.SAMPLE_RATE, listening.SAMPLE_RATE)
    same(loudest(listening.listen(resampled, model)), KNOWN["listening", listening.RECIPE][model])


def test_what_the_network_of_moods_hears(samples):
    heard = moods.mel_decibels(audio.resample(samples, audio.SAMPLE_RATE, moods.SAMPLE_RATE))
    same([heard.shape[1], *heard.reshape(8, 16, -1).mean(axis=(1, 2))], KNOWN["moods", moods.RECIPE]["decibels"])


def test_moods(samples):
    try:
        moods.network()
    except (ImportError, FileNotFoundError) as error:
        pytest.skip(str(error))
    heard = moods.measure_moods(audio.resample(samples, audio.SAMPLE_RATE, moods.SAMPLE_RATE))
    same(heard, KNOWN["moods", moods.RECIPE]["moods"])


def test_demo(samples):
    known = KNOWN["demo", demo.RECIPE]
    tracks = demo.track_table()
    same(tracks.loc[TRACK, list(demo.FACTORS)].astype(float), known["factors"])
    same(sound(samples), known["sound"])
    same(words(demo.lyrics(tracks.loc[[TRACK]])[TRACK]), known["words"])


def test_lyrics():
    tracks = demo.track_table(clips_per_style=4)
    features = lyrics.text_features(pd.Series(demo.lyrics(tracks)))
    same(np.abs(features.iloc[0]), KNOWN["lyrics", lyrics.RECIPE]["features"])


def test_the_keys_name_recipes_and_libraries_and_no_source(monkeypatch, tmp_path):
    monkeypatch.setattr(named, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(named, "_render", lambda folder: None)
    key = named.fetch("demo").name
    assert key.startswith(f"demo-{demo.RECIPE}.{audio.RECIPE}.{lyrics.RECIPE}-")
    for module in (demo, audio, lyrics):
        with monkeypatch.context() as changed:
            changed.setattr(module, "__file__", str(tmp_path / "another source.py"))
            assert named.fetch("demo").name == key
            changed.setattr(module, "RECIPE", 999)
            assert named.fetch("demo").name != key
    with monkeypatch.context() as changed:
        changed.setattr(named, "version", lambda library: "999")
        assert named.fetch("demo").name != key
    heard = f"librosa {version('librosa')}, torch {version('torch')}, musicnn 0.1.0, recipe {listening.RECIPE}"
    assert measured._recipe("musicnn", 30.0) == f"musicnn-msd, 30 s, {heard}" == measured._recipe("musicnn-tags", 30.0)
    assert measured._recipe("full", 30.0) == f"full, 30 s, librosa {version('librosa')}, recipe {audio.RECIPE}"


def test_the_key_of_moods_names_their_recipe_and_library_too(monkeypatch):
    monkeypatch.setattr(moods, "version", lambda library: f"999 of {library}")
    assert measured._recipe("moods", 30.0) == (
        f"moods, 30 s, librosa 999 of librosa, onnxruntime 999 of onnxruntime, recipe {moods.RECIPE}"
    )
