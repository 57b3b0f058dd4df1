"""The Debian Administrator's Handbook: titles of sections and boxes and their text, translated as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

INFO = SetInfo(
    name="debian-handbook",
    kind="corpus",
    version="of the Debian package at hand, recorded when built",
    licence="GPL-2.0-or-later OR CC-BY-SA-3.0",
    description="titles of sections of the Debian Administrator's Handbook with their text in 26 languages",
    origin="Debian package debian-handbook",
    packages=("debian-handbook",),
)
QUALITY = Quality(generic=True, shared_passages=False)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pairs of each language, English first.

    Raises:
        DataError: the package cannot be had, or a page cannot be parsed.
    """
    from equilingua.corpus.sources.translated_pages import pairs_of_package

    yield from pairs_of_package(inputs, INFO.packages[0], "usr/share/doc/debian-handbook/html")
