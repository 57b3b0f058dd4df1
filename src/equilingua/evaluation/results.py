"""What an evaluation found, question by question, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import provenance
from equilingua.display import Row, Tabular
from equilingua.evaluation import distributions, ranking
from equilingua.evaluation.bias.language_bias import LanguageBias, language_bias
from equilingua.evaluation.counting import Lists
from equilingua.evaluation.posthoc.by_name import EVALUATION_TEXTS
from equilingua.evaluation.posthoc.fitting import hashes_of
from equilingua.evaluation.record import SCHEMA, EvaluationRecord, ResultRecord
from equilingua.evaluation.settings import MOST_LANGUAGES, Breakdown, by_side, nulls, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Counts
    from equilingua.evaluation.posthoc.fitted import Fitted
    from equilingua.evaluation.record import SentenceMap


@dataclass(frozen=True, eq=False)
class Result:
    """One encoder on one benchmark.

    Attributes:
        benchmark: what was asked.
        settings: "monolingual", "cross_lingual" and "multilingual" → metrics, question by question.
        bias: figures of language bias, question by question, and which questions are answered.
        encode_seconds: wall time of encoding; 0 for vectors that were given.
        score_seconds: wall time of everything after.
        cached: share of the questions and candidates whose vectors were in the cache, so that encoding took no time.
        counts: what stands first in the ranked lists; None in a result that was read from a file.
        pool_ranks: of the relevant passages; None likewise.
        fitted: the posthoc method, if it was fitted on other text than the benchmark's own.
        map_points: a sample of parallel sentences in two dimensions; None without vectors, or if nothing is parallel.
        extras: what this benchmark alone has; see `equilingua.evaluation.extras`.
    """

    benchmark: Benchmark
    settings: Mapping[str, Breakdown]
    bias: LanguageBias
    encode_seconds: float
    score_seconds: float
    cached: float = 0.0
    counts: Lists | None = None
    pool_ranks: distributions.PoolRanks | None = None
    fitted: Fitted | None = None
    map_points: SentenceMap | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, benchmark: Benchmark, counted: Iterable[tuple[slice, Counts]]) -> Result:
        """Derive every figure.

        Args:
            benchmark: what was counted.
            counted: its questions in turn, all of them at once or in blocks, each with its counts.
        """
        starts, measured, biases, lists = [], [], [], []
        ranks: list[distributions.PoolRanks] = []
        for questions, counts in counted:
            part = benchmark.part(questions)
            own, pool = ranking.by_language(counts, part), ranking.pooled(counts)
            starts.append(questions.start)
            measured.append(settings(own, pool, part))
            biases.append(language_bias(counts, pool, part))
            ranks = [distributions.PoolRanks.joined([*ranks, distributions.PoolRanks.of(counts, part)])]
            lists.append(Lists.joined([counts]))
        return cls(
            benchmark,
            {name: Breakdown.joined([one[name] for one in measured], starts) for name in measured[0]},
            LanguageBias.joined(biases, starts),
            encode_seconds=0.0,
            score_seconds=0.0,
            counts=Lists.joined(lists),
            pool_ranks=ranks[0],
        )

    @property
    def depth(self) -> int | None:
        """The length of the longest list, where some end before the pool does, as in a run; None where all are whole.

        mAP and rank distance are those of such lists then: what is not in a list stands last.
        """
        if self.counts is None:
            return None
        listed = self.counts.listed[self.counts.listed > 0]
        cut = len(listed) and listed.min() < self.benchmark.candidate_counts.sum()
        return int(listed.max()) if cut else None

    def record(self, *, all_pairs: bool = False) -> ResultRecord:
        """Return what is kept of it.

        Args:
            all_pairs: hold every ordered pair of languages even where there are more than `MOST_LANGUAGES`. Otherwise
                what is of pairs is left out there, but for cross-lingual means by question's and passage's language.
        """
        whole = all_pairs or len(self.benchmark.languages) <= MOST_LANGUAGES
        bias = self.bias.to_json("by_language")
        record: dict[str, Any] = {
            **{name: self._setting(name, whole=whole) for name in self.settings},
            "bias": {name: value for name, value in bias.items() if whole or name not in self.bias.exposure},
            "seconds": {"encode": round(self.encode_seconds, 3), "score": round(self.score_seconds, 3)},
            "cached": round(self.cached, 4),
            "depth": self.depth,
            "counts": self._counts(),
            "distributions": {"rank_distance": distributions.rank_distances(self.bias)},
        }
        if self.pool_ranks is not None and whole:
            record["distributions"]["pool_rank"] = self.pool_ranks.to_json()
        if self.fitted is not None:
            record["posthoc_fit"] = self._fit(self.fitted)
        if self.map_points is not None:
            record["map"] = self.map_points
        return ResultRecord.model_validate(record | dict(self.extras))

    def to_json(self, *, all_pairs: bool = False) -> dict[str, Any]:
        """Return its record as JSON has it."""
        return self.record(all_pairs=all_pairs).to_json()

    @property
    def seen(self) -> int:
        """How many of the benchmark's own texts the posthoc method was fitted on, as one from a file may have been."""
        if self.fitted is None or self.fitted.source is None:
            return 0
        return self.fitted.source.seen(hashes_of([*self.benchmark.queries, *self.benchmark.candidates]))

    def _fit(self, fitted: Fitted) -> dict[str, Any]:
        languages, source = self.benchmark.languages, fitted.source
        assert source is not None
        counts = {role: {code: numbers.get(code, 0) for code in languages} for role, numbers in source.numbers.items()}
        without = list(fitted.without(languages))
        return {"on": list(source.sets), **counts, "dropped": source.dropped, "without": without, "seen": self.seen}

    def _setting(self, name: str, *, whole: bool) -> dict[str, Any]:
        setting = self.settings[name]
        if name != "cross_lingual" or whole:
            return setting.to_json("by_pair" if name == "cross_lingual" else "by_language")
        return nulls(setting.mean()) | {"by_pair": {}} | by_side(setting, self.benchmark.languages)

    def _counts(self) -> dict[str, Any]:
        languages = self.benchmark.languages
        questions = np.bincount(self.benchmark.query_language, minlength=len(languages))
        candidates = self.benchmark.candidate_counts
        return {
            "questions": int(questions.sum()),
            "candidates": int(candidates.sum()),
            "languages": len(languages),
            "by_language": {
                code: {"questions": int(asked), "candidates": int(offered)}
                for code, asked, offered in zip(languages, questions, candidates, strict=True)
            },
            "skipped": {name: setting.skipped for name, setting in self.settings.items()},
            **({"dropped": dict(self.benchmark.dropped)} if self.benchmark.dropped else {}),
        }


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Tabular):
    """One encoder on one or more benchmarks.

    Attributes:
        encoder: its name.
        posthoc: what was done to the vectors without training, or None.
        results: by the benchmark's name.
        fitted_on: names of the corpora that it was fitted on; none for the benchmark's own texts.
        qrels: the file that said what is relevant, if it was not the benchmark itself.
        fingerprint: of the encoder's weights and settings; None of what has none.
        measured: when, ISO 8601.
    """

    encoder: str
    posthoc: str | None
    results: Mapping[str, Result]
    fitted_on: tuple[str, ...] = ()
    qrels: Path | None = None
    fingerprint: str | None = None
    measured: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def posthoc_fitted_on(self) -> str | None:
        """What the method was fitted on, said out loud, since figures may have seen the texts they are measured on."""
        if not self.posthoc:
            return None
        seen = sum(result.seen for result in self.results.values())
        some = f", with {seen:,} of the evaluation texts among it" if seen else ""
        return (", ".join(self.fitted_on) or EVALUATION_TEXTS) + some

    def record(self, *, all_pairs: bool = False) -> EvaluationRecord:
        """Return what `equilingua evaluate --json` writes and `equilingua report` reads; see `Result.record`."""
        return EvaluationRecord.model_validate(
            {
                "schema": SCHEMA,
                "encoder": self.encoder,
                "fingerprint": self.fingerprint,
                "measured": self.measured,
                "posthoc": self.posthoc,
                "posthoc_fitted_on": self.posthoc_fitted_on,
                **({} if self.qrels is None else {"qrels": str(self.qrels)}),
                "results": {name: result.record(all_pairs=all_pairs) for name, result in self.results.items()},
                "versions": provenance.versions(),
                "machine": provenance.machine(),
            }
        )

    def to_json(self, *, all_pairs: bool = False) -> dict[str, Any]:
        """Return its record as JSON has it."""
        return self.record(all_pairs=all_pairs).to_json()

    @property
    def label(self) -> str:
        """The encoder's name with what was done to its vectors, and what that was fitted on."""
        return f"{self.encoder} + {self.posthoc} (fitted on {self.posthoc_fitted_on})" if self.posthoc else self.encoder

    def summary(self) -> list[Row]:
        """Return mAP in the three settings, the two best-known bias figures and coverage, a row each benchmark."""
        found = []
        for name, result in self.results.items():
            bias = result.bias.mean()
            row: Row = {"encoder": self.label, "benchmark": name}
            row |= {
                f"{setting.replace('_', '-')} mAP": measured.mean()["map"]
                for setting, measured in result.settings.items()
            }
            row |= {key.replace("_", " "): bias[key] for key in ("rank_distance", "same_language_top1")}
            row["questions answered"] = result.bias.mean_coverage()
            found.append(row)
        return found

    def rows(self) -> list[Row]:
        """Return every figure: macro-averages with `part` None, and those of each language or ordered pair."""
        return [
            {
                "encoder": self.label,
                "benchmark": name,
                "setting": setting,
                "part": part,
                "figure": figure,
                "value": value,
            }
            for name, result in self.record(all_pairs=True).results.items()
            for setting, whole in (*result.settings.items(), ("bias", result.bias))
            for part, found in ((None, whole), *whole.parts.items())
            for figure, value in found.figures.items()
        ]
