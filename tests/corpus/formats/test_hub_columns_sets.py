import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import hub_columns
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise
from tests.corpus.formats.hub_mirror import Mirror, inputs

pytest.importorskip("datasets", reason="the extra 'hub' is not installed")

INFOS = {name: registry.find(name) for name in ("belebele", "xquad", "mlqa")}
FLORES = INFOS["belebele"].layout["languages"]


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    return Mirror(tmp_path)


def belebele(link, number, passage, question, dialect):
    answers = {f"mc_answer{place}": f"{place}" for place in range(1, 5)}
    return {
        "link": link,
        "question_number": number,
        "flores_passage": passage,
        "question": question,
        **answers,
        "correct_answer_num": "1",
        "dialect": dialect,
        "ds": "2023-05-03",
    }


def squad_row(identity, title, context, question, answer):
    return {
        "id": identity,
        **title,
        "context": context,
        "question": question,
        "answers": {"answer_start": [0], "text": [answer]},
    }


def write_belebele(mirror, **languages):
    configs = "".join(
        f"- config_name: {code}\n  data_files:\n  - split: test\n    path: data/{code}.jsonl\n" for code in languages
    )
    mirror.text("facebook/belebele/README.md", f"---\nconfigs:\n{configs}license: cc-by-sa-4.0\n---\n")
    for code, rows in languages.items():
        mirror.jsonl(f"facebook/belebele/data/{code}.jsonl", [belebele(*row, dialect=code) for row in rows])


def write_parquet(mirror, name, config, split, rows):
    mirror.parquet(f"{name}/{config}/{split}-00000-of-00001.parquet", rows)
    readme = mirror.folder / "hub" / name / "README.md"
    head = readme.read_text().removesuffix("---\n") if readme.is_file() else "---\nconfigs:\n"
    mirror.text(
        f"{name}/README.md",
        f"{head}- config_name: {config}\n  data_files:\n  - split: {split}\n    path: {config}/{split}-*\n---\n",
    )


def test_belebele(mirror, tmp_path):
    write_belebele(
        mirror,
        zho_Hans=[("https://a", 1, "蜜蜂跳舞。", "谁跳舞?"), ("https://a", 2, "蜜蜂跳舞。", "做什么?")],
        arb_Arab=[("https://a", 1, "النحل يرقص.", "من يرقص؟")],
    )

    found = list(hub_columns.pairs(inputs(INFOS["belebele"], tmp_path, ["zh-Hans", "ar"])))
    assert sorted(found, key=lambda pair: (pair.language, pair.group)) == [
        Pair("belebele:https://a+1", "ar", "من يرقص؟", "النحل يرقص.", "belebele", "https://a"),
        Pair("belebele:https://a+1", "zh-Hans", "谁跳舞?", "蜜蜂跳舞。", "belebele", "https://a"),
        Pair("belebele:https://a+2", "zh-Hans", "做什么?", "蜜蜂跳舞。", "belebele", "https://a"),
    ]


def test_a_link_of_belebele_with_two_passages_is_no_passage_id(mirror, tmp_path):
    write_belebele(
        mirror, deu_Latn=[("https://a", 1, "Bienen tanzen.", "Wer?"), ("https://a", 2, "Wespen nicht.", "Wer?")]
    )

    found = list(hub_columns.pairs(inputs(INFOS["belebele"], tmp_path, ["de"])))
    assert [(pair.passage, pair.passage_id) for pair in found] == [("Bienen tanzen.", None), ("Wespen nicht.", None)]


def test_questions_of_belebele_that_cannot_be_told_apart_are_left_out(mirror, tmp_path):
    write_belebele(
        mirror,
        eng_Latn=[("a", 1, "Bees.", "Who?"), ("a", 1, "Ants.", "Who else?"), ("b", 1, "Cars.", "What?")],
        deu_Latn=[("a", 1, "Bienen.", "Wer?")],
    )
    given = inputs(INFOS["belebele"], tmp_path, ["en", "de"])

    assert [pair.query for pair in hub_columns.pairs(given)] == ["What?"]
    assert given.counts == {"en": {"ambiguous_id": 2}, "de": {"ambiguous_id": 1}}


def test_the_languages_of_belebele():
    assert len(FLORES) == len(set(FLORES.values())) == 122
    assert all(normalise(code) == code for code in FLORES)


def test_xquad(mirror, tmp_path):
    for code, question in (("de", "Wer?"), ("ro", "Cine?")):
        row = squad_row("56beb4343aeaaa14008c925b", {}, "…", question, "…")
        write_parquet(mirror, "google/xquad", f"xquad.{code}", "validation", [row])

    assert list(hub_columns.pairs(inputs(INFOS["xquad"], tmp_path, ["de", "ro"]))) == [
        Pair("xquad:56beb4343aeaaa14008c925b", "de", "Wer?", "…", "xquad"),
        Pair("xquad:56beb4343aeaaa14008c925b", "ro", "Cine?", "…", "xquad"),
    ]


def test_mlqa_and_its_splits(mirror, tmp_path):
    for split, question in (("test", "Wer?"), ("validation", "Was?")):
        row = squad_row(f"a1-{split}", {"title": "Bienen"}, "Bienen tanzen.", question, "Bienen")
        write_parquet(mirror, "google/xtreme", "MLQA.de.de", split, [row])
    readme = "---\nconfigs:\n- config_name: MLQA.de.de\n  data_files:\n" + "".join(
        f"  - split: {split}\n    path: MLQA.de.de/{split}-*\n" for split in ("test", "validation")
    )
    mirror.text("google/xtreme/README.md", readme + "---\n")

    assert [pair.query for pair in hub_columns.pairs(inputs(INFOS["mlqa"], tmp_path, ["de"]))] == ["Was?", "Wer?"]
    chosen = inputs(INFOS["mlqa"], tmp_path, ["de"], split="test")
    assert list(hub_columns.pairs(chosen)) == [Pair("mlqa:a1-test", "de", "Wer?", "Bienen tanzen.", "mlqa")]


def test_what_there_is_not(mirror, tmp_path):
    with pytest.raises(UsageError, match="unknown language of xquad 'sw'"):
        list(hub_columns.pairs(inputs(INFOS["xquad"], tmp_path, ["sw"])))
    row = {"id": "1", "context": "…", "query": "Wer?"}
    write_parquet(mirror, "google/xquad", "xquad.de", "validation", [row])
    with pytest.raises(DataError, match=r"google/xquad:xquad.de:validation: row 1: there is no column 'question'"):
        list(hub_columns.pairs(inputs(INFOS["xquad"], tmp_path, ["de"])))
