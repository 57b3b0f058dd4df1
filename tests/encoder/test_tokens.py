import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.encoder.load import load
from equilingua.encoder.tokens import (
    TokenizedTexts,
    collate,
    length_ordered_batches,
    prompt,
    tokenize,
)
from equilingua.errors import UsageError


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@given(st.lists(st.integers(0, 600), max_size=200), st.integers(1, 3000))
def test_batches_hold_every_text_once_within_the_budget(lengths, budget):
    lengths = np.array(lengths, dtype=np.int64)

    batches = length_ordered_batches(lengths, budget)
    rows = np.concatenate(batches) if batches else np.array([], dtype=np.int64)
    assert sorted(rows.tolist()) == list(range(len(lengths)))
    assert (np.diff(lengths[rows]) <= 0).all()
    for batch in batches:
        assert len(batch) == 1 or len(batch) * lengths[batch].max() <= budget or lengths[batch].max() == 0


@given(st.lists(st.integers(1, 300), min_size=1, max_size=100), st.integers(300, 3000))
def test_batches_are_as_full_as_the_budget_lets_them(lengths, budget):
    batches = length_ordered_batches(np.array(lengths), budget)

    for batch in batches[:-1]:
        assert (len(batch) + 1) * lengths[batch[0]] > budget


@given(st.lists(st.lists(st.integers(5, 99), min_size=1, max_size=9), min_size=1, max_size=20), st.data())
def test_collating_pads_each_text_to_the_longest(texts, data):
    offsets = np.cumsum([0, *map(len, texts)])
    tokens = TokenizedTexts(np.array([token for text in texts for token in text], np.int32), offsets)
    rows = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=8)))

    features = collate(tokens, rows, pad_id=1, device=torch.device("cpu"))
    longest = max(len(texts[row]) for row in rows)
    assert features["input_ids"].tolist() == [texts[row] + [1] * (longest - len(texts[row])) for row in rows]
    assert features["attention_mask"].sum(dim=1).tolist() == [len(texts[row]) for row in rows]
    assert features["input_ids"].dtype == features["attention_mask"].dtype == torch.int64


def test_tokenises_as_the_encoder_does(encoder, multilingual_texts):
    tokens = tokenize(encoder, multilingual_texts, "query")

    for i, text in enumerate(multilingual_texts):
        ids = tokens.ids[tokens.offsets[i] : tokens.offsets[i + 1]].tolist()
        assert ids == encoder.tokenizer("query: " + text, truncation=True, max_length=64)["input_ids"]
    assert tokens.lengths.max() == 64


def test_the_lesser_limit_holds(encoder, starter):
    texts = starter.passages(range(20))

    assert tokenize(encoder, texts, "passage", 12).lengths.max() == 12
    assert tokenize(encoder, texts, "passage", 1000).lengths.max() == 64
    assert tokenize(encoder, texts, "passage").lengths.max() == 64


def test_a_limit_without_room_for_text_is_refused(encoder):
    with pytest.raises(UsageError, match="a limit of 3 tokens leaves no room for text: use at least 4"):
        tokenize(encoder, ["text"], "query", 3)


def test_concatenating_keeps_the_texts(encoder):
    one, two = tokenize(encoder, ["a bee", "honey"], "query"), tokenize(encoder, ["wax"], "query")

    both = TokenizedTexts.concatenate([one, two])
    assert both.ids.tolist() == [*one.ids.tolist(), *two.ids.tolist()]
    assert both.lengths.tolist() == [*one.lengths.tolist(), *two.lengths.tolist()]


@pytest.mark.parametrize(
    ("prompts", "query", "passage"),
    [
        ({"query": "q ", "passage": "p "}, "q ", "p "),
        ({"query": "q ", "document": "d ", "passage": "p "}, "q ", "d "),
        ({"query": "q ", "passage": "p ", "corpus": "c "}, "q ", "p "),
        ({"query": "q ", "corpus": "c ", "document": ""}, "q ", ""),
        ({}, "", ""),
    ],
)
def test_prompts_by_the_names_that_sentence_transformers_takes(encoder, prompts, query, passage, monkeypatch):
    monkeypatch.setattr(encoder, "prompts", prompts)
    asked = []
    monkeypatch.setattr(encoder, "_inference", lambda *_, **named: asked.append(named["prompt"]) or np.zeros(1))
    encoder.encode_query(["text"])
    encoder.encode_document(["text"])

    assert (prompt(encoder, "query"), prompt(encoder, "passage")) == (query, passage)
    assert [each or "" for each in asked] == [query, passage]


def test_the_default_prompt_stands_in_where_no_name_fits(encoder, monkeypatch):
    monkeypatch.setattr(encoder, "prompts", {"search": "s "})
    monkeypatch.setattr(encoder, "default_prompt_name", "search")

    assert (prompt(encoder, "query"), prompt(encoder, "passage")) == ("s ", "s ")
