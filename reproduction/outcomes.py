"""How a claim comes out: by the hypotheses that were declared to bear on it, or, undecided, by single evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.report import numerals
from equilingua.study import measures as named
from equilingua.study import verdict
from equilingua.study.measures import Measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reproduction.evidence import Evidence, Finding, Measured

HELD, NOT_HELD, UNDECIDED = "held", "not held", "undecided"
NOT_TESTABLE, NOT_RUN = "not testable here", "not run yet"
OUTCOMES = (HELD, NOT_HELD, UNDECIDED, NOT_TESTABLE, NOT_RUN)
# How many hypotheses of a claim are told in full.
_IN_FULL = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found about a claim; see `claims.ClaimVerdict`."""

    outcome: str
    figure: str
    interval: str = ""
    files: tuple[str, ...] = ()


def of_findings(evidence: Evidence, claim: int) -> Judged | None:
    """Combine a claim's hypotheses: held if all are supported, not held if one is contradicted; None: none declared."""
    findings = evidence.findings(claim)
    if not findings or all(one.verdict == verdict.NOT_RUN for one in findings):
        return None
    outcomes = {one.verdict for one in findings}
    outcome = UNDECIDED
    if outcomes == {verdict.SUPPORTED}:
        outcome = HELD
    elif verdict.CONTRADICTED in outcomes:
        outcome = NOT_HELD
    return Judged(outcome, _told(findings), _intervals(findings), tuple(dict.fromkeys(one.file for one in findings)))


def _told(findings: Sequence[Finding]) -> str:
    """Say how many hypotheses came out which way: a few in full, of many those that were not supported."""
    if len(findings) <= _IN_FULL:
        return " ".join(f"{_short(one)}: {one.verdict} ({one.record['words'].rstrip('.')})." for one in findings)
    supported = sum(one.verdict == verdict.SUPPORTED for one in findings)
    parts = [f"{supported} of {len(findings)} hypotheses supported"]
    for outcome in (verdict.CONTRADICTED, verdict.UNDECIDED, verdict.NOT_RUN):
        own = [_short(one) for one in findings if one.verdict == outcome]
        if own:
            parts.append(f"{outcome}: {'; '.join(own)}")
    return f"{'. '.join(part[:1].upper() + part[1:] for part in parts)}."


def _intervals(findings: Sequence[Finding]) -> str:
    tested = [one.record for one in findings if one.record.get("difference")]
    if len(tested) == 1:
        return str(tested[0]["difference"])
    return "; ".join(
        f"{one['better']['point']} \N{MINUS SIGN} {one['worse']['point']}, {one['benchmark']}, "
        f"{named.title(Measure(one['setting'], one['metric']))}: {one['difference']}"
        for one in tested
    )


def one_seed(evidence: Evidence, setting: str, signs: Mapping[str, int]) -> Judged:
    """Show single evaluations on XQuAD-R: without seeds and tests they decide nothing.

    Args:
        evidence: of the results folder.
        setting: to show mAP of, or "bias" for rank distance.
        signs: encoders; the first is claimed to have more than each other (1), or less (−1).
    """
    found = evidence.single("xquad-r")
    names = list(signs)
    if any(name not in found for name in names):
        return Judged(NOT_RUN, "No study has tested it.")
    values = {name: value_of(found[name], setting) for name in names}
    write = numerals.ranks if setting == "bias" else numerals.score
    first, *others = names
    speaks = all(signs[first] * (values[first] - values[other]) > 0 for other in others)
    shown = ", ".join(f"{write(values[name])} {name}" for name in names)
    what = "rank distance" if setting == "bias" else f"{setting.replace('_', '-')} mAP"
    figure = f"One seed, no test: {what} on xquad-r {shown}; as it stands, {'for' if speaks else 'against'} the claim."
    return Judged(UNDECIDED, figure, "", tuple(found[name].file for name in names))


def value_of(measured: Measured, setting: str) -> float:
    """Return mAP in a setting on XQuAD-R, or rank distance for "bias"."""
    result = measured.evaluation.results["xquad-r"]
    return result.bias.rank_distance if setting == "bias" else result.settings[setting]["map"]


def _short(finding: Finding) -> str:
    return str(finding.record["statement"]).rstrip(".")
