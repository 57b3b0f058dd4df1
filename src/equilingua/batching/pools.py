"""What a batch is drawn from: the streams of one language, of one ordered pair, or of all languages of a source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.clashes import first_holders
from equilingua.batching.partners import OneLanguage, Partners

if TYPE_CHECKING:
    from equilingua.batching.arrays import Floats, Ints
    from equilingua.batching.plan import Kind
    from equilingua.batching.rows import RowCodes


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A part of the corpus that no batch is drawn from, and why.

    `language` is that of the questions; None where the whole source is meant.
    """

    kind: Kind
    source: str
    language: str | None
    passage_language: str | None
    reason: str

    def __str__(self) -> str:
        pair = " > ".join(code for code in (self.language, self.passage_language) if code)
        return f"{self.kind} {self.source}{' ' + pair if pair else ''}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Pool:
    """One or several streams that share each batch; a stream is the question rows of one language.

    Attributes:
        kind: the kind of its batches.
        source: name of the source of its questions.
        languages: question language of each stream.
        passage_language: the language of all passages where there is only one, else None.
        shares: float64 [streams], the part of a batch that each stream fills; they add up to 1.
        candidates: for each stream the rows from which its question rows are taken.
        partners: finds the passage row of a question row.
    """

    kind: Kind
    source: str
    languages: tuple[str, ...]
    passage_language: str | None
    shares: Floats
    candidates: tuple[Ints, ...]
    partners: Partners

    @property
    def name(self) -> str:
        """What the pool holds, in words."""
        pair = " > ".join(code for code in (self.languages[0], self.passage_language) if code)
        return f"{self.kind} {self.source} {pair if len(self.languages) == 1 else '(all languages)'}"

    def streams(self) -> tuple[Ints, ...]:
        """Return the question rows of each stream.

        Those of an ordered pair are found anew each time: hundreds of pairs would hold the corpus many times over.
        """
        if isinstance(self.partners, OneLanguage):
            return tuple(self.partners.having(rows) for rows in self.candidates)
        return self.candidates

    @cached_property
    def sizes(self) -> Ints:
        """Question rows of each stream, int64 [streams]."""
        return np.asarray([len(rows) for rows in self.streams()], dtype=np.int64)


def sound_items(codes: RowCodes, queries: Ints, partners: Partners, wanted: int) -> tuple[Ints, Ints]:
    """Choose items that share no group and no passage, at most `wanted`.

    Where questions share passages in the usual way, each passage belonging to the same questions in every language,
    this finds as many as there are; with more tangled relations it may find fewer than the largest possible set.

    Args:
        codes: of the corpus.
        queries: int64 [n], question rows to choose from.
        partners: finds their passage rows.
        wanted: how many are enough.

    Returns:
        Question and passage rows, int64 [chosen] each.
    """
    looked_at = 0
    while looked_at < len(queries):
        # most often the first few rows are enough
        looked_at = min(len(queries), 4 * max(looked_at, wanted))
        some = queries[:looked_at]
        passages = partners.draw(some, np.zeros(looked_at))
        clean = np.flatnonzero(first_holders(codes.clash_keys(some, passages)))[:wanted]
        if len(clean) == wanted:
            return some[clean], passages[clean]
    chosen: list[tuple[int, int]] = []
    taken: set[int] = set()
    for query in queries.tolist():
        if len(chosen) == wanted:
            break
        own = {int(codes.group_key[query]), int(codes.passage_key[query])}
        if own & taken:
            continue
        passage = next((row for row in partners.of(query).tolist() if int(codes.passage_key[row]) not in taken), None)
        if passage is not None:
            chosen.append((query, passage))
            taken |= own | {int(codes.passage_key[passage])}
    pairs = np.asarray(chosen, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
