"""How far heard moods are those of a table."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vaeclust.corpus.moods import MOODS
from vaeclust.evidence import mood_agreement


@pytest.fixture
def songs():
    """Moods of 60 songs, some of them equal, and a noisy copy of another order that lacks some."""
    rng = np.random.default_rng(0)
    heard = pd.DataFrame(rng.integers(9, size=(60, 7)) / 9, index=[f"song {i}" for i in range(60)], columns=MOODS)
    told = (heard + rng.normal(size=heard.shape) * np.linspace(0.1, 2, 7)).sample(frac=0.8, random_state=0)
    return heard, told[list(MOODS[::-1])].assign(tempo=120.0)


def test_it_is_spearmans_correlation_over_the_songs_that_both_know(songs):
    heard, told = songs
    told.iloc[0, 0] = np.nan
    found = mood_agreement(heard, told, draws=200)
    assert list(found.index) == list(MOODS)
    assert found["songs"].tolist() == [48] * 6 + [47]
    for mood in MOODS:
        known = told[mood].dropna()
        assert found.loc[mood, "correlation"] == pytest.approx(stats.spearmanr(heard.loc[known.index, mood], known)[0])
    assert ((found["low"] < found["correlation"]) & (found["correlation"] < found["high"])).all()
    pd.testing.assert_frame_equal(found, mood_agreement(heard, told, draws=200))


def test_the_interval_narrows_with_the_songs(songs):
    heard, told = songs
    wide = mood_agreement(heard, told.iloc[:16], draws=300).loc["valence"]
    narrow = mood_agreement(heard, told, draws=300).loc["valence"]
    assert narrow["high"] - narrow["low"] < 0.8 * (wide["high"] - wide["low"])


def test_tables_that_cannot_be_compared(songs):
    heard, told = songs
    with pytest.raises(ValueError, match=r"the told values have no column liveness; found valence"):
        mood_agreement(heard, told.drop(columns="liveness"))
    with pytest.raises(ValueError, match=r"both tables know 0 songs; expected at least three"):
        mood_agreement(heard.reset_index(drop=True), told)


def test_what_is_said_of_each_mood_is_what_real_songs_show(songs_folder):
    """The numbers that ``vaeclust.corpus.moods`` and the table of the page ``reproduce`` state."""
    folder = songs_folder
    told = pd.read_csv(folder / "service_values.csv", index_col="track_id")
    with np.load(folder / "listening.npz") as arrays:
        heard = pd.DataFrame(arrays["moods"], index=arrays["track_id"], columns=MOODS)
    found = mood_agreement(heard, told)
    assert (found["songs"] == 1000).all()
    stated = {
        "acousticness": 0.82, "energy": 0.78, "instrumentalness": 0.71, "danceability": 0.69, "valence": 0.67,
        "speechiness": 0.58, "liveness": 0.17,
    }  # fmt: skip
    assert found["correlation"].round(2).to_dict() == stated
    # The others tell songs apart; this one hardly does.
    assert found["high"]["liveness"] < 0.25 < found["low"].drop("liveness").min()
