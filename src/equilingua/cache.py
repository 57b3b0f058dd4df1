"""Small things kept in the cache, a file each; what is large has a file format of its own.

Whoever asks can find it out again: a note that is damaged, or cannot be read or written, is said and costs time only.
Notes are files rather than a database, so that they do on a network's file system and damage to one is to one alone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


def recall(kind: str, name: str) -> Any:  # noqa: ANN401  (what was noted)
    """Return what was noted under a name; None if nothing was, or nothing that is as it was written."""
    path = _path(kind, name)
    try:
        return durable.read_checked_json(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _log.warning("%s: not read (%s); it is found out again", path, error)
        return None


def note(kind: str, name: str, record: Any) -> None:  # noqa: ANN401  (anything json can write)
    """Keep a record under a name, in place of what was there."""
    path = _path(kind, name)
    try:
        durable.write_checked_json(path, record)
    except OSError as error:
        _log.warning("%s: not written (%s); it will be found out again", path, error.strerror)


def _path(kind: str, name: str) -> Path:
    return cache_folder() / kind / f"{name}.json"
