"""The Debian FAQ: questions and their answers, translated as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair
    from equilingua.corpus.sources.manuals import Section

INFO = SetInfo(
    name="debian-faq",
    kind="corpus",
    version="of the Debian packages at hand, recorded when built",
    licence="LicenseRef-Debian-FAQ",
    description="the questions of the Debian FAQ with their answers in 10 languages",
    origin="Debian packages debian-faq*",
    packages=("debian-faq*",),
)
QUALITY = Quality(shared_passages=False)

_ENGLISH = "debian-faq"
_PAGE = re.compile(r".*/FAQ/(?:[^/]+/)?(?P<page>[^/.]+)\.[\w-]+\.html")


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pairs of each language, English first.

    Raises:
        UsageError: a language that there is no package of.
        DataError: the packages cannot be had, or a page cannot be parsed.
    """
    from equilingua.corpus.sources import debian
    from equilingua.corpus.sources.locales import language
    from equilingua.corpus.sources.manuals import by_page

    names = {language(name.removeprefix(f"{_ENGLISH}-")): name for name in debian.available(f"{_ENGLISH}-")}
    names = {"en": _ENGLISH} | names
    chosen = inputs.choose(names)
    files = inputs.packages([names[code] for code in chosen])
    english: dict[str, list[Section]] = {}
    for done, code in enumerate(chosen, 1):
        pages = _pages(files[names[code]])
        english = english or pages
        yield from by_page(inputs, code, pages, english)
        inputs.progress("reading packages", done, len(chosen))


def _pages(package: Path) -> dict[str, list[Section]]:
    from equilingua.corpus import archives
    from equilingua.corpus.sources.docbook_html import sections

    found: dict[str, list[Section]] = {}
    for name, stream in archives.members(package, "*/FAQ/*.html"):
        page = _PAGE.fullmatch(name)
        if page:
            found[page["page"]] = sections(stream.read(), f"{package.name}: {name}")
    return found
