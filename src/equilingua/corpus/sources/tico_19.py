"""TICO-19: texts about COVID-19 in English and 37 languages and varieties, segment by segment, from TMX files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.corpus.sources import tmx
from equilingua.corpus.sources.tico_19_files import EARLY, FILES, LOST
from equilingua.errors import DataError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

PIVOT = "en"
_FOLDER = "domains/medical/tico-19/TM"
_ORIGIN = "https://raw.githubusercontent.com/tico-19/tico-19.github.io/master/data/TM"
_UNITS = ("window", "sentence")
# The English of this file is clean; in others a spreadsheet took apostrophes away and doubled quotation marks.
_REFERENCE = "ar"
# Its segments are phrases of different conversations, in alphabetical order: none goes on where another ends.
_PHRASES = "CMU_1"

# BCP-47 codes of what the files call otherwise. `prs` is Dari, whose canonical code is `fa-AF`; `tl` is `fil`; `kr` is
# Kanuri; `ku` Kurmanji; `ti` is an early Tigrinya version, which shares two fifths of its segments with `ti-ET`.
_LANGUAGES = {"es-LA": "es-419", "prs": "fa-AF", "ti_ER": "ti-ER", "ti_ET": "ti-ET", "tl": "fil", "zh": "zh-Hans"}
# Languages whose sentences follow each other without a space.
_UNSPACED = frozenset({"zh-Hans"})
# What some translators put for a segment that they took for no sentence.
_NO_SENTENCE = "{NS}"
# The first segments of some documents are Python's notation of bytes, cut off or not: b'Coronaviruses are …
_BYTES_LITERAL = re.compile(r"b(['\"])(.*?)\1?")

INFO = SetInfo(
    name="tico-19",
    kind="both",
    version="translation memories of 28 September 2020",
    licence="CC0-1.0",
    description="COVID-19 texts in English and 37 languages and varieties, many of them low-resource",
    origin="https://tico-19.github.io",
    files=tuple(
        RemoteFile(f"{_FOLDER}/all.en-{code}.tmx.zip", sha256, size, f"{_ORIGIN}/all.en-{code}.tmx.zip")
        for code, (sha256, size) in FILES.items()
    ),
    options={"unit": "window", "window": "4"},
)
# Checked by translators, in languages that identifiers confuse; but some segments were left in English.
QUALITY = Quality(longest_query=20_000, shortest_passage=2, wrong_language=False)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield pairs of one language after the other, English first; a group is a segment of a document (`DOC:SEG`).

    TICO-19 asks no questions, so a pair is made of its segments, by the option `unit`:

    - `window`: the query is a segment and the passage is the `window` segments (4, unless the option says otherwise)
      that follow it in its document. The next query is the segment after those, so that no two passages overlap. The
      pairs are of one language and not trivial, so they serve training, evaluation and every kind of batch. The phrase
      list `CMU_1` is no document and is left out.
    - `sentence`: query and passage are both the segment itself, in every language that has it: translation retrieval.
      Only what crosses languages means anything then; within a language every text finds itself.

    A window in which a language lacks a segment is dropped for that language alone, and counted.

    Raises:
        UsageError: another value of an option.
        DataError: a file is damaged, is not TMX, or holds nothing in its language; the message names it.
    """
    unit, size = inputs.options["unit"], _size(inputs.options["window"])
    if unit not in _UNITS:
        raise unknown_name("unit", unit, _UNITS)
    codes = {PIVOT: _REFERENCE} | {_LANGUAGES.get(code, code): code for code in FILES}
    wanted = inputs.choose(codes)
    for done, language in enumerate(wanted):
        inputs.progress(INFO.name, done, len(wanted))
        code = codes[language]
        path = inputs.file(f"{_FOLDER}/all.en-{code}.tmx.zip")
        texts = segments(path, PIVOT if language == PIVOT else code)
        yield from _windows(texts, language, size, inputs) if unit == "window" else _sentences(texts, language, inputs)


def segments(path: Path, code: str) -> dict[str, str]:
    """Return the segments of one language of a file by their id `DOC:SEG`, in its order; "" where there is none.

    What was published under another segment's id is put right where that can be done, and else left out: see
    `tico_19_files`. The quoting of the spreadsheet that part of the files went through is undone.

    Args:
        path: a zipped TMX file.
        code: what TICO-19 calls the language.

    Raises:
        DataError: the file is damaged, is not TMX, or holds nothing in the language.
    """
    from equilingua.corpus import archives

    texts: dict[str, str] = {}
    found: set[str] = set()
    for name, stream in archives.members(path, "*.tmx"):
        for unit in tmx.units(stream, f"{path}: {name}"):
            found.update(unit.texts)
            texts[unit.id] = _clean(unit.texts.get(tmx.folded(code), ""))
    if not any(texts.values()):
        has = f"it has {', '.join(sorted(found))}" if found else "it has no units"
        raise DataError(f"{path}: holds no segment in the language '{code}'; {has}")
    return _aligned(texts, code)


def _aligned(texts: dict[str, str], code: str) -> dict[str, str]:
    by_number = {_number(name): text for name, text in texts.items()}
    aligned = {}
    for name, text in texts.items():
        number = _number(name)
        if _within(number, LOST.get(code, ())):
            aligned[name] = ""
        else:
            aligned[name] = by_number.get(number - 1, "") if _within(number, EARLY.get(code, ())) else text
    return aligned


def _number(name: str) -> int:
    number = name.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _within(number: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= number <= last for first, last in ranges)


def _sentences(texts: Mapping[str, str], language: str, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    for name, text in texts.items():
        if text:
            yield Pair(f"{INFO.name}:{name}", language, text, text, INFO.name)
        else:
            inputs.drop(language, "segment_missing")


def _windows(texts: Mapping[str, str], language: str, size: int, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    documents: dict[str, list[str]] = {}
    for name in texts:
        documents.setdefault(name.rpartition(":")[0], []).append(name)
    inputs.drop(language, "phrase_list", len(documents.pop(_PHRASES, ())))
    space = "" if language in _UNSPACED else " "
    for names in documents.values():
        for start in range(0, len(names), size + 1):
            query, *passage = [texts[name] for name in names[start : start + size + 1]]
            if not passage:
                inputs.drop(language, "nothing_follows")
            elif not query or not all(passage):
                inputs.drop(language, "segment_missing")
            else:
                yield Pair(f"{INFO.name}:{names[start]}", language, query, space.join(passage), INFO.name)


def _clean(text: str) -> str:
    if text == _NO_SENTENCE:
        return ""
    literal = _BYTES_LITERAL.fullmatch(text)
    if literal:
        return literal[2].strip()
    if len(text) > 1 and text[0] == text[-1] == '"' and '""' in text[1:-1]:
        return text[1:-1].replace('""', '"').strip()
    return text


def _size(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise UsageError(f"option window={text}: is not a whole number above 0")
    return int(text)
