"""What runs leave behind when they fail, when others have written meanwhile, and when two run at once."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import command

from vaeclust.studies.records import Record

FAST = ["-p", "seeds=2", "-p", "epochs=2"]
ONE_EPOCH = ["-p", "seeds", "2", "-p", "epochs", "1"]


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def small_project(project):
    """Leave the chapters out that the others do not need, and so the methods that they make."""
    for other in ("00_data", "08_published_claims", "09_beyond", "10_your_music", "12_how_fast", "13_real_lyrics"):
        (project / "notebooks" / f"{other}.md").unlink()


def papermill(project, slug, table_path, *arguments):
    source = f"jupytext://{project / 'notebooks' / slug}.md"
    return command("papermill", source, project / "out.ipynb", "-p", "dataset", table_path, *arguments, cwd=project)


def test_a_chapter_that_fails_half_way_leaves_its_record_and_page(project, table_path):
    arguments = ["run", "03_vae", "--dataset", table_path]
    done = command("vaeclust", *arguments, *FAST, cwd=project)
    assert done.returncode == 0, done.stderr
    results, page = project / "results" / "small", project / "book" / "chapters" / "03_vae.ipynb"
    before, shown = content(results / "vae"), page.read_bytes()
    path = project / "notebooks" / "03_vae.md"
    text = path.read_text()
    path.write_text(text.replace("## Controls\n", "```{code-cell} ipython3\nraise OSError('full disk')\n```\n"))

    done = command("vaeclust", *arguments, "-p", "seeds=3", "-p", "epochs=1", cwd=project)

    assert done.returncode == 1
    assert "full disk" in done.stderr
    assert content(results / "vae") == before
    assert page.read_bytes() == shown
    path.write_text(text)
    done = command("vaeclust", *arguments, "-p", "seeds=3", "-p", "epochs=1", cwd=project)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(results / "vae" / "scores.csv")["seed"].max() == 2
    assert sorted(p.name for p in results.iterdir() if not p.name.startswith(".")) == ["corpus.json", "vae"]
    assert not list(results.glob(".*draft")) + list(results.glob(".*old"))


def test_records_of_other_settings_are_refused_by_papermill_and_made_anew_by_the_command(project, table_path):
    small_project(project)
    line = ["run", "07_comparison", "--dataset", table_path, *FAST]
    done = command("vaeclust", *line, "--with-dependencies", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    results = project / "results" / "small"
    comparison = (results / "comparison.csv").read_bytes()
    explorer = ["run", "11_explorer", "--dataset", table_path, *FAST]
    assert command("vaeclust", *explorer, cwd=project).returncode == 0
    assert "kept   11_explorer" in command("vaeclust", *explorer, cwd=project).stdout

    assert papermill(project, "03_vae", table_path, *ONE_EPOCH).returncode == 0
    refused = papermill(project, "07_comparison", table_path, "-p", "seeds", "2", "-p", "epochs", "2")
    assert refused.returncode != 0
    assert "vae: epochs 1, here 2" in refused.stderr
    assert "Make them anew with: vaeclust run 03_vae --dataset" in refused.stderr
    assert (results / "comparison.csv").read_bytes() == comparison

    done = command("vaeclust", *explorer, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "03_vae is made anew, its records are of something else: vae: epochs 1, here 2" in done.stdout
    assert "done   11_explorer" in done.stdout
    done = command("vaeclust", *line, cwd=project)
    assert done.returncode == 0, done.stderr
    assert (results / "comparison.csv").read_bytes() == comparison

    # Records of other features lie elsewhere: nothing is mixed, and nothing printed over.
    vectors = pd.read_csv(table_path, index_col="filename").select_dtypes("number").iloc[:, :12]
    vectors.index = vectors.index.str.removesuffix(".wav")
    vectors.rename_axis("track_id").to_csv(project / "spotify.csv")
    vectors = papermill(project, "07_comparison", table_path, "-p", "features", "spotify.csv")
    assert vectors.returncode != 0
    assert "small-spotify" in vectors.stderr


def test_other_hidden_layers_run_through_the_comparison_and_what_comes_after(project, table_path):
    small_project(project)
    line = ["run", "11_explorer", "--with-dependencies", "--dataset", table_path, *FAST, "-p", "hidden=32,16"]
    done = command("vaeclust", *line, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    told = {slug: Record("small", slug, project / "results").run()["settings"] for slug in ("vae", "multimodal_vae")}
    assert [settings["hidden"] for settings in told.values()] == [[32, 16], [32, 16]]
    refused = papermill(project, "07_comparison", table_path, "-p", "seeds", "2", "-p", "epochs", "2")
    assert "vae: hidden [32, 16], here [128, 64]" in refused.stderr


def run_at_once(project, *lines):
    runs = [
        subprocess.Popen(
            [Path(sys.executable).with_name("vaeclust"), "run", *map(str, line)], cwd=project, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for line in lines
    ]  # fmt: skip
    return [(process.communicate(timeout=300), process.returncode) for process in runs]


def test_two_runs_at_once_with_folders_of_their_own_do_not_meet(project, table_path):
    page = project / "book" / "chapters" / "01_pca.ipynb"
    page.parent.mkdir(parents=True)
    page.write_text("the page of the standard results")
    line = ["01_pca", "--dataset", table_path]
    ended = run_at_once(project, *([*line, "-p", f"results_dir=r{n}", "-p", f"seeds={n}"] for n in (2, 3)))
    for (out, error), code in ended:
        assert code == 0, out + error
        assert "waiting" not in error
    for n in (2, 3):
        assert pd.read_csv(project / f"r{n}" / "small" / "pca" / "scores.csv")["seed"].nunique() == n
        assert f"seeds={n}" in (project / f"r{n}" / "pages" / "01_pca.ipynb").read_text().replace(" ", "")
    assert page.read_text() == "the page of the standard results"
    assert not list((project / "_build" / "running").iterdir())


def test_two_runs_at_once_of_one_chapter_take_turns(project, table_path):
    line = ["01_pca", "--force", "--dataset", table_path]
    ended = run_at_once(project, *([*line, "-p", f"seeds={n}"] for n in (2, 3)))
    for (out, error), code in ended:
        assert code == 0, out + error
    assert sum("the chapter 01_pca is being made by process" in error for (_, error), _ in ended) == 1
    seeds = pd.read_csv(project / "results" / "small" / "pca" / "scores.csv")["seed"].nunique()
    page = (project / "book" / "chapters" / "01_pca.ipynb").read_text().replace(" ", "")
    assert f"seeds={seeds}" in page


@pytest.mark.parametrize("value", [".nan", "0", ".inf"])
def test_papermill_refuses_in_the_first_cell(project, table_path, value):
    done = papermill(project, "03_vae", table_path, "-p", "learning_rate", value)
    assert done.returncode != 0
    assert "expected a finite number above 0" in done.stderr
    assert "In [3]" in done.stderr  # after the parameters and those that were given
    assert not (project / "results").exists()
