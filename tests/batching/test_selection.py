import numpy as np
import pytest

from equilingua.batching.clashes import Arrangement, first_holders
from equilingua.batching.draws import derive_key
from equilingua.batching.plan import BatchPlan
from equilingua.batching.pools import AnyLanguage, Itself, Pool, RowCodes, TranslationRows
from equilingua.batching.selection import select
from equilingua.batching.windows import Spares
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError, PlanError, UsageError

from .corpora import grid


def chosen(corpus, **plan):
    return select(RowCodes(corpus), BatchPlan(**plan))


def test_languages_too_small_for_a_batch_are_left_out_and_reported():
    corpus = ParallelCorpus.concat([grid(20, ("de", "en")), grid(7, ("sw",), source="t")])
    found = chosen(corpus, strategy="monolingual", size=8)["monolingual"]
    assert [pool.languages for pool in found.pools] == [("de",), ("en",)]
    reasons = ["monolingual t sw: room for 7 items without repeating a group or passage, a batch has 8"]
    assert list(map(str, found.excluded)) == reasons


def test_a_language_too_small_for_its_share_leaves_the_mixture():
    corpus = ParallelCorpus.from_pairs(
        Pair(f"g{group}", code, "q", f"p {group}", "s")
        for group in range(20)
        for code in ("de", "en", "sw")
        if code != "sw" or group < 2
    )
    found = chosen(corpus, strategy="cross-lingual", size=9)["cross-lingual"]
    assert found.pools[0].languages == ("de", "en")
    assert list(map(str, found.excluded)) == ["cross-lingual s sw: room for 2 items, its share of a batch is 3"]
    by_size = chosen(corpus, strategy="cross-lingual", size=9, languages="size")["cross-lingual"]
    assert by_size.pools[0].languages == ("de", "en", "sw")


def test_questions_that_share_a_passage_do_not_fill_a_batch():
    corpus = grid(40, ("en",), questions_per_passage=5)
    with pytest.raises(PlanError, match=r"the largest size that fits is 8$"):
        chosen(corpus, strategy="monolingual", size=16)


def test_pairs_alone_in_their_group_are_left_out_and_counted():
    corpus = ParallelCorpus.concat([grid(10, ("de", "en")), grid(4, ("fr",), source="t")])
    found = chosen(corpus, strategy="cross-lingual", size=4)["cross-lingual"]
    assert list(map(str, found.excluded)) == [
        "cross-lingual t: 4 pairs are left out: their group has no other language"
    ]
    assert found.probabilities.tolist() == [1.0]


def test_sentences_are_drawn_across_languages_only():
    sentences = ParallelCorpus.from_pairs(
        Pair(f"t:{group}", code, f"t{group} {code}", f"t{group} {code}", "t")
        for group in range(9)
        for code in ("de", "en")
    )
    corpus = ParallelCorpus.concat([grid(10, ("de", "en")), sentences])
    found = chosen(corpus, strategy="hybrid", size=4, sources={"s": 1, "t": 3})
    for kind in (found["monolingual"], chosen(corpus, strategy="mixed", size=4)["mixed"]):
        assert {pool.source for pool in kind.pools} == {"s"}
        assert [exclusion.reason for exclusion in kind.excluded] == [
            "18 pairs are left out: their passage is the question itself"
        ]
    across = found["cross-lingual"]
    assert dict(zip([pool.source for pool in across.pools], across.probabilities, strict=True)) == {
        "s": 0.25,
        "t": 0.75,
    }
    with pytest.raises(PlanError, match="every passage is its question itself, so no monolingual batch can be made"):
        chosen(sentences, strategy="hybrid", size=4)


def test_translations_may_come_from_another_source():
    english, german = grid(10, ("en",)), grid(10, ("de",))
    table = german.table.set_column(4, "source", [["translated"] * 10])
    corpus = ParallelCorpus.concat([english, ParallelCorpus.from_table(table)], shared_groups=True)
    found = chosen(corpus, strategy="cross-lingual", size=4)["cross-lingual"]
    assert [(pool.source, pool.languages) for pool in found.pools] == [("s", ("en",)), ("translated", ("de",))]


def test_ordered_pairs():
    found = chosen(grid(10, 3), strategy="cross-lingual", size=4, pairs="single")["cross-lingual"]
    pairs = [(pool.languages[0], pool.passage_language) for pool in found.pools]
    assert pairs == [("ar", "de"), ("ar", "en"), ("de", "ar"), ("de", "en"), ("en", "ar"), ("en", "de")]
    assert np.allclose(found.probabilities, 1 / 6)


def test_question_languages_keep_their_weight_where_pairs_are_few():
    # sw has only en to go with, and yet is asked as often as the others
    corpus = ParallelCorpus.from_pairs(
        Pair(f"{kind}{group}", code, "q", f"p {kind}{group}", "s")
        for group in range(10)
        for kind, codes in (("x", ("de", "en", "fr")), ("y", ("en", "sw")))
        for code in codes
    )
    found = chosen(corpus, strategy="cross-lingual", size=4, pairs="single")["cross-lingual"]
    weight = dict.fromkeys(corpus.languages, 0.0)
    for pool, probability in zip(found.pools, found.probabilities, strict=True):
        weight[pool.languages[0]] += probability
    assert weight == pytest.approx(dict.fromkeys(corpus.languages, 0.25))


@pytest.mark.parametrize(("sources", "shares"), [(None, [0.25, 0.75]), ({"a": 3, "b": 1}, [0.75, 0.25])])
def test_sources_by_size_or_by_weight(sources, shares):
    corpus = ParallelCorpus.concat([grid(10, 2, source="a"), grid(30, 2, source="b")])
    found = chosen(corpus, strategy="monolingual", size=4, sources=sources)["monolingual"]
    assert np.allclose(found.probabilities, np.repeat(shares, 2) / 2)


def test_sources_without_weight():
    corpus = ParallelCorpus.concat([grid(10, 2, source=name) for name in "abc"])
    found = chosen(corpus, strategy="mixed", size=4, sources={"a": 1, "b": 0})["mixed"]
    assert [pool.source for pool in found.pools] == ["a"]
    assert list(map(str, found.excluded)) == ["mixed c: the plan gives it no weight"]


def test_english_takes_every_english():
    corpus = grid(10, ("en", "en-GB", "fr"))
    found = chosen(corpus, strategy="english", size=4)["monolingual"]
    assert [pool.languages for pool in found.pools] == [("en",), ("en-GB",)]


def test_a_source_without_english_is_reported():
    corpus = ParallelCorpus.concat([grid(10, ("en", "fr")), grid(10, ("fr",), source="t")])
    found = chosen(corpus, strategy="english", size=4)["monolingual"]
    assert list(map(str, found.excluded)) == ["monolingual t: it has no English pairs"]


@pytest.mark.parametrize(
    ("corpus", "plan", "error", "message"),
    [
        (ParallelCorpus.from_pairs([]), {}, DataError, "the corpus is empty"),
        (
            grid(9, 2),
            {"size": 10},
            PlanError,
            "batch of 10 without repeating a group or passage: the largest size that fits is 9",
        ),
        (grid(9, 2), {"size": 99, "pairs": "single"}, PlanError, "the largest size that fits is 9"),
        (grid(1, 2), {}, PlanError, "no size fits, the corpus has too few groups"),
        (grid(9, 1), {"strategy": "cross-lingual"}, PlanError, "no group has two languages"),
        (grid(9, 1), {"strategy": "hybrid"}, PlanError, "no group has two languages"),
        (grid(9, ("de", "fr")), {"strategy": "english"}, PlanError, "needs English pairs: the corpus has de, fr"),
        (grid(9, 2), {"sources": {"t": 1}}, UsageError, "unknown source 't'"),
    ],
)
def test_what_cannot_be_drawn_is_an_error_that_says_why(corpus, plan, error, message):
    with pytest.raises(error) as raised:
        chosen(corpus, **{"strategy": "hybrid", "size": 4, **plan})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


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
    partners = AnyLanguage(codes, TranslationRows(codes, np.arange(5)), np.ones(3))
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
