from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from vaeclust.corpus.lyrics import count_features, load_lyrics, text_features
from vaeclust.evidence.lyrics import lyrics_join

IDS = pd.Index([f"album/{i}" for i in range(60)], name="track_id")
WORDS = {0: "river mountain meadow willow", 1: "engine highway wheel station", 2: "angel mercy altar choir"}


def text(i: int) -> str:
    rng = np.random.default_rng(i)
    return " ".join(rng.choice(WORDS[i % 3].split(), 12)) + " the and of tonight" * 3


TEXTS = pd.Series({track: text(i) for i, track in enumerate(IDS)})


def test_topics_become_clusters():
    features = text_features(TEXTS)
    assert features.shape == (60, 30)
    found = KMeans(3, n_init=10, random_state=0).fit_predict(features)
    assert adjusted_rand_score(np.arange(60) % 3, found) == 1.0


def test_noise_dimensions_stay_small():
    """The divisor is one for all: the widest dimension has unit deviation, the others keep their proportion."""
    deviation = text_features(TEXTS).std(ddof=0)
    assert deviation.max() == pytest.approx(1.0)
    assert deviation.iloc[3:10].max() < 0.4
    np.testing.assert_allclose(text_features(TEXTS).mean(), 0, atol=1e-9)


def test_stop_words_and_words_of_most_tracks_do_not_count():
    spoken = text_features(TEXTS)
    cleaned = text_features(TEXTS.str.replace("the and of", "").str.replace("tonight", ""))
    np.testing.assert_allclose(np.abs(spoken), np.abs(cleaned), atol=1e-8)


def test_a_folder_a_table_of_texts_and_a_bag_of_words_agree(tmp_path):
    for track, words in TEXTS.items():
        path = tmp_path / "texts" / f"{track}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)
    TEXTS.rename("text").rename_axis("track_id").to_csv(tmp_path / "texts.csv")
    counts = TEXTS.str.split().explode().rename("term").rename_axis("track_id").reset_index()
    counts = counts.groupby(["track_id", "term"], sort=False).size().rename("count")
    counts.to_csv(tmp_path / "bags.csv.gz")
    loaded = [load_lyrics(tmp_path / name, IDS)[0] for name in ("texts", "texts.csv", "bags.csv.gz")]
    np.testing.assert_allclose(np.abs(loaded[0]), np.abs(loaded[1]), atol=1e-5)
    np.testing.assert_allclose(np.abs(loaded[0]), np.abs(loaded[2]), atol=1e-5)


def test_tracks_without_lyrics_are_zero_and_marked(tmp_path):
    TEXTS.iloc[:40].rename("text").rename_axis("track_id").to_csv(tmp_path / "texts.csv")
    features, has_lyrics, *_ = load_lyrics(tmp_path / "texts.csv", IDS)
    assert has_lyrics.tolist() == [True] * 40 + [False] * 20
    assert not features[40:].any()
    assert np.abs(features[:40]).sum(axis=1).min() > 0
    assert load_lyrics(None, IDS)[0] is None


def test_faulty_files_are_named_and_the_rest_is_read(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    for i in range(20):
        (folder / f"{i}.txt").write_text(text(i))
    (folder / "20.txt").write_text(" \n")
    (folder / "21.txt").write_bytes("café".encode("latin-1"))
    (folder / "22.txt").write_bytes(b"binary\x00data")
    (folder / "999.txt").write_text(text(999))
    with pytest.warns(UserWarning, match="lyrics") as warned:
        _, has_lyrics, *_ = load_lyrics(tmp_path, IDS)
    said = " ".join(str(warning.message) for warning in warned)
    assert has_lyrics.sum() == 21  # what Windows wrote can be read
    for words in (
        "20.txt of track album/20 (no words in it)",
        "22.txt of track album/22",
        "album/999",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (
            {"track_id": ["x", "album/1"], "term": ["a", "river"], "count": [0, -2]},
            "negative count of 'river' for track album/1",
        ),
        ({"track_id": ["album/1"], "term": ["river"], "count": ["x"]}, "count is 'x' of album/1"),
        (
            {"track_id": ["elsewhere"] * 3, "term": ["a", "bb", "cc"], "count": [1, 1, 1]},
            "none of its 1 track ids is in the corpus",
        ),
        ({"track_id": ["album/1"], "mood": ["calm"]}, "lyrics.csv: found the columns track_id, mood; expected"),
        ({"track_id": ["album/1", "album/1"], "text": ["a", "b"]}, "stand more than once"),
    ],
)
def test_faulty_tables_are_refused(tmp_path, table, says):
    pd.DataFrame(table).to_csv(tmp_path / "lyrics.csv", index=False)
    with pytest.raises(ValueError, match=says), np.errstate(all="raise"):
        load_lyrics(tmp_path / "lyrics.csv", IDS)


def test_few_texts_fill_the_rest_with_zeros():
    """Three tracks are too few for bounds on document frequency, which would leave no term."""
    features = count_features(np.array([[2, 0, 1], [0, 3, 1], [1, 1, 0]]), np.array(["ab", "cd", "ef"]), IDS[:3])
    assert features.shape == (3, 30)
    assert np.isfinite(features.to_numpy()).all()
    assert not features.iloc[:, 2:].to_numpy().any()


def by_row(n, **columns):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(n, 30)), columns=[f"lyrics_{i:02d}" for i in range(30)])
    return table.assign(**{"row": range(n), "own_genre": "rock", **columns})


def test_published_features_are_joined_by_row_and_taken_as_they_are(tmp_path):
    table = by_row(60)
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "published.csv", index=False)
    features, has_lyrics, *_ = load_lyrics(tmp_path / "published.csv", IDS)
    assert has_lyrics.all()
    np.testing.assert_allclose(features, table.filter(like="lyrics_"), atol=1e-6)


@pytest.mark.parametrize("table", [by_row(59), by_row(61), by_row(60).assign(row=0)], ids=["few", "many", "twice"])
def test_rows_that_do_not_count_the_tracks_are_refused(tmp_path, table):
    table.to_csv(tmp_path / "published.csv", index=False)
    with pytest.raises(ValueError, match="expected every row from 0 to 59 once"):
        load_lyrics(tmp_path / "published.csv", IDS)


@pytest.fixture
def joined(corpus, tmp_path):
    """Lyrics whose first number tells the genre; saved in the order of the tracks, or in any other."""
    table = by_row(len(corpus), own_genre=corpus.tracks["genre"].to_numpy())
    table["lyrics_00"] += 10 * corpus.classes

    def save(order) -> Path:
        table.iloc[order].assign(row=range(len(table))).to_csv(tmp_path / "published.csv", index=False)
        return tmp_path / "published.csv"

    return save


def test_a_join_by_row_is_found_right_or_wrong(corpus, joined):
    right = lyrics_join(corpus, joined(np.arange(len(corpus))))
    assert right == {
        "same_genre": 1.0, "chance": 0.25, "same_genres_in_all": 1.0, "predicts_own_genre": 1.0,
        "predicts_track_genre": 1.0,
    }  # fmt: skip
    wrong = lyrics_join(corpus, joined(np.random.default_rng(0).permutation(len(corpus))))
    assert wrong["predicts_own_genre"] == 1.0
    assert wrong["same_genre"] == pytest.approx(0.25, abs=0.12)
    assert wrong["predicts_track_genre"] == pytest.approx(0.25, abs=0.12)


def test_a_join_cannot_be_judged_without_genres(corpus, joined):
    path = joined(np.arange(len(corpus)))
    with pytest.raises(ValueError, match="small has no genres"):
        lyrics_join(replace(corpus, labels=()), path)
    pd.read_csv(path).drop(columns="own_genre").to_csv(path, index=False)
    with pytest.raises(ValueError, match="no column own_genre"):
        lyrics_join(corpus, path)


def test_the_published_rows_are_those_of_other_tracks(gtzan, gtzan_folder):
    join = lyrics_join(gtzan, gtzan_folder / "lyrics_features_published.csv")
    assert join["same_genres_in_all"] == 1.0
    assert join["same_genre"] == pytest.approx(join["chance"], abs=0.03)
    assert join["predicts_own_genre"] > 0.3
    assert join["predicts_track_genre"] < 0.15


def test_the_published_table_fits_gtzan(gtzan, gtzan_folder):
    features, has_lyrics, *_ = load_lyrics(gtzan_folder / "lyrics_features_published.csv", gtzan.tracks.index)
    assert has_lyrics.all()
    np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-3)
