"""Folders of lyrics: texts, tables, and what is neither."""

import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest

from vaeclust.corpus.lyrics import count_features, load_lyrics

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


MUSIXMATCH = "# TRAINING SET\n# of musiXmatch\n#\n%the,mond,stone,river,wheel\n{rows}\n"


@pytest.mark.parametrize("form", ["txt", "txt.gz", "zip"])
def test_bags_as_musixmatch_writes_them(tmp_path, form):
    counts = np.random.default_rng(0).poisson(1.5, size=(20, 5)) + np.eye(5, dtype=int)[np.arange(20) % 5]
    rows = [
        f"{IDS[i]},{i + 700}," + ",".join(f"{j + 1}:{count}" for j, count in enumerate(row) if count)
        for i, row in enumerate(counts)
    ]
    text = MUSIXMATCH.format(rows="\n".join(rows)).encode()
    path = tmp_path / f"mxm.{form}"
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mxm_dataset_train.txt", text)
    else:
        path.write_bytes(gzip.compress(text) if form == "txt.gz" else text)
    found = load_lyrics(path, IDS)
    assert found.has_lyrics.tolist() == [True] * 20 + [False] * 4
    expected = count_features(counts, np.array(["the", "mond", "stone", "river", "wheel"]), IDS[:20])
    np.testing.assert_allclose(found.features[:20], expected, atol=1e-6)
    assert f"mxm.{form}: id from `track_id`, as they are: 20 of 24" in found.notes[-1]


@pytest.mark.parametrize("cell", ["0:1", "6:1", "x:1", "1", "1:x"])
def test_a_wrong_line_of_musixmatch_is_named(tmp_path, cell):
    (tmp_path / "mxm.txt").write_text(MUSIXMATCH.format(rows=f"D-0001,7,1:2\nD-0002,8,2:1,{cell}"))
    with pytest.raises(ValueError, match=rf"D-0002,8,2:1,{cell}; expected numbers from 1 to 5, each with a count"):
        load_lyrics(tmp_path / "mxm.txt", IDS)
