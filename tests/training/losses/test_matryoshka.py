import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers.losses import MatryoshkaLoss, MultipleNegativesRankingLoss

from equilingua.errors import UsageError
from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.losses.matryoshka import check_dims, matryoshka_loss
from tests.training.losses.vectors import unit_vectors


def loss(queries, passages):
    return contrastive_loss(queries, passages, temperature=0.05)


@given(
    st.lists(st.tuples(st.integers(1, 6), st.floats(0.1, 9)), min_size=1, max_size=4, unique_by=lambda x: x[0]),
    st.integers(0, 2**32 - 1),
)
def test_is_the_weighted_mean_over_normalised_prefixes(choices, seed):
    queries, passages = unit_vectors(3, 6, seed), unit_vectors(4, 6, seed + 1)

    expected = 0.0
    for dim, weight in choices:
        cut = [part[:, :dim] / part[:, :dim].norm(dim=1, keepdim=True) for part in (queries, passages)]
        expected += weight * loss(*cut).item() / sum(weight for _, weight in choices)
    dims, weights = zip(*choices, strict=True)
    assert matryoshka_loss(loss, [queries, passages], dims, weights).item() == pytest.approx(expected, rel=1e-9)


class Vectors(torch.nn.Module):
    """An encoder whose texts are their vectors."""

    def forward(self, features):
        return {"sentence_embedding": features["sentence_embedding"].clone()}

    def get_embedding_dimension(self):
        return 6


@pytest.mark.parametrize("weights", [None, [1.0, 0.5, 3.0]])
def test_is_sentence_transformers_sum_over_its_weights(weights, monkeypatch):
    import sentence_transformers.sentence_transformer.losses.multiple_negatives_ranking as module

    encoder, columns, dims = Vectors(), [unit_vectors(4, 6, seed) for seed in (0, 1)], [6, 4, 2]
    # it would merge the columns into one batch of token ids
    monkeypatch.setattr(
        module, "embed_columns", lambda model, features: [model.forward(f)["sentence_embedding"] for f in features]
    )
    theirs = MatryoshkaLoss(encoder, MultipleNegativesRankingLoss(encoder, scale=1 / 0.05), dims, weights)

    ours = matryoshka_loss(loss, columns, dims, weights or ())
    summed = theirs([{"sentence_embedding": column} for column in columns], None)
    assert ours.item() == pytest.approx(summed.item() / sum(weights or [1, 1, 1]), rel=1e-6)


def test_the_whole_length_alone_is_the_plain_loss():
    queries, passages = unit_vectors(3, 6, 0), unit_vectors(3, 6, 1)

    assert matryoshka_loss(loss, [queries, passages], [6]).item() == pytest.approx(
        loss(queries, passages).item(), rel=1e-12
    )


def test_dimensions_beyond_the_longest_prefix_have_no_gradient():
    queries, passages = (unit_vectors(3, 6, seed).requires_grad_() for seed in (0, 1))

    matryoshka_loss(loss, [queries, passages], [2, 4]).backward()
    assert queries.grad[:, 4:].abs().max() == 0
    assert queries.grad[:, :4].abs().min() > 0


def test_gradients_are_those_of_finite_differences():
    queries, passages = (unit_vectors(3, 5, seed).requires_grad_() for seed in (0, 1))

    assert torch.autograd.gradcheck(lambda q, p: matryoshka_loss(loss, [q, p], [2, 5], [1, 3]), (queries, passages))


def test_more_dimensions_than_the_encoder_has_are_refused_with_both_sizes():
    check_dims([], 384)
    check_dims([384, 64], 384)
    with pytest.raises(UsageError, match=r"loss\.matryoshka: 512 dimensions asked for, the encoder's vectors have 384"):
        check_dims([64, 512, 400], 384)
