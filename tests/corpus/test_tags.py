"""What files say of themselves, in every kind of tag, and in encodings that they do not have."""

import os

import mutagen
import pytest
import soundfile
from mutagen import aiff, apev2, id3, wave
from sounds import encoded, song

from vaeclust.corpus.sources import load
from vaeclust.corpus.tags import mended, read_tags

WANTED = {"genre": "Rock", "artist": "AC/DC", "title": "Größe"}


def id3_frames(encoding=1, title="Größe", genre="(17)Rock/(17)"):
    texts = {id3.TIT2: title, id3.TCON: genre, id3.TPE1: "AC/DC"}
    return [frame(encoding=encoding, text=[text]) for frame, text in texts.items()]


def with_id3(path, frames, version=3):
    tags = id3.ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path, v2_version=version)
    return path


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("encoding", [0, 1])
def test_id3_in_any_encoding_behind_a_large_cover(tmp_path, encoding, version):
    cover = id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=os.urandom(2_000_000))
    path = with_id3(encoded(tmp_path / "x.mp3"), [*id3_frames(encoding), cover], version)
    assert read_tags(path) == WANTED


def test_utf_16_in_the_wrong_byte_order(tmp_path):
    path = with_id3(encoded(tmp_path / "x.mp3"), id3_frames(title="Schöner Tag"))
    content = path.read_bytes()
    for text in ("Schöner Tag", "AC/DC"):
        assert text.encode("utf-16-le") in content
        content = content.replace(text.encode("utf-16-le"), text.encode("utf-16-be"))
    path.write_bytes(content)
    assert read_tags(path) == {"genre": "Rock", "artist": "AC/DC", "title": "Schöner Tag"}


@pytest.mark.parametrize(("suffix", "kind"), [("wav", wave.WAVE), ("aiff", aiff.AIFF)])
def test_id3_in_wav_and_aiff(tmp_path, suffix, kind):
    file = kind(song(tmp_path / f"x.{suffix}"))
    file.add_tags()
    for frame in id3_frames():
        file.tags.add(frame)
    file.save()
    assert read_tags(tmp_path / f"x.{suffix}") == WANTED


def test_an_ape_tag_behind_an_mp3_tells_what_id3_does_not(tmp_path):
    path = encoded(tmp_path / "x.mp3")
    tags = apev2.APEv2()
    tags["Title"], tags["Artist"], tags["Genre"], tags["Lyrics"] = "Other", "AC/DC", "Rock", "river\nmountain"
    tags.save(path)
    assert read_tags(path) == {"genre": "Rock", "artist": "AC/DC", "title": "Other", "lyrics": "river\nmountain"}
    with_id3(path, id3_frames())
    assert read_tags(path) == {**WANTED, "lyrics": "river\nmountain"}


@pytest.mark.parametrize("suffix", [".m4a", ".wma", ".wv"])
def test_tags_of_other_formats(tmp_path, suffix):
    path = encoded(tmp_path / f"x{suffix}")
    file = mutagen.File(path)
    file.tags is None and file.add_tags()
    names = {".m4a": ("\xa9gen", "\xa9ART", "\xa9nam"), ".wma": ("WM/Genre", "Author", "Title")}
    for key, text in zip(names.get(suffix, ("Genre", "Artist", "Title")), WANTED.values(), strict=True):
        file[key] = [text]
    file.save()
    assert read_tags(path) == WANTED


@pytest.mark.parametrize("suffix", [".webm", ".mka"])
def test_tags_that_only_the_container_tells(tmp_path, suffix):
    path = encoded(tmp_path / f"x{suffix}", rate=48_000, metadata=WANTED)
    assert read_tags(path) == WANTED


def test_timed_lyrics_are_their_lines(tmp_path):
    lines = id3.SYLT(encoding=3, lang="eng", format=2, type=1, text=[("river", 0), ("mountain", 900)])
    assert read_tags(with_id3(encoded(tmp_path / "x.mp3"), [lines])) == {"lyrics": "river\nmountain"}


def test_damaged_tags_are_none(tmp_path):
    path = with_id3(encoded(tmp_path / "x.mp3"), id3_frames())
    content = bytearray(path.read_bytes())
    content[4:60] = os.urandom(56)
    path.write_bytes(content)
    assert set(read_tags(path)) <= {"genre", "artist", "title"}


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [
        ("Привет, мир", "cp1251", "latin-1"),
        ("Кино - Группа крови", "utf-8", "latin-1"),
        ("আমি বাংলায়", "utf-8", "latin-1"),
        ("Don’t", "utf-8", "cp1252"),
        ("Größe", "utf-8", "latin-1"),
        ("Hello", "utf-16-be", "utf-16-le"),
    ],
)
def test_text_in_another_encoding_is_mended(text, written, read):
    assert mended(text.encode(written).decode(read)) == text


GREEK = "Σ' αγαπώ γιατί είσαι ωραία".encode("cp1253").decode("latin-1")
KEPT = [
    "Motörhead",
    "Ágætis byrjun",
    "Ænima",
    "Señorita",
    "Øl",
    "Ça va",
    "Ñu",
    "éé",
    "Привет",
    "日本語",
    "ÀÉÎÕÜ",
    GREEK,
]


@pytest.mark.parametrize("text", KEPT)
def test_text_that_may_be_right_stays(text):
    assert mended(text) == text


def test_one_genre_is_one_however_it_is_written(tmp_path):
    for number, genre in enumerate(["(17)Rock/(17)", "rock", "ROCK", "Rock", "Folk", "folk ", "(80)", "80"]):
        path = encoded(tmp_path / "music" / f"{number}.mp3", seed=number)
        with_id3(path, [id3.TCON(encoding=1, text=[genre])])
    data = load(tmp_path / "music")
    assert data.class_names == ("Folk", "Rock")
    assert data.tracks["genre"].tolist() == ["Rock"] * 4 + ["Folk"] * 4


def test_a_wav_says_of_itself_what_has_no_id3(tmp_path):
    path = song(tmp_path / "x.wav")
    samples, rate = soundfile.read(path)
    with soundfile.SoundFile(path, "w", rate, 1) as file:
        file.artist, file.title, file.genre = WANTED["artist"], WANTED["title"], WANTED["genre"]
        file.write(samples)
    assert read_tags(path) == WANTED
