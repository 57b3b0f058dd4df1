"""The record of a comparison: what `compare --json` writes, and tables and reports read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from equilingua.evaluation import significance  # noqa: TC001  (pydantic looks types up)
from equilingua.evaluation.json_record import Record, described_as, missing, wrong
from equilingua.evaluation.record import NOT_RECORDED, ONLY_SUCH_KEYS, Language, Share

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
Setting = Literal["monolingual", "cross_lingual", "multilingual", "bias"]
Probability = Annotated[float, Field(ge=0, le=1)]


class Difference(Record):
    """One figure of two contestants.

    Attributes:
        first: name of the first.
        second: name of the second.
        setting: what the figure is of.
        figure: its name.
        part: the question's language, or "de>en"; None for the macro-average over all of them.
        a: figure of the first, the mean over its runs.
        b: figure of the second.
        a_deviation: standard deviation over the first's runs; None for one run.
        b_deviation: likewise of the second.
        difference: a − b.
        low: lower end of the confidence interval of the difference.
        high: upper end.
        p: two-sided p-value.
        p_corrected: corrected over the family: all macro-averages of a benchmark, or the parts of one of them.
        verdict: of the first: "win", "loss", or "tie" where the difference may be chance.
        test: "randomisation" of groups, or "seeds" (t, over runs and groups).
    """

    first: str
    second: str
    setting: Setting
    figure: Literal["map", "rank_distance"]
    part: str | None = None
    a: float
    b: float
    a_deviation: Annotated[float, Field(ge=0)] | None = None
    b_deviation: Annotated[float, Field(ge=0)] | None = None
    difference: float
    low: float
    high: float
    p: Probability
    p_corrected: Probability
    verdict: Literal["win", "tie", "loss"]
    test: Literal["randomisation", "seeds"]


class Coverage(Record):
    """Which questions of a benchmark a contestant answers.

    Attributes:
        mean: share of them, the mean over runs and question languages; NaN where nothing is relevant to any.
        by_language: of each question language.
        depth: length of the longest list, where some end before the pool does.
    """

    mean: Share
    by_language: Annotated[dict[Language, Share], ONLY_SUCH_KEYS]
    depth: Annotated[int, Field(ge=1)] | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every pair of contestants that was compared on one benchmark.

    Attributes:
        benchmark: its name.
        overall: differences of macro-averages. Rank distances are those of the questions that all contestants answered;
            one that answers too few for a figure of its own is compared by mAP alone.
        by_part: their parts.
        coverage: contestant → how many questions it answers; none in files from before it was recorded.
    """

    benchmark: str
    overall: tuple[Difference, ...]
    by_part: tuple[Difference, ...]
    coverage: Mapping[str, Coverage]

    @property
    def settings(self) -> list[str]:
        """The settings that were compared, in their usual order."""
        return list(dict.fromkeys(row.setting for row in self.overall))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The (first, second) names that were compared, in order."""
        return list(dict.fromkeys((row.first, row.second) for row in self.overall))

    def tally(self, first: str, second: str, setting: str) -> tuple[int, int, int]:
        """Return in how many languages, or ordered pairs, the first wins, ties and loses against the second."""
        counted = Counter(
            row.verdict for row in self.by_part if (row.first, row.second, row.setting) == (first, second, setting)
        )
        return counted["win"], counted["tie"], counted["loss"]


class ContestantRun(Record):
    """One encoder of a contestant."""

    encoder: str
    posthoc: str | None
    posthoc_fitted_on: str | None = None


class ContestantRecord(Record):
    """An encoder, or a recipe by its runs with several seeds."""

    name: Annotated[str, Field(min_length=1)]
    runs: Annotated[list[ContestantRun], Field(min_length=1)]


class RuleRecord(Record):
    """How differences were tested; see `equilingua.evaluation.comparison.Rule`."""

    unit: Literal["group"]
    resamples: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    confidence: Probability
    interval: significance.Interval
    correction: significance.Correction
    significant: Probability


class ComparisonRecord(Record):
    """What `equilingua compare --json` writes."""

    model_config = described_as("comparison", SCHEMA)
    verb: ClassVar[str] = "compare"
    version: Literal[1] = Field(alias="schema")
    a: str
    b: str
    encoders: Annotated[list[ContestantRecord], Field(min_length=2)]
    test: RuleRecord
    results: Annotated[dict[str, list[Difference]], Field(min_length=1)]
    coverage: dict[str, dict[str, Coverage]] = Field(default={})
    by_part: dict[str, list[Difference]]
    versions: dict[str, str]

    @property
    def benchmarks(self) -> list[Comparison]:
        """What was found on each benchmark."""
        return [
            Comparison(name, tuple(rows), tuple(self.by_part[name]), self.coverage.get(name, {}))
            for name, rows in self.results.items()
        ]

    @property
    def fitted(self) -> dict[str, str]:
        """Contestant → what its methods were fitted on, for those that have one."""
        texts = {
            one.name: [run.posthoc_fitted_on or NOT_RECORDED for run in one.runs if run.posthoc]
            for one in self.encoders
        }
        return {name: "; ".join(dict.fromkeys(told)) for name, told in texts.items() if told}

    @property
    def labels(self) -> dict[str, str]:
        """Contestant → its name, with what its methods were fitted on."""
        fitted = self.fitted
        return {
            one.name: f"{one.name} (fitted on {fitted[one.name]})" if one.name in fitted else one.name
            for one in self.encoders
        }

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        names = {one.name for one in self.encoders}
        for key, tables in (("results", self.results), ("by_part", self.by_part)):
            for benchmark, rows in tables.items():
                for place, row in enumerate(rows):
                    for side in ("first", "second"):
                        if getattr(row, side) not in names:
                            where = f"{key}.{benchmark}.{place}.{side}"
                            raise wrong(where, getattr(row, side), "the name of one of `encoders`")
        for benchmark in self.results:
            if benchmark not in self.by_part:
                raise missing(f"by_part.{benchmark}")
        return self
