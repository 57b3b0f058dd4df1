"""Read the shipped JSON Schemas."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from equilingua.errors import unknown_name

# What is written → the newest version of its schema; older ones stay beside it.
VERSIONS = {"evaluation": 1, "comparison": 1}


def schema(kind: str, version: int | None = None) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of file.

    Args:
        kind: "evaluation" or "comparison".
        version: what the file says under "schema"; None means the newest.

    Raises:
        UsageError: there is no such kind or version.
    """
    if kind not in VERSIONS:
        raise unknown_name("kind of result file", kind, VERSIONS)
    chosen = VERSIONS[kind] if version is None else version
    known = [str(number) for number in range(1, VERSIONS[kind] + 1)]
    if str(chosen) not in known:
        raise unknown_name(f"schema of {kind} files", str(chosen), known)
    text = resources.files(__package__ or "").joinpath(f"{kind}-{chosen}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
