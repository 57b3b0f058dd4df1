import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError, RecipeError, UsageError
from equilingua.training.data import assemble, capped, validation_batches
from equilingua.training.recipe import Data, parse_recipe


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


def corpus_of(groups):
    """A corpus of group → languages."""
    return ParallelCorpus.from_pairs(
        Pair(group, code, f"{group} {code}?", f"{group} in {code}", "s")
        for group, codes in groups.items()
        for code in codes
    )


@pytest.fixture
def entry_of(tmp_path):
    def write(name, groups, languages=("en", "de")):
        path = tmp_path / f"{name}.jsonl"
        records = [
            {"group": f"{name}-{n}", "language": code, "query": f"{name} {n}?", "passage": f"{name} {n} in {code}"}
            for n in range(groups)
            for code in languages
        ]
        path.write_text("\n".join(json.dumps(record) for record in records))
        return {"name": str(path)}

    return write


RAGGED = st.dictionaries(
    st.integers(0, 999).map(str),
    st.sets(st.sampled_from(["en", "de", "th", "zh"]), min_size=1),
    min_size=1,
    max_size=30,
)


@given(groups=RAGGED, cap=st.integers(4, 40))
def test_a_cap_keeps_whole_groups_in_their_order(groups, cap):
    corpus = corpus_of(groups)

    kept = capped(corpus, Data(name="x", max_pairs=cap))
    assert len(kept) <= cap
    assert {group: {p.language for p in kept if p.group == group} for group in kept.groups} == {
        group: set(groups[group]) for group in kept.groups
    }
    assert kept.groups == [group for group in corpus.groups if group in kept.groups]
    assert len(corpus) > cap or kept is corpus


@given(groups=RAGGED, cap=st.integers(1, 20))
def test_a_greater_cap_keeps_what_a_smaller_one_kept(groups, cap):
    corpus = corpus_of(groups)

    smaller, greater = (capped(corpus, Data(name="x", max_pairs=4 + more)) for more in (cap, cap + 5))
    assert set(smaller.groups) <= set(greater.groups)


@given(groups=RAGGED, cap=st.integers(1, 20))
def test_a_cap_by_language_keeps_whole_groups(groups, cap):
    kept = capped(corpus_of(groups), Data(name="x", max_pairs_per_language=cap))

    assert max(Counter(pair.language for pair in kept).values()) <= cap
    assert all({p.language for p in kept if p.group == group} == set(groups[group]) for group in kept.groups)
    # Nothing that is left out would still have fitted.
    used = Counter(pair.language for pair in kept)
    for group in groups.keys() - set(kept.groups):
        assert any(used[code] == cap for code in groups[group])


def test_texts_of_one_language_do_not_crowd_out_parallel_ones():
    groups = {f"en-{n}": ["en"] for n in range(1000)} | {f"both-{n}": ["en", "de"] for n in range(50)}

    kept = capped(corpus_of(groups), Data(name="x", max_pairs_per_language=40))
    assert Counter(pair.language for pair in kept) == {"en": 40, "de": 40}


def test_the_choice_does_not_depend_on_the_order_of_rows_or_on_other_groups():
    corpus = corpus_of({str(n): ["en", "de"] for n in range(200)})
    shuffled = corpus.select(np.random.default_rng(0).permutation(len(corpus)))
    entry = Data(name="x", max_pairs=100)

    assert set(capped(corpus, entry).groups) == set(capped(shuffled, entry).groups)
    fewer = capped(corpus.select(np.arange(200)), Data(name="x", max_pairs=50))
    assert len(set(fewer.groups) & set(capped(corpus, entry).groups)) >= 20


def test_a_cap_that_leaves_nothing():
    with pytest.raises(RecipeError, match="data: 'x': no group fits into max_pairs: raise it"):
        capped(corpus_of({"a": ["en", "de"]}), Data(name="x", max_pairs=1))


def test_caps_cut_what_trains_and_not_what_is_held_out(recipe, entry_of):
    entry = entry_of("one", 200)
    whole = assemble(recipe(data=[entry], validation={"share": 0.2}))

    cut = assemble(recipe(data=[entry | {"max_pairs": 40}], validation={"share": 0.2}))
    assert len(cut.train) == 40
    assert set(cut.train.groups) <= set(whole.train.groups)
    assert cut.validation.groups == whole.validation.groups
    both = assemble(recipe(data=[entry | {"max_pairs_per_language": 10}, entry_of("two", 30)], validation={"share": 0}))
    assert both.train.counts() == {"one": {"de": 10, "en": 10}, "two": {"de": 30, "en": 30}}


@pytest.mark.parametrize(("temperature", "expected"), [(1, 10.0), (0.5, 10**0.5), (0, 1.0)])
def test_a_temperature_weighs_by_size(recipe, entry_of, temperature, expected):
    entries = [entry_of("large", 200), entry_of("small", 20)]

    data = assemble(recipe(data=entries, mixture={"temperature": temperature}, validation={"share": 0}))
    assert data.sources["large"] / data.sources["small"] == pytest.approx(expected)


def test_a_temperature_weighs_what_caps_leave(recipe, entry_of):
    entries = [entry_of("large", 200) | {"max_pairs": 80}, entry_of("small", 20)]

    data = assemble(recipe(data=entries, mixture={"temperature": 1.0}, validation={"share": 0}))
    assert data.sources["large"] / data.sources["small"] == pytest.approx(2)


def test_weights_and_a_temperature_contradict_each_other(recipe, entry_of):
    entries = [entry_of("one", 10) | {"weight": 1}, entry_of("two", 10) | {"weight": 2}]

    with pytest.raises(RecipeError, match=r"weights and mixture\.temperature both say how often"):
        assemble(recipe(data=entries, mixture={"temperature": 0.5}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"mixture": {"temperature": 2}}, "key 'mixture.temperature': should be less than or equal to 1"),
        ({"mixture": {"temprature": 1}}, "unknown key 'mixture.temprature': did you mean 'temperature'?"),
        ({"data": [{"name": "starter", "max_pairs": 0}]}, "'data.0.max_pairs': should be greater than or equal to 1"),
        ({"data": [{"name": "starter", "max_pair": 1}]}, "unknown key 'data.0.max_pair': did you mean 'max_pairs'?"),
        ({"decontaminate": {"agianst": []}}, "unknown key 'decontaminate.agianst': did you mean 'against'?"),
        ({"decontaminate": {"against": "xquad-r"}}, "key 'decontaminate.against': should be a valid array"),
    ],
)
def test_wrong_values_are_named(content, message):
    with pytest.raises(RecipeError) as caught:
        parse_recipe({"data": [{"name": "starter"}]} | content, "here")
    assert message in str(caught.value)
