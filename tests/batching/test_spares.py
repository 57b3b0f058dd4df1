import numpy as np
import pytest

from equilingua.batching.clashes import Arrangement, first_holders
from equilingua.batching.draws import derive_key
from equilingua.batching.partners import AnyLanguage, Itself
from equilingua.batching.pools import Pool
from equilingua.batching.rows import RowCodes, Translations
from equilingua.batching.spares import Spares
from equilingua.corpus.schema import Pair, ParallelCorpus

from .corpora import grid


def replace(corpus, pool, queries, passages, stream):
    """Treat all items as one batch and replace what clashes; return rows, and how many questions were replaced."""
    codes = RowCodes(corpus)
    queries, passages, stream = map(np.asarray, (queries, passages, stream))
    home = np.zeros(len(queries), dtype=np.int64)
    arrangement = Arrangement(codes.clash_keys(queries, passages), home, stream)
    stuck = np.flatnonzero(~first_holders(codes.clash_keys(queries, passages))).tolist()
    replaced = Spares(codes, pool, derive_key(0, "spare")).replace(stuck, arrangement, stream, queries, passages)
    assert first_holders(codes.clash_keys(queries, passages)).all()
    return queries, passages, int(replaced[0])


def mixture(corpus):
    by_language = tuple(np.flatnonzero(corpus.language_codes == code) for code in range(len(corpus.languages)))
    shares = np.full(len(by_language), 1 / len(by_language))
    return Pool("mixed", "s", tuple(corpus.languages), None, shares, by_language, Itself())


def test_a_spare_row_comes_from_the_same_language():
    corpus = grid(4, ("de", "en"))
    queries, _, replaced = replace(corpus, mixture(corpus), [0, 1, 2], [0, 1, 2], [0, 1, 0])
    assert replaced == 1
    assert queries[[0, 2]].tolist() == [0, 2]
    assert queries[1] in (5, 7)


def test_a_spare_row_comes_from_another_language_if_it_must():
    rows = [("g", "de"), ("g", "en"), ("h", "de")]
    corpus = ParallelCorpus.from_pairs(Pair(group, code, "q", f"p {group}", "s") for group, code in rows)
    queries, _, replaced = replace(corpus, mixture(corpus), [0, 1], [0, 1], [0, 1])
    assert (queries.tolist(), replaced) == ([0, 2], 1)


def test_another_passage_of_the_group_keeps_the_question():
    rows = [("g", "de", None), ("g", "en", "x"), ("g", "fr", None), ("h", "de", None), ("h", "en", "x")]
    corpus = ParallelCorpus.from_pairs(
        Pair(group, code, "q", name or f"{group} {code}", "s", name) for group, code, name in rows
    )
    codes = RowCodes(corpus)
    partners = AnyLanguage(codes, Translations(codes, np.arange(5)), np.ones(3))
    pool = Pool("cross-lingual", "s", ("de",), None, np.ones(1), (np.asarray([0, 3]),), partners)
    queries, passages, replaced = replace(corpus, pool, [3, 0], [4, 1], [0, 0])
    assert (queries.tolist(), passages.tolist(), replaced) == ([3, 0], [4, 2], 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_whole_batch_is_replaced_if_no_single_row_helps(order):
    # Row 0 shares its group with one row and its passage with the other: only those two go together.
    rows = [("g", "x"), ("g", "y"), ("h", "x")]
    corpus = ParallelCorpus.from_pairs(Pair(group, "en", "q", name, "s") for group, name in rows)
    clashing = np.asarray([0, 1])[list(order)]
    stream = np.asarray([1, 2, 0])
    pool = Pool("mixed", "s", ("en",), None, np.ones(1), (stream,), Itself())
    queries, _, replaced = replace(corpus, pool, clashing, clashing, [0, 0])
    assert sorted(queries.tolist()) == [1, 2]
    assert replaced in (1, 2)
