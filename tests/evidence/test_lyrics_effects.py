"""What the record of all views says: keys are method and view, words are made of them at the end."""

import numpy as np
import pandas as pd
import pytest

from vaeclust.cells.about import lyrics_coverage
from vaeclust.evidence.lyrics import coverage_leak, lyrics_effects, lyrics_facts, view_table
from vaeclust.plots import conditions as plots_conditions
from vaeclust.studies.kept import RELEASED, released_labels
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record, pick
from vaeclust.studies.views import SLUG, TWO, VIEW_METHODS, view_conditions


def test_lyrics_that_tell_the_genre_help_and_shuffled_ones_do_not(spoken, tmp_path):
    record, settings = Record("small", SLUG, tmp_path), {"seeds": 3, "epochs": 1, "projections": ()}
    views = {slug: view_conditions(slug, spoken, spoken.default_k()) for slug in ("features", "vae")}
    record.keep(*(study(slug, conditions, **settings) for slug, conditions in views.items()))
    clusters = record.read("clusters")
    rows = pick(record.read("intervals"), method="features", reference="genre", metric="nmi")
    nmi = rows.set_index("condition")["mean"]
    assert nmi["lyrics"] > 0.9
    assert nmi["both"] > nmi["audio"] + 0.1
    effects = lyrics_effects(clusters, spoken.tracks["genre"], slugs=["features"])
    assert effects["baseline_condition"].tolist() == ["audio", "lyrics", "shuffled"]
    verdicts = effects.set_index("baseline_condition")["verdict"]
    assert verdicts[["audio", "shuffled"]].tolist() == ["higher", "higher"]
    more = pd.concat([spoken.tracks["genre"], pd.Series({"a track without lyrics": "genre A"})])
    pd.testing.assert_frame_equal(lyrics_effects(clusters, more, slugs=["features"]), effects)


@pytest.mark.parametrize("dataset", ["gtzan", "demo"])
def test_the_released_record_has_every_view_of_every_method_that_can_see_it(dataset):
    record = Record(dataset, SLUG, RELEASED)
    expected = {(slug, view) for view, slugs in VIEW_METHODS.items() for slug in slugs}
    for name in ("scores", "clusters", "intervals"):
        table = record.read(name)
        assert set(zip(table["method"], table["condition"], strict=True)) == expected, name
    assert record.run()["method"] == SLUG
    shown = view_table(record.read("intervals"))
    assert shown.row_heads[0] == ("No network", "audio")
    assert shown.heads == ["Method", "Condition", "NMI ↑", "ARI ↑", "Purity ↑"]
    assert len(shown.text) == len(expected)


def test_effects_of_the_released_record_are_stated_by_key():
    record = Record("gtzan", SLUG, RELEASED)
    labels = released_labels()
    stated = lyrics_facts(lyrics_effects(record.read("clusters"), labels["genre"], units=labels["artist"]))
    assert set(stated) == {f"{slug}_both_{view}" for slug in TWO for view in ("audio", "lyrics", "shuffled")}
    assert stated["umap_both_audio"] == "0.045 higher (+0.016 to +0.074)"


def test_every_view_is_a_row_of_the_figure():
    figure = plots_conditions.scores_by_method(Record("gtzan", SLUG, RELEASED).read("intervals"))
    labels = [label.get_text().replace("\n", " ") for label in figure.axes[0].get_yticklabels()]
    assert labels == ["audio", "lyrics", "both", "both, lyrics of other tracks"]


def test_gaps_alone_can_tell_the_genre():
    genres = pd.Series(["a"] * 50 + ["b"] * 50 + [None], index=[f"t{i}" for i in range(101)])
    has_lyrics = pd.Series([True] * 50 + [False] * 51, index=genres.index)
    assert coverage_leak(genres, has_lyrics) == pytest.approx(1.0)
    even = pd.Series(np.arange(101) % 2 == 0, index=genres.index)
    assert coverage_leak(genres, even) < 0.01


def test_coverage_is_counted_by_genre_and_none_is_said():
    genres = pd.Series(["a", "a", "b", None], index=list("wxyz"), name="genre")
    table = lyrics_coverage(genres, [True, False, False, True])
    assert table.loc["a"].tolist() == [2, 1, "50%"]
    assert table.loc["no genre"].tolist() == [1, 1, "100%"]
    assert lyrics_coverage(genres, [False] * 4).data == "No track of this corpus has lyrics."
