"""What every benchmark measures with and writes: interleaved rounds, rows, ratios, goals, machine and commit."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from equilingua import durable, provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Row:
    """One figure of one contender."""

    contender: str
    metric: str
    value: float
    unit: str


@dataclass(frozen=True)
class Record:
    """A benchmark's outcome; a ratio above 1 means that we are ahead."""

    benchmark: str
    rows: list[Row]
    ratios: dict[str, float]
    goals: dict[str, float]

    def write(self, path: Path) -> None:
        """Write the record with the commit and the machine that made it."""
        origin = {"commit": provenance.commit(), "machine": provenance.machine(), "versions": provenance.versions()}
        durable.write_json(path, {"benchmark": self.benchmark, **origin, **asdict(self)})

    def show(self) -> None:
        """Print rows, then ratios beside their goals."""
        for row in self.rows:
            print(f"{row.contender:38} {row.metric:16} {row.value:12.5g} {row.unit}")
        for name, ratio in self.ratios.items():
            goal = f" (goal {self.goals[name]:g})" if name in self.goals else ""
            print(f"{name}: {ratio:.2f}{goal}")


def interleaved_seconds(
    contenders: Mapping[str, Callable[[], Outcome]], rounds: int, outcomes: dict[str, Outcome]
) -> dict[str, list[float]]:
    """Time contenders in turn, round after round, so that a machine's slow minute hits all of them alike.

    Args:
        contenders: what to run, by name.
        rounds: how often.
        outcomes: filled with what each returned last.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, run in contenders.items():
            print(f"round {number + 1} of {rounds}: {name} ...", flush=True)
            started = time.perf_counter()
            outcomes[name] = run()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def median_ratio(slower: list[float], ours: list[float]) -> float:
    """The median over rounds of how many times longer the other took."""
    return statistics.median(other / own for other, own in zip(slower, ours, strict=True))
