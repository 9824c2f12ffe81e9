"""What files tell besides their music: recordings that explain a label or a cluster are named, accidents are not."""

import numpy as np
import pandas as pd
import pytest

from vaeclust import load
from vaeclust.cells.about import recording_warnings
from vaeclust.evidence import confounders


def files(n=24, **facts):
    ids = pd.Index([f"t{i:02d}" for i in range(n)], name="track_id")
    plain = {"file_format": "wav", "sample_rate": 44100, "bit_rate": 705600, "length": 30.0}
    return pd.DataFrame({**plain, **facts}, ids)


def test_a_sample_rate_that_is_the_language_is_named():
    half = np.arange(24) < 12
    tracks = files(sample_rate=np.where(half, 44100, 8000), length=np.random.default_rng(0).uniform(20, 40, 24))
    labels = pd.DataFrame({"language": np.where(half, "bn", "en"), "genre": ["folk", "rock"] * 12}, tracks.index)
    table = confounders.confounders(tracks, labels)
    assert table[["label", "fact", "tracks"]].to_numpy().tolist() == [["language", "sample_rate", 24]]
    assert table.loc[0, ["nmi", "ami"]].tolist() == pytest.approx([1.0, 1.0])
    (said,) = confounders.label_warnings(tracks, labels)
    assert "sample rate of the files explains language: NMI 1.000" in said
    unknown = labels.assign(language=labels["language"].where(np.arange(24) % 4 > 0))
    assert confounders.confounders(tracks, unknown).loc[0, "tracks"] == 18


def test_ten_songs_of_another_bit_rate_that_are_a_cluster_are_named():
    rng = np.random.default_rng(0)
    rates = np.where(np.arange(62) < 10, 32000, rng.choice([256000, 250000, 192000], 62))
    tracks = files(62, bit_rate=rates, file_format="mp3")
    clusters = pd.Series(np.where(np.arange(62) < 10, 3, np.arange(62) % 3), tracks.index)
    (row,) = confounders.recorded_clusters(tracks, clusters).to_dict("records")
    assert row == {"cluster": 3, "fact": "bit_rate", "value": "32 kbit/s", "both": 10, "cluster_size": 10, "kind": 10}
    said = list(confounders.cluster_warnings(tracks, clusters))
    assert said[0].startswith("Cluster 3 is a kind of file: 10 of its 10 tracks are among the 10 with the bit rate 32")
    dealt = clusters.sample(frac=1, random_state=0).set_axis(tracks.index)
    assert list(confounders.cluster_warnings(tracks, dealt)) == []


def test_what_all_files_share_explains_nothing():
    labels = pd.DataFrame({"language": ["bn", "en"] * 12}, files().index)
    assert confounders.recording_classes(files()).empty
    assert list(confounders.label_warnings(files(), labels)) == []
    nothing_known = pd.DataFrame(index=labels.index)
    assert list(confounders.label_warnings(nothing_known, labels)) == []
    assert list(confounders.cluster_warnings(nothing_known, labels["language"])) == []


def test_accidents_are_rare():
    """Of two hundred corpora whose files know nothing of the label, few are warned of."""
    rng = np.random.default_rng(0)
    labels = pd.DataFrame({"genre": ["a", "b", "c"] * 20}, files(60).index)
    found = [
        len(confounders.confounders(files(60, sample_rate=rng.choice([44100, 48000], 60)), labels)) for _ in range(200)
    ]
    assert sum(found) <= 4


def test_classes_are_few():
    tracks = files(
        bit_rate=[131000, 127000, 320000, 705600] * 6,
        length=np.r_[np.full(12, 30.1), np.full(12, 200.0)],
        file_format=["mp3", ""] * 12,
    )
    found = confounders.recording_classes(tracks)
    assert set(found["bit_rate"]) == {"128 kbit/s", "320 kbit/s", "over 400 kbit/s"}
    assert found["length"].nunique() == 2
    assert list(found) == ["bit_rate", "length"]  # one format that is known is none to tell tracks apart


def test_two_languages_in_two_sample_rates_from_a_folder_to_the_page(tmp_path):
    rng = np.random.default_rng(0)
    sf = pytest.importorskip("soundfile")
    for language, rate in (("english", 44100), ("bangla", 16000)):
        (tmp_path / "songs" / language).mkdir(parents=True)
        for i in range(6):
            tone = np.sin(2 * np.pi * (220 + 30 * i) * np.arange(4 * rate) / rate) + 0.1 * rng.normal(size=4 * rate)
            sf.write(tmp_path / "songs" / language / f"{i}.wav", 0.3 * tone, rate)
    corpus = load(tmp_path / "songs")
    assert corpus.headline == "language"
    said = recording_warnings(corpus).data
    assert "sample rate of the files explains language: NMI 1.000" in said
    assert "Cluster 0 is a kind of file" in recording_warnings(corpus, pd.Series(corpus.classes, corpus.ids)).data
    assert recording_warnings(corpus.subset(np.arange(12) < 6)) is None
