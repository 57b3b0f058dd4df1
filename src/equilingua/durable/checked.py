"""Files and folders that tell whoever reads them back of a flipped bit."""

from __future__ import annotations

import errno
import io
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua.durable.writing import replacing, write_json
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pyarrow as pa

# Hidden, so that a sealed encoder is known by the same files as before.
_CHECKSUMS = ".checksums.json"
_CRC32_BYTES = 4
_CHUNK = 2**20


def write_checked_json(target: Path, record: Any) -> None:  # noqa: ANN401  (anything json can write)
    """Write a record that only this program reads back, with its CRC-32."""
    write_json(target, {"crc32": _crc32_of_json(record), "content": record})


def read_checked_json(path: Path) -> Any:  # noqa: ANN401  (what was written)
    """Return what `write_checked_json` wrote.

    Raises:
        FileNotFoundError: it is not there.
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    whole = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(whole, dict) or whole.keys() != {"crc32", "content"}:
        raise ValueError("it has no checksum")
    if whole["crc32"] != _crc32_of_json(whole["content"]):
        raise ValueError("its checksum is another")
    return whole["content"]


def write_arrays(target: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as NPZ with a CRC-32 behind it, whole or not at all."""
    import numpy as np

    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    with replacing(target) as aside, aside.open("wb") as file:
        file.write(content.getbuffer())
        file.write(zlib.crc32(content.getbuffer()).to_bytes(_CRC32_BYTES, "little"))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return what `write_arrays` wrote.

    Raises:
        FileNotFoundError: it is not there.
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    import numpy as np

    content = memoryview(path.read_bytes())
    whole, checksum = content[:-_CRC32_BYTES], content[-_CRC32_BYTES:]
    if not whole or zlib.crc32(whole) != int.from_bytes(checksum, "little"):
        raise ValueError("its checksum is another")
    with np.load(io.BytesIO(whole), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def write_table(target: Path, table: pa.Table, **options: Any) -> None:  # noqa: ANN401  (Parquet's own)
    """Write a table as Parquet with a checksum a page, whole or not at all."""
    from pyarrow import parquet

    with replacing(target) as aside:
        parquet.write_table(table, aside, compression="zstd", write_page_checksum=True, **options)


def read_table(path: Path, **options: Any) -> pa.Table:  # noqa: ANN401  (Parquet's own)
    """Read a Parquet file, and check its pages where they have checksums.

    Raises:
        FileNotFoundError: it is not there.
        OSError: it cannot be read.
        ValueError: it is damaged, or no Parquet.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.read_table(path, page_checksum_verification=True, **options)
    except (OSError, ValueError, pa.ArrowException) as error:
        # What is damaged, too, is an OSError to pyarrow, though not the system's.
        code = errno.ENOENT if isinstance(error, FileNotFoundError) else getattr(error, "errno", None)
        if code:
            raise OSError(code, os.strerror(code), str(path)) from error
        raise ValueError(str(error).partition("\n")[0]) from error


def seal(folder: Path) -> None:
    """Put down the checksums of a folder's files, for `check`; to be called while it is written aside."""
    write_checked_json(folder / _CHECKSUMS, _checksums(folder))


def check(folder: Path) -> None:
    """Make sure that a folder's files are those that were sealed.

    Raises:
        OSError: one cannot be read.
        ValueError: one is missing or damaged.
    """
    try:
        expected = read_checked_json(folder / _CHECKSUMS)
    except FileNotFoundError:
        raise ValueError(f"it has no file '{_CHECKSUMS}'") from None
    found = _checksums(folder)
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) != expected.get(name):
            raise ValueError(f"file '{name}' is {'not as it was written' if name in found else 'missing'}")


def unusable(path: Path, error: Exception, remedy: str) -> DataError:
    """Return the error for a file or folder of ours that cannot be used: only what was read can be damaged.

    Args:
        path: of it.
        error: what happened: an OSError, or what reading its content raised.
        remedy: what to do about damage; who may not read a file need not remove it.
    """
    if isinstance(error, FileNotFoundError):
        return DataError(f"{error.filename or path}: is missing: {remedy}")
    if isinstance(error, OSError):
        return DataError(f"{path}: cannot be read: {error.strerror or error}")
    reason = f"{type(error).__name__} {error}" if isinstance(error, KeyError) else str(error)
    return DataError(f"{path}: is damaged ({reason}): {remedy}")


def _crc32_of_file(path: Path) -> int:
    """Return the CRC-32 of a file's content."""
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found = zlib.crc32(chunk, found)
    return found


def _crc32_of_json(record: Any) -> int:  # noqa: ANN401  (anything json can write)
    # As it comes back, where every key is a text.
    return zlib.crc32(json.dumps(json.loads(json.dumps(record))).encode())


def _checksums(folder: Path) -> dict[str, int]:
    def fail(error: OSError) -> None:
        raise error

    # Not `rglob`, to which a folder that must not be read is an empty one.
    places = (Path(place, name) for place, _, names in os.walk(folder, onerror=fail) for name in names)
    files = (path for path in places if path != folder / _CHECKSUMS)
    return {path.relative_to(folder).as_posix(): _crc32_of_file(path) for path in files}
