"""Pairs of one language as parallel pairs in others, translated by machine, filtered, and marked as what they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.corpus.augment import translation_filters
from equilingua.corpus.augment.translated_texts import Translated, translate_texts
from equilingua.corpus.augment.translation_filters import TranslationFilters
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import UsageError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from equilingua.corpus.augment.engines import Engine
    from equilingua.corpus.augment.translated_texts import Progress
    from equilingua.corpus.augment.translation_cache import TranslationCache

    # Starts the engine of one direction, from → to.
    Opener = Callable[[str, str], Engine]

SIDES = ("both", "query", "passage")
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class TranslationPlan:
    """What is translated, and how.

    Attributes:
        source: BCP-47 code of the language to translate from.
        targets: BCP-47 codes of the languages to translate into.
        sides: `both`, or only the `query` or the `passage`; the other side then stays in the source language, and the
            pair has the language it was translated into, with `/query` or `/passage` at the end of its source.
        filters: what a translated pair must be to stay.
        limit: translate only this many pairs, the first ones; None means all.
        again: also translate pairs whose group has the target language already.
        measure: compute the chrF of such pairs against what people wrote.
        skip_failures: drop pairs that an engine dies or hangs on, instead of stopping there.

    Raises:
        UsageError: an unknown language or side, or a target that is the source.
    """

    source: str
    targets: tuple[str, ...]
    sides: str = "both"
    filters: TranslationFilters = field(default_factory=TranslationFilters)
    limit: int | None = None
    again: bool = False
    measure: bool = False
    skip_failures: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", normalise(self.source))
        object.__setattr__(self, "targets", tuple(dict.fromkeys(map(normalise, self.targets))))
        if not self.targets:
            raise UsageError("no language to translate into: name at least one")
        if self.source in self.targets:
            raise UsageError(f"{self.source} is the language to translate from: it cannot be one to translate into")
        if self.sides not in SIDES:
            raise unknown_name("sides", self.sides, SIDES)
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"limit {self.limit}: use a whole number of 1 or more")


@dataclass
class TargetReport:
    """One language that was translated into.

    Attributes:
        engine: name, version, direction and data of the engine.
        pairs: pairs of the source language that were looked at.
        already_there: of these, pairs whose group has the language; they were left as they are.
        dropped: pairs dropped, by reason.
        kept: translated pairs that are left.
        texts: distinct texts.
        cached: texts whose translation was in the cache.
        seconds: that the engine worked.
        back_seconds: that the engine of the way back worked.
        chrf: of all translations against people's, by side, where some were measured.
        measured: pairs that chrF was measured on.
        examples: a few pairs, as they were and translated.
    """

    engine: Mapping[str, str]
    pairs: int
    already_there: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    texts: int = 0
    cached: int = 0
    seconds: float = 0.0
    back_seconds: float = 0.0
    chrf: dict[str, float] = field(default_factory=dict)
    measured: int = 0
    examples: list[dict[str, str]] = field(default_factory=list)


@dataclass
class TranslationReport:
    """A translation of a corpus.

    Attributes:
        source: BCP-47 code of the language that was translated from.
        sides: `both`, `query` or `passage`.
        filters: what a translation had to be.
        targets: a report for each language.
    """

    source: str
    sides: str
    filters: Mapping[str, Any]
    targets: dict[str, TargetReport] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the report as something that JSON can hold."""
        record = asdict(self)
        for target in record["targets"].values():
            target["seconds"] = round(target["seconds"], 2)
            target["back_seconds"] = round(target["back_seconds"], 2)
            target["chrf"] = {side: round(value, 1) for side, value in target["chrf"].items()}
        return record


def translate(
    corpus: ParallelCorpus,
    plan: TranslationPlan,
    opener: Opener,
    cache: TranslationCache,
    progress: Progress | None = None,
) -> tuple[ParallelCorpus, TranslationReport]:
    """Translate the pairs of one language of a corpus.

    A translated pair has the group, passage id and negatives of its original, the negatives translated with the
    passage, and says in its source what made it, such as `libreoffice-help+apertium-3.8.3:en`: the set, the engine with
    its version, and the language that it was translated from.

    Args:
        corpus: with pairs in the source language.
        plan: what is translated.
        opener: starts an engine for a direction.
        cache: where translations are kept.
        progress: told how many texts of each direction are done.

    Returns:
        The translated pairs alone, by target and in the order of their originals, and what was done.

    Raises:
        UsageError: the corpus has no pair in the source language, or the engine does not have a direction.
        EngineError: an engine cannot be started, died or hung; what it did before is in the cache.
        StoppedError: somebody interrupted the work; likewise.
        MissingExtraError: chrF is wanted and sacrebleu is not installed.
    """
    if plan.measure or plan.filters.round_trip is not None:
        translation_filters.need_chrf()
    rows = corpus.rows_of_language(plan.source)[: plan.limit]
    originals = [corpus[int(row)] for row in rows]
    report = TranslationReport(plan.source, plan.sides, asdict(plan.filters))
    parts = []
    # All directions are opened before the first text, so that a wrong name costs seconds and not hours.
    with _Engines(opener, plan) as engines:
        for target in plan.targets:
            known = _people_s(corpus, target)
            direction = _Direction(plan, target, engines, cache, progress)
            pairs, report.targets[target] = direction.run(originals, known)
            parts.append(ParallelCorpus.from_pairs(pairs))
    return ParallelCorpus.concat(parts, shared_groups=True), report


def with_originals(corpus: ParallelCorpus, translated: ParallelCorpus) -> ParallelCorpus:
    """Return a corpus with its translations behind it."""
    return ParallelCorpus.concat([corpus, translated], shared_groups=True)


def _people_s(corpus: ParallelCorpus, target: str) -> dict[str, Pair]:
    """Return the pair that each group has in the target language already."""
    if target not in corpus.languages:
        return {}
    pairs = (corpus[int(row)] for row in corpus.rows_of_language(target))
    found: dict[str, Pair] = {}
    for pair in pairs:
        found.setdefault(pair.group, pair)
    return found


class _Engines:
    """The engines of a plan, there and, for a round trip, back; all ended together."""

    def __init__(self, opener: Opener, plan: TranslationPlan) -> None:
        self._opener = opener
        self._directions = [(plan.source, target) for target in plan.targets]
        if plan.filters.round_trip is not None:
            self._directions += [(target, plan.source) for target in plan.targets]
        self._open: dict[tuple[str, str], Engine] = {}

    def __enter__(self) -> Mapping[tuple[str, str], Engine]:
        try:
            for direction in self._directions:
                self._open[direction] = self._opener(*direction)
        except BaseException:
            self.__exit__()
            raise
        return self._open

    def __exit__(self, *_: object) -> None:
        for engine in self._open.values():
            engine.close()


@dataclass
class _Direction:
    plan: TranslationPlan
    target: str
    engines: Mapping[tuple[str, str], Engine]
    cache: TranslationCache
    progress: Progress | None

    def run(self, originals: Sequence[Pair], known: Mapping[str, Pair]) -> tuple[list[Pair], TargetReport]:
        engine = self.engines[self.plan.source, self.target]
        report = TargetReport(engine.details, pairs=len(originals))
        wanted = [pair for pair in originals if self.plan.again or pair.group not in known]
        report.already_there = len(originals) - len(wanted)
        there = self._translate((text for pair in wanted for text in _texts(pair, self.plan.sides)), engine, "")
        report.texts, report.cached, report.seconds = len(there.texts) + len(there.failed), there.cached, there.seconds
        kept = []
        for pair in wanted:
            fault = self._fault(pair, there)
            if fault is None:
                kept.append((pair, self._pair(pair, engine.name, there.texts)))
            else:
                report.dropped[fault] = report.dropped.get(fault, 0) + 1
        if self.plan.measure:
            self._measure(wanted, known, there.texts, report)
        if self.plan.filters.round_trip is not None:
            kept = self._come_back(kept, report)
        report.kept = len(kept)
        report.examples = [_example(*kept[place]) for place in _spread(len(kept), _EXAMPLES)]
        return [translated for _, translated in kept], report

    def _translate(self, texts: Iterable[str], engine: Engine, back: str) -> Translated:
        ends = (self.target, self.plan.source) if back else (self.plan.source, self.target)
        return translate_texts(
            texts,
            engine,
            self.cache,
            stage=" → ".join(ends) + back,
            skip_failures=self.plan.skip_failures,
            progress=self.progress,
        )

    def _fault(self, pair: Pair, there: Translated) -> str | None:
        if any(text in there.failed for text in _texts(pair, self.plan.sides)):
            return "engine_failed"
        for text in _sides(pair, self.plan.sides):
            fault = self.plan.filters.fault(text, there.texts[text], self.plan.source, self.target)
            if fault is not None:
                return fault
        return None

    def _pair(self, pair: Pair, engine: str, texts: Mapping[str, str]) -> Pair:
        mark = "" if self.plan.sides == "both" else f"/{self.plan.sides}"
        source = f"{pair.source}+{engine}:{self.plan.source}{mark}"
        translated = replace(pair, language=self.target, source=source)
        if self.plan.sides != "passage":
            translated = replace(translated, query=texts[pair.query])
        if self.plan.sides != "query":
            negatives = tuple(texts[text] for text in pair.negatives)
            translated = replace(translated, passage=texts[pair.passage], negatives=negatives)
        return translated

    def _come_back(self, kept: list[tuple[Pair, Pair]], report: TargetReport) -> list[tuple[Pair, Pair]]:
        least = self.plan.filters.round_trip
        assert least is not None
        sides = self.plan.sides
        texts = (text for _, translated in kept for text in _sides(translated, sides))
        back = self._translate(texts, self.engines[self.target, self.plan.source], " (back)")
        report.back_seconds = back.seconds
        returned = []
        for pair, translated in kept:
            halves = list(_sides(translated, sides))
            if any(text in back.failed for text in halves):
                fault = "engine_failed"
            elif _chrf_of_sides([back.texts[text] for text in halves], list(_sides(pair, sides))) < least:
                fault = "round_trip"
            else:
                returned.append((pair, translated))
                continue
            report.dropped[fault] = report.dropped.get(fault, 0) + 1
        return returned

    def _measure(
        self, wanted: Sequence[Pair], known: Mapping[str, Pair], texts: Mapping[str, str], report: TargetReport
    ) -> None:
        compared = [pair for pair in wanted if pair.group in known and all(t in texts for t in _texts(pair, "both"))]
        report.measured = len(compared)
        for side in ("query", "passage"):
            if compared and self.plan.sides in ("both", side):
                translated = [texts[getattr(pair, side)] for pair in compared]
                people_s = [getattr(known[pair.group], side) for pair in compared]
                report.chrf[side] = translation_filters.corpus_chrf(translated, people_s)


def _sides(pair: Pair, sides: str) -> tuple[str, ...]:
    """Return the texts of a pair that are translated and judged."""
    return {"both": (pair.query, pair.passage), "query": (pair.query,), "passage": (pair.passage,)}[sides]


def _texts(pair: Pair, sides: str) -> tuple[str, ...]:
    """Return all texts of a pair that are translated; its negatives go with its passage."""
    return _sides(pair, sides) + (() if sides == "query" else pair.negatives)


def _chrf_of_sides(back: Sequence[str], originals: Sequence[str]) -> float:
    return translation_filters.chrf("\n".join(back), "\n".join(originals))


def _spread(count: int, wanted: int) -> list[int]:
    """Return a few places, evenly spread."""
    return [int(place) for place in np.unique(np.linspace(0, count - 1, min(count, wanted)).astype(np.int64))]


def _example(pair: Pair, translated: Pair) -> dict[str, str]:
    return {
        "query": pair.query,
        "passage": pair.passage,
        "translated_query": translated.query,
        "translated_passage": translated.passage,
    }
