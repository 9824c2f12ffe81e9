"""What people really have goes in as it is: tables, arrays and labels that somebody else named."""

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sounds import song

from vaeclust.corpus.arrays import given_numbers
from vaeclust.corpus.feature_sets import FEATURE_SETS
from vaeclust.corpus.formats import read_table
from vaeclust.corpus.joining import joined, matched
from vaeclust.corpus.levels import folder_labels
from vaeclust.corpus.lyrics import load_lyrics
from vaeclust.corpus.sources import load
from vaeclust.corpus.tables import GTZAN_IDS

N = 24
RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(N, 13)).round(6)
GENRES = [["Rock", "Folk"][i % 2] for i in range(N)]
LANGUAGES = [["bn", "en"][i // 12] for i in range(N)]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def features(**columns) -> pd.DataFrame:
    """A table of 13 numbers a track, with other columns before them."""
    return pd.DataFrame(columns).join(pd.DataFrame(VALUES, columns=[str(i) for i in range(13)]))


def saved(table: pd.DataFrame, path: Path, **options) -> Path:
    table.to_csv(path, index=False, **options)
    return path


def heard(corpus):
    np.testing.assert_array_equal(corpus.features.to_numpy(), VALUES)
    return corpus


ROWS = [f"song {i:02d}" for i in range(N)]


@pytest.mark.parametrize("name", ["track_id", "id", "uid", "song_id", "song", "name", "File Name", "Filepath", "track"])
def test_ids_under_many_names(home, name):
    corpus = heard(load(saved(features(**{name: [f"{row}.mp3" for row in ROWS]}), home / "x.csv")))
    assert corpus.ids == ROWS
    assert f"`{name}`" in corpus.notes[0]
    assert list(corpus.features) == [str(i) for i in range(13)]
    assert "13 features" in repr(corpus)


ENCODINGS = {
    "utf-8-sig": "", "utf-16": "", "utf-16-le": "utf-16-le", "cp1252": "cp1252", "latin-1": "cp1252",
}  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_encodings(home, encoding, separator):
    table = features(id=ROWS, genre=["Chanson française", "Übung"] * 12)
    saved(table, home / "x.csv", sep=separator, encoding=encoding, lineterminator="\r\n")
    corpus = heard(load(home / "x.csv"))
    assert corpus.class_names == ("Chanson française", "Übung")
    guessed = ENCODINGS[encoding]
    assert any(f"read as {guessed}" in note for note in corpus.notes) == bool(guessed)
    assert any("cells between" in note for note in corpus.notes) == (separator != ",")


def test_decimal_commas_compression_and_a_letter_far_down(home):
    table = features(id=ROWS)
    corpus = heard(load(saved(table, home / "comma.csv", sep=";", decimal=",")))
    assert "decimal commas" in " ".join(corpus.notes)
    saved(table, home / "x.tsv", sep="\t")
    (home / "x.tsv.gz").write_bytes(gzip.compress((home / "x.tsv").read_bytes()))
    heard(load(home / "x.tsv.gz"))
    long = features(id=ROWS, note=["x" * 20_000] * (N - 1) + ["ü"])
    saved(long, home / "long.csv", encoding="cp1252")
    assert "read as cp1252" in " ".join(heard(load(home / "long.csv")).notes)
    with zipfile.ZipFile(home / "two.zip", "w") as archive:
        archive.writestr("readme.txt", "a\n")
        archive.write(home / "comma.csv", "big.csv")
    assert "big.csv was read, not readme.txt" in " ".join(heard(load(home / "two.zip")).notes)


def test_blanks_and_capitals_and_an_index(home, table):
    shouted = table.rename(columns=lambda name: f" {name.upper()} ")
    shouted.to_csv(home / "x.csv", sep=";")  # with its index
    corpus = load(home / "x.csv")
    np.testing.assert_array_equal(corpus.features.to_numpy(), load(saved(table, home / "y.csv")).features.to_numpy())
    assert list(corpus.features)[:2] == ["mfcc1_mean", "mfcc2_mean"]
    assert corpus.class_names == ("genre A", "genre B", "genre C", "genre D")


@pytest.mark.parametrize("suffix", ["xlsx", "parquet"])
def test_spreadsheets_and_parquet(home, suffix):
    table = features(id=["007", *ROWS[1:]], genre=GENRES)
    if suffix == "xlsx":
        pytest.importorskip("openpyxl", reason="openpyxl is not here: pip install openpyxl")
        table.to_excel(home / "x.xlsx", index=False)
    else:
        duckdb = pytest.importorskip("duckdb", reason="duckdb is not here: pip install duckdb")
        duckdb.from_df(table).write_parquet(str(home / "x.parquet"))
    corpus = heard(load(home / f"x.{suffix}"))
    assert corpus.ids[0] == "007"
    assert corpus.class_names == ("Folk", "Rock")


def test_header_rows_of_a_large_public_data_set(home):
    head = ["feature,mfcc,mfcc,tonnetz", "statistics,mean,std,mean", "number,01,02,01", "track_id,,,"]
    rows = [f"{n},{a},{b},{c}" for n, (a, b, c) in enumerate(VALUES[:, :3], start=2)]
    (home / "features.csv").write_text("\n".join([*head, *rows]))
    about = [",album,track,set", ",id,genre_top,split", "track_id,,,"]
    about += [f"{n},{n},{GENRES[n - 2]},training" for n in range(2, N + 2)]
    (home / "tracks.csv").write_text("\n".join(about))
    corpus = load(home / "features.csv", tracks=home / "tracks.csv")
    assert list(corpus.features) == ["mfcc mean 01", "mfcc std 02", "tonnetz mean 01"]
    np.testing.assert_array_equal(corpus.features.to_numpy(), VALUES[:, :3])
    assert corpus.ids[:2] == ["2", "3"]
    assert corpus.class_names == ("Folk", "Rock")
    assert list(corpus.references()) == ["genre"]  # a split is no label
    by_name = load(saved(features(id=ROWS), home / "x.csv"), features=saved(features(id=ROWS[::-1]), home / "y.csv"))
    np.testing.assert_array_equal(by_name.features.to_numpy(), VALUES[::-1])


@pytest.mark.parametrize("text", ["NA", "null", "None", "nan", "1e5", "007", "#1"])
def test_ids_stay_what_they_are(home, text):
    assert load(saved(features(id=[text, *ROWS[1:]], artist="NA"), home / "x.csv")).ids[0] == text


def test_a_few_rows_that_hold_no_numbers_are_left_out_and_named(home):
    table = features(id=ROWS).astype({"3": object})
    table.loc[5, "3"] = "-"
    corpus = load(saved(table, home / "x.csv"))
    assert corpus.excluded == {"song 05": "3 is missing, no number"}
    table["3"] = table["3"].map(lambda cell: f"{1e6 * float(cell):,.2f}" if cell != "-" else "inf")
    corpus = load(saved(table, home / "x.csv"))
    assert corpus.excluded == {"song 05": "3 is 'inf', no number"}
    np.testing.assert_allclose(corpus.features["3"], 1e6 * np.delete(VALUES[:, 3], 5), atol=0.01)
    table.loc[:3, "3"] = "loud"
    with pytest.raises(ValueError, match=r"in 5 of 24 rows \(column 3 in 5\); expected them in one row of ten"):
        load(saved(table, home / "x.csv"))


def test_one_song_in_several_rows(home):
    table = features(id=ROWS)
    twice = pd.concat([table, table.iloc[:3]])
    assert heard(load(saved(twice, home / "x.csv"))).ids == ROWS
    twice.iloc[-1, 3] = 99.0
    with pytest.raises(ValueError, match="stand more than once: song 02"):
        load(saved(twice, home / "x.csv"))


@pytest.mark.parametrize(
    "paths",
    [
        [f"C:\\Users\\me\\data\\{'english' if i // 12 else 'bangla'}\\{i % 12}.WAV" for i in range(N)],
        [f"./{'English' if i // 12 else 'Bangla'}/{i % 12}.wav" for i in range(N)],
    ],
)
def test_paths_of_another_machine_are_joined_by_their_ends(home, paths):
    ours = [f"{'english' if i // 12 else 'bangla'}/{i % 12}" for i in range(N)]
    about = pd.DataFrame({"song_id": range(N), "path": paths, "language": LANGUAGES})
    corpus = load(saved(features(track_id=ours), home / "x.csv"), tracks=saved(about, home / "tracks.csv"))
    assert corpus.tracks["language"].tolist() == LANGUAGES
    assert "language" in corpus.references()
    assert any("id from `path`" in note and "24 of 24 tracks" in note for note in corpus.notes)


def test_numbers_whose_zeros_are_folded_and_what_is_not_unique(home):
    ours = [f"{i // 12:03d}/{i + 700:06d}" for i in range(N)]
    about = pd.DataFrame({"track_id": [i + 700 for i in range(N)], "genre": GENRES})
    corpus = load(saved(features(path=ours), home / "x.csv"), tracks=saved(about, home / "tracks.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    double = pd.DataFrame({"file": ["a/700.mp3", "b/700.mp3"], "genre": ["x", "y"]})
    with pytest.raises(ValueError, match=r"stand more than once: 000/000700 \(a/700\.mp3, b/700\.mp3\)"):
        load(home / "x.csv", tracks=saved(double, home / "tracks.csv"))


def test_letters_in_two_code_points(home):
    about = pd.DataFrame({"file_name": [f"Su\u0308d {i}.mp3" for i in range(N)], "genre": GENRES})
    table = features(id=[f"süd {i}" for i in range(N)])
    corpus = load(saved(table, home / "x.csv"), tracks=saved(about, home / "tracks.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES


def test_one_genre_has_one_spelling(home):
    cells = [("Rock", "rock", "ROCK ", "Rock", "Folk", "folk")[i % 6] for i in range(N)]
    corpus = load(saved(features(id=ROWS, genre=cells), home / "x.csv"))
    assert corpus.class_names == ("Folk", "Rock")


def test_genres_that_are_lists(home):
    cells = [
        json.dumps([{"genre_id": "10", "genre_title": genre}]) if i % 3 else genre for i, genre in enumerate(GENRES)
    ]
    corpus = load(saved(features(id=ROWS, genres=cells), home / "x.csv"))
    assert corpus.class_names == ("Folk", "Rock")
    assert corpus.tracks["genre"].tolist() == GENRES


def test_names_tags_and_languages(home):
    about = pd.DataFrame({"track_id": ROWS, "name": [f"A song {i}" for i in range(N)], "tag": GENRES})
    about = about.assign(language=LANGUAGES, singer=[f"Ann {i % 5}" for i in range(N)], tempo=range(N))
    corpus = load(saved(features(id=ROWS), home / "x.csv"), tracks=saved(about, home / "tracks.csv"))
    assert corpus.display_name("song 01") == "Ann 1 – A song 1"
    assert list(corpus.references()) == ["language", "tag", "artist"]
    assert corpus.tracks["tempo"].tolist() == list(range(N))


def test_a_whole_project_table_goes_in_with_one_option(home):
    texts = [f'river {i % 5} moon\nand stone {i % 7}, "so"' for i in range(N)]
    table = features(filename=[f"{row}.mp3" for row in ROWS], language=LANGUAGES, genre=GENRES, lyrics=texts)
    corpus = heard(load(saved(table, home / "project.tsv", sep="\t")))
    assert corpus.lyrics.shape == (N, 30)
    assert corpus.has_lyrics.all()
    assert list(corpus.references()) == ["genre", "language"]
    assert corpus.notes[-1] == f"labels: genre (2), language (2); lyrics: {N} of {N} tracks, from `lyrics`"
    same = load(saved(features(id=ROWS), home / "x.csv"), lyrics=home / "project.tsv", tracks=home / "project.tsv")
    np.testing.assert_array_equal(same.lyrics, corpus.lyrics)
    assert list(same.references()) == ["genre", "language"]


def test_lyrics_in_files_that_a_table_names(home):
    (home / "words").mkdir()
    for i, row in enumerate(ROWS[:20]):
        (home / "words" / f"{row}.txt").write_text(f"river {i % 5} moon, stone {i % 7}", encoding="utf-8")
    table = features(uid=ROWS, lyrics_path=[f"words\\{row}.txt" for row in ROWS], genre=GENRES)
    corpus = heard(load(saved(table, home / "x.csv")))
    assert corpus.has_lyrics.sum() == 20
    again = load(saved(features(id=ROWS), home / "y.csv"), lyrics=home / "x.csv")
    np.testing.assert_array_equal(again.lyrics, corpus.lyrics)


@pytest.mark.parametrize("width", [30, 384])
def test_embeddings_of_lyrics_of_any_width(home, width):
    vectors = RNG.normal(size=(N, width)).astype("float32")
    table = pd.DataFrame(vectors, columns=[f"sbert_{i}" for i in range(width)])
    table.insert(0, "track_id", [f"{row}.mp3" for row in ROWS])
    corpus = load(saved(features(id=ROWS), home / "x.csv"), lyrics=saved(table, home / "lyrics.csv"))
    np.testing.assert_allclose(corpus.lyrics, vectors, rtol=1e-6)
    np.savez(home / "lyrics.npz", IDS=np.array(ROWS), sbert=vectors)
    np.testing.assert_array_equal(load(home / "x.csv", lyrics=home / "lyrics.npz").lyrics, vectors)


def test_arrays_with_and_without_ids(home):
    x = saved(features(id=ROWS), home / "x.csv")
    np.save(home / "latent_Z.npy", VALUES[::-1, :4])
    corpus = load(x, features=home / "latent_Z.npy")
    np.testing.assert_array_equal(corpus.features.to_numpy(), VALUES[::-1, :4])
    assert any("are the tracks in their order" in note for note in corpus.notes)
    pd.DataFrame({"id": ROWS[::-1]}).to_csv(home / "ids.csv", index=False)
    corpus = load(x, features=home / "latent_Z.npy")
    np.testing.assert_array_equal(corpus.features.to_numpy(), VALUES[:, :4])
    assert any("ids from ids.csv" in note for note in corpus.notes)
    (home / "ids.csv").unlink()
    np.save(home / "latent_Z.npy", VALUES[:7])
    with pytest.raises(ValueError, match="7 rows without ids for 24 tracks"):
        load(x, features=home / "latent_Z.npy")
    alone = load(home / "latent_Z.npy")
    assert alone.ids == [f"row {i} of 7" for i in range(1, 8)]
    with pytest.raises(ValueError, match="7 rows without ids for 24 tracks"):
        load(home / "latent_Z.npy", tracks=saved(pd.DataFrame({"id": range(24), "genre": GENRES}), home / "t.csv"))
    np.testing.assert_array_equal(alone.features.to_numpy(), VALUES[:7])
    np.save(home / "latent_Z.npy", VALUES)
    corpus = heard(
        load(home / "latent_Z.npy", tracks=saved(pd.DataFrame({"id": ROWS, "genre": GENRES}), home / "t.csv"))
    )
    assert corpus.ids == ROWS
    assert corpus.tracks["genre"].tolist() == GENRES
    assert any("24 rows are the tracks in their order" in note for note in corpus.notes)


def test_one_row_a_patch_is_averaged(home):
    patches = np.repeat(VALUES, 3, axis=0) + np.tile([[-1.0], [0.0], [1.0]], (N, 1))
    np.savez(home / "x.npz", X=patches, IDS=np.repeat(ROWS, 3))
    corpus = load(home / "x.npz")
    np.testing.assert_allclose(corpus.features.to_numpy(), VALUES, atol=1e-12)
    assert any("up to 3, are averaged" in note for note in corpus.notes)
    np.savez(home / "two.npz", a=VALUES[:, :3], b=VALUES, track_id=ROWS)
    heard(load(f"{home / 'two.npz'}:b"))
    with pytest.raises(ValueError, match=r"the name of one: two\.npz:a, two\.npz:b"):
        load(home / "two.npz")


def test_a_pickle_is_refused_with_the_line_that_converts_it(home):
    features(id=ROWS).to_pickle(home / "mine.pkl")
    for options in (
        {"source": home / "mine.pkl"},
        {"source": saved(features(id=ROWS), home / "x.csv"), "features": home / "mine.pkl"},
    ):
        with pytest.raises(ValueError, match="is a pickle, which can run anything") as error:
            load(**options)
        assert "pd.read_pickle('mine.pkl')).to_csv('mine.csv')" in str(error.value)


def test_a_path_counts_from_its_table_and_a_sound_that_is_there_stays(home):
    music = home / "music"
    for i in range(4):
        song(music / f"{i}.wav", i)
    (home / "about").mkdir()
    song(home / "about" / "own" / "0.wav", 9)
    about = pd.DataFrame({"name": range(4), "path": ["own/0.wav", "D:\\gone\\1.wav", "nowhere/2.wav", None]})
    corpus = load(music, tracks=saved(about, home / "about" / "tracks.csv"))
    paths = [Path(path) for path in corpus.tracks["path"]]
    assert paths == [home / "about" / "own" / "0.wav", *(music / f"{i}.wav" for i in (1, 2, 3))]
    assert all(path.is_file() for path in paths)


OTHERS = {
    "year": range(1990, 1990 + N), "popularity": range(N), "genre_encoded": [i % 2 for i in range(N)],
    "cluster": [i % 3 for i in range(N)], "#": range(N), "track_number": range(N),
}  # fmt: skip


def test_what_is_no_sound_is_no_feature_and_what_is_left_is_named(home):
    table = features(id=ROWS, **OTHERS).assign(bpm=[f"{100 + i} bpm" for i in range(N)])
    corpus = heard(load(saved(table, home / "x.csv")))
    assert (
        f"x.csv: not used as features: {', '.join([*OTHERS, 'bpm'])}; `--labels` makes labels of columns"
        in corpus.notes
    )
    assert "x.csv: 13 features: 0 … 12" in corpus.notes
    boxed = features(id=ROWS).assign(tempo=[f"[{100 + i}.5]" for i in range(N)], energy=[f"{i}%" for i in range(N)])
    corpus = load(saved(boxed, home / "y.csv"))
    assert corpus.features["tempo"].tolist() == [100.5 + i for i in range(N)]
    assert corpus.features["energy"].tolist() == list(range(N))


def test_a_few_numbers_that_agree_join_nothing(home):
    saved(features(id=[f"x{7 * i}" for i in range(N)]), home / "x.csv")
    about = saved(pd.DataFrame({"track_id": [f"S{i:03d}" for i in range(N)], "genre": GENRES}), home / "t.csv")
    with pytest.raises(ValueError, match="none of its 24 track ids is in the corpus"):
        load(home / "x.csv", tracks=about)


def test_an_index_with_gaps_is_none(home):
    table = features(title=[f"A song {i}" for i in range(N)])
    table.drop(index=[3, 7]).to_csv(home / "x.csv")
    assert load(home / "x.csv").ids[0] == "row 1 of 22"


def test_records_of_json(home):
    table = features(id=ROWS, genre=[[genre, "other"] for genre in GENRES]).assign(markets=[["de", "bn"]] * N)
    table.to_json(home / "x.json", orient="records")
    table.to_json(home / "y.jsonl", orient="records", lines=True)
    for name in ("x.json", "y.jsonl"):
        corpus = heard(load(home / name))
        assert corpus.class_names == ("Folk", "Rock")
    (home / "z.json").write_text('{"a": 1}')
    with pytest.raises(ValueError, match="expected a list of records"):
        load(home / "z.json")


def test_labels_that_say_nothing_and_a_record_label(home):
    told = [("Rock", "Folk", "Unknown", "-", "N/A", "nan")[i % 6] for i in range(N)]
    corpus = load(saved(features(id=ROWS, genre=told), home / "x.csv"))
    assert corpus.class_names == ("Folk", "Rock")
    assert (corpus.classes == -1).sum() == 16
    export = features(**{"Track URI": ROWS, "Artist Genres": GENRES, "Label": [f"Records {i}" for i in range(N)]})
    corpus = load(saved(export, home / "y.csv"))
    assert corpus.class_names == ("Folk", "Rock")
    assert corpus.ids == ROWS


def test_lyrics_in_the_table_of_tracks_and_those_that_are_none(home):
    texts = ["Instrumental" if i < 4 else f"river {i % 5} moon stone {i % 7}" for i in range(N)]
    about = saved(pd.DataFrame({"id": ROWS, "song_lyrics": texts}), home / "t.csv")
    corpus = load(saved(features(id=ROWS), home / "x.csv"), tracks=about)
    assert corpus.has_lyrics.sum() == 20


SCRIPTS = {
    "gb18030": ("摇滚", "民谣", "我爱你不是因为你是谁"), "big5": ("搖滾", "民謠", "我愛你不是因為你是誰"),
    "cp932": ("ロック", "演歌", "夜空ノムコウ、あなたを愛している"),
    "cp949": ("발라드", "트로트", "사랑해 너를 기다리며"), "cp1251": ("Рок", "Шансон", "Я тебя люблю"),
    "cp1250": ("Zażółć", "Gęślą", "Dziś są twoje urodziny"),
}  # fmt: skip


@pytest.mark.parametrize("encoding", SCRIPTS)
def test_encodings_of_other_scripts_are_guessed_and_named(home, encoding):
    *genres, title = SCRIPTS[encoding]
    table = features(id=ROWS, genre=genres * 12, title=[f"{title} {i}" for i in range(N)])
    corpus = heard(load(saved(table, home / "x.csv", encoding=encoding)))
    assert set(corpus.class_names) == set(genres)
    assert f"read as {encoding}" in " ".join(corpus.notes)


ABOVE = {
    "sep=;\n": ";", "# by me, in 2020\n# and others\n": ",", "My songs\n\n": ",", f"My songs{',' * 14}\n": ",",
    "\n\n": ",", "# ": ",", "#": ",",  # the last are headers that are written as comments
}  # fmt: skip


@pytest.mark.parametrize("above", ABOVE)
def test_what_stands_above_a_header_is_passed_over(home, above):
    text = features(id=ROWS, genre=GENRES).to_csv(index=False, sep=ABOVE[above])
    (home / "x.csv").write_text(above + text)
    corpus = heard(load(home / "x.csv"))
    assert corpus.ids == ROWS
    assert corpus.class_names == ("Folk", "Rock")
    assert any("above its header" in note for note in corpus.notes) == (above.strip() != "#")


@pytest.mark.parametrize("columns", [{"id": ROWS}, {"id": range(700, 700 + N)}, {"id": ROWS, "genre": GENRES}, {}])
def test_tables_without_a_header(home, columns):
    table = pd.DataFrame({"id": columns["id"]} if "id" in columns else {}, index=range(N)).join(pd.DataFrame(VALUES))
    table = table.assign(genre=GENRES) if "genre" in columns else table
    (home / "x.csv").write_text(table.to_csv(index=False, header=False))
    corpus = heard(load(home / "x.csv"))
    assert corpus.ids == [str(row) for row in columns.get("id", [f"row {i} of {N}" for i in range(1, N + 1)])]
    assert corpus.class_names == (("Folk", "Rock") if "genre" in columns else ())
    assert any("has no header" in note for note in corpus.notes)


THOUSANDS = {"1,024.5": ",", "1'024.5": ",", "1\u2019024.5": ",", "1 024.5": ",", "1 024,5": ";", "1\u202f024,5": ";"}


@pytest.mark.parametrize("cell", THOUSANDS)
def test_thousands_of_many_countries(home, cell):
    table = pd.DataFrame({"id": ROWS, "a": [cell] * (N - 1) + ["2" + cell[-2] + "5"], "b": range(N)})
    corpus = load(saved(table, home / "x.csv", sep=THOUSANDS[cell]))
    assert corpus.features["a"].tolist() == [1024.5] * (N - 1) + [2.5]


def test_german_thousands(home):
    table = pd.DataFrame({"id": ROWS, "a": [f"1.{i:03d}.500,25" for i in range(N)], "b": [f"{i},5" for i in range(N)]})
    corpus = load(saved(table, home / "x.csv", sep=";"))
    assert corpus.features["a"].tolist() == [1_000_500.25 + 1000 * i for i in range(N)]
    assert corpus.features["b"].tolist() == [i + 0.5 for i in range(N)]


def test_the_sheet_that_has_tracks_is_read(home):
    pytest.importorskip("openpyxl", reason="openpyxl is not here: pip install openpyxl")
    with pd.ExcelWriter(home / "x.xlsx") as book:
        pd.DataFrame({"About": ["made by me"]}).to_excel(book, sheet_name="Readme", index=False)
        pd.DataFrame(columns=["nothing"]).to_excel(book, sheet_name="Empty", index=False)
        features(id=ROWS, genre=GENRES).to_excel(book, sheet_name="Data", index=False, startrow=2)
    corpus = heard(load(home / "x.xlsx"))
    assert corpus.class_names == ("Folk", "Rock")
    assert "sheet Data was read, not Readme" in " ".join(corpus.notes)


def test_ids_that_miss_are_counted_named_and_listed(home):
    x = saved(features(id=ROWS), home / "x.csv")
    about = saved(pd.DataFrame({"id": [*ROWS[:20], "ghost 1", "ghost 2"], "genre": GENRES[:22]}), home / "t.csv")
    texts = pd.DataFrame({"id": [*ROWS[:22], "lost"], "text": [f"river moon {i % 3} stone" for i in range(23)]})
    with pytest.warns(UserWarning, match="lyrics of tracks that the corpus does not have: lost"):
        corpus = load(x, tracks=about, lyrics=saved(texts, home / "l.csv"))
    said = " ".join(corpus.notes)
    assert "20 of 24 tracks; ids of no track, 2: ghost 1, ghost 2; tracks of no row, 4: song 20, song 21, " in said
    assert "l.csv: id from `id`, as they are: 22 of 24 tracks; ids of no track, 1: lost" in said
    missing = corpus.unmatched.groupby(["table", "what"])["id"].agg(list)
    assert missing["t.csv", "in no track of the corpus"] == ["ghost 1", "ghost 2"]
    assert missing["t.csv", "in no row of the table"] == ROWS[20:]
    assert missing["l.csv", "in no track of the corpus"] == ["lost"]
    assert load(x).unmatched is None


ARTISTS = [f"Ann & Bo {i % 5}" for i in range(N)]
TITLES = [f"A song, No. {i}" for i in range(N)]


@pytest.mark.parametrize("what", ["tracks", "lyrics", "features"])
@pytest.mark.parametrize("ids", [{}, {"spotify_id": [f"sp{i}x" for i in range(N)]}])
def test_artist_and_title_join_where_no_id_does(home, what, ids):
    x = saved(features(id=ROWS, title=TITLES, artist=ARTISTS), home / "x.csv")
    table = pd.DataFrame({**ids, "Track Name": [title.upper() for title in TITLES], "Artist(s)": ARTISTS})
    table = table.assign(genre=GENRES, lyrics=[f"river {i % 5} moon {i % 3}" for i in range(N)], y=range(N))
    table.loc[N] = table.loc[3]
    table.loc[N, "y"] = 99  # there are two of song 3
    corpus = load(x, **{what: saved(table.sample(frac=1, random_state=0), home / "t.csv")})
    note = next(note for note in corpus.notes if note.startswith("t.csv: id from"))
    assert "id from `Artist(s)` and `Track Name`, by artist and title: 2" in note
    if what == "tracks":
        told = corpus.tracks["genre"]
        assert told.dropna().to_dict() == {row: GENRES[i] for i, row in enumerate(ROWS) if pd.notna(told[row])}
    if what == "features":
        assert corpus.features["y"].to_dict() == {row: i for i, row in enumerate(ROWS) if i != 3}


def test_files_that_are_called_by_artist_and_title(home):
    x = saved(features(path=[f"{a} - {t}.mp3" for a, t in zip(ARTISTS, TITLES, strict=True)]), home / "x.csv")
    about = pd.DataFrame({"title": TITLES, "artist": ARTISTS, "genre": GENRES})
    assert load(x, tracks=saved(about, home / "t.csv")).tracks["genre"].tolist() == GENRES


SPOTIFY = [f"{'aBcD' * 5}{i:02d}" for i in range(N)]
ADDRESSES = {
    "spotify:track:{}": "https://open.spotify.com/track/{}?si=5f",
    "{}": "spotify:track:{}",
    "https://open.spotify.com/intl-de/track/{}": "{}",
    "https://www.youtube.com/watch?v={}&t=9s": "https://youtu.be/{}",
}


@pytest.mark.parametrize("ours", ADDRESSES)
def test_addresses_of_services_are_joined_by_the_id_in_them(home, ours):
    x = saved(features(track_uri=[ours.format(name) for name in SPOTIFY]), home / "x.csv")
    about = pd.DataFrame({"url": [ADDRESSES[ours].format(name) for name in SPOTIFY], "genre": GENRES})
    corpus = load(x, tracks=saved(about, home / "t.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    assert "without case and suffix: 24 of 24" in corpus.notes[-2]


def test_one_song_in_two_playlists_is_one(home):
    about = pd.DataFrame({"id": ROWS + ROWS[:3], "playlist": ["a"] * N + ["b"] * 3, "genre": GENRES + GENRES[:3]})
    x = saved(features(id=ROWS), home / "x.csv")
    corpus = load(x, tracks=saved(about, home / "t.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    assert "t.csv: 3 rows tell nothing new but playlist" in " ".join(corpus.notes)
    about.loc[N, "genre"] = "Another"
    with pytest.raises(ValueError, match="stand more than once: song 00"):
        load(x, tracks=saved(about, home / "t.csv"))


def test_one_language_has_one_name(home):
    cells = [
        ("bn", "Bangla", "Bengali", "bengali", "en", "English", "eng", "EN", "Klingon-ish")[i % 9] for i in range(N)
    ]
    corpus = load(saved(features(id=ROWS, language=cells), home / "x.csv"))
    assert corpus.tracks["language"].nunique() == 3
    bengali = [cell in ("bn", "Bangla", "Bengali", "bengali") for cell in cells]
    assert corpus.tracks["language"][bengali].nunique() == 1


SEVERAL = {
    ("Rock|Metal", "rock; metal", "Rock, metal", "Folk"): ("Folk", "Rock"),
    ("R&B/Soul", "Drum, Bass", "Hip-Hop/Rap", "Drum, Bass"): ("Drum, Bass", "Hip-Hop/Rap", "R&B/Soul"),
    ("Pop, dance", "Pop, indie", "Jazz", "Jazz"): ("Jazz", "Pop"),
}


@pytest.mark.parametrize("cells", SEVERAL)
def test_of_several_genres_the_first_is_taken_but_no_name_is_cut(home, cells):
    corpus = load(saved(features(id=ROWS, genre=list(cells) * 6, artist=["Earth, Wind"] * N), home / "x.csv"))
    assert corpus.class_names == SEVERAL[cells]
    assert any("the first genre is taken" in note for note in corpus.notes) == ("R&B/Soul" not in cells)
    assert set(corpus.tracks["artist"]) == {"Earth, Wind"}


def test_two_bad_rows_of_thirty_are_left_out(home):
    table = pd.DataFrame({"id": range(30), "a": ["1.5"] * 28 + ["loud", ""], "b": range(30)})
    assert list(load(saved(table, home / "x.csv")).excluded) == ["28", "29"]
    few = table.iloc[-5:].drop(index=29)
    assert list(load(saved(few, home / "y.csv")).excluded) == ["28"]


@pytest.mark.parametrize("form", ["json", "numpy", "parquet", "jsonl"])
def test_lists_in_cells_are_a_column_for_each_number(home, form):
    lists = [row.tolist() for row in VALUES]
    table = pd.DataFrame({"id": ROWS, "embedding": lists, "markets": [["de", "bn"]] * N})
    path = home / f"x.{form if form in ('parquet', 'jsonl') else 'csv'}"
    if form == "parquet":
        duckdb = pytest.importorskip("duckdb", reason="duckdb is not here: pip install duckdb")
        duckdb.from_df(table).write_parquet(str(path))
    elif form == "jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        saved(table.assign(embedding=[str(row) if form == "numpy" else str(row.tolist()) for row in VALUES]), path)
    corpus = load(path)
    np.testing.assert_allclose(corpus.features.to_numpy(), VALUES, atol=1e-6)
    assert list(corpus.features)[:2] == ["embedding 0", "embedding 1"]
    assert "the lists of `embedding` are 13 numbers, a column each" in " ".join(corpus.notes)
    vectors = load(saved(features(id=ROWS), home / "y.csv"), lyrics=path).lyrics
    np.testing.assert_allclose(vectors, VALUES, atol=1e-6)


def test_lists_of_several_lengths(home):
    table = pd.DataFrame({"id": ROWS, "beats": [str(list(range(2 + i % 3))) for i in range(N)]})
    with pytest.raises(ValueError, match="the lists of `beats` have 2 to 4 numbers; expected as many in each row"):
        load(saved(table, home / "x.csv"))
    corpus = load(saved(table.assign(tempo=range(N)), home / "x.csv"))
    assert list(corpus.features) == ["tempo"]
    assert "have 2 to 4 numbers and are not used" in " ".join(corpus.notes)


@pytest.mark.parametrize("first", ["feature", ""])
def test_a_table_that_lies_on_its_side_is_turned(home, first):
    rows = pd.DataFrame(VALUES, ROWS, [f"mfcc{i}_mean" for i in range(1, 14)]).T
    rows.rename_axis(first).to_csv(home / "x.csv")
    corpus = heard(load(home / "x.csv"))
    assert corpus.ids == ROWS
    assert "its columns tracks (song 00, song 01, song 02" in " ".join(corpus.notes)


SLICES = {
    "blues.{:05d}.{}.wav": "blues.{:05d}",
    "song{}_seg{}": "song{}",
    "a/song {} part 0{}.mp3": "a/song {}",
    "{}_chunk_{}": "{}",
}


@pytest.mark.parametrize("name", SLICES)
@pytest.mark.parametrize("given", [False, True])
def test_slices_are_one_row_a_recording(home, name, given):
    values = np.repeat(VALUES, 3, axis=0) + np.tile([[-1.0], [0.0], [1.0]], (N, 1))
    table = pd.DataFrame(values).assign(filename=[name.format(i, j) for i in range(N) for j in range(3)])
    table = table.assign(label=np.repeat(GENRES, 3), era=np.repeat([i % 3 for i in range(N)], 3))
    table.loc[4, "label"] = "Another"
    path = saved(table.drop(index=5), home / "x.csv")
    whole = [SLICES[name].format(i) for i in range(N)]
    if given:
        corpus = load(saved(features(id=whole), home / "y.csv"), features=path)
        corpus.features.pop("era")
    else:
        corpus = load(path, labels="genre,era")
        assert set(corpus.tracks["era"]) == {"0", "1", "2"}
    assert corpus.ids == whole
    kept = np.arange(N) != 1
    np.testing.assert_allclose(corpus.features.to_numpy()[kept], VALUES[kept], atol=1e-9)
    assert f"71 rows are slices of {N} recordings, up to 3 of each, and are averaged" in " ".join(corpus.notes)
    if not given:
        assert corpus.tracks["genre"][kept].tolist() == np.array(GENRES)[kept].tolist()


@pytest.mark.parametrize(
    "ids",
    [
        [f"{genre}.{i:05d}.wav" for genre in ("blues", "rock") for i in range(12)],
        [f"{genre}_{i}" for genre in ("blues", "rock") for i in range(12)],
        [f"album 199{i // 12}.{i % 12 + 1:02d}" for i in range(N)],
        ["Another brick part 1", "Another brick part 2", *ROWS[2:]],
        [f"{i // 12:03d}.{i:06d}" for i in range(N)],
        [f"disc1_{i:02d}" for i in range(N)],
    ],
)
def test_songs_of_a_genre_or_an_album_are_no_slices(home, ids):
    assert len(heard(load(saved(features(id=ids), home / "x.csv")))) == N


def test_means_over_slices_of_a_known_corpus_are_another_corpus(home):
    ids = [f"{track}.{part}.wav" for track in sorted(GTZAN_IDS) for part in range(2)]
    table = pd.DataFrame(RNG.normal(size=(2000, 3))).assign(filename=ids, label=[name.split(".")[0] for name in ids])
    corpus = load(saved(table, home / "features_3_sec.csv"))
    assert (corpus.name, corpus.known_as) == ("features_3_sec", "")
    assert list(corpus.excluded) == ["jazz.00054"]  # it is damaged there, too
    assert len(corpus) == 999
    assert len(corpus.class_names) == 10


def test_slices_that_are_the_tracks_stay(home):
    ids = [f"blues.{i // 3:05d}.{i % 3}" for i in range(N)]
    found = given_numbers(saved(features(id=ids), home / "x.csv"), "", ids)
    assert found.values.index.tolist() == ids


def test_rows_of_one_id_are_averaged_where_most_ids_have_several(home):
    table = pd.concat([features(id=ROWS) for _ in range(3)])
    table["3"] += np.repeat([-1.0, 0.0, 1.0], N)
    np.testing.assert_allclose(load(saved(table, home / "x.csv")).features.to_numpy(), VALUES, atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-200])
def test_tracks_that_are_all_the_same_are_refused_when_loaded(home, value):
    table = pd.DataFrame(np.full((N, 9), value), columns=[f"f{i}" for i in range(9)]).assign(id=ROWS)
    with pytest.raises(ValueError, match=r"all 24 tracks have the same features \(f0, f1"):
        load(saved(table, home / "x.csv"))


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_numbers_of_any_size_are_scaled(home, size):
    small = load(saved(pd.DataFrame(VALUES * size).assign(id=ROWS), home / "x.csv"))
    usual = load(saved(pd.DataFrame(VALUES).assign(id=ROWS), home / "y.csv"))
    np.testing.assert_allclose(small.audio, usual.audio, atol=1e-5)


class TestNamesThatAreNoFeatures:
    """What nobody measured is no feature, whatever numbers it holds."""

    def test_ids_and_codes_of_ones_own(self, home):
        own = features(recording_id=range(100, 100 + N), target=[0, 1] * (N // 2), is_bangla=[1, 0] * (N // 2))
        own = own.assign(decade=[1960, 1970] * (N // 2), start_sec=0.0, end_sec=3.0)
        corpus = load(saved(own, home / "own.csv"))
        assert corpus.ids == [str(i) for i in range(100, 100 + N)]
        assert not {"target", "is_bangla", "decade", "start_sec", "recording_id"} & set(corpus.features)
        assert corpus.class_names == ("0", "1")
        spoken = load(home / "own.csv", labels="is_bangla")
        assert (spoken.headline, spoken.class_names) == ("is_bangla", ("0", "1"))

    def test_the_id_of_an_artist_is_none_of_the_track(self, home):
        corpus = load(saved(features(artist_id=[i % 5 for i in range(N)], song_id=ROWS), home / "x.csv"))
        assert corpus.ids == ROWS
        assert "artist_id" not in corpus.features


@pytest.mark.parametrize("ids", ["filenames", "paths", "IDS", "names"])
@pytest.mark.parametrize("labels", ["labels", "genre", "y"])
def test_arrays_beside_the_embeddings_say_ids_and_labels(home, ids, labels):
    emb = np.random.default_rng(0).normal(size=(N, 8))
    np.savez(home / "e.npz", emb=emb, **{ids: np.array(ROWS), labels: np.array(GENRES)})
    corpus = load(home / "e.npz")
    assert corpus.ids == ROWS
    assert corpus.tracks["genre"].tolist() == GENRES
    assert corpus.features.shape == (N, 8)


@pytest.mark.parametrize("names", [("term", "count"), ("word", "freq"), ("Word", "n"), ("token", "tf")])
def test_bags_of_words_by_any_name(home, names):
    words = [("moon", 2), ("river", 1), ("stone", 3)]
    rows = [(f"{row}.mp3", *words[(i + j) % 3]) for i, row in enumerate(ROWS) for j in range(2)]
    bag = saved(pd.DataFrame(rows, columns=["filename", *names]), home / "bag.csv")
    corpus = load(saved(features(id=ROWS), home / "x.csv"), lyrics=bag)
    assert corpus.has_lyrics.all()
    assert corpus.lyrics.any()


def test_of_a_workbook_each_table_is_the_sheet_that_has_it(home):
    pytest.importorskip("openpyxl")
    with pd.ExcelWriter(home / "book.xlsx") as book:
        pd.DataFrame({"Song ID": ROWS, "Raga": GENRES, "Singer": [f"Ann {i % 5}" for i in range(N)]}).to_excel(
            book, sheet_name="Songs", index=False
        )
        features(**{"Song ID": ROWS}).to_excel(book, sheet_name="Features", index=False)
    corpus = load(home / "book.xlsx", tracks=home / "book.xlsx", labels="raga")
    assert corpus.headline == "Raga"
    assert list(corpus.references()) == ["Raga"]
    assert corpus.tracks["artist"].nunique() == 5


def test_lyrics_of_few_words_are_not_nothing(home):
    """Every word is in more than half of the texts of its language, but one."""
    texts = ["river moon stone " * (1 + i % 3) + ("wheel" if i < 3 else "") for i in range(N)]
    corpus = load(saved(features(id=ROWS, lyrics=texts), home / "x.csv"))
    assert corpus.lyrics.any()


def test_a_song_in_two_playlists_has_one_sound(home):
    table = features(track_id=ROWS, playlist_genre=GENRES, playlist_name="a list")
    again = table.iloc[:2].assign(playlist_genre="Pop")
    corpus = load(saved(pd.concat([table, again]), home / "spotify.csv"))
    assert corpus.ids == ROWS
    assert corpus.tracks["genre"].tolist() == GENRES
    assert any("2 rows tell nothing new but playlist_genre; the first" in note for note in corpus.notes)
    louder = again.assign(**{again.select_dtypes("number").columns[0]: 99.0})
    with pytest.raises(ValueError, match="track ids that stand more than once: song 00, song 01"):
        load(saved(pd.concat([table, louder]), home / "two.csv"))


def test_codes_of_labels_in_arrays_are_no_features(home):
    emb = np.random.default_rng(0).normal(size=(N, 8))
    codes = np.array([GENRES.index(genre) for genre in GENRES])
    named = {"y_genre": codes, "y_lang": np.array(LANGUAGES), "genre_names": np.array(["Folk", "Rock"])}
    np.savez(home / "z.npz", X_latent=emb, song_ids=np.array(ROWS), loss=np.arange(N), **named)
    corpus = load(home / "z.npz")
    assert corpus.features.shape == (N, 8)
    assert list(corpus.references()) == ["genre", "language"]
    assert any("not used: genre_names, loss" in note or "not used: loss, genre_names" in note for note in corpus.notes)


def test_running_numbers_are_no_features(home):
    for name in ("Sl. No.", "SL_NO", "Sr. No."):
        corpus = load(saved(features(**{name: range(1, N + 1), "id": ROWS}), home / "x.csv"))
        assert name not in corpus.features


def test_what_says_the_same_as_a_label_is_no_feature(home):
    """The answer as a number, whatever it is called; a number that merely goes with a label is a feature."""
    codes = pd.Series(GENRES).map({genre: place for place, genre in enumerate(sorted(set(GENRES)))})
    loud = codes + np.random.default_rng(0).normal(size=N)
    table = features(id=ROWS, genre=GENRES, target_no=codes, loudness_db=loud, explicit=[i % 3 == 0 for i in range(N)])
    corpus = load(saved(table.assign(chunk=range(N), Jahr=1990, **{"Artist-Latitude": 1.5}), home / "x.csv"))
    assert sorted(corpus.features) == sorted([*map(str, range(13)), "loudness_db"])
    assert any("not used as features: target_no (a code of `genre`), explicit, chunk, Jahr," in n for n in corpus.notes)


def test_a_column_that_is_mostly_empty_is_left_out_and_no_row_for_it(home):
    table = features(id=ROWS, genre=GENRES, hotness=[1.0, None] * (N // 2))
    corpus = load(saved(table, home / "x.csv"))
    assert corpus.ids == ROWS
    assert "hotness" not in corpus.features
    assert any(f"hotness (missing in {N // 2} of {N} rows)" in note for note in corpus.notes)
    half = table.assign(**{str(i): table["hotness"] for i in range(7)})
    with pytest.raises(ValueError, match=r"in 12 of 24 rows \(column hotness in 12, 0 in 12"):
        load(saved(half, home / "y.csv"))


def test_parts_of_records_are_columns(home):
    records = [
        {"id": track, "genres": ["rock", "pop"] if i % 2 else ["pop"], "explicit": i % 3 == 0, "lyrics": "NA",
         "album": {"total_tracks": i}, "audio_features": {"energy": float(i), "valence": float(i % 5)}}
        for i, track in enumerate(ROWS)
    ]  # fmt: skip
    (home / "x.json").write_text(json.dumps(records))
    corpus = load(home / "x.json")
    assert list(corpus.features) == ["audio_features.energy", "audio_features.valence"]
    assert corpus.tracks["genre"].tolist() == ["pop", "rock"] * (N // 2)
    assert f"of {N // 2} tracks that have several, the first genre is taken" in corpus.notes
    assert not corpus.has_lyrics.any()


def test_names_of_columns_in_other_languages_and_in_two_at_once(home):
    table = features(**{"Datei": [f"{track}.mp3" for track in ROWS]})
    about = pd.DataFrame({"Datei": ROWS, "Titel / Song": ROWS, "Komponist / Interpret": "Ann", "Gattung": GENRES,
                          "Sprache": ["deutsch", "–"] * (N // 2), "Epoche": ["a", "b"] * (N // 2)})  # fmt: skip
    corpus = load(saved(table, home / "x.csv"), tracks=saved(about, home / "t.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    assert corpus.tracks["artist"].tolist() == ["Ann"] * N
    assert corpus.tracks["language"].isna().sum() == N // 2
    assert "t.csv: compared with nothing: Epoche; `--labels` makes labels of them" in corpus.notes
    scored = load(saved(table, home / "x.csv"), tracks=home / "t.csv", labels="genre,epoche")
    assert scored.headline == "genre"
    assert list(scored.references()) == ["genre", "Epoche", "artist"][:2]
    assert not any("compared with nothing" in note for note in scored.notes)


def test_folders_that_count_are_no_labels():
    classes = pd.Index([f"Klasse {place}/{i}" for place in (7, 8) for i in range(4)])
    assert folder_labels(classes).empty or not folder_labels(classes).notna().any(axis=None)


BANDS = ["Ann & Bo", "Die Sonne", "মাইলস", "K-Rize"]
SONGS = [("Love", "Night Rain", "নদী", "Über uns", "T.N.T. now", "So What?")[i % 6] + f" {i // 6}" for i in range(N)]
FILES = {
    "{title} - {artist}": "by artist and title",
    "{artist} - {title}": "by artist and title",
    "{artist}_{title}_lyrics": "by artist and title",
    "{title}": "by title alone",
    "{title} songtext": "by title alone",
}


def filed(name: str, title: str, artist: str) -> str:
    """The name of a file, in which no question mark can be."""
    return name.format(title=title, artist=artist).replace("?", "")


@pytest.mark.parametrize("name", FILES)
def test_lyrics_files_are_called_by_artist_and_title(home, name):
    about = pd.DataFrame({"id": ROWS, "Song Title": SONGS, "Artist": [BANDS[i % 4] for i in range(N)]})
    (home / "lyrics" / "more").mkdir(parents=True)
    for i in range(20):
        place = home / "lyrics" / ("more" if i % 2 else "") / f"{filed(name, SONGS[i], BANDS[i % 4])}.txt"
        place.write_text(f"river {i % 5} moon {i % 3} stone", encoding="utf-8")
    x = saved(features(path=[f"C:\\audio\\{row}.wav" for row in ROWS]), home / "x.csv")
    corpus = load(x, tracks=saved(about, home / "t.csv"), lyrics=home / "lyrics")
    assert corpus.has_lyrics.tolist() == [True] * 20 + [False] * 4
    assert f"lyrics: id from `file`, {FILES[name]}: 20 of 24 tracks" in " ".join(corpus.notes)


@pytest.mark.parametrize("name", FILES)
def test_a_table_of_titles_joins_files_that_are_called_so(home, name):
    x = saved(features(path=[f"{filed(name, SONGS[i], BANDS[i % 4])}.mp3" for i in range(N)]), home / "x.csv")
    about = pd.DataFrame({"title": SONGS, "artist": [BANDS[i % 4] for i in range(N)], "genre": GENRES})
    corpus = load(x, tracks=saved(about.iloc[::-1], home / "t.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    assert f"id from `artist` and `title`, {FILES[name]}: 24 of 24" in " ".join(corpus.notes)
    titles = saved(about.drop(columns="artist"), home / "titles.csv")
    if "artist" not in name:
        assert load(x, tracks=titles).tracks["genre"].tolist() == GENRES


def test_files_of_artist_and_title_in_either_order():
    ours = [f"{BANDS[i % 4]} - {SONGS[i]}.mp3" for i in range(N)]
    theirs = pd.DataFrame({"file": [f"{SONGS[i]} - {BANDS[i % 4]}.txt" for i in range(N)], "n": range(N)})
    found = joined(theirs, ours, "x")
    assert found.table["n"].to_dict() == {name: i for i, name in enumerate(ours)}
    swapped = pd.DataFrame({"id": [f"{i}_{i + 1}" for i in range(N)]})
    with pytest.raises(ValueError, match="none of its 24 track ids is in the corpus"):
        joined(swapped, [f"{i + 1}_{i}" for i in range(N)], "x")


def test_a_title_is_no_song_where_an_artist_says_otherwise():
    about = pd.DataFrame({"title": SONGS, "artist": "The Sun"}, ROWS)
    theirs = pd.DataFrame({"title": SONGS, "artist": ["Sun", "The Sun; Moon", "The Moon"] * 8, "n": range(N)})
    found = joined(theirs, ROWS, "x", about)
    assert found.how == "by title alone"
    assert found.table["n"].to_dict() == {row: i for i, row in enumerate(ROWS) if i % 3 < 2}
    covers = theirs.assign(artist="The Moon")
    with pytest.raises(ValueError, match=r"none of its 24 track ids is in the corpus \(The Moon - Love 0"):
        joined(covers, ROWS, "x", about)


def test_titles_that_two_songs_have_join_nothing(home):
    about = pd.DataFrame({"title": ["Love", "Love", *SONGS[2:]], "artist": [f"Ann {i}" for i in range(N)]}, ROWS)
    texts = pd.DataFrame({"track_id": ["a/Love", *SONGS[2:9], f"b/{SONGS[9]}", f"c/{SONGS[9]}", *SONGS[10:]]})
    found = joined(texts, ROWS, "x", about)
    assert sorted(found.table.index) == [row for i, row in enumerate(ROWS) if i not in (0, 1, 9)]
    assert found.unknown == ["a/Love", f"b/{SONGS[9]}", f"c/{SONGS[9]}"]
    few = pd.DataFrame({"track_id": [*SONGS[:4], *[f"another {letter}" for letter in "abcdefgh"]]})
    with pytest.raises(ValueError, match="none of its 12 track ids"):  # four titles of twelve agree by chance
        joined(few, ROWS, "x", about)


def test_ids_that_differ_in_separators_alone():
    ours = ["D-0001", "D-0002", "D-0003", "E-0001", "E-0002", "song_12", "1-12", "a/b"]
    theirs = ["D-0001", "d-0002", "D-0003", "E_0001", "E 0002", "Song12", "11-2", "a b", "D_0001"]
    how, found = matched(theirs, ours)
    assert how == "by letters and digits"
    assert found == {
        "D-0001": "D-0001", "d-0002": "D-0002", "D-0003": "D-0003", "E_0001": "E-0001", "E 0002": "E-0002",
        "Song12": "song_12", "a b": "a/b",
    }  # fmt: skip
    assert matched(["x_1"], ["x-1", "x 1"]) == ("", {})
    assert matched(["Cafe\u03011"], ["café_1"])[1] == {"Cafe\u03011": "café_1"}


LYRICS_FILES = {"{}_lyrics.txt", "{} lyrics.TXT", "{}-songtext.lrc", "{} (Lyrics).txt", "{}_Letra.srt"}


@pytest.mark.parametrize("name", sorted(LYRICS_FILES))
def test_files_of_lyrics_that_say_so(tmp_path, name):
    songs = pd.Index([f"bn/{song}" for song in SONGS])
    (tmp_path / "bn").mkdir()
    for i, name_of_song in enumerate(SONGS[:20]):
        place = tmp_path / "bn" / name.format(name_of_song.replace("?", ""))
        place.write_text(f"river {i % 5} moon {i % 3} stone", encoding="utf-8")
    assert load_lyrics(tmp_path, songs).has_lyrics.tolist() == [True] * 20 + [False] * 4
    of_lyrics = pd.Index([f"{song} lyrics" for song in SONGS])
    assert load_lyrics(tmp_path, of_lyrics).has_lyrics.sum() == 20


TAGTRAUM = "# Genre Annotations\n# Format:\n# track_id\tgenre\t(optional\tminority genre)\n"


@pytest.mark.parametrize("above", ["", TAGTRAUM])
@pytest.mark.parametrize("rare", [False, True])
@pytest.mark.parametrize("titles", [False, True])
def test_rows_of_several_lengths_without_a_header(home, above, rare, titles):
    rows = [[f"song {i:02d}", GENRES[i % N], *(["Jazz"] if rare and i % 3 == 1 else [])] for i in range(2 * N)]
    rows = [[f"A title {i}", *row] for i, row in enumerate(rows)] if titles else rows
    (home / "genres.cls").write_text(above + "\n".join(map("\t".join, rows)))
    corpus = load(saved(features(id=ROWS), home / "x.csv"), tracks=home / "genres.cls")
    assert corpus.tracks["genre"].tolist() == GENRES
    assert list(corpus.references()) == ["genre"]
    said = " ".join(corpus.notes)
    assert f"`genre` is its column {2 + titles}" in said
    assert f"id from `{'column 2' if titles else 'track_id'}`, as they are: 24 of 24" in said
    if rare:
        assert corpus.tracks[f"column {3 + titles}"].dropna().unique().tolist() == ["Jazz"]


@pytest.mark.parametrize("header", ["track_id\tgenre", "Lied\tGattung"])
def test_a_header_of_texts_is_no_track(home, header):
    rows = [f"{row}\t{genre}" for row, genre in zip(ROWS, GENRES, strict=True)]
    (home / "genres.tsv").write_text("\n".join([header, *rows]))
    table = read_table(home / "genres.tsv").table
    assert list(table) == header.split("\t")
    assert len(table) == N


def test_bytes_that_python_printed_are_their_texts(home):
    names = ["Ólafur Dean", "Don't", 'The "Sun"', "Ann & Bo"]
    table = features(id=[str(row.encode()) for row in ROWS], genre=[str(genre.encode()) for genre in GENRES])
    table = table.assign(artist=[str(names[i % 4].encode()) for i in range(N)], note="b'")
    table["lyrics"] = [str(f"mond river {i % 5}x stone {i % 3}y".encode()) if i % 2 else "b''" for i in range(N)]
    corpus = heard(load(saved(table, home / "x.csv")))
    assert corpus.ids == ROWS
    assert corpus.class_names == ("Folk", "Rock")
    assert corpus.tracks["artist"].tolist() == [names[i % 4] for i in range(N)]
    assert set(corpus.tracks["note"]) == {"b'"}
    assert corpus.has_lyrics.tolist() == [False, True] * (N // 2)


@pytest.mark.parametrize("patches", [0, 3])
def test_an_array_for_each_song(home, patches):
    names = [f"{BANDS[i % 4]} - {SONGS[i]}.mp3" for i in range(N)]
    spread = np.linspace(-1, 1, patches)[:, None] if patches else 0
    np.savez(home / "clap.npz", **{name: row + spread for name, row in zip(names, VALUES, strict=True)})
    corpus = load(home / "clap.npz")
    assert corpus.ids == [name.removesuffix(".mp3") for name in names]
    np.testing.assert_allclose(corpus.features.to_numpy(), VALUES, atol=1e-12)
    said = " ".join(corpus.notes)
    assert "clap.npz: each of its 24 arrays is a song" in said
    assert ("its patches, up to 3, are averaged" in said) == bool(patches)
    about = pd.DataFrame(
        {"id": ROWS, "Track Name": SONGS, "Artist Name(s)": [BANDS[i % 4] for i in range(N)], "y": range(N)}
    )
    x = saved(about, home / "x.csv")
    given = load(x, features=home / "clap.npz")
    assert given.ids == ROWS
    np.testing.assert_allclose(given.features.to_numpy(), VALUES, atol=1e-12)
    assert load(home / "clap.npz", tracks=x).tracks["title"].tolist() == SONGS


def test_several_arrays_that_are_no_songs_are_refused_in_a_few_words(home):
    columns = {f"mfcc{i}_mean": VALUES[:, i] for i in range(1, 13)}
    layers = {f"layer {i}": VALUES for i in range(3)}
    widths = {f"song {i}": np.zeros(3 + i % 2) for i in range(30)}
    for arrays in (columns, layers, widths):
        np.savez(home / "e.npz", **arrays)
        with pytest.raises(ValueError, match=r"e\.npz: found .*; expected track_id") as error:
            load(home / "e.npz")
        assert str(error.value).count("(") < 15
    assert "… (30 in all)" in str(error.value)


def test_a_list_of_names_finds_files_in_folders_too(home):
    """Most lie in one folder, a few in one below it; a name that two have joins neither."""
    paths = [f"{row}.mp3" if i < 16 else f"Klasse 7b/{row}.mp3" for i, row in enumerate(ROWS)]
    x = saved(features(path=paths), home / "x.csv")
    about = pd.DataFrame({"Dateiname": [f"{row}.mp3" for row in ROWS], "genre": GENRES})
    corpus = load(x, tracks=saved(about, home / "t.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    assert "without case and suffix, else by file name: 24 of 24 tracks" in " ".join(corpus.notes)
    assert matched(["a", "x/b"], ["a", "y/b"])[1] == {"a": "a"}  # both name a folder, and another one
    assert matched(["a", "b"], ["a", "x/b", "y/b"])[1] == {"a": "a"}


@pytest.mark.parametrize("title", ["{} (Ft. Old Sparks)", "{} [feat. Bo & Cy]", "{} feat. Bo", "{} ft. Bo"])
def test_who_else_sings_is_no_part_of_a_title(home, title):
    x = saved(features(title=SONGS, artist="Ann"), home / "x.csv")
    songs = {"songs": [{"title": title.format(song), "artist": "Ann", "lyrics": f"river {i % 5} moon"}
                       for i, song in enumerate(SONGS)]}  # fmt: skip
    (home / "lyrics.json").write_text(json.dumps(songs))
    assert load(x, lyrics=home / "lyrics.json").has_lyrics.all()


def test_records_under_one_name_or_by_their_ids(home):
    rows = {row: {"energy": float(i), "valence": float(i % 7), "genre": GENRES[i]} for i, row in enumerate(ROWS)}
    (home / "x.json").write_text(json.dumps(rows))
    corpus = load(home / "x.json")
    assert (corpus.ids, corpus.tracks["genre"].tolist()) == (ROWS, GENRES)
    (home / "y.json").write_text(json.dumps({"a": [{"id": "x"}], "b": [{"id": "y"}]}))
    with pytest.raises(ValueError, match="expected a list of records, one a track, alone, under one name"):
        load(home / "y.json")


def test_texts_that_are_python_objects_are_read_and_nothing_is_run(home):
    names = np.array([f"D:\\songs\\{row}.wav" for row in ROWS], dtype=object)
    np.savez(home / "e.npz", audio=VALUES, filenames=names, labels=np.array(GENRES, dtype=object))
    corpus = load(home / "e.npz")
    assert [Path(track).name for track in corpus.ids] == ROWS
    assert corpus.tracks["genre"].tolist() == GENRES
    assert "e.npz: id from `filename`" in corpus.notes

    class Bomb:
        def __reduce__(self):
            return (Path(home / "ran").touch, ())

    np.savez(home / "bomb.npz", audio=VALUES, filenames=np.array([Bomb()] * N, dtype=object))
    with pytest.raises(ValueError, match=r"texts alone are read: save it with .astype\(str\)"):
        load(home / "bomb.npz")
    assert not (home / "ran").exists()
    np.savez(home / "other.npz", audio=VALUES, filenames=np.array([[1], (2,)] * (N // 2) + [None], dtype=object))
    with pytest.raises(ValueError, match="other objects than texts"):
        load(home / "other.npz")


def test_places_on_a_map_are_no_features_beside_others(home):
    made = {name: VALUES[:, 0] + i for i, name in enumerate(["PC1", "PC2", "UMAP_x", "tsne-2"])}
    corpus = load(saved(features(id=ROWS, **made), home / "x.csv"))
    assert corpus.features.shape == (N, 13)
    assert any("PC1 (made of other columns)" in note for note in corpus.notes)
    alone = pd.DataFrame({"id": ROWS, **{f"PC{i}": VALUES[:, i] for i in range(1, 9)}})
    assert load(saved(alone, home / "y.csv")).features.shape == (N, 8)


def test_a_bad_slice_does_not_cost_the_song(home):
    table = pd.DataFrame(np.repeat(VALUES, 4, axis=0), columns=[f"f{i}" for i in range(13)])
    table.insert(0, "id", np.repeat(ROWS, 4))
    table[["f0", "f3"]] += np.tile([0, 1, 2, 3], N)[:, None]
    table.loc[1, "f0"], table.loc[6, "f3"] = -np.inf, np.nan
    corpus = load(saved(table, home / "x.csv"))
    assert corpus.ids == ROWS
    assert corpus.features["f0"].iloc[0] == pytest.approx(VALUES[0, 0] + 5 / 3)
    assert any("cells that are no numbers, in 2 slices, are left out of the means" in note for note in corpus.notes)


def test_the_first_of_several_artists_where_commas_part_them(home):
    artists = ["Ann, Bo", "Ann", "Earth, Wind & Fire", "Cy"] * (N // 4)
    corpus = load(saved(features(id=ROWS, artist=artists), home / "x.csv"))
    assert corpus.tracks["artist"].tolist() == ["Ann", "Ann", "Earth, Wind & Fire", "Cy"] * (N // 4)
    assert f"of {N // 4} tracks that have several, the first artist is taken" in corpus.notes


def test_who_has_57_features_is_told_how_to_take_them(home):
    columns = list(FEATURE_SETS["full"].columns)
    values = np.random.default_rng(0).normal(size=(N, len(columns)))
    x = saved(pd.DataFrame(values, columns=columns).assign(id=ROWS), home / "x.csv")
    assert any("20 features: " in n and n.endswith("`--features full` takes all 57") for n in load(x).notes)
    assert not any("takes all" in note for note in load(x, features="full").notes)


def test_of_embeddings_of_sound_and_words_the_sound_is_taken(home):
    words = np.random.default_rng(0).normal(size=(N, 6))
    np.savez(home / "e.npz", audio_embeds=VALUES, text_embeds=words, ids=np.array(ROWS))
    corpus = load(home / "e.npz", lyrics=f"{home / 'e.npz'}:text_embeds")
    assert corpus.features.shape == VALUES.shape
    assert corpus.lyrics.shape == words.shape
    assert "e.npz: audio_embeds is taken; lyrics may be e.npz:text_embeds" in corpus.notes
    np.savez(home / "two.npz", one=VALUES, two=words, ids=np.array(ROWS))
    with pytest.raises(ValueError, match=r"or the name of one: two\.npz:one, two\.npz:two"):
        load(home / "two.npz")


def test_labels_of_a_table_of_lyrics_are_labels_and_guessed_languages_are_said(home):
    x = saved(features(file_name=[f"{row}.wav" for row in ROWS]), home / "x.csv")
    texts = [f"river {i % 5} moon {i % 3}" if i % 2 else f"mond über fluss {i % 4}" for i in range(N)]
    table = pd.DataFrame({"ID": ROWS, "Genre": GENRES, "Language": LANGUAGES, "Artist": "Ann", "Lyrics": texts})
    corpus = load(x, lyrics=saved(table, home / "lyrics.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    assert corpus.tracks["language"].tolist() == load(x, tracks=home / "lyrics.csv").tracks["language"].tolist()
    assert "lyrics.csv: tells of tracks, too: genre, language, artist" in corpus.notes
    assert not any("guessed" in note for note in corpus.notes)
    own = pd.DataFrame({"ID": ROWS, "genre": "Jazz", "language": ["fr", "it"] * (N // 2)})
    both = load(x, tracks=saved(own, home / "t.csv"), lyrics=home / "lyrics.csv")
    assert set(both.tracks["genre"]) == {"Jazz"}  # the table of tracks has the say
    assert any("of one value, and so none: genre (Jazz alone, 24)" in note for note in both.notes)
    plain = load(x, lyrics=saved(table[["ID", "Lyrics"]], home / "plain.csv"))
    assert "the language of 24 texts is guessed, since no column tells it" in plain.notes


@pytest.mark.parametrize("titles", [True, False])
def test_an_array_and_a_table_in_the_same_order(home, titles):
    np.save(home / "e.npy", VALUES)
    about = pd.DataFrame({"title": SONGS, "genre": GENRES, "year": 2000} if titles else {"genre": GENRES, "year": 2000})
    corpus = load(home / "e.npy", tracks=saved(about, home / "t.csv"))
    assert corpus.tracks["genre"].tolist() == GENRES
    assert f"e.npy: has no ids; its {N} rows are the tracks in their order" in corpus.notes
    np.testing.assert_array_equal(corpus.features.to_numpy(), VALUES)
    with pytest.raises(ValueError, match=f"{N} rows without ids for {N - 1} tracks"):
        load(home / "e.npy", tracks=saved(about[1:], home / "few.csv"))


def test_two_songs_of_one_title_are_two(home):
    table = features(Song=["One", "One", *SONGS[2:]], Singer=[f"Ann {i}" for i in range(N)], Genre=GENRES)
    corpus = load(saved(table, home / "x.csv"))
    assert len(corpus) == N
    assert "x.csv: id from `Singer` and `Song`" in corpus.notes


def test_rows_that_stand_twice_are_said(home):
    table = features(id=ROWS)
    corpus = load(saved(pd.concat([table, table[:1]]), home / "x.csv"))
    assert "x.csv: 1 row stands there twice, the same in all columns, and counts once" in corpus.notes


def test_tracks_that_were_left_out_are_no_strangers(home):
    table = features(id=ROWS)
    table.loc[3, "2"] = np.nan
    about = pd.DataFrame({"id": ROWS, "genre": GENRES, "lyrics": [f"river {i % 5} moon {i % 3}" for i in range(N)]})
    t = saved(about, home / "t.csv")
    for given in ({"tracks": t}, {"lyrics": t}):
        corpus = load(saved(table, home / "x.csv"), **given)
        assert list(corpus.excluded) == [ROWS[3]]
        assert not any("ids of no track" in note for note in corpus.notes)
        assert corpus.unmatched is None
