"""The loss of a batch of vectors, as a recipe composes it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from equilingua.training.losses.consistency import consistency_loss
from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.losses.matryoshka import matryoshka_loss
from equilingua.training.losses.relational import relational_loss
from equilingua.training.losses.symmetric import symmetric_loss
from equilingua.training.losses.vector import vector_loss

if TYPE_CHECKING:
    from equilingua.training.losses.relations import Relations, Teaching
    from equilingua.training.recipe import Loss


def total_loss(
    queries: torch.Tensor,
    candidates: torch.Tensor,
    relations: Relations,
    settings: Loss,
    temperature: float | torch.Tensor,
) -> torch.Tensor:
    """Return the loss of a batch: a contrastive term, and what the settings add to it.

    With D the Matryoshka dimensions (the whole length alone where none are given), w their weights and c, k, r and v
    the settings' weights of the terms:

        Σ_{d ∈ D} w_d [ c · contrastive or symmetric_d + k · consistency_d + r · relational_d ] / Σ w_d + v · vector

    The teacher's vectors are never shortened: its scores are the same for every d, and the vector term is of the whole
    length, and of the pairs that the teacher sees in the pivot language.

    A pure function of the vectors, of which it wants all that the batch has, in whatever process or micro-batch they
    were made. Computed in float32 (or float64, where the vectors are), whatever the precision around it.

    Args:
        queries: [batch, dim], of unit length.
        candidates: [batch + further, dim], of unit length; row i answers query i, further ones answer none.
        relations: which candidates are no negatives, the questions' translations, and a teacher's vectors.
        settings: gives the weights of the terms, `symmetric`, `matryoshka` and its weights, and the temperatures of the
            relational term.
        temperature: τ: `settings.temperature`, or what `LearnedTemperature` returns.

    Returns:
        A scalar.

    Raises:
        ValueError: the settings want a term, and `relations` has no translations or no teaching.
    """
    if settings.consistency and relations.translations is None:
        raise ValueError("loss.consistency needs the vectors of translated questions")
    teaching = relations.teaching
    if settings.distils and teaching is None:
        raise ValueError("loss.relational and loss.vector need a teacher's vectors")
    vectors = [queries, candidates]
    if settings.consistency and relations.translations is not None:
        vectors.append(relations.translations)
    with torch.autocast(queries.device.type, enabled=False):
        vectors = [_exact(part) for part in vectors]
        terms = partial(_terms, relations=relations, settings=settings, temperature=temperature)
        if not settings.matryoshka:
            loss = terms(*vectors)
        else:
            loss = matryoshka_loss(terms, vectors, settings.matryoshka, settings.matryoshka_weights)
        if settings.vector and teaching is not None:
            # Of the questions and of their passages, which are as many.
            sides = zip(vectors, (teaching.queries, teaching.candidates), strict=False)
            for ours, theirs in sides:
                loss = loss + settings.vector / 2 * _vector(ours[: len(queries)], theirs[: len(queries)], teaching)
        return loss


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
    loss = queries.new_zeros(())
    if settings.contrastive:
        retrieval = symmetric_loss if settings.symmetric else contrastive_loss
        loss = settings.contrastive * retrieval(
            queries, candidates, temperature=temperature, excluded=relations.excluded
        )
    # Not through a learned temperature: it could make any two distributions alike by flattening both.
    fixed = temperature.detach() if isinstance(temperature, torch.Tensor) else temperature
    if settings.relational and relations.teaching is not None:
        loss = loss + settings.relational * _relational(queries, candidates, relations.teaching, settings, fixed)
    if translations is None:
        return loss
    excluded = relations.excluded
    if relations.translated is not None:
        queries, translations = queries[relations.translated], translations[relations.translated]
        excluded = None if excluded is None else excluded[relations.translated]
    return loss + settings.consistency * consistency_loss(
        queries, translations, candidates, temperature=fixed, excluded=excluded
    )


def _relational(
    queries: torch.Tensor,
    candidates: torch.Tensor,
    teaching: Teaching,
    settings: Loss,
    temperature: float | torch.Tensor,
) -> torch.Tensor:
    """The relational term, in both directions if the settings are symmetric.

    A translation of the own passage is a candidate like any other here: the teacher says how good it is.
    """
    student = temperature if settings.relational_temperature is None else settings.relational_temperature
    teacher = student if settings.teacher_temperature is None else settings.teacher_temperature
    term = partial(relational_loss, temperature=student, teacher_temperature=teacher)
    excluded = teaching.excluded
    loss = term(queries, candidates, teaching.queries, teaching.candidates, excluded=excluded)
    if not settings.symmetric:
        return loss
    batch = len(queries)
    turned = None if excluded is None else excluded[:, :batch].T
    passages, taught = candidates[:batch], teaching.candidates[:batch]
    return (loss + term(passages, queries, taught, teaching.queries, excluded=turned)) / 2


def _vector(ours: torch.Tensor, theirs: torch.Tensor, teaching: Teaching) -> torch.Tensor:
    """The vector term of those pairs that the teacher sees in the pivot language.

    Its vectors of other languages would keep apart what the term shall bring together.
    """
    if teaching.pivoted is None:
        return vector_loss(ours, theirs)
    if not teaching.pivoted.any():
        return 0 * ours.sum()
    return teaching.pivoted.float().mean() * vector_loss(ours[teaching.pivoted], theirs[teaching.pivoted])


def _exact(vectors: torch.Tensor) -> torch.Tensor:
    return vectors.float() if vectors.dtype in {torch.bfloat16, torch.float16} else vectors
