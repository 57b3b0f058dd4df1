import numpy as np
import pytest

from equilingua.errors import UsageError
from equilingua.evaluation.posthoc import catalogue
from equilingua.evaluation.posthoc.calibration import calibrate
from equilingua.evaluation.posthoc.center import center
from equilingua.evaluation.posthoc.lir import remove_directions

from .made import random_side


def sides(seed=0, sizes=(30, 20)):
    rng = np.random.default_rng(seed)
    return random_side(rng, sizes), random_side(rng, sizes, what="candidates")


def test_none_is_none():
    assert catalogue.find(None) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("centre", "unknown posthoc 'centre': did you mean 'center'"),
        ("lir", "unknown posthoc 'lir'"),
        ("lir:0", "unknown posthoc 'lir:0'"),
        ("lir:-1", "unknown posthoc"),
        ("lir:²", "unknown posthoc"),
        ("", "unknown posthoc ''"),
        ("center+", "unknown posthoc ''"),
        ("calibrate+center", "'calibrate' is of scores, so it comes last"),
    ],
)
def test_unknown_names(name, message):
    with pytest.raises(UsageError, match=message):
        catalogue.find(name)


def test_one_after_the_other_on_the_texts_themselves():
    queries, candidates = sides()
    adjusted = catalogue.find("center+lir:2+calibrate").apply(queries, candidates)
    for name, side in (("queries", queries), ("candidates", candidates)):
        centred = center(side)(side)
        expected = remove_directions(centred, 2)(centred)
        np.testing.assert_array_equal(getattr(adjusted, name), expected.vectors)
    assert adjusted.offset.shape == (4, 4)


def test_fitted_on_other_text_step_by_step():
    (queries, candidates), (background, passages) = sides(), sides(1, (50, 40))
    adjusted = catalogue.find("center+calibrate").apply(queries, candidates, (background, passages))
    change_queries, change_passages = center(background), center(passages)
    np.testing.assert_array_equal(adjusted.queries, change_queries(queries).vectors)
    expected = calibrate(change_queries(background), change_passages(passages), divide=False)
    np.testing.assert_allclose(adjusted.offset, expected.offset, atol=1e-6)
    # What it is fitted on, not what is measured, sets the offsets.
    assert not np.allclose(adjusted.offset, catalogue.find("center+calibrate").apply(queries, candidates).offset)


def test_without_calibration_there_is_no_offset():
    assert catalogue.find("lir:1").apply(*sides()).offset is None
