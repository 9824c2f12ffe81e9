"""Playlists, and where the sounds of a corpus are (chapters ``10_your_music``, ``11_explorer``)."""

import contextlib
import math
import os
import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from vaeclust.clusters.ensembles import NOISE
from vaeclust.cores import run
from vaeclust.corpus import audio
from vaeclust.corpus.dataset import Dataset, silence
from vaeclust.corpus.measured import path_text
from vaeclust.corpus.named import CORPORA
from vaeclust.corpus.sources import file_name
from vaeclust.files import project_root, replacement
from vaeclust.your_music.list_folder import Written, writable_folder, write_lists

LONGEST = 15.0  # minutes: mixes and audiobooks are longer, nearly all songs are not
CLIPS = "clips"  # the folder of clips beside the pages of a library
SAME_LENGTH = 5.0  # seconds by which two files of one recording may differ in length: silence at their ends

_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")  # how path_text writes a byte that is no UTF-8
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)(\..*)?", re.IGNORECASE)  # names that Windows keeps for itself


def write_playlists(
    dataset: Dataset,
    clusters: pd.Series,
    folder: Path,
    *,
    names: Mapping[int, str] | None = None,
    order: pd.Series | None = None,
    longest: float = LONGEST,
) -> Written:
    """Write one .m3u8 playlist a cluster, whose files open, and say what was left out and why.

    Paths are relative to the playlist where both are on one disk, else absolute; names that a line cannot hold are
    written as file addresses. A song that is there twice stands once: exactly equal features, or artist and title the
    same but for case; two that differ in length by more than ``SAME_LENGTH`` seconds are two songs. So that a disk that
    is not there costs no list, nothing is written or removed where no song has its file.

    Only what an earlier call wrote and nobody touched is replaced or removed, see
    :func:`~vaeclust.your_music.list_folder.write_lists`.

    Parameters
    ----------
    dataset : Dataset
        Its column ``path`` says where the songs are; the demo corpus has clips in place of it. The order of its songs
        decides which of two equal ones stands.
    clusters : Series
        (n,) int, by track id; a song that is noise stands in no playlist.
    folder : Path
        Where the player looks; made if it is not there.
    names : mapping, optional
        Cluster → its name, by which its playlist is called, as far as files can be; by default ``cluster_00`` and so
        on.
    order : Series, optional
        (n,) float, by track id: the smallest comes first, such as the distance to the centre of the cluster; by default
        the order of the corpus.
    longest : float
        Songs of more minutes stay out: mixes and audiobooks. 15 by default; ``math.inf`` keeps all.

    Raises
    ------
    OSError
        For a folder that cannot be made or written to.
    """
    files = track_files(dataset)
    there = files[[file is not None and _is_there(file) for file in files]]
    if there.empty:
        return Written(left_out=_without_file(files))
    seconds = there.map(song_seconds)
    found = clusters.reindex(there.index)
    left_out = _without_file(files.drop(there.index)) | _left_out(dataset, found, seconds, longest)
    listed = found[[track not in left_out for track in found.index]].astype(int)
    with writable_folder(folder):
        lists = []
        for cluster, members in listed.groupby(listed):
            ranks = members * 0 if order is None else order.reindex(members.index)
            songs = ranks.sort_values(kind="stable").index
            name = (names or {}).get(int(cluster), "")
            text = playlist_text(dataset.tracks.loc[songs], there[songs], folder, seconds=seconds)
            lists.append((_list_name(name, int(cluster)), text))
        written = write_lists(folder, lists, library=file_name(dataset.name) or "library")
    return replace(written, left_out=left_out)


def playlist_text(songs: pd.DataFrame, files: pd.Series, folder: Path, *, seconds: pd.Series | None = None) -> str:
    """Return what stands in a playlist: songs in their order, with what is known of artist and title, and their files.

    songs: by track id, with any of ``artist, title``; files: an absolute Path by track id; folder: that of the list.
    seconds: how long each is, where that was read before.
    """
    lasting = files.map(song_seconds) if seconds is None else seconds
    lines = ["#EXTM3U"]
    for track, about in songs.iterrows():
        told = " - ".join(filter(None, _artist_and_title(about))) or _one_line(track)
        length = -1 if math.isnan(lasting[track]) else round(lasting[track])
        lines += [f"#EXTINF:{length},{told}", _place(files[track], folder)]
    return "\n".join(lines) + "\n"


def track_files(dataset: Dataset) -> pd.Series:
    """Return the file of every track, an absolute Path by track id, there or not; None where the corpus names none.

    Tracks of the demo corpus have clips, made if they are not there.
    """
    known = CORPORA.get(dataset.known_as)
    clips = known.clips() if known and known.clips else None
    own = dataset.tracks["path"].dropna().map(own_file).to_dict() if "path" in dataset.tracks else {}
    files = [own.get(track, clips / f"{track}.mp3" if clips else None) for track in dataset.ids]
    return pd.Series(files, dataset.tracks.index, dtype=object)


def song_seconds(file: Path) -> float:
    """Return how long a file of sound is, as its header says; nan where that cannot be read."""
    import mutagen

    try:
        length = float(mutagen.File(file).info.length)
    except Exception:  # damaged files raise errors of many kinds; a player may play them all the same
        return math.nan
    return length if 0 < length < math.inf else math.nan


def sound_addresses(dataset: Dataset, page: Path | None = None) -> pd.Series:
    """Return the address of every track's file, relative to the built chapter; missing where there is nothing to play.

    page: the folder that the chapter will lie in, by default that of the book. A track without a file has nothing to
    play, nor one that may not be played (``dataset.silence``). Those of a corpus with clips, the demo, are the clips
    that ``explorer.write_clips`` puts beside the pages.
    """
    none = pd.Series(None, dataset.tracks.index, dtype=object)
    known = CORPORA.get(dataset.known_as)
    if known and known.clips:
        return none.index.to_series().map(lambda track: f"../../_static/clips/{quote(track)}.mp3").astype(object)
    if silence(dataset) or "path" not in dataset.tracks:
        return none
    page = page or project_root() / "_build" / "html" / "book" / "chapters"
    files = dataset.tracks["path"].dropna().map(lambda path: (project_root() / path).absolute())
    files = files[files.map(Path.is_file).astype(bool)]
    return files.map(lambda file: _address(file, page)).reindex(none.index)


def _address(file: Path, page: Path) -> str:
    try:
        return quote(os.path.relpath(file, page))
    except ValueError:  # on another drive of Windows there is no relative path
        return file.as_uri()


def cut_clips(dataset: Dataset, folder: Path, page: Path, seconds: float) -> pd.Series:
    """Cut the first seconds of every song into a folder that is moved with its page, and return their addresses.

    page: the folder of the page, two levels below the one that will hold a copy of ``folder``. Missing are those that
    :func:`sound_addresses` misses, and files that cannot be read.
    """
    files = track_files(dataset)[sound_addresses(dataset, page).notna()]
    names = _clip_names(files.index)
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [(file, folder / names[track], seconds) for track, file in files.items()]
    for _ in run(_cut, tasks, total=len(tasks), title="cutting clips", unit="song") if tasks else ():
        pass
    return clip_addresses(dataset, folder, page)


def clip_addresses(dataset: Dataset, folder: Path, page: Path) -> pd.Series:
    """Return the addresses of the clips that :func:`cut_clips` has cut, by track id; missing where there is none."""
    heard = sound_addresses(dataset, page)
    names = _clip_names(heard.dropna().index)
    place = os.path.relpath(page.parents[1] / folder.name, page)
    found = {track: quote(f"{place}/{name}") for track, name in names.items() if (folder / name).is_file()}
    return pd.Series(found, dtype=object).reindex(heard.index)


def _clip_names(tracks: pd.Index) -> dict[str, str]:
    return {track: f"{number:05d}.mp3" for number, track in enumerate(tracks)}


def _cut(file: Path, clip: Path, seconds: float) -> None:
    """Cut one clip, where the file can be read: the task of a worker."""
    with contextlib.suppress(audio.AudioError):
        samples = audio.decode(file, seconds=seconds)
        with replacement(clip) as path:
            path.write_bytes(audio.clip(samples, seconds))


def own_file(path: str) -> Path:
    """Return the file that a corpus names, which may have bytes in its name that are no UTF-8."""
    file = (project_root() / path).absolute()
    if "\\x" in path and not _is_there(file):
        plain = _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), os.fsencode(file))
        return Path(os.fsdecode(plain))
    return file


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # no name that a file can have: too long, or with a zero byte
        return False


def _without_file(files: pd.Series) -> dict[str, str]:
    """Return why songs stay out whose file is not there: track id → reason."""
    return {
        track: "it has no file" if file is None else f"its file is gone: {path_text(file)}"
        for track, file in files.items()
    }


def _left_out(dataset: Dataset, found: pd.Series, seconds: pd.Series, longest: float) -> dict[str, str]:
    """Return why songs stay out that have a file; found, seconds: (n,) cluster and length of these, by track id."""
    reasons = dict.fromkeys(found.index[(found.isna() | (found == NOISE)).to_numpy()], "it is in no cluster")
    for track, length in seconds[seconds > 60 * longest].items():
        reasons.setdefault(track, f"it lasts {length / 60:.3g} minutes, more than {longest:.3g}")
    return reasons | _copies(dataset, [track for track in found.index if track not in reasons], seconds)


def _copies(dataset: Dataset, tracks: Iterable[str], seconds: pd.Series) -> dict[str, str]:
    """Return why songs stay out that stand before them in tracks: track id → reason."""
    values = dict(zip(dataset.ids, dataset.features.to_numpy(), strict=True))
    first: dict[Hashable, list[str]] = {}
    copies = {}
    for track in tracks:
        names = tuple(text.casefold() for text in _artist_and_title(dataset.tracks.loc[track]))
        keys = [values[track].tobytes(), *([names] if all(names) else [])]
        same = [other for key in keys for other in first.get(key, ()) if _same_length(seconds[track], seconds[other])]
        if same:
            copies[track] = f"the same song as {same[0]}"
        else:
            for key in keys:
                first.setdefault(key, []).append(track)
    return copies


def _same_length(one: float, other: float) -> bool:
    return not abs(one - other) > SAME_LENGTH  # lengths that are not known tell nothing apart


def _artist_and_title(about: pd.Series) -> tuple[str, str]:
    """Return artist and title of a track on one line each, empty where unknown."""
    return _one_line(about.get("artist")), _one_line(about.get("title"))


def _one_line(text: object) -> str:
    """Return a text without what would end its line, or is no text at all; empty for a missing one."""
    if pd.isna(text):
        return ""
    kept = [" " if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} else sign for sign in str(text)]
    return " ".join("".join(kept).split())


def _place(file: Path, folder: Path) -> str:
    """Return where a playlist of a folder finds a file, as a line that a player takes for a path."""
    place = _route(file, folder)
    if len(place.splitlines()) != 1 or place != place.rstrip() or place != path_text(place):
        return file.as_uri()
    # A line that begins with # is a comment, one with a colon before its first slash an address.
    misread = place.startswith("#") or place != place.lstrip() or ":" in place.split("/")[0]
    return f"./{place}" if misread and not Path(place).is_absolute() else place


def _route(file: Path, folder: Path) -> str:
    """Return the relative path from a folder to a file where both are on one disk and it leads there, else all of it.

    It need not lead there: from a folder that is a link, ``..`` goes up from where the link points to.
    """
    try:
        route = os.path.relpath(file, folder)
        near = file.stat().st_dev == folder.stat().st_dev and os.path.samefile(folder / route, file)
    except (OSError, ValueError):  # on another drive of Windows there is no relative path
        near = False
    return (Path(route) if near else file).as_posix()


def _list_name(name: str, cluster: int) -> str:
    """Return what the file of a list is called: as its cluster, or by number where nothing of that name is left."""
    stem = (
        file_name(re.sub(r"\d+ % ", "", name)).encode()[:180].decode(errors="ignore").strip("-.")
    )  # file systems allow 255 bytes
    if not any(unicodedata.category(sign)[0] in "LNS" for sign in stem) or _DEVICE.fullmatch(stem):
        return f"cluster_{cluster:02d}"
    return stem
