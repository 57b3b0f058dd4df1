"""Benchmarks of parallel pairs: every query against the passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus.columns import by_code, one_chunk
from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus


def from_corpus(name: str, corpus: ParallelCorpus) -> Benchmark:
    """Make a benchmark of parallel pairs: every query against the passages, all of its group's being relevant.

    Each distinct text of a language is one candidate, so that a passage never competes with itself; relevant are all
    that training takes for a group's passages (see `equilingua.corpus.identity`). Pairs of one language that share
    their group and query are one question with several answers.

    Args:
        name: what results are reported under.
        corpus: the pairs.

    Raises:
        DataError: the corpus is empty.
    """
    _, rows = np.unique(corpus.text_codes, return_index=True)
    passages = int(corpus.passage_codes.max(initial=-1)) + 1
    ordered, bounds = by_code(corpus.passage_codes[rows], passages)
    counts = np.diff(bounds)[corpus.passage_codes]
    places = np.arange(counts.sum()) + np.repeat(bounds[corpus.passage_codes] - np.cumsum(counts) + counts, counts)
    offsets, relevant = by_group(np.repeat(corpus.group_codes, counts), ordered[places], len(corpus.groups))
    queries = corpus.queries(np.arange(len(corpus)))
    first_seen: dict[tuple[int, int, str], int] = {}
    for row, key in enumerate(zip(corpus.group_codes.tolist(), corpus.language_codes.tolist(), queries, strict=True)):
        first_seen.setdefault(key, row)
    asked = np.fromiter(first_seen.values(), np.int64, len(first_seen))
    languages = corpus.language_codes[rows]
    return Benchmark(
        name=name,
        languages=tuple(corpus.languages),
        queries=[queries[row] for row in asked],
        query_language=corpus.language_codes[asked],
        query_group=corpus.group_codes[asked],
        groups=corpus.groups,
        candidates=corpus.passages(rows),
        candidate_language=languages,
        relevant_offsets=offsets,
        relevant=relevant,
        candidate_ids=_candidate_ids(corpus, languages),
    )


def _candidate_ids(corpus: ParallelCorpus, languages: NDArray[np.int32]) -> Sequence[str] | None:
    """Return each candidate's first passage id; its number in its language where it has none, None if no one has."""
    ids = one_chunk(corpus.table["passage_id"])
    named = np.flatnonzero(ids.is_valid().to_numpy(zero_copy_only=False))
    if not len(named):
        return None
    names = list(map(str, np.arange(len(languages)) - np.searchsorted(languages, languages)))
    candidates, first = np.unique(corpus.text_codes[named], return_index=True)
    for candidate, name in zip(candidates.tolist(), ids.take(named[first]).to_pylist(), strict=True):
        names[candidate] = name
    return names
