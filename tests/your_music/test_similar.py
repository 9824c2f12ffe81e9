"""Songs like one song, and the song that a text means."""

import unicodedata
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vaeclust.your_music.similar import find_songs, similar_songs


def test_the_nearest_come_first_and_the_song_itself_is_none_of_them():
    space = pd.DataFrame(np.array([[0.0, 0], [3, 4], [1, 0], [0, 1], [30, 0]]), list("abcde"))
    assert similar_songs(space, "a").to_dict() == {"c": 1.0, "d": 1.0, "b": 5.0, "e": 30.0}
    assert similar_songs(space, "a", 2).index.tolist() == ["c", "d"]
    assert similar_songs(space, "e", 1).index.tolist() == ["b"]


def test_a_copy_lies_at_no_distance():
    space = pd.DataFrame([[1.0], [5.0], [1.0]], list("abc"))
    assert similar_songs(space, "c").to_dict() == {"a": 0.0, "b": 4.0}
    assert similar_songs(space[:1], "a").empty


def test_single_precision_does_not_make_neighbours_equal():
    space = pd.DataFrame(np.float32([[1e4], [1e4 + 2], [1e4 + 1]]), list("abc"))
    assert similar_songs(space, "a").to_dict() == {"c": 1.0, "b": 2.0}


def test_what_cannot_be_looked_for_is_an_error():
    space = pd.DataFrame([[1.0], [5.0]], list("ab"))
    with pytest.raises(
        ValueError, match=r"no song 'c' in the embedding; expected one of its 2 track ids, such as a, b"
    ):
        similar_songs(space, "c")
    with pytest.raises(ValueError, match="n=0; expected at least one"):
        similar_songs(space, "a", 0)


@pytest.fixture
def library():
    return pd.DataFrame(
        [
            ("Ann", "Été", "music/ann/one.mp3"),
            ("Ann", "Été indien", "music/ann/two.mp3"),
            ("Bo", "été", "music/bo/one.mp3"),
            ("Bo", "The Ann", "music/bo/two – live.mp3"),
            (None, "ঘাস", None),
            ("שלום", None, "music/x.mp3"),
            (None, None, None),
        ],
        columns=["artist", "title", "path"],
        index=["t1", "t2", "t3", "t4", "t5", "t6", "Ann?"],
    )


def test_exact_comes_before_part_and_all_that_fit_are_returned(library):
    assert find_songs(library, "Été") == ["t1", "t3"]
    assert find_songs(library, "indien") == ["t2"]
    assert find_songs(library, "bo - ÉTÉ") == ["t3"]
    assert find_songs(library, "Ann — Été") == ["t1"]
    assert find_songs(library, "t") == ["t1", "t2", "t3", "t4", "t5", "t6"]  # a part of each id
    assert find_songs(library, "nothing of the kind") == []


def test_an_id_or_a_path_means_one_song_whatever_others_are_called(library):
    assert find_songs(library, "t1") == ["t1"]
    assert find_songs(library, "Ann?") == ["Ann?"]
    assert find_songs(library, "music/ann/one.mp3") == ["t1"]
    assert find_songs(library, "bo/two - live.mp3") == ["t4"]
    assert find_songs(library.assign(title=["t2", *library["title"][1:]]), "t2") == ["t2"]


def test_case_unicode_form_and_gaps_do_not_matter(library):
    apart = unicodedata.normalize("NFD", "  ANN  –  été ")
    assert find_songs(library, apart) == ["t1"]
    whole = library.rename(index={"t5": unicodedata.normalize("NFD", "é5")})
    assert find_songs(whole, unicodedata.normalize("NFC", "É5")) == [unicodedata.normalize("NFD", "é5")]
    assert find_songs(library, "ঘাস") == ["t5"]
    assert find_songs(library, "שלום") == ["t6"]


def test_words_are_found_in_any_order_and_without_accents(library):
    assert find_songs(library, "indien ann") == ["t2"]
    assert find_songs(library, "ete bo") == ["t3"]
    assert find_songs(library, "ete nobody") == []


def test_paths_count_from_the_project_and_from_where_one_is(library, project, monkeypatch):
    (project / "music" / "ann").mkdir(parents=True)
    assert find_songs(library, str(project / "music" / "ann" / "two.mp3")) == ["t2"]
    monkeypatch.chdir(project / "notebooks")
    assert find_songs(library, "../music/ann/two.mp3") == ["t2"]


def test_a_corpus_is_searched_by_its_tracks(corpus):
    named = replace(corpus, tracks=corpus.tracks.assign(title=[f"Song {i}" for i in range(120)]))
    assert find_songs(named, "song 11") == [corpus.ids[11]]
    assert len(find_songs(named, "song 1")) == 1
    assert len(find_songs(corpus, "track 11")) == 11  # of ids alone, as a part


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_refused(library, text):
    with pytest.raises(ValueError, match="names no song; expected the path"):
        find_songs(library, text)


def test_signs_between_words_need_not_be_typed():
    songs = pd.DataFrame({"artist": ["Abba", "Abba"], "title": ["Hello!", "Hello again"]}, index=["a1", "b2"])
    assert find_songs(songs, "abba hello") == ["a1"]
    assert find_songs(songs, "ABBA: Hello, again") == ["b2"]
    assert find_songs(songs, "hello") == ["a1"]
    assert find_songs(pd.DataFrame({"title": ["!!!", "???"]}, index=["a", "b"]), "???") == ["b"]
