"""The Free Music Archive by name, from an archive in its own layout that a local server gives out."""

import hashlib
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from vaeclust.corpus import sources
from vaeclust.corpus.archives import Source
from vaeclust.corpus.audio import MFCC20
from vaeclust.corpus.fma import METADATA, download_features
from vaeclust.corpus.named import CORPORA
from vaeclust.studies.ways import artist_filter

IDS = [2, 3, 5, 10, 20, 26]


def archive(path, *, features=IDS, lacking=""):
    """Write an archive with three rows of heads above the features, two above the tracks, and other tables beside."""
    rng = np.random.default_rng(0)
    numbers = [f"{n:02d}" for n in range(1, 21)]
    heads = [("chroma_cens", "mean", "01")]
    heads += [("mfcc", statistic, n) for statistic in ("kurtosis", "mean", "std") for n in numbers]
    columns = pd.MultiIndex.from_tuples(heads, names=["feature", "statistics", "number"])
    measured = pd.DataFrame(rng.normal(size=(len(features), len(heads))), features, columns).rename_axis("track_id")
    known = {
        ("album", "title"): "An, \"album\"",
        ("artist", "name"): ["A", "A", "B", "B", "B", "C"],
        ("set", "subset"): "small",
        ("track", "genre_top"): ["Rock", "Rock", np.nan, "Folk", "Folk", "Rock"],
        ("track", "title"): ["a", "b", "c\nd", "e", "f", "g"],
    }  # fmt: skip
    tracks = pd.DataFrame(known, IDS).rename_axis("track_id")
    tracks.columns = pd.MultiIndex.from_tuples(known)
    with zipfile.ZipFile(path, "w") as content:
        for name, table in {"features": measured, "tracks": tracks, "genres": tracks}.items():
            if name != lacking:
                text = io.StringIO()
                table.to_csv(text)
                content.writestr(f"fma_metadata/{name}.csv", text.getvalue())
    return measured


def test_the_archive_is_fetched_once_and_loads_as_any_corpus(server, tmp_path, monkeypatch, capfd):
    folder, address = server
    measured = archive(folder / "m.zip")
    digest = f"sha1:{hashlib.sha1((folder / 'm.zip').read_bytes()).hexdigest()}"
    source = Source(f"{address}/m.zip", digest, len(IDS), "small")
    place = download_features(folder=tmp_path / "cache", source=source)
    assert "CC BY" in capfd.readouterr().err
    assert sorted(path.name for path in place.iterdir()) == ["features.csv", "tracks.csv"]
    (folder / "m.zip").unlink()
    assert download_features(folder=tmp_path / "cache", source=source) == place
    monkeypatch.setitem(CORPORA, "fma", CORPORA["fma"].__class__("fma", "", lambda: place, sound=False))
    dataset = sources.load("fma")
    assert set(dataset.ids) == set(map(str, IDS))
    means = measured["mfcc"]["mean"].set_axis(map(str, IDS)).set_axis(MFCC20, axis=1)
    pd.testing.assert_frame_equal(dataset.features, means.loc[dataset.ids], check_names=False)
    assert dataset.headline == "genre"
    assert dataset.default_k() == 2
    assert dataset.tracks["genre"].isna().sum() == 1
    assert len(artist_filter(dataset)) == 3
    assert not sources.has_sound("fma")
    assert sources.load_full("fma") is None
    with pytest.raises((ValueError, FileNotFoundError), match="full"):
        sources.load("fma", features="full")


@pytest.mark.parametrize(("fault", "says"), [
    ({"features": IDS[:5]}, "5 tracks with features; expected 6"), ({"lacking": "tracks"}, "tracks.csv"),
])  # fmt: skip
def test_another_archive_is_refused_and_nothing_is_kept(server, tmp_path, fault, says):
    folder, address = server
    archive(folder / "m.zip", **fault)
    source = Source(f"{address}/m.zip", None, len(IDS), "small")
    with pytest.raises(ValueError, match=says):
        download_features(folder=tmp_path / "cache", source=source)
    assert list((tmp_path / "cache").iterdir()) == []


def test_offline_the_error_says_where_to_put_a_copy(tmp_path):
    source = Source("http://127.0.0.1:9/m.zip", METADATA.checksum, METADATA.tracks, METADATA.size)
    with pytest.raises(ConnectionError, match=f"put it there: {tmp_path / 'fma.zip'}"):
        download_features(folder=tmp_path, source=source)
