"""Read what `equilingua compare` writes: figures of encoders, and which differences are more than chance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equilingua.report import numerals, records
from equilingua.report.records import Node

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
VERDICTS = ("win", "tie", "loss")
# Setting → its column's name and unit.
COLUMNS = {
    "monolingual": "monolingual mAP",
    "cross_lingual": "cross-lingual mAP",
    "multilingual": "multilingual mAP",
    "bias": "rank distance",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two encoders; see `equilingua.evaluation.comparison.Difference`."""

    first: str
    second: str
    setting: str
    part: str | None
    a: float
    b: float
    a_deviation: float | None
    b_deviation: float | None
    difference: float
    low: float
    high: float
    p: float
    p_corrected: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One benchmark: differences of macro-averages, and of their parts.

    Attributes:
        benchmark: its name.
        overall: differences of macro-averages.
        by_part: of their parts.
        coverage: encoder → share of questions answered; none in files from before it was recorded.
        depth: encoder → length of the longest list, where some end before the pool does.
    """

    benchmark: str
    overall: tuple[Difference, ...]
    by_part: tuple[Difference, ...]
    coverage: Mapping[str, float] = field(default_factory=dict)
    depth: Mapping[str, int] = field(default_factory=dict)

    @property
    def settings(self) -> list[str]:
        """The settings that the benchmark has, in their usual order."""
        present = {row.setting for row in self.overall}
        return [setting for setting in COLUMNS if setting in present]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The (first, second) names that were compared, in order."""
        return list(dict.fromkeys((row.first, row.second) for row in self.overall))

    def figures(self) -> dict[tuple[str, str], tuple[float, float | None]]:
        """Return (encoder, setting) → its figure and the deviation over its runs."""
        found: dict[tuple[str, str], tuple[float, float | None]] = {}
        for row in self.overall:
            found[row.first, row.setting] = (row.a, row.a_deviation)
            found[row.second, row.setting] = (row.b, row.b_deviation)
        return found

    def beaten(self) -> dict[tuple[str, str], list[str]]:
        """Return (encoder, setting) → the encoders that it is better than by more than chance."""
        found: dict[tuple[str, str], list[str]] = {}
        for row in self.overall:
            if row.verdict != "tie":
                better, worse = (row.first, row.second) if row.verdict == "win" else (row.second, row.first)
                found.setdefault((better, row.setting), []).append(worse)
        return found

    def cautions(self) -> list[str]:
        """Say how many questions are answered, and whose lists are short."""
        told = []
        if partial := {name: share for name, share in self.coverage.items() if share < 1}:
            listed = [
                f"{numerals.coverage(share)} by {name}"
                + ("" if self._has_bias(name) else ", too few for rank distance")
                for name, share in partial.items()
            ]
            told.append(
                f"Questions answered: {'; '.join(listed)}; rank distances are those of the questions that all of the "
                "others answer."
            )
        elif self.coverage:
            told.append("All encoders answer all questions.")
        told += [
            f"At most {depth:,} candidates are listed by {name}: its mAP and rank distance are those of such lists."
            for name, depth in self.depth.items()
        ]
        return told

    def _has_bias(self, name: str) -> bool:
        return any(name in {row.first, row.second} for row in self.overall if row.setting == "bias")

    def tally(self, first: str, second: str, setting: str) -> tuple[int, int, int]:
        """Return in how many parts the first wins, ties and loses."""
        counted = Counter(
            row.verdict for row in self.by_part if (row.first, row.second, row.setting) == (first, second, setting)
        )
        return counted["win"], counted["tie"], counted["loss"]


@dataclass(frozen=True, slots=True)
class Differences:
    """A comparison of encoders.

    Attributes:
        names: of the encoders, as given; the first is the one that others are compared with.
        runs: name → (encoder, posthoc) of each run.
        fitted: name → what its method was fitted on, for those that have one.
        benchmarks: what was found on each.
        correction: for many comparisons: "holm", "bh" or "none".
        level: of significance.
        confidence: of the intervals.
    """

    names: tuple[str, ...]
    runs: Mapping[str, tuple[tuple[str, str | None], ...]]
    fitted: Mapping[str, str]
    benchmarks: tuple[Compared, ...]
    correction: str
    level: float
    confidence: float

    def fits(self, names: Mapping[str, str] | None = None) -> list[str]:
        """Say what methods after encoding were fitted on: a figure must not be read without it.

        Args:
            names: what to call encoders that have another name here.
        """
        return [f"Fitted on {text}: {(names or {}).get(name, name)}." for name, text in self.fitted.items()]


def read(path: Path) -> Differences:
    """Return the comparison in a file.

    Raises:
        DataError: it cannot be read, is no JSON, or is not what `equilingua compare --json` writes.
    """
    return parse(records.load(path, "compare"), str(path))


def parse(record: Any, source: str) -> Differences:  # noqa: ANN401  (decoded JSON)
    """Check a record as `equilingua compare` writes it and return it typed.

    Raises:
        DataError: a key is missing or of the wrong kind; the message names it.
    """
    root = Node(record, source, (), "compare")
    if root.member("schema").value != SCHEMA:
        raise root.member("schema").wrong(f"schema {SCHEMA}")
    runs, fitted = {}, {}
    for encoder in root.member("encoders").items():
        made, texts, name = [], [], encoder.member("name").text()
        for run in encoder.member("runs").items():
            posthoc, on = run.optional("posthoc"), run.optional("posthoc_fitted_on")
            made.append((run.member("encoder").text(), posthoc.text() if posthoc else None))
            if posthoc:
                texts.append(on.text() if on else "text that was not recorded")
        runs[name] = tuple(made)
        if texts:
            fitted[name] = "; ".join(dict.fromkeys(texts))
    test = root.member("test")
    parts = root.member("by_part").members()
    covered = root.optional("coverage")
    benchmarks = [
        Compared(
            name,
            tuple(_difference(row, None, runs) for row in rows.items()),
            tuple(_difference(row, row.member("part").text(), runs) for row in parts[name].items()),
            *(_answers(covered.member(name)) if covered else ({}, {})),
        )
        for name, rows in root.member("results").members().items()
        if parts.get(name) or root.member("by_part").member(name)
    ]
    return Differences(
        names=tuple(runs),
        runs=runs,
        fitted=fitted,
        benchmarks=tuple(benchmarks),
        correction=test.member("correction").text(),
        level=test.member("significant").number(highest=1.0),
        confidence=test.member("confidence").number(highest=1.0),
    )


def _answers(node: Node) -> tuple[dict[str, float], dict[str, int]]:
    found = node.members()
    depths = {name: one.optional("depth") for name, one in found.items()}
    return (
        {name: one.member("mean").number(highest=1.0) for name, one in found.items()},
        {name: depth.count() for name, depth in depths.items() if depth},
    )


def _difference(node: Node, part: str | None, names: Mapping[str, object]) -> Difference:
    verdict, setting = node.member("verdict"), node.member("setting")
    if verdict.value not in VERDICTS:
        raise verdict.wrong(f"one of {', '.join(VERDICTS)}")
    if setting.value not in COLUMNS:
        raise setting.wrong(f"one of {', '.join(COLUMNS)}")
    for side in ("first", "second"):
        if node.member(side).text() not in names:
            raise node.member(side).wrong("the name of one of `encoders`")
    deviations = [node.optional(key) for key in ("a_deviation", "b_deviation")]
    return Difference(
        first=node.member("first").text(),
        second=node.member("second").text(),
        setting=setting.text(),
        part=part,
        a=node.member("a").number(),
        b=node.member("b").number(),
        a_deviation=deviations[0].number() if deviations[0] else None,
        b_deviation=deviations[1].number() if deviations[1] else None,
        difference=node.member("difference").signed(),
        low=node.member("low").signed(),
        high=node.member("high").signed(),
        p=node.member("p").number(highest=1.0),
        p_corrected=node.member("p_corrected").number(highest=1.0),
        verdict=verdict.text(),
    )
