"""The ten published claims, each held against the files in the results folder, and written as a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.terminal import say
from reproduction import checks, evidence
from reproduction.outcomes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reproduction.checks import Check

SCHEMA = 1
# Elmahdy, Lin and Ahmad (arXiv 2408.10536): number → what is claimed, and what decides it here.
CLAIMS: Mapping[int, tuple[str, Check]] = {
    1: (
        f"Training mixes monolingual and cross-lingual question-answer batches, balanced ({checks.ALPHA} = 0.5).",
        checks.balanced_batches,
    ),
    2: ("Evaluation is on XQuAD-R, MLQA-R and MIRACL.", checks.benchmarks),
    3: ("XQuAD-R is parallel in 11 languages, MLQA-R in 7.", checks.parallel),
    4: (
        "Evaluation sets are entirely separate from training sets: no item of any split was seen.",
        checks.zero_shot,
    ),
    5: (
        "mAP is macro-averaged over 110 (42) cross-lingual language pairs and 11 (7) languages.",
        checks.macro_averages,
    ),
    6: ("Hybrid batches are best in the multilingual setting.", checks.best_in_the_pool),
    7: (
        "Hybrid batches beat both baselines whatever the initial encoder (XLM-R, LaBSE).",
        checks.whatever_the_encoder,
    ),
    8: ("Hybrid batches reduce language bias substantially against monolingual training.", checks.less_bias),
    9: (
        "One model is strong in all three settings at once, zero-shot, across diverse languages.",
        checks.strong_everywhere,
    ),
    10: (
        "Machine translation generates the parallel pairs, low-resource languages included.",
        checks.translated,
    ),
}


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """A claim judged.

    Attributes:
        number: of the claim.
        claim: what it says.
        outcome: "held", "not held", "undecided", "not testable here" or "not run yet".
        figure: what was found.
        interval: of the figure; empty where there is none.
        files: that it comes from, seen from the results folder.
    """

    number: int
    claim: str
    outcome: str
    figure: str
    interval: str
    files: tuple[str, ...]

    @property
    def line(self) -> str:
        """All of it in one line."""
        interval = f" {self.interval}" if self.interval else ""
        return f"{self.number}. {self.outcome}: {self.claim} {self.figure}{interval}"


def judge(results: Path) -> list[ClaimVerdict]:
    """Hold each claim against what is in the results folder.

    Raises:
        DataError: a result file is damaged; the message names it.
    """
    found = evidence.read(results)
    verdicts = []
    for number, (claim, check) in CLAIMS.items():
        judged = check(found)
        verdicts.append(ClaimVerdict(number, claim, judged.outcome, judged.figure, judged.interval, judged.files))
    return verdicts


def markdown(verdicts: Sequence[ClaimVerdict]) -> str:
    """Return the claims as a Markdown page."""
    counted = {outcome: sum(one.outcome == outcome for one in verdicts) for outcome in OUTCOMES}
    lines = [
        "# The published claims, held against results",
        "",
        "Written by `python -m reproduction.claims` from the files in the last column; no verdict is typed by hand.",
        "Claims: Elmahdy, Lin and Ahmad (arXiv 2408.10536). *Held* and *not held* rest on declared hypotheses, tested",
        "over seeds and groups of questions, or on counting; *undecided* is what was tested without a clear outcome,",
        "or figures of one seed without a test; see [docs/studies.md](../docs/studies.md).",
        "",
        f"Of {len(verdicts)}: {', '.join(f'{number} {outcome}' for outcome, number in counted.items() if number)}.",
        "",
        "| | claim | verdict | figure | interval | from |",
        "|---:|---|---|---|---|---|",
    ]
    for one in verdicts:
        files = "<br>".join(f"[{name}]({name})" for name in one.files)
        cells = [str(one.number), _md(one.claim), f"**{one.outcome}**", _md(one.figure), _md(one.interval), files]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def to_json(verdicts: Sequence[ClaimVerdict]) -> dict[str, Any]:
    """Return the claims as a record."""
    return {"schema": SCHEMA, "claims": [asdict(one) for one in verdicts]}


def _md(text: str) -> str:
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_|[]<>" else sign for sign in flat)


def main() -> None:
    """Write `results/claims.md`, and the same as JSON where `--json FILE` says."""
    import argparse

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="the results folder")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    found = judge(chosen.results)
    durable.write_text(chosen.results / "claims.md", markdown(found))
    if chosen.json is not None:
        durable.write_json(chosen.json, to_json(found))
    for one in found:
        say(one.line)


if __name__ == "__main__":
    main()
