"""Random numbers without state: every draw is a hash of a key and a counter, so any step can be asked for alone.

The hash is SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"), as a function of
the counter. Permutations are Feistel networks over the next power of two, with cycle walking (Black, Rogaway 2002,
"Ciphers with arbitrary finite domains"), so that item i of a permutation of millions costs no more than of ten.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equilingua import digests

STRATA = 64
"""Draws per block of `stratified`: over a block every outcome comes up its expected number of times, within one."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = 6
_MIN_BITS = 6  # over fewer, the network's permutations are visibly not alike in frequency
_OFFSETS = np.uint64(0x0FF5E7)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]


def derive_key(seed: int, *names: str | int) -> np.uint64:
    """Return the 64-bit key of one purpose, such as ("rows", source, language), under a seed."""
    text = "\x1f".join(map(str, (seed, *names)))
    return np.uint64(int.from_bytes(digests.of_text(text, 8), "little"))


def hashed(keys: Hashes | np.uint64, counters: Ints | Hashes) -> Hashes:
    """Return the hash of each counter under its key, uint64 [n]; `keys` is one key or [n]."""
    state = counters.astype(np.uint64)
    state += np.uint64(1)
    state *= _GOLDEN
    state += keys
    state ^= state >> np.uint64(30)
    state *= np.uint64(0xBF58476D1CE4E5B9)
    state ^= state >> np.uint64(27)
    state *= np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return state


def uniform(keys: Hashes | np.uint64, counters: Ints | Hashes) -> Floats:
    """Return a number in [0, 1) for each counter, float64 [n]."""
    return (hashed(keys, counters) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permute(positions: Ints, sizes: Ints, keys: Hashes) -> Ints:
    """Return where each position goes under the keyed permutation of `range(size)`.

    Args:
        positions: [n] integers, each below its size.
        sizes: [n] sizes of the permutations, 1 to 2**52.
        keys: uint64 [n]; another key is another permutation.

    Returns:
        int64 [n]. For a fixed size and key the positions 0 … size − 1 give each value of that range once.
    """
    bits = np.maximum(np.frexp((sizes - 1).astype(np.float64))[1], _MIN_BITS).astype(np.uint64)
    placed = positions.astype(np.uint64)
    bounds = sizes.astype(np.uint64)
    astray = np.arange(len(placed))
    while astray.size:
        walked = _feistel(placed[astray], bits[astray], keys[astray])
        placed[astray] = walked
        astray = astray[walked >= bounds[astray]]
    return placed.astype(np.int64)


def _feistel(values: Hashes, bits: Hashes, keys: Hashes) -> Hashes:
    low = bits >> np.uint64(1)
    one = np.uint64(1)
    left_mask, right_mask = (one << (bits - low)) - one, (one << low) - one
    left, right = values >> low, values & right_mask
    # The halves may differ by a bit; they change sides each round and are back in place after an even number.
    for turn in range(_ROUNDS):
        left, right = right, left ^ (hashed(keys, (right << np.uint64(3)) | np.uint64(turn)) & left_mask)
        left_mask, right_mask = right_mask, left_mask
    mixed: Hashes = (left << low) | right
    return mixed


def stratified(key: np.uint64, start: int, stop: int) -> Floats:
    """Return the numbers start … stop − 1 of a sequence in [0, 1) that every block of 64 spreads evenly, float64.

    Each number alone is uniform, so shares are unbiased; over a block of 64 they are the points (i + v) / 64 in a
    keyed order, so an outcome of probability p comes up floor(64 p) or ceil(64 p) times. A run of a few hundred
    steps then sees its languages as often as it should, where independent draws would miss by their square root.
    """
    first, last = start // STRATA, -(-stop // STRATA)
    blocks = np.arange(first, last)
    stratum = hashed(key, np.arange(first * STRATA, last * STRATA)).reshape(-1, STRATA).argsort(axis=1)
    offset = uniform(key ^ _OFFSETS, blocks)[:, None]
    numbers: Floats = ((stratum + offset) / STRATA).ravel()
    return numbers[start - first * STRATA : stop - first * STRATA]


class StratifiedCounts:
    """How many of the first n numbers of `stratified(key, …)` lie below each threshold, for any n."""

    _CHUNK = 4096

    def __init__(self, key: np.uint64, thresholds: Floats) -> None:
        self._key = key
        self._thresholds = thresholds
        self._starts = [np.zeros(len(thresholds), dtype=np.int64)]

    def before(self, end: int) -> Ints:
        """Return the count below each threshold among counters 0 … end − 1, int64 [thresholds]."""
        if not np.any(self._thresholds):
            return self._starts[0]
        chunk = end // self._CHUNK
        while len(self._starts) <= chunk:
            start = (len(self._starts) - 1) * self._CHUNK
            self._starts.append(self._starts[-1] + self._below(start, start + self._CHUNK))
        return self._starts[chunk] + self._below(chunk * self._CHUNK, end)

    def _below(self, start: int, end: int) -> Ints:
        numbers = np.sort(stratified(self._key, start, end))
        return np.searchsorted(numbers, self._thresholds, side="left").astype(np.int64)
