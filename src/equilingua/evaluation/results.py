"""What an evaluation found, and the JSON it is kept as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import provenance
from equilingua.evaluation.posthoc import FITTED_ON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from equilingua.evaluation.benchmark import Benchmark
    from equilingua.evaluation.breakdown import Breakdown

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Result:
    """One encoder on one benchmark.

    Attributes:
        benchmark: what was asked.
        settings: "monolingual", "cross_lingual" and "multilingual" → metrics, question by question.
        bias: rank distance and the share of top hits in the question's language, question by question.
        encode_seconds: wall time of encoding; 0 for vectors that were given.
        score_seconds: wall time of everything after.
    """

    benchmark: Benchmark
    settings: Mapping[str, Breakdown]
    bias: Breakdown
    encode_seconds: float
    score_seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the record that stands under the benchmark's name."""
        parts = {name: "by_pair" if name == "cross_lingual" else "by_language" for name in self.settings}
        return {
            **{name: setting.to_json(parts[name]) for name, setting in self.settings.items()},
            "bias": self.bias.to_json("by_language"),
            "seconds": {"encode": round(self.encode_seconds, 3), "score": round(self.score_seconds, 3)},
            "counts": self._counts(),
        }

    def _counts(self) -> dict[str, Any]:
        languages = self.benchmark.languages
        questions = np.bincount(self.benchmark.query_language, minlength=len(languages))
        candidates = np.bincount(self.benchmark.candidate_language, minlength=len(languages))
        return {
            "questions": int(questions.sum()),
            "candidates": int(candidates.sum()),
            "languages": len(languages),
            "by_language": {
                code: {"questions": int(asked), "candidates": int(offered)}
                for code, asked, offered in zip(languages, questions, candidates, strict=True)
            },
            "skipped": {name: setting.skipped for name, setting in self.settings.items()},
        }


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One encoder on one or more benchmarks.

    Attributes:
        encoder: its name.
        posthoc: what was done to the vectors without training, or None.
        results: by the benchmark's name.
    """

    encoder: str
    posthoc: str | None
    results: Mapping[str, Result]

    def to_json(self) -> dict[str, Any]:
        """Return the record that `equilingua evaluate --json` writes and `equilingua report` reads."""
        return {
            "schema": SCHEMA,
            "encoder": self.encoder,
            "posthoc": self.posthoc,
            # Said out loud, since such a figure has seen the texts that it is measured on.
            "posthoc_fitted_on": FITTED_ON if self.posthoc else None,
            "results": {name: result.to_json() for name, result in self.results.items()},
            "versions": provenance.versions(),
            "machine": provenance.machine(),
        }
