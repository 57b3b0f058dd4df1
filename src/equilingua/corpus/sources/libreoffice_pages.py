"""The pages of LibreOffice's help: HTML whose headings and paragraphs have the same ids in every language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml.html import HtmlElement

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Western and full-width.
_COLONS = ":\uff1a "
# Program text is the same in every language, and a list of links to other pages says nothing of its own.
_NOT_PROSE = frozenset({"code", "codeintable", "smathcode", "related"})


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
    import lxml.html

    document = lxml.html.document_fromstring(html, parser=lxml.html.HTMLParser(encoding="utf-8"))
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
