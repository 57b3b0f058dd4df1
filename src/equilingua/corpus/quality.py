"""Which pairs are good enough: filters on one pair, and filters that compare pairs, each counting what it drops."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua import digests
from equilingua.corpus import registry
from equilingua.corpus.sources.text_lines import tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from equilingua.corpus.registry import SetInfo
    from equilingua.corpus.schema import Pair, ParallelCorpus

    # Told a language, a reason, and how many pairs were dropped.
    Drop = Callable[[str, str, int], None]

_CHUNK = 4096
_SENTENCE_END = re.compile("(?<=[.!?:;\u3002\uff01\uff1f])\\s+|\n+")


@dataclass(frozen=True, slots=True)
class Quality:
    """What a pair must be to stay; the entry of a set has its own `filters` where the defaults do not fit it.

    Lengths are in characters, a wide one, as in Chinese, counting as three.

    Attributes:
        shortest_query: shorter ones are dropped.
        longest_query: longer ones are dropped.
        shortest_passage: shorter ones are dropped.
        longest_passage: longer ones are dropped.
        untranslated: the share of a passage that may be worded as in the reference language; a pair is also dropped
            if its query is worded so. None lets everything pass.
        same_query: a query may be worded as in the reference language, as names and program text are.
        wrong_language: drop passages that are in another language than they say.
        repeated: drop pairs whose query and passage stand in the language already, in their group or in another.
        generic: drop queries that several groups of a language share, such as headings like "Parameters", and those
            of one word. For sources whose queries are headings.
        shared_passages: several groups of a language may have the same passage, as when a text has several questions.
        reference: the language that translations are compared with.
    """

    shortest_query: int = 2
    longest_query: int = 1_000
    shortest_passage: int = 40
    longest_passage: int = 20_000
    untranslated: float | None = 0.10
    same_query: bool = False
    wrong_language: bool = True
    repeated: bool = True
    generic: bool = False
    shared_passages: bool = True
    reference: str = "en"


# For a set that nothing is to be left out of, or whose format filters its own pairs.
EVERYTHING = Quality(
    shortest_query=1,
    longest_query=1 << 40,
    shortest_passage=1,
    longest_passage=1 << 40,
    untranslated=None,
    wrong_language=False,
    repeated=False,
)


def of(info: SetInfo) -> Quality:
    """Return what a pair of a set must be.

    Raises:
        DataError: the set's entry has wrong filters.
    """
    if info.filters is False:
        return EVERYTHING
    return registry.checked(Quality, info.filters, f"catalogue: {info.name}: filters")


def each(pairs: Iterable[Pair], quality: Quality, drop: Drop) -> Iterator[Pair]:
    """Yield the pairs that are long enough, short enough, and in the language that they say they are in.

    Args:
        pairs: any number of them; they are read as they are asked for.
        quality: what they must be.
        drop: told the language of each dropped pair, and why.
    """
    for pair in pairs:
        reason = _bad_length(pair, quality)
        if reason is None and quality.wrong_language:
            from equilingua.corpus.language_id import is_other

            reason = "wrong_language" if is_other(pair.passage, pair.language) else None
        if reason is None:
            yield pair
        else:
            drop(pair.language, reason, 1)


def together(corpus: ParallelCorpus, quality: Quality, drop: Drop) -> ParallelCorpus:
    """Return the pairs that are translated, no copies of others, and, if need be, asked for by a telling query.

    Args:
        corpus: one set, in all languages, the reference among them.
        quality: what the pairs must be.
        drop: told a language, a reason, and how many pairs it dropped.
    """
    if not len(corpus):
        return corpus
    keys = _Keys(corpus)
    keep = np.ones(len(corpus), dtype=bool)

    def discard(rows: NDArray[np.bool_], reason: str) -> None:
        numbers = np.bincount(corpus.language_codes[rows & keep], minlength=len(corpus.languages))
        for code in np.flatnonzero(numbers):
            drop(corpus.languages[code], reason, int(numbers[code]))
        keep[rows] = False

    if quality.untranslated is not None:
        for reason, rows in _untranslated(corpus, keys, quality.reference, quality.untranslated, quality.same_query):
            discard(rows, reason)
    if quality.repeated:
        for reason, rows in _repeated(corpus, keys, keep):
            discard(rows, reason)
    if quality.generic:
        discard(_in_other_groups(corpus, keys.queries, keep), "repeated_heading")
        discard(_one_word(corpus, quality.reference), "one_word_heading")
    if not quality.shared_passages:
        discard(_later_groups(corpus, keys.passages, keep), "repeated_passage")
    return corpus if keep.all() else corpus.select(np.flatnonzero(keep))


def untranslated(corpus: ParallelCorpus) -> NDArray[np.bool_]:
    """Tell which rows have the passage of another language of their group, but for case, width and spacing: [rows]."""
    texts = _Keys(corpus).passages ^ (corpus.group_codes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    _, texts = np.unique(texts, return_inverse=True)
    cells = np.unique(texts.astype(np.int64) * len(corpus.languages) + corpus.language_codes)
    several: NDArray[np.bool_] = np.bincount(cells // max(len(corpus.languages), 1))[texts] > 1
    return several


def extent(text: str) -> int:
    """Return the length in characters, a wide one standing for as much text as three letters of an alphabet.

    >>> extent("help"), extent("帮助")
    (4, 6)
    """
    if text.isascii():
        return len(text)
    return len(text) + 2 * sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def words(text: str) -> int:
    """Return the number of words that have a letter.

    >>> words("Mid Function 2 --")
    2
    """
    return sum(any(character.isalpha() for character in word) for word in text.split())


def _bad_length(pair: Pair, quality: Quality) -> str | None:
    query, passage = extent(tidy(pair.query)), extent(tidy(pair.passage))
    if query < quality.shortest_query:
        return "short_query"
    if query > quality.longest_query:
        return "long_query"
    if passage < quality.shortest_passage:
        return "short_passage"
    return "long_passage" if passage > quality.longest_passage else None


class _Keys:
    """64-bit numbers that are equal for texts that differ in case, width or spacing alone: [rows] of each side."""

    def __init__(self, corpus: ParallelCorpus) -> None:
        self.queries = np.empty(len(corpus), np.uint64)
        self.passages = np.empty(len(corpus), np.uint64)
        for start in range(0, len(corpus), _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, len(corpus)))
            self.queries[rows] = [_key(text) for text in corpus.queries(rows)]
            self.passages[rows] = [_key(text) for text in corpus.passages(rows)]


def _key(text: str) -> int:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return int.from_bytes(digests.of_text(plain, 8))


def _untranslated(
    corpus: ParallelCorpus, keys: _Keys, reference: str, share: float, same_query: bool
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield the rows worded as the reference row of their group, by their query, then by their passage."""
    if reference not in corpus.languages:
        return
    home = np.full(len(corpus.groups), -1)
    rows = corpus.rows_of_language(reference)
    home[corpus.group_codes[rows]] = rows
    reference_rows = home[corpus.group_codes]
    compared = (reference_rows >= 0) & (corpus.language_codes != corpus.languages.index(reference))
    same = np.zeros(len(corpus), dtype=bool)
    if not same_query:
        same[compared] = keys.queries[compared] == keys.queries[reference_rows[compared]]
        yield f"query_as_in_{reference}", same
    copied = np.zeros(len(corpus), dtype=bool)
    left = np.flatnonzero(compared & ~same)
    for start in range(0, len(left), _CHUNK):
        chunk = left[start : start + _CHUNK]
        texts = zip(corpus.passages(chunk), corpus.passages(reference_rows[chunk]), strict=True)
        copied[chunk] = [_copied_share(text, original) > share for text, original in texts]
    yield f"passage_as_in_{reference}", copied


def _copied_share(text: str, original: str) -> float:
    """Return the share of a text's characters that stand in sentences or lines of the original."""
    if text == original:
        return 1.0
    known = set(_SENTENCE_END.split(original))
    sentences = _SENTENCE_END.split(text)
    copied = sum(len(sentence) for sentence in sentences if sentence in known)
    return copied / max(sum(map(len, sentences)), 1)


def _repeated(corpus: ParallelCorpus, keys: _Keys, keep: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield the rows whose query and passage an earlier row of their language has, of their group, then of another."""
    texts = keys.queries * np.uint64(0x9E3779B97F4A7C15) ^ keys.passages
    first = _first_rows(corpus, texts, keep)
    later = keep & (first != np.arange(len(corpus)))
    within = later & (corpus.group_codes == corpus.group_codes[first])
    yield "repeated_in_group", within
    yield "repeated_in_other_group", later & ~within


def _first_rows(corpus: ParallelCorpus, texts: NDArray[np.uint64], keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each row the first kept row of the same language with the same text; itself where it is not kept."""
    rows = np.flatnonzero(keep)
    order = rows[np.lexsort((rows, texts[rows], corpus.language_codes[rows]))]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (np.diff(texts[order]) != 0) | (np.diff(corpus.language_codes[order]) != 0)
    first = np.arange(len(corpus))
    first[order] = order[starts][np.cumsum(starts) - 1]
    return first


def _in_other_groups(corpus: ParallelCorpus, texts: NDArray[np.uint64], keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which kept rows have a text that a row of their language in another group has too."""
    first = _first_rows(corpus, texts, keep)
    other = keep & (corpus.group_codes != corpus.group_codes[first])
    return keep & np.isin(first, first[other])


def _later_groups(corpus: ParallelCorpus, texts: NDArray[np.uint64], keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which kept rows have a text that an earlier row of their language in another group has too."""
    later: NDArray[np.bool_] = corpus.group_codes != corpus.group_codes[_first_rows(corpus, texts, keep)]
    return keep & later


def _one_word(corpus: ParallelCorpus, reference: str) -> NDArray[np.bool_]:
    """Tell which rows have a query of one word, in their language and in the reference language.

    The reference's count stands for scripts without spaces, and for languages that write compounds in one word; that of
    the language with most words where a group is not in the reference language.
    """
    counts = np.array([words(query) for query in corpus.queries(np.arange(len(corpus)))])
    most: dict[int, int] = defaultdict(int)
    if reference in corpus.languages:
        rows = corpus.rows_of_language(reference)
        most.update(zip(corpus.group_codes[rows].tolist(), counts[rows].tolist(), strict=True))
    groups = corpus.group_codes.tolist()
    known = set(most)
    for group, count in zip(groups, counts.tolist(), strict=True):
        if group not in known:
            most[group] = max(most[group], count)
    originals = np.array([most[group] for group in groups])
    few: NDArray[np.bool_] = np.maximum(counts, originals) < 2
    return few
