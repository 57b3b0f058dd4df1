"""A long-lived pipeline that answers each null-ended message with one null-ended answer, watched while it does."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from equilingua.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CHUNK = 1 << 16
_GRACE_SECONDS = 5.0
_SETTLING_SECONDS = 0.5


class NullFlushPipeline:
    """Starts its programs when the first message is there, and again after one died or they were ended for hanging.

    The programs are joined here and not by a shell, which would hold the output open after its writer had died.
    """

    def __init__(
        self,
        commands: Sequence[Sequence[str]],
        *,
        name: str,
        seconds: float,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Remember what to start.

        Args:
            commands: one or more programs with their arguments, each reading what the one before it writes.
            name: what messages call it.
            seconds: for how long it may be silent while an answer is due.
            environment: of the programs; None means ours.
        """
        self._commands = [list(command) for command in commands]
        self._name = name
        self._seconds = seconds
        self._environment = environment
        self._running: list[subprocess.Popen[bytes]] = []
        self._complaints: IO[bytes] | None = None

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the running programs, in their order; none before the first message."""
        return tuple(process.pid for process in self._running)

    def answers(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """Send messages and yield their answers in order, each as soon as it is complete.

        Raises:
            EngineError: a program cannot be started or ended before all were answered, or the pipeline was silent for
                too long or answered more than it was asked.
        """
        if any(b"\0" in message for message in messages):
            raise ValueError("a message holds a null, which ends messages")
        in_step = False
        try:
            self._start()
            yield from self._converse(messages)
            in_step = True
        finally:
            # Also when the caller stops asking: the answers still due would be taken for those of later messages.
            if not in_step:
                self.close()

    def fault(self) -> EngineError:
        """Return what explains a wrong answer: a program that has ended, or else that the pipeline is out of step.

        Apertium's tools end with a null of their own, which looks like an answer.
        """
        deadline = time.monotonic() + _SETTLING_SECONDS
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self._running):
                return EngineError(self._obituary())
            time.sleep(0.01)
        return EngineError(f"{self._name} answered something else than it was asked: it is out of step")

    def close(self) -> None:
        """End the programs with all that they started."""
        for process in self._running:
            # A program that is gone and not waited for yet still has its number, which so is nobody else's.
            if process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
        self._running = []
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def _start(self) -> None:
        if self._running and all(process.poll() is None for process in self._running):
            return
        self.close()
        # A file rather than a pipe: a pipe that nobody reads would stop a talkative program.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the programs)
        for command in self._commands:
            before = self._running[-1].stdout if self._running else None
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE if before is None else before,
                    stdout=subprocess.PIPE,
                    stderr=self._complaints,
                    env=self._environment,
                    bufsize=0,
                    start_new_session=True,  # so that what it starts can be ended with it, and Ctrl-C reaches only us
                )
            except OSError as error:
                raise EngineError(f"{self._name} cannot be started: {command[0]}: {error.strerror}") from error
            if before is not None:
                before.close()  # the reader is the program alone, so that its writer learns of its end
            self._running.append(process)
        for stream in (self._running[0].stdin, self._running[-1].stdout):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)

    def _converse(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        entry, exit_ = self._running[0].stdin, self._running[-1].stdout
        assert entry is not None
        assert exit_ is not None
        if exit_.read(_CHUNK):
            raise EngineError(f"{self._name} answered without being asked: it is out of step")
        unsent = memoryview(b"".join(message + b"\0" for message in messages))
        received = b""
        due = len(messages)
        with selectors.DefaultSelector() as ready:
            ready.register(exit_, selectors.EVENT_READ)
            if unsent:
                ready.register(entry, selectors.EVENT_WRITE)
            deadline = time.monotonic() + self._seconds
            while due:
                streams = self._wait(ready, deadline)
                if entry in streams:
                    unsent = _sent(entry, unsent)
                    if not unsent:
                        ready.unregister(entry)
                if exit_ in streams:
                    *complete, received = (received + self._read(exit_)).split(b"\0")
                    due -= len(complete)
                    if due < 0 or (received and not due):
                        raise self.fault()
                    for answer in complete:
                        yield answer
                        # The time that the caller takes with an answer is not the engine's.
                        deadline = time.monotonic() + self._seconds

    def _wait(self, ready: selectors.BaseSelector, deadline: float) -> list[object]:
        """Return the streams that can be written or read, once there is one."""
        events = ready.select(max(deadline - time.monotonic(), 0))
        if not events:
            raise EngineError(f"{self._name} hangs: no answer for {self._seconds:g} seconds")
        return [key.fileobj for key, _ in events]

    def _read(self, stream: IO[bytes]) -> bytes:
        some = stream.read(_CHUNK)
        if some == b"":
            raise EngineError(self._obituary())
        return some or b""

    def _obituary(self) -> str:
        """Say which program ended and how, with the last that was complained about."""
        deadline = time.monotonic() + _GRACE_SECONDS
        ended: list[tuple[bool, str]] = []
        for process, command in zip(self._running, self._commands, strict=True):
            with suppress(subprocess.TimeoutExpired):
                # Those before it wait for more and need not be waited for, once the culprit is known.
                patience = 0.1 if ended else max(deadline - time.monotonic(), 0.1) / len(self._running)
                status = process.wait(patience)
                how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
                # Whoever wrote to a program that was gone, or ended since there was no more to read, is no culprit.
                ended.append((status in (0, -signal.SIGPIPE), f"{command[0]} {how}"))
        what = min(ended, key=lambda end: end[0], default=(True, "closed its output and went on running"))[1]
        assert self._complaints is not None
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{self._name}: {what}" + (f": {last[:200]}" if last else "")


def _sent(stream: IO[bytes], unsent: memoryview) -> memoryview:
    """Write what the pipe takes and return the rest; nothing, once the other end is closed."""
    try:
        written = stream.write(unsent[:_CHUNK])
    except BrokenPipeError:
        return unsent[:0]  # why it died is learnt from its output's end
    return unsent[written or 0 :]
