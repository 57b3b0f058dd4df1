"""What pydantic has against a recipe, in one line of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel, ValidationError


def first_problem(error: ValidationError, root: type[BaseModel], sections: Mapping[str, type[BaseModel]]) -> str:
    """Say in one line what is wrong with a record, where, and which key was perhaps meant.

    Args:
        error: what pydantic found.
        root: the model of the whole record.
        sections: the models of its parts, by the key that they stand under.
    """
    problems = error.errors(include_url=False)
    # A value that may be of several types has a problem with each: the one that reaches deepest says most.
    here = [problem for problem in problems if problem["loc"][:2] == problems[0]["loc"][:2]]
    problem = max(here, key=lambda problem: len(problem["loc"]))
    if problem["type"] == "extra_forbidden":
        *section, unknown = problem["loc"]
        return f"unknown key '{'.'.join([*_names(section), str(unknown)])}'{_nearest(problem['loc'], root, sections)}"
    key = ".".join(_names(problem["loc"]))
    if problem["type"] == "missing":
        return f"key '{key}' is missing"
    same = [other["msg"] for other in here if _names(other["loc"]) == _names(problem["loc"])]
    wanted = dict.fromkeys(message.removeprefix("Input should be ") for message in same)
    message = " or ".join(wanted)
    if problem["msg"].startswith("Input should be "):
        message = f"should be {message}"
    return f"key '{key}': {message[0].lower()}{message[1:]} (got {problem['input']!r})"


def _names(location: Sequence[int | str]) -> list[str]:
    """The keys of a location, without the names of alternative types that pydantic puts among them."""
    return [str(part) for part in location if part not in {"float", "int", "str"} and "[" not in str(part)]


def _nearest(location: tuple[int | str, ...], root: type[BaseModel], sections: Mapping[str, type[BaseModel]]) -> str:
    """Suggest the known keys of the section that an unknown key stands in."""
    from difflib import get_close_matches

    section = root
    for part in location[:-1]:
        if isinstance(part, str) and part in section.model_fields:
            section = sections.get(part, section)
    near = get_close_matches(str(location[-1]), section.model_fields, n=1)
    return f": did you mean '{near[0]}'?" if near else f"; known: {', '.join(section.model_fields)}"
