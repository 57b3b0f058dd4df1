"""Texts without padding: all tokens of a micro-batch in one row, and blocks of about equal length for attention."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from equilingua.encoder.tokens import TokenizedTexts

# A text joins a block of attention if it lacks no more than this share of the block's longest text, or so many tokens:
# the scores that are computed in vain then cost less than another block's calls.
_SLACK = 0.15
_SLACK_TOKENS = 4
# Random numbers are drawn 64 bits at a time and used 16 at a time.
_RESOLUTION = 1 << 16


@dataclass(frozen=True, eq=False)
class Block:
    """Texts that attend in one matrix product each.

    Attributes:
        start, stop: their tokens.
        lengths: tokens of each text; the first is the longest.
        gather: int64 [texts × longest], the token (counted from `start`) at each place; 0 where a text has ended.
            None where all are equally long.
        scatter: int64 [tokens], the place of each token.
        ended: bool [texts, longest], True behind a text's end.
    """

    start: int
    stop: int
    lengths: tuple[int, ...]
    gather: torch.Tensor | None = None
    scatter: torch.Tensor | None = None
    ended: torch.Tensor | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Texts, and tokens of the longest."""
        return len(self.lengths), self.lengths[0]


@dataclass(frozen=True, eq=False)
class PackedTexts:
    """The tokens of a micro-batch, without padding.

    Attributes:
        ids: int64 [tokens].
        positions: int64 [tokens], the place of each within its text.
        texts: int64 [tokens], the text of each.
        lengths: tokens of each text, longest first.
        blocks: for attention.
        seeds: of each text's dropout.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    texts: torch.Tensor
    lengths: np.ndarray
    blocks: tuple[Block, ...]
    seeds: np.ndarray


def pack(tokens: TokenizedTexts, rows: np.ndarray, seeds: np.ndarray) -> PackedTexts:
    """Put texts one after the other.

    Args:
        tokens: where the texts are.
        rows: int64 [texts], longest text first.
        seeds: int64 [texts], of each text's dropout.
    """
    lengths = tokens.lengths[rows]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    positions = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
    ids = tokens.ids[np.repeat(tokens.offsets[rows], lengths) + positions].astype(np.int64)
    return PackedTexts(
        ids=torch.from_numpy(ids),
        positions=torch.from_numpy(positions),
        texts=torch.from_numpy(np.repeat(np.arange(len(rows)), lengths)),
        lengths=lengths,
        blocks=tuple(_block(lengths, starts, first, stop) for first, stop in pairwise(_cuts(lengths))),
        seeds=seeds,
    )


def _cuts(lengths: np.ndarray) -> list[int]:
    """Where blocks begin and end."""
    cuts = [0]
    for place, length in enumerate(lengths):
        longest = lengths[cuts[-1]]
        if length < longest - max(_SLACK * longest, _SLACK_TOKENS):
            cuts.append(place)
    return [*cuts, len(lengths)]


def _block(lengths: np.ndarray, starts: np.ndarray, first: int, stop: int) -> Block:
    own = lengths[first:stop]
    longest = int(own[0])
    begin, end = int(starts[first]), int(starts[stop])
    sizes = tuple(int(length) for length in own)
    if own[-1] == longest:
        return Block(begin, end, sizes)
    columns = np.arange(longest)
    inside = columns < own[:, None]
    places = np.where(inside, starts[first:stop, None] - begin + columns, 0)
    scatter = np.flatnonzero(inside)
    return Block(
        begin,
        end,
        sizes,
        gather=torch.from_numpy(places.ravel()),
        scatter=torch.from_numpy(scatter),
        ended=torch.from_numpy(~inside),
    )


class Dropout:
    """What dropout keeps of each text: a function of the text's seed alone, wherever the text is computed.

    Each text has a generator of its own, so that neither the other texts of its micro-batch nor the thread or process
    that computes it makes a difference. Masks must be asked for in the same order each time.
    """

    def __init__(self, packed: PackedTexts) -> None:
        """Seed the generators of the texts."""
        self._packed = packed
        self._generators = [torch.Generator().manual_seed(int(seed)) for seed in packed.seeds]

    def tokens(self, probability: float, dim: int) -> torch.Tensor | None:
        """Return bool [tokens, dim], False where a value is dropped; None where nothing ever is."""
        if probability == 0:
            return None
        parts = zip(self._generators, self._packed.lengths, strict=True)
        return torch.cat([_keep(each, int(length) * dim, probability).view(-1, dim) for each, length in parts])

    def scores(self, probability: float, heads: int) -> list[torch.Tensor | None]:
        """Return, for each block, bool [texts × heads, longest, longest]; what lies behind a text's end is kept."""
        if probability == 0:
            return [None] * len(self._packed.blocks)
        generators = iter(self._generators)
        masks: list[torch.Tensor | None] = []
        for block in self._packed.blocks:
            count, longest = block.shape
            mask = torch.ones(count, heads, longest, longest, dtype=torch.bool)
            for place, length in enumerate(block.lengths):
                kept = _keep(next(generators), heads * length * length, probability)
                mask[place, :, :length, :length] = kept.view(heads, length, length)
            masks.append(mask.view(count * heads, longest, longest))
        return masks


def _keep(generator: torch.Generator, count: int, probability: float) -> torch.Tensor:
    """Return bool [count], False with the given probability, rounded to 1/65536."""
    drawn = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None, generator=generator)
    return drawn.view(torch.int16)[:count] >= round(probability * _RESOLUTION) - _RESOLUTION // 2
