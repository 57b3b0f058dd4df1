import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation.measure import evaluate_vectors
from equilingua.evaluation.posthoc.center import center, comparable_means

from ..factory import benchmark
from .made import parallel, random_side


def test_centring_leaves_every_language_without_a_mean_direction():
    made = random_side(np.random.default_rng(0), (40, 30, 50))
    centred = center(made)(made)
    np.testing.assert_allclose(np.linalg.norm(centred.vectors, axis=1), 1, rtol=1e-5)
    for code in range(3):
        rows = made.language == code
        offsets = made.vectors[rows] - made.vectors[rows].mean(axis=0, dtype=np.float64).astype(np.float32)
        expected = offsets / np.linalg.norm(offsets, axis=1, keepdims=True)
        np.testing.assert_allclose(centred.vectors[rows], expected, atol=1e-7)


def test_centring_cures_a_bias_that_is_a_shift():
    made, queries, candidates = parallel(np.random.default_rng(0))
    plain = evaluate_vectors(queries, candidates, made)
    centred = evaluate_vectors(queries, candidates, made, "center")
    assert plain.bias.mean()["same_language_top1"] > 0.9
    assert centred.bias.mean()["same_language_top1"] < 0.6
    assert centred.settings["multilingual"].mean()["map"] > plain.settings["multilingual"].mean()["map"] + 0.2


def test_a_language_without_fitting_text_loses_the_mean_over_languages():
    rng = np.random.default_rng(1)
    fit, made = random_side(rng, (20, 0, 60)), random_side(rng, (5, 5, 5))
    means = [fit.vectors[fit.language == code].mean(axis=0) for code in (0, 2)]
    expected = made.vectors - np.stack([means[0], np.mean(means, axis=0), means[1]])[made.language]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(center(fit)(made).vectors, expected, atol=1e-5)


def test_means_of_the_same_groups_are_plain():
    rng = np.random.default_rng(2)
    vectors, language, group = rng.standard_normal((12, 5)), np.repeat([0, 1, 3], 4), np.tile(np.arange(4), 3)
    plain = vectors.reshape(3, 4, 5).mean(axis=1)
    np.testing.assert_allclose(comparable_means(vectors, language, group), plain, atol=1e-6)


def test_means_of_other_groups_are_those_of_generalised_least_squares():
    rng = np.random.default_rng(3)
    language, group = rng.integers(0, 4, 60), rng.integers(0, 25, 60)
    vectors = rng.standard_normal((60, 5))
    # The covariance of two texts is 1 if they are of one group, and 1 more of a text with itself.
    covariance = [[int(group[i] == group[j]) + int(i == j) for j in range(60)] for i in range(60)]
    design = np.eye(4)[language]
    weighted = design.T @ np.linalg.inv(covariance)
    expected = np.linalg.inv(weighted @ design) @ weighted @ vectors
    np.testing.assert_allclose(comparable_means(vectors, language, group), expected, atol=1e-6)


def test_a_language_that_lacks_half_of_the_content_is_not_taken_to_differ_by_it():
    rng = np.random.default_rng(4)
    # Groups of two subjects that lie far apart, as news and manuals do; the last of five languages has one of them.
    content = rng.standard_normal((400, 8)) + np.repeat([[0.0], [3.0]], 200, axis=0)
    offsets = rng.standard_normal((5, 8))
    group = np.concatenate([np.tile(np.arange(400), 4), np.arange(200)])
    language = np.repeat(np.arange(5), [400, 400, 400, 400, 200])
    vectors = content[group] + offsets[language] + rng.standard_normal((1800, 8))
    plain = np.stack([vectors[language == code].mean(axis=0) for code in range(5)])
    means = comparable_means(vectors, language, group)

    errors = [np.linalg.norm((found - found[0] - offsets + offsets[0])[4]) for found in (plain, means)]
    assert errors[1] < errors[0] / 4


def test_a_language_with_one_text_cannot_be_centred_on_itself():
    made = benchmark([0, 1, 1], [0, 0, 0], [0, 0, 1, 1], [[0, 2]], languages=("de", "en"))
    with pytest.raises(DataError, match=r"'made': centring leaves nothing of some questions in 'de' \(1 there\)"):
        evaluate_vectors(np.eye(3), np.eye(4)[:, :3] + 1, made, "center")
