"""Aligned lines: for each language a file of sentences and, line by line, one of their translations, in an archive."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus import archives
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Layout:
    """What the files are called.

    Attributes:
        files: regular expression of their paths with the groups `language`, and `side`, the language of the file.
        pivot: BCP-47 code of the language of the translations.
        languages: codes of the archive whose canonical form is not the BCP-47 code, with that code.
    """

    files: str
    pivot: str
    languages: dict[str, str] = field(default_factory=dict)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield every sentence as both query and passage; sentences with the same translation share a group.

    The translation is in the group too. What crosses languages is then translation retrieval; within a language every
    text finds itself, so figures of one language mean nothing here.

    Raises:
        DataError: the archive is damaged, or the two files of a language differ in length; the message names them.
    """
    from equilingua.corpus.schema import Pair

    layout, source = inputs.layout(Layout), inputs.info.name
    seen = set()
    for _, language, sentences, translations in bitexts(inputs.file(), layout):
        if not inputs.wants(language):
            continue
        for sentence, translation in zip(sentences, translations, strict=True):
            group = f"{source}:{digests.of_text(translation, 8).hex()}"
            if group not in seen:
                seen.add(group)
                yield Pair(group, layout.pivot, translation, translation, source)
            yield Pair(group, language, sentence, sentence, source)


def bitexts(path: Path, layout: Layout) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Yield every bitext: the archive's code, the BCP-47 one, the sentences and their translations.

    Two of an archive's languages may have one BCP-47 code, as Tatoeba's `dtp` and `kzj` do.

    Raises:
        DataError: the archive is damaged, or the two files of a language differ in length.
    """
    halves: dict[str, dict[bool, list[str]]] = {}
    for name, stream in archives.members(path, "*"):
        match = re.fullmatch(layout.files, name)
        if match is None:
            continue
        code = match["language"]
        both = halves.setdefault(code, {})
        both[match["side"] == code] = [line.strip() for _, line in text_lines.of_stream(stream, name)]
        if len(both) == 2:
            del halves[code]
            if len(both[True]) != len(both[False]):
                raise DataError(
                    f"{path}: {code} has {len(both[True])} sentences and {len(both[False])} translations: "
                    "the files are not aligned"
                )
            yield code, layout.languages.get(code) or normalise(code), both[True], both[False]
    if halves:
        raise DataError(f"{path}: one of the two files is missing for {', '.join(sorted(halves))}")
