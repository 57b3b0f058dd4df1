"""Translation memories (TMX 1.1 to 1.4), unit by unit, and sets of a memory for each language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equilingua.corpus import archives, markup
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Codes of the editor that wrote the memory, not text: all but <hi>, which highlights a part of it.
_CODES = frozenset({"bpt", "ept", "it", "ph", "sub", "ut"})
_INLINE = frozenset({"hi"})
# What some translators put for a segment that they took for no sentence.
_NO_SENTENCE = "{NS}"
# The first segments of some documents are Python's notation of bytes, cut off or not: b'Coronaviruses are …
_BYTES_LITERAL = re.compile(r"b(['\"])(.*?)\1?")

_Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A set with a zipped memory for each language, all of the same documents; a unit's id is `DOC:SEG`.

    Attributes:
        files: name of a memory, where `{language}` stands for the set's own code of a language.
        pivot: language that all memories translate from.
        reference: language whose memory the pivot's text is taken from.
        languages: BCP-47 code → the set's own.
        phrase_lists: documents whose segments do not go on where another ends.
        unspaced: languages whose sentences follow each other without a space.
        lost: own code → ranges of segments, both ends included, whose translation is nowhere in the memory: others'
            stand in their place. Segments are counted through all documents.
        early: own code → likewise, whose translation stands one number too early.
    """

    files: str
    pivot: str
    reference: str
    languages: dict[str, str]
    phrase_lists: tuple[str, ...] = ()
    unspaced: frozenset[str] = frozenset()
    lost: dict[str, _Ranges] = field(default_factory=dict)
    early: dict[str, _Ranges] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unit:
    """One text in several languages.

    Attributes:
        id: the unit's `tuid`.
        texts: by the file's own language code as `folded` spells it; languages without text are absent.
    """

    id: str
    texts: dict[str, str]


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield pairs of one language after the other, English first; a group is a segment of a document (`DOC:SEG`).

    A memory asks no questions, so a pair is made of its segments, by the option `unit`:

    - `window`: the query is a segment and the passage is the `window` segments (4, unless the option says otherwise)
      that follow it in its document. The next query is the segment after those, so that no two passages overlap. The
      pairs are of one language and not trivial, so they serve training, evaluation and every kind of batch.
    - `sentence`: query and passage are both the segment itself, in every language that has it: translation retrieval.
      Only what crosses languages means anything then; within a language every text finds itself.

    A window in which a language lacks a segment is dropped for that language alone, and counted.

    Raises:
        UsageError: a language that the set does not have, or a window of no segments.
        DataError: a file is damaged, is not TMX, or holds nothing in its language; the message names it.
    """
    layout, size = inputs.layout(Layout), inputs.number("window")
    if not size:
        raise UsageError(f"option window of {inputs.info.name}: is a whole number above 0, not 0")
    wanted = inputs.choose([layout.pivot, *layout.languages])
    for done, language in enumerate(wanted):
        inputs.progress(inputs.info.name, done, len(wanted))
        code = layout.languages[layout.reference if language == layout.pivot else language]
        path = inputs.file(layout.files.format(language=code))
        texts = segments(path, layout.pivot if language == layout.pivot else code, layout)
        if inputs.options["unit"] == "sentence":
            yield from _sentences(texts, language, inputs)
        else:
            yield from _windows(texts, language, size, inputs, layout)


def folded(code: str) -> str:
    """Return a language code as it is compared here, for TMX tells neither case nor underscores apart.

    >>> folded("es_LA")
    'es-la'
    """
    return code.lower().replace("_", "-")


def units(stream: BinaryIO, where: str) -> Iterator[Unit]:
    """Yield the units of a memory as they are read.

    Args:
        stream: the file.
        where: its name, for the message.

    Raises:
        DataError: it is not well-formed, or a unit has no `tuid` or a segment no language; the message has the line.
    """
    for element in markup.elements(stream, "tu", where):
        name = element.get("tuid")
        if not name:
            raise DataError(f"{where}:{element.sourceline}: <tu> has no tuid")
        texts = {}
        for variant in element.iterfind("tuv"):
            code = variant.get(_XML_LANG) or variant.get("lang")
            if not code:
                raise DataError(f"{where}:{variant.sourceline}: <tuv> of unit {name} has no language")
            segment = variant.find("seg")
            text = "" if segment is None else markup.words(segment, _CODES, _INLINE)
            if text:
                texts[folded(code)] = text
        yield Unit(name, texts)


def segments(path: Path, code: str, layout: Layout) -> dict[str, str]:
    """Return the segments of one language of a file by their id `DOC:SEG`, in its order; "" where there is none.

    What was published under another segment's id is put right where that can be done, and else left out, as the layout
    says. The quoting of a spreadsheet that a file went through is undone.

    Args:
        path: a zipped TMX file.
        code: what the set calls the language.
        layout: of the set.

    Raises:
        DataError: the file is damaged, is not TMX, or holds nothing in the language.
    """
    texts: dict[str, str] = {}
    found: set[str] = set()
    for name, stream in archives.members(path, "*.tmx"):
        for unit in units(stream, f"{path}: {name}"):
            found.update(unit.texts)
            texts[unit.id] = _clean(unit.texts.get(folded(code), ""))
    if not any(texts.values()):
        has = f"it has {', '.join(sorted(found))}" if found else "it has no units"
        raise DataError(f"{path}: holds no segment in the language '{code}'; {has}")
    return _aligned(texts, layout.lost.get(code, ()), layout.early.get(code, ()))


def _aligned(texts: dict[str, str], lost: _Ranges, early: _Ranges) -> dict[str, str]:
    by_number = {_number(name): text for name, text in texts.items()}
    aligned = {}
    for name, text in texts.items():
        number = _number(name)
        if _within(number, lost):
            aligned[name] = ""
        else:
            aligned[name] = by_number.get(number - 1, "") if _within(number, early) else text
    return aligned


def _number(name: str) -> int:
    number = name.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _within(number: int, ranges: _Ranges) -> bool:
    return any(first <= number <= last for first, last in ranges)


def _sentences(texts: Mapping[str, str], language: str, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    for name, text in texts.items():
        if text:
            yield Pair(f"{inputs.info.name}:{name}", language, text, text, inputs.info.name)
        else:
            inputs.drop(language, "segment_missing")


def _windows(texts: Mapping[str, str], language: str, size: int, inputs: Inputs, layout: Layout) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    documents: dict[str, list[str]] = {}
    for name in texts:
        documents.setdefault(name.rpartition(":")[0], []).append(name)
    for name in layout.phrase_lists:
        inputs.drop(language, "phrase_list", len(documents.pop(name, ())))
    space = "" if language in layout.unspaced else " "
    for names in documents.values():
        for start in range(0, len(names), size + 1):
            query, *passage = [texts[name] for name in names[start : start + size + 1]]
            if not passage:
                inputs.drop(language, "nothing_follows")
            elif not query or not all(passage):
                inputs.drop(language, "segment_missing")
            else:
                yield Pair(f"{inputs.info.name}:{names[start]}", language, query, space.join(passage), inputs.info.name)


def _clean(text: str) -> str:
    if text == _NO_SENTENCE:
        return ""
    literal = _BYTES_LITERAL.fullmatch(text)
    if literal:
        return literal[2].strip()
    if len(text) > 1 and text[0] == text[-1] == '"' and '""' in text[1:-1]:
        return text[1:-1].replace('""', '"').strip()
    return text
