import json

import numpy as np
import pytest

from equilingua.errors import DataError, RecipeError, UsageError
from equilingua.training.data import assemble, validation_batches


@pytest.fixture
def pairs_file(tmp_path):
    """Write a file of pairs: so many groups in each language."""

    def write(name, groups, languages=("en", "de")):
        path = tmp_path / f"{name}.jsonl"
        with path.open("w") as file:
            for group in range(groups):
                for language in languages:
                    record = {
                        "group": f"{name}-{group}",
                        "language": language,
                        "query": f"what is {name} {group}?",
                        "passage": f"{name} {group} in {language}",
                    }
                    file.write(json.dumps(record) + "\n")
        return str(path)

    return write


def test_a_set_with_splits_uses_them(recipe):
    data = assemble(recipe())

    assert data.train.languages == data.validation.languages == ["de", "en", "ru", "zh-Hans"]
    assert not set(data.train.groups) & set(data.validation.groups)
    assert data.sources is None


def test_a_file_holds_out_a_share_of_its_groups(recipe, pairs_file):
    chosen = recipe(data=[{"name": pairs_file("mine", 200)}], validation={"share": 0.2})

    data = assemble(chosen)
    assert not set(data.train.groups) & set(data.validation.groups)
    assert len(data.train.groups) + len(data.validation.groups) == 200
    assert 20 <= len(data.validation.groups) <= 60


def test_a_file_may_hold_a_set_and_its_translations(recipe, tmp_path):
    file = tmp_path / "both.jsonl"
    records = [
        {
            "group": f"g{number}",
            "language": language,
            "query": f"{language} {number}?",
            "passage": "…",
            "source": source,
        }
        for number in range(20)
        for language, source in (("en", "help"), ("gl", "help+engine-1:en"))
    ]
    file.write_text("\n".join(map(json.dumps, records)))

    train = assemble(recipe(data=[{"name": str(file)}], validation={"share": 0})).train

    assert train.sources == ["help", "help+engine-1:en"]
    assert all(len(train.rows_of_group(group)) == 2 for group in train.groups)


def test_what_is_held_out_does_not_depend_on_the_seed(recipe, pairs_file):
    file = pairs_file("mine", 100)

    sides = [
        assemble(recipe(data=[{"name": file}], seed=seed, validation={"share": 0.2})).validation.groups
        for seed in (0, 7)
    ]
    assert sides[0] == sides[1]


def test_no_share_holds_nothing_out(recipe, pairs_file):
    assert assemble(recipe(validation={"share": 0})).validation is None
    assert assemble(recipe(data=[{"name": pairs_file("mine", 9)}], validation={"share": 0})).validation is None


def test_weights_are_those_of_the_entries(recipe, pairs_file):
    entries = [{"name": pairs_file("one", 50), "weight": 3}, {"name": pairs_file("two", 10), "weight": 1}]

    data = assemble(recipe(data=entries))
    assert data.sources == {"one": 3, "two": 1}
    assert data.train.sources == ["one", "two"]


def test_only_some_weights_is_an_error_that_names_the_corpus(recipe, pairs_file):
    entries = [{"name": "starter", "weight": 1}, {"name": pairs_file("two", 10)}]

    with pytest.raises(RecipeError, match=r"data: '.*two\.jsonl' has no weight; give one to every corpus or to none"):
        assemble(recipe(data=entries))


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        ({"name": "startr"}, UsageError, "unknown set 'startr': did you mean 'starter'"),
        ({"name": "nowhere.jsonl"}, UsageError, "nowhere.jsonl: no such file or folder"),
        ({"name": "starter", "languages": ["fr"]}, UsageError, "unknown language 'fr'"),
    ],
)
def test_a_corpus_that_cannot_be_had(recipe, entry, error, message):
    with pytest.raises(error, match=message):
        assemble(recipe(data=[entry]))


def test_judges_are_the_same_each_time_and_hold_no_group_twice(starter):
    batches = validation_batches(starter, size=16, count=4)
    again = validation_batches(starter, size=16, count=4)

    assert len(batches) == 4
    for number, ((queries, passages), repeated) in enumerate(zip(batches, again, strict=True)):
        np.testing.assert_array_equal(queries, repeated[0])
        np.testing.assert_array_equal(passages, repeated[1])
        groups = starter.group_codes[queries]
        assert len(set(groups.tolist())) == 16
        np.testing.assert_array_equal(groups, starter.group_codes[passages])
        same_language = starter.language_codes[queries] == starter.language_codes[passages]
        assert same_language.all() if number % 2 == 0 else not same_language.any()
        assert len(set(starter.language_codes[queries].tolist())) > 1


def test_judges_of_one_language_and_few_groups(starter):
    alone = starter.where(languages=["en"])
    few = alone.select(np.arange(5))

    for queries, passages in validation_batches(few, size=16, count=2):
        assert sorted(queries.tolist()) == list(range(5))
        np.testing.assert_array_equal(queries, passages)


def test_groups_of_two_files_of_one_name_are_not_taken_for_parallel_in_silence(recipe, tmp_path):
    for folder, language in (("a", "en"), ("b", "de")):
        (tmp_path / folder).mkdir()
        record = {"group": "1", "language": language, "query": f"{folder}?", "passage": f"{folder}."}
        (tmp_path / folder / "train.jsonl").write_text(json.dumps(record))
    one, other = (f"{tmp_path}/{folder}/train.jsonl" for folder in "ab")

    def groups(*names):
        data = assemble(recipe(data=[{"name": name} for name in names], validation={"share": 0.0}))
        return len(data.train.groups), len(data.train)

    with pytest.raises(
        RecipeError, match=r"a/train\.jsonl' and '.*b/train\.jsonl' both are the source 'train' and .*'1'"
    ):
        groups(one, other)
    assert groups(str(tmp_path)) == (1, 2)
    with pytest.raises(DataError, match="group '1' is in two sources, other and train"):
        groups(one, f"{other}?source=other")


def test_a_corpus_that_is_there_twice_is_counted(recipe, pairs_file, caplog):
    name = pairs_file("mine", 20)

    assemble(recipe(data=[{"name": name}, {"name": name, "languages": ["en"]}], validation={"share": 0.0}))
    assert "data: rows that repeat an earlier one exactly: 20, such as one of group 'mine-0' in en" in caplog.text
