from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.errors import DataError
from equilingua.evaluation.counting import count
from equilingua.evaluation.scores import VectorScores
from equilingua.evaluation.vectors import unit

from .factory import Table, cases, random_case


def filled(scores, shape):
    out = np.full(shape, np.nan, np.float32)
    scores.block(0, shape[0], out)
    return out


@given(st.integers(1, 300), st.integers(1, 5), st.integers(0, 2**32))
def test_products_of_any_number_of_candidates(candidates, questions, seed):
    vectors = np.random.default_rng(seed).integers(-9, 10, (questions + candidates, 3)).astype(np.float32)
    queries, rest = vectors[:questions], vectors[questions:]
    np.testing.assert_array_equal(filled(VectorScores(queries, rest), (questions, candidates)), queries @ rest.T)


@pytest.mark.parametrize("candidates", [64, 65, 127, 997, 3001])
def test_equal_candidates_get_equal_scores(candidates):
    rng = np.random.default_rng(candidates)
    vectors = rng.standard_normal((candidates, 384)).astype(np.float32)
    twins = np.unique([0, 1, candidates // 2, candidates - 2, candidates - 1])
    vectors[twins] = vectors[0]
    for questions in (1, 2, 7, 33):
        queries = rng.standard_normal((questions, 384)).astype(np.float32)
        found = filled(VectorScores(queries, vectors), (questions, candidates))[:, twins]
        np.testing.assert_array_equal(found, np.repeat(found[:, :1], len(twins), axis=1))


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_scores_and_totals_are_exact_and_rounded_once(seed, candidates):
    rng = np.random.default_rng(seed)
    queries, rest = (unit(rng.standard_normal((n, 24)), n, "some") for n in (2, candidates))
    source = VectorScores(queries, rest)
    found, totals = filled(source, (2, candidates)), source.totals([0, 0, candidates // 2, candidates])
    for row, query in enumerate(queries):
        exact = [sum(Fraction(float(x)) * Fraction(float(y)) for x, y in zip(query, one, strict=True)) for one in rest]
        assert found[row].tolist() == [float(np.float32(float(score))) for score in exact]
        parts = ((0, 0), (0, candidates // 2), (candidates // 2, candidates))
        assert totals[row].tolist() == [float(sum(exact[first:last])) for first, last in parts]


@given(cases())
def test_an_offset_is_subtracted_everywhere(case):
    b = case.benchmark
    languages = len(b.languages)
    offset = np.arange(languages**2, dtype=np.float32).reshape(languages, languages)
    shifted = case.scores - offset[b.query_language][:, b.candidate_language]
    scores = VectorScores.calibrated(case.queries, case.candidates, offset, b)
    np.testing.assert_array_equal(filled(scores, shifted.shape), shifted)
    spoken = np.eye(languages)[b.candidate_language]
    np.testing.assert_allclose(scores.totals(b.candidate_offsets), shifted @ spoken, atol=1e-9)
    from_vectors, from_table = count(scores, b), count(Table(shifted), b)
    np.testing.assert_array_equal(from_vectors.pool_above, from_table.pool_above)
    np.testing.assert_array_equal(from_vectors.top, from_table.top)


def test_unusable_offsets():
    case = random_case(np.random.default_rng(0))
    make = lambda offset: VectorScores.calibrated(case.queries, case.candidates, offset, case.benchmark)  # noqa: E731
    with pytest.raises(DataError, match=r"has shape \(2, 2\), expected \(4, 4\)"):
        make(np.zeros((2, 2), np.float32))
    with pytest.raises(DataError, match="holds NaN or infinity"):
        make(np.full((4, 4), np.nan, np.float32))
    with pytest.raises(DataError, match="needs the languages"):
        VectorScores(case.queries, case.candidates, np.zeros((4, 4), np.float32))


def test_vectors_of_two_sizes():
    with pytest.raises(DataError, match="question vectors have 2 dimensions and candidate vectors 3"):
        VectorScores(np.ones((1, 2), np.float32), np.ones((1, 3), np.float32))
