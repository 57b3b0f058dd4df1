"""What is known of a file that lies elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a named set.

    Attributes:
        path: where it lies below a mirror or the cache folder, with forward slashes; its stem is the language.
        sha256: of the whole file, in hexadecimal.
        bytes: length of the file.
        url: where it was published; None if it can only come from a mirror.
    """

    path: str
    sha256: str
    bytes: int
    url: str | None = None
