"""Text as the pieces that a neural translation model takes: sentence by sentence, and no longer than it reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# After an end mark with what closes behind it: a space before anything but a small letter, or, where no spaces are
# written, nothing at all. Lines end sentences everywhere.
_BOUNDARY = re.compile(
    r"(?<=[.!?\u2026\u061f\u06d4\u0964])[\"'\u201d\u2019\u00bb)\]]*(?P<space>[^\S\n]+)(?=[^\sa-z\u00df-\u00ff\u0430-\u044f\u03b1-\u03c9])"
    r"|(?<=[\u3002\uff01\uff1f])(?![\u201d\u300f\u300d\uff09])"
    r"|\s*\n\s*"
)
# Written without spaces between sentences.
_UNSPACED = frozenset({"zh", "ja", "yue", "wuu"})


def split(text: str) -> list[tuple[str, str]]:
    r"""Return a text's sentences, each with the spacing behind it; put together they are the text.

    >>> split("Save it. Then close.\nDone 2.5 mm")
    [('Save it.', ' '), ('Then close.', '\n'), ('Done 2.5 mm', '')]
    """
    pieces = []
    start = 0
    for found in _BOUNDARY.finditer(text):
        end, stop = (found.start("space") if found["space"] else found.start()), found.end()
        if end > start:
            pieces.append((text[start:end], text[end:stop]))
        elif pieces:
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + text[end:stop])
        start = stop
    if start < len(text):
        pieces.append((text[start:], ""))
    return pieces


def join(pieces: Sequence[tuple[str, str]], language: str) -> str:
    """Put translated sentences together, spaced as their language is; the ends of lines stay.

    >>> join([("好。", " "), ("请保存。", "")], "zh-Hans"), join([("Good.", ""), ("Save it.", "")], "en")
    ('好。请保存。', 'Good. Save it.')
    """
    space = "" if language.partition("-")[0] in _UNSPACED else " "
    parts = [sentence + ("\n" if "\n" in spacing else space) for sentence, spacing in pieces]
    return "".join(parts).strip()


def short_enough(sentence: str, length: Callable[[str], int], longest: int) -> Iterator[str]:
    """Yield a sentence whole if the model reads that much, else in parts, cut between words where it has some.

    Args:
        sentence: not blank.
        length: the number of tokens of a text.
        longest: how many of them the model reads.
    """
    if length(sentence) <= longest or len(sentence) < 2:
        yield sentence
        return
    middle = len(sentence) // 2
    spaces = [found.start() for found in re.finditer(r"\s", sentence) if 0 < found.start() < len(sentence) - 1]
    cut = min(spaces, key=lambda place: abs(place - middle)) if spaces else middle
    for part in (sentence[:cut].strip(), sentence[cut:].strip()):
        if part:
            yield from short_enough(part, length, longest)
