import sys

import numpy as np
import pytest

from equilingua.encoder.load import load
from equilingua.errors import MissingExtraError
from equilingua.training.collate import Translations
from equilingua.training.trainer_glue import column_prompts, planned_dataset

pytest.importorskip("datasets", reason="the extra 'hub' is not installed")


def test_items_are_the_planned_ones_in_order(corpus, sampler):
    dataset = planned_dataset(corpus, sampler, 5)

    assert len(dataset) == 40
    for step in range(5):
        batch, items = sampler.batch(step), dataset[step * 8 : step * 8 + 8]
        assert list(items) == ["query", "passage", "label"]
        assert items["query"] == corpus.queries(batch.query_rows)
        assert items["passage"] == corpus.passages(batch.passage_rows)
        ids = [corpus.group_codes, corpus.passage_codes]
        expected = [ids[0][batch.query_rows], ids[1][batch.query_rows]]
        expected += [ids[0][batch.passage_rows], ids[1][batch.passage_rows], np.zeros(8)]
        assert np.array_equal(items["label"], np.stack(expected, axis=1))
    kinds = [sampler.batch(step).kind for step in range(5)]
    assert "cross-lingual" in kinds, "no item of which two rows are joined was looked at"


def test_translations_are_a_further_column_and_marked(corpus, sampler):
    lone = corpus.select(np.flatnonzero((corpus.group_codes % 2 == 0) | (corpus.language_codes == 1)))
    translations = Translations(lone, 0)
    plan = type(sampler)(lone, sampler.plan, 3)
    dataset = planned_dataset(lone, plan, 4, translations)

    seen = []
    for step in range(4):
        rows = plan.batch(step).query_rows
        drawn, items = translations.of_batch(rows, step), dataset[step * 8 : step * 8 + 8]
        assert items["translation"] == lone.queries(np.where(drawn < 0, rows, drawn))
        assert [label[4] for label in items["label"]] == (drawn >= 0).tolist()
        seen += (drawn >= 0).tolist()
    assert set(seen) == {True, False}


def test_prompts_are_the_encoder_s(tiny_folder, bert_folder):
    assert column_prompts(load(str(tiny_folder), device="cpu")) == {
        "query": "query: ",
        "passage": "passage: ",
        "translation": "query: ",
    }
    assert set(column_prompts(load(str(bert_folder), device="cpu")).values()) == {""}


def test_without_datasets_the_extra_is_named(corpus, sampler, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)

    with pytest.raises(MissingExtraError, match=r"'datasets': pip install 'equilingua\[hub\]'"):
        planned_dataset(corpus, sampler, 1)
