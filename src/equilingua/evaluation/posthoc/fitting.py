"""Text to fit a method on: other text than what is measured, as far as it goes the same content in every language."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equilingua import digests
from equilingua.corpus import load, registry, specs
from equilingua.corpus.formats.held_out import held_out
from equilingua.corpus.leaks.find import without
from equilingua.errors import DataError, UsageError
from equilingua.evaluation import vectors as unit_vectors
from equilingua.evaluation.posthoc.fitted import Source
from equilingua.evaluation.posthoc.matching import place, same_language
from equilingua.evaluation.posthoc.sides import Side
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.encoder.tokens import Role
    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.contenders import ScorePeer
    from equilingua.evaluation.encoding import Encoding, VectorPeer
    from equilingua.evaluation.posthoc.fitted import Fitted

    Progress = Callable[[str, int, int], None]

TEXTS = 2000
_TRAIN = "train"


@dataclass(frozen=True, eq=False)
class Drawn:
    """Background texts of one role, by language, distinct within one.

    Attributes:
        texts: of all languages.
        language: int32 [texts], index into the languages.
        group: int64 [texts], equal for translations of one text.
    """

    texts: list[str]
    language: NDArray[np.int32]
    group: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FittingText:
    """What a method is fitted on.

    Attributes:
        sets: names of the corpora.
        languages: BCP-47 codes.
        queries: background questions.
        passages: background passages.
        dropped: texts that what is measured holds too; they are left out with their translations.
    """

    sets: tuple[str, ...]
    languages: tuple[str, ...]
    queries: Drawn
    passages: Drawn
    dropped: int


def fit(
    method: str,
    encoder: str | SentenceTransformer | VectorPeer | ScorePeer | Encoding,
    fit_on: Sequence[str],
    *,
    languages: Sequence[str] | None = None,
    held_out: Sequence[Benchmark] = (),
    texts: int = TEXTS,
    name: str | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Fit a method on text of corpora, for one encoder.

    Args:
        method: its name; see `equilingua.evaluation.posthoc.by_name`.
        encoder: what `equilingua.evaluation.evaluate.evaluate` takes and has vectors.
        fit_on: corpora; of one with splits, its training split.
        languages: BCP-47 codes; by default those of what is held out, or else all that the corpora have.
        held_out: benchmarks whose texts must not be fitted on; they are left out and counted.
        texts: at most so many a language and role.
        name: of the encoder; by default the one that it was given by.
        progress: told about encoding.

    Raises:
        UsageError: an unknown method, corpus or encoder, or a method that is fitted already.
        DataError: a corpus cannot be had, or has no text in any of the languages.
    """
    from equilingua.evaluation import contenders
    from equilingua.evaluation.encoding import Encoding
    from equilingua.evaluation.posthoc.by_name import Posthoc, find

    chosen = find(method)
    if not isinstance(chosen, Posthoc):
        raise UsageError(f"{method}: is fitted already: name a method to fit")
    encoding = encoder
    if not isinstance(encoding, Encoding):
        found = contenders.find(encoding)
        encoding, name = found.source, name or found.name
    if not isinstance(encoding, Encoding):
        raise UsageError(f"--posthoc {method}: changes vectors, and '{name}' gives scores only")
    known = tuple(dict.fromkeys(code for one in held_out for code in one.languages)) or None
    wanted = known if languages is None else tuple(map(normalise, languages))
    if wanted is not None and chosen.pivot is not None and place(chosen.pivot, wanted) is None:
        wanted = (*wanted, chosen.pivot)
    text = fitting_text(
        check_sets(fit_on, [one.name for one in held_out]),
        wanted,
        {_squeezed(text) for one in held_out for side in (one.queries, one.candidates) for text in side},
        texts,
    )
    total = len(text.queries.texts) + len(text.passages.texts)
    report = None if progress is None else lambda done: progress(f"encoding text of {', '.join(fit_on)}", done, total)
    where = f"text to fit on ({', '.join(fit_on)})"
    sides: list[Side] = []
    hashes: list[NDArray[np.uint64]] = []
    roles: tuple[tuple[str, Role, Drawn], ...]
    roles = (("questions", "query", text.queries), ("passages", "passage", text.passages))
    for what, role, drawn in roles:
        vectors, _ = encoding.vectors(drawn.texts, role, report)
        unit = unit_vectors.unit(vectors, len(drawn.texts), what)
        sides.append(Side(what, where, unit, drawn.language, text.languages, drawn.group))
        hashes.append(hashes_of(drawn.texts))
    source = Source(
        encoder=name or type(encoder).__name__,
        fingerprint=encoding.fingerprint,
        sets=text.sets,
        numbers={
            what: {
                code: int(number)
                for code, number in zip(text.languages, np.bincount(drawn.language), strict=False)
                if number
            }
            for what, _, drawn in roles
        },
        dropped=text.dropped,
        texts=np.union1d(*hashes),
    )
    return chosen.fit(sides[0], sides[1], source)


def hashes_of(texts: Iterable[str]) -> NDArray[np.uint64]:
    """Return distinct hashes of texts, white space aside, uint64, ascending."""
    return np.unique(digests.numbers(map(_squeezed, texts)))


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


def fitting_text(
    sets: Sequence[str], languages: Sequence[str] | None, measured: set[str], texts: int = TEXTS
) -> FittingText:
    """Choose background text: whole groups, so that means of two languages are over the same content.

    Groups in many languages, above all in those with little text, come first, equals in the order of a hash of their
    names; each language takes the first that it has. Of a set with splits only the training split is used.

    Args:
        sets: as for `check_sets`.
        languages: BCP-47 codes; None means all that the sets have.
        measured: texts that are measured, in any role, white space aside; groups that hold one are left out.
        texts: at most so many a language and role.

    Raises:
        UsageError: an unknown set.
        DataError: a set cannot be had, or has no text in any of the languages.
    """
    corpora = [_load(name, languages) for name in sets]
    wanted = tuple(languages or sorted({code for corpus in corpora for code in corpus.languages}))
    first = np.cumsum([0, *(len(corpus.groups) for corpus in corpora)])
    candidates: list[_Candidate] = []
    for number, language in enumerate(wanted):
        for corpus, offset in zip(corpora, first.tolist(), strict=False):
            rows = _rows(corpus, language)
            groups = (corpus.group_codes[rows] + offset).tolist()
            candidates += map(_Candidate, groups, [number] * len(rows), corpus.queries(rows), corpus.passages(rows))
    held = {
        (role, one.language, text)
        for one in candidates
        for role, text in (("query", one.query), ("passage", one.passage))
        if _squeezed(text) in measured
    }
    left_out = {one.group for one in candidates if {_squeezed(one.query), _squeezed(one.passage)} & measured}
    names = [group for corpus in corpora for group in corpus.groups]
    kept = [one for one in candidates if one.group not in left_out]
    spread = sorted({(one.group, one.language) for one in kept})
    sizes = Counter(language for _, language in spread)
    worth: dict[int, float] = defaultdict(float)
    for group, code in spread:
        worth[group] += 1 / sizes[code]
    order = {group: (-value, _draw(names[group])) for group, value in worth.items()}
    # Stable, so that a language keeps the order of its sets within a group.
    kept.sort(key=lambda one: (one.language, order[one.group]))
    queries = _drawn(((one.language, one.group, one.query) for one in kept), texts)
    passages = _drawn(((one.language, one.group, one.passage) for one in kept), texts)
    if not queries.texts or not passages.texts:
        beside = " that what is measured does not hold itself" if measured else ""
        raise DataError(f"--fit-on {','.join(sets)}: has no text in {', '.join(wanted)}{beside}")
    return FittingText(tuple(sets), wanted, queries, passages, len(held))


class _Candidate(NamedTuple):
    """A pair that may be drawn: its group and language as numbers, and its texts."""

    group: int
    language: int
    query: str
    passage: str


def _drawn(pool: Iterable[tuple[int, int, str]], most: int) -> Drawn:
    """Take the first distinct texts of each language."""
    taken: dict[tuple[int, str], int] = {}
    room: Counter[int] = Counter()
    for number, group, text in pool:
        if text.strip() and room[number] < most and (number, text) not in taken:
            room[number] += 1
            taken[number, text] = group
    languages, texts = zip(*taken, strict=True) if taken else ((), ())
    return Drawn(list(texts), np.array(languages, np.int32), np.array([*taken.values()], np.int64))


def _load(name: str, languages: Sequence[str] | None) -> ParallelCorpus:
    # A large set is built by language, and says itself which it has.
    large = not load.is_path(name) and registry.find(name).large
    corpus = load.load_corpus(name, split=load.training_split(name), languages=languages if large else None)
    return without(corpus, held_out(corpus))


def _rows(corpus: ParallelCorpus, language: str) -> NDArray[np.int64]:
    """The rows in a benchmark's language: under the very code, else under those that mean the same language."""
    known = [language] if language in corpus.languages else corpus.languages
    codes = [code for code, name in enumerate(corpus.languages) if name in known and same_language(name, language)]
    return np.flatnonzero(np.isin(corpus.language_codes, codes))


def _draw(text: str) -> bytes:
    return digests.of_text(text, key="fit")


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
