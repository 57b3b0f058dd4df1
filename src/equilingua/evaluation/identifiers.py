"""Names of questions and candidates in files that other tools read: stable, unique and without spaces.

A question is `LANGUAGE:ID` with the id that the benchmark publishes, or else its group's name; a candidate is
`LANGUAGE:ID` likewise, or else `LANGUAGE:N`, its number among the candidates of its language, counted from 0 in the
benchmark's order. So names depend on the benchmark alone, never on an encoder, and a language can be left out without
renaming the others. A second question of a language with the same id is `LANGUAGE:ID#2`, and so on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import quote

import numpy as np

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

# What separates fields and lines, here or to other tools, and the escape itself.
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f%\ufeff]")


def question_ids(benchmark: Benchmark) -> list[str]:
    """Name every question, in the benchmark's order."""
    own = benchmark.query_ids
    if own is None:
        own = [benchmark.groups[group] for group in benchmark.query_group.tolist()]
    languages = [benchmark.languages[language] for language in benchmark.query_language.tolist()]
    return _unique(f"{language}:{_escaped(name)}" for language, name in zip(languages, own, strict=True))


def candidate_ids(benchmark: Benchmark) -> list[str]:
    """Name every candidate, in the benchmark's order."""
    languages = [benchmark.languages[language] for language in benchmark.candidate_language.tolist()]
    if benchmark.candidate_ids is not None:
        names = map(_escaped, benchmark.candidate_ids)
    else:
        first = benchmark.candidate_offsets[benchmark.candidate_language]
        names = map(str, (np.arange(len(languages)) - first).tolist())
    return _unique(f"{language}:{name}" for language, name in zip(languages, names, strict=True))


def numbered(names: Sequence[str]) -> dict[str, int]:
    """Return each name's place."""
    return {name: number for number, name in enumerate(names)}


@dataclass
class Unknown:
    """Ids that a benchmark does not have: the first is named, the others counted."""

    benchmark: str
    first: str = ""
    names: set[tuple[str, str]] = field(default_factory=set)

    def check(self, kind: str, name: str, known: Mapping[str, int], where: str) -> bool:
        """Tell whether an id is known, and note it if not."""
        if name in known:
            return True
        if not self.names:
            example = next(iter(known))
            self.first = f"{where}: {kind} '{name}' is not in {self.benchmark}, which names them like '{example}'"
        self.names.add((kind, name))
        return False

    def raise_any(self) -> None:
        """Raise a `DataError` if there are any."""
        if self.names:
            others = f" (and {len(self.names) - 1} more unknown ids)" if len(self.names) > 1 else ""
            raise DataError(self.first + others)


def _escaped(name: str) -> str:
    return _UNSAFE.sub(lambda match: quote(match.group()), normalize("NFC", name))


def _unique(names: Iterable[str]) -> list[str]:
    """Number the second and later bearers of a name, passing over numbers that somebody has for a name."""
    listed = list(names)
    if len(set(listed)) == len(listed):
        return listed
    taken = set(listed)
    bearers: dict[str, int] = {}
    made = []
    for name in listed:
        number = bearers.get(name, 0) + 1
        given = name
        while number > 1 and (given := f"{name}#{number}") in taken:
            number += 1
        bearers[name] = number
        made.append(given)
    return made
