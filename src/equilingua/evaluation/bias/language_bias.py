"""Language bias on a benchmark: the figures of the questions that are answered, and who is shown to whom."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from equilingua.evaluation.bias.figures import DEEP, FIGURES, SHALLOW, Ranked, exposure
from equilingua.evaluation.bias.hits import first_hits
from equilingua.evaluation.settings import Breakdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Counts
    from equilingua.evaluation.ranking import Rankings

# Share of a language's questions that must be answered for its figures to exist: those that a retriever leaves
# unanswered are its hard ones, and figures of the rest would praise it for being silent.
COVERAGE = 0.9


@dataclass(frozen=True, eq=False)
class LanguageBias(Breakdown):
    """Bias figures question by question, and who is shown to whom.

    They are of answered questions; the others' are NaN. A language has figures if at least `COVERAGE` of its questions
    are answered, and there are means over languages if all of them have.

    Attributes:
        answered: bool [lists], whether the question's list ranks anything: some candidate above another.
        exposure: "exposure" (of the first 10 hits), "exposure@100" and "relevant_share", what both would be if they
            followed relevance; each question's language → candidate's language → mean share.
    """

    answered: NDArray[np.bool_]
    exposure: Mapping[str, Mapping[str, Mapping[str, float]]]

    @classmethod
    def joined(cls, parts: Sequence[Self], starts: Sequence[int]) -> Self:
        """Put figures of some questions behind those of others."""
        whole = super().joined(parts, starts)
        if len(parts) == 1:
            return whole
        weights = [np.bincount(part.part[part.answered], minlength=len(part.part_names)) for part in parts]
        exposure = {
            name: _averaged([part.exposure[name] for part in parts], weights, whole.part_names)
            for name in parts[0].exposure
        }
        return replace(whole, answered=np.concatenate([part.answered for part in parts]), exposure=exposure)

    def coverage(self) -> dict[str, float]:
        """Return the share of questions that are answered, by language of the question."""
        asked = {name: self.answered[self.part == code] for code, name in enumerate(self.part_names)}
        return {name: float(answered.mean()) for name, answered in asked.items() if len(answered)}

    def mean_coverage(self) -> float:
        """Return the share of questions that are answered, each language counting the same; NaN without a question."""
        return float(np.mean(list(self.coverage().values()))) if len(self.answered) else math.nan

    def silent(self) -> list[str]:
        """Return the languages too few of whose questions are answered for figures of bias."""
        return [language for language, share in self.coverage().items() if share < COVERAGE]

    def by_part(self) -> dict[str, dict[str, float]]:
        """Average over the answered questions of each language; NaN where too few of them are."""
        silent = self.silent()
        return {
            language: dict.fromkeys(figures, math.nan) if language in silent else figures
            for language, figures in super().by_part().items()
        }

    def mean(self) -> dict[str, float]:
        """Average over languages; NaN where some language has too few answered questions."""
        means = super().mean()
        return dict.fromkeys(means, math.nan) if self.silent() else means

    def to_json(self, parts_key: str) -> dict[str, Any]:
        """Return the averages, those of each part, coverage beside both, and the exposure."""
        record, coverage, silent = super().to_json(parts_key), self.coverage(), self.silent()
        for language, share in coverage.items():
            record[parts_key][language]["coverage"] = share
        record["coverage"] = self.mean_coverage() if coverage else None
        return record | {
            name: {language: dict(row) for language, row in shares.items() if language not in silent}
            for name, shares in self.exposure.items()
        }


def language_bias(counts: Counts, pool: Rankings, benchmark: Benchmark) -> LanguageBias:
    """Derive the bias figures of every question that has a relevant candidate and is answered.

    Args:
        counts: of the benchmark's scores.
        pool: one list for each question.
        benchmark: what was counted.
    """
    ranked = Ranked(benchmark, counts, pool, first_hits(counts, benchmark))
    asked, question = benchmark.query_language, pool.question
    answered = _answered(counts, pool, ranked.candidates)
    shares = {
        "exposure": exposure(ranked.hits, SHALLOW),
        f"exposure@{DEEP}": exposure(ranked.hits, DEEP),
        "relevant_share": ranked.hits.target,
    }
    return LanguageBias(
        question=question,
        part=asked[question].astype(np.int64),
        part_names=benchmark.languages,
        values={name: np.where(answered, figure(ranked)[question], np.nan) for name, figure in FIGURES.items()},
        skipped=len(benchmark.queries) - len(question),
        answered=answered,
        exposure={
            name: matrix(values[question[answered]], asked[question[answered]], benchmark.languages)
            for name, values in shares.items()
        },
    )


def _answered(counts: Counts, pool: Rankings, candidates: int) -> NDArray[np.bool_]:
    """Tell which lists rank anything: where all candidates share one score, nothing was retrieved, or all alike.

    Args:
        counts: of the scores.
        pool: one list for each question.
        candidates: how many each question was ranked against.
    """
    if candidates == 1:
        return counts.listed[pool.question] > 0
    best = pool.offsets[:-1]
    return (pool.above[best] > 0) | (pool.at_or_above[best] < candidates)


def matrix(
    shares: NDArray[np.float64], query_language: NDArray[np.int32], languages: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """Average shares by the question's language.

    Args:
        shares: float64 [questions, languages].
        query_language: int32 [questions].
        languages: their codes.

    Returns:
        question's language → candidate's language → mean share; only languages with a question.
    """
    return {
        asking: dict(zip(languages, shares[query_language == code].mean(axis=0).tolist(), strict=True))
        for code, asking in enumerate(languages)
        if (query_language == code).any()
    }


def _averaged(
    parts: Sequence[Mapping[str, Mapping[str, float]]], weights: Sequence[NDArray[np.int64]], languages: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Average what `matrix` made of the questions in several parts.

    Args:
        parts: of the same languages.
        weights: int64 [languages], questions of each language in each part.
        languages: their codes.
    """
    found = {}
    for code, asking in enumerate(languages):
        number = sum(int(weight[code]) for weight in weights)
        rows = [(part[asking], int(weight[code])) for part, weight in zip(parts, weights, strict=True) if weight[code]]
        if rows:
            found[asking] = {to: sum(row[to] * weight for row, weight in rows) / number for to in languages}
    return found
