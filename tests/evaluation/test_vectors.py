import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation import vectors


def test_scaled_to_unit_length_in_float32():
    scaled = vectors.unit(np.array([[3.0, 4.0], [0.0, 1e-20]]), 2, "question")
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[0.6, 0.8], [0.0, 1.0]], rtol=1e-6)


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
