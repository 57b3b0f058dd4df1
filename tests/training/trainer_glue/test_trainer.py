"""The real trainer, over the planned batches, with our loss."""

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments

from equilingua.encoder.load import load
from equilingua.training.collate import Translations
from equilingua.training.recipe import Loss
from equilingua.training.trainer_glue import PlannedBatches, RetrievalLoss, column_prompts, planned_dataset

pytest.importorskip("datasets", reason="the extra 'hub' is not installed")


class Watched(RetrievalLoss):
    """Notes what the trainer hands over."""

    seen: list

    def forward(self, sentence_features, labels):
        sentence_features = list(sentence_features)
        self.seen.append((labels.clone(), [column["input_ids"].clone() for column in sentence_features]))
        return super().forward(sentence_features, labels)


@pytest.fixture
def trainer(tiny_folder, corpus, sampler, tmp_path):
    def build(steps, settings=None, translations=None, **arguments):
        encoder = load(str(tiny_folder), device="cpu")
        loss = Watched(encoder, settings or Loss(temperature=0.05))
        loss.seen = []
        chosen = SentenceTransformerTrainingArguments(
            output_dir=str(tmp_path),
            num_train_epochs=1,
            per_device_train_batch_size=8,
            batch_sampler=PlannedBatches,
            prompts=column_prompts(encoder),
            logging_steps=1,
            report_to="none",
            disable_tqdm=True,
            **{"learning_rate": 3e-3, "save_strategy": "no", "use_cpu": True} | arguments,
        )
        dataset = planned_dataset(corpus, sampler, steps, translations)
        return SentenceTransformerTrainer(model=encoder, args=chosen, train_dataset=dataset, loss=loss)

    return build


def losses(trainer):
    return [record["loss"] for record in trainer.state.log_history if "loss" in record]


def test_trains_on_the_sampler_s_batches_with_prompts_and_the_loss_falls(trainer, corpus, sampler):
    training = trainer(40)
    training.train()

    assert len(training.loss.seen) == 40
    for step, (labels, _) in enumerate(training.loss.seen):
        batch = sampler.batch(step)
        assert np.array_equal(labels[:, 1], corpus.passage_codes[batch.query_rows])
        assert np.array_equal(labels[:, 3], corpus.passage_codes[batch.passage_rows])
    batch, (_, tokens) = sampler.batch(0), training.loss.seen[0]
    tokenizer = training.model.tokenizer
    for column, texts in zip(
        tokens,
        (
            ["query: " + text for text in corpus.queries(batch.query_rows)],
            ["passage: " + text for text in corpus.passages(batch.passage_rows)],
        ),
        strict=True,
    ):
        assert column.tolist() == tokenizer(texts, padding=True, truncation=True, max_length=64)["input_ids"]
    curve = losses(training)
    assert np.mean(curve[-8:]) < 0.5 * np.mean(curve[:8])


def test_a_resumed_run_ends_with_the_same_weights(trainer):
    whole = trainer(6, save_strategy="steps", save_steps=3)
    whole.train()
    again = trainer(6)
    again.train(resume_from_checkpoint=f"{whole.args.output_dir}/checkpoint-3")

    assert len(again.loss.seen) == 3
    assert all(torch.equal(a[0], b[0]) for a, b in zip(again.loss.seen, whole.loss.seen[3:], strict=True))
    weights = whole.model.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in again.model.state_dict().items())


def test_all_terms_at_once_with_a_learned_temperature(trainer, corpus):
    settings = Loss(temperature=0.05, learned_temperature=True, symmetric=True, consistency=0.5, matryoshka=[8, 32])
    training = trainer(25, settings, Translations(corpus, 0))
    training.train()

    curve = losses(training)
    assert np.mean(curve[-5:]) < np.mean(curve[:5])
    assert training.loss.temperature().item() != pytest.approx(0.05, rel=1e-5)
    assert all(len(tokens) == 3 for _, tokens in training.loss.seen)
