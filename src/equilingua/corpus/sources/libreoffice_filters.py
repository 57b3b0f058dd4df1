"""Which sections of LibreOffice's help become pairs: translated, long enough, and asked for by a telling heading."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Literal

from equilingua.corpus.schema import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from equilingua.corpus.sources.libreoffice_pages import Section

Headings = Literal["distinctive", "all"]

SOURCE = "libreoffice-help"
SHORTEST_PASSAGE = 40
UNTRANSLATED_SHARE = 0.10
LONGEST_PASSAGE = 1000


class Reference:
    """The English sections, which say what was translated, where a passage is cut, and which passages are the same."""

    def __init__(self, english: Iterable[Section]) -> None:
        self.sections = {section.group: section for section in english}
        self._kept = {group: _cut(section) for group, section in self.sections.items()}
        homes: dict[tuple[str, str, str], str] = {}
        # Where the page that owns a section is known it comes first, then the order of the pages' names.
        for section in sorted(self.sections.values(), key=lambda section: (section.embedded, section.group)):
            homes.setdefault(self._content(section), section.group)
        self._homes = {group: homes[self._content(section)] for group, section in self.sections.items()}

    def passage(self, section: Section) -> str:
        """Return the section's text, cut after the same paragraph in every language."""
        kept = self._kept[section.group]
        return " ".join(text for id_, text in section.paragraphs if id_ in kept)

    def home(self, group: str) -> str:
        """Return the one group among those that show the same heading with the same text on several pages."""
        return self._homes[group]

    def same_share(self, section: Section) -> float:
        """Return the share of the passage's characters that stand in paragraphs worded as in English."""
        kept = self._kept[section.group]
        english = dict(self.sections[section.group].paragraphs)
        lengths = [(len(text), text == english.get(id_)) for id_, text in section.paragraphs if id_ in kept]
        return sum(length for length, same in lengths if same) / max(sum(length for length, _ in lengths), 1)

    def _content(self, section: Section) -> tuple[str, str, str]:
        return section.group.partition("#")[2], section.heading, self.passage(section)


def pairs(
    found: Iterable[Section], language: str, reference: Reference, headings: Headings = "distinctive"
) -> tuple[list[Pair], dict[str, int]]:
    """Turn the sections of one language into pairs.

    Dropped are sections that English does not have, whose text is shorter than 40 characters (a wide one, as in
    Chinese, counting as three), whose heading is worded as in English, or of whose text more than a tenth is. Then

    - `all` headings stay, and those that another section has too get the page's title before them;
    - of `distinctive` ones only those stay that no other section of the language has and that have two words or more,
      in their language or in English (for scripts without spaces, and languages that write compounds in one word), and
      a section that several pages show stays only on the page that owns it.

    Returns:
        The pairs, and how many sections there were, how many each rule dropped, and how many are left.
    """
    dropped: Counter[str] = Counter()
    translated: dict[str, Section] = {}
    for section in found:
        dropped["sections"] += 1
        reason = _untranslated(section, language, reference) or ("repeated_id" if section.group in translated else None)
        if reason:
            dropped[reason] += 1
        else:
            translated[section.group] = section
    texts = defaultdict(set)
    for section in translated.values():
        texts[section.heading].add(reference.passage(section))
    result = []
    for section in translated.values():
        generic = len(texts[section.heading]) > 1
        reason = _indistinct(section, generic, translated, reference) if headings == "distinctive" else None
        if reason:
            dropped[reason] += 1
        else:
            result.append(_pair(section, language, reference, titled=generic))
    dropped["pairs"] = len(result)
    return result, dict(dropped)


def _untranslated(section: Section, language: str, reference: Reference) -> str | None:
    english = reference.sections.get(section.group)
    if english is None:
        return "not_in_english"
    if _extent(reference.passage(section)) < SHORTEST_PASSAGE:
        return "short_passage"
    if language == "en":
        return None
    if section.heading == english.heading:
        return "heading_as_in_english"
    return "passage_as_in_english" if reference.same_share(section) > UNTRANSLATED_SHARE else None


def _indistinct(section: Section, generic: bool, translated: Mapping[str, Section], reference: Reference) -> str | None:
    if generic:
        return "repeated_heading"
    if max(_words(section.heading), _words(reference.sections[section.group].heading)) < 2:
        return "one_word_heading"
    home = reference.home(section.group)
    return "embedded_copy" if home != section.group and home in translated else None


def _pair(section: Section, language: str, reference: Reference, titled: bool) -> Pair:
    alone = not titled or section.title in {"", section.heading}
    home = reference.home(section.group)
    return Pair(
        group=f"{SOURCE}:{section.group}",
        language=language,
        query=section.heading if alone else f"{section.title}: {section.heading}",
        passage=reference.passage(section),
        source=SOURCE,
        # The pages that show one section are groups of their own, with the same passage.
        passage_id=home,
    )


def _extent(text: str) -> int:
    """Return the length in characters, a wide one standing for as much text as three letters of an alphabet."""
    return len(text) + 2 * sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def _words(heading: str) -> int:
    return sum(any(character.isalpha() for character in word) for word in heading.split())


def _cut(section: Section) -> frozenset[str]:
    """Return the ids of the first paragraphs, as many as start within the longest passage."""
    kept: set[str] = set()
    length = 0
    for id_, text in section.paragraphs:
        if kept and length + len(text) > LONGEST_PASSAGE:
            break
        kept.add(id_)
        length += len(text) + 1
    return frozenset(kept)
