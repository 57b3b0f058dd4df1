"""The plan's batches as a `batch_sampler` of `SentenceTransformerTrainingArguments`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch.utils.data import BatchSampler

from equilingua.errors import UsageError
from equilingua.training.trainer_glue.dataset import STEP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datasets import Dataset


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
