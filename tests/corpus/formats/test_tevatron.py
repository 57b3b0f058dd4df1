import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import tevatron
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.hub_mirror import Mirror, inputs

INFO = registry.find("mr-tydi")
FOLDER = "castorini/mr-tydi/mrtydi-v1.1-swahili"
QUESTION = {
    "query_id": "1",
    "query": "Nani?",
    "positive_passages": [{"docid": "25267#12", "title": "Nyuki", "text": "Nyuki hucheza."}],
    "negative_passages": [{"docid": f"{n}#0", "title": "", "text": f"Siafu {n}."} for n in range(3)],
}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    made = Mirror(tmp_path)
    made.jsonl(f"{FOLDER}/train.jsonl.gz", [QUESTION, QUESTION | {"query_id": "2", "positive_passages": []}])
    for split in ("dev", "test"):
        made.jsonl(f"{FOLDER}/{split}.jsonl.gz", [QUESTION | {"query_id": "3", "negative_passages": []}])
    return made


@pytest.mark.usefixtures("mirror")
def test_questions_and_their_paragraphs(tmp_path):
    given = inputs(INFO, tmp_path, ["sw"], split="train", negatives="2")

    assert list(tevatron.pairs(given)) == [
        Pair(
            "mr-tydi:sw/train/1", "sw", "Nani?", "Nyuki\nNyuki hucheza.", "mr-tydi", "sw/25267#12",
            ("Siafu 0.", "Siafu 1."),
        )
    ]  # fmt: skip
    assert given.counts == {"sw": {"without_answer": 1}}
    every = [pair.group for pair in tevatron.pairs(inputs(INFO, tmp_path, ["sw"]))]
    assert every == ["mr-tydi:sw/train/1", "mr-tydi:sw/dev/3", "mr-tydi:sw/test/3"]


def test_what_is_wrong_is_named(mirror, tmp_path):
    with pytest.raises(UsageError, match="unknown language of mr-tydi 'de'"):
        list(tevatron.pairs(inputs(INFO, tmp_path, ["de"])))
    with pytest.raises(UsageError, match="option negatives of mr-tydi: 'few' is not a whole number"):
        list(tevatron.pairs(inputs(INFO, tmp_path, ["sw"], negatives="few")))
    mirror.jsonl(f"{FOLDER}/train.jsonl.gz", [QUESTION, {"query_id": "2", "query": "Nani?"}])
    with pytest.raises(DataError, match=r"swahili/train\.jsonl\.gz:2: the key 'positive_passages' is missing"):
        list(tevatron.pairs(inputs(INFO, tmp_path, ["sw"], split="train")))
