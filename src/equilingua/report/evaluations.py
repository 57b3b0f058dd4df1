"""Read what `equilingua evaluate` writes: checked key by key, so that a foreign file is named and not drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equilingua.report import records
from equilingua.report.details import Details, parse_details
from equilingua.report.records import Node

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
SETTINGS = ("monolingual", "cross_lingual", "multilingual")
METRICS = ("map", "recall@1", "recall@10", "mrr", "ndcg@10")
PAIR_SEPARATOR = ">"

Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the three settings: macro-averages, and the same metrics by language or by ordered pair.

    Attributes:
        mean: metric → macro-average from 0 to 1; NaN where the setting does not exist (one language only).
        parts: language code, or "question>passage" pair → metric → value from 0 to 1.
    """

    mean: Scores
    parts: Mapping[str, Scores]


@dataclass(frozen=True, slots=True)
class Bias:
    """Language bias of the questions that were answered; NaN where too few were.

    Attributes:
        rank_distance: mean, in ranks.
        same_language_top1: share of top hits in the question's language.
        coverage: share of questions answered; NaN in files from before it was recorded.
    """

    rank_distance: float
    same_language_top1: float
    coverage: float = math.nan


@dataclass(frozen=True, slots=True)
class Result:
    """What one encoder reached on one benchmark.

    Attributes:
        settings: name → metrics.
        bias: means over question languages.
        bias_by_language: by question language.
        encode_seconds: wall time of encoding.
        score_seconds: wall time of everything after.
        questions: how many there are.
        candidates: how many there are.
        counts: language → (questions, candidates).
        details: what newer files hold beside averages.
        depth: length of the longest list, where some end before the pool does.
    """

    settings: Mapping[str, Setting]
    bias: Bias
    bias_by_language: Mapping[str, Bias]
    encode_seconds: float
    score_seconds: float
    questions: int
    candidates: int
    counts: Mapping[str, tuple[int, int]]
    details: Details = field(default_factory=Details)
    depth: int | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """The language codes, sorted."""
        return tuple(sorted(self.counts))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One encoder's results by benchmark, and where they were read.

    Attributes:
        encoder: its name.
        posthoc: the method after encoding, or None.
        results: by benchmark.
        versions: what made them.
        source: where they were read.
        fitted_on: the text that the method was fitted on; None without one, or where that was not recorded.
        qrels: the file that said what is relevant, if it was not the benchmark itself.
    """

    encoder: str
    posthoc: str | None
    results: Mapping[str, Result]
    versions: Mapping[str, str]
    source: str
    fitted_on: str | None = None
    qrels: str | None = None


def read(path: Path) -> Mapping[str, Any]:
    """Return the record in an evaluation's JSON file, checked.

    Raises:
        DataError: the file cannot be read, is no JSON, or is not what `equilingua evaluate --json` writes; the
            message names the file, and the line or key.
    """
    record = records.load(path, "evaluate")
    parse(record, str(path))
    return dict(record)


def parse(record: object, source: str) -> Evaluation:
    """Check a record as `equilingua evaluate` writes it and return it typed.

    Args:
        record: the decoded JSON.
        source: where it came from, for messages.

    Raises:
        DataError: a key is missing, unknown to this version or of the wrong kind; the message names it.
    """
    root = Node(record, source, ())
    schema = root.member("schema").value
    if schema != SCHEMA:
        raise root.member("schema").wrong(f"schema {SCHEMA}")
    posthoc = root.value.get("posthoc") if isinstance(root.value, Mapping) else None
    fitted, qrels = root.optional("posthoc_fitted_on"), root.optional("qrels")
    results = root.member("results").members()
    if not results:
        raise root.member("results").wrong("at least one benchmark")
    return Evaluation(
        encoder=root.member("encoder").text(),
        posthoc=None if posthoc is None else root.member("posthoc").text(),
        results={name: _result(node) for name, node in results.items()},
        versions={name: node.text() for name, node in root.member("versions").members().items()},
        source=source,
        fitted_on=None if fitted is None else fitted.text(),
        qrels=None if qrels is None else qrels.text(),
    )


def _result(node: Node) -> Result:
    counts = node.member("counts")
    by_language = {
        code: (part.member("questions").count(), part.member("candidates").count())
        for code, part in counts.member("by_language").members().items()
    }
    if not by_language:
        raise counts.member("by_language").wrong("at least one language")
    settings = {
        name: _setting(node.member(name), "by_pair" if name == "cross_lingual" else "by_language") for name in SETTINGS
    }
    for name, setting in settings.items():
        _check_parts(node.member(name), name, setting, by_language)
    bias, depth = node.member("bias"), node.optional("depth")
    return Result(
        settings=settings,
        bias=_bias(bias),
        bias_by_language={code: _bias(part) for code, part in bias.member("by_language").members().items()},
        encode_seconds=node.member("seconds").member("encode").number(),
        score_seconds=node.member("seconds").member("score").number(),
        questions=counts.member("questions").count(),
        candidates=counts.member("candidates").count(),
        counts=by_language,
        details=parse_details(node, by_language.keys()),
        depth=None if depth is None else depth.count(),
    )


def _setting(node: Node, parts: str) -> Setting:
    return Setting(
        mean=_scores(node), parts={name: _scores(part) for name, part in node.member(parts).members().items()}
    )


def _check_parts(node: Node, name: str, setting: Setting, languages: Mapping[str, object]) -> None:
    for part in setting.parts:
        codes = part.split(PAIR_SEPARATOR) if name == "cross_lingual" else [part]
        if len(codes) != (2 if name == "cross_lingual" else 1) or not languages.keys() >= set(codes):
            key = "by_pair" if name == "cross_lingual" else "by_language"
            raise node.member(key).member(part).wrong("made of languages that counts.by_language lists")


def _scores(node: Node) -> Scores:
    return {metric: node.member(metric).number(highest=1.0) for metric in METRICS}


def _bias(node: Node) -> Bias:
    coverage = node.optional("coverage")
    return Bias(
        node.member("rank_distance").number(),
        node.member("same_language_top1").number(highest=1.0),
        math.nan if coverage is None else coverage.number(highest=1.0),
    )
