"""Words of every script, their languages, and what is none of a song's words."""

import unicodedata

import numpy as np
import pandas as pd
import pytest

from vaeclust.corpus.lyrics import count_features, load_lyrics, text_features
from vaeclust.corpus.words import languages, stop_words, sung, words

WHOLE = {
    "আমি বাংলায় গান গাই": ["আমি", "বাংলায়", "গান", "গাই"],
    "तुम ही हो": ["तुम", "ही", "हो"],
    "உன்னை நான்": ["உன்னை", "நான்"],
    "నువ్వు నేను": ["నువ్వు", "నేను"],
    "أَنَا أُحِبُّكِ": ["أَنَا", "أُحِبُّكِ"],
    "U\u0308ber su\u0308ße": ["über", "süße"],
    "می\u200cخواهم": ["می\u200cخواهم"],
    "사랑 해요": ["사랑", "해요"],
    "rock_n_roll 99 a I": ["rock_n_roll", "99"],
}
PAIRS = {
    "ฉันรักเธอ": ["ฉัน", "นรั", "รัก", "กเ", "เธ", "ธอ"],
    "我爱你": ["我爱", "爱你"],
    "日本語の歌詞": ["日本", "本語", "語の", "の歌", "歌詞"],
    "好": ["好"],
    "love我爱 99": ["love", "我爱", "99"],
}


@pytest.mark.parametrize("text", WHOLE)
def test_words_with_gaps_are_whole(text):
    assert words(text) == WHOLE[text]


@pytest.mark.parametrize("text", PAIRS)
def test_scripts_without_gaps_give_neighbouring_signs(text):
    assert words(text) == PAIRS[text]


@pytest.mark.parametrize("text", ["ဘယ်သူမှ မသိဘူး", "ខ្ញុំស្រលាញ់អ្នក", "ຂ້ອຍຮັກເຈົ້າ"])
def test_no_mark_is_parted_from_its_letter(text):
    found = words(text)
    assert len(found) > 1
    for pair in found:
        assert pair in text
        assert unicodedata.category(pair[0])[0] != "M"
        after = text[text.index(pair) + len(pair) :]
        assert not after or unicodedata.category(after[0])[0] != "M"
    assert set("".join(found)) == set(text) - {" "}


def test_english_words_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import CountVectorizer

    text = "Don't stop; the 2nd rock_n_roll, I'm [a] naïve café-owner… O'Neil's"
    assert words(text) == CountVectorizer().build_analyzer()(text)


def test_what_is_none_of_the_words():
    text = "[Verse 1]\nSo what [x2]\n(Chorus)\nall day x3\nLyrics by Ann Bell\n(Outro: Bo)\nhttps://x.org/a\n12Embed\n"
    assert words(sung(text)) == ["so", "what", "all", "day"]
    assert sung("I wrote (a letter) to you [sic]") == "I wrote (a letter) to you [sic]"  # people sing brackets, too


BENGALI = ["আমি বাংলায় গান গাই আমি বাংলার গান", "আমার সোনার বাংলা আমি তোমায় ভালোবাসি", "চাঁদের হাসি বাঁধ ভেঙেছে উছলে পড়ে আলো"]
ENGLISH = ["river and moon and stone", "the river of a long night", "moon over stone and over the water"]


def test_languages_of_texts():
    texts = pd.Series(BENGALI * 10 + ENGLISH * 10 + ["dies ist ein deutsches Lied, und nur eines ist es"])
    found = languages(texts)
    assert found[:30].eq("bn").all()
    assert found[30:60].eq("en").all()
    assert pd.isna(found[60])  # one of sixty-one


def test_each_text_has_the_stop_words_of_its_language():
    assert {"und", "der"} <= stop_words("de")
    assert "আমি" in stop_words("bn")
    counts = np.random.default_rng(0).poisson(0.4, size=(12, 8))
    counts[:6, 0] = counts[6:9, 0] = 3  # "die": an article of six texts, and a verb of three
    terms, ids = np.array(["die", *"bcdefgh"]), pd.Index(list("abcdefghijkl"))
    told = pd.Series(["de"] * 6 + ["en"] * 6, ids)
    english = count_features(counts, terms, ids)
    both = count_features(counts, terms, ids, languages=told)
    assert not np.allclose(english, both)
    pd.testing.assert_frame_equal(english, count_features(counts, terms, ids, languages=pd.Series("en", ids)))


def test_the_language_of_texts_becomes_a_label(tmp_path):
    from vaeclust.corpus.sources import load

    texts = [f"{text} {i % 7}" for i, text in enumerate(BENGALI * 5 + ENGLISH * 5)]
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=list("xyz"))
    table.assign(id=range(30), lyrics=texts).to_csv(tmp_path / "x.csv", index=False)
    corpus = load(tmp_path / "x.csv")
    assert corpus.tracks["language"].tolist() == ["bn"] * 15 + ["en"] * 15
    assert list(corpus.references()) == ["language"]
    given = table.assign(id=range(30), lyrics=texts, language=["one", "two", "three"] * 10)
    given.to_csv(tmp_path / "y.csv", index=False)
    assert set(load(tmp_path / "y.csv").tracks["language"]) == {"one", "two", "three"}


def test_hindi_thai_and_telugu_have_features():
    for text in ("तुम ही हो मेरी जान", "ฉันรักเธอ มากมาย", "నువ్వు నేను ప్రేమ"):
        found = text_features(pd.Series([f"{text} {chr(2437 + i)}া" for i in range(5)]))
        assert np.isfinite(found.to_numpy()).all()


def test_lyrics_files_of_another_place_are_joined_by_name(tmp_path):
    for i in range(5):
        (tmp_path / f"SONG {i}.TXT").write_text(f"river {i} moon over stone {i % 2}", encoding="utf-8")
    found = load_lyrics(tmp_path, pd.Index([f"album/song {i}" for i in range(6)]))
    assert found.has_lyrics.tolist() == [True] * 5 + [False]
