"""The three retrieval settings, out of the same ranked lists, question by question and averaged.

*Monolingual*: question and candidates in one language. *Cross-lingual*: candidates of one other language.
*Multilingual*: the candidates of all languages in one pool. Averages are macro: every language, or ordered pair of
languages, counts the same (arXiv 2408.10536).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from equilingua.evaluation.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.ranking import Rankings

SETTINGS = ("monolingual", "cross_lingual", "multilingual")
PAIR_SEPARATOR = ">"
# Languages up to which figures of every ordered pair are written and compared: of 500 a record would have 150 MB.
MOST_LANGUAGES = 100


@dataclass(frozen=True, eq=False)
class Breakdown:
    """Figures of questions, divided into parts: the question's language, or an ordered pair of languages.

    Attributes:
        question: int64 [lists]; a question is there once for each part it belongs to.
        part: int64 [lists] index into `part_names`.
        part_names: "de", or "de>en" with the question's language first.
        values: name of a figure → float64 [lists]; NaN where it does not exist for a list, which is then left out.
        skipped: questions (of a pair: questions and languages) left out because nothing is relevant to them.
    """

    question: NDArray[np.int64]
    part: NDArray[np.int64]
    part_names: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]
    skipped: int

    @classmethod
    def joined(cls, parts: Sequence[Self], starts: Sequence[int]) -> Self:
        """Put figures of some questions behind those of others.

        Args:
            parts: of the same figures, at least one.
            starts: the question that is number 0 in each.
        """
        if len(parts) == 1:
            return parts[0]
        return replace(
            parts[0],
            question=np.concatenate([part.question + start for part, start in zip(parts, starts, strict=True)]),
            part=np.concatenate([part.part for part in parts]),
            values={name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
            skipped=sum(part.skipped for part in parts),
        )

    def by_part(self) -> dict[str, dict[str, float]]:
        """Average every figure over the questions of each part that has any; NaN where it exists for none of them."""
        present = np.flatnonzero(np.bincount(self.part, minlength=len(self.part_names)))
        means = {figure: self.means(values)[present] for figure, values in self.values.items()}
        return {
            self.part_names[part]: {figure: float(column[row]) for figure, column in means.items()}
            for row, part in enumerate(present)
        }

    def mean(self) -> dict[str, float]:
        """Average every figure over the parts that have it, each counting the same; NaN if there is none."""
        found = {figure: self.means(values) for figure, values in self.values.items()}
        exist = {figure: means[~np.isnan(means)] for figure, means in found.items()}
        return {figure: float(np.mean(means)) if len(means) else math.nan for figure, means in exist.items()}

    def to_json(self, parts_key: str) -> dict[str, Any]:
        """Return the averages and, under `parts_key`, those of each part; null where a figure does not exist."""
        return nulls(self.mean()) | {parts_key: {name: nulls(part) for name, part in self.by_part().items()}}

    def means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Average by part, float64 [parts]; NaN for a part without a value."""
        exists = ~np.isnan(values)
        sizes = np.bincount(self.part, exists, len(self.part_names))
        sums = np.bincount(self.part, np.where(exists, values, 0), len(self.part_names))
        means: NDArray[np.float64] = np.divide(sums, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0)
        return means


def nulls(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Return figures with None for NaN, which JSON does not have."""
    return {name: None if math.isnan(value) else value for name, value in figures.items()}


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
        "multilingual": Breakdown(
            question=pool.question,
            part=benchmark.query_language[pool.question].astype(np.int64),
            part_names=languages,
            values={name: metric(pool) for name, metric in METRICS.items()},
            skipped=questions - len(pool.question),
        ),
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
