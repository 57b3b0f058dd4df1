"""BM25: matching words, with one index over all candidates of a benchmark, whatever their languages."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

# Blocks of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, kana, ideographs.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U000323af"
)


def tokens(text: str) -> list[str]:
    """Split a text into words, and runs of scripts without spaces into pairs of characters.

    A word is a run of letters, marks and digits, so that vowel signs do not cut Hindi or Thai words apart. Texts are
    brought to Unicode's NFKC form and folded to lower case first. Which script a character is in decides, not which
    language the text is said to be in.

    >>> tokens("The cat’s Naïve"), tokens("हिन्दी में"), tokens("日本語 x"), tokens("猫")
    (['the', 'cat', 's', 'naïve'], ['हिन्दी', 'में'], ['日本', '本語', 'x'], ['猫'])
    """
    return list(_tokens(unicodedata.normalize("NFKC", text).casefold()))


class Bm25:
    """BM25 with Lucene's variant of the formula, k1 = 1.5 and b = 0.75 (arXiv 2407.03618)."""

    name = "bm25"

    def scores(self, benchmark: Benchmark, progress: Callable[[int], None] | None = None) -> Bm25Scores:
        """Index the candidates, and return what scores the questions against them.

        Raises:
            MissingExtraError: the package `bm25s` is not installed.
        """
        found = Bm25Scores(benchmark.candidates, benchmark.queries)
        if progress is not None:
            progress(len(benchmark.queries))
        return found


class Bm25Scores:
    """BM25 of queries with passages, computed when asked for.

    Args:
        passages: to index, all in one index.
        queries: to score.

    Raises:
        MissingExtraError: the package `bm25s` is not installed.
    """

    def __init__(self, passages: Sequence[str], queries: Sequence[str]) -> None:
        words = [tokens(passage) for passage in passages]
        self._passages = len(passages)
        self._index = _index(words) if any(words) else None
        known: dict[str, int] = {} if self._index is None else self._index.vocab_dict
        self._queries = [[known[word] for word in tokens(query) if word in known] for query in queries]

    def block(self, start: int, stop: int, out: NDArray[np.float32]) -> None:
        """Write the scores of some queries against all passages; -inf, not retrieved, for those that share no word.

        Args:
            start: the first query.
            stop: the one after the last.
            out: float32 [stop - start, passages], overwritten.
        """
        self._fill(start, stop, out)
        out[out == 0] = -np.inf

    def all(self) -> NDArray[np.float32]:
        """Return the scores of all queries, float32 [queries, passages]; 0 for passages that share no word."""
        scores = np.empty((len(self._queries), self._passages), np.float32)
        self._fill(0, len(self._queries), scores)
        return scores

    def _fill(self, start: int, stop: int, out: NDArray[np.float32]) -> None:
        for row, query in enumerate(self._queries[start:stop]):
            out[row] = self._index.get_scores_from_ids(query) if self._index is not None and query else 0


def _index(words: list[list[str]]) -> Any:  # noqa: ANN401  (the package has no types)
    try:
        import bm25s
    except ImportError as error:
        raise MissingExtraError("BM25", "bm25s", "bm25") from error
    index = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    index.index(words, show_progress=False)
    return index


class _Spaces(dict[int, int]):
    """A table for `str.translate` that turns all but letters, marks and digits into spaces, looking each up once."""

    def __missing__(self, code: int) -> int:
        self[code] = code if unicodedata.category(chr(code))[0] in "LMN" else ord(" ")
        return self[code]


def _tokens(text: str) -> Iterator[str]:
    unspaced = _unspaced()
    words = text.translate(_SPACES).split()
    if not unspaced.search(text):
        yield from words
        return
    for word in words:
        # Odd places hold the runs of scripts without spaces.
        for place, part in enumerate(unspaced.split(word)):
            if place % 2 and len(part) > 1:
                yield from (first + second for first, second in pairwise(part))
            elif part:
                yield part


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"([{_UNSPACED}]+)")


_SPACES = _Spaces()
