"""Names of clusters: on libraries whose words are known, on a thousand songs, on thirty clips."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from vaeclust.clusters.clusterers import kmeans, size_order
from vaeclust.corpus import audio
from vaeclust.corpus.listening import LAYER, PLAIN_TAGS, SAMPLE_RATE, TAGS, listen
from vaeclust.corpus.moods import MOODS
from vaeclust.corpus.sources import load
from vaeclust.your_music.names import MOOD_WORDS, SAME, cluster_names, name_check

PER_CLUSTER = 10


def clusters_of(k, n=PER_CLUSTER):
    return pd.Series(np.repeat(range(k), n), [f"song {i}" for i in range(k * n)])


def loud(clusters, words, columns=()):
    """A table in which each cluster is loud in the columns that it is given, in the first most evenly, so that its
    lift is greatest. In all others the clusters are alike, track by track.
    """
    columns = [*dict.fromkeys([*columns, *(word for own in words.values() for word in own)])]
    turn = clusters.groupby(clusters).cumcount().to_numpy()
    table = pd.DataFrame({column: 0.001 * turn for column in columns}, clusters.index)
    for cluster, own in words.items():
        for place, column in enumerate(own):
            table.loc[clusters == cluster, column] = (0.9 + 0.1 * place * np.where(turn % 2, 1, -1))[
                clusters == cluster
            ]
    return table


def words_of(name):
    return {word for part in name.split(" · ") for word in part.split(", ")}


def assert_distinct(names):
    bare = ["".join(char for char in name if not char.isdigit()) for name in names]
    assert len(set(bare)) == len(names)
    assert len({frozenset(words_of(name)) for name in bare}) == len(names)


@pytest.fixture(scope="session")
def songs(songs_folder):
    """Each model's layer and tags, moods and labels of a thousand songs."""
    folder = songs_folder
    with np.load(folder / "listening.npz") as arrays:
        ids = arrays["track_id"]
        tags = {model: pd.DataFrame(arrays[f"{model}_tags"], ids, list(TAGS[model])) for model in TAGS}
        moods = pd.DataFrame(arrays["moods"], ids, list(MOODS))
    layers = {
        model: load(
            folder / "features_57.csv",
            tracks=folder / "tracks.csv",
            features=f"{folder / 'listening.npz'}:{model}_penultimate",
            scaling="common",
            name="songs1000",
        )
        for model in TAGS
    }
    labels = pd.read_csv(folder / "tracks.csv", index_col="track_id")[["genre", "language"]]
    return layers, tags, moods, labels


@pytest.mark.parametrize("model", TAGS)
@pytest.mark.parametrize("k", [5, 8, 12, 15])
def test_each_word_of_a_thousand_songs_is_true_of_most_and_names_differ(songs, model, k):
    layers, tags, moods, labels = songs
    corpus = layers[model]
    clusters = size_order(kmeans(corpus.audio, k, 0), corpus.ids)
    names = cluster_names(clusters, tags=tags[model], moods=moods, labels=labels)
    assert names.index.to_list() == list(range(k))
    assert_distinct(names)
    check = name_check(names, clusters, tags=tags[model], moods=moods)
    assert set(check["kind"]) == {"tag", "mood"}
    assert set(check.loc[check["kind"] == "tag", "cluster"]) == set(range(k)), "each has a tag"
    assert check["share"].min() >= 0.8
    assert "liveness" not in set(check["column"])
    # The same once more, by hand: nothing of the module is used but the words.
    columns = {column.lower(): column for column in TAGS[model]}
    for cluster, name in names.items():
        for word in name.split(" · ")[0].lower().split(", "):
            values = tags[model][columns[word]]
            assert (values[clusters[clusters == cluster].index] > values.median()).mean() >= 0.8


def test_a_thousand_songs_have_the_names_that_a_listener_expects(songs):
    layers, tags, moods, labels = songs
    corpus = layers["msd"]
    clusters = size_order(kmeans(corpus.audio, 8, 0), corpus.ids)
    names = cluster_names(clusters, tags=tags["msd"], moods=moods, labels=labels)
    assert sum(name.startswith("hip-hop, rnb, sexy · spoken, danceable") for name in names) == 1
    assert sum(name.startswith("mellow, beautiful, sad · calm, acoustic") for name in names) == 1
    assert sum(name.startswith("metal · not happy, energetic") for name in names) == 1
    assert sum(name.startswith("electronic, dance, house") for name in names) == 1


@pytest.mark.parametrize("k", [5, 8, 12])
def test_names_last_when_five_songs_come_and_go(songs, k):
    """Ten times five others of the thousand are left out; clusters start from the centres of the run before."""
    layers, tags, moods, labels = songs
    points = pd.DataFrame(layers["msd"].audio, layers["msd"].tracks.index)
    known = {"tags": tags["msd"], "moods": moods, "labels": labels}
    rng = np.random.default_rng(0)

    clusters = names = None
    shares = []
    for _ in range(11):
        there = points.drop(rng.choice(points.index, 5, replace=False))
        if clusters is None:
            clusters = pd.Series(kmeans(there.to_numpy(), k, 0), there.index)
            names = cluster_names(clusters, **known)
            continue
        centres = points.loc[clusters.index].groupby(clusters).mean().to_numpy()
        found = pd.Series(KMeans(k, init=centres, n_init=1).fit_predict(there.to_numpy()), there.index)
        renamed = cluster_names(found, **known, before=names)
        assert_distinct(renamed)
        assert name_check(renamed, found, tags=tags["msd"], moods=moods)["share"].min() >= 0.8
        both = clusters.index.intersection(found.index)
        shares.append((clusters[both].map(names) == found[both].map(renamed)).mean())
        clusters, names = found, renamed
    assert len(shares) == 10
    assert min(shares) >= 0.9


@pytest.mark.usefixtures("musicnn_weights")
@pytest.mark.parametrize("model", TAGS)
def test_thirty_clips_are_named(gtzan_folder, model):
    clips = sorted((gtzan_folder / "audio").rglob("*.wav"))
    assert len(clips) == 30
    heard = [listen(audio.decode(clip, sample_rate=SAMPLE_RATE), model) for clip in clips]
    found = pd.DataFrame(heard, [clip.stem for clip in clips])
    layer, tags = found.iloc[:, : len(LAYER[model])], found.iloc[:, len(LAYER[model]) :].set_axis(TAGS[model], axis=1)
    for k in (3, 5, 8):
        clusters = pd.Series(kmeans(layer.to_numpy(), k, 0), layer.index)
        names = cluster_names(clusters, tags=tags)
        assert_distinct(names)
        check = name_check(names, clusters, tags=tags)
        assert set(check["cluster"]) == set(range(k))
        assert check["share"].min() >= 0.8


def test_a_name_is_what_sets_a_cluster_apart():
    clusters = clusters_of(4)
    tags = loud(clusters, {0: ["rock"], 1: ["Hip-Hop", "rnb"], 2: ["jazz"], 3: ["House"]}, TAGS["msd"])
    moods = loud(clusters, {0: ["energy"], 1: ["speechiness", "danceability"]}, MOODS)
    labels = pd.DataFrame({"language": ["bn"] * 8 + ["en"] * 32}, clusters.index)
    names = cluster_names(clusters, tags=tags, moods=moods, labels=labels)
    assert names.to_list() == [
        "rock · energetic · 80 % Bengali",
        "hip-hop, rnb · spoken, danceable",
        "jazz",
        "house",
    ]
    assert names.index.name == "cluster"


def test_what_every_song_has_names_nothing():
    clusters = clusters_of(2)
    tags = loud(clusters, {0: ["jazz"]}).assign(rock=0.95)
    assert cluster_names(clusters, tags=tags).to_list() == ["jazz", "no words for it"]


def test_a_tag_has_to_hold_for_four_fifths_however_great_its_lift():
    clusters = clusters_of(4)
    tags = loud(clusters, {0: ["jazz", "folk"]})
    tags.loc[tags.index[:2], "folk"] = 0  # two of ten
    assert cluster_names(clusters, tags=tags)[0] == "jazz, folk"
    tags.loc[tags.index[2], "folk"] = 0
    tags.loc[tags.index[3:10], "folk"] = 500
    assert cluster_names(clusters, tags=tags)[0] == "jazz"


def test_a_word_that_holds_by_little_is_no_news():
    clusters = clusters_of(4)
    tags = loud(clusters, {0: ["folk"], 1: ["blues"]})
    tags.loc[clusters == 2, "folk"] += 0.01
    check = name_check({2: "folk"}, clusters, tags=tags)
    assert check["share"][0] == 1
    assert check["lift"][0] < 0
    assert cluster_names(clusters, tags=tags)[2] == "no words for it"
    assert cluster_names(clusters, tags=tags, before={2: "folk"})[2] == "folk"


@pytest.mark.parametrize("same", SAME)
def test_words_that_say_the_same_are_one(same):
    clusters = clusters_of(3)
    name = cluster_names(clusters, tags=loud(clusters, {0: [*same[::-1], "jazz"]}))[0]
    assert name == f"{same[0]}, jazz" or name == f"jazz, {same[0]}"


def test_of_words_that_contain_each_other_the_first_stays():
    clusters = clusters_of(3)
    tags = loud(clusters, {0: ["indie rock", "indie", "rock", "guitar"], 1: ["soul", "alternative rock", "hard rock"]})
    assert cluster_names(clusters, tags=tags).to_list()[:2] == [
        "indie rock, guitar",
        "soul, alternative rock, hard rock",
    ]


def test_a_mood_that_is_a_tag_of_the_name_is_said_once():
    clusters = clusters_of(4)
    tags = loud(clusters, {0: ["acoustic", "happy"], 1: ["dance"]})
    moods = loud(clusters, {0: ["acousticness", "valence"], 1: ["danceability", "energy"]}, MOODS)
    assert cluster_names(clusters, tags=tags, moods=moods).to_list()[:2] == ["acoustic, happy", "dance · energetic"]
    assert cluster_names(clusters, moods=moods).to_list()[:2] == ["acoustic, happy", "danceable, energetic"]


def test_moods_name_both_ends_and_liveness_none():
    clusters = clusters_of(4)
    moods = loud(clusters, {0: ["energy"], 1: ["liveness"], 2: ["valence"]}, MOODS)
    moods.loc[clusters == 3, "energy"] = -0.9
    names = cluster_names(clusters, moods=moods).to_list()
    assert names == ["energetic", "no words for it", "happy", "calm"]
    moods.loc[clusters == 3, "valence"] = -0.9
    assert cluster_names(clusters, moods=moods)[3] == "calm, not happy"
    assert set(MOOD_WORDS) == set(MOODS) - {"liveness"}


def test_at_most_three_tags_and_two_moods():
    clusters = clusters_of(2)
    tags, moods = loud(clusters, {0: PLAIN_TAGS[:8]}), loud(clusters, {0: MOODS})
    first, second = cluster_names(clusters, tags=tags, moods=moods)[0].split(" · ")
    assert first == "female vocalists, 00s, beautiful"
    assert len(second.split(", ")) == 2


@pytest.mark.parametrize(
    ("values", "mix"),
    [
        (["বাংলা"] * 6 + ["हिन्दी"] * 4 + ["en"] * 20, " · 60 % বাংলা"),
        (["Rock"] * 5 + ["Pop"] * 5 + ["Jazz"] * 20, ""),  # no value holds three fifths
        (["Rock"] * 30, ""),  # no more than in the library
        (["Rock"] * 5 + [None] * 5 + ["Jazz"] * 20, " · 100 % Rock"),
        (["Rock"] * 4 + [None] * 6 + ["Jazz"] * 20, ""),  # hardly labelled
        (["Rock", " ", "", np.nan] + ["Rock"] * 6 + ["Jazz"] * 20, " · 100 % Rock"),
        (["a\n· \u202eb\ud800"] * 10 + [None] * 20, ""),  # no other label is known
        (["a\n· \u202eb\ud800"] * 10 + ["c"] * 20, " · 100 % a b"),
        (["x" * 99] * 10 + ["y" * 99] * 20, f" · 100 % {'x' * 39}…"),
    ],
)
def test_a_label_that_most_have_is_said_with_its_share(values, mix):
    clusters = clusters_of(3)
    labels = pd.DataFrame({"label": pd.Series(values[:30] + [None] * (30 - len(values)), dtype=object)})
    name = cluster_names(clusters, tags=loud(clusters, {0: ["jazz"]}), labels=labels.set_index(clusters.index))[0]
    assert name == f"jazz{mix}"
    name.encode()


def test_the_label_farthest_above_the_library_is_said():
    clusters = clusters_of(2)
    labels = pd.DataFrame({
        "language": ["de"] * 10 + ["de"] * 5 + ["en"] * 5,
        "genre": ["Rap"] * 9 + ["Pop"] * 11,
    }, clusters.index)  # fmt: skip
    assert cluster_names(clusters, labels=labels).to_list() == ["90 % Rap", "100 % Pop"]


def test_a_cluster_of_which_nothing_is_known_says_so_and_stays_distinct():
    clusters = clusters_of(30, 2)
    names = cluster_names(clusters)
    assert names.to_list()[:3] == ["no words for it", "no words for it · B", "no words for it · C"]
    assert names.to_list()[25:28] == ["no words for it · Z", "no words for it · AA", "no words for it · AB"]
    assert_distinct(names)
    again = cluster_names(clusters[clusters.isin([2, 5])], before=names)
    assert again.to_dict() == {2: names[2], 5: names[5]}
    tags = loud(clusters, {2: ["jazz"]})
    assert cluster_names(clusters, tags=tags, before=names)[2] == "jazz"


def test_clusters_alike_get_further_words_then_rarer_ones_then_a_letter():
    clusters = clusters_of(8)
    own = ["metal", "punk", "jazz"]
    further = loud(clusters, {0: own, 1: [*own, "soul"], 2: ["soul"], 3: ["soul"]})
    assert cluster_names(clusters, tags=further).to_list()[:2] == ["metal, punk, jazz", "metal, punk, soul"]

    tags, moods = loud(clusters, {0: own, 1: own}), loud(clusters, {1: ["valence", "energy", "acousticness"]})
    moods[clusters == 0] = moods[clusters == 1].to_numpy()
    assert cluster_names(clusters, tags=tags, moods=moods).to_list()[:2] == [
        "metal, punk, jazz · happy, energetic",
        "metal, punk, jazz · happy, acoustic",
    ]
    others = {cluster: ["pop"] for cluster in range(2, 8)}
    lacking = loud(clusters, {0: own, 1: own} | others)
    assert cluster_names(clusters, tags=lacking)[1] == "metal, punk, less pop"
    kin = lacking.rename(columns={"punk": "indie pop"})
    assert cluster_names(clusters, tags=kin)[1] == "metal, indie pop, jazz · B"

    labels = pd.DataFrame({"genre": "Rap", "language": "bn"}, clusters.index).where(clusters < 2, "unlike")
    assert cluster_names(clusters, tags=tags, labels=labels).to_list()[:2] == [
        "metal, punk, jazz · 100 % Rap",
        "metal, punk, jazz · 100 % Bengali",
    ]
    assert cluster_names(clusters, tags=tags).to_list()[:2] == ["metal, punk, jazz", "metal, punk, jazz · B"]


def test_the_larger_cluster_has_the_better_name():
    clusters = pd.Series([0] * 4 + [1] * 9 + [2] * 20, [f"song {i}" for i in range(33)])
    tags = loud(clusters, {0: ["jazz"], 1: ["jazz"]})
    tags.loc[clusters < 2, "jazz"] = 0.9
    assert cluster_names(clusters, tags=tags).to_list()[:2] == ["jazz · B", "jazz"]


def test_a_decade_alone_does_not_tell_clusters_apart():
    clusters = clusters_of(3)
    names = cluster_names(clusters, tags=loud(clusters, {0: ["70s"], 1: ["80s"], 2: ["House"]}))
    assert_distinct(names)
    assert names[0] == "70s"
    assert names[1].startswith("80s")


def test_a_name_lasts_as_long_as_its_words_hold():
    clusters = clusters_of(4)
    tags = loud(clusters, {0: ["jazz", "soul", "funk", "blues"], 1: ["metal"], 2: ["House"]})
    tags.loc[clusters == 0, "metal"] = -0.1
    moods = loud(clusters, {0: ["acousticness"]}, MOODS)
    known = {"tags": tags, "moods": moods}
    assert cluster_names(clusters, **known)[0] == "jazz, soul, funk · acoustic"
    for lasting in ("blues", "blues, jazz · acoustic", "acoustic", "blues · C", "jazz, soul, less metal"):
        assert cluster_names(clusters, **known, before={0: lasting, 9: "gone"})[0] == lasting
        assert cluster_names(clusters, **known, before=pd.Series({0: lasting}))[0] == lasting
    for partly, now in {
        "blues, metal": "blues",
        "jazz · calm": "jazz",
        "metal, soul, jazz · acoustic": "soul, jazz · acoustic",
    }.items():
        assert cluster_names(clusters, **known, before={0: partly})[0] == now  # without what no longer holds
    for over in ("metal", "my favourites", "no words for it", "", "C", None, 7):
        assert cluster_names(clusters, **known, before={0: over})[0] == "jazz, soul, funk · acoustic"
    assert cluster_names(clusters, moods=moods, before={0: "blues · acoustic"})[0] == "acoustic"


def test_two_earlier_names_that_are_alike_do_not_both_last():
    clusters = clusters_of(4)
    tags = loud(clusters, {0: ["jazz", "soul"], 1: ["jazz", "soul"]})
    names = cluster_names(clusters, tags=tags, before={0: "soul", 1: "soul", 2: "jazz"})
    assert names.to_list() == ["soul", "jazz, soul", "no words for it", "no words for it · B"]


@pytest.mark.parametrize(
    ("bengali", "before", "after"),
    [
        (8, "jazz · 80 % Bengali", "jazz · 80 % Bengali"),
        (7, "jazz · 80 % Bengali", "jazz · 70 % Bengali"),
        (5, "jazz · 80 % Bengali", "jazz"),
        (10, "jazz · 80 % German", "jazz · 100 % Bengali"),
        (10, "jazz", "jazz"),
        (10, "80 % Bengali", "100 % Bengali"),
        (5, "80 % Bengali", "jazz"),
        (5, "80 % Bengali · B", "jazz"),
    ],
)
def test_of_labels_an_earlier_name_keeps_what_is_true(bengali, before, after):
    clusters = clusters_of(3)
    labels = pd.DataFrame({"language": ["bn"] * bengali + ["en"] * (30 - bengali)}, clusters.index)
    names = cluster_names(clusters, tags=loud(clusters, {0: ["jazz"]}), labels=labels, before={0: before})
    assert names[0] == after


def test_a_share_that_an_earlier_name_says_may_drift_a_little():
    clusters = clusters_of(3, 100)
    for bengali, said in [(73, 80), (72, 70), (87, 80), (88, 90), (99, 90), (100, 100)]:
        labels = pd.DataFrame({"language": ["bn"] * bengali + ["en"] * (300 - bengali)}, clusters.index)
        assert cluster_names(clusters, labels=labels, before={0: "80 % Bengali"})[0] == f"{said} % Bengali"
        if bengali > 90:
            assert cluster_names(clusters, labels=labels)[0] == f"{said} % Bengali"
            assert cluster_names(clusters, labels=labels, before={0: "100 % Bengali"})[0] == f"{said} % Bengali"


def test_names_hold_whatever_tags_are_called():
    clusters = clusters_of(5)
    hostile = {0: ['"quoted" <b>'], 1: ["a, b · c"], 2: ["line\nbreak"], 3: ["80 % rock"], 4: ["বাংলা গান", "", "·"]}
    tags = loud(clusters, hostile)
    names = cluster_names(clusters, tags=tags)
    assert names.to_list() == ['"quoted" <b>', "a b c", "line break", "80 % rock", "বাংলা গান"]
    check = name_check(names, clusters, tags=tags)
    assert check["column"].to_list() == [own[0] for own in hostile.values()]
    assert (check["share"] == 1).all()
    assert cluster_names(clusters, tags=tags, before=names).equals(names)


def test_clusters_of_one_track_have_words_of_their_own():
    clusters = clusters_of(3, 1)
    names = cluster_names(clusters, tags=loud(clusters, {0: ["jazz"], 1: ["soul"]}))
    assert names.to_list()[:2] == ["jazz", "soul"]
    assert_distinct(names)
    assert cluster_names(clusters[:1], tags=loud(clusters, {0: ["jazz"]})).to_list() == ["no words for it"]


def test_ties_and_what_is_constant_or_unknown():
    clusters = clusters_of(3)
    tags = loud(clusters, {0: ["jazz", "soul", "funk"]})
    tags["soul"] = tags["jazz"] = np.where(clusters == 0, 1.0, 0.0)
    tags = tags.assign(constant=0.3, unknown=np.nan, infinite=np.inf)
    assert cluster_names(clusters, tags=tags)[0].startswith("jazz, soul")
    assert cluster_names(clusters, tags=tags[["soul", "jazz"]])[0] == "soul, jazz"

    tags.loc[tags.index[:2], "jazz"] = np.nan
    assert "jazz" in cluster_names(clusters, tags=tags)[0]
    tags.loc[tags.index[2], "jazz"] = np.nan  # true of seven of ten: of the others it is not known
    assert "jazz" not in cluster_names(clusters, tags=tags)[0]
    some = tags.drop(tags.index[:3])
    assert cluster_names(clusters, tags=some)[0] == "no words for it"


def test_noise_has_no_name_but_belongs_to_the_library():
    clusters = clusters_of(3)
    tags = loud(clusters, {0: ["jazz"], 2: ["soul"]})
    names = cluster_names(clusters.replace({2: -1}), tags=tags)
    assert names.to_dict() == {0: "jazz", 1: "no words for it"}
    without = clusters[clusters == 0]
    assert cluster_names(without, tags=tags).to_dict() == {0: "no words for it"}
    assert cluster_names(clusters * 0 - 1, tags=tags).empty


def test_the_order_of_tracks_changes_nothing():
    clusters = clusters_of(4)
    tags = loud(clusters, {0: ["jazz", "soul"], 1: ["soul", "jazz"], 2: ["metal"]})
    turned = np.random.default_rng(0).permutation(len(clusters))
    labels = pd.DataFrame({"genre": ["Rap"] * 10 + ["Pop"] * 30, "tag": ["rap"] * 10 + ["pop"] * 30}, clusters.index)
    for known in ({"tags": tags}, {"labels": labels}):
        assert cluster_names(clusters.iloc[turned], **known).equals(cluster_names(clusters, **known))


def test_the_check_tells_shares_and_what_it_cannot_know():
    clusters = clusters_of(2)
    tags, moods = loud(clusters, {0: ["jazz"], 1: ["soul"]}), loud(clusters, {0: ["energy"]}, MOODS)
    tags.iloc[0, 0] = -1
    names = {0: "jazz, less soul · 80 % German", 1: "soul · calm · B", 2: "jazz", 3: "my songs"}
    check = name_check(names, clusters, tags=tags, moods=moods).set_index(["cluster", "word"])
    assert check["share"].fillna(-1).to_dict() == {
        (0, "jazz"): 0.9, (0, "less soul"): 1.0, (1, "soul"): 1.0, (1, "calm"): 1.0, (2, "jazz"): -1,
        (3, "my songs"): -1,
    }  # fmt: skip
    assert check["side"].to_list()[:4] == ["above", "below", "above", "below"]
    assert check["kind"].to_list() == ["tag", "tag", "tag", "mood", "tag", "unknown"]
    assert name_check({}, clusters, tags=tags).empty


@pytest.mark.parametrize(
    ("clusters", "tags", "message"),
    [
        (pd.Series([0.0, np.nan], ["a", "b"]), None, "clusters are float64; expected whole numbers"),
        (pd.Series([0, 1], ["a", "a"]), None, "clusters have a more than once"),
        (pd.Series([0, 1], ["a", "b"]), pd.DataFrame({"x": [1, 2]}, ["b", "b"]), "tags have b more than once"),
        (pd.Series([0], ["a"]), pd.DataFrame([[1, 2]], ["a"], ["x", "x"]), "tags have x more than once"),
        (pd.Series([0], ["a"]), pd.DataFrame({"x": ["much"]}, ["a"]), "tags: column 'x' holds .*; expected numbers"),
    ],
)
def test_what_cannot_be_named_is_refused(clusters, tags, message):
    with pytest.raises(ValueError, match=message):
        cluster_names(clusters, tags=tags)


def test_the_opposite_of_a_word_is_no_news():
    songs = [f"song {n}" for n in range(16)]
    clusters = pd.Series(np.arange(16) // 4, songs)
    loud = pd.Series(np.where(clusters < 2, 2.0, -2.0) + 0.1 * np.arange(16) % 0.4, songs)
    names = cluster_names(clusters, tags=pd.DataFrame({"loud": loud, "quiet": -loud}))
    assert sorted(names[:2]) == ["loud", "loud · B"]  # and not: loud, less quiet
    assert sorted(names[2:]) == ["quiet", "quiet · B"]
