"""Sections of pages that have the same place in every language, put beside the English ones."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equilingua.corpus import archives, debian
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

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
class Layout:
    """Where the pages lie in the packages or the archive of a set.

    Attributes:
        pages: regular expression of their paths with the groups `language`, as a locale is named, and `page`. Pages
            without the former are in English.
        left_out: names of languages that are not read.
        languages: names that are not those of a locale, with the BCP-47 code.
    """

    pages: str
    left_out: tuple[str, ...] = ()
    languages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its paragraphs, without those of the sections in it.

    Attributes:
        name: that the page gives it; may be counted up or empty.
        heading: without a number.
        paragraphs: as many in every language, as a rule.
        level: of the heading, from 1; 0 where it is not known.
        title: of the page, for headings that say little without it.
        vague: the heading says little, as "Overview" does.
    """

    name: str
    heading: str
    paragraphs: tuple[str, ...]
    level: int = 0
    title: str = ""
    vague: bool = False


def translated(
    inputs: Inputs,
    layout: Layout,
    read: Callable[[Mapping[str, Path], Path], dict[str, list[Section]]],
    folder: Path | None = None,
    lone: bool = False,
) -> Iterator[Pair]:
    """Yield the pairs of each language of a set's packages or archive, English first; see `pairs_of_page`.

    The pages of English and of one other language are in memory at a time.

    Args:
        inputs: of the set.
        layout: of the set.
        read: takes the files of a language by page and the folder that they are unpacked in, and returns the sections
            of each page.
        folder: that holds the files; None unpacks those of the set.
        lone: read pages that are not in English, too: their sections have names of which groups are made.

    Raises:
        UsageError: a language that the set does not have.
        DataError: a package or file cannot be had or has no English pages, or a page cannot be parsed.
    """
    files: list[Path] = []
    if folder is None:
        files += inputs.packages().values() if inputs.info.packages else [inputs.file()]
        folder = inputs.scratch / "pages"
        for file in files:
            archives.extract(file, folder, re.compile(layout.pages))
    found = _pages(folder, layout, inputs.reference)
    if inputs.reference not in found:
        raise DataError(f"{', '.join(file.name for file in files) or inputs.info.name} holds no English pages")
    chosen = inputs.choose([inputs.reference, *sorted(found.keys() - {inputs.reference})])
    english = read(found[inputs.reference], folder)
    for done, code in enumerate(chosen, 1):
        for page, sections in (english if code == inputs.reference else read(found[code], folder)).items():
            alone = sections if lone and page not in english else None
            yield from pairs_of_page(inputs, code, page, sections, english.get(page, alone))
        inputs.progress("reading languages", done, len(chosen))


def _pages(folder: Path, layout: Layout, reference: str) -> dict[str, dict[str, Path]]:
    """Return the files of each language by page, in the order of their names."""
    named: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        match = re.fullmatch(layout.pages, path.relative_to(folder).as_posix())
        if match and match["language"] not in layout.left_out:
            named[match["language"] or reference][match["page"]] = path
    return {layout.languages.get(name) or debian.language(name): pages for name, pages in named.items()}


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
        elif any("\ufffd" in text for text in (section.heading, *section.paragraphs)):
            inputs.drop(language, "not_unicode")
        else:
            name = english[place].name
            yield Pair(
                group=f"{inputs.info.name}:{page}#{place if _COUNTED.fullmatch(name) else name}",
                language=language,
                # Which headings say little is decided in English, so that it is the same in every language.
                query=f"{section.title}: {section.heading}" if english[place].vague else section.heading,
                passage=_passage(section, english[place]),
                source=inputs.info.name,
            )


def _places(sections: Sequence[Section], english: Sequence[Section]) -> list[int | None]:
    """Return for each section the place of the same one among the English: by order, or else by name."""
    names, reference = _names(sections), _names(english)
    if names == reference:
        return list(range(len(sections)))
    known = {name: place for place, name in enumerate(reference) if name}
    places = [known.get(name) for name in names]
    if sections and sections[0].level:
        for place, other in _in_order(range(len(sections)), range(len(english)), sections, english):
            if not names[place] and not reference[other]:
                places[place] = other
    return places


def _in_order(
    some: Sequence[int], others: Sequence[int], sections: Sequence[Section], english: Sequence[Section]
) -> Iterator[tuple[int, int]]:
    """Yield the places of sections that are as many in both languages, beneath headings of which this is true, too."""
    if len(some) == len(others):
        yield from zip(some, others, strict=True)
    elif some and others:
        parts, counterparts = (
            [index for index, place in enumerate(places) if found[place].level == min(found[at].level for at in places)]
            for places, found in ((some, sections), (others, english))
        )
        if len(parts) == len(counterparts):
            yield from _in_order(some[: parts[0]], others[: counterparts[0]], sections, english)
            ends = zip([*parts[1:], len(some)], [*counterparts[1:], len(others)], strict=True)
            for start, counterpart, (end, other_end) in zip(parts, counterparts, ends, strict=True):
                yield some[start], others[counterpart]
                yield from _in_order(some[start + 1 : end], others[counterpart + 1 : other_end], sections, english)


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
