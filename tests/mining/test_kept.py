from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.mining.kept import corpus_identity, encoder_identity, identity

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


def test_an_encoder_is_the_same_by_what_it_does(tiny_folder, bert_folder):
    encoder = load(str(tiny_folder), device="cpu")
    before = encoder_identity(encoder)

    assert encoder_identity(load(str(tiny_folder), device="cpu")) == before
    encode(encoder, ["a text"], "query", max_tokens=12)
    encoder.encode(["a text"])
    assert encoder_identity(encoder) == before
    assert encoder_identity(load(str(bert_folder), device="cpu")) != before
    encoder.prompts["query"] = "ask: "
    prompted = encoder_identity(encoder)
    encoder[0].auto_model.embeddings.position_embeddings.weight.data[3, 3] += 1e-3
    assert len({before, prompted, encoder_identity(encoder)}) == 3
