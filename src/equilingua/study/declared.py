"""Read the declaration of a study as it was run: question, seeds, hypotheses, comparisons and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from equilingua.errors import DataError, UsageError
from equilingua.study.contrasts import Comparison, Figure, Hypothesis
from equilingua.study.measures import Measure, measure

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a study was to find out, and how.

    Attributes:
        name: of the study.
        title: above its page.
        question: that it answers.
        seeds: that every trained point shall have.
        hypotheses: that it tests.
        comparisons: that it tests besides.
        figures: that it draws.
        limits: what it cannot show.
        recipe: the base recipe and what all points change in it.
        text: the file.
    """

    name: str
    title: str
    question: str
    seeds: tuple[int, ...]
    hypotheses: tuple[Hypothesis, ...]
    comparisons: tuple[Comparison, ...]
    figures: tuple[Figure, ...]
    limits: tuple[str, ...]
    recipe: Mapping[str, Any]
    text: str


def read(path: Path) -> Declaration:
    """Read `study.yaml`.

    Raises:
        DataError: it is missing, no YAML, or lacks a key; the message names it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        record = yaml.safe_load(text)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): run the study first") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: is not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(record, Mapping):
        raise DataError(f"{path}: has no keys: it is no study as it was run")
    try:
        return Declaration(
            name=str(record["name"]),
            title=str(record.get("title") or record["name"]),
            question=str(record["question"]),
            seeds=tuple(int(seed) for seed in record["seeds"]),
            hypotheses=tuple(_hypothesis(entry) for entry in record.get("hypotheses") or ()),
            comparisons=tuple(_comparison(entry, record) for entry in record.get("comparisons") or ()),
            figures=tuple(_figure(entry) for entry in record.get("figures") or ()),
            limits=tuple(map(str, record.get("limits") or ())),
            recipe={key: record[key] for key in ("recipe", "changes", "overrides") if record.get(key)},
            text=text,
        )
    except KeyError as error:
        raise DataError(f"{path}: {error.args[0]}: is missing: a study as it was run has it") from None
    except (UsageError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: {error}") from None


def _hypothesis(entry: Mapping[str, Any]) -> Hypothesis:
    measured = measure(entry["setting"], entry["metric"])
    direction = entry.get("direction")
    higher = measured.higher_is_better is not False if direction is None else direction == "higher"
    return Hypothesis(
        statement=str(entry["statement"]),
        benchmark=str(entry["benchmark"]),
        measure=measured,
        better=str(entry["better"]),
        worse=str(entry["worse"]),
        higher=higher,
        margin=float(entry.get("margin") or 0.0),
        relative_margin=float(entry.get("relative_margin") or 0.0),
        parts=_names(entry.get("parts") or entry.get("part")),
        claims=tuple(int(number) for number in entry.get("claims") or ()),
    )


def _comparison(entry: Mapping[str, Any], record: Mapping[str, Any]) -> Comparison:
    chosen = entry.get("measures") or record.get("measures") or ()
    return Comparison(
        first=str(entry["first"]),
        others=_names(entry["others"]),
        benchmarks=_names(entry.get("benchmarks")),
        measures=tuple(_measure(one) for one in chosen),
    )


def _figure(entry: Mapping[str, Any]) -> Figure:
    return Figure(
        kind=str(entry["kind"]),
        title=str(entry["title"]),
        benchmark=str(entry["benchmark"]),
        measures=tuple(_measure(one) for one in entry["measures"]),
        x=entry.get("x"),
        by=entry.get("by"),
        points=_names(entry.get("points")),
    )


def _measure(value: object) -> Measure:
    """Return the measure that is written as SETTING/METRIC."""
    setting, _, metric = str(value).partition("/")
    return measure(setting, metric)


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else (str(value),)
