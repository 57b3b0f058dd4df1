"""Options that several verbs share, what checks them, and how results are written."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from equilingua import progress
from equilingua.errors import DataError, StoppedError, UsageError, unknown_name
from equilingua.progress import Report
from equilingua.terminal import say_json

_PRECISIONS = ("auto", "bfloat16", "float32")
_LANGUAGES_TO_COME = re.compile(r"[?&]languages?=[^&]*$")
_STANDARD_OUTPUT = Path("-")

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


@contextmanager
def progress_bars(*, quiet: bool, kept: str = "") -> Iterator[Report | None]:
    """Show on the error stream how far each stage is; yield what is told of it, None when quiet.

    Args:
        quiet: show nothing.
        kept: what is kept of the work when it is interrupted, and how to go on.

    Raises:
        StoppedError: Ctrl-C.
    """
    try:
        with progress.progress_bars(show=not quiet) as report:
            yield report
    except KeyboardInterrupt:
        raise StoppedError(f"interrupted{kept and ': '}{kept}") from None
