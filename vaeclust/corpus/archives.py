"""Archives of corpora: downloaded once, checked, and whole on the disk or not there (chapter ``00_data``)."""

import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from platformdirs import user_cache_path


@dataclass(frozen=True)
class Source:
    """Where a corpus comes from: address and digest (if known) of its archive, how many tracks must be in it.

    checksum: a SHA-256, or another with its name, such as ``sha1:…``.
    """

    url: str
    checksum: str | None
    tracks: int
    size: str


def corpus_folder(
    name: str,
    source: Source,
    fill: Callable[[Path, Path], object],
    *,
    terms: str,
    advice: str,
    folder: Path | None = None,
) -> Path:
    """Return the folder of a corpus; get its archive and fill the folder from it, if it is not there.

    fill: is called with the archive and an empty folder beside the one that this becomes. terms: what is said
    before anything is fetched. advice: how to go on where nothing can be, with ``{place}`` for where the archive would
    lie.

    Raises
    ------
    ConnectionError
        When the archive cannot be downloaded; ends with the advice.
    ValueError
        For an archive that is damaged, or that ``fill`` refuses; it is removed, and nothing of it is kept.
    """
    folder = folder or user_cache_path("vaeclust")
    target, workshop = folder / name, folder / f".{name}"
    if target.is_dir():
        return target
    print(terms, file=sys.stderr)
    archive = _archive(name, source, folder, advice)
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        workshop.mkdir(parents=True)
        fill(archive, workshop)
        workshop.replace(target)
    except (ValueError, KeyError, EOFError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        archive.unlink(missing_ok=True)
        raise ValueError(f"{source.url}: {error}. The archive was removed; run again to get a new copy") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    archive.unlink()
    return target


def _archive(name: str, source: Source, folder: Path, advice: str) -> Path:
    """Return the archive; a broken transfer is tried again and leaves nothing behind."""
    import pooch
    import requests

    file = f"{name}{''.join(PurePosixPath(source.url).suffixes[-2:])}"
    print(f"downloading {source.url} ({source.size})", file=sys.stderr)
    store = pooch.create(
        folder, base_url="", registry={file: source.checksum}, urls={file: source.url}, retry_if_failed=2
    )
    try:
        return Path(store.fetch(file, downloader=pooch.HTTPDownloader(progressbar=True, timeout=60)))
    except (requests.RequestException, OSError) as error:
        raise ConnectionError(
            f"{name} cannot be downloaded from {source.url} ({type(error).__name__}). "
            f"{advice.format(place=folder / file)}"
        ) from None
