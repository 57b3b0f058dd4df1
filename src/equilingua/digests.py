"""Hashes of texts, of files and of whatever else decides what a kept result is of.

BLAKE2b throughout; SHA-256 for files, whose origins publish it, and for what is older than this choice.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equilingua import cache

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

_NOTES = "fingerprints"
# Smaller files are read as fast as a note about them is.
_WORTH_REMEMBERING = 2**20
# File systems stamp changes coarsely, so a file that was just written may change again under the same stamp.
_SETTLED_SECONDS = 2.0


def of_text(text: str, size: int = 16, key: str = "") -> bytes:
    """Return the hash of a text in UTF-8, lone surrogates included, of so many bytes."""
    return hashlib.blake2b(_encoded(text), digest_size=size, key=key.encode()).digest()


def numbers(texts: Iterable[str], key: str = "") -> NDArray[np.uint64]:
    """Return a hash of 64 bits for each text, uint64 [texts]."""
    return np.frombuffer(b"".join(of_text(text, 8, key) for text in texts), ">u8").astype(np.uint64)


def of_record(record: Any, size: int = 16) -> str:  # noqa: ANN401  (anything json can write)
    """Return the hash of what JSON can hold, whatever the order of keys, in hexadecimal."""
    return of_text(json.dumps(record, sort_keys=True, ensure_ascii=False), size).hex()


def of_parts(parts: Iterable[Any], *, size: int = 16, algorithm: Literal["blake2b", "sha256"] = "blake2b") -> str:
    """Return the hash of texts, bytes, arrays and tensors, one after the other, in hexadecimal.

    Nothing is put between them: whoever calls this sees to it that no two sequences run together.
    """
    digest = hashlib.sha256() if algorithm == "sha256" else hashlib.blake2b(digest_size=size)
    for part in parts:
        digest.update(_encoded(part) if isinstance(part, str) else _buffer(part))
    return digest.hexdigest()


def of_file(path: Path) -> str:
    """Read a file and return its SHA-256 in hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered(path: Path) -> str:
    """Return what `of_file` does, from the cache while the file stays as it is: hundreds of megabytes are read once.

    The note of a large file holds its size, inode and times of change; any that differs makes it void.

    Raises:
        OSError: the file cannot be read.
    """
    path = path.resolve()
    before = path.stat()
    if before.st_size < _WORTH_REMEMBERING:
        return of_file(path)
    name = of_text(str(path)).hex()
    known = cache.recall(_NOTES, name)
    if isinstance(known, dict) and known.get("state") == _state(before):
        return str(known["sha256"])
    found = of_file(path)
    if _state(path.stat()) == _state(before) and time.time() - before.st_mtime > _SETTLED_SECONDS:
        cache.note(_NOTES, name, {"state": _state(before), "sha256": found})
    return found


def _state(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _buffer(part: Any) -> Any:  # noqa: ANN401  (anything with bytes)
    if not hasattr(part, "detach"):
        return part
    import torch

    return part.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
