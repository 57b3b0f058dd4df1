"""How much there is to do before it is begun: runs, and the hours that they are likely to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from equilingua.study.definition import Study
    from equilingua.study.grid import Run
    from equilingua.study.ledger import Entry

MANY = 36
"""More runs than these are not begun unasked."""
# A contender whose encoder another one has is measured from cached vectors.
_CACHED = 0.1
# What studies declare of their cost is of so many cores.
_CORES = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left of a study.

    Attributes:
        runs: all of it.
        left: ids of the runs to begin or go on with.
        failed: ids of those that failed and are not retried.
        seconds: estimate for the ones left, one after the other on two cores.
        measured: whether the estimate follows finished runs of this study, and not only its `cost`.
    """

    runs: int
    left: tuple[str, ...]
    failed: tuple[str, ...]
    seconds: float
    measured: bool

    @property
    def hours(self) -> float:
        """The estimate in hours."""
        return self.seconds / 3600


def plan(study: Study, runs: Sequence[Run], entries: Mapping[str, Entry], *, retry_failed: bool = False) -> Plan:
    """Say what is left, and how long it is likely to take.

    Finished runs correct the estimate: by the ratio of what they took to what was expected of them.
    """
    failed = tuple(run.id for run in runs if entries[run.id].state == "failed")
    left = [
        run
        for run in runs
        if entries[run.id].state != "done" and (retry_failed or entries[run.id].state != "failed")
    ]  # fmt: skip
    expected = _expected(study, runs)
    finished = [run.id for run in runs if entries[run.id].state == "done"]
    taken = sum(entries[name].core_seconds for name in finished) / _CORES
    foreseen = sum(expected[name] for name in finished)
    pace = taken / foreseen if taken and foreseen else 1.0
    return Plan(
        runs=len(runs),
        left=tuple(run.id for run in left),
        failed=() if retry_failed else failed,
        seconds=pace * sum(max(0.0, expected[run.id] - entries[run.id].core_seconds / _CORES / pace) for run in left),
        measured=bool(taken and foreseen),
    )


def _expected(study: Study, runs: Sequence[Run]) -> dict[str, float]:
    """Return the seconds that each run is expected to take."""
    seconds = {}
    encoded: set[str] = set()
    for run in runs:
        measuring = sum(one.cost for one in run.sets)
        if run.recipe is None:
            assert run.point.contender is not None
            encoder = run.point.contender.encoder
            seconds[run.id] = study.cost.start + measuring * (_CACHED if encoder in encoded else 1.0)
            encoded.add(encoder)
        else:
            pairs = run.recipe.optim.steps * run.recipe.batches.size
            seconds[run.id] = study.cost.start + pairs * study.cost.pair + measuring
    return seconds
