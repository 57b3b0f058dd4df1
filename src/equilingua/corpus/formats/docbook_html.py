"""Pages that the DocBook stylesheets made, in Debian packages: nested sections, each with a title and an anchor."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING

from equilingua.corpus.formats.manuals import Layout, Section, translated, unnumbered
from equilingua.corpus.markup import html

__all__ = ["Layout", "pairs", "sections"]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lxml.html import HtmlElement

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_TITLE = "./div[@class='titlepage']//*[contains(concat(' ', @class, ' '), ' title ')]"
# Contents, program text, pictures and notes say nothing of their own, or the same in every language.
_NOT_PROSE = frozenset(
    (
        *("titlepage", "toc", "navheader", "navfooter", "legalnotice", "author"),
        *("screen", "programlisting", "example", "informalexample", "figure", "mediaobject"),
        *("table", "informaltable", "footnotes", "footnote"),
    )
)
_SECTION_NUMBER = re.compile(r"\s*(?:\d+(?:\.\d+)+|\b[A-Z](?:\.\d+)+)\.?")


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the sections of each language that are in English too; see `manuals.translated`."""

    def read(pages: Mapping[str, Path], folder: Path) -> dict[str, list[Section]]:
        return {page: sections(path.read_bytes(), str(path.relative_to(folder))) for page, path in pages.items()}

    yield from translated(inputs, inputs.layout(Layout), read)


def sections(content: bytes, where: str) -> list[Section]:
    """Return the sections of a page that have a title, in its order, those within another after it.

    Args:
        content: the page.
        where: what to call it in an error.

    Raises:
        DataError: it cannot be parsed.
    """
    found = []
    for element in html(content, where).iter("div"):
        titles = element.xpath(_TITLE)
        if titles:
            title = titles[0]
            anchors = title.xpath("./a/@id | ./a/@name") or element.xpath("./a[not(@href)]/@id | ./a[not(@href)]/@name")
            found.append(
                Section(
                    name=str(anchors[0]) if anchors else "",
                    heading=unnumbered(_title(title), chapter=title.tag == "h1"),
                    paragraphs=tuple(text for text in map(_text, _paragraphs(element)) if text),
                )
            )
    return found


def _paragraphs(element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the paragraphs of a section, not those of the sections in it."""
    for child in element:
        kind = child.get("class") or ""
        if kind in _NOT_PROSE or child.tag in {"pre", "table"} or child.xpath(_TITLE):
            continue
        if child.tag == "p" or kind == "para":
            yield child
        else:
            yield from _paragraphs(child)


def _title(element: HtmlElement) -> str:
    """Return a title; that of a box beside the text comes after what kind of box it is."""
    kinds = element.xpath("./strong/span[@class='emphasis'][1][not(preceding-sibling::node()[normalize-space()])]")
    text = str(element.text_content())
    kind = str(kinds[0].text_content()) if kinds else ""
    rest = text.strip().removeprefix(kind.strip()).strip(" :")
    return rest or text


def _text(element: HtmlElement) -> str:
    references = element.xpath(".//*[@class='xref']")
    notes = element.xpath(".//sup | .//*[@class='footnote'] | .//pre")
    if references or notes:
        element = deepcopy(element)
        for note in element.xpath(".//sup | .//*[@class='footnote'] | .//pre"):
            note.drop_tree()
        # The number of the section that is pointed to would tell which one it is.
        for reference in element.xpath(".//*[@class='xref']"):
            for part in reference.iter():
                part.text = part.text and _SECTION_NUMBER.sub("", part.text)
    return " ".join(str(element.text_content()).split())
