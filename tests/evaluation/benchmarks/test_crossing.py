import json

import pytest

from equilingua.corpus import registry
from equilingua.errors import UsageError
from equilingua.evaluation.benchmarks import crossing
from tests.corpus.formats.small_inputs import listed, small_inputs, tar
from tests.evaluation.benchmarks.reading import answers


@pytest.fixture
def african(tmp_path, monkeypatch):
    def record(number, asked, translated, passage):
        return json.dumps(
            {
                "id": number,
                "question_lang": asked,
                "question_translated": translated,
                "context": passage,
                "answer_pivot": {"text": ["x"]},
            }
        )

    lines = {
        "swa.en.test": [record(1, "nani?", "who?", "Him."), record(2, "nini?", "what?", "")],
        "wol.fr.test": [record(1, "kan?", "qui ?", "Lui.")],
        "yor.en.test": [record(1, "tani?", "who is it?", "Him.")],
        "yor.en.train": [record(9, "seen?", "seen?", "Seen.")],
    }
    archive = tar({f"data/gold_passages/gold.{name}.json": "\n".join(found) + "\n" for name, found in lines.items()})
    info = registry.find("afriqa")
    given = small_inputs(info, {info.files[0].path: archive}, tmp_path, monkeypatch)
    listed(given.info, monkeypatch)


@pytest.mark.usefixtures("african")
def test_african_questions_have_passages_in_the_pivot_languages():
    made = crossing.african_questions("afriqa", None)
    assert made.languages == ("en", "fr", "sw", "wo", "yo")
    assert made.candidates == ["Him.", "Lui."]
    assert answers(made) == {
        ("sw", "nani?"): ["Him."],
        ("en", "who?"): ["Him."],
        ("wo", "kan?"): ["Lui."],
        ("fr", "qui ?"): ["Lui."],
        ("yo", "tani?"): ["Him."],
        ("en", "who is it?"): ["Him."],
    }
    some = crossing.african_questions("afriqa", ["sw"])
    assert (some.queries, some.candidates) == (["nani?"], ["Him.", "Lui."])
    with pytest.raises(UsageError, match="unknown language of afriqa 'de'"):
        crossing.african_questions("afriqa", ["de"])


def test_translations_are_sought_among_all_english_sentences(tmp_path, monkeypatch):
    files = {
        "v1/tatoeba.deu-eng.deu": "Hallo.\nTschüss.\n",
        "v1/tatoeba.deu-eng.eng": "Hello.\nBye.\n",
        "v1/tatoeba.cmn-eng.cmn": "你好。\n猫。\n",
        "v1/tatoeba.cmn-eng.eng": "Hello.\nA cat.\n",
        "v1/tatoeba.dtp-eng.dtp": "Kopisanangan.\n",
        "v1/tatoeba.dtp-eng.eng": "Hello.\n",
        "v1/tatoeba.kzj-eng.kzj": "Kotobian.\n",
        "v1/tatoeba.kzj-eng.eng": "Hello.\n",
    }
    info = registry.find("tatoeba")
    given = small_inputs(info, {info.files[0].path: tar(files, "gz")}, tmp_path, monkeypatch)
    listed(given.info, monkeypatch)
    made = crossing.translations("tatoeba", None)
    assert made.languages == ("de", "dtp", "en", "zh")
    assert sorted(made.candidates) == ["A cat.", "Bye.", "Hello."]
    assert answers(made) == {
        ("de", "Hallo."): ["Hello."],
        ("de", "Tschüss."): ["Bye."],
        ("zh", "你好。"): ["Hello."],
        ("zh", "猫。"): ["A cat."],
        ("dtp", "Kopisanangan."): ["Hello."],
        ("dtp", "Kotobian."): ["Hello."],
    }
    assert crossing.translations("tatoeba", ["zh", "en"]).queries == ["你好。", "猫。"]
    with pytest.raises(UsageError, match="unknown language of tatoeba 'fr'"):
        crossing.translations("tatoeba", ["fr"])
