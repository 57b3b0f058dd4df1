"""Which candidates become negatives: how many of which languages, from which ranks, and how far below the positive."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.batching.draws import hashed
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Scores = NDArray[np.float32]

NONE = -1


@dataclass(frozen=True)
class Margin:
    """How far a negative's score must stay below the positive's, so that unknown answers are not taken for negatives.

    Attributes:
        amount: subtracted from the positive's score; below 0, a negative may score higher than the positive.
        relative: `amount` is a share of the positive's score, as in NV-Retriever's positive-aware mining (arXiv
            2407.15831, "TopK-PercPos"): 0.05 lets a negative score 95 % of it.
    """

    amount: float
    relative: bool = False

    @classmethod
    def parse(cls, text: str) -> Margin | None:
        """Read `0.05` (subtracted), `95%` (share of the positive's score) or `none`.

        Raises:
            UsageError: it is none of these.

        >>> Margin.parse("0.05"), Margin.parse("95%"), Margin.parse("none")
        (Margin(amount=0.05, relative=False), Margin(amount=0.05, relative=True), None)
        """
        if text.strip() == "none":
            return None
        percent = text.strip().endswith("%")
        try:
            number = float(text.strip().removesuffix("%"))
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (percent and number <= 0):
            raise UsageError(f"margin '{text}': use a difference such as 0.05, a share such as 95%, or none")
        return cls(round(1 - number / 100, 12), relative=True) if percent else cls(number)

    def ceiling(self, positive: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the highest score that a negative may have, for each score of a positive, float32 of its shape."""
        # The absolute value keeps the ceiling below the positive where the cosine is negative.
        distance = self.amount * (np.abs(positive) if self.relative else np.float32(1))
        return (positive - distance).astype(np.float32)

    def __str__(self) -> str:
        return f"{100 * (1 - self.amount):g}%" if self.relative else f"{self.amount:g}"


@dataclass(frozen=True)
class MiningPlan:
    """What to mine for each question.

    Attributes:
        per_query: negatives wanted.
        cross_lingual_share: share of them in other languages than the question's; met exactly over the questions of a
            language where one question cannot meet it.
        margin: distance to the positive; None for any.
        window: ranks `first` to `last` - 1 among the passages of one language that are not known to answer, from 0;
            lower `first` ranks hold more unknown answers, later ones easier negatives.
    """

    per_query: int = 4
    cross_lingual_share: float = 0.5
    margin: Margin | None = Margin(0.05, relative=True)
    window: tuple[int, int] = (0, 100)

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            UsageError: a value that nothing can be mined with.
        """
        first, last = self.window
        if self.per_query < 1:
            raise UsageError(f"negatives per query: {self.per_query} is too few, use 1 or more")
        if not 0 <= self.cross_lingual_share <= 1:
            raise UsageError(f"cross-lingual share: {self.cross_lingual_share} is not between 0 and 1")
        if not 0 <= first < last:
            raise UsageError(f"window {first}:{last}: the first rank must be 0 or more and below the last")

    def ceiling(self, positive: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the highest score that a negative may have, for each score of a positive."""
        return np.full_like(positive, np.inf) if self.margin is None else self.margin.ceiling(positive)

    def record(self) -> dict[str, Any]:
        """Return the plan as JSON can hold it, in the words of the command line."""
        return {
            "per_query": self.per_query,
            "cross_lingual_share": self.cross_lingual_share,
            "margin": "none" if self.margin is None else str(self.margin),
            "window": "{}:{}".format(*self.window),
        }


def parse_window(text: str) -> tuple[int, int]:
    """Read a window of ranks such as `10:100`.

    Raises:
        UsageError: it is no such window.

    >>> parse_window("10:100")
    (10, 100)
    """
    match = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", text)
    if match is None:
        raise UsageError(f"window '{text}': use FIRST:LAST, for example 10:100 to skip the ten best")
    return int(match[1]), int(match[2])


def quotas(languages: NDArray[np.int32], per_query: int, cross_lingual_share: float) -> tuple[Ints, Ints]:
    """Return how many negatives each question gets in its own language and in others, int64 [questions] each.

    The share is met by each run of questions of one language, even where one question alone cannot meet it.

    Args:
        languages: int [questions], language code of each.
        per_query: negatives of each question.
        cross_lingual_share: of all negatives.

    >>> own, others = quotas(np.array([0, 0, 0, 1]), 3, 0.5)
    >>> own.tolist(), others.tolist()
    ([2, 1, 2, 2], [1, 2, 1, 1])
    """
    order = np.argsort(languages, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(languages))])
    place = np.empty(len(languages), np.int64)
    place[order] = np.arange(len(languages)) - starts[languages[order]]
    wanted = per_query * cross_lingual_share
    # The nudge keeps 0.1 × 30 from being counted as 2.
    others = np.floor((place + 1) * wanted + 1e-9) - np.floor(place * wanted + 1e-9)
    return per_query - others.astype(np.int64), others.astype(np.int64)


def language_order(rows: Ints, languages: int) -> Ints:
    """Return in which order each question takes its negatives from the languages: a keyed shuffle of its row number.

    So every language gets an equal part, not the one that the encoder happens to rank high.

    Returns:
        int64 [questions, languages].
    """
    return np.argsort(hashed(np.uint64(0), np.add.outer(rows * languages, np.arange(languages))), axis=1, kind="stable")


def in_window(answers: NDArray[np.bool_], window: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which candidates are no answers and have a rank in the window; answers take no rank.

    Args:
        answers: bool [questions, candidates], by falling score.
        window: first rank and the one after the last.

    >>> in_window(np.array([[False, True, False, False]]), (1, 2)).tolist()
    [[False, False, True, False]]
    """
    rank = np.cumsum(~answers, axis=1) - 1
    return ~answers & (rank >= window[0]) & (rank < window[1])


def first_allowed(ids: Ints, scores: Scores, allowed: NDArray[np.bool_], count: int) -> tuple[Ints, Scores]:
    """Keep the first `count` allowed candidates of each row.

    Args:
        ids: int64 [questions, candidates].
        scores: float32 of the same shape.
        allowed: bool of the same shape.
        count: how many to keep.

    Returns:
        ids and scores, [questions, count]; `NONE` and NaN where there are fewer.
    """
    order = np.argsort(~allowed, axis=1, kind="stable")[:, :count]
    kept = np.take_along_axis(allowed, order, axis=1)
    chosen = np.full((len(ids), count), NONE, np.int64)
    chosen_scores = np.full((len(ids), count), np.nan, np.float32)
    chosen[:, : order.shape[1]][kept] = np.take_along_axis(ids, order, axis=1)[kept]
    chosen_scores[:, : order.shape[1]][kept] = np.take_along_axis(scores, order, axis=1)[kept]
    return chosen, chosen_scores


def choose(
    found: Ints, scores: Scores, own_language: NDArray[np.int32], own: Ints, others: Ints, order: Ints
) -> tuple[Ints, Scores]:
    """Fill each question's quotas from the best candidates in each language.

    Negatives in other languages come one from each language in `order`, then a second from each, and so on. The two
    kinds alternate, so that any first part of the result has about the same share of each.

    Args:
        found: int64 [questions, languages, best], by falling score; `NONE` where there are fewer.
        scores: float32 of the same shape.
        own_language: int [questions].
        own: int64 [questions], wanted in the own language.
        others: int64 [questions], wanted in other languages.
        order: int64 [questions, languages].

    Returns:
        ids and scores, [questions, largest sum of quotas], with `NONE` and NaN at the end.
    """
    best = found.shape[2]
    everyone = np.arange(len(found))
    own_found, own_scores = found[everyone, own_language], scores[everyone, own_language]
    their_ids, their_scores = (_by_turn(values, order) for values in (found, scores))
    allowed = (their_ids != NONE) & np.tile(order != own_language[:, None], (1, best))
    most = int(others.max(initial=0))
    their_ids, their_scores = first_allowed(their_ids, their_scores, allowed, most)
    ids = np.concatenate([own_found, their_ids], axis=1)
    values = np.concatenate([own_scores, their_scores], axis=1)
    turns = np.concatenate([_turns(own, own_found.shape[1]), _turns(others, their_ids.shape[1])], axis=1)
    turns[ids == NONE] = np.inf
    places = np.argsort(turns, axis=1, kind="stable")[:, : int((own + others).max(initial=0))]
    kept = np.isfinite(np.take_along_axis(turns, places, axis=1))
    return (
        np.where(kept, np.take_along_axis(ids, places, axis=1), NONE),
        np.where(kept, np.take_along_axis(values, places, axis=1), np.float32(np.nan)),
    )


def drop_repeats(ids: Ints, scores: Scores, text: Ints) -> tuple[Ints, Scores]:
    """Drop negatives whose text an earlier one of the same question has, as an untranslated passage would.

    Args:
        ids: int64 [questions, negatives].
        scores: float32 of the same shape.
        text: int64 [candidates], equal for equal texts.
    """
    codes = np.where(ids == NONE, NONE, text[ids])
    same = (codes[:, :, None] == codes[:, None, :]) & (ids != NONE)[:, :, None]
    repeated = np.tril(same, -1).any(axis=2)
    return np.where(repeated, NONE, ids), np.where(repeated, np.float32(np.nan), scores)


def _by_turn(values: NDArray[Any], order: Ints) -> NDArray[Any]:
    """Lay [questions, languages, best] out as [questions, best × languages]: first the best of each language."""
    ordered = np.take_along_axis(values, order[:, :, None], axis=1)
    return ordered.transpose(0, 2, 1).reshape(len(values), -1)


def _turns(quota: Ints, width: int) -> NDArray[np.float64]:
    """When each slot's turn comes, between 0 and 1, evenly spaced; infinite beyond the quota."""
    slots = np.arange(width)
    turn = (slots + 0.5) / np.maximum(quota, 1)[:, None]
    return np.where(slots < quota[:, None], turn, np.inf)
