"""The help of GNOME and of Evolution: titles and descriptions of pages and their text, translated as a whole."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair
    from equilingua.corpus.sources.manuals import Section

INFO = SetInfo(
    name="gnome-help",
    kind="corpus",
    version="of the Debian packages at hand, recorded when built",
    licence="CC-BY-SA-3.0",
    description="titles and descriptions of the GNOME and Evolution help with their text in over 30 languages",
    origin="Debian packages gnome-user-docs and evolution-common",
    packages=("gnome-user-docs", "evolution-common"),
)
QUALITY = Quality(generic=True, shared_passages=False)

_FOLDER = "usr/share/help"
# British English differs from the reference in spelling alone.
_LEFT_OUT = frozenset({"en_GB"})


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pairs of each language, English first.

    The pages of English and of one other language are in memory at a time.

    Raises:
        UsageError: a language that the packages do not have.
        DataError: a package cannot be had or has no English help, or a page is not XML.
    """
    from equilingua.corpus import archives
    from equilingua.corpus.sources.locales import language
    from equilingua.corpus.sources.manuals import by_page
    from equilingua.errors import DataError

    folder = inputs.scratch / "pages"
    for file in inputs.packages(INFO.packages).values():
        archives.extract(file, folder, f"{_FOLDER}/*.page")
    found = {
        language(path.name): path
        for path in sorted((folder / _FOLDER).glob("*/"))
        if path.name not in _LEFT_OUT and any(path.rglob("*.page"))
    }
    if "en" not in found:
        raise DataError(f"{', '.join(INFO.packages)} hold no English help")
    english = _pages(found["en"])
    chosen = inputs.choose(["en", *sorted(found.keys() - {"en"})])
    for done, code in enumerate(chosen, 1):
        yield from by_page(inputs, code, english if code == "en" else _pages(found[code]), english)
        inputs.progress("reading languages", done, len(chosen))


def _pages(folder: Path) -> dict[str, list[Section]]:
    """Return the sections of each page of a language, by the manual and the page's name."""
    from equilingua.corpus.sources import mallard

    found: dict[str, list[Section]] = {}
    for manual in sorted(path for path in folder.iterdir() if path.is_dir()):
        pages = [
            mallard.page(path.read_bytes(), path.stem, str(PurePosixPath(folder.name, manual.name, path.name)))
            for path in sorted(manual.glob("*.page"))
        ]
        titles = {page.name: page.title for page in pages}
        found |= {f"{manual.name}/{page.name}": list(mallard.sections(page, titles)) for page in pages}
    return found
