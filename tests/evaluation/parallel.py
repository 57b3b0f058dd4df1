"""Vectors of a parallel benchmark whose encoder prefers its own language, for tests of what comes after scoring."""

import numpy as np

from .factory import benchmark


def parallel(seed=0, groups=40, dim=24, bias=3.0, languages=("de", "en", "hi")):
    """Return a benchmark, its query vectors and its candidate vectors: meaning, a shift by language, and noise."""
    rng = np.random.default_rng(seed)
    n = len(languages)
    made = benchmark(
        np.repeat(np.arange(n), groups),
        np.tile(np.arange(groups), n),
        np.repeat(np.arange(n), groups),
        [[language * groups + g for language in range(n)] for g in range(groups)],
        languages=languages,
    )
    meaning, shift = rng.standard_normal((groups, dim)), bias * rng.standard_normal((n, 1, dim))
    queries, candidates = (
        (meaning + shift + 0.5 * rng.standard_normal((n, groups, dim))).reshape(-1, dim) for _ in range(2)
    )
    return made, queries, candidates
