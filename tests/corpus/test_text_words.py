"""Words of every script, their languages, and what is none of a song's words."""

import unicodedata

import numpy as np
import pandas as pd
import pytest

from vaeclust.corpus import lyrics
from vaeclust.corpus.lyrics import count_features, load_lyrics, text_features
from vaeclust.corpus.words import languages, stop_words, sung, text_of, words

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


NO_SONG = """[Verse 1: Ann & Bo]
[Strofa 2]
(Repeat Chorus)
CHORUS:
Verse 2
2x
Submitted by Jo
Songwriters: Ann Bell, Bo Carr
See Ann LiveGet tickets as low as $40
You might also like
Lyrics © Somebody
******* This Lyrics is NOT for Commercial use *******
(1409617829201)
Paroles de la chanson La lune par Ann
Read more at https://example.org
Source: Somewhere
Print these lyrics
3Embed
"""


@pytest.mark.parametrize("line", NO_SONG.splitlines())
def test_headers_credits_and_footers_of_sites_are_none_of_the_words(line):
    assert words(sung(f"river\n{line}\nmoon\n")) == ["river", "moon"]


@pytest.mark.parametrize("line", ["over the bridge", "music in my title", "verse after verse", "wrote it all by hand"])
def test_what_is_sung_stays(line):
    assert words(sung(line)) == words(line)


GERMAN = ["Der Mond ist aufgegangen und die goldnen Sternlein", "Wir tanzen durch die Nacht und das Leben ist so schön"]


def test_lyrics_in_one_language_have_its_stop_words(monkeypatch):
    seen = []
    monkeypatch.setattr(lyrics, "text_features", lambda texts, told: seen.append(told) or text_features(texts, told))
    texts = pd.Series({f"song {i}": f"{GERMAN[i % 2]} {i % 3}" for i in range(20)})
    found = load_lyrics(texts, texts.index)
    assert found.languages is None  # of one language there is nothing to score
    assert set(seen[0]) == {"de"}
    load_lyrics(texts, texts.index, pd.DataFrame({"language": "Bangla"}, texts.index))
    assert set(seen[1]) == {"bn"}


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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
def test_texts_of_any_encoding(tmp_path, encoding):
    (tmp_path / "x.txt").write_bytes("Über süße Träume".encode(encoding))
    assert words(text_of(tmp_path / "x.txt")) == ["über", "süße", "träume"]
    (tmp_path / "x.txt").write_bytes(b"river\0moon")
    assert text_of(tmp_path / "x.txt") == ""


def test_chinese_lyrics_in_the_encoding_of_china(tmp_path):
    (tmp_path / "x.txt").write_bytes("我爱你不是因为你是谁而是因为我可以".encode("gb18030"))
    assert words(text_of(tmp_path / "x.txt"))[:2] == ["我爱", "爱你"]


def test_times_in_cells_and_folders_of_lrc(tmp_path):
    text = "[00:01.00]river {0}\n[00:12.40]<00:12.40>moon <00:13.10>stone"
    for i in range(6):
        (tmp_path / f"a{i}{('.lrc', '.TXT')[i % 2]}").write_text(text.format(i))
    ids = pd.Index([f"a{i}" for i in range(6)])
    assert load_lyrics(tmp_path, ids).has_lyrics.all()
    table = pd.DataFrame({"id": ids, "text": [text.format(i) for i in range(6)]})
    table.to_csv(tmp_path / "x.csv", index=False)
    np.testing.assert_allclose(load_lyrics(tmp_path / "x.csv", ids).features, load_lyrics(tmp_path, ids).features)
    assert words(sung(text)) == ["river", "moon", "stone"]
