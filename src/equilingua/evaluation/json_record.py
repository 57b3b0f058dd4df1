"""JSON that a command writes and others read: typed, with what is wrong with it in one line.

JSON has null where a figure does not exist, and Python NaN. Keys that this version does not know are kept as they are:
a file may be of a later one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from equilingua.corpus.sources import json_text
from equilingua.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 60
# What pydantic says in words of its own.
_EXPECTED = {
    "model_type": "an object",
    "dict_type": "an object",
    "list_type": "a list",
    "too_short": "long enough",
    "too_long": "short enough",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "string_pattern_mismatch": "a language code, or two joined by >",
}


class Record(BaseModel):
    """Something that `--json` writes, or a part of it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)
    # The command that writes it.
    verb: ClassVar[str] = "evaluate"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it, with the keys that it was given."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    @classmethod
    def parse(cls, record: object, source: str) -> Self:
        """Check decoded JSON and return it typed.

        Args:
            record: what was decoded.
            source: where it came from, for messages.

        Raises:
            DataError: a key is missing or not what it should be; the message names the first.
        """
        try:
            return cls.model_validate(record)
        except ValidationError as error:
            raise DataError(f"{source}: {problem(error)}: give a file that {cls.verb} --json wrote") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return what is in a file.

        Raises:
            DataError: it cannot be read, is no JSON, or is not what the command writes; the message names the file, and
                the line or key.
        """
        try:
            record = json_text.read(path)
        except DataError as error:
            raise DataError(f"{error}: give a file that {cls.verb} --json wrote") from None
        return cls.parse(record, str(path))


def described_as(kind: str, version: int) -> ConfigDict:
    """Return what the JSON Schema (draft 2020-12) of a whole file says of itself."""
    names = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:equilingua:{kind}:{version}"}
    return ConfigDict(json_schema_extra={**names})


def missing(place: str) -> PydanticCustomError:
    """Return the error that a key below a model is missing."""
    return PydanticCustomError("missing", "Field required", {"place": place})


def wrong(place: str, value: object, expected: str) -> PydanticCustomError:
    """Return the error that what stands at a place below a model is not what was expected."""
    told = {"place": place, "got": value, "expected": expected}
    return PydanticCustomError("wrong", "Input should be {expected}", told)


def problem(error: ValidationError) -> str:
    """Say in one line what is wrong first, and under which key."""
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    keys = [str(key) for key in first["loc"] if key != "[key]"]
    place = ".".join([*keys, *([context["place"]] if "place" in context else [])])
    if first["type"] == "missing":
        return f"{place}: key is missing"
    try:
        shown = json.dumps(context.get("got", first["input"]), ensure_ascii=False, default=str)
    except RecursionError:
        shown = "something nested too deeply"
    shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."
    own = first["msg"].removeprefix("Input should be ") if first["msg"].startswith("Input should be ") else "usable"
    expected = _EXPECTED.get(first["type"], own)
    return f"{place}{': ' * bool(place)}{shown} is not {expected.format(**context)}"
