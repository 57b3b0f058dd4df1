"""Translation memories (TMX 1.1 to 1.4), unit by unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.corpus.sources import xml_text
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Codes of the editor that wrote the memory, not text: all but <hi>, which highlights a part of it.
_CODES = frozenset({"bpt", "ept", "it", "ph", "sub", "ut"})
_INLINE = frozenset({"hi"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One text in several languages.

    Attributes:
        id: the unit's `tuid`.
        texts: by the file's own language code as `folded` spells it; languages without text are absent.
    """

    id: str
    texts: dict[str, str]


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
    for element in xml_text.elements(stream, "tu", where):
        name = element.get("tuid")
        if not name:
            raise DataError(f"{where}:{element.sourceline}: <tu> has no tuid")
        texts = {}
        for variant in element.iterfind("tuv"):
            code = variant.get(_XML_LANG) or variant.get("lang")
            if not code:
                raise DataError(f"{where}:{variant.sourceline}: <tuv> of unit {name} has no language")
            segment = variant.find("seg")
            text = "" if segment is None else xml_text.words(segment, _CODES, _INLINE)
            if text:
                texts[folded(code)] = text
        yield Unit(name, texts)
