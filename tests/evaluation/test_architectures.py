"""Encoders of the architectures that others publish load by name and are measured: tiny random ones of each."""

import json

import pytest

from equilingua.evaluation.evaluate import evaluate

DIM = 32


@pytest.fixture(scope="module")
def benchmark_file(starter, tmp_path_factory):
    file = tmp_path_factory.mktemp("architectures") / "pairs.jsonl"
    rows = [row for language in ("de", "en", "zh-Hans") for row in starter.rows_of_language(language)[:4]]
    fields = ("group", "language", "query", "passage")
    records = [{field: getattr(starter[int(row)], field) for field in fields} for row in rows]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return file


@pytest.fixture(scope="module")
def labse_folder(bert_folder, tmp_path_factory):
    """LaBSE's modules: BERT, its first token, a dense layer with tanh, unit length."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Dense, Normalize, Pooling, Transformer
    from torch import nn

    modules = [
        Transformer(str(bert_folder), max_seq_length=64),
        Pooling(DIM, pooling_mode="cls"),
        Dense(DIM, DIM, activation_function=nn.Tanh()),
        Normalize(),
    ]
    folder = tmp_path_factory.mktemp("labse")
    SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="module")
def mt5_plain(xlmr_plain, tmp_path_factory):
    """A folder as mT5 is published: encoder and decoder, of which the encoder is used."""
    import torch
    from transformers import AutoTokenizer, MT5Config, MT5ForConditionalGeneration

    tokenizer = AutoTokenizer.from_pretrained(xlmr_plain)
    torch.manual_seed(2)
    model = MT5ForConditionalGeneration(
        MT5Config(
            vocab_size=len(tokenizer),
            d_model=DIM,
            d_kv=16,
            d_ff=64,
            num_layers=2,
            num_decoder_layers=1,
            num_heads=2,
            pad_token_id=1,
            decoder_start_token_id=1,
        )
    )
    folder = tmp_path_factory.mktemp("mt5")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def mt5_folder(mt5_plain, tmp_path_factory):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    body = Transformer(str(mt5_plain), max_seq_length=64)
    folder = tmp_path_factory.mktemp("mt5-sentences")
    encoder = SentenceTransformer(modules=[body, Pooling(DIM, pooling_mode="mean"), Normalize()], device="cpu")
    encoder.save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="module")
def xlmr_plain(xlmr_folder, tmp_path_factory):
    """XLM-R without modules, as a folder of transformers."""
    from sentence_transformers import SentenceTransformer

    folder = tmp_path_factory.mktemp("xlmr-alone")
    encoder = SentenceTransformer(str(xlmr_folder), device="cpu")
    encoder[0].auto_model.save_pretrained(folder)
    encoder.tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    "fixture", ["xlmr_folder", "xlmr_plain", "labse_folder", "bert_folder", "mt5_folder", "mt5_plain"]
)
def test_an_architecture_is_measured_by_the_name_of_its_folder(fixture, request, benchmark_file, tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    folder = request.getfixturevalue(fixture)
    found = evaluate(str(folder), benchmark_file, device="cpu", precision="float32")
    result = found.results[str(benchmark_file)]
    assert result.benchmark.candidate_counts.tolist() == [4, 4, 4]
    assert 0 < result.settings["multilingual"].mean()["map"] <= 1
    # From the cache, without the encoder, figure by figure the same.
    again = evaluate(str(folder), benchmark_file, device="cpu", precision="float32").results[str(benchmark_file)]
    assert again.cached == 1
    assert again.settings["cross_lingual"].mean() == result.settings["cross_lingual"].mean()
