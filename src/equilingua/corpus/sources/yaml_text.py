"""YAML as sources publish it, with the place of what is wrong in the message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError

if TYPE_CHECKING:
    from typing import IO


def load(content: str | bytes | IO[Any], where: str) -> Any:  # noqa: ANN401  (any YAML node)
    """Read YAML, by the C library where PyYAML was built with it.

    Args:
        content: the text, or a stream of it.
        where: its file, for the message.

    Raises:
        DataError: it is not YAML.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(content, Loader=loader)  # noqa: S506  (both are safe)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DataError(f"{where}{line}: not YAML: {getattr(error, 'problem', None) or error}") from error
