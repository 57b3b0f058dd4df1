import json

import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.collection import Collection, LanguagePart
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


def test_passages_without_text_are_counted_and_have_no_place():
    passages = [("0", ""), ("1", "ants"), ("2", "bees")]
    made = Collection("made", {"en": LanguagePart({"q": "who?"}, {"q": {"2": 1}}, lambda: passages)})
    found = survey(made, lambda _: None)

    assert (found.sizes, found.dropped) == ({"en": 2}, {"empty_passages": 1})
    assert Survey.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert known(made, found).numbers.tolist() == [1]
    assert known(made, found).benchmark.dropped == made.in_memory().dropped == {"empty_passages": 1}


def test_a_missing_relevant_passage():
    made = collection(2)
    found = survey(made, lambda _: None)
    with pytest.raises(DataError, match="is not in the pool"):
        known(made, Survey(found.sizes, found.relevant[1:], found.digest))
