import pytest

from equilingua.corpus.augment import seq2seq
from equilingua.corpus.augment.engines import EngineError, open_engine


@pytest.fixture(autouse=True)
def short_answers(monkeypatch):
    monkeypatch.setattr(seq2seq, "_LONGEST_ANSWER", 8)


def test_batches_of_any_size_give_the_same_in_the_same_order(m2m100_folder, monkeypatch):
    engine = open_engine(f"transformers:{m2m100_folder}", "en", "gl", device="cpu")
    texts = ["Insert a table of ten rows here", "Open", "Close the window. Save it. Go."]

    together = list(engine.translate(texts))
    monkeypatch.setattr(seq2seq, "_BATCH_TOKENS", 1)
    assert list(engine.translate(texts)) == together
    assert [next(engine.translate([text])) for text in texts] == together


def test_the_name_says_version_and_content(m2m100_folder):
    engine = open_engine(f"transformers:{m2m100_folder}", "en", "gl", device="cpu")

    assert engine.name.startswith(f"transformers-{engine.details['version']}/{m2m100_folder.name}@")
    assert engine.details["direction"] == "en-gl"


def test_an_encoder_is_no_translation_model(bert_folder):
    with pytest.raises(EngineError, match="no translation model can be loaded"):
        open_engine(f"transformers:{bert_folder}", "en", "gl")
