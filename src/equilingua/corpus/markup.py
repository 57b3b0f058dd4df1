"""Bytes to text and to trees of HTML and XML, with errors that name the file and the line."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import BinaryIO

    from lxml.etree import _Element
    from lxml.html import HtmlElement

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\s*---\n(.*?)\n---(?:\n|$)", re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_HEAD = 1024
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "br", "center", "dd", "details", "div", "dl", "dt"),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
        *("nav", "ol", "p", "section", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    )
)
_HEADING = re.compile(r"h([1-6])")
# Around which Markdown would be left as it is.
_CONTAINER = re.compile(r"[ \t]*</?(?:aside|center|details|div|figure|img|p|section|summary)\b[^>]*>\s*", re.IGNORECASE)
# Program text, and what is not shown.
_SILENT = frozenset({"head", "iframe", "pre", "script", "style", "textarea"})
# Nothing outside the file is read, and an entity is never expanded.
_CLOSED: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def decode(content: bytes, where: str, declared: str = "utf-8") -> str:
    """Return the text of a file: a byte-order mark decides its encoding, else `declared` does.

    Marks that are left inside the text, where files with marks were joined, are removed.

    Args:
        content: the whole file.
        where: what to call it in an error.
        declared: the encoding that it says it has, or should have.

    Raises:
        DataError: a byte does not fit the encoding, or nobody knows the encoding.
    """
    encoding = declared
    for mark, marked in _MARKS:
        if content.startswith(mark):
            encoding, content = marked, content[len(mark) :]
            break
    try:
        text = content.decode(encoding).replace("\ufeff", "")
        # UTF-7 and escapes can spell half a character, which no file can.
        text.encode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start)
        raise DataError(
            f"{where}{f':{line + 1}' if line else ''}: byte 0x{content[error.start]:02x} is not {encoding}"
        ) from error
    except UnicodeError as error:
        raise DataError(f"{where}: is not {encoding}: {_first_line(error)}") from error
    except LookupError as error:
        raise DataError(f"{where}: unknown encoding '{encoding}'") from error
    return text


def html(content: bytes, where: str) -> HtmlElement:
    """Parse an HTML page in the encoding that it declares, by default UTF-8.

    Raises:
        DataError: it is empty, or a byte does not fit its encoding.
    """
    etree, parser = parsers()
    text = _DECLARATION.sub("", decode(content, where, _declared(content)))
    try:
        return parser.document_fromstring(text)
    except (etree.LxmlError, ValueError) as error:
        raise DataError(f"{where}: cannot be parsed as HTML: {_first_line(error)}") from error


def xml(content: bytes, where: str) -> _Element:
    """Parse an XML file in the encoding that it declares; entities of its own are not expanded, nothing is fetched.

    Raises:
        DataError: it is not well-formed, or a byte does not fit its encoding.
    """
    etree, _ = parsers()
    text = _DECLARATION.sub("", decode(content, where, _declared(content)))
    parser = etree.XMLParser(**_CLOSED)
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise DataError(f"{where}:{error.lineno or 1}: cannot be parsed as XML: {_first_line(error)}") from error
    except ValueError as error:
        raise DataError(f"{where}: cannot be parsed as XML: {_first_line(error)}") from error


def elements(stream: BinaryIO, tag: str, where: str) -> Iterator[_Element]:
    """Yield the elements of one name as they are read; each is emptied when the next is asked for.

    Raises:
        DataError: the document is not well-formed; the message has the line.
    """
    etree, _ = parsers()
    try:
        for _, element in etree.iterparse(stream, tag=tag, **_CLOSED):
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        reason = str(error.msg or "the file is empty").splitlines()[0]
        raise DataError(f"{where}:{error.lineno or 1}: cannot be parsed as XML: {reason}") from error


def parsers() -> tuple[ModuleType, ModuleType]:
    """Return lxml's modules for XML and for HTML.

    Raises:
        MissingExtraError: lxml is not installed.
    """
    try:
        from lxml import etree, html
    except ImportError:
        raise MissingExtraError("reading HTML and XML", "lxml", "data") from None
    return etree, html


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, a heading, an item of a list or a cell of a page.

    Attributes:
        text: with every run of white space as one space.
        level: of a heading, 1 to 6; 0 for all others.
        code: all of it is program text.
    """

    text: str
    level: int = 0
    code: bool = False


def lines(page: str) -> list[Line]:
    """Return the text of an HTML page, a line for each block, in its order; program text on lines of its own is not."""
    if not page.strip():
        return []
    _, parser = parsers()
    found: list[Line] = []
    pieces: list[tuple[str, bool]] = []

    def end(level: int = 0) -> None:
        text = " ".join("".join(piece for piece, _ in pieces).split())
        if text:
            found.append(Line(text, level, all(code or not piece.strip() for piece, code in pieces)))
        pieces.clear()

    def walk(element: HtmlElement, code: bool) -> None:
        # The tag of a comment is a function.
        if isinstance(element.tag, str) and element.tag not in _SILENT:
            block, heading = element.tag in _BLOCKS, _HEADING.fullmatch(element.tag)
            if block:
                end()
            inside = code or element.tag == "code"
            pieces.append((element.text or "", inside))
            for child in element:
                walk(child, inside)
            if block:
                end(int(heading[1]) if heading else 0)
        pieces.append((element.tail or "", code))

    walk(parser.document_fromstring(page), code=False)
    end()
    return found


def rendered(markdown: str) -> str:
    """Return a Markdown text as HTML, with the title of its front matter, if it has any, as first heading."""
    from html import escape

    import yaml

    try:
        from markdown_it import MarkdownIt
    except ImportError:
        raise MissingExtraError("reading Markdown", "markdown-it-py", "data") from None

    front = _FRONT_MATTER.match(markdown)
    title = ""
    if front:
        markdown = markdown[front.end() :]
        with suppress(yaml.YAMLError, AttributeError):
            title = str(yaml.safe_load(front[1]).get("title") or "")
    markdown = _CONTAINER.sub("\n\n", markdown)
    # Marks of emphasis are none for CommonMark where no space is about them, as in Chinese.
    body = str(MarkdownIt().enable("table").render(markdown)).replace("**", "")
    return f"<h1>{escape(title)}</h1>\n{body}" if title else body


def words(element: _Element, skip: frozenset[str] = frozenset(), inline: frozenset[str] = frozenset()) -> str:
    """Return the text within an element, with every run of white space as one space.

    Args:
        element: where to begin.
        skip: names of elements that are left out with all that is in them.
        inline: names of elements inside a sentence; all others are set off by spaces.
    """
    return " ".join("".join(_texts(element, skip, inline)).split())


def _texts(element: _Element, skip: frozenset[str], inline: frozenset[str]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        # The tag of a comment or an entity is a function.
        if isinstance(child.tag, str) and child.tag not in skip:
            space = "" if child.tag in inline else " "
            yield space
            yield from _texts(child, skip, inline)
            yield space
        yield child.tail or ""


def _declared(content: bytes) -> str:
    found = _DECLARED.search(content[:_HEAD])
    return found[1].decode("ascii", "replace") if found else "utf-8"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
