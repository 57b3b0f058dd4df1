"""LibreOffice's help as parallel pairs, built from Debian's packages: heading → section, parallel by shared ids."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from equilingua.corpus.quality import EVERYTHING
from equilingua.corpus.registry import SetInfo
from equilingua.errors import DataError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair
    from equilingua.corpus.sources.libreoffice_filters import Headings, Reference

INFO = SetInfo(
    name="libreoffice-help",
    kind="corpus",
    version="of the Debian packages at hand, recorded when built",
    licence="MPL-2.0",
    description="headings and their sections of the LibreOffice help in over 30 languages",
    origin="Debian packages libreoffice-help-*",
    packages=("libreoffice-help-*",),
    # `distinctive` keeps headings that can stand for their section, each section once; `all` keeps every heading, with
    # the page's title before those that others share, and every page that shows a section.
    options={"headings": "distinctive"},
)
# The sections are compared paragraph by paragraph before they become pairs.
QUALITY = EVERYTHING

_PREFIX = "libreoffice-help-"
# Debian's names, where they are not BCP-47 already.
_LANGUAGES = {"en-us": "en", "zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
# Slovak's package is a link to the Czech text, and British English differs from the reference in spelling alone.
_LEFT_OUT = frozenset({"common", "en-gb", "sk"})
# Languages that share another's package.
_GUESTS = {"ca-valencia": f"{_PREFIX}ca"}


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pairs of each language, English first, which says what the others are compared with.

    The pages of one package are on disk at a time; in memory, those of English and the pairs of another language.

    Raises:
        UsageError: a language that there is no package of, or none at all, or an unknown choice of headings.
        DataError: the packages cannot be had or hold no help.
    """
    from equilingua.corpus.sources.libreoffice_filters import pairs as filtered
    from equilingua.corpus.sources.libreoffice_pages import sections

    headings = _headings(inputs.options["headings"])
    packages = _packages(inputs)
    files = inputs.packages(packages)
    reference = _reference(files[packages[0]])
    for done, name in enumerate(packages, 1):
        with _help_folders(files[name]) as folders:
            for language, pages in folders.items():
                if inputs.wants(language):
                    kept, counts = filtered(sections(pages), language, reference, headings)
                    for reason in counts.keys() - {"sections", "pairs"}:
                        inputs.drop(language, reason, counts[reason])
                    yield from kept
        inputs.progress("reading packages", done, len(packages))


def _packages(inputs: Inputs) -> list[str]:
    """Return the packages to read, English first."""
    from equilingua.corpus.sources import debian

    names = {
        _language(name.removeprefix(_PREFIX)): name
        for name in debian.available(_PREFIX)
        if name.removeprefix(_PREFIX) not in _LEFT_OUT
    }
    if "en" not in names:
        raise DataError(f"apt knows no package {_PREFIX}en-us: run 'apt-get update' as root")
    names |= {language: package for language, package in _GUESTS.items() if package in names.values()}
    chosen = {names[language] for language in inputs.choose(names)}
    english = names["en"]
    return [english, *sorted(chosen - {english})]


def _language(name: str) -> str:
    """Return the BCP-47 code of one of Debian's names, in either case."""
    return _LANGUAGES.get(name.lower()) or normalise(name)


@contextmanager
def _help_folders(package: Path) -> Iterator[dict[str, Path]]:
    """Yield the folder of each language in a package, unpacked until the end of the block."""
    from equilingua.corpus.sources import debian

    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=package.parent) as unpacked:
        debian.unpack(package, Path(unpacked))
        folders = sorted((Path(unpacked) / "usr/share/libreoffice/help").glob("*/text"))
        yield {_language(text.parent.name): text.parent for text in folders if not text.parent.is_symlink()}


def _reference(package: Path) -> Reference:
    from equilingua.corpus.sources.libreoffice_filters import Reference
    from equilingua.corpus.sources.libreoffice_pages import sections

    with _help_folders(package) as folders:
        if "en" not in folders:
            raise DataError(f"{package.name} holds no English help")
        return Reference(sections(folders["en"]))


def _headings(name: str) -> Headings:
    from equilingua.corpus.sources.libreoffice_filters import Headings

    for headings in get_args(Headings):
        if headings == name:
            return cast("Headings", headings)
    raise unknown_name("choice of headings", name, get_args(Headings))
