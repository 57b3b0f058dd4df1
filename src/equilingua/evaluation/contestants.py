"""What `equilingua compare` is asked to compare: encoders, with a method behind a plus, and recipes by their runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.errors import UsageError
from equilingua.evaluation.posthoc import catalogue as posthocs

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Run:
    """One encoder to measure."""

    encoder: str
    posthoc: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One contestant, under the name that results give it."""

    name: str
    runs: tuple[Run, ...]


def parse(texts: Sequence[str]) -> list[Asked]:
    """Read contestants as the command line gives them: ENCODER, ENCODER+METHOD or NAME=RUN[,RUN...].

    >>> parse(["embedded:base+center", "hybrid=runs/h0,runs/h1"])[1]
    Asked(name='hybrid', runs=(Run(encoder='runs/h0', posthoc=None), Run(encoder='runs/h1', posthoc=None)))

    An encoder that is asked for twice is a contestant twice: its second is called "ENCODER (2)".

    Raises:
        UsageError: fewer than two, a name twice, a run twice in one contestant, several runs without a name, or a
            result file.
    """
    if len(texts) < 2:
        raise UsageError(f"compare: {len(texts)} encoder is named, and it takes at least two: name another")
    asked = [_contestant(text) for text in texts]
    named = [one.name for one, text in zip(asked, texts, strict=True) if one.name != text]
    taken: Counter[str] = Counter()
    numbered = []
    for one in asked:
        taken[one.name] += 1
        if taken[one.name] > 1 and one.name in named:
            raise UsageError(f"compare: two contestants are called '{one.name}': give each a name of its own")
        numbered.append(one if taken[one.name] == 1 else Asked(f"{one.name} ({taken[one.name]})", one.runs))
    return numbered


def _contestant(text: str) -> Asked:
    if Path(text).exists() and not text.endswith(".json"):
        return Asked(text, (Run(text),))
    name, equals, listed = text.partition("=")
    if not equals:
        if "," in text:
            raise UsageError(f"'{text}': runs of one recipe need a name: NAME={text}")
        return Asked(text, (_run(text),))
    runs = tuple(_run(part.strip()) for part in listed.split(",") if part.strip())
    if not name.strip() or not runs:
        raise UsageError(f"'{text}': a recipe's runs are given as NAME=RUN[,RUN...]")
    repeated = [run.encoder for run, times in Counter(runs).items() if times > 1]
    if repeated:
        raise UsageError(f"'{text}': run '{repeated[0]}' is there twice: runs of one recipe differ in their seed")
    return Asked(name.strip(), runs)


def _run(text: str) -> Run:
    if text.endswith(".json"):
        raise UsageError(
            f"'{text}': a result file keeps averages, and tests need every question: "
            "name the encoder itself (its vectors are taken from the cache)"
        )
    return Run(*posthocs.split(text))
