"""Folders of lyrics: texts, tables, and what is neither."""

import pandas as pd
import pytest

from vaeclust.corpus.lyrics import load_lyrics

N = 24
IDS = pd.Index([f"{'DE'[i // 12]}-{i:04d}" for i in range(N)])
LINES = [f"Über den Fluss {i % 5} mond {i % 3}\nstone; {i % 4}" for i in range(N)]


def test_tables_in_a_folder_are_one(tmp_path):
    (tmp_path / "en").mkdir()
    german = pd.DataFrame({"ID": IDS[:12], "Titel": "Lied", "Text": LINES[:12]})
    german.to_csv(tmp_path / "lyrics_de.csv", sep=";", index=False, encoding="cp1252")
    english = pd.DataFrame({"song_id": IDS[12:22].str.replace("-", "_"), "title": "Song", "artist": "Ann"})
    english.assign(lyrics=LINES[12:22], url="x").to_csv(tmp_path / "en" / "lyrics_en.csv", index=False)
    pd.DataFrame({"song_id": IDS, "tempo": range(N)}).to_csv(tmp_path / "tempi.csv", index=False)
    found = load_lyrics(tmp_path, IDS)
    assert found.has_lyrics.tolist() == [True] * 22 + [False] * 2
    said = "\n".join(found.notes)
    assert "lyrics_de.csv is no UTF-8 and was read as cp1252" in said
    assert "its tables of lyrics are read as one: lyrics_en.csv, lyrics_de.csv" in said
    assert "by letters and digits: 22 of 24 tracks" in said


def test_tables_in_a_folder_without_ids_are_joined_by_their_titles(tmp_path):
    tracks = pd.DataFrame({"artist": "Ann", "title": [f"Song {i}" for i in range(N)]}, IDS)
    for part in range(2):
        table = tracks.assign(lyrics=LINES).iloc[part::2]
        table.to_csv(tmp_path / f"{part}.csv", index=False)
    found = load_lyrics(tmp_path, IDS, tracks)
    assert found.has_lyrics.all()
    assert "by artist and title: 24 of 24" in found.notes[-1]


def test_files_that_are_not_read_are_named(tmp_path):
    for i, line in enumerate(LINES):
        (tmp_path / f"{IDS[i]}.txt").write_text(line, encoding="utf-8")
    assert len(load_lyrics(tmp_path, IDS).notes) == 1
    for name in ("a_lyrics.docx", "b.PDF", "list.csv", "cover.jpg", ".hidden.rtf", "._D-0000.txt"):
        (tmp_path / name).write_bytes(b"\0")
    found = load_lyrics(tmp_path, IDS)
    note = "3 files are not read, since texts are .txt, .lrc, .srt here: a_lyrics.docx, b.PDF, list.csv"
    assert found.notes[0].endswith(note)
    assert found.has_lyrics.all()


def test_a_folder_without_a_text_says_what_is_in_it(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"expected names such as D-0000\.txt; .*1 file is not read, .*: a\.docx"):
        load_lyrics(tmp_path, IDS)
    pd.DataFrame({"song_id": IDS, "tempo": range(N)}).to_csv(tmp_path / "tempi.csv", index=False)
    with pytest.raises(ValueError, match=r"no readable <track_id>\.txt"):
        load_lyrics(tmp_path, IDS)
