import json

import pytest

from equilingua.corpus import evaluation_sets, registry
from equilingua.corpus.evaluation_sets import check_name, fingerprint, known_sets, load_evaluation_set
from equilingua.errors import UsageError


@pytest.fixture(autouse=True)
def nothing_at_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)


def test_what_is_shipped_is_at_hand_and_the_rest_is_named_with_the_way_to_get_it():
    known = known_sets()

    assert "starter" in known.at_hand
    assert known.absent["xquad-r"] == "not on this machine: equilingua data fetch xquad-r"
    assert not any(registry.find(name).kind == "corpus" for name in [*known.at_hand, *known.absent])


def test_a_set_with_a_test_split_is_checked_even_when_its_train_split_trains():
    assert "starter" in known_sets(["starter", "mine.jsonl"]).at_hand


def test_a_set_that_trains_as_a_whole_is_not_looked_for_in_itself():
    whole = [info.name for info in registry.sets().values() if info.kind != "corpus" and "train" not in info.splits]

    known = known_sets(whole)
    assert {known.absent[name] for name in whole} == {"it is trained on"}


def test_a_mirror_makes_sets_be_at_hand(data_folder, monkeypatch):
    if data_folder is None:
        pytest.skip("no mirror with XQuAD-R")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(data_folder))

    assert "xquad-r" in known_sets().at_hand
    items = load_evaluation_set("xquad-r").items
    assert {item.role for item in items} == {"question", "sentence", "paragraph"}
    assert sum(item.role == "question" for item in items) == 11 * 1190
    assert sum(item.role == "sentence" for item in items) == 13_014


def test_part_of_a_set_is_not_at_hand(tmp_path, monkeypatch):
    (tmp_path / "mirror/eval/xquad-r").mkdir(parents=True)
    (tmp_path / "mirror/eval/xquad-r/ar.json").write_text("{}")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path / "mirror"))

    assert "xquad-r" in known_sets().absent


def test_of_a_corpus_the_test_split_counts():
    from equilingua.corpus.load import load_corpus

    items = load_evaluation_set("starter").items
    assert len(items) == 2 * len(load_corpus("starter", split="test"))
    assert {item.role for item in items} == {"question", "passage"}


def test_a_file_of_pairs(tmp_path):
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps({"group": "g", "language": "en", "query": "q?", "passage": "p."}))

    assert [item.text for item in load_evaluation_set(str(file)).items] == ["q?", "p."]


def test_fingerprints_follow_the_texts(tmp_path, monkeypatch):
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps({"group": "g", "language": "en", "query": "q?", "passage": "p."}))
    before = fingerprint(str(file))
    file.write_text(json.dumps({"group": "g", "language": "en", "query": "q?", "passage": "other"}))

    assert fingerprint(str(file)) != before
    assert fingerprint("starter") == fingerprint("starter") != fingerprint("xquad-r")
    # Of a fetched set the registered checksums say it all: no file is read, or even there.
    monkeypatch.setattr(evaluation_sets, "load_evaluation_set", None)
    assert fingerprint("xquad-r") != fingerprint("mlqa-r")


def test_unknown_names(tmp_path):
    with pytest.raises(UsageError, match="unknown evaluation set 'xquad-rr': did you mean 'xquad-r'"):
        check_name("xquad-rr")
    with pytest.raises(UsageError, match="no such file"):
        check_name(str(tmp_path / "none.jsonl"))
