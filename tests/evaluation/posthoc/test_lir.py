import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.posthoc.lir import remove_directions

from .made import random_side, side


@pytest.mark.parametrize("directions", [1, 2, 4])
def test_as_a_singular_value_decomposition_says(directions):
    made = random_side(np.random.default_rng(directions), (40, 30, 50))
    removed = remove_directions(made, directions)(made)
    for code in range(3):
        rows = made.language == code
        matrix = made.vectors[rows].astype(np.float64)
        basis = np.linalg.svd(matrix, full_matrices=False)[2][:directions].T
        left = matrix - matrix @ basis @ basis.T
        expected = left / np.linalg.norm(left, axis=1, keepdims=True)
        np.testing.assert_allclose(removed.vectors[rows], expected, atol=1e-4)


def test_other_text_than_it_was_fitted_on():
    rng = np.random.default_rng(0)
    fit, made = random_side(rng, (40, 40)), random_side(rng, (5, 5))
    removed = remove_directions(fit, 2)(made)
    for code in range(2):
        basis = np.linalg.svd(fit.vectors[fit.language == code])[2][:2]
        np.testing.assert_allclose(removed.vectors[made.language == code] @ basis.T, 0, atol=1e-5)


def test_a_language_without_fitting_text_loses_what_all_languages_together_have():
    rng = np.random.default_rng(1)
    fit, made = random_side(rng, (20, 0, 60)), random_side(rng, (5, 5, 5))
    first, third = (fit.vectors[fit.language == code].astype(np.float64) for code in (0, 2))
    # Each language counts the same, however much text it has.
    both = np.concatenate([first / np.sqrt(len(first)), third / np.sqrt(len(third))])
    basis = np.linalg.svd(both)[2][:1]
    removed = remove_directions(fit, 1)(made)
    np.testing.assert_allclose(removed.vectors[made.language == 1] @ basis.T, 0, atol=1e-5)


def test_no_more_directions_than_the_text_has_are_removed():
    fit = side(np.repeat(np.eye(5)[:2], 3, axis=0), np.zeros(6))
    made = side(np.ones((2, 5)), np.zeros(2))
    removed = remove_directions(fit, 4)(made)
    np.testing.assert_allclose(removed.vectors, np.array([[0, 0, 1, 1, 1]] * 2) / np.sqrt(3), atol=1e-6)


def test_more_directions_than_dimensions():
    made = random_side(np.random.default_rng(0), (30,), dim=4)
    with pytest.raises(UsageError, match=r"lir:4: vectors have 4 dimensions only"):
        remove_directions(made, 4)


def test_nothing_is_left():
    made = side(np.eye(5)[:2], np.zeros(2))
    with pytest.raises(DataError, match=r"made: removing 3 directions leaves nothing of some questions in 'de'"):
        remove_directions(made, 3)(made)
