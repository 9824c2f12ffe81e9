"""The demo corpus as a data set: rendered once, kept, and measured by the path of real music."""

import io
import re
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile
from conftest import command

from vaeclust.book import unchanged
from vaeclust.cells import about
from vaeclust.corpus import audio, named
from vaeclust.corpus.dataset import silence
from vaeclust.corpus.demo import tracks
from vaeclust.corpus.named import Corpus
from vaeclust.corpus.sources import load
from vaeclust.your_music import explorer
from vaeclust.your_music.playlists import sound_addresses


@pytest.fixture(scope="module")
def data():
    return load("demo")


def test_the_corpus(data):
    assert data.name == "demo"
    assert repr(data).startswith("demo (synthetic): 600 tracks")
    assert data.audio.shape == (600, 20)
    assert data.class_names == tuple(sorted(tracks.STYLES))
    assert set(tracks.FACTORS) <= set(data.tracks)
    assert 0.6 < data.has_lyrics.mean() < 0.8
    assert data.lyrics.shape == (600, 30)


def test_features_come_from_the_audio(data):
    for track in data.ids[::151]:
        samples = tracks.render(data.tracks.loc[track])
        np.testing.assert_allclose(audio.mfcc_means(samples), data.features.loc[track], rtol=1e-5, atol=1e-4)


def test_mfcc_means_follow_loudness_and_silence():
    tone = np.sin(np.arange(22_050) * 0.2).astype(np.float32)
    loud, soft = audio.mfcc_means(tone), audio.mfcc_means(tone / 10)
    assert loud.shape == (20,)
    assert loud[0] > soft[0] + 50
    assert np.isfinite(audio.mfcc_means(np.zeros(22_050, np.float32))).all()


def test_the_second_time_costs_next_to_nothing(data, tmp_path):
    command("vaeclust", "data", "demo", "--results-dir", tmp_path, cwd=tmp_path)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = command("vaeclust", "data", "demo", "--results-dir", tmp_path, cwd=tmp_path)
        times.append(time.perf_counter() - start)
        assert done.returncode == 0
        assert "rendering" not in done.stderr
    assert min(times) < 4  # measured alone: 1.3 s; tests share the cores
    assert (tmp_path / "demo" / "features.csv").is_file()


def test_a_corpus_is_rendered_once_and_in_progress_it_is_incomplete(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(named, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(tracks, "track_table", lambda *, _corpus=tracks.track_table: _corpus(clips_per_style=4))
    run = named.run

    def counted(function, tasks, *, total, **options):
        calls.append(total)
        return run(function, tasks, total=total, **options)

    monkeypatch.setattr(named, "run", counted)
    folder = named.fetch("demo")
    assert named.fetch("demo") == folder
    assert calls == [40]
    (folder / "features.csv").unlink()
    named.fetch("demo")
    assert calls == [40, 40]
    assert len(pd.read_csv(folder / "features.csv")) == 40
    assert len(list(named.clips().glob("*.mp3"))) == 40
    assert calls == [40, 40]
    (named.clips() / "slow_ballad.00001.mp3").unlink()
    assert len(list(named.clips().glob("*.mp3"))) == 40
    assert calls == [40, 40, 1]


def test_players_hold_sound_that_decodes(data):
    import base64

    html = about.players(data).data
    clips = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', html)
    assert len(clips) == len(tracks.STYLES)
    assert len(html) < 2_000_000
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(clips[0])))
    assert rate == 22_050
    assert 9.5 < len(samples) / rate < 10.5
    assert np.abs(samples).max() > 0.1
    assert html.count("Synthetic") >= 10


@pytest.fixture
def quiet_corner(tmp_path, table, monkeypatch):
    """A corpus by name: one row, whose folder holds a feature table."""

    def folder():
        place = tmp_path / "cache" / "quiet"
        place.mkdir(parents=True, exist_ok=True)
        table.to_csv(place / "features.csv", index=False)
        return place

    ids = set(table["filename"].str.removesuffix(".wav"))
    row = Corpus(
        "quiet", "Forty <em>field recordings</em>.", folder, ids=lambda: ids,
        excluded={"a/track 0": "it is silent"}, silence="nobody was asked",
    )  # fmt: skip
    monkeypatch.setitem(named.CORPORA, "quiet", row)
    return row


def test_a_corpus_by_name_is_one_row(quiet_corner, tmp_path, table, monkeypatch):
    data = load("quiet")
    assert data.name == "quiet"
    assert data.excluded == {"a/track 0": "it is silent"}
    assert len(data) == len(table) - 1
    assert len(load("quiet", exclude={})) == len(table)
    assert about.corpus_paragraph(data).data == '<p class="facts">Forty <em>field recordings</em>.</p>'

    table[1:].to_csv(tmp_path / "mine.csv", index=False)
    copied = load(tmp_path / "mine.csv")  # recognised by its track ids, though one is left out
    assert copied.name == "quiet"
    table[5:].to_csv(tmp_path / "quiet.csv", index=False)
    part = load(tmp_path / "quiet.csv")  # a part of it is another corpus, as silent
    assert part.name == "quiet-own"
    part = replace(part, tracks=part.tracks.assign(path="quiet.csv"))
    for each in (copied, part, replace(part, name="mine")):
        assert silence(each) == "nobody was asked"
        assert sound_addresses(each).isna().all()
        assert explorer.silence_reason(each) == "Nothing is played: nobody was asked."

    monkeypatch.chdir(tmp_path)
    (tmp_path / "quiet").mkdir()
    assert not unchanged._is_path("dataset", "quiet")  # the name counts, whatever lies beside
    with pytest.raises(FileNotFoundError, match="expected demo, gtzan-mini, gtzan, fma, quiet, or the path"):
        load("loud")


@pytest.mark.parametrize("corpus", named.CORPORA.values(), ids=lambda corpus: corpus.name)
def test_every_corpus_says_what_it_is_and_whether_it_may_be_played(corpus):
    assert corpus.name in named.CORPORA
    assert len(corpus.about) > 80
    assert bool(corpus.silence) == ("commercial recordings" in corpus.about)
    assert corpus.excluded.keys() <= corpus.ids()
