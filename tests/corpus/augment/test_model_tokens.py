import pytest

from equilingua.corpus.augment.model_tokens import ModelTokens, folder_digest
from equilingua.errors import UsageError


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
