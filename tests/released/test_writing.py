import base64
import io
import json
import re
import shutil
import subprocess

import pandas as pd
import pytest
from conftest import ROOT, command

from vaeclust.cells.tables import html_table
from vaeclust.evidence.published import comparable_rows
from vaeclust.evidence.ranks import metric_means, study_table
from vaeclust.evidence.tables import score_table
from vaeclust.methods.catalogue import METHODS, STUDIED
from vaeclust.released.drifts import drift
from vaeclust.released.writing import LARGEST, LEAST_SEEDS, marks, readme_table
from vaeclust.studies.kept import released_records, unreleased_methods
from vaeclust.studies.protocol import study
from vaeclust.studies.records import Record


def git(*arguments, cwd):
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def results(corpus, tmp_path_factory):
    """The records of a whole study of one epoch."""
    folder = tmp_path_factory.mktemp("study") / "results"
    for slug in METHODS:
        record = Record("small", slug, folder)
        study(slug, corpus, record, seeds=LEAST_SEEDS, epochs=1, parameters={"dataset": "/here/small.csv"})
    each = [study(slug, corpus, seeds=LEAST_SEEDS, epochs=1, projections=()) for slug in ("vae", "raw")]
    Record("small", "real_lyrics", folder).keep(*each)
    Record("small", "vae", folder).save_table("by_size", pd.DataFrame({"nmi": [0.5]}))
    return folder


@pytest.fixture
def study_folder(project, results):
    """A project under version control, with the records of the study."""
    shutil.copytree(results, project / "results")
    shutil.copy(ROOT / "README.md", project)
    shutil.copy(ROOT / ".gitignore", project)
    git("init", cwd=project)
    git("add", "-A", cwd=project)
    git("commit", "-m", "all", cwd=project)
    return project


def test_few_seeds_and_uncommitted_changes_are_refused(study_folder):
    run = study_folder / "results" / "small" / "vae" / "run.json"
    run.write_text(run.read_text().replace('"seeds": 10', '"seeds": 2'))
    done = command("vaeclust", "release", "small", cwd=study_folder)
    assert done.returncode == 1
    assert "vae has 2 seeds; a release needs at least 10" in done.stderr
    (study_folder / "notebooks" / "01_pca.md").write_text("changed")
    done = command("vaeclust", "release", "small", cwd=study_folder)
    assert "uncommitted changes" in done.stderr
    assert "01_pca.md" in done.stderr
    assert not (study_folder / "book" / "released" / "small").exists()
    assert "Traceback" not in done.stderr


def test_a_release_holds_the_tables_without_paths_and_replaces_the_old_one(study_folder):
    stale = study_folder / "book" / "released" / "small" / "stale.csv"
    stale.parent.mkdir()
    stale.touch()
    git("add", "-f", str(stale), cwd=study_folder)
    git("commit", "-m", "stale", cwd=study_folder)
    done = command("vaeclust", "release", "small", cwd=study_folder)
    assert done.returncode == 0, done.stderr
    folder = study_folder / "book" / "released" / "small"
    assert not stale.exists()
    assert {path.name for path in folder.iterdir()} == {*METHODS, "real_lyrics", "by_size.csv", "comparison.csv"}
    assert {path.name for path in (folder / "real_lyrics").iterdir()} == {
        "run.json", "intervals.csv", "scores.csv.xz", "clusters.csv.xz",
    }  # fmt: skip
    for slug in METHODS:
        files = {path.name for path in (folder / slug).iterdir()}
        assert files == {
            "run.json", "intervals.csv", "dimensions.csv.xz", "scores.csv.xz", "clusters.csv.xz", "maps.csv.xz",
            "history.csv.xz",
        }  # fmt: skip
        assert "/" not in str(json.loads((folder / slug / "run.json").read_text())["parameters"])


def test_a_method_without_records_is_left_out_and_named(study_folder):
    results, folder = study_folder / "results" / "small", study_folder / "book" / "released" / "small"
    for slug in ("vade", "umap"):
        shutil.rmtree(results / slug)
    done = command("vaeclust", "release", "small", cwd=study_folder)
    assert done.returncode == 0, done.stderr
    assert "Left out, since they have no records: umap, vade" in done.stdout
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {*METHODS, "real_lyrics"} - {"umap", "vade"}


def test_a_study_of_several_methods_is_released_alone(study_folder):
    results = study_folder / "results"
    alone = results / "songs" / "real_lyrics"
    shutil.copytree(results / "small" / "real_lyrics", alone)
    done = command("vaeclust", "release", "songs", cwd=study_folder)
    assert done.returncode == 0, done.stderr
    folder = study_folder / "book" / "released" / "songs"
    assert [path.name for path in folder.iterdir()] == ["real_lyrics"]
    shutil.rmtree(alone)
    git("add", "-A", cwd=study_folder)
    git("commit", "-m", "songs", cwd=study_folder)
    done = command("vaeclust", "release", "songs", cwd=study_folder)
    assert done.returncode == 1
    assert "no run.json of pca on songs" in done.stderr
    assert folder.is_dir()


@pytest.mark.parametrize(("dataset", "slug"), [("small", "pca"), ("gtzan", "umap")])
def test_what_the_book_speaks_of_has_to_be_there(study_folder, dataset, slug):
    results = study_folder / "results"
    (results / "small").rename(results / dataset)
    shutil.rmtree(results / dataset / slug)
    before = sorted((study_folder / "book" / "released").rglob("*"))
    done = command("vaeclust", "release", dataset, cwd=study_folder)
    assert done.returncode == 1
    assert f"no run.json of {slug} on {dataset}" in done.stderr
    assert sorted((study_folder / "book" / "released").rglob("*")) == before


@pytest.fixture
def demo_results(project):
    """The released demo study as if it had just been run."""
    for path in (project / "book" / "released" / "demo").rglob("*.*"):
        if path.name in ("intervals.csv", "run.json"):
            kept = project / "results" / path.relative_to(project / "book" / "released")
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, kept)
    for run in (project / "results" / "demo").rglob("run.json"):  # which vouches for the tables that tests move
        told = json.loads(run.read_text())
        told.pop("files", None)
        run.write_text(json.dumps(told))
    return project / "results" / "demo"


def moved(path, factor):
    """Multiply the K-Means silhouettes in the method's own space."""
    table = pd.read_csv(path)
    chosen = table.eval("clusterer == 'kmeans' and metric == 'silhouette' and space == 'own'")
    table.loc[chosen, ["mean", "low", "high"]] *= factor
    table.to_csv(path, index=False)


def test_a_run_like_the_released_one_has_not_drifted(demo_results):
    moved(demo_results / "vae" / "intervals.csv", 1.0005)
    assert drift().empty
    done = command("vaeclust", "check", cwd=demo_results.parent.parent)
    assert done.returncode == 0
    assert "within their intervals" in done.stdout


def test_a_planted_drift_is_named(demo_results):
    moved(demo_results / "vae" / "intervals.csv", 1.2)
    (demo_results / "pca" / "intervals.csv").write_text(
        "".join(line for line in (demo_results / "pca" / "intervals.csv").open() if "genre,nmi" not in line)
    )
    done = command("vaeclust", "check", "demo", cwd=demo_results.parent.parent)
    assert done.returncode == 1
    assert re.search(r"vae +own +silhouette +0\.\d+ to 0\.\d+ +0\.\d+ to 0\.\d+", done.stdout)
    assert re.search(r"pca +labels +genre +nmi .* nan to nan", done.stdout)
    assert done.stderr.startswith("error: 2 scores of demo have left")


def test_drift_is_asked_of_equal_parameters_only(demo_results):
    path = demo_results / "vae" / "run.json"
    path.write_text(path.read_text().replace('"epochs": 50', '"epochs": 5'))
    with pytest.raises(ValueError, match=r"vae ran with epochs=5 \(released: 50\)"):
        drift()


def test_a_method_that_was_not_released_yet_is_named_and_not_checked(demo_results, monkeypatch):
    shutil.rmtree(demo_results.parent.parent / "book" / "released" / "demo" / "raw")
    assert unreleased_methods("demo") == ("raw",)
    assert drift().empty
    done = command("vaeclust", "check", "demo", cwd=demo_results.parent.parent)
    assert done.returncode == 0
    assert "raw was not checked: it has no released records" in done.stdout
    shutil.rmtree(demo_results.parent.parent / "book" / "released" / "demo" / "pca")
    with pytest.raises(FileNotFoundError, match=r"run\.json of pca on demo"):
        drift()


def test_the_readme_has_the_table_of_the_released_records():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start, end = marks("results")
    inside = text.split(start)[1].split(end)[0].strip()
    assert inside == readme_table(released_records("intervals", "gtzan"))


@pytest.mark.parametrize("dataset", ["gtzan", "demo"])
def test_released_records_are_small_and_their_comparison_is_theirs(dataset):
    folder = ROOT / "book" / "released" / dataset
    for slug in {*STUDIED, *(path.name for path in folder.iterdir() if path.is_dir())}:
        assert sum(path.stat().st_size for path in (folder / slug).iterdir()) <= LARGEST
    table = pd.read_csv(folder / "comparison.csv", index_col="method")
    pd.testing.assert_frame_equal(table, study_table(released_records("intervals", dataset)), rtol=1e-4)


def test_the_sortable_table_holds_every_number_and_one_best_a_clusterer():
    intervals = released_records("intervals", "gtzan")
    html = html_table(score_table(intervals), name="x<y").data
    assert 'download="x&lt;y.csv"' in html
    rows = re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", html)
    assert len(rows) == len(STUDIED) * 3
    content = base64.b64decode(re.search(r"base64,([^\"]+)", html).group(1)).decode()
    table = pd.read_csv(io.StringIO(content), index_col=["method", "clusterer"])
    means = metric_means(comparable_rows(intervals))
    pd.testing.assert_frame_equal(
        table.xs("kmeans", level="clusterer")[list(means)], means, rtol=1e-4, check_like=True, check_names=False
    )
    kmeans = [row for row in rows if ">K-Means<" in row]
    best = [re.search(r'"row">([^<]+)', row).group(1) for row in kmeans for _ in re.findall("<strong>", row)]
    assert best.count("Beta-VAE (β = 4)") == 3
    assert len(best) == 7
