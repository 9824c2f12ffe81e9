"""Fixtures: a small corpus that any machine has, the real one where it is present, a project to run chapters in."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import soundfile
from browsing import CHROMIUM, FLAGS
from joblib.externals.loky import get_reusable_executor

from vaeclust.corpus.audio import FULL
from vaeclust.corpus.listening import MUSICNN
from vaeclust.corpus.sources import load

ROOT = Path(__file__).resolve().parent.parent


def real_data(name: str) -> Path:
    folder = Path(os.environ.get("VAECLUST_DATA", "")) / name
    if "VAECLUST_DATA" not in os.environ or not folder.is_dir():
        pytest.skip(f"real data is not here: set VAECLUST_DATA to the folder that holds {name}/")
    return folder


@pytest.fixture(scope="session")
def gtzan_folder() -> Path:
    return real_data("gtzan")


@pytest.fixture(scope="session")
def songs_folder() -> Path:
    return real_data("songs1000")


@pytest.fixture(scope="session")
def gtzan(gtzan_folder):
    return load(gtzan_folder / "features_30_sec.csv", tracks=gtzan_folder / "tracks.csv")


@pytest.fixture(scope="session")
def musicnn_weights() -> Path:
    """The folder of musicnn's weights, where this machine has them."""
    if not (MUSICNN.folder / "checksums.json").is_file():
        pytest.skip("the weights of musicnn are not here: vaeclust fetch musicnn")
    return MUSICNN.folder


@pytest.fixture
def listening_cache(musicnn_weights, tmp_path, monkeypatch) -> Path:
    """A cache of a test's own, empty but for the weights; processes that it starts have it too."""
    cache = tmp_path / "listening cache"
    shutil.copytree(musicnn_weights, cache / "vaeclust" / "weights" / musicnn_weights.name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    get_reusable_executor().shutdown()  # workers that wait for more have the cache of an earlier test
    return cache


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """A feature table: 120 tracks around four centres, one centre a genre, with units unlike each other."""
    rng = np.random.default_rng(0)
    genre = np.arange(120) % 4
    values = (rng.normal(size=(4, len(FULL)))[genre] + rng.normal(size=(120, len(FULL)))) * rng.uniform(
        1, 50, len(FULL)
    )
    table = pd.DataFrame(values, columns=FULL)
    table.insert(0, "filename", [f"{'abcd'[g]}/track {i}.wav" for i, g in enumerate(genre)])
    return table.assign(label=[f"genre {'ABCD'[g]}" for g in genre])


@pytest.fixture(scope="session")
def table_path(table, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "small.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def corpus(table_path):
    return load(table_path)


@pytest.fixture(scope="session")
def spoken(corpus):
    """The corpus with lyrics that tell what the audio does not: two genres sound alike, and all texts tell them."""
    audio = corpus.audio.copy()
    audio[corpus.classes == 1] -= audio[corpus.classes == 1].mean(axis=0) - audio[corpus.classes == 0].mean(axis=0)
    lyrics = np.random.default_rng(0).normal(size=(len(corpus), 30)).astype(np.float32) * 0.1
    lyrics[np.arange(len(corpus)), corpus.classes] += 8
    return replace(corpus, audio=audio, lyrics=lyrics, has_lyrics=np.ones(len(corpus), dtype=bool))


def copy_project(folder: Path) -> Path:
    """Copy what a run of the book reads, so that tests write into no one's results."""
    for name in ("notebooks", "book", "benchmarks"):
        ignore = shutil.ignore_patterns("ipynb", "chapters", "clips", ".ipynb_checkpoints")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("_config.yml", "_toc.yml", "jupytext.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(copy_project(tmp_path))
    return tmp_path


def command(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run a command of the environment that runs the tests, without a terminal."""
    program, *rest = map(str, arguments)
    return subprocess.run(
        [Path(sys.executable).with_name(program), *rest], cwd=cwd, text=True, capture_output=True,
        stdin=subprocess.DEVNULL, env={**os.environ, **environment}, timeout=500,
    )  # fmt: skip


@pytest.fixture(scope="session")
def dejavu_alone(tmp_path_factory) -> dict[str, str]:
    """Return the environment of a browser that knows the wide letters of DejaVu alone, whatever this machine has.

    They are those that matplotlib brings; a bare machine with chromium has the same and no others.
    """
    folder = tmp_path_factory.mktemp("fonts")
    for font in Path(matplotlib.get_data_path(), "fonts", "ttf").glob("DejaVu*.ttf"):
        shutil.copy(font, folder)
    kinds = {"sans-serif": "DejaVu Sans", "serif": "DejaVu Serif", "monospace": "DejaVu Sans Mono"}
    rules = "".join(
        f"<alias><family>{kind}</family><prefer><family>{name}</family></prefer></alias>"
        for kind, name in kinds.items()
    )
    config = folder / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{folder}</dir><cachedir>{folder}</cachedir>{rules}</fontconfig>")
    return {"FONTCONFIG_FILE": str(config)}


HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="session")
def built_book(tmp_path_factory, table, table_path) -> Path:
    """A whole book, made by the command line from the small corpus; returns its project.

    Every track has a file, a short beep with an awkward name, and every title is hostile to a careless page.
    """
    project = copy_project(tmp_path_factory.mktemp("book"))
    sound = project / "a b's & 100% <1>.wav"
    soundfile.write(sound, 0.1 * np.sin(np.arange(22_050) / 8), 22_050)
    titles = [f"{HOSTILE} {number}" for number in range(len(table))]
    about = table[["filename"]].assign(artist="Ann", title=titles, path=sound.name)
    about.to_csv(project / "tracks.csv", index=False)
    options = ["--tracks", "tracks.csv", "-p", "seeds=2", "-p", "epochs=3"]
    done = command("vaeclust", "book", "--dataset", table_path, *options, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="module")
def browser(dejavu_alone):
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env={**os.environ, **dejavu_alone})
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path):
    """A web server on loopback; its folder and its address."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
