"""What is wrong, and what may be, with pairs that somebody wants to use: all of it, with its places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus import identity, load, quality, specs
from equilingua.corpus.schema import ParallelCorpus
from equilingua.corpus.sources import files
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from equilingua.corpus.schema import Pair

# Places that a remark names.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Problems:
    """What was found.

    Attributes:
        pairs: that could be read.
        languages: of them.
        errors: why the data cannot be used as they are.
        warnings: what may be a mistake.
    """

    pairs: int
    languages: list[str]
    errors: list[str]
    warnings: list[str]


def find(name: str) -> Problems:
    """Read pairs and go on where reading for use would stop; then look at what they say together.

    Args:
        name: a set, a file or folder of pairs, or a `FORMAT:PLACE`. Of a user's own files every bad record is told; any
            other source is read up to the first.

    Raises:
        UsageError: there is no such set or format.
    """
    errors: list[str] = []
    pairs: list[Pair] = []
    try:
        pairs.extend(_read(name, errors))
    except DataError as error:
        errors.append(str(error))
    try:
        corpus = ParallelCorpus.from_pairs(pairs)
    except DataError as error:
        errors.append(str(error))
        corpus = ParallelCorpus.from_pairs(replace(pair, passage_id=None) for pair in pairs)
    places = [pair.place or f"group '{pair.group}'" for pair in pairs]
    return Problems(len(corpus), corpus.languages, errors, list(_remarks(corpus, places)))


def _read(name: str, errors: list[str]) -> Iterator[Pair]:
    if not load.is_path(name):
        return iter(load.load_corpus(name))
    spec = specs.find(name)
    if spec.format != "jsonl":
        return specs.pairs(spec)
    return files.pairs(specs.place(spec), spec.options, lambda error: errors.append(str(error)))


def _remarks(corpus: ParallelCorpus, places: list[str]) -> Iterator[str]:
    yield from identity.remarks(corpus, places)
    languages = len(corpus.languages)
    if languages == 1 and len(corpus):
        yield f"all pairs are in {corpus.languages[0]}: nothing can be learnt or measured across languages"
    if languages > 1:
        cells = np.unique(np.stack([corpus.group_codes, corpus.language_codes]), axis=1)[0]
        alone = np.bincount(cells) == 1
        if alone.any():
            rows = alone[corpus.group_codes]
            yield (
                f"{alone.sum():,} of {len(alone):,} groups have text in one language alone, which is no use across "
                f"languages: {_places(rows, places)}"
            )
    copies = quality.untranslated(corpus)
    if copies.any():
        yield (
            f"{copies.sum():,} pairs have the passage of another language of their group, perhaps untranslated: "
            f"{_places(copies, places)}"
        )


def _places(rows: NDArray[np.bool_], places: list[str]) -> str:
    found = np.flatnonzero(rows)
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return ", ".join(places[row] for row in found[:_NAMED]) + more
