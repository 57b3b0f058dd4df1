"""What lies in the results folder for claims to be held against: studies with their runs, and single evaluations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError
from equilingua.report import comparison, evaluations
from equilingua.study.analysis.record import declared
from equilingua.study.ledger import Entry, Ledger
from equilingua.study.report.write import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from equilingua.report.evaluations import Evaluation
    from equilingua.study.definition import Study


@dataclass(frozen=True, eq=False)
class Finding:
    """A hypothesis of a study, as judged.

    Attributes:
        study: its name.
        file: that it stands in, seen from the results folder.
        record: statement, verdict, words, interval and the rest; see `tables.to_json`.
    """

    study: str
    file: str
    record: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """One of `verdict.VERDICTS`."""
        return str(self.record["verdict"])


@dataclass(frozen=True, eq=False)
class Measured:
    """One result file.

    Attributes:
        label: a short name of what was measured.
        file: seen from the results folder.
        evaluation: its figures.
    """

    label: str
    file: str
    evaluation: Evaluation


@dataclass(frozen=True, eq=False)
class StudyEvidence:
    """What a study left.

    Attributes:
        name: of the study.
        file: of its judged hypotheses, seen from the results folder.
        declaration: of the study as it was run.
        findings: its judged hypotheses; none before its first report.
        runs: that are done.
    """

    name: str
    file: str
    declaration: Study
    findings: tuple[Finding, ...]
    runs: tuple[Entry, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything in a results folder that a claim may rest on.

    Attributes:
        root: the folder.
        studies: by name.
        measured: every result file, those of single evaluations first.
    """

    root: Path
    studies: tuple[StudyEvidence, ...]
    measured: tuple[Measured, ...]

    def findings(self, claim: int) -> list[Finding]:
        """Return the judged hypotheses that were declared to bear on a claim."""
        return [one for study in self.studies for one in study.findings if claim in one.record["claims"]]

    @cached_property
    def trained(self) -> list[tuple[StudyEvidence, Entry]]:
        """The finished runs that trained an encoder, with their study."""
        return [(study, run) for study in self.studies for run in study.runs if run.plan.get("recipe")]

    def single(self, benchmark: str) -> dict[str, Measured]:
        """Return the encoders of single evaluations on a benchmark, by their short names."""
        found = [one for one in self.measured if one.file.startswith("evaluations/")]
        return {one.label: one for one in found if benchmark in one.evaluation.results}


def read(root: Path) -> Evidence:
    """Read a results folder; what is missing is simply not there.

    Raises:
        DataError: a file is damaged; the message names it.
    """
    studies = tuple(_study(path.parent, root) for path in sorted(root.glob("studies/*/study.yaml")))
    paths = [*sorted(root.glob("evaluations/*.json")), *sorted(root.glob("studies/*/evaluations/*.json"))]
    return Evidence(root, studies, tuple(_measured(path, root) for path in paths))


def _study(folder: Path, root: Path) -> StudyEvidence:
    declaration = declared(folder / "study.yaml")
    name, file = declaration.name, _seen(folder / RECORD, root)
    findings = tuple(Finding(name, file, one) for one in _judged(folder / RECORD))
    ledger = Ledger(folder / "ledger")
    entries = [ledger.read(path.stem) for path in sorted(ledger.folder.glob("*.json"))]
    runs = tuple(entry for entry in entries if entry is not None and entry.state == "done")
    return StudyEvidence(name, file, declaration, findings, runs)


def _judged(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        hypotheses = json.loads(path.read_text(encoding="utf-8"))["hypotheses"]
        judged = [dict(one) for one in hypotheses]
        for one in judged:
            _ = one["verdict"], one["claims"], one["words"], one["statement"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = f"key {error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read ({told}): equilingua study report {path.parent.name}") from None
    return judged


def _measured(path: Path, root: Path) -> Measured:
    evaluation = evaluations.parse(evaluations.read(path), str(path))
    return Measured(comparison.labels([evaluation])[0], _seen(path, root), evaluation)


def _seen(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
