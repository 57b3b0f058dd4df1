"""What decides each of the ten published claims: pure functions of the evidence in a results folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.plan import CROSS_LINGUAL, MONOLINGUAL, BatchPlan
from equilingua.batching.sampler import Timeline
from equilingua.evaluation.benchmarks import by_name
from equilingua.evaluation.settings import SETTINGS
from equilingua.report import numerals
from equilingua.study.definition import VALIDATION
from reproduction.outcomes import (
    HELD,
    NOT_HELD,
    NOT_RUN,
    NOT_TESTABLE,
    UNDECIDED,
    Judged,
    of_findings,
    one_seed,
    value_of,
)

if TYPE_CHECKING:
    from equilingua.evaluation.record import ResultRecord
    from equilingua.study.ledger import Entry
    from reproduction.evidence import Evidence, Measured, StudyEvidence

ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
# Languages of the parallel sets, as published.
LANGUAGES = {"xquad-r": 11, "mlqa-r": 7}
_ENCODERS = ("XLM-R", "LaBSE")
# A macro-average that is computed again may differ by rounding alone: of questions, to 32 bits.
_ROUNDING = 1e-6


Check = Callable[["Evidence"], Judged]


def balanced_batches(evidence: Evidence) -> Judged:
    """Count the batches of each kind that the finished hybrid runs with α = 0.5 have drawn.

    Balanced means that the share's 95 % interval (Wilson) holds one half.
    """
    from scipy.stats import binomtest

    drawn: Counter[str] = Counter()
    files: dict[str, None] = {}
    for study, run in evidence.trained:
        batches = run.plan["recipe"]["batches"]
        if batches["strategy"] == "hybrid" and batches["alpha"] == 0.5:
            drawn.update(_kinds(run))
            files[f"studies/{study.name}/ledger.jsonl"] = None
    total = sum(drawn.values())
    if not total:
        return Judged(NOT_RUN, f"No study has finished a hybrid run with {ALPHA} = 0.5.")
    interval = binomtest(drawn[MONOLINGUAL], total).proportion_ci(method="wilson")
    figure = f"{drawn[MONOLINGUAL]:,} of {total:,} batches monolingual ({numerals.share(drawn[MONOLINGUAL] / total)})."
    outcome = HELD if interval.low <= 0.5 <= interval.high else NOT_HELD
    return Judged(outcome, figure, f"[{numerals.share(interval.low)}, {numerals.share(interval.high)}]", tuple(files))


def benchmarks(evidence: Evidence) -> Judged:
    """Look which of the three sets anything was measured on."""
    counted = {
        name: [one.file for one in evidence.averages if one.setting == "monolingual" and _set(one.benchmark) == name]
        for name in ("xquad-r", "mlqa-r", "miracl")
    }
    figure = ", ".join(
        f"{name}: {len(files)} result{'' if len(files) == 1 else 's'}" for name, files in counted.items()
    )
    files = tuple(own[0] for own in counted.values() if own)
    if all(counted.values()):
        return Judged(HELD, f"{figure}.", files=files)
    if counted["xquad-r"] and counted["mlqa-r"]:
        return Judged(NOT_TESTABLE, f"{figure}. MIRACL's passages cannot be had without network access.", files=files)
    return Judged(NOT_RUN, f"{figure}.", files=files)


def parallel(evidence: Evidence) -> Judged:
    """Count languages, and the ordered pairs of languages that share questions."""
    told, files, right = [], [], True
    for name, languages in LANGUAGES.items():
        found = _whole(evidence, name)
        if found is None:
            return Judged(NOT_RUN, f"Nothing was measured on {name}.")
        measured, result = found
        asked = [one.questions for one in result.counts.by_language.values()]
        pairs = len(result.cross_lingual.by_pair)
        right &= len(asked) == languages and pairs == languages * (languages - 1)
        each = f"{asked[0]:,}" if len(set(asked)) == 1 else f"{min(asked):,} to {max(asked):,}"
        whole = "all" if len(set(asked)) == 1 else "parallel in part:"
        told.append(f"{name}: {len(asked)} languages, {pairs} ordered pairs, {whole} {each} questions each")
        files.append(measured.file)
    return Judged(HELD if right else NOT_HELD, f"{'; '.join(told)}.", files=tuple(files))


def zero_shot(evidence: Evidence) -> Judged:
    """Look whether every set that a finished run was measured on was looked for among its pairs, and what was found."""
    checked = [(study, run, (run.trained or {}).get("decontamination")) for study, run in evidence.trained]
    recorded = [(study, run, record) for study, run, record in checked if record is not None]
    if not recorded:
        return Judged(NOT_RUN, "No finished run of a study has a record of what was looked for.")
    files = tuple(dict.fromkeys(f"studies/{study.name}/ledger.jsonl" for study, _, _ in recorded))
    off = [run.run for _, run, record in recorded if not record.get("enabled")]
    if off:
        return Judged(
            NOT_HELD, f"{len(off)} of {len(recorded)} runs were trained without looking, as {off[0]}.", "", files
        )
    unseen = sorted({name for _, run, record in recorded for name in _read_sets(run) - set(record.get("checked", {}))})
    if unseen:
        return Judged(UNDECIDED, f"Not looked for in all runs: {', '.join(unseen)}.", "", files)
    dropped = sum(record.get("dropped", {}).get("training_pairs", 0) for _, _, record in recorded)
    kept = sum(record.get("kept", {}).get("training_pairs", 0) for _, _, record in recorded)
    names = sorted({name for _, _, record in recorded for name in record.get("checked", {})})
    figure = f"{len(recorded)} runs, {len(names)} sets looked for: {dropped:,} pairs dropped, {kept:,} trained on, "
    return Judged(HELD, f"{figure}none of them with an item that was found.", "", files)


def macro_averages(evidence: Evidence) -> Judged:
    """Compute every macro-averaged mAP again from its parts, and count the parts."""
    worst, files, wrong = 0.0, [], []
    for one in evidence.averages:
        if one.benchmark not in LANGUAGES or one.setting == "multilingual":
            continue
        languages = LANGUAGES[one.benchmark]
        parts = languages if one.setting == "monolingual" else languages * (languages - 1)
        if one.setting == "monolingual":
            files.append(one.file)
        worst = max(worst, abs(sum(one.parts) / max(len(one.parts), 1) - one.mean))
        if len(one.parts) != parts:
            wrong.append(f"{one.file}: {len(one.parts)} parts in place of {parts}")
    if not files:
        return Judged(NOT_RUN, "Nothing was measured on xquad-r or mlqa-r.")
    if wrong or worst > _ROUNDING:
        return Judged(
            NOT_HELD, f"{'; '.join(wrong[:2]) or 'All parts are there'}; largest gap {worst:.1g}.", "", (files[0],)
        )
    figure = f"{len(files)} results computed again from 110 (42) pairs and 11 (7) languages: largest gap {worst:.0e}."
    return Judged(HELD, figure, "", tuple(dict.fromkeys(files))[:2])


def best_in_the_pool(evidence: Evidence) -> Judged:
    """Combine the hypotheses that bear on it; without any, show the single evaluations."""
    return of_findings(evidence, 6) or one_seed(
        evidence, "multilingual", {"hybrid": 1, "monolingual": -1, "cross-lingual": -1}
    )


def whatever_the_encoder(evidence: Evidence) -> Judged:
    """Combine the hypotheses that bear on it; it can be held only where both encoders were trained."""
    judged = of_findings(evidence, 7)
    bases = sorted({str(run.plan["recipe"]["encoder"]["base"]) for _, run in evidence.trained})
    both = all(any(_plain(name) in _plain(base) for base in bases) for name in _ENCODERS)
    if judged is None:
        single = one_seed(evidence, "multilingual", {"hybrid": 1, "monolingual": -1, "cross-lingual": -1})
        reason = "Weights of XLM-R and LaBSE cannot be had without network access. Another encoder:"
        return Judged(NOT_TESTABLE, f"{reason} {single.figure}", "", single.files)
    if judged.outcome == NOT_HELD or both:
        return judged
    reason = f"Trained here: {', '.join(bases) or 'no encoder'}, neither XLM-R nor LaBSE; there: {judged.outcome}."
    return Judged(NOT_TESTABLE, f"{reason} {judged.figure}", judged.interval, judged.files)


def less_bias(evidence: Evidence) -> Judged:
    """Combine the hypotheses that bear on it, whose margins say what "substantially" is."""
    return of_findings(evidence, 8) or one_seed(evidence, "bias", {"hybrid": -1, "monolingual": 1})


def strong_everywhere(evidence: Evidence) -> Judged:
    """Combine the hypotheses that bear on it: quality kept in one language, and gained across languages."""
    judged = of_findings(evidence, 9)
    found = evidence.single("xquad-r")
    if judged or any(name not in found for name in ("hybrid", "embedded:base")):
        return judged or Judged(NOT_RUN, "No study has tested it.")
    shown = [
        f"{setting.replace('_', '-')} {numerals.score(value_of(found['hybrid'], setting))} against "
        f"{numerals.score(value_of(found['embedded:base'], setting))}"
        for setting in SETTINGS
    ]
    figure = f"One seed, no test: mAP on xquad-r with hybrid against the untrained encoder, {', '.join(shown)}."
    return Judged(UNDECIDED, figure, "", (found["hybrid"].file, found["embedded:base"].file))


def translated(evidence: Evidence) -> Judged:
    """Look which finished runs were trained on pairs that a study's preparation translated by machine."""
    languages: dict[str, None] = {}
    files: dict[str, None] = {}
    for study, run in evidence.trained:
        for name, codes in _translations(study).items():
            if any(str(entry["name"]) == name for entry in run.plan["recipe"]["data"]):
                languages |= dict.fromkeys(codes)
                files[study.file] = None
    judged = of_findings(evidence, 10)
    effect = f" {judged.figure}" if judged else ""
    if not languages:
        return Judged(NOT_RUN, f"No study has finished a run on pairs translated by machine.{effect}")
    figure = f"Trained on pairs translated by machine into {', '.join(languages)}.{effect}"
    return Judged(HELD, figure, judged.interval if judged else "", tuple(files))


def _kinds(run: Entry) -> dict[str, int]:
    """Return how many batches of each kind a hybrid run has drawn: a pure function of its plan, seed and steps."""
    recipe, steps = run.plan["recipe"], int((run.trained or {}).get("steps", 0))
    batches = recipe["batches"]
    plan = BatchPlan("hybrid", int(batches["size"]), alpha=batches["alpha"], steps=recipe["optim"]["steps"])
    counts = Timeline(plan, {MONOLINGUAL: np.ones(1), CROSS_LINGUAL: np.ones(1)}, int(recipe["seed"])).counts(steps)
    return {MONOLINGUAL: int(counts[0]), CROSS_LINGUAL: int(counts[1])}


def _read_sets(run: Entry) -> set[str]:
    """Return the sets that a run was measured on, but for its own held-out pairs."""
    sets = run.plan.get("sets", {})
    names = {str(sets.get(label, {}).get("set", _set(label))) for label in run.read}
    return {by_name.documents_of(name) or name for name in names if name != VALIDATION}


def _translations(study: StudyEvidence) -> dict[str, list[str]]:
    """Return file → languages of the pairs that a study's preparations translate."""
    made: dict[str, list[str]] = {}
    for step in study.declaration.prepare:
        command = step.command or []
        if command[:2] == ["data", "translate"] and "--to" in command[:-1]:
            codes = command[command.index("--to") + 1].split(",")
            made |= dict.fromkeys(step.makes, codes)
    return made


def _whole(evidence: Evidence, name: str) -> tuple[Measured, ResultRecord] | None:
    """Return a result on a whole set: the one with most questions."""
    found = [(one, one.evaluation.results[name]) for one in evidence.measured if name in one.evaluation.results]
    return max(found, key=lambda pair: pair[1].counts.questions, default=None)


def _set(label: str) -> str:
    """Return the set behind an evaluation's label: "xquad-r@0.25" is a part of it, "miracl:sw" a language."""
    return label.partition("@")[0].partition(":")[0]


def _plain(name: str) -> str:
    return (
        "".join(sign for sign in name.lower() if sign.isalnum())
        .replace("robertabase", "r")
        .replace("xlmroberta", "xlmr")
    )
