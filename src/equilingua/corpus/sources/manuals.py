"""Sections of manuals that were translated paragraph by paragraph, put beside the English ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

LONGEST_PASSAGE = 1000
# Names that the tool counted up, and that another language may have for another section.
_COUNTED = re.compile(r"id[a-z]?-?\d[\d.]*|")
# What stands before a title: "7.6.", "B.1.2.".
_NUMBER = re.compile(r"(?:\d+|[A-Z])(?:\.\d+)*\.\s+|\d+(?:\.\d+)+\s+")
# And before the title of a chapter: "Chapter 8.", "Phụ lục A.", "第 8 章", "8장.", "付録A".
_CHAPTER = re.compile(r"第\s*\d+\s*章\s*|\d+\s*장\.\s*|付録\s*[A-Z]\s+|(?:[^\W\d_]+\.?\s+){0,2}(?:\d+|[A-Z])\.\s+")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its paragraphs, without those of the sections in it.

    Attributes:
        name: that the page gives it; may be counted up or empty.
        heading: without a number.
        paragraphs: as many in every language, as a rule.
    """

    name: str
    heading: str
    paragraphs: tuple[str, ...]


def unnumbered(title: str, chapter: bool = False) -> str:
    """Return a title without the number before it, which would give away the section it belongs to.

    >>> unnumbered("7.6. Which package has a file?"), unnumbered("第 12 章 高度な管理", chapter=True)
    ('Which package has a file?', '高度な管理')
    """
    title = " ".join(title.split())
    found = (_CHAPTER if chapter else _NUMBER).match(title)
    return title[found.end() :] if found else title


def pairs_of_page(
    inputs: Inputs, language: str, page: str, sections: Sequence[Section], english: Sequence[Section] | None
) -> Iterator[Pair]:
    """Yield the sections of one page as pairs, each in the group of the English section in its place.

    A passage is cut after the same paragraph in every language: the last that starts within 1,000 English characters.

    Args:
        inputs: told of the sections that do not become pairs.
        language: BCP-47 code of the page.
        page: what to call it in the groups.
        sections: of the page, in its order.
        english: of the English page; None if there is none.
    """
    from equilingua.corpus.schema import Pair

    places = _places(sections, english or ())
    for place, section in zip(places, sections, strict=True):
        if place is None or english is None:
            inputs.drop(language, "not_in_english")
        elif not section.heading or not section.paragraphs:
            inputs.drop(language, "no_text")
        else:
            name = english[place].name
            yield Pair(
                group=f"{inputs.info.name}:{page}#{place if _COUNTED.fullmatch(name) else name}",
                language=language,
                query=section.heading,
                passage=_passage(section, english[place]),
                source=inputs.info.name,
            )


def by_page(
    inputs: Inputs, language: str, pages: Mapping[str, Sequence[Section]], english: Mapping[str, Sequence[Section]]
) -> Iterator[Pair]:
    """Yield the pairs of all pages of one language; see `pairs_of_page`."""
    for page, sections in pages.items():
        yield from pairs_of_page(inputs, language, page, sections, english.get(page))


def _places(sections: Sequence[Section], english: Sequence[Section]) -> list[int | None]:
    """Return for each section the place of the same one among the English: by order, or else by name."""
    names, reference = _names(sections), _names(english)
    if names == reference:
        return list(range(len(sections)))
    known = {name: place for place, name in enumerate(reference) if name}
    return [known.get(name) for name in names]


def _names(sections: Sequence[Section]) -> list[str]:
    return ["" if _COUNTED.fullmatch(section.name) else section.name for section in sections]


def _passage(section: Section, english: Section) -> str:
    alike = len(section.paragraphs) == len(english.paragraphs)
    length = 0
    kept = 0
    for text in (english if alike else section).paragraphs:
        if kept and length + len(text) > LONGEST_PASSAGE:
            break
        kept += 1
        length += len(text) + 1
    return " ".join(section.paragraphs[:kept])
