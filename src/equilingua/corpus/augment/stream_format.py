r"""Plain text in the stream format that Apertium's tools hand to each other, and back.

Reserved characters get a backslash, and what is no text to translate stands in square brackets, see
https://wiki.apertium.org/wiki/Apertium_stream_format.
"""

from __future__ import annotations

import re

# To be counted up with every change of what comes out of here, for translations are kept.
VERSION = 1

_RESERVED = re.compile(r"[\[\]{}^$/\\@<>]")
# Control characters would end a message or vanish; a single space is text, any other spacing is not.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SPACING = re.compile(r"\s{2,}|[^\S ]")
_ENDED = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f\u0964\u06d4\u061f]\W*$")
_LAST_BLANK = re.compile(r"\[(\d*)\]\s*$")
_ADDED_STOP = re.compile(r"\s*\.$")
# An escaped character; what is in brackets; and the spaces on both sides of a word that a rule has left out.
_PIECES = re.compile(r"\\(.)|\[((?:[^\]\\]|\\.)*)\]|( ) +", re.DOTALL)


def escape(text: str, number: int) -> bytes:
    r"""Return a text as one message, in UTF-8 and without nulls.

    A heading has no full stop, without which the tagger does not see that it ends: it gets one that `unescape` takes
    away, as Apertium's own converter does. In brackets behind it stands a number, by which the answer is known.

    >>> escape("Insert [Ctrl]  now", 7)
    b'Insert \\[Ctrl\\][  ]now.[7]'
    """
    text = _CONTROL.sub(" ", text).strip()
    escaped = _RESERVED.sub(lambda found: "\\" + found[0], text)
    escaped = _SPACING.sub(lambda found: f"[{found[0]}]", escaped)
    return (escaped + ("" if _ENDED.search(text) else ".") + f"[{number}]").encode("utf-8", "replace")


def unescape(answer: bytes, text: str, number: int) -> str | None:
    r"""Return the translation of `text` that an answer holds, or None if it is the answer to another message.

    >>> unescape(b"Inserir \\[Ctrl\\][  ]agora.[7]", "Insert [Ctrl]  now", 7)
    'Inserir [Ctrl]  agora'
    """
    translated = answer.decode("utf-8", "replace")
    last = _LAST_BLANK.search(translated)
    if last is None or last[1] != str(number):
        return None
    translated = translated[: last.start()]
    if not _ENDED.search(text.strip()):
        translated = _ADDED_STOP.sub("", translated)
    return _PIECES.sub(lambda found: found[1] or found[3] or _unescaped(found[2]), translated).strip()


def _unescaped(blank: str) -> str:
    return re.sub(r"\\(.)", r"\1", blank)
