"""A Debian package with one folder of pages a language, made by the DocBook stylesheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus import archives
from equilingua.corpus.sources.docbook_html import sections
from equilingua.corpus.sources.locales import language
from equilingua.corpus.sources.manuals import Section, by_page
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_REFERENCE = "en"


def pairs_of_package(inputs: Inputs, package: str, above: str) -> Iterator[Pair]:
    """Yield the pairs of each language that is asked for, English first.

    The pages of English and of one other language are in memory at a time.

    Args:
        inputs: of the source.
        package: the package's name.
        above: the folder in the package that holds the languages' folders.

    Raises:
        DataError: the package cannot be had or has no English pages, or a page cannot be parsed.
    """
    file = inputs.packages(package)[package]
    folder = inputs.scratch / "pages"
    archives.extract(file, folder, f"{above}/*/*.html")
    found = {language(path.name): path for path in (folder / above).glob("*/") if any(path.glob("*.html"))}
    if _REFERENCE not in found:
        raise DataError(f"{file.name} holds no English pages")
    english = _pages(found[_REFERENCE], folder)
    chosen = inputs.choose([_REFERENCE, *sorted(found.keys() - {_REFERENCE})])
    for done, code in enumerate(chosen, 1):
        yield from by_page(inputs, code, english if code == _REFERENCE else _pages(found[code], folder), english)
        inputs.progress("reading languages", done, len(chosen))


def _pages(pages: Path, folder: Path) -> dict[str, list[Section]]:
    return {
        path.stem: sections(path.read_bytes(), str(path.relative_to(folder))) for path in sorted(pages.glob("*.html"))
    }
