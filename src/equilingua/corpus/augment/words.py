"""Words in a text of any script that puts spaces between them: letters with their marks."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

from equilingua.errors import UsageError

# Nothing between the words says where they end.
_UNSPACED = frozenset({"bo", "dz", "ja", "km", "lo", "my", "th", "wuu", "yue", "zh"})


def find(text: str) -> list[re.Match[str]]:
    """Return the words of a text with their places; an apostrophe or a hyphen between letters belongs to the word.

    >>> [word[0] for word in find("Don't use F1 in (multi-line) हिन्दी!")]
    ["Don't", 'use', 'F', 'in', 'multi-line', 'हिन्दी']
    """
    return list(_pattern().finditer(text))


def of(text: str) -> list[str]:
    """Return the words of a text, case-folded."""
    return [word[0].casefold() for word in find(text)]


def check_spaced(language: str) -> None:
    """Check that a language puts spaces between words.

    Raises:
        UsageError: it does not.
    """
    if language.partition("-")[0] in _UNSPACED:
        raise UsageError(f"words of {language} cannot be told apart: it is written without spaces")


@cache
def _pattern() -> re.Pattern[str]:
    # Python's \w has no marks, without which most words of Hindi, Bengali or Thai fall apart.
    marks = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"]
    letter = rf"(?:[^\W\d_]|[{_ranges(marks)}\u200c\u200d])"
    return re.compile(rf"[^\W\d_]{letter}*(?:['\u2019\u2011-][^\W\d_]{letter}*)*")


def _ranges(codes: list[int]) -> str:
    """Return the inside of a character class that has exactly these characters."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in spans)
