import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import faq_pages
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.hub_mirror import Mirror, inputs

INFO = registry.find("mfaq")


def qa(question, answer, language="da"):
    return {"question": question, "answer": answer, "language": language}


def page(identity, *items):
    return {"id": identity, "domain": "bier.dk", "language": "da", "num_pairs": len(items), "qa_pairs": list(items)}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    made = Mirror(tmp_path)
    made.jsonl(
        "clips/mfaq/data/da/train.jsonl",
        [page(4, qa("Hvem danser?", " Bierne. "), qa("Who?", "Bees.", "en"), qa("Hvad?", "")), page(5)],
    )
    made.jsonl("clips/mfaq/data/da/valid.jsonl", [page(4, qa("Hvornår?", "Om sommeren."))])
    return made


@pytest.mark.usefixtures("mirror")
def test_questions_of_pages(tmp_path):
    given = inputs(INFO, tmp_path, ["da"])

    assert list(faq_pages.pairs(given)) == [
        Pair("mfaq:da/train/4/0", "da", "Hvem danser?", "Bierne.", "mfaq"),
        Pair("mfaq:da/validation/4/0", "da", "Hvornår?", "Om sommeren.", "mfaq"),
    ]
    assert given.counts == {"da": {"other_language": 1, "empty": 1}}


def test_what_is_wrong_is_named(mirror, tmp_path):
    with pytest.raises(UsageError, match="unknown language of mfaq 'sw'"):
        list(faq_pages.pairs(inputs(INFO, tmp_path, ["sw"])))
    mirror.jsonl("clips/mfaq/data/da/train.jsonl", [page(4, qa("Hvem?", "Bierne."), {"question": "Hvad?"})])
    with pytest.raises(DataError, match=r"da/train\.jsonl:1: qa_pairs\[1\]: the key 'answer' is missing"):
        list(faq_pages.pairs(inputs(INFO, tmp_path, ["da"], split="train")))
