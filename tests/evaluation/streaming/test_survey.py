import json

import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation.streaming.survey import Survey, known, survey

from .made import SIZES, collection


def test_relevant_passages_are_found_where_they_stand():
    made = collection(2)
    found = survey(made, lambda _: None)
    assert found.sizes == SIZES
    assert Survey.from_json(json.loads(json.dumps(found.to_json()))) == found
    whole, some = made.in_memory(), known(made, found)
    assert np.diff(some.starts).tolist() == list(SIZES.values())
    assert some.passages == sum(SIZES.values())
    assert [whole.candidates[number] for number in some.numbers] == some.benchmark.candidates
    assert [whole.candidate_ids[number] for number in some.numbers] == some.benchmark.candidate_ids
    assert some.numbers[some.benchmark.relevant].tolist() == whole.relevant.tolist()
    assert some.benchmark.dropped == whole.dropped


def test_a_missing_relevant_passage():
    made = collection(2)
    found = survey(made, lambda _: None)
    with pytest.raises(DataError, match="is not in the pool"):
        known(made, Survey(found.sizes, found.relevant[1:], found.digest))
