"""Our batch plans and losses in sentence-transformers' own trainer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import normalize, pad
from torch.utils.data import BatchSampler

from equilingua.encoder.encode import dimension
from equilingua.encoder.tokens import prompt
from equilingua.errors import MissingExtraError, UsageError
from equilingua.training.losses.matryoshka import check_dims
from equilingua.training.losses.relations import Relations, related
from equilingua.training.losses.temperature import LearnedTemperature
from equilingua.training.losses.total import total_loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from datasets import Dataset
    from sentence_transformers import SentenceTransformer

    from equilingua.batching.sampler import Sampler
    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.collate import Translations
    from equilingua.training.recipe import Loss

STEP = "step"
"""The column that says which batch an item belongs to."""


class PlannedBatches(BatchSampler):
    """Gives the batches of a `planned_dataset` one after the other, as they were planned.

    Pass the class itself: `batch_sampler=PlannedBatches`. A resumed run skips the batches that were done, so it goes on
    with the next. Under several processes each takes whole batches in turn.
    """

    def __init__(self, dataset: Dataset, batch_size: int, drop_last: bool = False, **_unused: object) -> None:
        """Take what the trainer calls a batch sampler with.

        Raises:
            UsageError: the data set is not planned, or `batch_size` is not the plan's.
        """
        if STEP not in dataset.column_names:
            raise UsageError(f"PlannedBatches: the data set has no column '{STEP}'; make it with planned_dataset")
        steps = np.asarray(dataset.with_format(None)[STEP])
        self._bounds = np.concatenate([[0], np.flatnonzero(np.diff(steps)) + 1, [len(steps)]])
        sizes = set(np.diff(self._bounds).tolist())
        if sizes != {batch_size}:
            planned = ", ".join(map(str, sorted(sizes)))
            raise UsageError(
                f"PlannedBatches: the plan's batches have {planned} items and the trainer's {batch_size}: set "
                f"per_device_train_batch_size (or per_device_eval_batch_size) to the plan's size"
            )
        super().__init__(range(len(steps)), batch_size, drop_last)
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __iter__(self) -> Iterator[list[int]]:
        if self._epoch:
            raise UsageError(
                f"PlannedBatches: the {len(self)} planned batches are done; a plan has no second epoch: plan more steps"
            )
        for start, stop in zip(self._bounds, self._bounds[1:], strict=False):
            yield list(range(start, stop))

    def set_epoch(self, epoch: int) -> None:
        """Note the epoch that the trainer is in, from 0."""
        self._epoch = epoch


def planned_dataset(
    corpus: ParallelCorpus, sampler: Sampler, steps: int, translations: Translations | None = None
) -> Dataset:
    """Return the items of the first `steps` batches, in order; `batch_sampler.PlannedBatches` puts them together.

    A cross-lingual batch pairs a question with the passage of another row, so an item is no row of the corpus: it is
    kept as two row numbers, and its texts are looked up when it is read. Each item then has the columns

    - `query` and `passage`, texts without prompts;
    - `translation`, the question in another language, if `translations` are given (the question itself where it has
      none);
    - `label`, int [5]: group and passage id of the question's row, the same of the passage's row, and whether
      `translation` is one.

    Args:
        corpus: what `sampler` was made for.
        sampler: plans the batches.
        steps: how many.
        translations: draws the further questions of a loss with a consistency term.

    Raises:
        MissingExtraError: `datasets` is not installed.
    """
    try:
        from datasets import Dataset
    except ImportError as error:
        raise MissingExtraError("SentenceTransformerTrainer", "datasets", "hub") from error
    batches = [sampler.batch(step) for step in range(steps)]
    columns = {
        STEP: np.repeat(np.arange(steps), [len(batch) for batch in batches]),
        "query_row": np.concatenate([batch.query_rows for batch in batches]),
        "passage_row": np.concatenate([batch.passage_rows for batch in batches]),
    }
    if translations is not None:
        drawn = [translations.of_batch(batch.query_rows, batch.step) for batch in batches]
        columns["translation_row"] = np.concatenate(drawn)
    return Dataset.from_dict(columns).with_transform(_Texts(corpus))


def column_prompts(encoder: SentenceTransformer) -> dict[str, str]:
    """Return the encoder's own prompts by the data set's columns, as the training arguments' `prompts` take them."""
    query, passage = prompt(encoder, "query"), prompt(encoder, "passage")
    return {"query": query, "passage": passage, "translation": query}


@dataclass(frozen=True, eq=False)
class _Texts:
    """Turns items told by rows into texts and ids."""

    corpus: ParallelCorpus

    def __call__(self, items: Mapping[str, list[int]]) -> dict[str, list[Any]]:
        queries, passages = (np.asarray(items[name], np.int64) for name in ("query_row", "passage_row"))
        drawn = np.asarray(items.get("translation_row", [-1] * len(queries)), np.int64)
        columns: dict[str, list[Any]] = {
            "query": self.corpus.queries(queries),
            "passage": self.corpus.passages(passages),
        }
        if "translation_row" in items:
            columns["translation"] = self.corpus.queries(np.where(drawn < 0, queries, drawn))
        groups, ids = self.corpus.group_codes, self.corpus.passage_codes
        label = np.stack([groups[queries], ids[queries], groups[passages], ids[passages], drawn >= 0], axis=1)
        return columns | {"label": label.astype(np.int64).tolist()}


class RetrievalLoss(torch.nn.Module):
    """The loss that a recipe's `loss` section describes, over the columns of a `planned_dataset`.

    A learned temperature is trained with the encoder, but the trainer's checkpoints hold the encoder alone: a resumed
    run starts again from `settings.temperature`.
    """

    def __init__(self, model: SentenceTransformer, settings: Loss) -> None:
        """Take the encoder in training and the settings.

        `settings.negatives` is not read: further columns after `passage` are the questions' explicit negatives.

        Raises:
            UsageError: `settings.matryoshka` asks for more dimensions than the encoder's vectors have, or a term wants
                a teacher.
        """
        super().__init__()
        if settings.distils:
            raise UsageError(
                "RetrievalLoss: loss.relational and loss.vector need a teacher: use equilingua's own trainer"
            )
        check_dims(settings.matryoshka, dimension(model))
        self.model = model
        self.settings = settings
        self.temperature = LearnedTemperature(settings.temperature) if settings.learned_temperature else None

    def forward(
        self, sentence_features: Iterable[dict[str, torch.Tensor]], labels: torch.Tensor | None
    ) -> torch.Tensor:
        """Return the loss of a batch.

        Args:
            sentence_features: of the questions, their passages, further columns of negatives if there are any, and,
                where the settings have a consistency term, of the translated questions.
            labels: int [batch, 5], see `planned_dataset`; not needed where neither groups are masked nor a consistency
                term is wanted.

        Raises:
            UsageError: the settings need the labels or the translations, and there are none.
        """
        columns = [self.model(features)["sentence_embedding"] for features in sentence_features]
        vectors = [normalize(column.float(), dim=-1) for column in columns]
        translations = self._translations(vectors)
        queries, *passages = vectors
        candidates = torch.cat(passages)
        excluded = translated = None
        if self.settings.mask_groups or self.settings.consistency:
            if labels is None or labels.ndim != 2:
                raise UsageError("RetrievalLoss: masking by group needs the labels of planned_dataset; or do not mask")
            translated = labels[:, 4].bool()
            further = len(candidates) - len(queries)
            excluded = pad(related(labels[:, :2], labels[:, 2:4]), (0, further)) if self.settings.mask_groups else None
        temperature = self.settings.temperature if self.temperature is None else self.temperature()
        relations = Relations(excluded, translations, translated)
        return total_loss(queries, candidates, relations, self.settings, temperature)

    def _translations(self, vectors: list[torch.Tensor]) -> torch.Tensor | None:
        """Take the translations, if they are wanted, from the end of the columns' vectors."""
        if not self.settings.consistency:
            return None
        if len(vectors) < 3:
            raise UsageError("RetrievalLoss: loss.consistency needs translations: pass them to planned_dataset")
        return vectors.pop()

    def get_config_dict(self) -> dict[str, Any]:
        """Return the settings, for the trainer's model card."""
        return self.settings.model_dump()
