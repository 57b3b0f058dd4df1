"""What a run does about evaluation texts among its pairs: looks for them, drops them, and writes down what it did."""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.corpus import evaluation_sets
from equilingua.corpus.columns import fingerprint
from equilingua.corpus.formats import held_out as dev
from equilingua.corpus.leaks import find as leaks
from equilingua.corpus.schema import ParallelCorpus
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from equilingua.corpus.leaks.find import Finding, Progress
    from equilingua.training.data import TrainingData
    from equilingua.training.recipe import Recipe

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contamination:
    """What was found in the pairs of a run.

    Attributes:
        fingerprint: of all pairs, those held out included.
        kept_for_dev: groups that the benchmark `dev` is made of, whatever sets are looked for.
        findings: by evaluation set, in the pairs of the other groups.
        not_checked: for each named evaluation set that was not looked for, why.
    """

    fingerprint: str
    kept_for_dev: tuple[str, ...]
    findings: Mapping[str, tuple[Finding, ...]]
    not_checked: Mapping[str, str]

    @property
    def groups(self) -> list[str]:
        """Groups with a finding, or of `dev`: their pairs are dropped in every language."""
        return sorted({*self.kept_for_dev, *(finding.group for each in self.findings.values() for finding in each)})


def clean(
    data: TrainingData, recipe: Recipe, record: Path, *, resuming: bool, progress: Progress | None = None
) -> TrainingData:
    """Return the pairs of a run without the groups in which evaluation texts were found, and write the record.

    A run that is gone on with drops what it dropped at its start, whatever other sets have come to this machine since.

    Args:
        data: the pairs.
        recipe: says whether to look, and for which sets.
        record: the file for what was checked, found and dropped; evaluation texts are not in it, only their ids.
        resuming: steps have been taken already.
        progress: told the stage, how much more of it is done, and how much there is.

    Raises:
        UsageError: the pairs are not those that the run began with, or there is no such evaluation set.
        DataError: nothing is left, an evaluation set that the recipe names cannot be had, or the record of a resumed
            run is missing or damaged.
    """
    if not recipe.decontaminate.enabled:
        durable.write_json(record, {"enabled": False})
        return data
    if resuming:
        return _as_before(data, record)
    found = search(data, recipe, progress)
    cleaned = apply(data, found.groups)
    durable.write_json(record, describe(data, cleaned, found))
    dropped = len(data.train) - len(cleaned.train)
    if dropped:
        _log.warning(
            "%d training pairs dropped: they hold evaluation texts or are kept for 'dev'; see %s", dropped, record
        )
    return cleaned


def search(data: TrainingData, recipe: Recipe, progress: Progress | None = None) -> Contamination:
    """Look for evaluation texts in the pairs of a run, trained on and held out.

    Without names in the recipe, these are the named sets that are on this machine; one that then cannot be read is
    reported as not checked. Groups that `dev` is made of are found by their names, whatever the recipe says.

    Raises:
        UsageError, DataError: a set that the recipe names does not exist or cannot be had.
    """
    corpus = _all_pairs(data)
    prints, held_out = fingerprint(corpus.table), tuple(dev.held_out(corpus))
    corpus = leaks.without(corpus, held_out)
    chosen = recipe.decontaminate.against
    if chosen is not None:
        return Contamination(prints, held_out, leaks.check(corpus, chosen, progress), {})
    known = evaluation_sets.known_sets([entry.name for entry in recipe.data])
    names, absent = list(known.at_hand), dict(known.absent)
    try:
        findings = leaks.check(corpus, names, progress)
    except DataError as error:
        _log.warning("an evaluation set cannot be read: %s", error)
        findings = {}
        for name in names:
            try:
                findings |= leaks.check(corpus, [name], progress)
            except DataError as reason:
                absent[name] = str(reason)
    return Contamination(prints, held_out, findings, absent)


def apply(data: TrainingData, groups: list[str]) -> TrainingData:
    """Return the pairs of all other groups.

    Raises:
        DataError: none is left to train on.
    """
    train = leaks.without(data.train, groups)
    if not len(train):
        raise DataError(
            f"all {len(data.train)} training pairs hold evaluation texts or are kept for 'dev': train on something "
            "else, or set decontaminate.against to the sets that matter"
        )
    validation = None if data.validation is None else leaks.without(data.validation, groups)
    sources = data.sources
    if sources is not None:
        sources = {name: weight for name, weight in sources.items() if name in train.sources}
    return replace(data, train=train, validation=validation if validation else None, sources=sources)


def describe(data: TrainingData, cleaned: TrainingData, found: Contamination) -> dict[str, Any]:
    """Return the record of a check: counts, the groups dropped, and each finding by ids."""
    return {
        "enabled": True,
        "fingerprint": found.fingerprint,
        "checked": {
            name: {
                "pairs": len({finding.row for finding in each}),
                "kinds": dict(Counter(finding.kind for finding in each)),
                "languages": dict(Counter(finding.language for finding in each)),
            }
            for name, each in found.findings.items()
        },
        "not_checked": dict(found.not_checked),
        "groups_of_dev": len(found.kept_for_dev),
        "dropped": {
            "groups": len(found.groups),
            "training_pairs": len(data.train) - len(cleaned.train),
            "held_out_pairs": _size(data.validation) - _size(cleaned.validation),
        },
        "kept": {"training_pairs": len(cleaned.train), "held_out_pairs": _size(cleaned.validation)},
        "dropped_groups": found.groups,
        "findings": [
            {
                "group": finding.group,
                "language": finding.language,
                "side": finding.side,
                "benchmark": name,
                "role": finding.item_role,
                "id": finding.item_id,
                "item_language": finding.item_language,
                "kind": finding.kind,
                "similarity": finding.similarity,
            }
            for name, each in found.findings.items()
            for finding in each
        ],
    }


def _as_before(data: TrainingData, record: Path) -> TrainingData:
    try:
        before = json.loads(record.read_text("utf-8"))
        dropped, prints = before["dropped_groups"], before["fingerprint"]
    except FileNotFoundError:
        raise DataError(
            f"{record}: is missing, and says which pairs the run dropped: put it back, or start a new run"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise durable.unusable(record, error, "put it back as it was, or start a new run") from error
    if prints != fingerprint(_all_pairs(data).table):
        raise UsageError(f"{record.parent}: the pairs have changed since the run began: start a new run")
    return apply(data, dropped)


def _all_pairs(data: TrainingData) -> ParallelCorpus:
    parts = [data.train] if data.validation is None else [data.train, data.validation]
    return ParallelCorpus.concat(parts, shared_groups=True)


def _size(corpus: ParallelCorpus | None) -> int:
    return 0 if corpus is None else len(corpus)
