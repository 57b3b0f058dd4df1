"""What the texts of a batch have to do with one another: by id, never by similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Teaching:
    """A teacher's vectors of a batch, all of unit length.

    Attributes:
        queries: [batch, its dim].
        candidates: [candidates, its dim].
        excluded: bool [batch, candidates]; True where the teacher sees a candidate in another language than the
            question, so that its score says something of languages too. None where it sees all in one.
        pivoted: bool [batch]; False where the teacher sees a pair in another language than the pivot, whose vectors
            say something of that language. None where it sees all in the pivot.
    """

    queries: torch.Tensor
    candidates: torch.Tensor
    excluded: torch.Tensor | None = None
    pivoted: torch.Tensor | None = None


@dataclass(frozen=True, eq=False)
class Relations:
    """What a loss knows of a batch beside the vectors of its questions and candidates.

    Attributes:
        excluded: bool [batch, candidates]; True where a candidate is no negative of a question; False on the diagonal.
            None where nothing is masked.
        translations: [batch, dim], of unit length: each question in another language. None where the loss has no
            consistency term.
        translated: bool [batch]; False where a question has no translation, whose row in `translations` is then
            ignored. None where all have one.
        teaching: a teacher's vectors; None where the loss distils none.
    """

    excluded: torch.Tensor | None = None
    translations: torch.Tensor | None = None
    translated: torch.Tensor | None = None
    teaching: Teaching | None = None


def related(query_codes: torch.Tensor, passage_codes: torch.Tensor) -> torch.Tensor:
    """Tell which passages are no negatives of which queries because they share an id (a group or a passage).

    Args:
        query_codes: int [batch, ids]; column k is the k-th kind of id of the query's own pair.
        passage_codes: int [passages, ids].

    Returns:
        bool [batch, passages]; False on the diagonal, where the positives stand.

    >>> import torch
    >>> related(torch.tensor([[0, 7], [1, 8], [2, 7]]), torch.tensor([[0, 7], [1, 8], [2, 7]])).int().tolist()
    [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    """
    shared = (query_codes[:, None, :] == passage_codes[None, :, :]).any(dim=-1)
    return shared.fill_diagonal_(False)
