"""The planned batches of a corpus as a data set that `SentenceTransformerTrainer` takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.encoder.tokens import prompt
from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datasets import Dataset
    from sentence_transformers import SentenceTransformer

    from equilingua.batching.sampler import Sampler
    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.translations import Translations

STEP = "step"
"""The column that says which batch an item belongs to."""


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
