"""Tiny translation models with random weights, saved as transformers folders and converted for CTranslate2."""

import json
import shutil
import sys

import pytest


@pytest.fixture(scope="session")
def spm_file(starter, tmp_path_factory):
    """A SentencePiece model of 500 pieces, learnt from the starter corpus."""
    spm = pytest.importorskip("sentencepiece", reason="the extra 'translate' is not installed")
    folder = tmp_path_factory.mktemp("spm")
    (folder / "texts.txt").write_text("\n".join(starter.passages(starter.rows_of_language("en"))))
    spm.SentencePieceTrainer.train(
        input=str(folder / "texts.txt"), model_prefix=str(folder / "tiny"), vocab_size=500, minloglevel=2
    )
    return folder / "tiny.model"


def pieces_of(spm_file):
    from sentencepiece import SentencePieceProcessor

    model = SentencePieceProcessor(model_file=str(spm_file))
    return [model.id_to_piece(i) for i in range(3, model.get_piece_size())]


def config_of(kind, size, **more):
    return kind(
        vocab_size=size,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=600,
        init_std=0.5,
        **more,
    )


@pytest.fixture(scope="session")
def marian_folder(spm_file, tmp_path_factory):
    """An OPUS-MT model from English into Galician or Catalan, named at the beginning of its input."""
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder = tmp_path_factory.mktemp("opus-mt-en-roa")
    tokens = ["</s>", "<unk>", ">>glg<<", ">>cat<<", *pieces_of(spm_file), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    for side in ("source", "target"):
        shutil.copy(spm_file, folder / f"{side}.spm")
    tokenizer = MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"), source_lang="eng"
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    pad = len(tokens) - 1
    config = config_of(
        MarianConfig,
        len(tokens),
        pad_token_id=pad,
        decoder_start_token_id=pad,
        eos_token_id=0,
        forced_eos_token_id=None,
    )
    model = MarianMTModel(config)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def m2m100_folder(spm_file, tmp_path_factory):
    """An M2M100 model of all its languages."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    folder = tmp_path_factory.mktemp("m2m100")
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *pieces_of(spm_file)]
    (folder / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    plain = M2M100Tokenizer(str(folder / "vocab.json"), str(spm_file))
    # The hub's own files list the languages among the special tokens, and the converter counts on it.
    languages = list(plain.lang_token_to_id)
    tokenizer = M2M100Tokenizer(str(folder / "vocab.json"), str(spm_file), extra_special_tokens=languages)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    size = len(tokenizer.get_vocab()) + tokenizer.num_madeup_words
    M2M100ForConditionalGeneration(config_of(M2M100Config, size)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def converted(marian_folder, m2m100_folder, tmp_path_factory):
    """Both models as CTranslate2's converter writes them, with the tokenizers' files."""
    pytest.importorskip("ctranslate2", reason="the extra 'translate' is not installed")
    from ctranslate2.converters import TransformersConverter

    kept = {"config.json", "generation_config.json", "model.safetensors"}
    folders = {}
    for name, folder in (("marian", marian_folder), ("m2m100", m2m100_folder)):
        files = sorted(path.name for path in folder.iterdir() if path.name not in kept)
        folders[name] = tmp_path_factory.mktemp("converted") / name
        TransformersConverter(str(folder), copy_files=files).convert(str(folders[name]))
    return folders


SCRIPT = """
import sys, time
data = sys.stdin.buffer
message = b""
while byte := data.read(1):
    if byte != b"\\0":
        message += byte
        continue
    with open(sys.argv[1], "ab") as log:
        log.write(message + b"\\n")
    if message.startswith(b"die"):
        print("warming up", "no rule for this", "", sep="\\n", file=sys.stderr)
        sys.exit(3)
    if message.startswith(b"hang"):
        time.sleep(60)
    answer = message.upper() if sys.argv[2] == "up" else message.lower()
    sys.stdout.buffer.write(answer + b"\\0" * (2 if message == b"twice" else 1))
    sys.stdout.buffer.flush()
    message = b""
"""


class Shouting:
    """A real process as an engine: capitals one way, small letters the other; it dies and hangs where it is told to."""

    def __init__(self, folder, source="en", target="gl", seconds=10.0):
        from equilingua.corpus.augment.null_flush import NullFlushPipeline

        self.log = folder / f"{source}-{target}.log"
        self.name = "shouting-1"
        self.fingerprint = f"shouting-1:{source}-{target}"
        self.details = {"engine": "shouting", "version": "1", "direction": f"{source}-{target}", "data": "none"}
        way = "up" if source == "en" else "down"
        self.process = NullFlushPipeline(
            [[sys.executable, "-c", SCRIPT, str(self.log), way]], name="shouting", seconds=seconds
        )

    def translate(self, texts):
        for answer in self.process.answers([text.encode() for text in texts]):
            yield answer.decode()

    def close(self):
        self.process.close()

    def asked(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def shouting(tmp_path):
    """Opens engines that shout, and ends them all."""
    opened = []

    def open_one(source="en", target="gl", **more):
        opened.append(Shouting(tmp_path, source, target, **more))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture
def cache(tmp_path):
    """A translation cache of its own for each test."""
    from equilingua.corpus.augment.translation_cache import TranslationCache

    opened = TranslationCache(tmp_path / "translations.sqlite3")
    yield opened
    opened.close()
