"""Options that several verbs share, what checks them, and how progress and results are shown."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.errors import DataError, StoppedError, UsageError, unknown_name
from equilingua.terminal import console, plain, say_json

if TYPE_CHECKING:
    from rich.console import Console  # noqa: TID251  (its type alone)

_PRECISIONS = ("auto", "bfloat16", "float32")
_LANGUAGES_TO_COME = re.compile(r"[?&]languages?=[^&]*$")
_STANDARD_OUTPUT = Path("-")
_SECONDS_BETWEEN_LINES = 30.0

On = Annotated[
    str, typer.Option("--on", metavar="NAME[,NAME...]", help="Benchmarks: named sets, or files of parallel pairs.")
]
Languages = Annotated[
    str | None, typer.Option("--languages", metavar="CODE[,CODE...]", help="Keep these languages only.")
]
Qrels = Annotated[
    Path | None,
    typer.Option("--qrels", metavar="FILE", help="What is relevant, by TREC's qrels, in place of the benchmark's own."),
]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Also write the result to this file; - prints it instead.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
Device = Annotated[str | None, typer.Option("--device", help="cpu, cuda, mps ... (default: the fastest there is).")]
Precision = Annotated[str, typer.Option("--precision", help="Of encoding: auto, bfloat16 or float32.")]


def comma_list(text: str, option: str) -> list[str]:
    """Split a comma-separated option; commas between the languages of a `FORMAT:PLACE?languages=en,de` belong to it.

    Raises:
        UsageError: nothing is in it.
    """
    items: list[str] = []
    for item in (item.strip() for item in text.split(",") if item.strip()):
        if items and _LANGUAGES_TO_COME.search(items[-1]) and _is_language(item):
            items[-1] += f",{item}"
        else:
            items.append(item)
    if not items:
        raise UsageError(f"{option}: '{text}' names nothing")
    return items


def _is_language(text: str) -> bool:
    from equilingua.languages import normalise

    try:
        return bool(normalise(text.partition("&")[0].partition(":")[0]))
    except UsageError:
        return False


def encoding_options(languages: str | None, device: str | None, precision: str) -> dict[str, Any]:
    """Check the options that say what is encoded and how.

    Raises:
        UsageError: an unknown language or precision.
    """
    from equilingua.languages import normalise

    if precision not in _PRECISIONS:
        raise unknown_name("precision", precision, _PRECISIONS)
    codes = None if languages is None else [normalise(code) for code in comma_list(languages, "--languages")]
    return {"languages": codes, "device": device, "precision": precision}


def check_json(file: Path | None, option: str = "--json") -> None:
    """Find out before hours of work, not after, that a result could not be written.

    Args:
        file: where it is to go; None for nowhere.
        option: that said so, for the message.

    Raises:
        UsageError: the place is a folder, or below something that is none, or the user may not write there.
    """
    if file is None or file == _STANDARD_OUTPUT:
        return
    place = Path(os.path.realpath(file))
    existing = next(parent for parent in place.parents if parent.exists())
    if place.is_dir() or not existing.is_dir():
        raise UsageError(f"{option}: {file} cannot be a file: give another place")
    # A file is replaced by another, which its folder must take; a pipe or a device is written into.
    needed = [place, existing] if place.is_file() else [place if place.exists() else existing]
    if not all(os.access(each, os.W_OK) for each in needed):
        raise UsageError(f"{option}: {file} must not be written by this user: give another place")


def write_json(file: Path | None, record: object) -> bool:
    """Write a record as JSON where `--json` says, and tell whether there is still a table to print.

    Raises:
        DataError: the file cannot be written.
    """
    from equilingua import durable

    if file == _STANDARD_OUTPUT:
        say_json(record)
    elif file is not None:
        try:
            durable.write_json(file, record)
        except OSError as error:
            raise DataError(f"{file}: cannot be written ({error.strerror}): give another place with --json") from None
    return file != _STANDARD_OUTPUT


class SparseLines:
    """Progress where there is no terminal: a line now and then, so that a log neither grows nor falls silent."""

    def __init__(self, stream: "Console") -> None:
        self._stream = stream
        self._last = time.monotonic()

    def say(self, text: str, *, now: bool = False) -> None:
        """Print a line, unless one was printed a moment ago and this one can be missed."""
        if now or time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self._stream.print(text, soft_wrap=True)


@contextmanager
def progress_bars(*, quiet: bool, kept: str = "") -> Iterator[Callable[[str, int, int], None] | None]:
    """Show on the error stream how far each stage is; yield what is told of it, None when quiet.

    Args:
        quiet: show nothing.
        kept: what is kept of the work when it is interrupted, and how to go on.

    Raises:
        StoppedError: Ctrl-C.
    """
    try:
        if quiet:
            yield None
        else:
            stream = console(stderr=True)
            with _bars(stream) if stream.is_terminal else nullcontext(_lines(SparseLines(stream))) as report:
                yield report
    except KeyboardInterrupt:
        raise StoppedError(f"interrupted{kept and ': '}{kept}") from None


def _lines(lines: SparseLines) -> Callable[[str, int, int], None]:
    done: Counter[str] = Counter()
    started = time.monotonic()

    def report(stage: str, more: int, total: int) -> None:
        done[stage] += more
        share = f" of {total:,} ({done[stage] / total:.0%})" if total else ""
        text = f"{stage}: {done[stage]:,}{share} after {time.monotonic() - started:.0f} s"
        lines.say(text, now=done[stage] == total)

    return report


@contextmanager
def _bars(stream: "Console") -> Iterator[Callable[[str, int, int], None]]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    bars = Progress(*columns, console=stream)
    tasks: dict[str, Any] = {}

    def report(stage: str, done: int, total: int) -> None:
        # Started by its first news: an error before that is then the only line on the error stream.
        bars.start()
        if stage not in tasks:
            tasks[stage] = bars.add_task(plain(stage), total=total)
        bars.advance(tasks[stage], done)

    try:
        yield report
    finally:
        if tasks:
            bars.stop()
