from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.errors import DataError
from equilingua.evaluation import vectors


def test_scaled_to_unit_length_in_float32():
    scaled = vectors.unit(np.array([[3.0, 4.0], [0.0, 1e-20]]), 2, "question")
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[0.6, 0.8], [0.0, 1.0]], rtol=1e-6)


def test_rounding_moves_numbers_by_less_than_float32_rounds_a_score():
    given = np.random.default_rng(0).standard_normal((50, 384))
    exact = given / np.linalg.norm(given, axis=1, keepdims=True)
    scaled = vectors.unit(given, 50, "question")
    np.testing.assert_allclose(scaled, exact, atol=1.5e-8)
    np.testing.assert_array_equal(scaled * 2.0**26 % 1, 0)
    np.testing.assert_array_equal(vectors.on_grid(scaled), scaled)


@given(st.integers(0, 2**32), st.integers(-60, 60), st.integers(-60, 60))
def test_products_are_exact_whatever_the_lengths(seed, first, second):
    rng = np.random.default_rng(seed)
    a = vectors.on_grid((rng.standard_normal((3, 40)) * 2.0**first).astype(np.float32))
    b = vectors.on_grid((rng.standard_normal((4, 40)) * 2.0**second).astype(np.float32))
    assert a.dtype == b.dtype == np.float32
    found = a.astype(np.float64) @ b.T.astype(np.float64)
    for row, column in np.ndindex(found.shape):
        exact = sum(Fraction(float(x)) * Fraction(float(y)) for x, y in zip(a[row], b[column], strict=True))
        assert Fraction(found[row, column]) == exact


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ones((2, 3)), r"question vectors: have shape \(2, 3\), expected \(3, dim\)"),
        (np.ones(3), "have shape"),
        (np.ones((3, 0)), "have shape"),
        (np.array([[1.0], [np.nan], [np.inf]]), r"row 1 holds NaN or infinity \(and 1 more\)"),
        (np.array([[1.0], [1.0], [0.0]]), "row 2 is zero: check the encoder"),
    ],
)
def test_unusable_vectors_are_named(given, message):
    with pytest.raises(DataError, match=message):
        vectors.unit(given, 3, "question")


def test_two_sizes():
    with pytest.raises(DataError, match="question vectors have 2 dimensions and candidate vectors 3"):
        vectors.check_dimensions(np.ones((1, 2), np.float32), np.ones((1, 3), np.float32))
