"""Parallel texts whose vectors hold meaning, noise and what their language has in common."""

import numpy as np

from equilingua.evaluation import vectors
from equilingua.evaluation.posthoc.sides import Side

from ..factory import CODES, benchmark

LANGUAGES = 3


def parallel(rng, groups=40, dim=24, bias=3.0):
    """Meaning plus noise plus a direction that every text of a language shares."""
    made = benchmark(
        np.repeat([0, 1, 2], groups),
        np.tile(np.arange(groups), LANGUAGES),
        np.repeat([0, 1, 2], groups),
        [[g, groups + g, 2 * groups + g] for g in range(groups)],
    )
    meaning, shared = rng.standard_normal((groups, dim)), rng.standard_normal((LANGUAGES, 1, dim)) * bias
    texts = lambda: (meaning + shared + 0.5 * rng.standard_normal((LANGUAGES, groups, dim))).reshape(-1, dim)  # noqa: E731
    return made, texts(), texts()


def side(given, language, what="questions"):
    return Side(what, "made", vectors.unit(given, len(language), what), np.asarray(language, np.int32), CODES)


def random_side(rng, sizes, dim=12, what="questions"):
    """Vectors around a direction of their language; `sizes` says how many texts each has."""
    language = np.repeat(np.arange(len(sizes)), sizes)
    centres = rng.standard_normal((len(sizes), dim))
    return side(centres[language] + rng.standard_normal((len(language), dim)), language, what)
