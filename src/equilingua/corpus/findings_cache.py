"""What a check found, kept by fingerprints, so that the same check costs nothing again."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.corpus import fetch

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
        record: Any = json.loads(_path(name).read_text("utf-8"))
        return tuple(make(**finding) for finding in record["findings"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning("%s: not read (%s); the check is done again", _path(name), error)
        return None


def write(name: str, findings: Sequence[Finding]) -> None:
    """Keep findings; where the cache cannot be written, say so and go on: only time is lost."""
    try:
        durable.write_json(_path(name), {"findings": [asdict(finding) for finding in findings]})
    except OSError as error:
        _log.warning("%s: not written (%s); the next check starts anew", _path(name), error.strerror)


def _path(name: str) -> Path:
    return fetch.cache_folder() / "decontamination" / f"{name}.json"
