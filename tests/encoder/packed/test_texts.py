import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.encoder.packed.texts import Dropout, pack
from equilingua.encoder.tokens import TokenizedTexts


def texts(lengths):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return TokenizedTexts(np.arange(offsets[-1], dtype=np.int32), offsets)


def longest_first(lengths):
    return np.argsort(-np.array(lengths), kind="stable")


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_every_token_is_there_once_in_its_place(lengths):
    tokens = texts(lengths)
    rows = longest_first(lengths)

    packed = pack(tokens, rows, rows)
    assert packed.ids.tolist() == [token for row in rows for token in range(*tokens.offsets[row : row + 2])]
    assert packed.positions.tolist() == [place for row in rows for place in range(lengths[row])]
    assert packed.texts.tolist() == [number for number, row in enumerate(rows) for _ in range(lengths[row])]
    assert [length for block in packed.blocks for length in block.lengths] == packed.lengths.tolist()
    assert [block.start for block in packed.blocks] == [0, *(block.stop for block in packed.blocks[:-1])]
    assert packed.blocks[-1].stop == sum(lengths)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_a_block_s_places_lead_to_its_tokens_and_back(lengths):
    for block in pack(texts(lengths), longest_first(lengths), np.array(lengths)).blocks:
        count, longest = block.shape
        assert min(block.lengths) >= min(longest * 0.85, longest - 4)
        if block.gather is None:
            assert set(block.lengths) == {longest}
            continue
        values = torch.arange(block.stop - block.start)
        padded = values[block.gather]
        assert torch.equal(padded[block.scatter], values)
        inside = ~block.ended
        assert inside.sum(dim=1).tolist() == list(block.lengths)
        assert torch.equal(padded.view(count, longest)[inside], values)


def test_what_dropout_keeps_of_a_text_depends_on_its_seed_alone():
    tokens, seeds = texts([7, 6, 5, 3]), np.array([11, 12, 13, 14])

    def masks(rows):
        packed = pack(tokens, np.array(rows), seeds[rows])
        dropout = Dropout(packed)
        embedded = dropout.tokens(0.4, 8)
        scores = dropout.scores(0.3, 2)
        hidden = dropout.tokens(0.4, 8)
        found, start = {}, 0
        blocks = [(block, place) for block in packed.blocks for place in range(len(block.lengths))]
        by_block = dict(zip(map(id, packed.blocks), scores, strict=True))
        for row, (block, place) in zip(rows, blocks, strict=True):
            length = block.lengths[place]
            one = by_block[id(block)].view(len(block.lengths), 2, *[block.lengths[0]] * 2)[place, :, :length, :length]
            found[row] = torch.cat([part[start : start + length].flatten() for part in (embedded, hidden)])
            found[row] = torch.cat([found[row], one.flatten()])
            start += length
        return found

    together, apart = masks([0, 1, 2, 3]), masks([0, 2]) | masks([1]) | masks([3])
    assert all(torch.equal(together[row], apart[row]) for row in range(4))
    assert not torch.equal(together[0][:24], together[1][:24])


@pytest.mark.parametrize("probability", [0.1, 0.5])
def test_so_much_is_dropped(probability):
    kept = Dropout(pack(texts([100] * 20), np.arange(20), np.arange(20))).tokens(probability, 64)

    # 128,000 values: within four standard errors.
    assert kept.float().mean().item() == pytest.approx(1 - probability, abs=4 * (0.25 / 128_000) ** 0.5)


def test_no_dropout_needs_no_masks():
    dropout = Dropout(pack(texts([3, 2]), np.arange(2), np.arange(2)))

    assert dropout.tokens(0.0, 4) is None
    assert dropout.scores(0.0, 2) == [None]
