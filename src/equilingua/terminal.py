"""What is said on the terminal: whatever a text or a name holds, it is shown and never obeyed."""

from __future__ import annotations

import json
import re
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Escape sequences with what they take (ECMA-48, 7 and 8 bits); other control characters; changes of writing direction.
_OBEYED = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x08\x0e-\x1f\x7f-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]*[0-~]"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNSHOWN = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    r"""Return a text without what a terminal would obey; line ends and tabs stay.

    Lone surrogates, as in file names that are not UTF-8, become U+FFFD.

    >>> plain("\x1b[31mred\x1b[0m"), plain("[red]")
    ('red', '[red]')
    """
    return _SURROGATES.sub("\ufffd", _OBEYED.sub("", text))


def say(text: str, *, error: bool = False) -> None:
    """Print a line to standard output, or to the error stream."""
    _write(plain(text), sys.stderr if error else sys.stdout)


def say_json(record: object) -> None:
    """Print a record as JSON, with escapes for whatever a terminal would obey or could not show."""
    readable = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(record, indent=2, ensure_ascii=not readable)
    _write(_UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text), sys.stdout)


def console(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """Return a console that takes strings, those in tables too, for plain text and not for rich's markup."""
    from rich.console import Console

    class Terminal(Console):
        def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401  (rich's own)
            return super().render_str(plain(text), **options)

    return Terminal(stderr=stderr, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False)


def _write(line: str, stream: TextIO) -> None:
    # Flushed, so that a reader who has gone away is noticed here and not at the interpreter's end.
    print(line, file=stream, flush=True)


def tolerate_encodings() -> None:
    """Let the standard streams write what their encoding lacks as escapes, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
