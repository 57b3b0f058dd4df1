import dataclasses
import multiprocessing
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.load import load
from equilingua.encoder.token_store import SpecialTokens, token_store
from equilingua.encoder.tokens import tokenize
from equilingua.errors import DataError, UsageError

FRAMES = {"both": "<s> $A </s>", "start": "<s> $A", "end": "$A </s>", "many": "<s> <s> $A </s> </s>"}


@pytest.fixture(scope="module")
def bert(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@pytest.fixture(scope="module")
def xlmr(xlmr_folder):
    return load(str(xlmr_folder), device="cpu")


@pytest.fixture(scope="module", params=["bert", "xlmr"])
def whole(request, starter, tmp_path_factory):
    """An encoder and the store of the starter corpus."""
    encoder = request.getfixturevalue(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EQUILINGUA_CACHE", str(tmp_path_factory.mktemp("stores")))
        return encoder, token_store(encoder, starter)


@pytest.fixture
def corpus():
    pairs = [
        Pair("a", "en", "one question", "one answer", "test", negatives=("another", "one answer")),
        Pair("b", "en", "one answer", "another answer", "test"),
        Pair("c", "de", "one question", "eine Antwort", "test", negatives=("noch eine",)),
    ]
    return ParallelCorpus.from_pairs(pairs)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    return tmp_path


def texts_of(tokens):
    return [tokens.ids[start:stop].tolist() for start, stop in zip(tokens.offsets, tokens.offsets[1:], strict=False)]


def framed(encoder, frame, side):
    """The encoder with another frame of special tokens, and cut on another side."""
    from tokenizers import processors

    encoder.tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=FRAMES[frame], special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    encoder.tokenizer.truncation_side = side
    return encoder


@pytest.mark.parametrize("role", ["query", "passage"])
@pytest.mark.parametrize("limit", [4, 9, 17, 40, 64, 500])
def test_cut_as_the_tokenizer_cuts_in_all_languages(whole, starter, role, limit):
    encoder, store = whole
    texts = starter.queries(range(len(starter))) if role == "query" else starter.passages(range(len(starter)))

    tokens = store.take(store.query_text if role == "query" else store.passage_text, limit)
    expected = tokenize(encoder, texts, role, limit)
    np.testing.assert_array_equal(tokens.ids, expected.ids)
    np.testing.assert_array_equal(tokens.offsets, expected.offsets)


@settings(max_examples=40)
@given(st.data())
def test_each_text_has_its_own_limit(whole, starter, data):
    encoder, store = whole
    rows = np.array(data.draw(st.lists(st.integers(0, len(starter) - 1), min_size=1, max_size=8)))
    limits = np.array(data.draw(st.lists(st.integers(4, 80), min_size=len(rows), max_size=len(rows))))

    taken = texts_of(store.take(store.passage_text[rows], limits))
    for text, limit, ids in zip(starter.passages(rows), limits, taken, strict=True):
        assert ids == tokenize(encoder, [text], "passage", int(limit)).ids.tolist()


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("frame", FRAMES)
def test_special_tokens_wherever_they_stand(xlmr_folder, starter, frame, side):
    encoder = framed(load(str(xlmr_folder), device="cpu"), frame, side)
    some = starter.select(np.arange(0, len(starter), 40))

    store = token_store(encoder, some)
    for limit in (5, 12, 64):
        expected = tokenize(encoder, some.passages(range(len(some))), "passage", limit)
        np.testing.assert_array_equal(store.take(store.passage_text, limit).ids, expected.ids)
    assert SpecialTokens.of(encoder).cuts_start == (side == "left")


def test_distinct_texts_once_by_role(bert, corpus):
    store = token_store(bert, corpus)

    assert store.query_text.tolist() == [0, 1, 0]
    assert store.passage_text.tolist() == [2, 3, 4]
    assert store.negative_text.tolist() == [5, 2, 6]
    assert len(store) == 7
    assert store.lengths(store.query_text, 4).tolist() == [4, 4, 4]


def test_one_text_for_both_roles_where_the_prompts_are_one(tiny_folder, corpus):
    encoder = load(str(tiny_folder), device="cpu")
    encoder.prompts = {}

    store = token_store(encoder, corpus)
    assert store.query_text[1] == store.passage_text[0] == store.negative_text[1]
    assert texts_of(store.take(store.query_text, 64)) == [
        encoder.tokenizer(text)["input_ids"] for text in corpus.queries(range(3))
    ]


def test_a_limit_without_room_for_text_is_refused(whole):
    _, store = whole
    with pytest.raises(UsageError, match="a limit of 3 tokens leaves no room for text: use at least 4"):
        store.take(np.array([0, 1]), np.array([9, 3]))


def test_no_texts(whole):
    _, store = whole
    assert store.take(np.zeros(0, np.int64), 9).offsets.tolist() == [0]


def test_the_second_time_nothing_is_tokenised(bert, corpus):
    told = []
    first = token_store(bert, corpus, lambda *news: told.append(news))
    assert {(stage, whole) for stage, _, whole in told} == {("tokenising", 7)}
    assert sum(more for _, more, _ in told) == 7
    told.clear()
    second = token_store(bert, corpus, lambda *news: told.append(news))

    assert not told
    assert second.fingerprint == first.fingerprint
    assert isinstance(second.tokens.ids, np.memmap)
    assert second.tokens.ids.dtype == np.int32
    assert second.tokens.offsets.dtype == np.int64
    np.testing.assert_array_equal(second.tokens.ids, first.tokens.ids)


def test_whatever_the_ids_depend_on_makes_another_store(tiny_folder, xlmr, corpus):
    encoder = load(str(tiny_folder), device="cpu")
    pairs = list(corpus)
    changed = ParallelCorpus.from_pairs([dataclasses.replace(pairs[0], passage="one answer!"), *pairs[1:]])

    seen = [token_store(encoder, corpus).fingerprint, token_store(encoder, changed).fingerprint]
    seen.append(token_store(xlmr, corpus).fingerprint)
    encoder.max_seq_length = 32
    seen.append(token_store(encoder, corpus).fingerprint)
    encoder.prompts = {"query": "question: ", "passage": "passage: "}
    seen.append(token_store(encoder, corpus).fingerprint)
    assert len(set(seen)) == 5


def test_the_fingerprint_does_not_depend_on_what_was_tokenised_before(tiny_folder, corpus):
    encoder = load(str(tiny_folder), device="cpu")
    first = token_store(encoder, corpus).fingerprint
    encoder.tokenizer(["a", "b c"], truncation=True, max_length=7, padding=True)

    assert token_store(encoder, corpus).fingerprint == first


@pytest.mark.parametrize("name", ["ids", "offsets"])
@pytest.mark.parametrize("damage", ["flipped", "missing"])
def test_a_damaged_store_is_said_and_made_again(bert, corpus, cache, caplog, name, damage):
    first = token_store(bert, corpus)
    path = cache / "tokens" / first.fingerprint / name
    data = bytearray(path.read_bytes())
    data[9] ^= 1
    ids, offsets = np.array(first.tokens.ids), np.array(first.tokens.offsets)
    path.write_bytes(data) if damage == "flipped" else path.unlink()

    again = token_store(bert, corpus)
    np.testing.assert_array_equal(again.tokens.ids, ids)
    np.testing.assert_array_equal(again.tokens.offsets, offsets)
    assert f"is damaged (file '{name}' is " in caplog.text
    assert "it is made again" in caplog.text
    caplog.clear()
    token_store(bert, corpus)
    assert not caplog.text


def test_an_interrupted_one_leaves_nothing_behind(bert, corpus, cache):
    def stop(*_news):
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"token store .* cannot be used: No space left on device; make room"):
        token_store(bert, corpus, stop)
    assert [path.name for path in (cache / "tokens").iterdir() if not path.name.endswith(".lock")] == []
    assert len(token_store(bert, corpus)) == 7


def _make(tiny_folder, corpus_path, made):
    encoder = load(str(tiny_folder), device="cpu")
    done = []
    store = token_store(
        encoder, ParallelCorpus.read_parquet(corpus_path), lambda _, more, __: (done.append(more), time.sleep(0.3))
    )
    made.put((sum(done), int(store.tokens.ids.sum())))


@pytest.mark.slow
def test_two_processes_make_one_store(tiny_folder, corpus, tmp_path):
    corpus.write_parquet(tmp_path / "corpus.parquet")
    context = multiprocessing.get_context("spawn")
    made = context.Queue()
    arguments = (tiny_folder, tmp_path / "corpus.parquet", made)
    processes = [context.Process(target=_make, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    results = [made.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()

    assert sorted(done for done, _ in results) == [0, 7]
    assert results[0][1] == results[1][1]
