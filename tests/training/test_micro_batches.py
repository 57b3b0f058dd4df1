import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.training.micro_batches import packed, padded

LENGTHS = st.lists(st.integers(1, 200), min_size=1, max_size=80)


def check(batches, lengths):
    rows = np.concatenate([batch.rows for batch in batches])
    assert sorted(rows) == list(range(len(lengths)))
    assert all(batch.longest == lengths[batch.rows[0]] == lengths[batch.rows].max() for batch in batches)
    assert all((np.diff(lengths[batch.rows]) <= 0).all() for batch in batches)


@given(LENGTHS, st.integers(64, 4096), st.integers(1, 8))
def test_padded_micro_batches_hold_every_text_once(lengths, budget, shares):
    lengths = np.array(lengths)

    batches = padded(lengths, budget, shares)
    check(batches, lengths)
    assert len(batches) >= min(shares, len(lengths))
    assert all(batch.tokens == batch.longest * len(batch.rows) for batch in batches)
    assert all(batch.tokens <= budget or len(batch.rows) == 1 for batch in batches)


@given(LENGTHS, st.integers(64, 4096), st.integers(1, 8))
def test_packed_micro_batches_hold_every_text_once(lengths, budget, shares):
    lengths = np.array(lengths)

    batches = packed(lengths, budget, shares, dim=32)
    check(batches, lengths)
    assert sum(batch.tokens for batch in batches) == lengths.sum()


@pytest.mark.parametrize("shares", [1, 2, 6])
def test_packed_micro_batches_are_of_equal_work(shares):
    lengths = np.random.default_rng(0).integers(8, 96, 64)

    batches = packed(lengths, 1024, shares, dim=384)
    work = [(lengths[batch.rows] * (1 + lengths[batch.rows] / 768)).sum() for batch in batches]
    assert len(batches) % shares == 0
    assert max(work) < 1.15 * np.mean(work)
    assert max(batch.tokens for batch in batches) < 1.2 * 1024
