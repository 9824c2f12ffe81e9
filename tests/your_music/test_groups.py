"""Groups that last while songs come and go, and the table of songs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.clusters.clusterers import kmeans, size_order
from vaeclust.corpus.sources import load
from vaeclust.your_music import groups
from vaeclust.your_music.groups import SONGS, lasting_groups, read_songs, songs_table, write_songs


@pytest.fixture(scope="module")
def points():
    """200 points around five centres of unlike sizes, none of them far from the others."""
    rng = np.random.default_rng(0)
    sizes = [70, 50, 40, 25, 15]
    return np.vstack([rng.normal(size=(n, 8)) + rng.normal(size=8) * 1.5 for n in sizes])


IDS = [f"t{i}" for i in range(200)]


def test_without_a_run_before_clusters_are_those_of_kmeans_by_size(points):
    found = lasting_groups(points, IDS, 5)
    pd.testing.assert_series_equal(found, size_order(kmeans(points, 5, 0), IDS))
    assert (found.name, found.index.name) == ("cluster", "track_id")
    assert found.value_counts().loc[range(5)].is_monotonic_decreasing


def test_the_same_songs_keep_their_numbers_whatever_these_are(points):
    first = lasting_groups(points, IDS, 5)
    turned = first.map({0: 3, 1: 0, 2: 9, 3: 1, 4: 2})
    assert lasting_groups(points, IDS, 5, before=turned).equals(turned)
    shuffled = turned.sample(frac=1, random_state=1)
    assert lasting_groups(points, IDS, 5, before=shuffled).equals(turned)


def test_kmeans_goes_on_from_what_is_left_of_its_clusters(points):
    """The numbers stay although the sizes of the clusters turn round."""
    first = lasting_groups(points, IDS, 5)
    kept = first.groupby(first).head(15).index  # of every cluster as many
    smallest = points[(first == 4).to_numpy()]
    rng = np.random.default_rng(1)
    new = smallest[rng.integers(len(smallest), size=65)] + rng.normal(size=(65, 8)) * 0.1
    now = np.vstack([points[[IDS.index(track) for track in kept]], new])
    ids = [*kept, *(f"new{i}" for i in range(65))]
    found = lasting_groups(now, ids, 5, before=first)
    assert (found[kept] == first[kept]).mean() > 0.9
    assert (found[-65:] == 4).mean() > 0.9
    assert (lasting_groups(now, ids, 5)[kept] == first[kept]).mean() < 0.5


def test_a_local_optimum_of_before_is_kept_where_a_new_start_would_leave_it():
    """Two clusters that are split side by side stay so: that is what lasting means."""
    square = np.array([[0.0, 0], [0, 1], [4, 0], [4, 1]]).repeat(5, axis=0) + np.arange(20)[:, None] * 1e-3
    ids = list("abcdefghijklmnopqrst")
    lying = pd.Series(([0] * 5 + [1] * 5) * 2, ids)
    assert lasting_groups(square, ids, 2, before=lying).tolist() == lying.tolist()
    assert lasting_groups(square, ids, 2).tolist() != lying.tolist()


@pytest.mark.parametrize("k", [3, 7])
def test_of_another_number_of_clusters_as_many_songs_as_can_keep_their_number(points, k):
    first = lasting_groups(points, IDS, 5)
    found = lasting_groups(points, IDS, k, before=first)
    assert sorted(found.unique()) == list(range(k))
    plain = lasting_groups(points, IDS, k)
    assert found.groupby(plain).nunique().eq(1).all(), "only the numbers differ"
    assert (found == first).mean() > 0.5


def test_a_cluster_of_which_nothing_is_left_does_not_start(points):
    first = lasting_groups(points, IDS, 5)
    left = [track for track in IDS if first[track] != 1]
    now = points[[IDS.index(track) for track in left]]
    found = lasting_groups(now, left, 5, before=first)
    assert sorted(found.unique()) == list(range(5))
    assert set(found.groupby(found).size().index) == set(range(5))
    fresh = size_order(kmeans(now, 5, 0), left)
    assert found.groupby(fresh).nunique().eq(1).all()


def test_noise_unknown_songs_and_strangers_tell_nothing(points):
    fresh = lasting_groups(points, IDS, 5)
    strangers = pd.Series([0, 1, 2, 3, 4], list("vwxyz"))
    assert lasting_groups(points, IDS, 5, before=strangers).equals(fresh)
    first = fresh.astype(float)
    first.iloc[:20] = np.nan
    first.iloc[20:40] = -1
    assert (lasting_groups(points, IDS, 5, before=first) == fresh).mean() > 0.95
    assert lasting_groups(points, IDS, 5, before=pd.Series(dtype=float)).equals(fresh)


def test_large_libraries_are_seen_in_batches(points, monkeypatch):
    whole = lasting_groups(points, IDS, 5)
    monkeypatch.setattr(groups, "MANY", 100)
    batched = lasting_groups(points, IDS, 5)
    assert batched.equals(lasting_groups(points, IDS, 5))
    assert (lasting_groups(points, IDS, 5, before=whole) == whole).mean() > 0.9
    assert (lasting_groups(points, IDS, 5, before=batched) == batched).mean() > 0.9


def test_bad_input_is_said(points):
    with pytest.raises(ValueError, match="200 points for 199 track ids"):
        lasting_groups(points, IDS[:-1], 5)
    with pytest.raises(ValueError, match="200 points for 200 track ids, 1 of them different"):
        lasting_groups(points, ["a"] * 200, 5)
    with pytest.raises(ValueError, match="201 clusters for 200 tracks"):
        lasting_groups(points, IDS, 201)
    with pytest.raises(ValueError, match="2 clusters for 1 tracks"):
        lasting_groups(points[:1], IDS[:1], 2)


@pytest.fixture(scope="module")
def songs1000(songs_folder):
    folder = songs_folder
    heard = f"{folder / 'listening.npz'}:msd_penultimate"
    return load(
        folder / "features_57.csv", tracks=folder / "tracks.csv", features=heard, scaling="common", name="songs1000"
    )


@pytest.mark.parametrize("k", [5, 8, 12])
def test_five_songs_come_and_two_go_ten_times(songs1000, k):
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(10):
        order = rng.permutation(len(songs1000))
        then, now = np.sort(order[5:]), np.sort(np.concatenate([order[:5], order[7:]]))
        ids = np.array(songs1000.ids)
        before = lasting_groups(songs1000.audio[then], ids[then], k)
        found = lasting_groups(songs1000.audio[now], ids[now], k, before=before)
        both = np.intersect1d(ids[then], ids[now])
        kept.append((found[both] == before[both]).mean())
    assert min(kept) >= 0.9


def test_numbers_last_over_ten_runs_in_a_row(songs1000):
    rng = np.random.default_rng(1)
    waiting = list(rng.permutation(len(songs1000)))
    there = [waiting.pop() for _ in range(900)]
    ids = np.array(songs1000.ids)
    first = last = lasting_groups(songs1000.audio[there], ids[there], 8)
    for _ in range(10):
        there = there[2:] + [waiting.pop() for _ in range(5)]
        now = lasting_groups(songs1000.audio[there], ids[there], 8, before=last)
        both = last.index.intersection(now.index)
        assert (now[both] == last[both]).mean() >= 0.9
        last = now
    both = first.index.intersection(last.index)
    assert (first[both] == last[both]).mean() >= 0.9


FORMULAS = ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "'=1", "''-", "＝1+1"]
TITLES = ['"', "a,b;c", "two\nlines", "return\rand", "don't -1", "أغنية", "🎸", "NA", "#1", *FORMULAS]


@pytest.fixture
def songs(corpus, tmp_path):
    titles = pd.Series(TITLES * 6, corpus.tracks.index[: len(TITLES) * 6])
    named = corpus.tracks.assign(title=titles, artist="=cmd|' /C calc'!A0", path=None)
    named.iloc[0, named.columns.get_loc("path")] = str(tmp_path / "a song.mp3")
    ids = ["=id", *corpus.ids[1:]]
    named.index = pd.Index(ids, name="track_id")
    return replace(corpus, tracks=named, features=corpus.features.set_axis(ids))


def test_the_table_of_songs_is_the_same_when_it_is_read_again(songs, tmp_path):
    clusters = pd.Series(np.arange(120) % 3, songs.ids).iloc[:-1]
    sureness = pd.Series(np.linspace(0, 1, 120), songs.ids).drop(songs.ids[5])
    xy = pd.DataFrame({"x": np.arange(120) - 60.0, "y": 1 / 3}, index=songs.ids).iloc[::-1]
    table = songs_table(songs, clusters, {0: "calm, folk", 1: "-loud"}, sureness, xy)
    assert tuple(table) == SONGS
    assert table["track_id"].tolist() == songs.ids
    assert table["path"].dropna().to_dict() == {0: str(tmp_path / "a song.mp3")}
    assert table["name"].fillna("").tolist()[:4] == ["calm, folk", "-loud", "", "calm, folk"]
    assert table["cluster"].tolist()[-2:] == [1, pd.NA]
    assert table.isna().sum()[["sureness", "x"]].tolist() == [1, 0]
    write_songs(table, tmp_path / "songs.csv")
    again = read_songs(tmp_path / "songs.csv")
    assert tuple(again) == SONGS
    for column in ("track_id", "artist", "title", "path", "name"):
        assert again[column].fillna("").tolist() == table[column].fillna("").tolist()
    assert again["cluster"].equals(table["cluster"])
    for column in ("sureness", "x", "y"):
        np.testing.assert_allclose(again[column], table[column], rtol=1e-5)


def test_a_spreadsheet_opens_the_table_and_computes_nothing(songs, tmp_path):
    table = songs_table(songs, pd.Series(0, songs.ids), {0: "=evil"})
    write_songs(table, tmp_path / "songs.csv")
    content = (tmp_path / "songs.csv").read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"track_id","artist","title","path","cluster","name","sureness","x","y"\n')
    plain = pd.read_csv(tmp_path / "songs.csv", keep_default_na=False)
    assert len(plain) == 120
    assert plain.columns[0] == "track_id"
    texts = plain.select_dtypes(exclude="number").to_numpy().ravel()
    assert not [text for text in texts if str(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    assert plain["title"].tolist()[: len(TITLES)] == [*TITLES[:9], *(f"'{text}" for text in FORMULAS)]
    again = load(tmp_path / "songs.csv", features=_numbers(songs, tmp_path))
    assert len(again) == 120, "the table is one of tracks, too"


def _numbers(songs, folder):
    path = folder / "numbers.csv"
    songs.features.set_axis([f"'{songs.ids[0]}", *songs.ids[1:]]).rename_axis("track_id").to_csv(path)
    return path
