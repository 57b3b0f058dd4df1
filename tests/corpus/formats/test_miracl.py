import os
from pathlib import Path

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import judgements, miracl
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.hub_mirror import Mirror, inputs

INFO = registry.find("miracl")
MIRROR = os.environ.get("EQUILINGUA_MIRROR")
CORPUS = "miracl/miracl-corpus/miracl-corpus-v1.0"


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    made = Mirror(tmp_path)
    for split in ("train", "dev"):
        folder = "miracl/miracl/miracl-v1.0-sw"
        made.text(f"{folder}/topics/topics.miracl-v1.0-sw-{split}.tsv", "1#0\tNani?\n2#0\tNini?\n")
        made.text(
            f"{folder}/qrels/qrels.miracl-v1.0-sw-{split}.tsv",
            "1#0\tQ0\t5#0\t1\n1#0\tQ0\t5#1\t0\n1#0\tQ0\t6#0\t0\n2#0\tQ0\t7#9\t1\n",
        )
    for number, documents in enumerate((["5#0", "5#1"], ["6#0", "8#0"])):
        lines = [{"docid": document, "title": "Nyuki", "text": f"Aya {document}."} for document in documents]
        made.jsonl(f"{CORPUS}-sw/docs-{number}.jsonl.gz", lines)
    return made


@pytest.mark.usefixtures("mirror")
def test_questions_judgements_and_paragraphs_of_the_hub(tmp_path):
    given = inputs(INFO, tmp_path, ["sw"], split="dev", negatives="1")

    assert list(miracl.pairs(given)) == [
        Pair(
            "miracl:sw/dev/1#0", "sw", "Nani?", "Nyuki\nAya 5#0.", "miracl", "sw/5#0", ("Nyuki\nAya 5#1.",)
        )
    ]  # fmt: skip
    assert given.counts == {"sw": {"passage_missing": 1}}
    every = [pair.group for pair in miracl.pairs(inputs(INFO, tmp_path, ["sw"]))]
    assert every == ["miracl:sw/train/1#0", "miracl:sw/dev/1#0"]


@pytest.mark.skipif(
    not MIRROR or not Path(MIRROR, judgements.ARCHIVE.path).is_file(),
    reason="EQUILINGUA_MIRROR holds no eval/miracl-mrtydi-topics-qrels",
)
def test_questions_and_judgements_of_the_archive(mirror, tmp_path):
    archive = tmp_path / judgements.ARCHIVE.path
    archive.parent.mkdir(parents=True)
    archive.symlink_to(Path(MIRROR, judgements.ARCHIVE.path))
    mirror.jsonl(f"{CORPUS}-yo/docs-0.jsonl.gz", [{"docid": "nobody's", "title": "", "text": "Oyin."}])
    given = inputs(INFO, tmp_path, ["yo"], split="dev")
    qrels = judgements.qrels("miracl", "dev", ["yo"])["yo"]
    question, document = next((q, p) for q, judged in qrels.items() for p, score in judged.items() if score > 0)
    mirror.jsonl(f"{CORPUS}-yo/docs-1.jsonl.gz", [{"docid": document, "title": "", "text": "Oyin."}])

    found = list(miracl.pairs(given))
    assert {pair.passage_id for pair in found} == {f"yo/{document}"}
    assert found[0].query == judgements.topics("miracl", "dev", ["yo"])["yo"][question]
    relevant = sum(score > 0 for judged in qrels.values() for score in judged.values())
    assert given.counts["yo"]["passage_missing"] == relevant - len(found)


def test_what_is_wrong_is_named(mirror, tmp_path):
    with pytest.raises(UsageError, match="unknown language of miracl 'de'"):
        list(miracl.pairs(inputs(INFO, tmp_path, ["de"], split="train")))
    mirror.jsonl(f"{CORPUS}-sw/docs-0.jsonl.gz", [{"docid": "5#0", "title": ""}])
    with pytest.raises(DataError, match=r"sw/docs-0\.jsonl\.gz:1: the key 'text' is missing or no text"):
        list(miracl.pairs(inputs(INFO, tmp_path, ["sw"], split="dev")))
    for shard in (mirror.folder / "hub").glob(f"{CORPUS}-sw/*"):
        shard.unlink()
    with pytest.raises(DataError, match=r"miracl/miracl-corpus: has no file 'miracl-corpus-v1\.0-sw/docs"):
        list(miracl.pairs(inputs(INFO, tmp_path, ["sw"], split="dev")))
