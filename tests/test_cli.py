import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from conftest import ROOT, command, copy_project
from sounds import song

from vaeclust.cli import entry


def test_help_is_for_newcomers(tmp_path):
    done = command("vaeclust", "--help", cwd=tmp_path)
    assert done.returncode == 0
    for word in ("book", "run", "data", "Start with", "Execute every chapter"):
        assert word in done.stdout
    assert "NAME=VALUE" in command("vaeclust", "run", "--help", cwd=tmp_path).stdout


def test_data_says_what_is_there_and_writes_the_features(project, table_path, table):
    done = command("vaeclust", "data", table_path, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "small: 120 tracks, 20 features, 4 genres" in done.stdout
    assert "genre A 30" in done.stdout
    written = (project / "results" / "small" / "features.csv").read_text().splitlines()
    assert len(written) == 121
    assert written[0].startswith("track_id,genre,mfcc1_mean")


def test_a_path_counts_from_where_it_is_typed(tmp_path, table):
    (tmp_path / "my songs").mkdir()
    table.to_csv(tmp_path / "my songs" / "small.csv", index=False)
    options = ["--tracks", "small.csv", "--results-dir", tmp_path / "results"]
    done = command("vaeclust", "data", "small.csv", *options, cwd=tmp_path / "my songs")
    assert done.returncode == 0, done.stderr
    assert "without case and suffix: 120 of 120 tracks" in done.stdout
    assert (tmp_path / "results" / "small" / "features.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["data", "gtzam"], "error: unknown dataset 'gtzam'; expected demo"),
        (["data", "nowhere.csv"], "error: no file"),
        (
            ["run", "03_vae", "--dataset", "TABLE", "-p", "epoch=3"],
            "error: no parameter 'epoch' (did you mean 'epochs'?)",
        ),
        (["run", "03_vae", "--dataset", "TABLE", "-p", "epochs"], "error: -p epochs: expected NAME=VALUE"),
        (["run", "3_vae", "--dataset", "TABLE"], "error: no chapter '3_vae'"),
        (["run", "03_vae", "--dataset", "TABLE", "-p", "n_clusters=120"], "at most 119"),
        (["run", "03_vae", "--dataset", "nowhere.csv"], "error: no file"),
        (["run", "03_vae", "--dataset", "TABLE", "-p", "latent_dim=1000000"], "latent_dim=1000000; expected a whole"),
        (["run", "03_vae", "--dataset", "TABLE", "-p", "latent_dim=1"], "latent_dim=1; expected a whole number from 2"),
        (["run", "01_pca", "--dataset", "TABLE", "-p", "latent_dim=30"], "allows at most 20"),
        (["book", "--dataset", "TABLE", "-p", "seeds=1.5"], "seeds='1.5'; expected a whole number"),
        (["book", "--dataset", "TABLE", "-p", "learning_rate=nan"], "learning_rate=nan; expected a finite number"),
        (["book", "--dataset", "TABLE", "-p", "betas=1,1.0000001"], "have one name, beta_vae_1"),
        (["book", "-p", "dataset="], "dataset=''; expected demo"),
        (["book", "-p", "results_dir="], "results_dir=''; expected the path of a folder"),
        (["run", "10_your_music", "--dataset", "TABLE", "-p", "method=vea"], "method='vea'; expected one of pca"),
        (
            ["data", "TABLE", "--features", "mfcc13"],
            "'musicnn-tags', 'musicnn-every', 'musicnn-untrained', 'moods', or a file",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(project, table_path, arguments, says, monkeypatch, capsys):
    arguments = [str(table_path) if a == "TABLE" else a for a in arguments]
    monkeypatch.setattr(sys, "argv", ["vaeclust", *arguments])
    with pytest.raises(SystemExit) as end:
        entry()
    assert end.value.code == 1
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error
    assert not (project / "book" / "chapters").exists()


def test_a_corpus_gets_the_name_that_was_chosen(project, table_path):
    done = command("vaeclust", "run", "00_data", "--dataset", table_path, "--name", "আমার গান 🎸", cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("আমার-গান-🎸: 120 tracks")
    assert (project / "results" / "আমার-গান-🎸" / "data" / "figures").is_dir()


def test_a_scheduler_is_an_address(project):
    done = command("vaeclust", "run", "01_pca", "--scheduler", "localhost", cwd=project)
    assert done.returncode == 2
    assert "expected an address such as tcp://" in " ".join(done.stderr.replace("│", " ").split())


def test_a_warning_reaches_the_terminal(project, table):
    table.assign(mfcc4_mean=0.1).to_csv(project / "flat.csv", index=False)
    done = command("vaeclust", "data", "flat.csv", cwd=project)
    assert done.returncode == 0
    assert "warning: constant feature columns, kept as zeros: mfcc4_mean" in done.stderr


def test_the_import_is_light():
    heavy = {"torch", "librosa", "umap", "pandas", "sklearn", "matplotlib", "numpy"}
    code = f"import sys, vaeclust; print({heavy} & set(sys.modules))"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
    assert time.perf_counter() - start < 5
    everything = "import vaeclust; [getattr(vaeclust, name) for name in vaeclust.__all__]"
    subprocess.run([sys.executable, "-c", everything], check=True, cwd=ROOT)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_a_terminal_cannot_show_is_escaped_there_and_whole_in_the_files(project, table, encoding):
    table.assign(title="আমি [b]বাংলায়[/b]").to_csv(project / "গান [disc 1].csv", index=False)
    environment = {**os.environ, "PYTHONIOENCODING": encoding}

    def run(*arguments):
        call = [Path(sys.executable).with_name("vaeclust"), *arguments]
        return subprocess.run(call, cwd=project, env=environment, capture_output=True, encoding=encoding, check=False)

    done = run("data", "গান [disc 1].csv", "--name", "গান")
    assert done.returncode == 0, done.stderr
    assert "\\u0997\\u09be\\u09a8: 120 tracks" in done.stdout
    assert "আমি [b]বাংলায়[/b]" in (project / "results" / "গান" / "features.csv").read_text(encoding="utf-8")
    (project / "নাই [disc 1].csv").touch()
    done = run("data", "নাই [disc 1].csv")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "\\u09a8\\u09be\\u0987 [disc 1].csv" in done.stderr


def test_what_stands_in_brackets_is_printed_as_it_is(project, table_path):
    folder = project / "results [b] [disc 1]"
    options = ["-p", "seeds=2", "-p", "epochs=2", "-p", f"results_dir={folder}"]
    done = command("vaeclust", "run", "01_pca", "--dataset", table_path, *options, cwd=project)
    assert done.returncode == 0, done.stderr
    assert f"{folder}/pages/01_pca.ipynb" in done.stdout


NOBODY = "54321"  # a number that no user has


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="only root can become somebody else")
def test_a_user_without_a_name_and_without_a_home_can_measure_and_run(table_path):
    with tempfile.TemporaryDirectory() as folder:  # those of the tests are shut to others
        place = copy_project(Path(folder) / "project")
        shutil.copy(table_path, place / "small.csv")
        song(place / "music" / "0.wav")
        song(place / "music" / "1.wav", 1)
        home = Path(folder) / "home"
        home.mkdir(mode=0o555)
        for path in (Path(folder), place, *place.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        home.chmod(0o555)
        environment = {k: v for k, v in os.environ.items() if k not in ("USER", "LOGNAME", "XDG_CACHE_HOME")}
        somebody = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
        reads = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        program = Path(sys.executable).with_name("vaeclust")
        for arguments in (["data", "music"], ["run", "01_pca", "--dataset", "small.csv", "-p", "seeds=2"]):
            done = subprocess.run(
                [*somebody, *reads, program, *arguments], cwd=place, capture_output=True, text=True, check=False,
                env={**environment, "HOME": str(home)},
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            if arguments[0] == "data":
                assert done.stderr.count("XDG_CACHE_HOME names another folder") == 1
        assert (place / "results" / "small" / "pca" / "scores.csv").is_file()


SMALL_DISK = "mkdir -p results && mount -t tmpfs -o size=16k tmpfs results && exec "


def test_a_full_disk_names_the_path(project, table_path):
    if subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no disk of a test's own can be mounted here")
    program = Path(sys.executable).with_name("vaeclust")
    call = f"{SMALL_DISK} {shlex.quote(str(program))} data {shlex.quote(str(table_path))}"
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", call], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"error: {project / 'results' / 'small'}: features.csv cannot be written there (No space left" in done.stderr
    assert "choose another folder" in done.stderr
    assert "Traceback" not in done.stderr
