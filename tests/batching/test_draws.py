from collections import Counter
from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from equilingua.batching.draws import StratifiedCounts, derive_key, hashed, permute, stratified, uniform

KEY = derive_key(7, "test")


def test_hash_is_splitmix64():
    # the first outputs of the reference implementation for the states 0 and 1234567
    assert hashed(np.uint64(0), np.arange(1)).tolist() == [0xE220A8397B1DCDAF]
    assert hashed(np.uint64(1234567), np.arange(3)).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_keys_differ_by_seed_and_name():
    keys = {int(derive_key(*parts)) for parts in [(0, "a"), (1, "a"), (0, "b"), (0, "a", "b"), (0, "ab"), (-1, "a")]}
    assert len(keys) == 6


def test_uniform_numbers_are_uniform():
    numbers = uniform(KEY, np.arange(20_000))
    assert 0 <= numbers.min() <= numbers.max() < 1
    assert kstest(numbers, "uniform").pvalue > 0.01


@given(st.integers(1, 300), st.integers(0, 2**64 - 1))
def test_permutation_gives_each_value_once(size, key):
    placed = permute(np.arange(size), np.full(size, size), np.full(size, key, dtype=np.uint64))
    assert sorted(placed.tolist()) == list(range(size))


def test_permutation_of_one_element_among_others():
    sizes = np.asarray([1, 1000, 3])
    assert permute(np.asarray([0, 999, 2]), sizes, np.full(3, KEY))[0] == 0


def test_all_permutations_are_about_equally_frequent():
    keys = np.repeat(hashed(KEY, np.arange(12_000)), 4)
    placed = permute(np.tile(np.arange(4), 12_000), np.full(48_000, 4), keys).reshape(-1, 4)
    counts = Counter(map(tuple, placed.tolist()))
    assert chisquare([counts[order] for order in permutations(range(4))]).pvalue > 0.01


@given(st.integers(0, 1000), st.integers(0, 300))
def test_stratified_numbers_do_not_depend_on_where_one_begins(start, length):
    assert np.array_equal(stratified(KEY, start, start + length), stratified(KEY, 0, start + length)[start:])


@given(st.floats(0, 1), st.integers(0, 50))
def test_stratified_numbers_meet_every_share_within_one_in_each_block(share, block):
    hits = np.count_nonzero(stratified(KEY, 64 * block, 64 * block + 64) < share)
    assert abs(hits - 64 * share) <= 1


def test_each_stratified_number_alone_is_uniform():
    first_of_blocks = stratified(KEY, 0, 64 * 3000)[::64]
    assert kstest(first_of_blocks, "uniform").pvalue > 0.01


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=4))
def test_counts_below_thresholds_in_any_order_of_asking(ends):
    thresholds = np.asarray([0.0, 0.1, 0.5, 0.99])
    counts = StratifiedCounts(KEY, thresholds)
    for end in ends:
        numbers = stratified(KEY, 0, end)
        assert counts.before(end).tolist() == [np.count_nonzero(numbers < share) for share in thresholds]
