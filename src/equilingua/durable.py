"""Files and folders that are either whole or absent, and that are known to be as they were written.

What is written goes aside and is renamed once it has reached the disk, so that neither a kill nor a power cut leaves a
half. Whoever reads it back notices a flipped bit by a CRC-32.
"""

from __future__ import annotations

import errno
import io
import json
import os
import platform
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    import pyarrow as pa

# What was written aside and not renamed for so long belongs to a process that was killed.
ABANDONED_SECONDS = 24 * 3600.0
# Hidden, so that a sealed encoder is known by the same files as before.
_CHECKSUMS = ".checksums.json"
_CRC32_BYTES = 4
_CHUNK = 2**20


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path to write a file or a folder to; on success it takes the target's place.

    On any error what was written aside is removed and the old target stays whole. A link stays, and what it points to
    is replaced. What is no regular file, such as a pipe or `/dev/null`, stays too: the content is written into it.

    Raises:
        OSError: the target cannot be written.
    """
    place = _straight(target)
    if place is not None:
        with tempfile.TemporaryDirectory(prefix="equilingua-") as scratch:
            aside = Path(scratch) / "content"
            yield aside
            if aside.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
            _copy_into(aside, place)
        return
    if target.is_symlink():
        target = Path(os.path.realpath(target))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target.parent, target.name, ABANDONED_SECONDS)
    aside = target.with_name(_passing_name(target.name, "part"))
    try:
        yield aside
        _settle(aside, target)
        _take_place(aside, target)
    finally:
        _remove(aside)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all."""
    with replacing(target) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(target: Path, record: Any) -> None:  # noqa: ANN401  (anything json can write)
    """Write a record as indented JSON, whole or not at all."""
    write_text(target, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


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


@contextmanager
def locked(target: Path, seconds: float = -1, *, on_wait: Callable[[], None] | None = None) -> Iterator[bool]:
    """Hold the lock of a file or folder; the system frees it if the process dies.

    What dead processes left of the target is swept, so all who write it must hold the lock.

    Args:
        target: what is locked; the lock itself is a file beside it.
        seconds: to wait for whoever else holds it; without end if negative.
        on_wait: called if somebody else holds it.

    Yields:
        Whether somebody else held it first.

    Raises:
        TimeoutError: somebody else holds it for so long.
    """
    from filelock import FileLock, Timeout

    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    waited = False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if seconds == 0:
            raise
        if on_wait is not None:
            on_wait()
        waited = True
        lock.acquire(timeout=seconds)
    try:
        sweep(target.parent, target.name)
        yield waited
    finally:
        lock.release()


def sweep(folder: Path, name: str | None = None, seconds: float = 0.0) -> None:
    """Remove what killed processes have left aside in a folder.

    Args:
        folder: it may not exist.
        name: of the target that it was to become; None for any.
        seconds: it must not have been touched for so long.
    """
    pattern = re.compile(rf"\.({'.+' if name is None else re.escape(name)})\.[\w-]+\.(part|old)|\.tmp\w{{6}}")
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        match = pattern.fullmatch(entry.name)
        # A passing file of safetensors' own does not tell its target.
        if match is None or (match[1] is None and name is not None):
            continue
        path = folder / entry.name
        # Another process may have finished it, or swept it, in between.
        with suppress(FileNotFoundError):
            if time.time() - _last_touched(path) < seconds:
                continue
            whole = folder / match[1] if match[2] == "old" else None
            if whole is not None and not whole.exists():
                # Killed between the renaming of the old and that of the new.
                path.rename(whole)
            else:
                _remove(path)


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


def _passing_name(name: str, suffix: str) -> str:
    """A name that no process of any machine or container takes twice."""
    host = re.sub(r"\W", "_", platform.node())
    return f".{name}.{host}-{os.getpid()}-{secrets.token_hex(4)}.{suffix}"


def _straight(target: Path) -> Path | int | None:
    """What can only be written into: this process's output, or no regular file; None for anything else."""
    try:
        status = target.stat()
    except OSError:
        return None
    for stream in (1, 2):
        with suppress(OSError):
            # `/dev/stdout` may be a file that the shell has opened.
            if os.path.samestat(status, os.fstat(stream)):
                return stream
    return None if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) else target


def _copy_into(aside: Path, place: Path | int) -> None:
    # What was said before must not come after it.
    sys.stdout.flush()
    with aside.open("rb") as content, open(place, "wb", closefd=not isinstance(place, int)) as out:
        shutil.copyfileobj(content, out)


def _settle(aside: Path, target: Path) -> None:
    """Bring what was written aside to the disk, with the rights that it would have if it had been written in place."""
    if aside.is_file() and target.is_file():
        shutil.copymode(target, aside)
    umask = os.umask(0o077)
    os.umask(umask)
    inside = sorted(aside.rglob("*"), reverse=True) if aside.is_dir() else []
    for path in [*inside, aside]:
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            # Libraries that write aside themselves leave files that nobody else may read.
            if not target.is_file():
                path.chmod(stat.S_IMODE(status.st_mode) | (0o666 & ~umask))
            _sync(path)
        elif stat.S_ISDIR(status.st_mode):
            _sync(path)


def _take_place(aside: Path, target: Path) -> None:
    if target.is_dir():
        retired = target.with_name(_passing_name(target.name, "old"))
        target.rename(retired)
        try:
            aside.rename(target)
        except OSError:
            retired.rename(target)
            raise
        _remove(retired)
    else:
        try:
            aside.replace(target)
        except OSError as error:
            # A file that is itself a mount point, as containers have them, can only be written into.
            if error.errno != errno.EBUSY:
                raise
            _copy_into(aside, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except PermissionError:
        # Windows opens no folders.
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last_touched(path: Path) -> float:
    inside = path.rglob("*") if path.is_dir() and not path.is_symlink() else ()
    return max(float(each.lstat().st_mtime) for each in (path, *inside))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
