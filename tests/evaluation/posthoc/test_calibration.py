import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.errors import DataError
from equilingua.evaluation.measure import evaluate_vectors
from equilingua.evaluation.posthoc.calibration import calibrate

from ..factory import CODES
from .made import parallel, random_side, side


@given(seed=st.integers(0, 2**32), divide=st.booleans())
def test_as_the_scores_themselves_say(seed, divide):
    rng = np.random.default_rng(seed)
    queries, passages = random_side(rng, (5, 7, 4)), random_side(rng, (6, 3, 8), what="passages")
    calibration = calibrate(queries, passages, divide=divide)
    spread, offset = calibration.deviation(CODES), calibration.offset(CODES, CODES)
    vectors = calibration.scaled(passages.vectors, spread[passages.language])
    scores = queries.vectors.astype(np.float64) @ passages.vectors.T.astype(np.float64)
    for b in range(3):
        deviation = 1.0
        if divide:
            blocks = [scores[queries.language == a][:, passages.language == b] for a in range(3)]
            deviation = np.mean([block.std() for block in blocks])
        assert spread[b] == pytest.approx(deviation, rel=1e-5)
        for a in range(3):
            block = scores[queries.language == a][:, passages.language == b]
            assert offset[a, b] * spread[b] == pytest.approx(block.mean(), abs=1e-6)
            adjusted = queries.vectors[queries.language == a] @ vectors[passages.language == b].T - offset[a, b]
            np.testing.assert_allclose(adjusted, (block - block.mean()) / deviation, atol=1e-4)


def test_languages_without_fitting_text_get_the_mean_over_the_others():
    rng = np.random.default_rng(0)
    queries, passages = random_side(rng, (5, 0, 4)), random_side(rng, (6, 3, 0))
    offset = calibrate(queries, passages, divide=False).offset(CODES, CODES)
    scores = queries.vectors @ passages.vectors.T
    mean = {(a, b): scores[queries.language == a][:, passages.language == b].mean() for a in (0, 2) for b in (0, 1)}
    assert offset[1, 1] == pytest.approx(mean[0, 0], abs=1e-6)
    assert offset[1, 2] == pytest.approx(np.mean([mean[0, 1], mean[2, 0], mean[2, 1]]), abs=1e-6)
    deviation = calibrate(queries, passages, divide=True).deviation(CODES)
    assert deviation[2] == pytest.approx(deviation[:2].mean())


@pytest.mark.parametrize("name", ["calibrate", "calibrate:z"])
def test_calibration_cures_a_bias_that_is_a_shift(name):
    made, queries, candidates = parallel(np.random.default_rng(0), bias=1.0)
    plain = evaluate_vectors(queries, candidates, made)
    calibrated = evaluate_vectors(queries, candidates, made, name)
    assert calibrated.bias.mean()["rank_distance"] < plain.bias.mean()["rank_distance"] / 2
    assert calibrated.settings["multilingual"].mean()["map"] > plain.settings["multilingual"].mean()["map"]
    # Within one language nothing but a constant changes.
    assert calibrated.settings["monolingual"].mean() == pytest.approx(plain.settings["monolingual"].mean(), abs=1e-3)


def test_scores_that_are_all_the_same():
    queries, passages = random_side(np.random.default_rng(0), (5,)), side(np.eye(12)[[0, 0]], np.zeros(2))
    one = side(np.eye(12)[[0, 0, 0]], np.zeros(3))
    assert calibrate(queries, passages, divide=True).deviations[0] > 0
    with pytest.raises(DataError, match="all background scores with passages in 'de' are the same"):
        calibrate(one, passages, divide=True)
