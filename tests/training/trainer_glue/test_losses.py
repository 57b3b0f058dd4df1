import pytest
import torch
from torch.nn.functional import normalize

from equilingua.encoder.load import load
from equilingua.errors import UsageError
from equilingua.training.losses.relations import Relations
from equilingua.training.losses.total import total_loss
from equilingua.training.recipe import Loss
from equilingua.training.trainer_glue import RetrievalLoss

TEXTS = {
    "query": ["What is a whale?", "Was ist ein Wal?", "Where is Rome?"],
    "passage": ["A whale is a mammal.", "Ein Wal ist ein Tier.", "Rome is in Italy."],
    "negative": ["A shark is a fish.", "Ein Hai ist ein Fisch.", "Paris is in France."],
    "translation": ["Was ist ein Wal?", "What is a whale?", "Where is Rome?"],
}
# the first two are of one group; the third has no translation
LABELS = torch.tensor([[0, 5, 0, 5, 1], [0, 6, 0, 6, 1], [1, 7, 1, 7, 0]])
EXCLUDED = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu").eval()


def features(encoder, *columns):
    return [encoder.tokenize(TEXTS[column]) for column in columns]


def vectors(encoder, column):
    return normalize(torch.from_numpy(encoder.encode(TEXTS[column])), dim=-1)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("columns", [("query", "passage"), ("query", "passage", "negative")])
def test_is_the_total_loss_of_the_encoder_s_vectors(encoder, columns, symmetric):
    settings = Loss(temperature=0.1, symmetric=symmetric, matryoshka=[8, 32])
    candidates = torch.cat([vectors(encoder, column) for column in columns[1:]])
    excluded = torch.nn.functional.pad(EXCLUDED, (0, len(candidates) - 3))

    loss = RetrievalLoss(encoder, settings)(features(encoder, *columns), LABELS)
    expected = total_loss(vectors(encoder, "query"), candidates, Relations(excluded), settings, 0.1)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_without_masking_no_labels_are_needed(encoder):
    settings = Loss(temperature=0.1, mask_groups=False)

    loss = RetrievalLoss(encoder, settings)(features(encoder, "query", "passage"), None)
    expected = total_loss(vectors(encoder, "query"), vectors(encoder, "passage"), Relations(), settings, 0.1)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_last_column_is_the_translations_where_they_are_wanted(encoder):
    settings = Loss(temperature=0.1, consistency=2.0)
    relations = Relations(EXCLUDED, vectors(encoder, "translation"), torch.tensor([True, True, False]))

    loss = RetrievalLoss(encoder, settings)(features(encoder, "query", "passage", "translation"), LABELS)
    expected = total_loss(vectors(encoder, "query"), vectors(encoder, "passage"), relations, settings, 0.1)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_learned_temperature_is_a_weight_of_the_loss(encoder):
    loss = RetrievalLoss(encoder, Loss(temperature=0.1, learned_temperature=True))

    loss(features(encoder, "query", "passage"), LABELS).backward()
    assert loss.temperature.log_temperature.grad.item() != 0
    encoder.zero_grad()


def test_what_is_missing_is_named(encoder):
    with pytest.raises(UsageError, match=r"loss\.relational and loss\.vector need a teacher: use equilingua's own"):
        RetrievalLoss(encoder, Loss(relational=0.5))
    with pytest.raises(UsageError, match=r"loss\.matryoshka: 64 dimensions asked for, the encoder's vectors have 32"):
        RetrievalLoss(encoder, Loss(matryoshka=[64]))
    with pytest.raises(UsageError, match="needs the labels of planned_dataset"):
        RetrievalLoss(encoder, Loss())(features(encoder, "query", "passage"), None)
    with pytest.raises(UsageError, match="needs translations: pass them to planned_dataset"):
        RetrievalLoss(encoder, Loss(consistency=1.0))(features(encoder, "query", "passage"), LABELS)
