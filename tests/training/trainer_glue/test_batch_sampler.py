import pytest

from equilingua.errors import UsageError
from equilingua.training.trainer_glue import PlannedBatches, planned_dataset

datasets = pytest.importorskip("datasets", reason="the extra 'hub' is not installed")


def test_gives_the_planned_batches_in_order(corpus, sampler):
    batches = PlannedBatches(planned_dataset(corpus, sampler, 3), 8, drop_last=False, seed=9, generator=None)

    assert len(batches) == 3
    assert list(batches) == [list(range(8)), list(range(8, 16)), list(range(16, 24))]
    assert list(batches) == list(batches)


def test_another_batch_size_than_the_plan_s_is_refused(corpus, sampler):
    with pytest.raises(UsageError, match=r"batches have 8 items and the trainer's 16: set per_device_train_batch_size"):
        PlannedBatches(planned_dataset(corpus, sampler, 3), 16)


def test_a_data_set_without_a_plan_is_refused():
    with pytest.raises(UsageError, match="has no column 'step'; make it with planned_dataset"):
        PlannedBatches(datasets.Dataset.from_dict({"query": ["a"], "passage": ["b"]}), 1)


def test_a_second_epoch_is_refused(corpus, sampler):
    batches = PlannedBatches(planned_dataset(corpus, sampler, 3), 8)
    batches.set_epoch(1)

    with pytest.raises(UsageError, match="the 3 planned batches are done; a plan has no second epoch"):
        next(iter(batches))
