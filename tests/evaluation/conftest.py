"""A real encoder, small and quick: random vectors of words, averaged."""

import json

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def vectors_folder(tmp_path_factory, monkeypatch):
    """A cache of vectors for each test alone; whatever else is cached stays where it is."""
    from equilingua.evaluation import encoding

    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(encoding, "cache_folder", lambda: folder)
    return folder / "vectors"


@pytest.fixture(scope="session")
def pairs():
    """A file's worth of pairs in three languages: topic words that languages share, function words that they do not."""
    records = []
    for language in ("de", "en", "hi"):
        for topic in range(12):
            words = f"topic{topic} {language}"
            records.append(
                {
                    "group": f"g{topic}",
                    "language": language,
                    "query": f"{words} ask{language} kind{topic % 3}",
                    "passage": f"{words} say{language} kind{topic % 4} word{topic}{language}",
                }
            )
    return records


@pytest.fixture(scope="session")
def pairs_file(pairs, tmp_path_factory):
    file = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in pairs), "utf-8")
    return file


@pytest.fixture(scope="session")
def encoder(pairs):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = sorted({word for record in pairs for text in ("query", "passage") for word in record[text].split()})
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token=words[0]))
    tokenizer.pre_tokenizer = Whitespace()
    weights = np.random.default_rng(0).standard_normal((len(words), 16)).astype(np.float32)
    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu")


@pytest.fixture(scope="session")
def encoder_folder(encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    encoder.save(str(folder))
    return folder
