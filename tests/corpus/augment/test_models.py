"""Translation by neural models: names of languages, tokens, and tiny models run for real."""

import shutil

import pytest

from equilingua.corpus.augment import models
from equilingua.corpus.augment.engines import open_engine
from equilingua.corpus.augment.models import ModelTokens, folder_digest, language_name
from equilingua.errors import EngineError, UsageError

FLORES = ["eng_Latn", "zho_Hans", "zho_Hant", "arb_Arab", "swh_Latn", "npi_Deva", "kas_Arab", "kas_Deva", "por_Latn"]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "eng_Latn"),
        ("zh-Hans", "zho_Hans"),
        ("zh-Hant", "zho_Hant"),
        ("ar", "arb_Arab"),
        ("sw", "swh_Latn"),
        ("ne", "npi_Deva"),
        ("ks-Deva", "kas_Deva"),
        ("pt-BR", "por_Latn"),
        ("gl", None),
        ("sr-Latn", None),
    ],
)
def test_flores(language, name):
    assert language_name(language, FLORES) == name


def test_plain_codes_and_those_with_regions():
    assert language_name("pt-BR", ["pt_BR", "pt"]) == "pt_BR"
    assert language_name("es", ["en_XX", "es_XX"]) == "es_XX"
    assert language_name("glg", ["gl"]) == "gl"
    assert language_name("gl", ["eng", "glg"]) == "glg"
    assert language_name("zh-Hant", ["zh", "zh_CN"]) is None


def test_m2m100_names_the_source_at_the_beginning_and_the_target_to_the_decoder(m2m100_folder):
    tokens = ModelTokens(str(m2m100_folder), "en", "gl")

    assert tokens.tokens("Save it")[0] == "__en__"
    assert tokens.target_token == "__gl__"
    assert tokens.decode_tokens(["__gl__", "▁S", "a", "v", "e", "</s>"]) == "Save"
    with pytest.raises(UsageError, match="does not know the language chr: it has af, am, ar"):
        ModelTokens(str(m2m100_folder), "en", "chr")


def test_opus_mt_names_the_target_at_the_beginning(marian_folder):
    tokens = ModelTokens(str(marian_folder), "en", "ca")

    assert tokens.tokens("Save it")[0] == ">>cat<<"
    assert tokens.target_token is None
    assert tokens.target_id() is None
    with pytest.raises(UsageError, match="does not know the language eo: it has cat, glg"):
        ModelTokens(str(marian_folder), "en", "eo")
    with pytest.raises(UsageError, match="has the source language eng, not de"):
        ModelTokens(str(marian_folder), "de", "gl")


def test_nllb_names_languages_by_flores_codes(tmp_path):
    from tokenizers import Tokenizer, models
    from transformers import NllbTokenizer

    NllbTokenizer(vocab={"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "▁a": 4, "a": 5}, merges=[]).save_pretrained(
        tmp_path
    )
    assert Tokenizer(models.BPE())  # the tokenizers library is what reads it

    tokens = ModelTokens(str(tmp_path), "en", "sw")
    assert tokens.target_token == "swh_Latn"
    assert tokens.tokens("a")[0] == "eng_Latn"


def test_pieces_are_no_longer_than_the_model_reads(m2m100_folder):
    tokens = ModelTokens(str(m2m100_folder), "en", "gl")
    text = "word " * 500 + "end. Next one."

    pieces = tokens.pieces(text)
    assert max(len(tokens.encode(piece)) for piece, _ in pieces) <= 400
    assert "".join(piece for piece, _ in pieces).replace(" ", "") == text.replace(" ", "")


def test_the_digest_of_a_folder_follows_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    digests = [folder_digest(tmp_path)]
    (tmp_path / "a").write_text("2")
    digests.append(folder_digest(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    digests.append(folder_digest(tmp_path))
    assert len(set(digests)) == 3


TEXTS = ["Save the file. Then close it!\nNew line", "A short heading", "one word two words " * 60]


@pytest.fixture(autouse=True)
def short_answers(monkeypatch):
    # Random weights never end a sentence of themselves.
    monkeypatch.setattr(models, "_LONGEST_ANSWER", 12)


@pytest.mark.parametrize("family", ["marian", "m2m100"])
def test_a_converted_model_translates_as_transformers_does(converted, marian_folder, m2m100_folder, family):
    folder = {"marian": marian_folder, "m2m100": m2m100_folder}[family]
    fast = open_engine(f"ctranslate2:{converted[family]}", "en", "gl", device="cpu")
    slow = open_engine(f"transformers:{folder}", "en", "gl", device="cpu")

    theirs = list(slow.translate(TEXTS))
    ours = list(fast.translate(TEXTS))
    assert ours == theirs
    assert all(theirs)
    assert "\n" in theirs[0]
    slow.close()
    fast.close()


@pytest.mark.parametrize("family", ["marian", "m2m100"])
def test_the_language_asked_for_reaches_the_model(converted, family):
    texts = {
        target: list(open_engine(f"ctranslate2:{converted[family]}", "en", target, device="cpu").translate(TEXTS))
        for target in ("gl", "ca")
    }

    assert texts["gl"] != texts["ca"]


def test_two_models_and_two_directions_have_fingerprints_of_their_own(converted):
    engines = [
        open_engine(f"ctranslate2:{converted[family]}", "en", target, device="cpu")
        for family in ("marian", "m2m100")
        for target in ("gl", "ca")
    ]

    assert len({engine.fingerprint for engine in engines}) == 4
    assert engines[0].name.startswith(f"ctranslate2-{engines[0].details['version']}/marian@")


def test_a_damaged_model_is_told(converted, tmp_path):
    folder = shutil.copytree(converted["m2m100"], tmp_path / "damaged")
    (folder / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:100])

    with pytest.raises(EngineError, match=r"damaged: CTranslate2 cannot load it: "):
        open_engine(f"ctranslate2:{folder}", "en", "gl", device="cpu")


def test_batches_of_any_size_give_the_same_in_the_same_order(m2m100_folder, monkeypatch):
    engine = open_engine(f"transformers:{m2m100_folder}", "en", "gl", device="cpu")
    texts = ["Insert a table of ten rows here", "Open", "Close the window. Save it. Go."]

    together = list(engine.translate(texts))
    monkeypatch.setattr(models, "_BATCH_TOKENS", 1)
    assert list(engine.translate(texts)) == together
    assert [next(engine.translate([text])) for text in texts] == together


def test_the_name_says_version_and_content(m2m100_folder):
    engine = open_engine(f"transformers:{m2m100_folder}", "en", "gl", device="cpu")

    assert engine.name.startswith(f"transformers-{engine.details['version']}/{m2m100_folder.name}@")
    assert engine.details["direction"] == "en-gl"


def test_an_encoder_is_no_translation_model(bert_folder):
    with pytest.raises(EngineError, match="no translation model can be loaded"):
        open_engine(f"transformers:{bert_folder}", "en", "gl")
