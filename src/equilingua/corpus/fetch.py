"""Files of named sets, from a mirror folder, the cache or their origin; never unchecked, never half there."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.durable import replacing
from equilingua.errors import ChecksumError, DataError
from equilingua.places import cache_folder, mirror_folder

if TYPE_CHECKING:
    from pathlib import Path

    from equilingua.corpus.registry import RemoteFile

_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 30


def at_hand(file: RemoteFile) -> Path | None:
    """Return the mirror's copy of a file, else the cache's, unchecked; None if neither has one."""
    folders = [folder for folder in (mirror_folder(), cache_folder()) if folder is not None]
    return next((folder / file.path for folder in folders if (folder / file.path).is_file()), None)


def local_path(file: RemoteFile) -> Path:
    """Return a checked local copy of the file: the mirror's, else the cache's, else downloaded into the cache.

    Raises:
        ChecksumError: the mirror's copy or what the origin sends is not the registered file.
        DataError: it is in none of the places, or the download or the writing fails.
    """
    mirror = mirror_folder()
    if mirror is not None and (mirror / file.path).is_file():
        verify(mirror / file.path, file)
        return mirror / file.path
    return _cached(file) or _download(file)


def fetch(file: RemoteFile) -> Path:
    """Bring the file into the cache, from the mirror if it has it, and return its path there.

    Raises:
        ChecksumError: the mirror's copy or what the origin sends is not the registered file.
        DataError: it is in none of the places, or the download or the writing fails.
    """
    path = _cached(file)
    if path is None:
        source = local_path(file)
        path = cache_folder() / file.path
        if source != path:
            _write(path, source.read_bytes())
    return path


def verify(path: Path, file: RemoteFile) -> None:
    """Check a file's length and SHA-256 against the registered ones.

    Raises:
        ChecksumError: they differ; the message has the file, what was expected and what was found.
        DataError: the file cannot be read.
    """
    try:
        found = digests.of_file(path)
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if found != file.sha256:
        raise ChecksumError(
            f"{path}: not the registered file: expected sha256 {file.sha256} ({file.bytes} bytes), "
            f"found {found} ({size} bytes); remove it or replace it by the original"
        )


def _cached(file: RemoteFile) -> Path | None:
    path = cache_folder() / file.path
    if not path.is_file():
        return None
    try:
        verify(path, file)
    except ChecksumError as error:
        # Nobody but this module writes here, so the remedy is known: the damaged copy is fetched again.
        _log.warning("%s; fetching it again", error)
        return None
    return path


def _download(file: RemoteFile) -> Path:
    advice = f"put it at {file.path} below a folder and set EQUILINGUA_MIRROR to that folder"
    if file.url is None:
        packed = f"packed from {file.origin}" if file.origin else "has no known origin"
        raise DataError(f"{file.path}: not in the mirror or the cache, and not published as it is ({packed}): {advice}")
    target = cache_folder() / file.path
    _log.info("downloading %s (%d bytes)", file.url, file.bytes)
    try:
        with replacing(target) as aside:
            download(file.url, aside)
            _verify_download(aside, file)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise DataError(f"{file.url}: cannot be downloaded to {target}: {reason}; try again, or {advice}") from error
    return target


def download(url: str, target: Path) -> None:
    """Write what an address answers to a file.

    Raises:
        OSError: it cannot be reached, refuses, or breaks off.
    """
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    request = Request(url, headers={"User-Agent": "equilingua"})  # noqa: S310  (addresses are the catalogue's)
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer, target.open("wb") as file:  # noqa: S310  (likewise)
            shutil.copyfileobj(answer, file)
            announced = answer.headers.get("Content-Length")
    except HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    if announced and target.stat().st_size != int(announced):
        raise OSError(f"the download broke off after {target.stat().st_size} of {announced} bytes")


def _verify_download(aside: Path, file: RemoteFile) -> None:
    """Check what the origin sent, naming the origin rather than the passing file."""
    size = aside.stat().st_size
    found = digests.of_file(aside)
    if found != file.sha256:
        short = "the download broke off: " if size < file.bytes else ""
        raise ChecksumError(
            f"{file.url}: {short}expected sha256 {file.sha256} ({file.bytes} bytes), "
            f"found {found} ({size} bytes); nothing was kept, try again"
        )


def _write(path: Path, content: bytes) -> None:
    try:
        with replacing(path) as aside:
            aside.write_bytes(content)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}; free space or set EQUILINGUA_CACHE") from error
