"""Pages of Mallard, the XML of GNOME's help, in Debian packages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.corpus.formats.manuals import Layout, Section, translated
from equilingua.corpus.markup import xml

__all__ = ["Layout", "Page", "page", "pairs", "sections"]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lxml.etree import _Element

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_MALLARD = "{http://projectmallard.org/1.0/}"
_IF = "{http://projectmallard.org/if/1.0/}"
# Elements whose children are steps on the way to a menu's item, or keys pressed together, and what stands between them.
_SEQUENCES = {f"{_MALLARD}guiseq": " > ", f"{_MALLARD}keyseq": "+"}
_NOT_PROSE = frozenset(_MALLARD + name for name in ("info", "media", "code", "screen", "table", "comment", "links"))


@dataclass(frozen=True, slots=True)
class Page:
    """A page before its links are filled in.

    Attributes:
        name: what other pages call it.
        root: the page.
    """

    name: str
    root: _Element

    @property
    def title(self) -> str:
        """The page's title."""
        return _text(self.root.find(f"{_MALLARD}title"), {})


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pages and sections of each language that are in English too; see `manuals.translated`.

    A page is named after its folder, the manual, and its file.
    """
    yield from translated(inputs, inputs.layout(Layout), _read)


def _read(files: Mapping[str, Path], folder: Path) -> dict[str, list[Section]]:
    pages = {name: page(path.read_bytes(), path.stem, str(path.relative_to(folder))) for name, path in files.items()}
    titles: dict[str, dict[str, str]] = defaultdict(dict)
    for name, found in pages.items():
        titles[name.rpartition("/")[0]][found.name] = found.title
    return {name: list(sections(found, titles[name.rpartition("/")[0]])) for name, found in pages.items()}


def page(content: bytes, name: str, where: str) -> Page:
    """Parse a page.

    Raises:
        DataError: it is not well-formed XML.
    """
    root = xml(content, where)
    # What is meant for some systems only stands beside what is meant for the others.
    for element in list(root.iter(f"{_IF}when", f"{_IF}if")):
        _drop(element)
    return Page(name, root)


def sections(page: Page, titles: Mapping[str, str]) -> Iterator[Section]:
    """Yield the page itself, asked for by its title and description, and each of its sections, asked for by its title.

    Args:
        page: as parsed.
        titles: of the pages of its language, by name, for links that show the title of what they point to.
    """
    desc = _text(page.root.find(f"{_MALLARD}info/{_MALLARD}desc"), titles)
    # The description alone is a sentence, the title alone a few words that many pages could have.
    heading = ". ".join(text.rstrip(".。") for text in (page.title, desc) if text)
    for element in page.root.iter(f"{_MALLARD}page", f"{_MALLARD}section"):
        own = _text(element.find(f"{_MALLARD}title"), titles)
        paragraphs = (_text(paragraph, titles) for paragraph in _paragraphs(element))
        yield Section(
            name=element.get("id", "") if element is not page.root else "page",
            heading=heading if element is page.root else own,
            paragraphs=tuple(text for text in paragraphs if text),
        )


def _paragraphs(element: _Element) -> Iterator[_Element]:
    """Yield the paragraphs of a page or section, not those of the sections in it."""
    for child in element:
        if child.tag in _NOT_PROSE or child.tag == f"{_MALLARD}section":
            continue
        if child.tag == f"{_MALLARD}p":
            yield child
        else:
            yield from _paragraphs(child)


def _text(element: _Element | None, titles: Mapping[str, str]) -> str:
    if element is None:
        return ""
    return " ".join("".join(_pieces(element, titles)).split())


def _pieces(element: _Element, titles: Mapping[str, str]) -> Iterator[str]:
    if element.tag == f"{_MALLARD}link" and not len(element) and not (element.text or "").strip():
        yield titles.get(element.get("xref", "").partition("#")[0], "")
    else:
        yield element.text or ""
    between = _SEQUENCES.get(element.tag, "")
    for place, child in enumerate(element):
        yield between if place else ""
        # Comments and the like have a function for a tag.
        if isinstance(child.tag, str) and child.tag not in _NOT_PROSE - {f"{_MALLARD}code"}:
            yield from _pieces(child, titles)
        yield child.tail or ""


def _drop(element: _Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
