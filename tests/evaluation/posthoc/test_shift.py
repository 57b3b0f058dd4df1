from dataclasses import replace

import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.measure import evaluate_vectors
from equilingua.evaluation.posthoc.shift import shift

from ..factory import CODES, benchmark
from .made import parallel, random_side, side

ENGLISH = CODES.index("en")


def translated(sizes, seed=0):
    """Vectors whose groups are counted from 0 in each language."""
    made = random_side(np.random.default_rng(seed), sizes)
    return replace(made, group=np.concatenate([np.arange(size) for size in sizes]))


def by_loops(fit, made, alpha):
    """SHIFT as its paper has it, one vector after the other."""
    differences = {}
    for code in set(fit.language.tolist()) - {ENGLISH}:
        pairs = [
            fit.vectors[i].astype(float) - fit.vectors[j]
            for i in range(len(fit.vectors))
            for j in range(len(fit.vectors))
            if fit.language[i] == code and fit.language[j] == ENGLISH and fit.group[i] == fit.group[j]
        ]
        if pairs:
            differences[code] = sum(pairs) / len(pairs)
    elsewhere = sum(differences.values()) / len(differences)
    for code, vector in zip(made.language.tolist(), made.vectors.astype(float), strict=True):
        shifted = vector - alpha * (0 if code == ENGLISH else differences.get(code, elsewhere))
        yield shifted / np.linalg.norm(shifted)


@pytest.mark.parametrize("alpha", [0.4, 1.0, 1.5])
@pytest.mark.parametrize("sizes", [(9, 9, 9), (4, 9, 2), (7, 5, 0, 3)])
def test_each_vector_is_as_plain_loops_have_it(sizes, alpha):
    fit, made = translated(sizes), random_side(np.random.default_rng(1), (3, 3, 3, 3))

    np.testing.assert_allclose(shift(fit, alpha)(made).vectors, [*by_loops(fit, made, alpha)], atol=1e-6)


def test_only_translations_count():
    fit = translated((6, 4, 6))
    alone = replace(fit, group=np.where(fit.language == 2, fit.group + 100, fit.group))

    assert shift(alone, 1.0).languages == ("en", "de")
    np.testing.assert_array_equal(shift(alone, 1.0).parameters[1], shift(fit, 1.0).parameters[1])


def test_english_stays_and_a_bias_that_is_a_shift_is_cured():
    _, queries, candidates = parallel(np.random.default_rng(0))
    made = benchmark(
        np.repeat([0, 1, 2], 40),
        np.tile(np.arange(40), 3),
        np.repeat([0, 1, 2], 40),
        [[g, 40 + g, 80 + g] for g in range(40)],
    )
    groups, language = np.tile(np.arange(40), 3), np.repeat([0, 1, 2], 40)
    shifted = []
    for vectors, what in ((queries, "questions"), (candidates, "candidates")):
        own = replace(side(vectors, language, what), group=groups)
        shifted.append(shift(own, 1.0)(own).vectors)
        np.testing.assert_allclose(shifted[-1][language == ENGLISH], own.vectors[language == ENGLISH], atol=1e-7)

    plain, cured = evaluate_vectors(queries, candidates, made), evaluate_vectors(*shifted, made)
    assert plain.bias.mean()["same_language_top1"] > 0.9
    assert cured.bias.mean()["same_language_top1"] < 0.6
    assert cured.settings["multilingual"].mean()["map"] > plain.settings["multilingual"].mean()["map"] + 0.2


def test_it_needs_translations_of_english():
    with pytest.raises(DataError, match="made: shift: no questions are in English and another language"):
        shift(translated((5, 0, 5)), 1.0)
    with pytest.raises(DataError, match="shift: no questions are in English"):
        shift(replace(translated((5, 5, 0)), group=np.arange(10)), 1.0)
    with pytest.raises(UsageError, match="--posthoc shift: is fitted on translations in other text"):
        shift(random_side(np.random.default_rng(0), (5, 5)), 1.0)
