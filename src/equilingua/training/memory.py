"""How much memory the graphs of a batch may take, and what to say when memory runs out."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from equilingua.errors import TrainingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from equilingua.training.gradient_cache import MicroBatch

GIB = 1 << 30
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
# The loss holds about so many matrices of the batch's scores at once: scores, masks, probabilities and gradients.
_SCORE_MATRICES = 6
# Of a machine's memory; the encoder, its optimiser and the loss took 2 GiB more at a batch of 4,096 pairs.
_SHARE = 6
_SETTINGS = "lower batches.memory, batches.tokens or batches.size"


class GraphMemory:
    """Decides which micro-batches keep their graph between forward and backward pass.

    The bytes of a graph are measured, not guessed: what autograd saves during a forward pass, per token, of the longest
    texts met so far.

    Attributes:
        limit: bytes that all graphs of a process may take at once.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._bytes_per_token = 0.0
        self._longest = 0

    def unknown(self, micro_batch: MicroBatch) -> bool:
        """Tell whether a graph of such long texts has not been measured yet."""
        return micro_batch.longest > self._longest

    def measured(self, micro_batch: MicroBatch, forward: Callable[[], torch.Tensor]) -> torch.Tensor:
        """Run a micro-batch's forward pass and note the size of its graph.

        Raises:
            UsageError: this one graph is larger than the limit.
        """
        kept: dict[int, int] = {}

        def note(tensor: torch.Tensor) -> torch.Tensor:
            # Weights and their working copies are saved too, but are there anyway.
            if not isinstance(tensor, torch.nn.Parameter) and not (tensor.is_leaf and tensor.requires_grad):
                storage = tensor.untyped_storage()
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            vectors = forward()
        size = sum(kept.values())
        if size > self.limit:
            raise UsageError(
                f"batches.memory: the graph of one micro-batch of {micro_batch.tokens} tokens takes {size / GIB:.3g} "
                f"GiB, the limit is {self.limit / GIB:.3g}: raise it, or lower batches.tokens or lengths.passage"
            )
        self._bytes_per_token = max(self._bytes_per_token, size / micro_batch.tokens)
        self._longest = micro_batch.longest
        return vectors

    def kept(self, micro_batches: Sequence[MicroBatch], workers: int) -> int:
        """Return how many of the first micro-batches keep their graphs; the others compute theirs twice.

        Where not all fit, room is left for the graphs that the workers compute again.
        """
        sizes = [self._bytes_per_token * each.tokens for each in micro_batches]
        if sum(sizes) <= self.limit:
            return len(sizes)
        room = self.limit - workers * max(sizes)
        count = 0
        for size in sizes:
            room -= size
            if room < 0:
                break
            count += 1
        return count


def graph_limit(gib: float | None, device: torch.device, local_processes: int) -> int:
    """Return the bytes for graphs of each process: as asked for, or what the machine can spare.

    That is a sixth of the machine's (or container's) memory, divided among its processes: the encoder, its optimiser
    and the loss want some, too, and other programs want to live. On an accelerator, half of what is free.

    Raises:
        UsageError: more is asked for than there is.
    """
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        default = free // 2
    else:
        total = _machine_memory()
        default = total // (_SHARE * local_processes)
    if gib is None:
        return default
    if gib * GIB > total:
        raise UsageError(f"batches.memory: {gib:g} GiB asked for, there are {total / GIB:.1f}")
    return int(gib * GIB)


def check_scores(size: int, candidates: int) -> None:
    """Refuse a batch whose scores alone would not fit into memory.

    Raises:
        UsageError: it says how much they take.
    """
    wanted, total = size * candidates * 4 * _SCORE_MATRICES, _machine_memory()
    if wanted > total:
        raise UsageError(
            f"batches.size: the scores of {size} questions with {candidates} candidates take {wanted / GIB:.0f} GiB, "
            f"the machine has {total / GIB:.0f}: choose a smaller batch"
        )


@contextmanager
def out_of_memory_named(then: str) -> Iterator[None]:
    """Turn torch's and Python's failures to get memory into one line that says which settings to lower.

    Args:
        then: what else to say: where the run stands and how to go on.

    Raises:
        TrainingError: memory ran out.
    """
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise TrainingError(f"out of memory: {_SETTINGS}; {then}") from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error) and "not enough memory" not in str(error):
            raise
        raise TrainingError(f"out of memory: {_SETTINGS}; {then}") from error


def _machine_memory() -> int:
    """Bytes of memory that the machine has, or that its container may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in _CGROUP_LIMITS:
        path = Path(name)
        if path.is_file() and (text := path.read_text("ascii").strip()).isdecimal():
            total = min(total, int(text))
    return total
