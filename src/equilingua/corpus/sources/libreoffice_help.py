"""LibreOffice's help as parallel pairs, built from Debian's packages: heading → section, parallel by shared ids."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast, get_args

import numpy as np

from equilingua.corpus import fetch
from equilingua.corpus.schema import ParallelCorpus
from equilingua.corpus.sources import debian
from equilingua.corpus.sources.libreoffice_filters import SOURCE, Headings, Reference, pairs
from equilingua.corpus.sources.libreoffice_pages import sections
from equilingua.durable import write_json
from equilingua.errors import DataError, UsageError, unknown_name
from equilingua.languages import normalise

_log = logging.getLogger(__name__)

_PREFIX = "libreoffice-help-"
# Debian's names, where they are not BCP-47 already.
_LANGUAGES = {"en-us": "en", "zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
# Slovak's package is a link to the Czech text, and British English differs from the reference in spelling alone.
_LEFT_OUT = frozenset({"common", "en-gb", "sk"})
# Languages that share another's package.
_GUESTS = {"ca-valencia": f"{_PREFIX}ca"}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build read, dropped and kept.

    Attributes:
        name: of the set.
        headings: which ones were kept.
        packages: version of each package that was read.
        languages: for each language the sections found, the number dropped by each rule, and the pairs left.
        pairs: in all.
        groups: distinct ones.
        groups_by_languages: how many groups have exactly so many languages.
        seconds: that the build took.
    """

    name: str
    headings: str
    packages: dict[str, str]
    languages: dict[str, dict[str, int]]
    pairs: int
    groups: int
    groups_by_languages: dict[int, int]
    seconds: float


def load() -> ParallelCorpus:
    """Load the corpus with distinctive headings in all languages; build it if the cache does not hold it.

    Raises:
        DataError: the packages cannot be had, or the cache cannot be read or written.
    """
    path = corpus_path(folder())
    if not path.is_file():
        _log.warning("%s is not in the cache: building it from Debian packages, about two minutes", SOURCE)
        build(folder(), progress=lambda name, done, whole: _log.info("%s (%d of %d)", name, done, whole))
    return ParallelCorpus.read_parquet(path)


def folder() -> Path:
    """Return the cache folder of this set."""
    return fetch.cache_folder() / SOURCE


def corpus_path(folder: Path, languages: Iterable[str] | None = None, headings: Headings = "distinctive") -> Path:
    """Return where a build lies; a build of some languages does not take the place of the whole."""
    chosen = "" if languages is None else "." + "+".join(sorted(languages))
    return folder / f"{headings}{chosen}.parquet"


def build(
    folder: Path,
    languages: Iterable[str] | None = None,
    headings: Headings = "distinctive",
    progress: Progress | None = None,
) -> tuple[ParallelCorpus, BuildReport]:
    """Build the corpus from Debian's packages and write it as Parquet, with the report as JSON beside it.

    The pages of one package are on disk at a time; in memory, those of English and one page of another language.

    Args:
        folder: where to write to.
        languages: BCP-47 codes to build; None means all that there are packages of. English is read in any case.
        headings: `distinctive` keeps headings that can stand for their section, each section once; `all` keeps every
            heading, with the page's title before those that others share, and every page that shows a section.
        progress: told the package just read, how many are done, and how many there are.

    Raises:
        UsageError: a language that there is no package of, or none at all.
        DataError: the packages cannot be had or hold no help, or the disk is full.
    """
    start = time.monotonic()
    wanted = None if languages is None else {normalise(code) for code in languages}
    packages = _packages(wanted)
    parts: list[ParallelCorpus] = []
    counts: dict[str, dict[str, int]] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="equilingua-") as scratch:
            files = debian.download(packages, Path(scratch))
            versions = {name: debian.version(file) for name, file in files.items()}
            reference = _reference(files[packages[0]])
            for done, name in enumerate(packages, 1):
                with _help_folders(files[name]) as folders:
                    for language, pages in folders.items():
                        if wanted is None or language in wanted:
                            kept, counts[language] = pairs(sections(pages), language, reference, headings)
                            parts.append(ParallelCorpus.from_pairs(kept))
                if progress is not None:
                    progress(name, done, len(packages))
        corpus = ParallelCorpus.concat(parts)
        report = _report(corpus, headings, versions, counts, time.monotonic() - start)
        path = corpus_path(folder, wanted, headings)
        corpus.write_parquet(path)
        write_json(path.with_suffix(".json"), asdict(report))
    except OSError as error:
        where = error.filename or tempfile.gettempdir()
        raise DataError(f"{SOURCE}: cannot be built: {where}: {error.strerror or error}") from error
    return corpus, report


def _packages(wanted: set[str] | None) -> list[str]:
    """Return the packages to read, English first, for it says what the others are compared with."""
    names = {
        _language(name.removeprefix(_PREFIX)): name
        for name in debian.available(_PREFIX)
        if name.removeprefix(_PREFIX) not in _LEFT_OUT
    }
    if "en" not in names:
        raise DataError(f"apt knows no package {_PREFIX}en-us: run 'apt-get update' as root")
    names |= {language: package for language, package in _GUESTS.items() if package in names.values()}
    if wanted is not None:
        if not wanted:
            raise UsageError(f"{SOURCE}: no language is chosen; there are {', '.join(sorted(names))}")
        for language in wanted:
            if language not in names:
                raise unknown_name(f"language of {SOURCE}", language, sorted(names))
        names = {language: name for language, name in names.items() if language == "en" or language in wanted}
    english = names.pop("en")
    return [english, *sorted(set(names.values()))]


def _language(name: str) -> str:
    """Return the BCP-47 code of one of Debian's names, in either case."""
    return _LANGUAGES.get(name.lower()) or normalise(name)


@contextmanager
def _help_folders(package: Path) -> Iterator[dict[str, Path]]:
    """Yield the folder of each language in a package, unpacked until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=package.parent) as unpacked:
        debian.unpack(package, Path(unpacked))
        folders = sorted((Path(unpacked) / "usr/share/libreoffice/help").glob("*/text"))
        yield {_language(text.parent.name): text.parent for text in folders if not text.parent.is_symlink()}


def _reference(package: Path) -> Reference:
    with _help_folders(package) as folders:
        if "en" not in folders:
            raise DataError(f"{package.name} holds no English help")
        return Reference(sections(folders["en"]))


def _report(
    corpus: ParallelCorpus,
    headings: str,
    packages: dict[str, str],
    languages: dict[str, dict[str, int]],
    seconds: float,
) -> BuildReport:
    spread = np.bincount(np.bincount(corpus.group_codes)) if len(corpus) else np.zeros(0, np.int64)
    return BuildReport(
        name=SOURCE,
        headings=headings,
        packages=packages,
        languages=languages,
        pairs=len(corpus),
        groups=len(corpus.groups),
        groups_by_languages={count: int(groups) for count, groups in enumerate(spread) if groups},
        seconds=round(seconds, 1),
    )


def headings_named(name: str) -> Headings:
    """Return the choice of headings of that name.

    Raises:
        UsageError: there is none.
    """
    for headings in get_args(Headings):
        if headings == name:
            return cast("Headings", headings)
    raise unknown_name("choice of headings", name, get_args(Headings))
