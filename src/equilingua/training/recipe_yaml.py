"""YAML as people write it: read, one value of it changed, and what pydantic has against it, in one line of our own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import yaml

from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError, RecipeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import BaseModel, ValidationError

_MERGE = "tag:yaml.org,2002:merge"
_KEYS = {_MERGE, *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "value"))}


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which follows YAML 1.1, with 1.2's numbers: it alone would read 3e-5 as text.

    A key that a mapping has twice is an error, as YAML says; PyYAML would keep the last.
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:  # noqa: ANN401  (the anchor's name or None)
        node = super().compose_mapping_node(anchor)
        first: dict[tuple[str, str], yaml.Mark] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                before = first.setdefault((key.tag, key.value), key.start_mark)
                if before is not key.start_mark:
                    problem = f"the key '{key.value}' is there already, in line {before.line + 1}"
                    raise yaml.composer.ComposerError(problem=problem, problem_mark=key.start_mark)
        return node


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)

# More values than any recipe or study has. Aliases count as often as they are used, for writing them out repeats them.
_MOST_VALUES = 100_000
_DEEPEST = 50
_LONGEST = 4 << 20


def read_yaml(text: str) -> Any:  # noqa: ANN401  (any YAML node)
    """Return what a YAML text says.

    Raises:
        yaml.YAMLError: it is none, a mapping has a key twice, or there are more values or levels than a person writes.

    >>> read_yaml("{lr: 3e-5, seed: 1}")
    {'lr': 3e-05, 'seed': 1}
    """
    if len(text) > _LONGEST:
        raise yaml.YAMLError(f"longer than {_LONGEST >> 20} million characters")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node)
        return loader.construct_document(node)
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply") from error
    # Dates and numbers that are none.
    except (ValueError, OverflowError) as error:
        raise yaml.YAMLError(str(error)) from error
    finally:
        loader.dispose()


def _measure(root: yaml.Node) -> None:
    number, waiting = 0, [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        number += 1
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deeply")
        if number > _MOST_VALUES:
            raise yaml.YAMLError(f"more than {_MOST_VALUES:,} values, aliases written out")
        if isinstance(node, yaml.MappingNode):
            for key, child in node.value:
                if key.tag not in _KEYS:
                    raise yaml.composer.ComposerError(problem="a key that is no text", problem_mark=key.start_mark)
                waiting += [(key, depth + 1), (child, depth + 1)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(child, depth + 1) for child in node.value]
        else:
            try:
                node.value.encode()
            except UnicodeEncodeError as error:
                half = f"half a character, \\u{ord(node.value[error.start]):04x}"
                raise yaml.composer.ComposerError(problem=half, problem_mark=node.start_mark) from error


def read_keys(path: Path, kind: str, keys: str) -> dict[str, Any]:
    """Return what a YAML file says that has keys at the top level.

    Args:
        path: the file.
        kind: what it is, for messages.
        keys: some that it should have, for messages.

    Raises:
        RecipeError: the file cannot be read, is no usable YAML, or has no keys.
    """
    try:
        record = read_yaml(text_lines.decoded(path.read_bytes(), str(path)))
    except (OSError, ValueError, DataError) as error:
        raise RecipeError(f"{kind} {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except yaml.YAMLError as error:
        raise RecipeError(f"{kind} {path} is no usable YAML: {' '.join(str(error).split())}") from error
    if not isinstance(record, dict):
        raise RecipeError(f"{kind} {path}: expected keys such as {keys} at the top level")
    return record


def apply_change(record: dict[str, Any], change: str) -> None:
    """Put one value into a recipe's record, in place.

    Args:
        record: as read from YAML.
        change: such as `batches.alpha=0.6` or `data.0.name=mine.jsonl`; the value is read as YAML.

    Raises:
        RecipeError: the change is no such text, or the record has no such place.
    """
    keys, equals, text = change.partition("=")
    if not equals or not keys.strip():
        raise RecipeError(f"--set {change}: use KEY=VALUE, for example --set batches.alpha=0.6")
    try:
        value = read_yaml(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {change}: the value is no usable YAML") from error
    put(record, keys.strip(), value, f"--set {change}")


def put(record: dict[str, Any], keys: str, value: Any, origin: str) -> None:  # noqa: ANN401  (any YAML node)
    """Put a value at a place of a recipe's record, in place.

    Args:
        record: as read from YAML.
        keys: such as `batches.alpha` or `data.0.name`.
        value: what to put there.
        origin: what errors begin with.

    Raises:
        RecipeError: the record has no such place.
    """
    *parents, last = keys.split(".")
    place: Any = record
    for key in parents:
        place = _child(place, key, origin)
    if isinstance(place, list):
        place[_index(place, last, origin)] = value
    else:
        place[last] = value


def _child(place: Any, key: str, origin: str) -> Any:  # noqa: ANN401  (any YAML node)
    if isinstance(place, list):
        child = place[_index(place, key, origin)]
    else:
        if place.get(key) is None:
            place[key] = {}
        child = place[key]
    if not isinstance(child, dict | list):
        raise RecipeError(f"{origin}: '{key}' is a single value, it has no keys")
    return child


def _index(place: list[Any], key: str, origin: str) -> int:
    if not key.isdecimal() or int(key) >= len(place):
        raise RecipeError(f"{origin}: '{key}' is no index of a list of {len(place)}")
    return int(key)


def first_problem(error: ValidationError, root: type[BaseModel]) -> str:
    """Say in one line what is wrong with a record, where, and which key was perhaps meant.

    Args:
        error: what pydantic found.
        root: the model of the whole record.
    """
    problems = error.errors(include_url=False)
    # A value that may be of several types has a problem with each: the one that reaches deepest says most.
    here = [problem for problem in problems if problem["loc"][:2] == problems[0]["loc"][:2]]
    problem = max(here, key=lambda problem: len(problem["loc"]))
    if problem["type"] == "extra_forbidden":
        *section, unknown = problem["loc"]
        return f"unknown key '{'.'.join([*_names(section), str(unknown)])}'{_nearest(problem['loc'], root)}"
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


def _nearest(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    """Suggest the known keys of the section that an unknown key stands in."""
    from difflib import get_close_matches

    section = root
    for part in location[:-1]:
        if isinstance(part, str) and part in section.model_fields:
            section = next(_models(section.model_fields[part].annotation), section)
    near = get_close_matches(str(location[-1]), section.model_fields, n=1)
    return f": did you mean '{near[0]}'?" if near else f"; known: {', '.join(section.model_fields)}"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401  (any type)
    """Yield the models that a type is made of, as `list[Point] | None` is of `Point`."""
    if hasattr(annotation, "model_fields"):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
