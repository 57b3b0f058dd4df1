from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.mining.kept import corpus_identity, identity

PAIRS = [Pair("1", "en", "q", "p", "s"), Pair("2", "de", "r", "t", "s", "x")]


def test_identities_tell_parts_apart():
    assert identity("a", {"b": 1}) == identity("a", {"b": 1})
    assert len({identity("a", "b"), identity("ab"), identity(["a"], "b"), identity("b", "a")}) == 4


def test_a_corpus_is_the_same_by_its_pairs(tmp_path):
    corpus = ParallelCorpus.from_pairs(PAIRS)
    corpus.write_parquet(tmp_path / "c.parquet")

    with_negatives = ParallelCorpus.from_pairs([Pair("1", "en", "q", "p", "s", None, ("n",)), PAIRS[1]])
    assert corpus_identity(corpus) == corpus_identity(ParallelCorpus.read_parquet(tmp_path / "c.parquet"))
    assert corpus_identity(corpus) == corpus_identity(with_negatives)
    others = [PAIRS[::-1], PAIRS[:1], [PAIRS[0], Pair("2", "de", "r", "t", "s", "y")]]
    assert len({corpus_identity(ParallelCorpus.from_pairs(pairs)) for pairs in [PAIRS, *others]}) == 4
