"""From the rows of a batch to its loss and the gradients of what trains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from equilingua.training.collate import Further, stored_negatives
from equilingua.training.losses.relations import Relations, related
from equilingua.training.losses.total import total_loss
from equilingua.training.recipe import Loss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.collate import Texts, TextSource, Translations
    from equilingua.training.gradient_cache import BatchCost, GradientCache
    from equilingua.training.losses.temperature import LearnedTemperature
    from equilingua.training.recipe import Recipe
    from equilingua.training.teacher import Teacher


@dataclass(frozen=True, eq=False)
class BatchLoss:
    """A recipe's loss over the rows of a corpus.

    Attributes:
        recipe: gives lengths and the loss's settings.
        corpus: the pairs.
        source: their texts.
        gradient_cache: of the encoder in training.
        temperature: where it is learned.
        translations: of the corpus's questions, where the loss asks for them.
        teacher: where the loss distils one.
    """

    recipe: Recipe
    corpus: ParallelCorpus
    source: TextSource
    gradient_cache: GradientCache
    temperature: LearnedTemperature | None = None
    translations: Translations | None = None
    teacher: Teacher | None = None

    def accumulate(self, step: int, query_rows: np.ndarray, passage_rows: np.ndarray) -> tuple[torch.Tensor, BatchCost]:
        """Add the gradients of a batch and its stored negatives, with dropout, and return its loss and what it took.

        Args:
            step: its number, on which dropout and the choice of translations depend.
            query_rows: int64 [batch], the questions.
            passage_rows: int64 [batch], their passages.

        Raises:
            UsageError: the recipe wants stored negatives and the corpus has none.
        """
        limit = self.recipe.loss.negatives
        further = stored_negatives(self.corpus, limit).of_batch(query_rows, passage_rows) if limit else None
        translated = self.translations.of_batch(query_rows, step) if self.translations is not None else None
        texts, loss_of = self._batch(query_rows, passage_rows, further, translated)
        # Dropout then depends on nothing but the run's seed, the step and the text.
        seeds = np.random.SeedSequence((self.recipe.seed, step)).generate_state(len(texts), np.uint64) >> np.uint64(1)
        return self.gradient_cache.accumulate(texts, seeds.astype(np.int64), loss_of)

    def held_out_loss(self, batches: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
        """Return the mean contrastive loss of held-out batches, without dropout.

        What a recipe adds to the loss takes no part in it, nor does a learned temperature, so that runs with and
        without them are judged alike.
        """
        plain = Loss(temperature=self.recipe.loss.temperature, mask_groups=self.recipe.loss.mask_groups)
        judge = replace(self, recipe=self.recipe.model_copy(update={"loss": plain}), temperature=None, teacher=None)
        losses = []
        with torch.no_grad():
            for query_rows, passage_rows in batches:
                texts, loss_of = judge._batch(query_rows, passage_rows)
                losses.append(loss_of(self.gradient_cache.vectors(texts)).item())
        return float(np.mean(losses))

    def _batch(
        self,
        query_rows: np.ndarray,
        passage_rows: np.ndarray,
        further: Further | None = None,
        translated: np.ndarray | None = None,
    ) -> tuple[Texts, Callable[[torch.Tensor], torch.Tensor]]:
        """The distinct texts of a batch, and its loss as a function of their unit vectors."""
        store, lengths = self.source.store, self.recipe.lengths
        further = further or Further.none(len(query_rows))
        wanted = [
            (store.query_text[query_rows], lengths.query),
            (store.passage_text[passage_rows], lengths.passage),
            (store.negative_text[further.places], lengths.passage),
        ]
        settings = self.recipe.loss
        if translated is None:
            settings = settings.model_copy(update={"consistency": 0.0})
        else:
            # A question without a translation stands for it; its row is then ignored.
            rows = np.where(translated < 0, query_rows, translated)
            wanted.append((store.query_text[rows], lengths.query))
        texts, places = self.source.distinct(wanted)
        queries, passages, negatives, *others = map(torch.from_numpy, places)

        def loss_of(vectors: torch.Tensor) -> torch.Tensor:
            device = vectors.device
            teaching = None
            if self.teacher is not None:
                teaching = self.teacher.of_batch(query_rows, passage_rows, further, device)
            relations = Relations(
                excluded=self._excluded(query_rows, passage_rows, further, device),
                translations=vectors[others[0].to(device)] if others else None,
                translated=torch.from_numpy(translated >= 0).to(device) if translated is not None else None,
                teaching=teaching,
            )
            candidates = torch.cat([passages, negatives]).to(device)
            temperature = settings.temperature if self.temperature is None else self.temperature()
            return total_loss(vectors[queries.to(device)], vectors[candidates], relations, settings, temperature)

        return texts, loss_of

    def _excluded(
        self, query_rows: np.ndarray, passage_rows: np.ndarray, further: Further, device: torch.device
    ) -> torch.Tensor | None:
        """Which candidates are no negatives of which questions, bool [batch, batch + further]."""
        if not self.recipe.loss.mask_groups:
            return None
        in_batch = related(self._ids(query_rows), self._ids(passage_rows))
        return torch.cat([in_batch, torch.from_numpy(further.related)], dim=1).to(device)

    def _ids(self, rows: np.ndarray) -> torch.Tensor:
        """The ids that relate rows to one another: int64 [rows, 2], group and passage."""
        codes = [self.corpus.group_codes[rows].astype(np.int64), self.corpus.passage_codes[rows]]
        return torch.from_numpy(np.stack(codes, axis=1))
