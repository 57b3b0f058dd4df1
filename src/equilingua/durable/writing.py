"""Writing aside and renaming once all has reached the disk: neither a kill nor a power cut leaves a half."""

from __future__ import annotations

import errno
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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What was written aside and not renamed for so long belongs to a process that was killed.
ABANDONED_SECONDS = 24 * 3600.0


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
