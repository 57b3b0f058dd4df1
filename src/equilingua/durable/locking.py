"""What one process does at a time."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from equilingua.durable.writing import replacing, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)


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


def make_once(target: Path, make: Callable[[Path], None], check: Callable[[Path], None] | None = None) -> None:
    """Make a file or folder that is not there yet; of several processes that want it, one makes it, the others wait.

    Args:
        target: what is made.
        make: writes it to the path that it is given.
        check: raises ValueError if what is there is damaged: that is said, and it is made again.

    Raises:
        OSError: it cannot be written, or cannot be read for the check.
    """
    if _damage(target, check) is None:
        return
    with locked(target):
        damage = _damage(target, check)
        if damage is None:
            return
        if damage:
            _log.warning("%s: is damaged (%s); it is made again", target, damage)
        with replacing(target) as aside:
            make(aside)


def _damage(target: Path, check: Callable[[Path], None] | None) -> str | None:
    """What is wrong with a target, "" if it is not there; None if nothing is."""
    if not target.exists():
        return ""
    try:
        if check is not None:
            check(target)
    except ValueError as error:
        return str(error)
    return None
