"""SHIFT: what separates a language from English is taken away, found on translations.

Jang, Hong, Moon and Lim, "Shift: Semantic Harmonization via Index-side Feature Transformation for Multilingual
Information Retrieval" (Findings of EMNLP 2026, arXiv 2606.18801): with d_L the mean of x_L − x_en over pairs of a text
in language L and its English translation, a vector x of language L becomes x − α d_L. There only documents change, for
questions are English; here questions come in every language, and are fitted and changed apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.posthoc.matching import place
from equilingua.evaluation.posthoc.sides import Step

if TYPE_CHECKING:
    from equilingua.evaluation.posthoc.sides import Side

PIVOT = "en"


def shift(fit: Side, alpha: float) -> Step:
    """Fit SHIFT: x − α · (mean over groups of a text in x's language − the same in English), scaled to length 1 again.

    English is left as it is. A language without translations of English loses the mean of the others' differences.

    Args:
        fit: vectors with their groups, of questions or of passages.
        alpha: how much of the difference is taken away, above 0.

    Returns:
        What shifts a side; raises DataError for a vector that it leaves nothing of.

    Raises:
        UsageError: nobody says which texts are translations of one another.
        DataError: there is no English text, or none that any other text is a translation of.
    """
    if fit.group is None:
        raise without_translations()
    pivot = place(PIVOT, fit.languages)
    rows = np.flatnonzero(fit.language == (-1 if pivot is None else pivot))
    english = dict(zip(fit.group[rows].tolist(), rows.tolist(), strict=True))
    found = {}
    for code, own in fit.by_language():
        pairs = [
            (row, english[group]) for row, group in zip(own, fit.group[own].tolist(), strict=True) if group in english
        ]
        if pairs and code != pivot:
            texts, translations = np.array(pairs).T
            found[fit.languages[code]] = (fit.vectors[texts].astype(np.float64) - fit.vectors[translations]).mean(
                axis=0
            )
    if not found:
        raise DataError(f"{fit.where}: shift: no {fit.what} are in English and another language: fit on parallel text")
    differences = [np.zeros(fit.vectors.shape[1]), *found.values(), np.mean(list(found.values()), axis=0)]
    return Step("shifting", (PIVOT, *found), (alpha * np.stack(differences)).astype(np.float32))


def without_translations() -> UsageError:
    """Return the error of SHIFT where nobody names translations to fit it on."""
    return UsageError("--posthoc shift: is fitted on translations in other text: name a parallel corpus with --fit-on")
