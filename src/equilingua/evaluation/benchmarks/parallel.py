"""Benchmarks of parallel pairs: every query against the passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus


def from_corpus(name: str, corpus: ParallelCorpus) -> Benchmark:
    """Make a benchmark of parallel pairs: every query against the passages, all of its group's being relevant.

    Pairs of one language that share a passage id share one candidate, so that a passage never competes with itself.
    Pairs of one language that share their group and query are one question with several answers.

    Args:
        name: what results are reported under.
        corpus: the pairs.

    Raises:
        DataError: the corpus is empty.
    """
    keys = np.stack([corpus.language_codes.astype(np.int64), corpus.passage_codes])
    distinct, rows, candidate_of_row = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    offsets, relevant = by_group(corpus.group_codes, candidate_of_row.ravel(), len(corpus.groups))
    queries = corpus.queries(np.arange(len(corpus)))
    first_seen: dict[tuple[int, int, str], int] = {}
    for row, key in enumerate(zip(corpus.group_codes.tolist(), corpus.language_codes.tolist(), queries, strict=True)):
        first_seen.setdefault(key, row)
    asked = np.fromiter(first_seen.values(), np.int64, len(first_seen))
    languages = distinct[0].astype(np.int32)
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
        candidate_ids=_candidate_ids(corpus, rows, languages),
    )


def _candidate_ids(
    corpus: ParallelCorpus, rows: NDArray[np.int64], languages: NDArray[np.int32]
) -> Sequence[str] | None:
    """Return the passage id of each candidate; its number in its language where it has none, None if no one has."""
    ids = corpus.table["passage_id"].take(rows).to_pylist()
    if not any(ids):
        return None
    numbers = np.arange(len(rows)) - np.searchsorted(languages, languages)
    return [
        str(number) if identity is None else identity for identity, number in zip(ids, numbers.tolist(), strict=True)
    ]
