"""What was left of a corpus is said in a few lines and written whole."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from vaeclust.cells.about import excluded_list
from vaeclust.cli import app
from vaeclust.corpus.sources import load

IDS = [f"track <{i:03d}>" for i in range(400)]


@pytest.fixture
def halved(tmp_path):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(400, 3)), columns=list("xyz")).assign(id=IDS)
    table.to_csv(tmp_path / "x.csv", index=False)
    table.iloc[:150].to_csv(tmp_path / "half.csv", index=False)
    words = pd.DataFrame({"id": [*IDS[:99], "lost"], "text": [f"river {i % 9} moon {i % 7}" for i in range(100)]})
    words.to_csv(tmp_path / "lyrics.csv", index=False)
    return tmp_path


def data(folder, *options):
    done = CliRunner().invoke(
        app, ["data", str(folder / "x.csv"), "--results-dir", str(folder / "r"), *map(str, options)]
    )
    assert done.exit_code == 0, done.output
    return done.output, {path.name for path in (folder / "r" / "x").glob("*.csv")}


def test_hundreds_of_tracks_are_one_line_and_a_file(halved):
    said, _ = data(halved, "--features", halved / "half.csv")
    assert sum(line.startswith("left out") for line in said.splitlines()) == 1
    assert "left out 250 tracks, it has no features in half.csv: track <150>, " in said
    listed = pd.read_csv(next((halved / "r").glob("*/left_out.csv")))
    assert listed["track_id"].tolist() == IDS[150:]
    page = excluded_list(load(halved / "x.csv", features=halved / "half.csv")).data
    assert len(page) < 300
    assert "track &lt;150&gt;" in page


def test_ids_that_miss_are_listed_and_nothing_of_another_run_stays(halved):
    with pytest.warns(UserWarning, match="lost"):
        said, files = data(halved, "--lyrics", halved / "lyrics.csv")
    assert "unmatched.csv" in said
    assert files == {"features.csv", "lyrics_features.csv", "unmatched.csv"}
    listed = pd.read_csv(halved / "r" / "x" / "unmatched.csv")
    assert set(listed["id"]) == {"lost", *IDS[99:]}
    assert data(halved)[1] == {"features.csv"}


def test_another_corpus_of_that_name_has_a_folder_of_its_own(halved):
    data(halved)
    (halved / "other").mkdir()
    other = pd.read_csv(halved / "x.csv").iloc[:9]
    other.to_csv(halved / "other" / "x.csv", index=False)
    done = CliRunner().invoke(app, ["data", str(halved / "other" / "x.csv"), "--results-dir", str(halved / "r")])
    assert "another corpus of that name has records already" in done.output
    assert len(pd.read_csv(halved / "r" / "x-2" / "features.csv")) == 9
    assert len(pd.read_csv(halved / "r" / "x" / "features.csv")) == 400
