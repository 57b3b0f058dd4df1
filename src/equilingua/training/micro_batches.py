"""How the texts of a batch are divided into micro-batches: by length, and evenly among whoever computes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equilingua.encoder.tokens import length_ordered_batches

# Up to so many micro-batches a worker, their number is a multiple of the workers', so that all end at once.
_FEW = 4


@dataclass(frozen=True, eq=False)
class MicroBatch:
    """Texts that are computed together.

    Attributes:
        rows: int64 [texts], which ones, longest first.
        tokens: computed for them, padding included.
        longest: tokens of the longest.
    """

    rows: np.ndarray
    tokens: int
    longest: int


def padded(lengths: np.ndarray, token_budget: int, shares: int) -> list[MicroBatch]:
    """Divide texts that are padded to the longest of their micro-batch.

    Args:
        lengths: int [texts], tokens of each.
        token_budget: tokens of a micro-batch at most, padding included; a longer single text is one of its own.
        shares: among how many workers the micro-batches are divided; there are at least so many.
    """
    batches = length_ordered_batches(lengths, token_budget)
    while len(batches) < min(shares, len(lengths)):
        token_budget = token_budget * 3 // 4
        batches = length_ordered_batches(lengths, token_budget)
    longest = [int(lengths[rows[0]]) for rows in batches]
    return [MicroBatch(rows, len(rows) * most, most) for rows, most in zip(batches, longest, strict=True)]


def packed(lengths: np.ndarray, token_budget: int, shares: int, dim: int) -> list[MicroBatch]:
    """Divide texts that need no padding into micro-batches of equal work.

    A text's work is its tokens' products with the weights, and attention, whose share grows with the text: by count
    of multiplications length / (6 · dim), by time thrice that.

    Args:
        lengths: int [texts], tokens of each.
        token_budget: tokens of a micro-batch, about.
        shares: among how many workers the micro-batches are divided; there are at least so many.
        dim: of the encoder's hidden vectors.
    """
    order = np.argsort(-lengths, kind="stable")
    work = np.cumsum(lengths[order] * (1 + lengths[order] / (2 * dim)))
    count = max(shares, -(-int(lengths.sum()) // token_budget))
    if count <= _FEW * shares:
        count = -(-count // shares) * shares
    cuts = np.searchsorted(work, work[-1] * np.arange(1, count) / count)
    parts = [rows for rows in np.split(order, cuts) if len(rows)]
    return [MicroBatch(rows, int(lengths[rows].sum()), int(lengths[rows[0]])) for rows in parts]
