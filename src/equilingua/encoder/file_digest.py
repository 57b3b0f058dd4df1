"""SHA-256 of files, remembered in the cache while a file stays as it is: hundreds of megabytes are read once."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from typing import TYPE_CHECKING

from equilingua import durable
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

# Smaller files are read as fast as a note about them is.
_WORTH_REMEMBERING = 2**20
# File systems stamp changes coarsely, so a file that was just written may change again under the same stamp.
_SETTLED_SECONDS = 2.0


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal.

    The note of a large file holds its path, size, inode and times of change; any that differs makes it void.

    Raises:
        OSError: the file cannot be read.
    """
    path = path.resolve()
    before = path.stat()
    if before.st_size < _WORTH_REMEMBERING:
        return _read(path)
    note = cache_folder() / "fingerprints" / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"
    known = _recall(note)
    if known is not None and known.get("state") == _state(path, before):
        return str(known["sha256"])
    digest = _read(path)
    if _state(path, path.stat()) == _state(path, before) and time.time() - before.st_mtime > _SETTLED_SECONDS:
        _remember(note, {"state": _state(path, before), "sha256": digest})
    return digest


def _state(path: Path, status: os.stat_result) -> list[str | int]:
    return [str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recall(note: Path) -> dict[str, object] | None:
    try:
        record: dict[str, object] = durable.read_checked_json(note)
        return record if "sha256" in record and "state" in record else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        _log.warning("%s: not read (%s); the file is hashed again", note, error)
        return None


def _remember(note: Path, record: dict[str, object]) -> None:
    try:
        durable.write_checked_json(note, record)
    except OSError as error:
        _log.warning("%s: not written (%s); the file will be hashed again", note, error.strerror)
