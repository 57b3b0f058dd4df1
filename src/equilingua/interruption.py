"""Ctrl-C, SIGTERM and SIGHUP: all of them stop a command in good order."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

# Windows has no SIGHUP.
_REQUESTS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def heed_interrupts() -> None:
    """Make SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does.

    Ctrl-C does so even though a shell began this process in the background, where it would be ignored. A SIGTERM or
    SIGHUP that is ignored, as by `nohup`, stays so.
    """

    def interrupt(_number: int, _frame: object) -> NoReturn:
        # A second may follow by itself, as when a terminal closes; who means it sends SIGKILL.
        for number in _requests():
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in _requests():
        signal.signal(number, interrupt)


@contextmanager
def finish_step_on_interrupt() -> Iterator[threading.Event]:
    """Turn a request to stop into an event that a loop reads between steps; a second Ctrl-C stops at once."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def note(number: int, _frame: object) -> None:
        if number == signal.SIGINT:
            signal.signal(number, previous[number])
        event.set()

    previous = {int(number): signal.signal(number, note) for number in (signal.SIGINT, *_requests())}
    try:
        yield event
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _requests() -> list[signal.Signals]:
    return [number for number in _REQUESTS if signal.getsignal(number) != signal.SIG_IGN]
