"""The errors that a user can cause: each one line that says what is wrong, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class EquilinguaError(Exception):
    """Root of the family. The command line prints its message and exits with `exit_code`."""

    exit_code = 1


class UsageError(EquilinguaError):
    """The request itself is wrong: an unknown name, key, strategy or language, or a value out of range."""

    exit_code = 2


class DataError(EquilinguaError):
    """A file or corpus holds something that cannot be used; the message names the file and the line or key."""


class ChecksumError(DataError):
    """A fetched or mirrored file differs from the registered one."""


class PlanError(UsageError):
    """A batch plan cannot be carried out with the corpus at hand."""


class RecipeError(UsageError):
    """A recipe has an unknown key, a wrong type or a value out of range; the message names the key."""


class TrainingError(EquilinguaError):
    """Training cannot go on; the message names the last good checkpoint."""


class EngineError(EquilinguaError):
    """A translation engine cannot be started, died, hung, or answered out of step."""


class StoppedError(EquilinguaError):
    """Somebody interrupted a long command; what it had done is kept, and the message says how to go on."""

    exit_code = 130


class MissingExtraError(EquilinguaError):
    """A feature needs packages that are not installed."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(f"{feature} needs the package '{package}': pip install 'equilingua[{extra}]'")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Say that `name` is no known `kind`, with the nearest known names.

    >>> str(unknown_name("strategy", "hybird", ["hybrid", "mixed"]))
    "unknown strategy 'hybird': did you mean 'hybrid'? known: hybrid, mixed"
    """
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return UsageError(f"unknown {kind} '{name}': {hint}known: {', '.join(known)}")
