"""Centring: each language's mean vector is taken away.

What all texts of a language share says which language it is, not what they say (Libovický, Rosa and Fraser, "How
Language-Neutral is Multilingual BERT?", arXiv 1911.03310, §3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation.posthoc.sides import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.posthoc.sides import Side

# Means that a linear system gives are rounded to multiples of this, which is far above the error that they are computed
# with, and which differs between processors.
_GRID = 2.0**-20


def center(fit: Side) -> Step:
    """Fit centring: x − mean of the vectors of x's language, scaled to length 1 again.

    A language without fitting text loses the mean over languages instead.

    Args:
        fit: the vectors whose means are taken away. Questions and candidates are fitted apart. With groups, a mean is
            of what the language would have if every group were there in it; see `comparable_means`.

    Returns:
        What centres a side; raises DataError for a vector that it leaves nothing of.
    """
    languages = tuple(fit.languages[code] for code, _ in fit.by_language())
    if fit.group is None:
        means = np.stack([fit.vectors[rows].mean(axis=0, dtype=np.float64) for _, rows in fit.by_language()])
    else:
        means = comparable_means(fit.vectors, fit.language, fit.group)
    return Step("centring", languages, np.concatenate([means, means.mean(axis=0, keepdims=True)]).astype(np.float32))


def comparable_means(
    vectors: NDArray[np.float32], language: NDArray[np.int32], group: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return means of languages that have not all of the same groups, as if of the same content.

    A vector is taken for a sum of what its language adds, what its group says, and noise, the latter two of mean zero
    and of one variance; what the languages add is then found by generalised least squares, from Henderson's mixed-model
    equations (C. R. Henderson, "Best Linear Unbiased Estimation and Prediction under a Selection Model", Biometrics 31,
    1975). Where all languages have the same groups, once each, these are plain means.

    Args:
        vectors: [texts, dim].
        language: [texts] any code of each text's language.
        group: [texts] equal for translations of one text.

    Returns:
        float64 [languages, dim], by ascending code, rounded.
    """
    languages, row = np.unique(language, return_inverse=True)
    groups, column = np.unique(group, return_inverse=True)
    counts = np.zeros((len(languages), len(groups)))
    np.add.at(counts, (row, column), 1)
    by_language, by_group = (np.zeros((size, vectors.shape[1])) for size in counts.shape)
    np.add.at(by_language, row, vectors)
    np.add.at(by_group, column, vectors)
    # Solved for the groups, the equations leave one for each language.
    shares = counts / (counts.sum(axis=0) + 1)
    system = np.diag(counts.sum(axis=1)) - shares @ counts.T
    means: NDArray[np.float64] = np.linalg.solve(system, by_language - shares @ by_group)
    return np.rint(means / _GRID) * _GRID
