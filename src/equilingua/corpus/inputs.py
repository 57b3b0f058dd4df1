"""What a format gets to build pairs from: checked files, Debian packages, choices, and a place for its counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from equilingua.corpus import debian, fetch, registry
from equilingua.errors import DataError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from equilingua.corpus.registry import SetInfo

    # Told a stage's name, how much of it is done, and how much there is (0 if nobody knows).
    Progress = Callable[[str, int, int], None]

SPLIT = "split"
_Layout = TypeVar("_Layout")


def unheard(_stage: str, _done: int, _whole: int) -> None:
    """Take note of no progress."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that `pairs` of a format may use.

    Attributes:
        info: the set that is built.
        scratch: a folder for files in passing, deleted afterwards.
        languages: BCP-47 codes that are asked for; None means all.
        options: a value for each of `info.options`.
        progress: told a stage's name, how much of it is done, and how much there is.
        reference: the language that translations are compared with, which is read whether asked for or not.
        counts: by language, how many items each reason dropped; filled by `drop`.
        versions: of the packages that were downloaded; filled by `packages`.
    """

    info: SetInfo
    scratch: Path
    languages: frozenset[str] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    progress: Progress = unheard
    reference: str = "en"
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def split(self) -> str | None:
        """Which of `info.splits` is asked for; None means all."""
        return self.options.get(SPLIT)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits to read: the one that is asked for, else all."""
        return self.info.splits if self.split is None else (self.split,)

    def layout(self, kind: type[_Layout]) -> _Layout:
        """Return what the set's entry says under `layout`, as the format's dataclass.

        Raises:
            DataError: it says something else.
        """
        return registry.layout(self.info, kind)

    def number(self, option: str) -> int:
        """Return the value of an option that is a whole number.

        Raises:
            UsageError: it is none.
        """
        value = self.options[option]
        if not (value.isascii() and value.isdecimal()):
            raise UsageError(f"option {option} of {self.info.name}: '{value}' is not a whole number")
        return int(value)

    def wants(self, language: str) -> bool:
        """Tell whether a language has to be read: it is asked for, or others are compared with it."""
        return self.languages is None or language in self.languages or language == self.reference

    def drop(self, language: str, reason: str, number: int = 1) -> None:
        """Count items that did not become pairs; `reason` is a few words joined by underscores."""
        self.counts[language][reason] += number

    def file(self, name: str | None = None) -> Path:
        """Return a checked local copy of one of `info.files`, by its name; of the only one, where there is but one.

        Raises:
            ChecksumError: it is not the registered file.
            DataError: it is in neither the mirror nor the cache and cannot be downloaded.
        """
        known = {file.path.rpartition("/")[2]: file for file in self.info.files}
        if name is None and len(known) == 1:
            (name,) = known
        if name not in known:
            raise DataError(f"catalogue: {self.info.name}: {unknown_name('file', str(name), known)}")
        return fetch.local_path(known[name])

    def packages(self, names: Iterable[str] | None = None) -> dict[str, Path]:
        """Download Debian packages into `scratch` and return the file of each, by name.

        Args:
            names: packages, or patterns such as `debian-faq*` for all that apt knows; by default those of the entry.

        Raises:
            DataError: there is no apt here, no package fits a pattern, or the download fails.
        """
        patterns = self.info.packages if names is None else names
        chosen = list(dict.fromkeys(name for pattern in patterns for name in _fitting(pattern)))
        files = debian.download(chosen, self.scratch)
        self.versions.update({name: debian.version(file) for name, file in files.items()})
        return files

    def choose(self, known: Iterable[str], *, reference: bool = True) -> list[str]:
        """Return those of the languages that a set has which must be read, in their order.

        Args:
            known: BCP-47 codes.
            reference: the language that others are compared with must be read, too.

        Raises:
            UsageError: one is asked for that the source does not have, or none at all is.
        """
        known = list(known)
        if self.languages is not None:
            if not self.languages:
                raise UsageError(f"{self.info.name}: no language is chosen; there are {', '.join(sorted(known))}")
            for language in sorted(self.languages):
                if language not in known:
                    raise unknown_name(f"language of {self.info.name}", language, sorted(known))
        asked = self.wants if reference or self.languages is None else self.languages.__contains__
        return [language for language in known if asked(language)]


def _fitting(pattern: str) -> list[str]:
    fixed = pattern.partition("*")[0]
    if fixed == pattern:
        return [pattern]
    found = [name for name in debian.available(fixed) if fnmatchcase(name, pattern)]
    if not found:
        raise DataError(f"apt knows no package '{pattern}': run 'apt-get update' as root")
    return found
