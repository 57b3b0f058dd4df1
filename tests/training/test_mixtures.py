import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import RecipeError
from equilingua.training.data import assemble
from equilingua.training.mixture import capped
from equilingua.training.recipe import Data, parse_recipe


def corpus_of(groups):
    """A corpus of group → languages."""
    return ParallelCorpus.from_pairs(
        Pair(group, code, f"{group} {code}?", f"{group} in {code}", "s")
        for group, codes in groups.items()
        for code in codes
    )


@pytest.fixture
def pairs_file(tmp_path):
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


def test_caps_cut_what_trains_and_not_what_is_held_out(recipe, pairs_file):
    entry = pairs_file("one", 200)
    whole = assemble(recipe(data=[entry], validation={"share": 0.2}))

    cut = assemble(recipe(data=[entry | {"max_pairs": 40}], validation={"share": 0.2}))
    assert len(cut.train) == 40
    assert set(cut.train.groups) <= set(whole.train.groups)
    assert cut.validation.groups == whole.validation.groups
    both = assemble(
        recipe(data=[entry | {"max_pairs_per_language": 10}, pairs_file("two", 30)], validation={"share": 0})
    )
    assert both.train.counts() == {"one": {"de": 10, "en": 10}, "two": {"de": 30, "en": 30}}


@pytest.mark.parametrize(("temperature", "expected"), [(1, 10.0), (0.5, 10**0.5), (0, 1.0)])
def test_a_temperature_weighs_by_size(recipe, pairs_file, temperature, expected):
    entries = [pairs_file("large", 200), pairs_file("small", 20)]

    data = assemble(recipe(data=entries, mixture={"temperature": temperature}, validation={"share": 0}))
    assert data.sources["large"] / data.sources["small"] == pytest.approx(expected)


def test_a_temperature_weighs_what_caps_leave(recipe, pairs_file):
    entries = [pairs_file("large", 200) | {"max_pairs": 80}, pairs_file("small", 20)]

    data = assemble(recipe(data=entries, mixture={"temperature": 1.0}, validation={"share": 0}))
    assert data.sources["large"] / data.sources["small"] == pytest.approx(2)


def test_weights_and_a_temperature_contradict_each_other(recipe, pairs_file):
    entries = [pairs_file("one", 10) | {"weight": 1}, pairs_file("two", 10) | {"weight": 2}]

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
