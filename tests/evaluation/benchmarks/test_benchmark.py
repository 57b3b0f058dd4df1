import dataclasses

import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.benchmark import by_group
from tests.evaluation.factory import benchmark


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query_language": np.array([0, 4], np.int32)}, "query_language: holds an index outside 0 to 3"),
        ({"query_group": np.zeros(3, np.int32)}, r"query_group: has shape \(3,\), expected \(2,\)"),
        ({"candidate_language": np.array([1, 0], np.int32)}, "candidate_language: is not ascending"),
        ({"relevant": np.array([0, 7])}, "relevant: holds an index outside 0 to 1"),
        ({"relevant": np.array([1, 1])}, "relevant: is not ascending and distinct within a group"),
        ({"relevant_offsets": np.array([0, 1])}, "relevant_offsets: does not divide"),
        ({"languages": ("de", "de", "en", "hi")}, "languages: a code is there twice"),
        ({"candidates": []}, "candidates: there is no candidate"),
        ({"queries": []}, "queries: there is no question"),
        ({"query_ids": ["1"]}, "query_ids: has not one id for each of 2 texts"),
        ({"candidate_ids": ["1", "2", "3"]}, "candidate_ids: has not one id for each of 2 texts"),
        ({"pool_sizes": np.array([1, 0, 9, 9])}, "pool_sizes: is less than the number of candidates of a language"),
    ],
)
def test_contradictions_are_named(change, message):
    sound = benchmark([0, 1], [0, 0], [0, 1], [[0, 1]])
    with pytest.raises(DataError, match=message):
        dataclasses.replace(sound, **change)


def test_a_streamed_pool_says_how_large_it_was():
    sound = benchmark([0, 1], [0, 0], [0, 1, 1], [[0, 1]])
    assert sound.candidate_counts.tolist() == [1, 2, 0, 0]
    streamed = dataclasses.replace(sound, pool_sizes=np.array([10, 20, 0, 5]))
    assert streamed.candidate_counts.tolist() == [10, 20, 0, 5]


def test_judgements_by_group():
    offsets, relevant = by_group([2, 0, 2, 2], [5, 1, 3, 5], 4)
    assert offsets.tolist() == [0, 1, 1, 3, 3]
    assert relevant.tolist() == [1, 3, 5]
    assert by_group([], [], 2)[0].tolist() == [0, 0, 0]
