from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from vaeclust.cells import about as cells_about
from vaeclust.corpus.audio import FULL, MFCC20
from vaeclust.corpus.dataset import assemble, dataset_tables, equal_rows
from vaeclust.corpus.gtzan import mini_checksums
from vaeclust.corpus.scaling import scaled
from vaeclust.corpus.sources import load
from vaeclust.corpus.tables import GTZAN_IDS
from vaeclust.methods.catalogue import METHODS
from vaeclust.methods.training import fit
from vaeclust.studies.protocol import trial


def write(tmp_path, table, name="music.csv"):
    path = tmp_path / name
    table.to_csv(path, index=False)
    return path


def test_standardised_with_the_population_deviation(corpus):
    assert corpus.audio.dtype == np.float32
    assert corpus.audio.shape == (120, 20)
    np.testing.assert_allclose(corpus.audio.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(corpus.audio.std(axis=0, ddof=0), 1, rtol=1e-5)


def test_features_keep_their_units_and_order(corpus, table):
    assert list(corpus.features) == list(MFCC20)
    np.testing.assert_array_equal(corpus.features.to_numpy(), table[list(MFCC20)].to_numpy())


def test_full_features(table_path):
    assert load(table_path, features="full").audio.shape == (120, 57)
    assert len(set(FULL)) == 57


def test_ids_genres_and_name(corpus):
    assert corpus.name == "small"
    assert corpus.ids[:2] == ["a/track 0", "b/track 1"]
    assert corpus.class_names == ("genre A", "genre B", "genre C", "genre D")
    assert corpus.classes[:5].tolist() == [0, 1, 2, 3, 0]
    assert corpus.lyrics is None
    assert not corpus.has_lyrics.any()


def test_checksum_follows_the_content_not_the_file(corpus, table, tmp_path):
    assert load(write(tmp_path, table, "other.csv")).checksum == corpus.checksum
    changed = table.copy()
    changed.loc[3, "mfcc7_mean"] += 1e-6
    assert load(write(tmp_path, changed)).checksum != corpus.checksum


def test_the_tables_of_a_corpus_load_as_the_same_corpus(spoken, tmp_path):
    half = replace(spoken, audio=scaled(spoken.features), has_lyrics=np.arange(120) % 2 == 0)
    half = replace(half, lyrics=half.lyrics * half.has_lyrics[:, None])
    tables = dataset_tables(half)
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index_label="track_id")
    again = load(tmp_path / "features.csv", lyrics=tmp_path / "lyrics_features.csv")
    assert again.ids == half.ids
    assert len(tables["lyrics_features"]) == 60
    for name in ("audio", "lyrics", "has_lyrics", "classes"):
        np.testing.assert_allclose(getattr(again, name), getattr(half, name), rtol=1e-5, atol=1e-6)


def test_checksum_is_known():
    """Records name it: with another one they would be those of another corpus."""
    features = pd.DataFrame({"tempo": [90.0, 120.0, 60.5], "mode": [0.0, 1.0, 1.0]}, index=["a", "b", "c"])
    features.loc["d"] = [60.5, 0.0]
    tracks = pd.DataFrame({"genre": ["jazz", "rock", None, "rock"]}, index=features.index)
    values = np.array([[90, 0], [120, 1], [60.5, 1], [60.5, 0]], dtype="<f8").tobytes()
    expected = sha256(b"a\nb\nc\nd" + b"tempo\nmode" + b"jazz\nrock\n\nrock" + values).hexdigest()
    assert assemble("four", tracks, features).checksum == expected


def test_checksum_is_of_all_that_scores_depend_on(corpus):
    texts = pd.Series({corpus.ids[0]: "river and moon", corpus.ids[1]: "river of stone"})
    genre, ids = corpus.tracks["genre"], pd.Index(corpus.ids)
    found = [
        assemble("small", tracks, features, lyrics=lyrics).checksum
        for tracks, features, lyrics in (
            (corpus.tracks, corpus.features, None),
            (corpus.tracks, corpus.features, texts),
            (corpus.tracks, corpus.features, texts[::-1].set_axis(texts.index)),
            (corpus.tracks, corpus.features.rename(columns={"mfcc1_mean": "tempo"}), None),
            (corpus.tracks.assign(genre=genre[::-1].to_numpy()), corpus.features, None),
            (corpus.tracks.assign(genre=genre.where(genre != "genre A")), corpus.features, None),
            (corpus.tracks.set_axis(ids + "x"), corpus.features.set_axis(ids + "x"), None),
        )
    ]
    assert len(set(found)) == len(found)
    assert assemble("other", corpus.tracks.assign(title="x"), corpus.features).checksum == found[0] == corpus.checksum


def test_tracks_are_merged_by_id(table_path, tmp_path):
    about = pd.DataFrame({"track_id": ["a/track 0", "elsewhere"], "artist": ["Ada", "?"], "genre": ["new", "?"]})
    data = load(table_path, tracks=write(tmp_path, about, "tracks.csv"))
    assert data.tracks.loc["a/track 0", ["genre", "artist"]].tolist() == ["new", "Ada"]
    assert data.tracks.loc["b/track 1", "genre"] == "genre B"
    assert pd.isna(data.tracks.loc["b/track 1", "artist"])
    assert len(data) == 120


def test_tracks_of_another_corpus_are_refused(table_path, tmp_path):
    path = write(tmp_path, pd.DataFrame({"track_id": ["x"], "genre": ["y"]}), "tracks.csv")
    with pytest.raises(ValueError, match="none of its 1 track ids"):
        load(table_path, tracks=path)


@pytest.mark.parametrize("labels", [None, "one genre only"])
def test_unlabelled_music_is_a_normal_case(table, tmp_path, labels):
    table = table.drop(columns="label") if labels is None else table.assign(label=labels)
    data = load(write(tmp_path, table))
    assert data.classes is None
    assert data.class_names == ()
    assert data.default_k() == 10


def test_a_track_without_a_genre_is_kept(table, tmp_path):
    table = table.copy()
    table.loc[5, "label"] = None
    data = load(write(tmp_path, table))
    assert data.classes[5] == -1
    assert len(data) == 120


def test_a_constant_column_becomes_zeros_with_a_warning(table, tmp_path):
    path = write(tmp_path, table.assign(mfcc4_mean=0.1))
    with pytest.warns(UserWarning, match="mfcc4_mean"):
        data = load(path)
    assert not data.audio[:, 3].any()
    assert data.features["mfcc4_mean"].eq(0.1).all()


def test_lyrics_features_join_by_track(table_path, tmp_path):
    lyrics = pd.DataFrame(np.ones((2, 30)), columns=[f"lyrics_{i}" for i in range(30)])
    lyrics.insert(0, "track_id", ["b/track 1", "unknown"])
    with pytest.warns(UserWarning, match="lyrics of tracks that the corpus does not have: unknown"):
        data = load(table_path, lyrics=write(tmp_path, lyrics, "lyrics.csv"))
    assert data.lyrics.shape == (120, 30)
    assert np.flatnonzero(data.has_lyrics).tolist() == [1]
    assert data.lyrics.sum() == 30


def broken(table, how):
    table = table.copy()
    if how == "text":
        table["mfcc2_mean"] = table["mfcc2_mean"].astype(object)
        table.loc[7:20, "mfcc2_mean"] = "loud"
    elif how == "nan":
        table.loc[7:20, "mfcc2_mean"] = np.nan
    elif how == "infinite":
        table.loc[7:20, "mfcc2_mean"] = np.inf
    elif how == "twice":
        table.loc[7, "filename"] = table.loc[6, "filename"]
    elif how == "no id":
        table.loc[7, "filename"] = None
    elif how == "no mfcc":
        table = table.drop(columns=[f"mfcc{i}_mean" for i in range(1, 6)])
    elif how == "no numbers":
        table = table[["filename", "label"]]
    elif how == "no rows":
        table = table.iloc[:0]
    return table


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("text", r"14 feature values are not finite numbers \(mfcc2_mean is 'loud' of d/track 7"),
        ("nan", r"mfcc2_mean is missing of d/track 7"),
        ("infinite", r"mfcc2_mean is 'inf' of d/track 7; .* in 14 of 120 rows"),
        ("twice", r"c/track 6; keep one row of each"),
        ("no id", r"no track id in line 9"),
        ("no mfcc", r"5 of the 20 columns .* missing \(mfcc1_mean"),
        ("no numbers", r"20 of the 20 columns"),
        ("no rows", r"has no rows"),
    ],
)
def test_a_faulty_table_says_what_is_wrong_and_where(table, tmp_path, how, says):
    path = write(tmp_path, broken(table, how))
    with pytest.raises(ValueError, match=says) as error:
        load(path)
    assert "music.csv" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01binary\x00"])
def test_a_file_that_is_no_table(tmp_path, content):
    (tmp_path / "music.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"music\.csv"):
        load(tmp_path / "music.csv")


def test_unknown_sources():
    with pytest.raises(FileNotFoundError, match="unknown dataset 'gtzam'"):
        load("gtzam")
    with pytest.raises(FileNotFoundError, match=r"no file .*nowhere\.csv"):
        load("nowhere.csv")
    with pytest.raises(ValueError, match=r"expected 'mfcc20', 'full', .*, or a file of track embeddings"):
        load(__file__, features="mfcc13")


def test_the_damaged_track_of_gtzan_is_left_out_unless_asked_for(gtzan_folder, gtzan):
    assert gtzan.name == "gtzan"
    assert len(gtzan) == 999
    assert list(gtzan.excluded) == ["jazz.00054"]
    assert "jazz.00054" not in gtzan.ids
    everything = load(gtzan_folder / "features_30_sec.csv", exclude={})
    assert len(everything) == 1000
    assert everything.name == "gtzan"
    assert {"artist", "title", "fault_filtered_split"} <= set(gtzan.tracks)


def test_a_gtzan_corpus_is_known_by_its_ids(table, tmp_path):
    mini = sorted(mini_checksums())
    rows = table.iloc[np.arange(100)].drop(columns=["filename", "label"])
    named = rows.assign(filename=[f"genres/{i.split('.')[0]}/{i}.wav" for i in mini])
    data = load(write(tmp_path, named))
    assert (data.name, data.ids) == ("gtzan-mini", mini)
    whole = rows.iloc[np.arange(1000) % 100].assign(filename=[f"{i}.au" for i in sorted(GTZAN_IDS)])
    assert load(write(tmp_path, whole)).name == "gtzan"
    part = load(write(tmp_path, whole.iloc[:300], "gtzan.csv"))
    assert (part.name, part.excluded) == ("gtzan-own", {})


def test_twins_are_found_exactly(table, tmp_path):
    table = table.copy()
    table.loc[[10, 13], table.columns[1:-1]] = table.loc[0, table.columns[1:-1]].to_numpy()
    pairs = equal_rows(load(write(tmp_path, table)))
    assert pairs["first"].tolist() == ["a/track 0", "a/track 0", "c/track 10"]
    assert len(equal_rows(load(write(tmp_path, table.drop(index=[10, 13]))))) == 0


def test_the_known_faults_of_gtzan(gtzan_folder, gtzan):
    pairs = equal_rows(gtzan)
    assert len(pairs) == 14
    across = pairs[pairs["first_class"] != pairs["second_class"]]
    assert across[["first", "second"]].to_numpy().tolist() == [["metal.00058", "rock.00016"]]
    assert gtzan.excluded["jazz.00054"] in cells_about.excluded_list(gtzan).data
    table = cells_about.artist_table(gtzan)
    assert table.loc[["blues", "jazz", "disco"], "artists"].tolist() == [9, 17, 62]
    words = load(gtzan_folder / "features_30_sec.csv", lyrics=gtzan_folder / "lyrics_bag_of_words.csv.gz")
    assert words.has_lyrics.sum() == 629
    coverage = cells_about.lyrics_coverage(words.class_of, words.has_lyrics)["with lyrics"]
    assert coverage[["disco", "country", "jazz", "classical"]].tolist() == [85, 83, 11, 1]


def test_what_is_not_known_is_said(corpus, tmp_path, table):
    unlabelled = load(write(tmp_path, table.drop(columns="label")))
    for data in (corpus, unlabelled):
        assert "not known" in cells_about.artist_table(data).data
        assert "No track" in cells_about.lyrics_coverage(data.class_of, data.has_lyrics).data
        assert "No track" in cells_about.excluded_list(data).data
        assert "only the synthetic demo corpus" in cells_about.players(data).data
    assert "<script>" not in cells_about.corpus_paragraph(replace(corpus, name="<script>")).data


@pytest.fixture
def embeddings(corpus):
    """Simulated embeddings of a pretrained model: 64 numbers a track that depend on its features."""
    rng = np.random.default_rng(0)
    return np.tanh(corpus.audio @ rng.normal(size=(20, 64)) / 4)


def saved(path, ids, values, **more):
    np.savez(path, track_id=np.array(ids), embeddings=values, **more)
    return path


def test_embeddings_take_the_place_of_features(tmp_path, table_path, corpus, embeddings):
    order = np.random.default_rng(1).permutation(len(corpus))
    npz = saved(tmp_path / "model.npz", np.array(corpus.ids)[order], embeddings[order])
    table = pd.DataFrame(embeddings[order]).assign(track_id=np.array(corpus.ids)[order], genre="ignored")
    table.to_csv(tmp_path / "model.csv", index=False)
    for path in (npz, tmp_path / "model.csv"):
        found = load(table_path, features=path)
        assert found.ids == corpus.ids
        np.testing.assert_allclose(found.features, embeddings, rtol=1e-6)
        np.testing.assert_array_equal(found.classes, corpus.classes)
        assert found.checksum != corpus.checksum
        np.testing.assert_allclose(found.audio.std(axis=0), 1, atol=1e-5)


def test_embeddings_need_no_audio_features(tmp_path, corpus, embeddings):
    npz = saved(tmp_path / "model.npz", corpus.ids, embeddings)
    pd.DataFrame({"track_id": corpus.ids}).to_csv(tmp_path / "ids.csv", index=False)
    assert load(tmp_path / "ids.csv", features=npz).audio.shape == (120, 64)


def test_tracks_without_an_embedding_are_left_out_and_named(tmp_path, table_path, corpus, embeddings):
    found = load(table_path, features=saved(tmp_path / "model.npz", corpus.ids[3:], embeddings[3:]))
    assert found.excluded == dict.fromkeys(corpus.ids[:3], "it has no features in model.npz")
    assert len(found.classes) == len(found) == 117


@pytest.mark.parametrize("slug", METHODS)
def test_every_method_runs_on_embeddings(tmp_path, table_path, corpus, embeddings, slug):
    found = load(table_path, features=saved(tmp_path / "model.npz", corpus.ids, embeddings))
    fitted = fit(slug, found, [0], epochs=1)
    assert fitted.reconstructions.shape == (1, 120, 64)
    assert np.isfinite(fitted.embeddings).all()


def test_faulty_embeddings_are_refused(tmp_path, table_path, corpus, embeddings):
    def refused(says, path):
        with pytest.raises(ValueError, match=says):
            load(table_path, features=path)

    path = tmp_path / "model.npz"
    holes = np.where(embeddings > 0.9, np.nan, embeddings)
    refused(
        "none of its 120 track ids is in the corpus", saved(path, [f"other {i} of 120" for i in range(120)], embeddings)
    )
    refused("expected track_id .n,. and one array", saved(path, corpus.ids[:50], embeddings))
    refused("expected track_id .n,. and one array", saved(path, corpus.ids, embeddings, second=embeddings))
    refused(r"model\.npz: \d+ feature values are not finite numbers .dimension .* of", saved(path, corpus.ids, holes))
    mixed = np.array([[track] for track in corpus.ids] + [None], dtype=object)[:-1]
    refused("without pickle: an array holds other objects than texts", saved(path, mixed, embeddings))
    path.write_bytes(b"no archive")
    refused("cannot be read as an npz", path)
    (tmp_path / "model.csv").write_text("track_id,genre\na/track 0,x\n")
    refused("expected one for each dimension", tmp_path / "model.csv")
    with pytest.raises(FileNotFoundError, match="table of features: no file"):
        load(table_path, features=tmp_path / "nowhere.npz")


def test_a_known_corpus_is_known_under_any_name(table, tmp_path):
    demo = load("demo", name="mine")
    assert (demo.name, demo.known_as) == ("mine", "demo")
    assert "(synthetic)" in repr(demo)
    path = tmp_path / "own.csv"
    table.to_csv(path, index=False)
    assert load(path, name="gtzan").name == "gtzan-own"
    assert load(path, name="gtzan").known_as == ""


def test_many_that_are_left_out_are_counted_and_all_of_them_kept(table_path):
    corpus = load(table_path, exclude={f"a/track {number}": "too long" for number in range(0, 40, 4)})
    assert "left out: a/track 0, a/track 4, a/track 8, a/track 12, a/track 16, … (10 in all)" in repr(corpus)
    assert len(corpus.excluded) == 10


def test_tags_that_were_published_group_gtzan(gtzan_folder):
    """What K-Means finds in the square roots of published tags of 733 tracks, which no label of GTZAN has seen."""
    tags = gtzan_folder / "musicnn_msd_tags_733.csv"
    corpus = load(gtzan_folder / "features_30_sec.csv", tracks=gtzan_folder / "tracks.csv", features=tags)
    assert (len(corpus), corpus.audio.shape[1], corpus.scaling) == (732, 50, "roots")
    _, scores = trial("raw", corpus, seeds=3)
    found = scores[scores["reference"] == "genre"].groupby("metric")["value"].mean()
    assert found["nmi"] >= 0.66
    assert found["ari"] >= 0.58
    assert found["purity"] >= 0.76


def test_a_part_is_drawn_by_name_not_by_place(table, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    table.iloc[::-1].to_csv(tmp_path / "turned.csv", index=False)
    part, turned = (load(tmp_path / name, most=30) for name in ("t.csv", "turned.csv"))
    assert len(part) == 30
    assert turned.ids == part.ids[::-1]
    assert part.ids != load(tmp_path / "t.csv").ids[:30]
    np.testing.assert_allclose(part.audio.mean(axis=0), 0, atol=1e-6)  # scaled as the corpus that it is
    assert len(load(tmp_path / "t.csv", most=500)) == len(load(tmp_path / "t.csv", most=0)) == 120


def test_a_part_of_the_synthetic_corpus_keeps_its_lyrics_without_a_word(recwarn):
    demo, part = load("demo"), load("demo", most=50)
    assert set(part.ids) < set(demo.ids)
    assert part.has_lyrics.tolist() == demo.has_lyrics[demo.tracks.index.get_indexer(part.ids)].tolist()
    assert not [warning for warning in recwarn if "lyrics" in str(warning.message)]


def test_genres_that_hardly_a_track_has_are_none_to_look_for(table, tmp_path):
    many = pd.concat([table, table.assign(filename=[f"x{i}" for i in range(120)])], ignore_index=True)
    many.loc[0, "label"] = "a genre of one"  # of 240: less than one in a hundred
    many.to_csv(tmp_path / "many.csv", index=False)
    corpus = load(tmp_path / "many.csv")
    assert len(corpus.class_names) == 5
    assert corpus.default_k() == 4
    many.loc[:2, "label"] = "a genre of one"  # three of 240
    many.to_csv(tmp_path / "many.csv", index=False)
    assert load(tmp_path / "many.csv").default_k() == 5


def test_a_part_looks_for_as_many_groups_as_the_whole(corpus):
    few = np.arange(len(corpus)) % 4 != 3
    few[3] = True  # one track of the fourth genre
    part = corpus.subset(few)
    assert (part.classes == 3).sum() == 1
    assert part.default_k() == corpus.default_k() == 4


class TestHeadline:
    """Any column can be what results are told by, but the artist."""

    def corpus(self, **columns):
        ids = [f"t{i}" for i in range(24)]
        features = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 4)), ids, list("abcd"))
        return assemble("own", pd.DataFrame(columns, ids), features, labels=("genre", "language", "artist"))

    def test_the_first_that_is_not_the_artist(self):
        artists, languages = [f"artist {i % 5}" for i in range(24)], ["bn", "en", "hi"] * 8
        assert self.corpus(artist=artists).headline == ""
        assert self.corpus(artist=artists).default_k() == 10
        known = self.corpus(artist=artists, language=languages)
        assert (known.headline, known.default_k(), known.class_names) == ("language", 3, ("bn", "en", "hi"))
        first = replace(known, labels=("artist", "language"))
        assert list(first.references()) == ["artist", "language"]
        assert first.headline == "language"

    def test_one_value_and_one_for_every_track_are_no_label(self):
        assert self.corpus(genre=["rock"] * 24, language=[f"l{i}" for i in range(24)]).references() == {}

    def test_no_more_clusters_than_half_the_tracks(self):
        assert self.corpus(genre=[f"g{i // 2}" for i in range(20)] + ["g0"] * 4).default_k() == 10
        assert self.corpus(genre=[f"g{i}" for i in range(20)] + ["g0"] * 4).default_k() == 12

    def test_other_labels_are_another_corpus(self):
        known = self.corpus(genre=["a", "b"] * 12, language=["bn", "en", "hi"] * 8)
        other = self.corpus(genre=["a", "b"] * 12, language=["bn", "hi", "en"] * 8)
        assert known.checksum != other.checksum


def test_labels_by_name(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(30, 3)), columns=["x", "y", "z"]).assign(
        track_id=[f"t{i}" for i in range(30)],
        Raga=["yaman", "bhairav", "yaman"] * 9 + ["Yaman ", "bhairav", "yaman"],
        decade=[1960, 1970, 1980] * 10,
    )
    table["class"] = ["a", "b"] * 15
    path = tmp_path / "mine.csv"
    table.to_csv(path, index=False)
    assert list(load(path).references()) == ["genre"]
    chosen = load(path, labels="raga,decade,class")
    assert list(chosen.references()) == ["Raga", "decade", "genre"]
    assert chosen.class_names == ("bhairav", "yaman")
    assert list(chosen.features) == ["x", "y", "z"]  # a label is no feature
    assert chosen.given["labels"] == "raga,decade,class"
    with pytest.raises(ValueError, match=r"label 'mood': no such column in the tracks; found Raga, decade, genre"):
        load(path, labels="mood")
    with pytest.raises(ValueError, match=r"label 'x': 30 different values on 30 tracks; expected at least two"):
        load(path, labels="x")
