import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import ms_marco
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.hub_mirror import Mirror, inputs

INFO = registry.find("mmarco")
DATA = "unicamp-dl/mmarco/data"


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    made = Mirror(tmp_path)
    made.text(f"{DATA}/triples.train.ids.small.tsv", "11\t1\t2\n12\t3\t1\n11\t1\t3\n11\t4\t2\n")
    made.text(f"{DATA}/qrels.dev.small.tsv", "21\t0\t2\t1\n")
    for name, words in (("german", ["Wer?", "Was?", "Wo?"]), ("chinese", ["谁?", "什么?", "哪里?"])):
        lines = [f"{identity}\t{word}\n" for identity, word in zip((11, 12, 21), words, strict=True)]
        made.text(f"{DATA}/google/queries/train/{name}_queries.train.tsv", "".join(lines[:2]))
        made.text(f"{DATA}/google/queries/dev/{name}_queries.dev.small.tsv", lines[2])
        passages = [f"{identity}\t{name} {identity}\n" for identity in range(5)]
        made.text(f"{DATA}/google/collections/{name}_collection.tsv", "".join(passages))
    return made


@pytest.mark.usefixtures("mirror")
def test_training_questions_are_parallel(tmp_path):
    given = inputs(INFO, tmp_path, ["de", "zh-Hans"], split="train", negatives="1")

    found = list(ms_marco.pairs(given))
    assert found[:3] == [
        Pair("mmarco:11", "de", "Wer?", "german 1", "mmarco", "1", ("german 2",)),
        Pair("mmarco:11", "de", "Wer?", "german 4", "mmarco", "4", ("german 2",)),
        Pair("mmarco:12", "de", "Was?", "german 3", "mmarco", "3", ("german 1",)),
    ]
    assert [(pair.group, pair.passage_id) for pair in found[3:]] == [(p.group, p.passage_id) for p in found[:3]]
    assert {pair.language for pair in found[3:]} == {"zh-Hans"}


@pytest.mark.usefixtures("mirror")
def test_development_questions_come_with_judgements(tmp_path):
    found = list(ms_marco.pairs(inputs(INFO, tmp_path, ["de"], split="dev")))

    assert found == [Pair("mmarco:21", "de", "Wo?", "german 2", "mmarco", "2")]


@pytest.mark.usefixtures("mirror")
def test_fewer_questions_are_the_same_in_every_language(tmp_path):
    found = list(ms_marco.pairs(inputs(INFO, tmp_path, ["de", "zh-Hans"], split="train", questions="1")))

    assert len({pair.group for pair in found}) == 1
    assert {pair.language for pair in found} == {"de", "zh-Hans"}


def test_a_text_that_is_missing_is_counted(mirror, tmp_path):
    mirror.text(f"{DATA}/google/collections/german_collection.tsv", "1\teins\twith a tab\n\n3\tNA\n")
    given = inputs(INFO, tmp_path, ["de"], split="train")

    assert [pair.passage for pair in ms_marco.pairs(given)] == ["eins with a tab", "NA"]
    assert given.counts == {"de": {"text_missing": 1}}


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("triples.train.ids.small.tsv", "11\t1\n", r"ids\.small\.tsv:1: has 2 fields between tabs, not 3"),
        ("google/collections/german_collection.tsv", "1\ta\n2 b\n", r"collection\.tsv:2: is not an id, a tab and a"),
    ],
)
def test_malformed_lines_are_named(mirror, tmp_path, path, content, message):
    mirror.text(f"{DATA}/{path}", content)

    with pytest.raises(DataError, match=message):
        list(ms_marco.pairs(inputs(INFO, tmp_path, ["de"], split="train")))


@pytest.mark.usefixtures("mirror")
def test_wrong_choices(tmp_path):
    with pytest.raises(UsageError, match="unknown language of mmarco 'sw'"):
        list(ms_marco.pairs(inputs(INFO, tmp_path, ["sw"])))
    with pytest.raises(UsageError, match="option questions of mmarco: 'many' is not a whole number"):
        list(ms_marco.pairs(inputs(INFO, tmp_path, ["de"], questions="many")))
