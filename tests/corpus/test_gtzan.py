"""Corpora by name, from archives that a local server gives out: whole, broken and hostile ones."""

import hashlib
import io
import os
import tarfile
import zipfile

import pytest
import soundfile
from sounds import RATE, music

from vaeclust.corpus import gtzan
from vaeclust.corpus.archives import Source
from vaeclust.corpus.gtzan import download, mini_checksums, unpack
from vaeclust.corpus.sources import load


def clip(seed):
    content = io.BytesIO()
    soundfile.write(content, music(1.5, seed=seed), RATE, format="WAV")
    return content.getvalue()


CLIPS = {f"{genre}/{genre}.{number:05d}.wav": clip(i) for i, (genre, number) in enumerate(
    (genre, number) for genre in ("blues", "rock") for number in range(3))}  # fmt: skip


def zipped(path, clips=CLIPS, **extra):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gtzan_mini-a61439e/README.md", "not a clip")
        archive.writestr("gtzan_mini-a61439e/genres/blues/._blues.00000.wav", "not a clip either")
        for name, content in clips.items():
            archive.writestr(f"gtzan_mini-a61439e/genres/{name}", content)
        for name, content in extra.items():
            archive.writestr(name, content)
    return path


def tarred(path, member=None):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in CLIPS.items():
            info = tarfile.TarInfo(f"genres/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if member:
            archive.addfile(member)
    return path


@pytest.fixture
def known(monkeypatch):
    md5 = {name.split("/")[1][:-4]: hashlib.md5(content).hexdigest() for name, content in CLIPS.items()}
    monkeypatch.setattr(gtzan, "mini_checksums", lambda: md5)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_corpus_is_fetched_once_checked_and_loaded(server, tmp_path, known, kind, capfd, monkeypatch):
    folder, address = server
    (zipped if kind == "zip" else tarred)(folder / f"x.{kind}")
    source = Source(f"{address}/x.{kind}", None, 6, "6 clips")
    place = download("gtzan-mini", folder=tmp_path / "cache", source=source)
    said = capfd.readouterr().err
    assert said.index("commercial recordings") < said.index("downloading http")
    assert sorted(p.relative_to(place).as_posix() for p in place.rglob("*.*")) == sorted(CLIPS)
    os.remove(folder / f"x.{kind}")
    assert download("gtzan-mini", folder=tmp_path / "cache", source=source) == place
    assert "commercial" not in capfd.readouterr().err
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["gtzan-mini"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "measured"))
    assert load(place).class_names == ("blues", "rock")


def test_a_checksum_of_the_archive_is_held(server, tmp_path, known):
    folder, address = server
    zipped(folder / "x.zip")
    right = hashlib.sha256((folder / "x.zip").read_bytes()).hexdigest()
    with pytest.raises(ValueError, match="hash"):
        download("gtzan-mini", folder=tmp_path / "cache", source=Source(f"{address}/x.zip", "0" * 64, 6, ""))
    assert list((tmp_path / "cache").iterdir()) == []
    assert download("gtzan-mini", folder=tmp_path / "cache", source=Source(f"{address}/x.zip", right, 6, "")).is_dir()


@pytest.mark.parametrize("fault", ["changed", "missing", "cut", "text"])
def test_a_damaged_archive_is_refused_and_can_be_fetched_again(server, tmp_path, known, fault):
    folder, address = server
    clips = {**CLIPS}
    if fault == "changed":
        clips["blues/blues.00000.wav"] = clip(99)
    if fault == "missing":
        del clips["blues/blues.00000.wav"]
    zipped(folder / "x.zip", clips)
    if fault == "cut":
        (folder / "x.zip").write_bytes((folder / "x.zip").read_bytes()[:-500])
    if fault == "text":
        (folder / "x.zip").write_text("<html>not found</html>")
    source = Source(f"{address}/x.zip", None, 6, "")
    with pytest.raises(ValueError, match="run again to get a new copy"):
        download("gtzan-mini", folder=tmp_path / "cache", source=source)
    assert list((tmp_path / "cache").iterdir()) == []
    zipped(folder / "x.zip")
    assert download("gtzan-mini", folder=tmp_path / "cache", source=source).is_dir()


def member(name, kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("hostile", "says"),
    [
        (member("../blues.00009.wav"), "leads outside"),
        (member("/tmp/blues.00009.wav"), "leads outside"),
        (member("genres/blues/blues.00009.wav", tarfile.SYMTYPE, "/etc/passwd"), "link or a device"),
        (member("genres/blues/blues.00009.wav", tarfile.LNKTYPE, "genres/blues/blues.00000.wav"), "link or a device"),
        (member("genres/blues/blues.00009.wav", tarfile.CHRTYPE), "link or a device"),
        (member("genres/blues/blues.00009.wav", tarfile.FIFOTYPE), "link or a device"),
    ],
)
def test_a_hostile_tar_is_refused(tmp_path, hostile, says):
    tarred(tmp_path / "x.tar.gz", hostile)
    with pytest.raises(ValueError, match=says):
        unpack(tmp_path / "x.tar.gz", tmp_path / "inside" / "deep")
    assert not list(tmp_path.glob("*.wav"))


def test_a_hostile_zip_is_refused(tmp_path):
    for name in ("../blues.00009.wav", "/blues.00009.wav", "..\\blues.00009.wav", "C:\\blues.00009.wav"):
        zipped(tmp_path / "x.zip", {}, **{name: b"x"})
        with pytest.raises(ValueError, match="leads outside"):
            unpack(tmp_path / "x.zip", tmp_path / "inside")
    link = zipfile.ZipInfo("genres/blues/blues.00009.wav")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ValueError, match="link or a device"):
        unpack(tmp_path / "x.zip", tmp_path / "inside")


def test_offline_the_error_says_how_to_use_a_local_copy(tmp_path):
    source = Source("http://127.0.0.1:9/genres.tar.gz", None, 6, "")
    with pytest.raises(ConnectionError, match="--dataset /path/to/genres"):
        download("gtzan", folder=tmp_path, source=source)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layout", ["genres/{g}/{c}", "Data/genres_original/{g}/{c}", "{c}"])
def test_a_local_copy_in_any_usual_layout(tmp_path, layout, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, content in CLIPS.items():
        genre, file = name.split("/")
        path = tmp_path / "copy" / layout.format(g=genre, c=file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    data = load(tmp_path / "copy")
    assert data.ids == sorted(name.split("/")[1][:-4] for name in CLIPS)
    assert data.class_names == ("blues", "rock")


def test_the_checksums_of_the_mini_set_are_in_the_package():
    assert len(mini_checksums()) == 100
    assert mini_checksums()["blues.00000"] == "b462fa6a82a35d00940fe251f11447e5"
