from equilingua.corpus.columns import fingerprint
from equilingua.corpus.schema import Pair, ParallelCorpus

PAIRS = [
    Pair("1", "en", "q", "p", "s"),
    Pair("2", "de", "r", "t", "s", "x"),
    Pair("3", "zh-Hans", "问题", "答案", "s", None, ("n", "m")),
    Pair("4", "en", "a question", "", "s"),
]


def of(pairs):
    return fingerprint(ParallelCorpus.from_pairs(pairs).table)


def test_a_fingerprint_is_that_of_the_pairs_however_they_lie_in_memory(tmp_path):
    corpus = ParallelCorpus.from_pairs(PAIRS)
    corpus.write_parquet(tmp_path / "c.parquet")

    assert fingerprint(corpus.table) == of(PAIRS)
    assert fingerprint(ParallelCorpus.read_parquet(tmp_path / "c.parquet").table) == of(PAIRS)
    assert fingerprint(corpus.select([1, 2]).table) == of(PAIRS[1:3])
    assert fingerprint(corpus.table.slice(1, 2)) == of(PAIRS[1:3])


def test_a_fingerprint_follows_texts_and_order():
    others = [
        PAIRS[::-1],
        PAIRS[:-1],
        [*PAIRS[:-1], Pair("4", "en", "another", "", "s")],
        [*PAIRS[:-1], Pair("4", "en", "a", " question", "s")],
        [PAIRS[0], Pair("2", "de", "r", "t", "s", "y"), *PAIRS[2:]],
        [PAIRS[0], Pair("2", "de", "r", "t", "s"), *PAIRS[2:]],
    ]
    assert len({of(pairs) for pairs in [PAIRS, *others]}) == 7


def test_a_fingerprint_follows_lists():
    lists = [[("a", "b"), ()], [("a",), ("b",)], [("ab",), ()]]
    assert len({of([Pair("g", "en", "q", "p", "s", negatives=each) for each in both]) for both in lists}) == 3
