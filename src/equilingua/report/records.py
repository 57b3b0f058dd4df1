"""JSON that another command wrote, read key by key, so that a foreign file is named and not drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua.corpus.sources import json_text
from equilingua.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path, verb: str) -> Any:  # noqa: ANN401  (anything json can hold)
    """Return what a JSON file holds.

    Args:
        path: the file.
        verb: the command that writes such files, for messages.

    Raises:
        DataError: it cannot be read or is no JSON; the message names the file and the line.
    """
    try:
        return json_text.read(path)
    except DataError as error:
        raise DataError(f"{error}: give a file that {verb} --json wrote") from None


def finite(value: object) -> float | None:
    """Return a finite number as a float; None for anything else, such as text, NaN or more than a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class Node:
    """A value inside a record, together with the way to it.

    Attributes:
        value: as decoded.
        source: the file, for messages.
        path: keys that lead here.
        verb: the command that writes such files.
    """

    value: Any
    source: str
    path: tuple[str, ...]
    verb: str = "evaluate"

    def member(self, key: str) -> Node:
        """Return what stands under a key.

        Raises:
            DataError: this is no object, or lacks the key.
        """
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        inner = Node(self.value.get(key), self.source, (*self.path, key), self.verb)
        if key not in self.value:
            raise DataError(f"{inner.where}: key is missing: give a file that {self.verb} --json wrote")
        return inner

    def optional(self, key: str) -> Node | None:
        """Return what stands under a key; None where it is absent or null, as in files of earlier versions."""
        return self.member(key) if isinstance(self.value, Mapping) and self.value.get(key) is not None else None

    def members(self) -> dict[str, Node]:
        """Return what stands under every key."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        return {str(key): self.member(key) for key in self.value}

    def items(self) -> list[Node]:
        """Return the items of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [Node(value, self.source, (*self.path, str(place)), self.verb) for place, value in enumerate(self.value)]

    def text(self) -> str:
        """Return a text."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def number(self, highest: float = math.inf) -> float:
        """Return a number in [0, highest]; null means that the figure does not exist and reads as NaN."""
        if self.value is None:
            return math.nan
        if (value := finite(self.value)) is None:
            raise self.wrong("a finite number")
        # The margin lets a mean that rounding carried just past an end through.
        if not -1e-9 <= value <= highest + 1e-6:
            raise self.wrong("a number of at least 0" if highest == math.inf else f"between 0 and {highest:g}")
        return max(value, 0.0)

    def signed(self) -> float:
        """Return a finite number."""
        if (value := finite(self.value)) is None:
            raise self.wrong("a finite number")
        return value

    def count(self) -> int:
        """Return a whole number of at least 0."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 0:
            raise self.wrong("a whole number of at least 0")
        return self.value

    @property
    def where(self) -> str:
        """The file and the way to this value."""
        return f"{self.source}: {'.'.join(self.path) or 'the whole file'}"

    def wrong(self, expected: str) -> DataError:
        """Return the error that this value is not what was expected."""
        try:
            shown = json.dumps(self.value, ensure_ascii=False, default=str)
        except RecursionError:
            shown = "something nested too deeply"
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return DataError(f"{self.where}: {shown} is not {expected}: give a file that {self.verb} --json wrote")
