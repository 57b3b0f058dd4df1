"""Two encoders on the same benchmark, side by side, with paired tests."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import provenance
from equilingua.errors import DataError
from equilingua.evaluation import significance
from equilingua.evaluation.settings import SETTINGS

if TYPE_CHECKING:
    from equilingua.evaluation.results import Evaluation, Result

SCHEMA = 1
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of two encoders.

    Attributes:
        setting: "monolingual", "cross_lingual", "multilingual" or "bias".
        figure: "map" or "rank_distance".
        a: figure of the first encoder.
        b: figure of the second.
        difference: a − b.
        low: lower end of the 95 % confidence interval of the difference.
        high: upper end.
        p: two-sided p-value.
        verdict: of the first encoder: "win", "loss", or "tie" where the difference may be chance.
    """

    setting: str
    figure: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    verdict: str


def compare_results(a: Result, b: Result, *, resamples: int = 9999, seed: int = 0) -> list[Comparison]:
    """Compare two encoders' results: mAP in each setting that the benchmark has, and rank distance.

    Args:
        a: of the first encoder.
        b: of the second, on the same benchmark.
        resamples: of each test.
        seed: makes the outcome repeatable.

    Raises:
        DataError: the results are of different questions, or of fewer than two groups.
    """
    rows = [(setting, "map", a.settings[setting], b.settings[setting], True) for setting in SETTINGS]
    rows.append(("bias", "rank_distance", a.bias, b.bias, False))
    compared = []
    for setting, figure, ours, theirs, higher_is_better in rows:
        if not (np.array_equal(ours.question, theirs.question) and np.array_equal(ours.part, theirs.part)):
            raise DataError(f"benchmark '{a.benchmark.name}': the two results are of different questions or languages")
        if not len(ours.question):
            continue
        group = a.benchmark.query_group[ours.question].astype(np.int64)
        differences = significance.group_differences(ours.values[figure] - theirs.values[figure], ours.part, group)
        estimate = significance.paired(differences, resamples=resamples, seed=seed)
        verdict = _verdict(estimate, higher_is_better=higher_is_better)
        compared.append(
            Comparison(setting, figure, ours.mean()[figure], theirs.mean()[figure], **asdict(estimate), verdict=verdict)
        )
    return compared


def to_json(
    a: Evaluation, b: Evaluation, compared: dict[str, list[Comparison]], *, resamples: int, seed: int
) -> dict[str, Any]:
    """Return the record that `equilingua compare --json` writes; `compared` is by the benchmark's name."""
    return {
        "schema": SCHEMA,
        "a": a.encoder,
        "b": b.encoder,
        "test": {"unit": "group", "resamples": resamples, "seed": seed, "confidence": 0.95, "significant": SIGNIFICANT},
        "results": {name: [asdict(row) for row in rows] for name, rows in compared.items()},
        "versions": provenance.versions(),
    }


def _verdict(estimate: significance.Estimate, *, higher_is_better: bool) -> str:
    if estimate.p >= SIGNIFICANT:
        return "tie"
    return "win" if (estimate.difference > 0) == higher_is_better else "loss"
