"""Reading YAML as people write it, and changing one value of what was read."""

from __future__ import annotations

import re
from typing import Any

import yaml

from equilingua.errors import RecipeError

_MERGE = "tag:yaml.org,2002:merge"


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


def read_yaml(text: str) -> Any:  # noqa: ANN401  (any YAML node)
    """Return what a YAML text says.

    Raises:
        yaml.YAMLError: it is none, or a mapping has a key twice.

    >>> read_yaml("{lr: 3e-5, seed: 1}")
    {'lr': 3e-05, 'seed': 1}
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)


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
        raise RecipeError(f"--set {change}: the value is no YAML") from error
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
