"""The Hugging Face hub: lines of published files, and, through the library `datasets`, rows of published sets.

Nothing that a set brings is run: sets that come with a loading script are read from their data files. A set's copy
below `hub/NAME` in the mirror folder takes the place of the hub's.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError, MissingExtraError
from equilingua.places import mirror_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_HUB = "hf://datasets/"
_BUFFER = 1 << 20
_ADVICE = "check the name and the connection, log in with 'hf auth login' if the set asks for it, or put a copy at"


def lines(name: str, path: str) -> Iterator[tuple[str, str]]:
    """Stream the lines of a set's text file, unpacked if it is compressed.

    Args:
        name: of the set, such as `unicamp-dl/mmarco`.
        path: of the file in the set.

    Yields:
        `NAME/PATH:NUMBER`, counted from 1, and the line without its end.

    Raises:
        DataError: the file cannot be had, is cut short, or is not UTF-8.
    """
    import fsspec

    where = f"{name}/{path}"
    # Bytes, not text: `datasets` would decode what comes from the hub as this machine's locale has it.
    with _explained(where, name), fsspec.open(f"{root(name)}/{path}", "rb", compression="infer") as stream:
        buffered = stream if isinstance(stream, io.BufferedIOBase) else io.BufferedReader(stream, _BUFFER)
        yield from text_lines.of_stream(cast("BinaryIO", buffered), where)


def records(name: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream the objects of a set's JSONL file, each with its place; see `lines`."""
    yield from json_text.objects(lines(name, path))


def rows(
    name: str, config: str | None, split: str, *, streaming: bool = True
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rows of a set that has no loading script, each with its place.

    Args:
        name: of the set, or the path of a folder of data files.
        config: which of its configurations; None where it has one only.
        split: which of its splits.
        streaming: read while downloading, keeping nothing; otherwise `datasets` keeps the set in its own cache.

    Raises:
        MissingExtraError: `datasets` is not installed.
        DataError: there is no such set, configuration or split, the set has a loading script, or it cannot be had.
    """
    try:
        from datasets import load_dataset
        from datasets.exceptions import DatasetsError
    except ImportError as error:
        raise MissingExtraError("reading this set of the Hugging Face hub", "datasets", "hub") from error
    where = ":".join(part for part in (name, config, split) if part)
    with _explained(where, name, DatasetsError):
        found = load_dataset(str(mirrored(name) or name), config, split=split, streaming=streaming)
        for number, row in enumerate(found, start=1):
            yield f"{where}: row {number}", row


def paths(name: str, pattern: str) -> list[str]:
    """Return the paths of a set's files that fit a pattern, `docs-2` before `docs-10`.

    Raises:
        DataError: the hub cannot be reached, or no file fits.
    """
    import fsspec

    with _explained(f"{name}/{pattern}", name):
        system, start = fsspec.url_to_fs(root(name))
        found = [path.removeprefix(start).lstrip("/") for path in system.glob(f"{start}/{pattern}")]
    if not found:
        raise DataError(f"{name}: has no file '{pattern}': {_ADVICE} {_copy(name)}")
    return sorted(found, key=lambda path: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path)])


def root(name: str) -> str:
    """Return where a set's files are: its copy in the mirror, else the hub."""
    return f"{_HUB}{name}" if (copy := mirrored(name)) is None else copy.as_posix()


def mirrored(name: str) -> Path | None:
    """Return the folder of a set's copy in the mirror, if there is one."""
    mirror = mirror_folder()
    return mirror / "hub" / name if mirror is not None and (mirror / "hub" / name).is_dir() else None


@contextmanager
def _explained(where: str, name: str, *others: type[Exception]) -> Iterator[None]:
    """Turn what the libraries below raise into one line that names the set and what to do."""
    import pyarrow as pa
    from huggingface_hub.errors import HfHubHTTPError

    # Errors of whichever client the hub's library uses; its own errors inherit from that client's.
    reported: tuple[type[BaseException], ...] = (OSError, ValueError, RuntimeError, *HfHubHTTPError.__bases__, *others)
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, pa.ArrowException) as error:
        raise DataError(f"{where}: damaged or cut short: {_first_line(error)}") from error
    except reported as error:
        reason = _first_line(error)
        if "scripts are no longer supported" in reason:
            raise DataError(
                f"{where}: the set has a loading script, which is never run: choose a set or revision with plain data "
                f"files, or download its files and load them as jsonl:, beir: or squad:"
            ) from error
        raise DataError(f"{where}: cannot be read: {reason}; {_ADVICE} {_copy(name)}") from error


def _copy(name: str) -> str:
    return f"hub/{name} below the folder EQUILINGUA_MIRROR"


def _first_line(error: BaseException) -> str:
    message = str(error).strip()
    return message.splitlines()[0] if message else type(error).__name__
