"""The loss of a batch of vectors, as a recipe composes it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from equilingua.training.losses.consistency import consistency_loss
from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.losses.matryoshka import matryoshka_loss
from equilingua.training.losses.symmetric import symmetric_loss

if TYPE_CHECKING:
    from equilingua.training.losses.relations import Relations
    from equilingua.training.recipe import Loss


def total_loss(
    queries: torch.Tensor,
    candidates: torch.Tensor,
    relations: Relations,
    settings: Loss,
    temperature: float | torch.Tensor,
) -> torch.Tensor:
    """Return the loss of a batch: a contrastive term, and what the settings add to it.

    With D the Matryoshka dimensions (the whole length alone where none are given) and w their weights:

        Σ_{d ∈ D} w_d [ contrastive or symmetric_d + consistency · consistency term_d ] / Σ w_d

    A pure function of the vectors, of which it wants all that the batch has, in whatever process or micro-batch they
    were made. Computed in float32 (or float64, where the vectors are), whatever the precision around it.

    Args:
        queries: [batch, dim], of unit length.
        candidates: [batch + further, dim], of unit length; row i answers query i, further ones answer none.
        relations: which candidates are no negatives, and the questions' translations.
        settings: gives `symmetric`, `consistency`, `matryoshka` and `matryoshka_weights`.
        temperature: τ: `settings.temperature`, or what `LearnedTemperature` returns.

    Returns:
        A scalar.

    Raises:
        ValueError: the settings want a consistency term and `relations` has no translations.
    """
    if settings.consistency and relations.translations is None:
        raise ValueError("loss.consistency needs the vectors of translated questions")
    vectors = [queries, candidates]
    if settings.consistency and relations.translations is not None:
        vectors.append(relations.translations)
    with torch.autocast(queries.device.type, enabled=False):
        vectors = [_exact(part) for part in vectors]
        terms = partial(_terms, relations=relations, settings=settings, temperature=temperature)
        if not settings.matryoshka:
            return terms(*vectors)
        return matryoshka_loss(terms, vectors, settings.matryoshka, settings.matryoshka_weights)


def _terms(
    queries: torch.Tensor,
    candidates: torch.Tensor,
    translations: torch.Tensor | None = None,
    *,
    relations: Relations,
    settings: Loss,
    temperature: float | torch.Tensor,
) -> torch.Tensor:
    """The loss at one length of the vectors."""
    retrieval = symmetric_loss if settings.symmetric else contrastive_loss
    loss = retrieval(queries, candidates, temperature=temperature, excluded=relations.excluded)
    if translations is None:
        return loss
    excluded = relations.excluded
    if relations.translated is not None:
        queries, translations = queries[relations.translated], translations[relations.translated]
        excluded = None if excluded is None else excluded[relations.translated]
    # Not through a learned temperature: it could make any two distributions alike by flattening both.
    fixed = temperature.detach() if isinstance(temperature, torch.Tensor) else temperature
    return loss + settings.consistency * consistency_loss(
        queries, translations, candidates, temperature=fixed, excluded=excluded
    )


def _exact(vectors: torch.Tensor) -> torch.Tensor:
    return vectors.float() if vectors.dtype in {torch.bfloat16, torch.float16} else vectors
