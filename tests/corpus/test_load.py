import os
from pathlib import Path

import pytest

from equilingua.corpus.load import load_corpus, load_documents
from equilingua.errors import ChecksumError, UsageError

MIRROR = os.environ.get("EQUILINGUA_MIRROR")
needs_lareqa = pytest.mark.skipif(
    not MIRROR or not Path(MIRROR, "eval/xquad-r/en.json").is_file(),
    reason="EQUILINGUA_MIRROR holds no eval/xquad-r",
)
LINES = """{"group": "1", "language": "en", "query": "a?", "passage": "A."}
{"group": "1", "language": "pt_br", "query": "b?", "passage": "B."}
"""


@pytest.fixture
def own_file(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text(LINES)
    return path


def test_a_path_loads_the_users_own_file(own_file):
    assert load_corpus(own_file).languages == ["en", "pt-BR"]
    assert load_corpus(str(own_file), languages=["PT-br"]).languages == ["pt-BR"]
    with pytest.raises(UsageError, match=r"own\.jsonl: has no splits"):
        load_corpus(own_file, split="test")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "startr"}, "unknown set 'startr': did you mean 'starter'"),
        ({"source": "xquad-r"}, "set 'xquad-r' is a benchmark of documents"),
        ({"source": "starter", "split": "tets"}, "unknown split 'tets': did you mean 'test'"),
        ({"source": "libreoffice-help", "split": "test"}, "'libreoffice-help' has no splits"),
        ({"source": "starter", "languages": ["klingonish"]}, "unknown language code 'klingonish'"),
    ],
)
def test_wrong_requests_say_what_is_wrong(arguments, message):
    with pytest.raises(UsageError, match=message):
        load_corpus(**arguments)


def test_a_language_that_a_file_does_not_have(own_file):
    with pytest.raises(UsageError, match="unknown language 'de': known: en, pt-BR"):
        load_corpus(own_file, languages=["de"])


def test_documents_are_asked_for_by_the_right_names():
    with pytest.raises(UsageError, match="unknown set 'xquad-rr': did you mean 'xquad-r'"):
        load_documents("xquad-rr")
    with pytest.raises(UsageError, match="set 'starter' is a corpus of parallel pairs"):
        load_documents("starter")
    with pytest.raises(UsageError, match="unknown language of xquad-r 'sw'"):
        load_documents("xquad-r", languages=["en", "sw"])


def test_a_wrong_file_in_the_mirror_is_refused(tmp_path, monkeypatch):
    (tmp_path / "eval/xquad-r").mkdir(parents=True)
    (tmp_path / "eval/xquad-r/en.json").write_text('{"data": []}')
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))

    with pytest.raises(ChecksumError, match=r"xquad-r/en\.json: .* expected sha256 7b0954.* found "):
        load_documents("xquad-r", languages=["en"])


@needs_lareqa
@pytest.mark.parametrize(
    ("name", "sentences", "questions"),
    [
        (
            "xquad-r",
            {"ar": 1222, "de": 1276, "el": 1234, "en": 1180, "es": 1215, "hi": 1244, "ru": 1219, "th": 852, "tr": 1167}
            | {"vi": 1209, "zh": 1196},
            dict.fromkeys(["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"], 1190),
        ),
        (
            "mlqa-r",
            {"ar": 2545, "de": 2362, "en": 6264, "es": 1787, "hi": 2426, "vi": 2828, "zh": 2322},
            {"ar": 517, "de": 512, "en": 1148, "es": 500, "hi": 507, "vi": 511, "zh": 504},
        ),
    ],
)
def test_the_counts_that_lareqa_publishes(name, sentences, questions):
    documents = load_documents(name)

    assert {code: sum(len(p.sentences) for p in found) for code, found in documents.items()} == sentences
    assert {code: sum(len(p.questions) for p in found) for code, found in documents.items()} == questions
