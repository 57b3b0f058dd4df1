"""What lies in the results folder for claims to be held against: studies with their runs, and single evaluations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError
from equilingua.evaluation.record import EvaluationRecord
from equilingua.report import side_by_side
from equilingua.study.ledger import Entry, Ledger
from equilingua.study.record import FIGURES, declared
from equilingua.study.record import read as read_study
from equilingua.study.report.write import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
    evaluation: EvaluationRecord


@dataclass(frozen=True, slots=True)
class Average:
    """A macro-averaged mAP.

    Attributes:
        file: seen from the results folder.
        benchmark: its name.
        setting: "monolingual", "cross_lingual" or "multilingual".
        mean: as it was kept.
        parts: mAP of each language or ordered pair.
    """

    file: str
    benchmark: str
    setting: str
    mean: float
    parts: tuple[float, ...]


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
        measured: result files of single evaluations.
        averages: every macro-averaged mAP with its parts, of single evaluations and of studies' runs.
    """

    root: Path
    studies: tuple[StudyEvidence, ...]
    measured: tuple[Measured, ...]
    averages: tuple[Average, ...]

    def findings(self, claim: int) -> list[Finding]:
        """Return the judged hypotheses that were declared to bear on a claim."""
        return [one for study in self.studies for one in study.findings if claim in one.record["claims"]]

    @cached_property
    def trained(self) -> list[tuple[StudyEvidence, Entry]]:
        """The finished runs that trained an encoder, with their study."""
        return [(study, run) for study in self.studies for run in study.runs if run.plan.get("recipe")]

    def single(self, benchmark: str) -> dict[str, Measured]:
        """Return the encoders of single evaluations on a benchmark, by their short names."""
        return {one.label: one for one in self.measured if benchmark in one.evaluation.results}


def read(root: Path) -> Evidence:
    """Read a results folder; what is missing is simply not there.

    Raises:
        DataError: a file is damaged; the message names it.
    """
    studies = tuple(_study(path.parent, root) for path in sorted(root.glob("studies/*/study.yaml")))
    measured = tuple(_measured(path, root) for path in sorted(root.glob("evaluations/*.json")))
    averages = [
        Average(one.file, name, setting, own["map"], tuple(scores["map"] for scores in own.parts.values()))
        for one in measured
        for name, result in one.evaluation.results.items()
        for setting, own in result.settings.items()
    ]
    for path in sorted(root.glob("studies/*/study.yaml")):
        averages += _averages(path.parent, root)
    return Evidence(root, studies, measured, tuple(averages))


def _averages(folder: Path, root: Path) -> list[Average]:
    study = read_study(folder)
    file = _seen(folder / FIGURES, root)
    return [
        Average(file, benchmark, measure.setting, value, tuple(parts.values()))
        for (run, benchmark, measure), parts in study.by_part.items()
        if measure.metric == "map" and (value := study.values.get((run, benchmark, measure))) is not None
    ]


def _study(folder: Path, root: Path) -> StudyEvidence:
    declaration = declared(folder / "study.yaml")
    name, file = declaration.name, _seen(folder / RECORD, root)
    findings = tuple(Finding(name, file, one) for one in _judged(folder / RECORD))
    runs = tuple(entry for entry in Ledger.kept(folder).values() if entry.state == "done")
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
    evaluation = EvaluationRecord.read(path)
    return Measured(side_by_side.labels([evaluation])[0], _seen(path, root), evaluation)


def _seen(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
