"""Text to fit a method on: other text than what is measured, the same number of texts in every language."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.corpus import load, registry, specs
from equilingua.errors import DataError, UsageError
from equilingua.evaluation.posthoc.matching import same_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.evaluation.benchmarks.benchmark import Benchmark

_log = logging.getLogger(__name__)

TEXTS = 2000
_TRAIN = "train"


@dataclass(frozen=True, eq=False)
class Texts:
    """Background texts of one role.

    Attributes:
        texts: distinct within a language, by language.
        language: int32 [texts], index into the benchmark's languages.
    """

    texts: list[str]
    language: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class FittingText:
    """What a method is fitted on for one benchmark.

    Attributes:
        sets: names of the corpora.
        queries: background questions.
        passages: background passages.
        dropped: texts left out because the benchmark holds them too.
        without: the benchmark's languages that lack fitting questions or passages.
    """

    sets: tuple[str, ...]
    queries: Texts
    passages: Texts
    dropped: int
    without: tuple[str, ...]

    def to_json(self, languages: Sequence[str]) -> dict[str, Any]:
        """Return the record that stands with a benchmark's results; `languages` are the benchmark's."""
        numbers = {
            role: dict(zip(languages, np.bincount(side.language, minlength=len(languages)).tolist(), strict=True))
            for role, side in (("questions", self.queries), ("passages", self.passages))
        }
        return {"on": list(self.sets), **numbers, "dropped": self.dropped, "without": list(self.without)}


def check_sets(sets: Sequence[str], benchmarks: Iterable[str]) -> tuple[str, ...]:
    """Check the names of fitting corpora before anything is loaded.

    Args:
        sets: named corpora, files of pairs, or `FORMAT:PLACE`.
        benchmarks: names of what is measured.

    Raises:
        UsageError: a name is unknown, is a benchmark's, or is what is being measured.
    """
    measured = set(benchmarks)
    if not sets:
        raise UsageError("no text to fit on is named: give at least one corpus")
    for name in sets:
        if load.is_path(name):
            if _is_one_of(name, measured):
                raise UsageError(f"--fit-on {name}: is what is measured: fit on other text, or leave --fit-on out")
            continue
        info = registry.find(name)
        if info.kind == "benchmark":
            raise UsageError(f"--fit-on {name}: is a benchmark, which nothing may be fitted on: name a corpus")
        if name in measured and _TRAIN not in info.splits:
            raise UsageError(f"--fit-on {name}: is what is measured: fit on other text, or leave --fit-on out")
    return tuple(sets)


def fitting_text(sets: Sequence[str], benchmark: Benchmark, texts: int = TEXTS) -> FittingText:
    """Choose background text for a benchmark.

    Of a set with splits only the training split is used. A text that the benchmark holds in any role, white space
    aside, is dropped. Which texts are chosen depends on the texts alone, not on their order.

    Args:
        sets: as for `check_sets`.
        benchmark: what is measured.
        texts: at most so many a language and role.

    Raises:
        UsageError: an unknown set.
        DataError: a set cannot be had, or has no text in any of the benchmark's languages.
    """
    measured = {_squeezed(text) for text in benchmark.queries} | {_squeezed(text) for text in benchmark.candidates}
    pools: tuple[list[set[str]], list[set[str]]] = ([], [])
    for pool in pools:
        pool.extend(set() for _ in benchmark.languages)
    for name in sets:
        corpus = _load(name, benchmark.languages)
        for code, language in enumerate(benchmark.languages):
            rows = _rows(corpus, language)
            pools[0][code].update(corpus.queries(rows))
            pools[1][code].update(corpus.passages(rows))
    dropped = 0
    for pool in pools:
        for code, found in enumerate(pool):
            kept = {text for text in found if text.strip() and _squeezed(text) not in measured}
            dropped += len(found) - len(kept)
            pool[code] = kept
    queries, passages = (_chosen(pool, texts) for pool in pools)
    lacking = [bool(not asked or not offered) for asked, offered in zip(*pools, strict=True)]
    without = tuple(code for code, lacks in zip(benchmark.languages, lacking, strict=True) if lacks)
    if not queries.texts or not passages.texts:
        raise DataError(
            f"--fit-on {','.join(sets)}: has no text in any language of benchmark '{benchmark.name}' "
            f"({', '.join(benchmark.languages)}) that it does not hold itself"
        )
    if without:
        _log.warning(
            "%s: no text to fit on in %s: the mean over the other languages stands in",
            ", ".join(sets),
            ", ".join(without),
        )
    return FittingText(tuple(sets), queries, passages, dropped, without)


def _load(name: str, languages: Sequence[str]) -> ParallelCorpus:
    # A large set is built by language, and says itself which it has.
    large = not load.is_path(name) and registry.find(name).large
    return load.load_corpus(name, split=load.training_split(name), languages=languages if large else None)


def _rows(corpus: ParallelCorpus, language: str) -> NDArray[np.int64]:
    """The rows in a benchmark's language: under the very code, else under those that mean the same language."""
    known = [language] if language in corpus.languages else corpus.languages
    codes = [code for code, name in enumerate(corpus.languages) if name in known and same_language(name, language)]
    return np.flatnonzero(np.isin(corpus.language_codes, codes))


def _chosen(pool: Sequence[set[str]], texts: int) -> Texts:
    chosen: list[str] = []
    sizes = []
    for found in pool:
        picked = sorted(found, key=_draw)[:texts]
        chosen += picked
        sizes.append(len(picked))
    return Texts(chosen, np.repeat(np.arange(len(pool), dtype=np.int32), sizes))


def _draw(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=b"fit").digest()


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _is_one_of(name: str, measured: set[str]) -> bool:
    if name in measured:
        return True
    spec = specs.parse(name)
    others = [specs.parse(other) for other in measured if load.is_path(other)]
    # A collection may have other questions in another split.
    files = [specs.place(other) for other in others if spec.format == other.format == "jsonl"]
    path = specs.place(spec)
    return path.exists() and any(other.exists() and path.samefile(other) for other in files)
