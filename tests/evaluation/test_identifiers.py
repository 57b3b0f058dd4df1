from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from equilingua.evaluation.identifiers import candidate_ids, question_ids
from tests.evaluation.factory import benchmark

NAMES = st.text(alphabet="ab#2% \n\u3000\ufeff", max_size=4)


def test_names_are_language_and_group_or_number():
    made = benchmark([0, 2], [0, 0], [0, 0, 1, 3], [[0, 3]])
    assert question_ids(made) == ["de:group%200", "hi:group%200"]
    assert candidate_ids(made) == ["de:0", "de:1", "en:0", "zh-Hans:0"]


def test_published_ids_take_their_place():
    made = replace(benchmark([0, 1], [0, 0], [0, 1], [[0]]), query_ids=["q7", "q7"], candidate_ids=["doc#3", "doc#3"])
    assert question_ids(made) == ["de:q7", "en:q7"]
    assert candidate_ids(made) == ["de:doc#3", "en:doc#3"]


def test_a_group_asked_twice_in_one_language_is_numbered():
    made = replace(benchmark([0, 0, 0, 0], [0] * 4, [0], [[0]]), query_ids=["q", "q", "q#2", "q"])
    assert question_ids(made) == ["de:q", "de:q#3", "de:q#2", "de:q#4"]


@given(st.lists(NAMES, min_size=1, max_size=12))
def test_names_are_distinct_single_fields(names):
    made = benchmark([0] * len(names), [0] * len(names), [0] * len(names), [[0]])
    made = replace(made, query_ids=names, candidate_ids=names)
    for given_names in (question_ids(made), candidate_ids(made)):
        assert len(set(given_names)) == len(names)
        assert all(name.split() == [name] for name in given_names)
