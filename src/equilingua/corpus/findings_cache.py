"""What a check found, kept by fingerprints, so that the same check costs nothing again."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from equilingua import durable
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from equilingua.corpus.decontaminate import Finding

_log = logging.getLogger(__name__)

# Raised whenever the search changes, for then it may find something else in the same texts.
_METHOD = 3


def key(pairs: str, evaluation_set: str) -> str:
    """Return the name of the result of searching some pairs for an evaluation set, both given by fingerprint."""
    return hashlib.sha256(f"{_METHOD}:{pairs}:{evaluation_set}".encode()).hexdigest()[:32]


def read(name: str, make: Callable[..., Finding]) -> tuple[Finding, ...] | None:
    """Return the findings kept under a name; None if there are none, or they cannot be read."""
    try:
        return tuple(make(**finding) for finding in durable.read_checked_json(_path(name)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        _log.warning("%s: not read (%s); the check is done again", _path(name), error)
        return None


def write(name: str, findings: Sequence[Finding]) -> None:
    """Keep findings; where the cache cannot be written, say so and go on: only time is lost."""
    try:
        durable.write_checked_json(_path(name), [asdict(finding) for finding in findings])
    except OSError as error:
        _log.warning("%s: not written (%s); the next check starts anew", _path(name), error.strerror)


def _path(name: str) -> Path:
    return cache_folder() / "decontamination" / f"{name}.json"
