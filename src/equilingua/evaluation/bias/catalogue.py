"""The bias figures that are reported, by the name they have in results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.evaluation.bias.awrf import awrf
from equilingua.evaluation.bias.exposure import exposure, matrix
from equilingua.evaluation.bias.hits import first_hits
from equilingua.evaluation.bias.language_preference import language_preference
from equilingua.evaluation.bias.peer import peer
from equilingua.evaluation.bias.rank_distance import rank_distance
from equilingua.evaluation.bias.same_language_top1 import same_language_top1
from equilingua.evaluation.bias.score_offset import score_offset
from equilingua.evaluation.breakdown import Breakdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Counts
    from equilingua.evaluation.ranking import Rankings

FIGURES = ("rank_distance", "same_language_top1", "language_preference@10", "peer", "awrf", "score_offset")
# How many hits exposure is measured over.
SHALLOW, DEEP = 10, 100


@dataclass(frozen=True, eq=False)
class LanguageBias(Breakdown):
    """Bias figures question by question, and who is shown to whom.

    Attributes:
        exposure: "exposure" (of the first 10 hits), "exposure@100" and "relevant_share", what both would be if they
            followed relevance; each question's language → candidate's language → mean share.
    """

    exposure: Mapping[str, Mapping[str, Mapping[str, float]]]

    def to_json(self, parts_key: str) -> dict[str, Any]:
        """Return the averages, those of each part, and the exposure."""
        return super().to_json(parts_key) | {name: dict(shares) for name, shares in self.exposure.items()}


def language_bias(counts: Counts, pool: Rankings, benchmark: Benchmark) -> LanguageBias:
    """Derive the bias figures of every question that has a relevant candidate.

    Args:
        counts: of the benchmark's scores.
        pool: one list for each question.
        benchmark: what was counted.
    """
    asked, question = benchmark.query_language, pool.question
    hits = first_hits(counts, benchmark)
    over_all = {
        "same_language_top1": same_language_top1(counts.best, asked),
        "language_preference@10": language_preference(hits, asked, 10),
        "peer": peer(hits),
        "awrf": awrf(hits, DEEP),
        "score_offset": score_offset(counts, benchmark),
    }
    shares = {
        "exposure": exposure(hits, SHALLOW),
        f"exposure@{DEEP}": exposure(hits, DEEP),
        "relevant_share": hits.target,
    }
    return LanguageBias(
        question=question,
        part=asked[question].astype(np.int64),
        part_names=benchmark.languages,
        values={"rank_distance": rank_distance(pool)} | {name: values[question] for name, values in over_all.items()},
        skipped=len(benchmark.queries) - len(question),
        exposure={
            name: matrix(values[question], asked[question], benchmark.languages) for name, values in shares.items()
        },
    )
