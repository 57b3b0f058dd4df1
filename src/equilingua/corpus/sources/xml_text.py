"""The text within XML elements, and elements one by one from files too long to hold as a tree; see also `markup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from lxml.etree import _Element

# Nothing outside the file is read, and an entity is never expanded.
_CLOSED: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def elements(stream: BinaryIO, tag: str, where: str) -> Iterator[_Element]:
    """Yield the elements of one name as they are read; each is emptied when the next is asked for.

    Raises:
        DataError: the document is not well-formed; the message has the line.
    """
    from lxml import etree

    try:
        for _, element in etree.iterparse(stream, tag=tag, **_CLOSED):
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        reason = str(error.msg or "the file is empty").splitlines()[0]
        raise DataError(f"{where}:{error.lineno or 1}: cannot be parsed as XML: {reason}") from error


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
