"""Archives read safely: plain files only, none outside the folder, none too large, none cut short unnoticed.

So are compressed files of one text, by `unpacked`.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BufferedReader, RawIOBase
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from equilingua.errors import DataError

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

# What the standard library raises on malformed archives; a zip's broken directory raises almost anything.
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    struct.error,
    ValueError,
    LookupError,
    OverflowError,
    RuntimeError,
)
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
PACKED = (".gz", ".zst", ".bz2", ".xz")
_BLOCK = 512
_CHUNK = 1 << 20
_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold, in bytes, so that a few megabytes cannot fill a disk.

    Attributes:
        member: of one file.
        whole: of all files together, unpacked.
        members: number of files.
    """

    member: int = 1 << 30
    whole: int = 32 << 30
    members: int = 2_000_000


LIMITS = Limits()


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked if its first bytes say that it is compressed (gzip, zstd, bzip2 or xz), whatever its name.

    Do nothing but read in the `with` block: an error of a reader there would be taken for damage of the file.

    Raises:
        DataError: the file cannot be read, or is damaged or cut short.
    """
    try:
        with path.open("rb") as file:
            yield _decompressed(file)
    except _DAMAGED as error:
        raise DataError(f"{path}: damaged or cut short: {error}") from error
    except OSError as error:
        # Those of decompressors have no number.
        reason = f"cannot be read: {error.strerror}" if error.errno else f"damaged or cut short: {error}"
        raise DataError(f"{path}: {reason}") from error


def members(
    path: Path, pattern: str | re.Pattern[str] = "*", limits: Limits = LIMITS
) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the plain files of a tar archive (compressed or not), a zip archive or a Debian package, in its order.

    Links, devices and folders are passed over. Each stream is good until the next one is asked for.

    Args:
        path: the archive.
        pattern: of the names, as in a shell, where `*` also stands for slashes; or a regular expression of all of it.
        limits: how much it may hold.

    Yields:
        The name of a file, with forward slashes and without a leading `./`, and its content.

    Raises:
        DataError: the archive cannot be read, is cut short or damaged, names a file outside the folder it would be
            unpacked in, or passes a limit; the message names the archive and the file in it.
    """
    found = whole = 0
    name = ""
    try:
        for name, size, stream in _plain_files(path, limits):
            found, whole = found + 1, whole + size
            if size > limits.member or whole > limits.whole or found > limits.members:
                raise DataError(f"{path}: '{name}' would make it {_too_much(size, whole, found, limits)}")
            if fnmatchcase(name, pattern) if isinstance(pattern, str) else pattern.fullmatch(name):
                yield name, BufferedReader(_Member(stream, path, name), _BUFFER)
    except _DAMAGED as error:
        where = f" at or after '{name}'" if name else ""
        raise DataError(f"{path}: damaged or cut short{where}: {error}; fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def extract(path: Path, folder: Path, pattern: str | re.Pattern[str] = "*", limits: Limits = LIMITS) -> list[Path]:
    """Unpack the plain files of an archive below a folder for passing use, each whole or not at all; return them.

    Raises:
        DataError: as for `members`, or the disk is full.
    """
    written = []
    for name, stream in members(path, pattern, limits):
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                shutil.copyfileobj(stream, out, _CHUNK)
        except BaseException as error:
            with suppress(OSError):
                target.unlink()
            if not isinstance(error, OSError):
                raise
            raise DataError(f"{target}: cannot be written: {error.strerror or error}") from error
        written.append(target)
    return written


class _Member(RawIOBase):
    """A file in an archive, whose errors name both."""

    def __init__(self, stream: BinaryIO, path: Path, name: str) -> None:
        self._stream = stream
        self._where = (path, name)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        try:
            content = self._stream.read(len(view))
        except (*_DAMAGED, OSError) as error:
            path, name = self._where
            raise DataError(f"{path}: damaged or cut short at '{name}': {error}; fetch it again") from error
        view[: len(content)] = content
        return len(content)


def _plain_files(path: Path, limits: Limits) -> Iterator[tuple[str, int, BinaryIO]]:
    with path.open("rb") as file:
        start = file.peek(8)[:8]
        if start[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
            yield from _zipped(path)
        elif start == b"!<arch>\n":
            with _package(path) as stream:
                yield from _tarred(stream, path, limits)
        else:
            yield from _tarred(_decompressed(file), path, limits)


def _decompressed(file: BufferedReader) -> BinaryIO:
    start = file.peek(8)
    kind = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    if kind == "gzip":
        return cast("BinaryIO", gzip.open(file))
    if kind == "bzip2":
        return cast("BinaryIO", bz2.open(file))
    if kind == "xz":
        return cast("BinaryIO", lzma.open(file))
    if kind == "zstd":
        import pyarrow as pa

        return cast("BinaryIO", BufferedReader(pa.CompressedInputStream(file, "zstd"), _CHUNK))
    return file


def _zipped(path: Path) -> Iterator[tuple[str, int, BinaryIO]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            # The upper half of the attributes is the Unix mode: 0o120000 is a link.
            if not info.is_dir() and (info.external_attr >> 16) & 0o170000 != 0o120000:
                with _opened(archive, info, path) as stream:
                    yield _inside(info.filename, path), info.file_size, stream


@contextmanager
def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Iterator[BinaryIO]:
    try:
        stream = archive.open(info)
    # Encrypted, or packed in a way that Python does not know.
    except RuntimeError as error:
        raise DataError(f"{path}: '{info.filename}' cannot be read: {error}") from error
    with stream:
        yield cast("BinaryIO", stream)


def _tarred(stream: IO[bytes], path: Path, limits: Limits) -> Iterator[tuple[str, int, BinaryIO]]:
    tail = _Tail(stream, path, limits.whole + limits.members * 2 * _BLOCK)
    with tarfile.open(fileobj=cast("IO[bytes]", tail), mode="r|") as archive:
        for info in archive:
            content = archive.extractfile(info) if info.isreg() else None
            if content is not None:
                yield _inside(info.name, path), info.size, cast("BinaryIO", content)
    # A tar ends in blocks of zeros; without them tarfile takes what is cut short at a header for whole.
    while tail.read(_CHUNK):
        pass
    if tail.last.strip(b"\0") or len(tail.last) < _BLOCK:
        raise tarfile.ReadError("the end is missing")


class _Tail:
    """A stream that remembers its last block and how much it gave."""

    def __init__(self, stream: IO[bytes], path: Path, most: int) -> None:
        self._stream = stream
        self._path = path
        self._left = most
        self.last = b""

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self.last = (self.last + content)[-_BLOCK:]
        self._left -= len(content)
        if self._left < 0:
            raise DataError(f"{self._path}: holds more than the limit for an archive")
        return content


@contextmanager
def _package(path: Path) -> Iterator[IO[bytes]]:
    """Open the files of a Debian package as a tar stream, whatever they are compressed with."""
    if shutil.which("dpkg-deb") is None:
        raise DataError(f"{path}: reading a Debian package needs the command 'dpkg-deb', which is not on this machine")
    command = ["dpkg-deb", "--fsys-tarfile", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdout
        except (tarfile.TarError, EOFError) as error:
            message = process.stderr.read().decode(errors="replace").strip().splitlines()
            raise tarfile.ReadError(message[0] if message else str(error)) from error
        finally:
            process.stdout.close()
            process.terminate()


def _inside(name: str, path: Path) -> str:
    parts = PurePosixPath(name.replace("\\", "/"))
    if not parts.parts or "\0" in name:
        raise DataError(f"{path}: {name!r} names no file; the archive is not to be trusted")
    if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[:1][0]:
        raise DataError(f"{path}: '{name}' would be written outside the folder; the archive is not to be trusted")
    return str(parts)


def _too_much(size: int, whole: int, found: int, limits: Limits) -> str:
    if size > limits.member:
        return f"a file of {size:,} bytes, more than {limits.member:,}"
    if whole > limits.whole:
        return f"{whole:,} bytes, more than {limits.whole:,}"
    return f"{found:,} files, more than {limits.members:,}"
