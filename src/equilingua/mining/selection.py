"""Choosing negatives among ranked candidates: pure functions of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Scores = NDArray[np.float32]

NONE = -1


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
    keys: NDArray[np.uint64] = np.add.outer(rows * languages, np.arange(languages)).astype(np.uint64)
    # The finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
    keys = (keys + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.argsort(keys ^ (keys >> np.uint64(31)), axis=1, kind="stable")


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
