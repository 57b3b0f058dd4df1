"""What is minimised: from the rows of a batch to its loss, without computing much padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from equilingua.encoder.encode import TOKEN_BUDGET, autocast, embed
from equilingua.encoder.tokens import TokenizedTexts, collate, length_ordered_batches, tokenize
from equilingua.training.loss import contrastive_loss, related
from equilingua.training.negatives import Further, stored_negatives

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accelerate import Accelerator
    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.recipe import Recipe


@dataclass(frozen=True)
class Objective:
    """A recipe's loss as a function of corpus rows.

    Attributes:
        recipe: gives lengths, temperature, masking and precision.
        encoder: the one in training.
        accelerator: gives the device.
    """

    recipe: Recipe
    encoder: SentenceTransformer
    accelerator: Accelerator

    def training_loss(self, corpus: ParallelCorpus, query_rows: np.ndarray, passage_rows: np.ndarray) -> torch.Tensor:
        """Return the loss of a batch and its stored negatives, with dropout and gradients.

        Args:
            corpus: where the rows are.
            query_rows: int64 [batch], the questions.
            passage_rows: int64 [batch], their passages.

        Raises:
            UsageError: the recipe wants stored negatives and the corpus has none.
        """
        self.encoder.train()
        limit = self.recipe.loss.negatives
        further = stored_negatives(corpus, limit).of_batch(query_rows, passage_rows) if limit else None
        return self._loss(corpus, query_rows, passage_rows, further)

    def validation_loss(self, corpus: ParallelCorpus, batches: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
        """Return the mean loss of held-out batches, without dropout.

        Stored negatives take no part in it, so that runs with and without them are judged alike.
        """
        self.encoder.eval()
        with torch.no_grad():
            return float(np.mean([self._loss(corpus, *rows).item() for rows in batches]))

    def _loss(
        self,
        corpus: ParallelCorpus,
        query_rows: np.ndarray,
        passage_rows: np.ndarray,
        further: Further | None = None,
    ) -> torch.Tensor:
        lengths = self.recipe.lengths
        further = further or Further.none(len(query_rows))
        queries = tokenize(self.encoder, corpus.queries(query_rows), "query", lengths.query)
        texts = corpus.passages(passage_rows) + further.texts
        passages = tokenize(self.encoder, texts, "passage", lengths.passage)
        vectors = self._vectors(TokenizedTexts.concatenate([queries, passages]))
        excluded = None
        if self.recipe.loss.mask_groups:
            in_batch = related(self._ids(corpus, query_rows), self._ids(corpus, passage_rows))
            excluded = torch.cat([in_batch, torch.from_numpy(further.related).to(in_batch.device)], dim=1)
        return contrastive_loss(
            vectors[: len(query_rows)],
            vectors[len(query_rows) :],
            temperature=self.recipe.loss.temperature,
            excluded=excluded,
        )

    def _vectors(self, tokens: TokenizedTexts) -> torch.Tensor:
        """Embed texts in length-ordered micro-batches; unit vectors [texts, dim] in the texts' order."""
        device = self.accelerator.device
        budget = TOKEN_BUDGET.get(device.type, TOKEN_BUDGET["cuda"])
        pad_id = self.encoder.tokenizer.pad_token_id or 0
        batches = length_ordered_batches(tokens.lengths, budget)
        with autocast(device, self.recipe.precision):
            parts = [embed(self.encoder, collate(tokens, rows, pad_id, device)) for rows in batches]
        places = np.argsort(np.concatenate(batches))
        vectors = torch.cat(parts)[torch.from_numpy(places).to(device)]
        return torch.nn.functional.normalize(vectors, dim=-1)

    def _ids(self, corpus: ParallelCorpus, rows: np.ndarray) -> torch.Tensor:
        """The ids that relate rows to one another: int64 [rows, 2], group and passage."""
        ids = np.stack([corpus.group_codes[rows].astype(np.int64), corpus.passage_codes[rows]], axis=1)
        return torch.from_numpy(ids).to(self.accelerator.device)
