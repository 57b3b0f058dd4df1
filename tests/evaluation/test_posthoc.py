import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation import posthoc, vectors
from equilingua.evaluation.evaluate import evaluate_vectors

from .factory import benchmark


def parallel(rng, groups=40, dim=24, bias=3.0):
    """Meaning plus noise plus a direction that every text of a language shares."""
    made = benchmark(
        np.repeat([0, 1, 2], groups),
        np.tile(np.arange(groups), 3),
        np.repeat([0, 1, 2], groups),
        [[g, groups + g, 2 * groups + g] for g in range(groups)],
    )
    meaning, shared = rng.standard_normal((groups, dim)), rng.standard_normal((3, 1, dim)) * bias
    texts = lambda: (meaning + shared + 0.5 * rng.standard_normal((3, groups, dim))).reshape(-1, dim)  # noqa: E731
    return made, texts(), texts()


def test_centring_leaves_every_language_of_each_side_without_a_mean_direction():
    made, queries, candidates = parallel(np.random.default_rng(0))
    queries, candidates = vectors.unit(queries, 120, "question"), vectors.unit(candidates, 120, "candidate")
    centred = posthoc.center(queries, candidates, made)
    for before, after, language in zip(
        (queries, candidates), centred, (made.query_language, made.candidate_language), strict=True
    ):
        np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1, rtol=1e-5)
        for code in range(3):
            rows = language == code
            offsets = before[rows] - before[rows].mean(axis=0)
            np.testing.assert_allclose(after[rows], offsets / np.linalg.norm(offsets, axis=1, keepdims=True), atol=1e-5)


def test_centring_cures_a_bias_that_is_a_shift():
    made, queries, candidates = parallel(np.random.default_rng(0))
    plain = evaluate_vectors(queries, candidates, made)
    centred = evaluate_vectors(queries, candidates, made, "center")
    assert plain.bias.mean()["same_language_top1"] > 0.9
    assert centred.bias.mean()["same_language_top1"] < 0.6
    assert centred.settings["multilingual"].mean()["map"] > plain.settings["multilingual"].mean()["map"] + 0.2


def test_a_language_with_one_text_cannot_be_centred():
    made = benchmark([0, 1, 1], [0, 0, 0], [0, 0, 1, 1], [[0, 2]], languages=("de", "en"))
    with pytest.raises(DataError, match=r"centring leaves nothing of some questions in 'de' \(1 there\)"):
        evaluate_vectors(np.eye(3), np.eye(4)[:, :3] + 1, made, "center")


def test_find():
    assert posthoc.find(None) is None
    assert posthoc.find("center") is posthoc.center
    with pytest.raises(UsageError, match="unknown posthoc 'centre': did you mean 'center'"):
        posthoc.find("centre")
