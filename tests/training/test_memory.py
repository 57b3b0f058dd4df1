import numpy as np
import pytest
import torch

from equilingua.errors import TrainingError, UsageError
from equilingua.training import memory
from equilingua.training.gradient_cache import MicroBatch
from equilingua.training.memory import GIB, GraphMemory, check_scores, graph_limit, out_of_memory_named

CPU = torch.device("cpu")


def batches(*tokens):
    return [MicroBatch(np.zeros(1, np.int64), count, 10) for count in tokens]


def measured(limit, bytes_per_token=8, tokens=100):
    """A memory that has seen a graph of one float64 a token."""
    found = GraphMemory(limit)
    values = torch.ones(tokens * bytes_per_token // 8, dtype=torch.float64, requires_grad=True)
    found.measured(batches(tokens)[0], lambda: (values * 2).sin().sum())
    return found


def test_what_autograd_saves_is_counted_once_and_weights_are_not():
    weight = torch.nn.Parameter(torch.ones(100, 100))
    data = torch.ones(10, 100)

    def forward():
        hidden = data @ weight
        # The sine saves its argument and the product both of its own: hidden once, sine once, and the data.
        return hidden * hidden.sin()

    found = GraphMemory(10 * 100 * 4 * 3)
    found.measured(batches(10)[0], forward)
    with pytest.raises(UsageError, match="raise it, or lower"):
        GraphMemory(10 * 100 * 4 * 3 - 1).measured(batches(10)[0], forward)


def test_all_graphs_are_kept_where_they_fit():
    assert measured(8 * 600).kept(batches(300, 200, 100), workers=2) == 3


def test_where_they_do_not_room_is_left_for_those_computed_again():
    # 5,000 bytes less 2 × 2,400 leaves nothing; 8,000 leaves room for one of 2,400.
    micro_batches = batches(300, 300, 300, 300)
    assert measured(5_000).kept(micro_batches, workers=2) == 0
    assert measured(8_000).kept(micro_batches, workers=2) == 1
    assert measured(8_000).kept(micro_batches, workers=1) == 2


def test_longer_texts_are_measured_anew():
    found = measured(1 << 20)

    assert not found.unknown(MicroBatch(np.zeros(1, np.int64), 10, 10))
    assert found.unknown(MicroBatch(np.zeros(1, np.int64), 11, 11))


def test_the_limit_is_what_was_asked_for_or_a_sixth_of_the_machine_s(monkeypatch):
    monkeypatch.setattr(memory, "_machine_memory", lambda: 24 * GIB)

    assert graph_limit(1.5, CPU, 1) == 1.5 * GIB
    assert graph_limit(None, CPU, 1) == 4 * GIB
    assert graph_limit(None, CPU, 2) == 2 * GIB
    with pytest.raises(UsageError, match=r"batches\.memory: 40 GiB asked for, there are 24\.0"):
        graph_limit(40, CPU, 1)


def test_a_batch_whose_scores_alone_do_not_fit(monkeypatch):
    monkeypatch.setattr(memory, "_machine_memory", lambda: 8 * GIB)

    check_scores(4096, 4096)
    with pytest.raises(UsageError, match=r"batches\.size: the scores of 100000 questions with 200000 candidates take"):
        check_scores(100_000, 200_000)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] . DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_out_of_memory_names_the_settings_to_lower(error):
    with (
        pytest.raises(
            TrainingError, match=r"^out of memory: lower batches\.memory, batches\.tokens or batches\.size; go on$"
        ),
        out_of_memory_named("go on"),
    ):
        raise error


def test_the_real_thing():
    with pytest.raises(TrainingError, match="out of memory"), out_of_memory_named(""):
        torch.empty(1 << 60, dtype=torch.uint8)


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shapes"), out_of_memory_named(""):
        raise RuntimeError("shapes do not match")
