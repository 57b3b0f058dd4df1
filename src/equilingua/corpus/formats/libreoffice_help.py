"""LibreOffice's help in Debian packages: pages of HTML whose headings and paragraphs have ids that all languages share.

A heading asks for the text up to the next one. Which sections become pairs is decided paragraph by paragraph: those
that are translated, long enough, and asked for by a telling heading.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.corpus import debian, markup
from equilingua.corpus.quality import extent, words
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lxml.html import HtmlElement

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

SOURCE = "libreoffice-help"
_PREFIX = f"{SOURCE}-"
# Slovak's package is a link to the Czech text, and British English differs from the reference in spelling alone.
_LEFT_OUT = frozenset({"common", "en-gb", "sk"})
# Languages that share another's package.
_GUESTS = {"ca-valencia": f"{_PREFIX}ca"}
SHORTEST_PASSAGE = 40
UNTRANSLATED_SHARE = 0.10
LONGEST_PASSAGE = 1000
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Western and full-width.
_COLONS = ":\uff1a "
# Program text is the same in every language, and a list of links to other pages says nothing of its own.
_NOT_PROSE = frozenset({"code", "codeintable", "smathcode", "related"})


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pairs of each language, English first, which says what the others are compared with.

    The pages of one package are on disk at a time; in memory, those of English and the pairs of another language.

    Raises:
        UsageError: a language that there is no package of, or none at all.
        DataError: the packages cannot be had or hold no help.
    """
    packages = _packages(inputs)
    files = inputs.packages(packages)
    reference = _reference(files[packages[0]])
    for done, name in enumerate(packages, 1):
        with _help_folders(files[name]) as folders:
            for language, pages in folders.items():
                if inputs.wants(language):
                    kept, counts = filtered(sections(pages), language, reference, inputs.options["headings"])
                    for reason in counts.keys() - {"sections", "pairs"}:
                        inputs.drop(language, reason, counts[reason])
                    yield from kept
        inputs.progress("reading packages", done, len(packages))


def _packages(inputs: Inputs) -> list[str]:
    """Return the packages to read, English first."""
    names = {
        debian.language(name.removeprefix(_PREFIX)): name
        for name in debian.available(_PREFIX)
        if name.removeprefix(_PREFIX) not in _LEFT_OUT
    }
    if "en" not in names:
        raise DataError(f"apt knows no package {_PREFIX}en-us: run 'apt-get update' as root")
    names |= {language: package for language, package in _GUESTS.items() if package in names.values()}
    chosen = {names[language] for language in inputs.choose(names)}
    english = names["en"]
    return [english, *sorted(chosen - {english})]


@contextmanager
def _help_folders(package: Path) -> Iterator[dict[str, Path]]:
    """Yield the folder of each language in a package, unpacked until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=package.parent) as unpacked:
        debian.unpack(package, Path(unpacked))
        folders = sorted((Path(unpacked) / "usr/share/libreoffice/help").glob("*/text"))
        yield {debian.language(text.parent.name): text.parent for text in folders if not text.parent.is_symlink()}


def _reference(package: Path) -> Reference:

    with _help_folders(package) as folders:
        if "en" not in folders:
            raise DataError(f"{package.name} holds no English help")
        return Reference(sections(folders["en"]))


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the text up to the next heading.

    Attributes:
        group: page and id of the heading, `text/swriter/guide/borders#hd_id3547166`.
        title: of the page.
        heading: without a colon at its end.
        paragraphs: id and text of each paragraph with prose.
        embedded: the page shows a section that another page shares with it.
    """

    group: str
    title: str
    heading: str
    paragraphs: tuple[tuple[str, str], ...]
    embedded: bool


def sections(folder: Path) -> Iterator[Section]:
    """Yield the sections of all pages below a language's folder, page by page in the order of their names."""
    for path in sorted((folder / "text").rglob("*.html")):
        yield from page(path.read_bytes(), path.relative_to(folder).with_suffix("").as_posix())


def page(html: bytes, name: str) -> Iterator[Section]:
    """Yield the sections of one page that have a heading with text, in the page's order.

    Args:
        html: the page, in UTF-8.
        name: what to call the page in the sections' groups.
    """
    _, parser = markup.parsers()
    document = parser.document_fromstring(html, parser=parser.HTMLParser(encoding="utf-8"))
    area = document.find(".//div[@id='DisplayArea']")
    if area is None:
        return
    _settle_switches(area)
    title = _heading(document.findtext(".//title") or "")
    heading: HtmlElement | None = None
    paragraphs: list[tuple[str, str]] = []
    for element in area.iter(*_HEADINGS, "p"):
        id_ = element.get("id") or ""
        if element.tag != "p" and id_.startswith("hd_id"):
            if heading is not None:
                yield from _section(name, title, heading, paragraphs)
            heading, paragraphs = element, []
        elif element.tag == "p" and id_.startswith("par_id") and element.get("class") not in _NOT_PROSE:
            paragraphs.append((id_, _text(element)))
    if heading is not None:
        yield from _section(name, title, heading, paragraphs)


def _section(name: str, title: str, heading: HtmlElement, paragraphs: list[tuple[str, str]]) -> Iterator[Section]:
    text = _heading(_text(heading))
    if text:
        yield Section(
            group=f"{name}#{heading.get('id')}",
            title=title,
            heading=text,
            paragraphs=tuple((id_, text) for id_, text in paragraphs if text),
            embedded=any(parent.get("class") == "embedded" for parent in heading.iterancestors("div")),
        )


def _settle_switches(area: HtmlElement) -> None:
    """Keep one wording where a page holds one for each system or program, hidden until a script chooses."""
    for switch in area.xpath(".//span[@class='switchinline']"):
        wordings = list(switch)
        # The default has no class; where there is none, the first will do, the same one in every language.
        kept = next((wording for wording in wordings if not wording.get("class")), wordings[0] if wordings else None)
        for wording in wordings:
            if wording is not kept:
                wording.drop_tree()


def _text(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _heading(text: str) -> str:
    return " ".join(text.split()).rstrip(_COLONS)


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


def filtered(
    found: Iterable[Section], language: str, reference: Reference, headings: str = "distinctive"
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
    if extent(reference.passage(section)) < SHORTEST_PASSAGE:
        return "short_passage"
    if language == "en":
        return None
    if section.heading == english.heading:
        return "heading_as_in_english"
    return "passage_as_in_english" if reference.same_share(section) > UNTRANSLATED_SHARE else None


def _indistinct(section: Section, generic: bool, translated: Mapping[str, Section], reference: Reference) -> str | None:
    if generic:
        return "repeated_heading"
    if max(words(section.heading), words(reference.sections[section.group].heading)) < 2:
        return "one_word_heading"
    home = reference.home(section.group)
    return "embedded_copy" if home != section.group and home in translated else None


def _pair(section: Section, language: str, reference: Reference, titled: bool) -> Pair:
    from equilingua.corpus.schema import Pair

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
