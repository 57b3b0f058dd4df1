"""Words in a text of any script that puts spaces between them: letters with their marks."""

from __future__ import annotations

from equilingua.errors import MissingExtraError, UsageError

try:
    import regex
except ImportError as error:
    raise MissingExtraError("telling the words of a text apart", "regex", "data") from error

# Nothing between the words says where they end.
_UNSPACED = frozenset({"bo", "dz", "ja", "km", "lo", "my", "th", "wuu", "yue", "zh"})
# Letters with their marks, without which most words of Hindi, Bengali or Thai fall apart.
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\u200c\u200d]*(?:['\u2019\u2011-]\p{L}[\p{L}\p{M}\u200c\u200d]*)*")


def find(text: str) -> list[regex.Match[str]]:
    """Return the words of a text with their places; an apostrophe or a hyphen between letters belongs to the word.

    >>> [word[0] for word in find("Don't use F1 in (multi-line) हिन्दी!")]
    ["Don't", 'use', 'F', 'in', 'multi-line', 'हिन्दी']
    """
    return list(_WORD.finditer(text))


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
