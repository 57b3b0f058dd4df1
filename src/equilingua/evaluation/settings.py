"""The three retrieval settings, out of the same ranked lists.

*Monolingual*: question and candidates in one language. *Cross-lingual*: candidates of one other language.
*Multilingual*: the candidates of all languages in one pool. Averages are macro: every language, or ordered pair of
languages, counts the same (arXiv 2408.10536).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation.breakdown import Breakdown, nulls
from equilingua.evaluation.metrics.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.ranking import Rankings

SETTINGS = ("monolingual", "cross_lingual", "multilingual")
PAIR_SEPARATOR = ">"
# Languages up to which figures of every ordered pair are written and compared: of 500 a record would have 150 MB.
MOST_LANGUAGES = 100


def settings(own: Rankings, pool: Rankings, benchmark: Benchmark) -> dict[str, Breakdown]:
    """Derive every setting's metrics.

    Args:
        own: one list for each question and candidate language.
        pool: one list for each question.
        benchmark: what the lists were ranked on.

    Returns:
        setting → its metrics, question by question.
    """
    languages, questions = benchmark.languages, len(benchmark.queries)
    asked = benchmark.query_language[own.question].astype(np.int64)
    values = {name: metric(own) for name, metric in METRICS.items()}
    same, other = np.flatnonzero(asked == own.language), np.flatnonzero(asked != own.language)
    return {
        "monolingual": Breakdown(
            question=own.question[same],
            part=asked[same],
            part_names=languages,
            values={name: column[same] for name, column in values.items()},
            skipped=questions - len(same),
        ),
        "cross_lingual": Breakdown(
            question=own.question[other],
            part=(asked * len(languages) + own.language)[other],
            part_names=tuple(f"{asking}{PAIR_SEPARATOR}{answering}" for asking in languages for answering in languages),
            values={name: column[other] for name, column in values.items()},
            skipped=questions * (len(languages) - 1) - len(other),
        ),
        "multilingual": _over_pool(pool, benchmark, {name: metric(pool) for name, metric in METRICS.items()}),
    }


def by_side(pairs: Breakdown, languages: Sequence[str]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Average cross-lingual metrics over the pairs with one question's language, and over those with one passage's.

    Args:
        pairs: the cross-lingual setting.
        languages: of the benchmark.

    Returns:
        "by_query_language" and "by_passage_language" → code → metric → mean over the pairs that have it.
    """
    count = len(languages)
    tables = {name: pairs.means(values).reshape(count, count) for name, values in pairs.values.items()}
    present = np.bincount(pairs.part, minlength=count**2).reshape(count, count) > 0
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for key, turn in (("by_query_language", np.asarray), ("by_passage_language", np.transpose)):
        found[key] = {
            code: nulls({name: float(turn(table)[row][there].mean()) for name, table in tables.items()})
            for row, (code, there) in enumerate(zip(languages, turn(present), strict=True))
            if there.any()
        }
    return found


def _over_pool(pool: Rankings, benchmark: Benchmark, values: dict[str, np.ndarray]) -> Breakdown:
    return Breakdown(
        question=pool.question,
        part=benchmark.query_language[pool.question].astype(np.int64),
        part_names=benchmark.languages,
        values=values,
        skipped=len(benchmark.queries) - len(pool.question),
    )
