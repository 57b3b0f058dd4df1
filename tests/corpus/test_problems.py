import json

import pytest

from equilingua.corpus import problems
from equilingua.errors import UsageError


@pytest.fixture
def own(tmp_path):
    def write(*rows):
        path = tmp_path / "own.jsonl"
        keys = ("group", "language", "query", "passage", "passage_id")
        lines = [row if isinstance(row, str) else json.dumps(dict(zip(keys, row, strict=False))) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return write


GOOD = (("1", "en", "where?", "here"), ("1", "de", "wo?", "hier"))


def test_nothing_is_found_where_nothing_is_wrong(own):
    found = problems.find(own(*GOOD))

    assert (found.pairs, found.languages, found.errors, found.warnings) == (2, ["de", "en"], [], [])


def test_every_record_that_cannot_be_read_is_an_error_with_its_line(own):
    path = own("{", ("1", "qq-none", "q", "p"), ("1", "en", "", "p"), ("1", "en", "q"), *GOOD)
    found = problems.find(path)

    assert found.pairs == 2
    assert [error.partition(": ")[0] for error in found.errors] == [f"{path}:{line}" for line in (1, 2, 3, 4)]
    assert "unknown language code 'qq-none'" in found.errors[1]
    assert "column 'query' is empty" in found.errors[2]


def test_contradictory_ids_are_an_error_with_both_places_and_the_rest_is_looked_at(own):
    path = own(("1", "en", "a", "one", "p1"), ("2", "en", "b", "two", "p1"), ("2", "de", "c", "zwei"))
    (error,) = problems.find(path).errors

    assert all(part in error for part in (f"{path}:2", f"{path}:1", "passage_id 'p1'"))
    (alone,) = problems.find(path).warnings
    assert alone.startswith("1 of 2 groups have text in one language alone")
    assert alone.endswith(f": {path}:1")


def test_repetitions_are_a_warning(own):
    (said,) = problems.find(own(*GOOD, GOOD[0])).warnings

    assert said.startswith("rows that repeat an earlier one exactly: 1, such as ")


def test_passages_of_another_language_are_a_warning_with_their_places(own):
    path = own(*GOOD, ("2", "en", "which?", "This one"), ("2", "de", "welche?", "this  ONE"))
    (said,) = problems.find(path).warnings

    assert said.startswith("2 pairs have the passage of another language of their group, perhaps untranslated: ")
    assert said.endswith(f": {path}:3, {path}:4")


def test_one_language_is_a_warning(own):
    (said,) = problems.find(own(GOOD[0])).warnings

    assert said.startswith("all pairs are in en: ")


def test_a_source_that_is_read_to_its_first_error_tells_that_one(tmp_path):
    (tmp_path / "text.tsv").write_text("one\teins\ntwo\n")
    found = problems.find(f"bitext:{tmp_path}/text.tsv?languages=en,de")

    assert found.pairs == 2
    (error,) = found.errors
    assert "text.tsv:2" in error


def test_a_set_by_name_and_one_that_there_is_not():
    assert not problems.find("starter").errors
    with pytest.raises(UsageError, match="unknown set 'startr'"):
        problems.find("startr")
