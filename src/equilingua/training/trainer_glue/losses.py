"""Our loss in the form that `SentenceTransformerTrainer` calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import normalize, pad

from equilingua.encoder.encode import dimension
from equilingua.errors import UsageError
from equilingua.training.losses.matryoshka import check_dims
from equilingua.training.losses.relations import Relations, related
from equilingua.training.losses.temperature import LearnedTemperature
from equilingua.training.losses.total import total_loss

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sentence_transformers import SentenceTransformer

    from equilingua.training.recipe import Loss


class RetrievalLoss(torch.nn.Module):
    """The loss that a recipe's `loss` section describes, over the columns of a `planned_dataset`.

    A learned temperature is trained with the encoder, but the trainer's checkpoints hold the encoder alone: a resumed
    run starts again from `settings.temperature`.
    """

    def __init__(self, model: SentenceTransformer, settings: Loss) -> None:
        """Take the encoder in training and the settings.

        `settings.negatives` is not read: further columns after `passage` are the questions' explicit negatives.

        Raises:
            UsageError: `settings.matryoshka` asks for more dimensions than the encoder's vectors have.
        """
        super().__init__()
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
