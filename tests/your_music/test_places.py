"""Where new songs belong: known answers, the bound on real songs, real files and the playlists that take them in."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sounds import song

from vaeclust.clusters.clusterers import kmeans
from vaeclust.corpus.sources import load
from vaeclust.methods.training import fit
from vaeclust.studies.records import Record
from vaeclust.your_music import places
from vaeclust.your_music.groups import lasting_groups, read_songs, songs_table, write_songs
from vaeclust.your_music.library import LISTEN, library_study, sureness
from vaeclust.your_music.places import PLACED, held_out_agreement, place_songs, placed_clusters
from vaeclust.your_music.playlists import write_playlists
from vaeclust.your_music.portraits import centre_distances


def test_a_point_goes_to_the_nearest_centre_and_is_as_sure_as_the_other_seeds():
    known = np.array([[0.0], [1], [10], [11]])
    clusters = pd.DataFrame({0: [0, 0, 1, 1], 1: [1, 1, 0, 0], 2: [0, 1, 1, 1]})
    found, sure = placed_clusters(np.array([[0.4], [5.0], [12.0]]), known, clusters)
    assert found.tolist() == [0, 0, 1]
    assert sure.tolist() == [1, 0.5, 1]  # the third seed has its centres at 0 and 7.3
    assert np.isnan(placed_clusters(known, known, clusters[[0]])[1]).all()


def test_what_is_apart_is_found_again_and_noise_is_not():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(3), 40)
    apart = rng.normal(size=(120, 4)) + 20 * np.eye(4)[groups]
    runs = pd.DataFrame({seed: kmeans(apart, 3, seed) for seed in range(3)})
    assert held_out_agreement(apart, runs) == (1, 1)
    assert held_out_agreement(apart, runs, pd.Series(np.arange(120) // 3)) == pytest.approx((1, 1))
    noise = rng.normal(size=(120, 12))
    placed, between = held_out_agreement(noise, pd.DataFrame({seed: kmeans(noise, 8, seed) for seed in range(3)}))
    assert placed < 0.95
    assert between < 0.6


def test_songs_held_out_fall_where_a_run_with_them_puts_them():
    if not (data := os.environ.get("VAECLUST_DATA")) or not (Path(data) / "songs1000").is_dir():
        pytest.skip("real data is not here: set VAECLUST_DATA to the folder that holds songs1000/")
    folder = Path(data) / "songs1000"
    heard = load(
        folder / "features_57.csv", tracks=folder / "tracks.csv", features=f"{folder}/listening.npz:msd_penultimate"
    )
    for k in (6, 10):
        runs = pd.DataFrame({seed: kmeans(heard.audio, k, seed) for seed in range(5)})
        placed, between = held_out_agreement(heard.audio, runs, heard.tracks["artist"])
        assert placed >= 0.9 * between


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library of eight files on disk, its record as the command makes it, and three files that are new."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for number in range(11):
        song(tmp_path / ("music" if number < 8 else "new") / f"{number:02d}.wav", seed=number, seconds=4)
    data = load(tmp_path / "music", features="full", name="mine")
    record = Record(data, LISTEN, tmp_path / "results")
    fitted = fit("raw", data, range(3))
    groups = lasting_groups(fitted.embeddings[0], data.ids, 2)
    record.keep(library_study(fitted, groups, 2, projection="pca", told={"method": "raw", "seeds": 3}))
    names = {0: "loud", 1: "calm"}
    xy = record.read("maps").set_index("track_id")
    write_songs(songs_table(data, groups, names, sureness(record.read("clusters")), xy), record.folder / "songs.csv")
    apart = centre_distances(fitted.embeddings[0], groups)["distance"]
    write_playlists(data, groups, record.folder / "playlists", names=names, order=apart)
    return record


def test_new_files_are_placed_and_stand_in_the_playlists(library, tmp_path):
    before = {path.name: path.read_text("utf-8") for path in (library.folder / "playlists").glob("*.m3u8")}
    kept = {name: (library.folder / name).read_bytes() for name in ("songs.csv", "clusters.csv", "embeddings.npz")}
    found = place_songs([str(tmp_path / "new")], library.folder.parent)
    assert len(found.songs) == 3
    assert set(found.songs["name"]) <= {"loud", "calm"}
    assert found.songs["sureness"].between(0, 1).all()
    assert found.songs["near"].map(len).eq(5).all()
    for row in found.songs.itertuples():
        now = (library.folder / "playlists" / f"{row.name}.m3u8").read_text("utf-8")
        assert now.startswith(before[f"{row.name}.m3u8"])  # behind the songs of the group
        assert f"{row.track_id}.wav" in now
    assert {name: (library.folder / name).read_bytes() for name in kept} == kept  # nothing is grouped again
    assert read_songs(library.folder / PLACED)["track_id"].tolist() == found.songs["track_id"].tolist()
    assert "held out" in found.told
    again = place_songs([str(tmp_path / "new")], library.folder.parent)
    pd.testing.assert_frame_equal(again.songs, found.songs)
    assert len(read_songs(library.folder / PLACED)) == 3


def test_a_song_of_the_library_falls_to_its_own_group(library, tmp_path):
    copy = tmp_path / "copies"
    copy.mkdir()
    for file in (tmp_path / "music").iterdir():
        (copy / f"copy of {file.name}").write_bytes(file.read_bytes())
    found = place_songs([str(copy)], library.folder.parent).songs.set_index("track_id")
    own = read_songs(library.folder / "songs.csv").set_index("track_id")["cluster"]
    points = library.embeddings()[1][0]
    middles = places.centres(points, own.to_numpy().astype(int))
    expected = places.nearest_centre(points, middles)
    assert found["cluster"].tolist() == expected.tolist()
    assert [near[0] for near in found["near"]] == own.index.tolist()


def test_what_cannot_be_placed_is_said(library, tmp_path):
    results = library.folder.parent
    with pytest.raises(ValueError, match="all of these songs are in the library already"):
        place_songs([str(tmp_path / "music")], results)
    with pytest.raises(FileNotFoundError, match=r"vaeclust listen FOLDER"):
        place_songs([str(tmp_path / "new")], tmp_path / "nowhere")
    pd.DataFrame({"track_id": ["x", "y"], "loudness": [1.0, 2.0]}).to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(ValueError, match="are missing"):
        place_songs([str(tmp_path / "other.csv")], results)
    model = next((library.folder / "models").iterdir())
    model.unlink()
    with pytest.raises(FileNotFoundError, match="an earlier version made it"):
        place_songs([str(tmp_path / "new")], results)
    run = json.loads((library.folder / "run.json").read_text())
    run["parameters"]["method"] = "umap"
    (library.folder / "run.json").write_text(json.dumps(run))
    with pytest.raises(ValueError, match="UMAP, which has no place for new songs"):
        place_songs([str(tmp_path / "new")], results)


def test_a_table_is_placed_by_its_columns(corpus, tmp_path):
    part = corpus.subset(np.arange(120) < 100)
    record = Record(replace(part, name="tabled"), LISTEN, tmp_path)
    fitted = fit("vae", part, range(2), epochs=2, latent_dim=3)
    groups = lasting_groups(fitted.embeddings[0], part.ids, 4)
    record.keep(library_study(fitted, groups, 4, projection="pca", told={"method": "vae", "seeds": 2}))
    write_songs(songs_table(part, groups, {}), record.folder / "songs.csv")
    new = corpus.features[100:].rename_axis("track_id")
    new.reset_index().to_csv(tmp_path / "new.csv", index=False)
    found = place_songs([str(tmp_path / "new.csv")], record.folder.parent)
    assert len(found.songs) == 20
    assert found.songs["cluster"].isin(range(4)).all()
    assert "no playlists: no file of a song is here" in found.told
