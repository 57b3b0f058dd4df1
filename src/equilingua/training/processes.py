"""The processes of a run: what they tell one another, by torch's collective operations."""

from __future__ import annotations

import atexit
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch
from torch import distributed

from equilingua.errors import EquilinguaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from accelerate import Accelerator

T = TypeVar("T")


def accelerator() -> Accelerator:
    """Return accelerate's view of this process: its device, and the others that `accelerate launch` or torchrun began.

    Precision is the engine's business: accelerate fixes its own for the whole process, not for one run.
    """
    from accelerate import Accelerator

    launched = "LOCAL_RANK" in os.environ
    if launched:
        # Its threads would otherwise still run while the interpreter is taken apart, and abort the process at times.
        atexit.register(_leave)
    return Accelerator(mixed_precision="no", cpu=launched and not torch.accelerator.is_available())


def _leave() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


@dataclass(frozen=True)
class Processes:
    """One of the processes that train together.

    Attributes:
        rank: its number, from 0.
        world: how many there are.
        device: where tensors are sent from.
        local: how many of them are on this machine.
    """

    rank: int
    world: int
    device: torch.device
    local: int = 1

    @classmethod
    def of(cls, accelerator: Accelerator) -> Processes:
        """Return this process's place as accelerate knows it."""
        local = int(os.environ.get("LOCAL_WORLD_SIZE", accelerator.num_processes))
        return cls(accelerator.process_index, accelerator.num_processes, accelerator.device, local)

    @property
    def leads(self) -> bool:
        """The first process writes the run's folder and speaks."""
        return self.rank == 0

    def sum_(self, tensors: Sequence[torch.Tensor]) -> None:
        """Add up tensors of the same shapes over all processes, in place; the result is the same bits everywhere."""
        if self.world == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        distributed.all_reduce(flat)
        for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def any(self, mine: bool) -> bool:
        """Tell whether any process says yes."""
        if self.world == 1:
            return mine
        flag = torch.tensor([float(mine)], device=self.device)
        distributed.all_reduce(flag)
        return bool(flag.item())

    def from_leader(self, value: Any) -> Any:  # noqa: ANN401  (anything that can be pickled)
        """Return the first process's value."""
        if self.world == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0, device=self.device)
        return values[0]

    def led(self, work: Callable[[], T]) -> T:
        """Let the first process do what one alone may do; return its result, or raise its error, everywhere.

        The others wait meanwhile.
        """
        if self.world == 1:
            return work()
        result, failure = None, None
        if self.leads:
            try:
                result = work()
            except EquilinguaError as error:
                failure = error
        result, failure = self.from_leader((result, failure))
        if failure is not None:
            raise failure
        return cast("T", result)

    def together(self, work: Callable[[], T]) -> T:
        """Let every process do its part and return its result; where one fails, all raise."""
        result, failure = None, None
        try:
            result = work()
        except EquilinguaError as error:
            failure = error
        if self.any(failure is not None):
            raise failure or EquilinguaError("another process failed, and says why")
        return cast("T", result)

    def agree(self, facts: Mapping[str, str]) -> None:
        """Make sure that all processes are about to do the same.

        Args:
            facts: what must be the same, as digests or short texts, by the name that an error gives it.

        Raises:
            UsageError: on all processes; it names what differs and where.
        """
        if self.world == 1:
            return
        everyone: list[Any] = [None] * self.world
        distributed.all_gather_object(everyone, dict(facts))
        for name in facts:
            others = [rank for rank in range(self.world) if everyone[rank][name] != everyone[0][name]]
            if others:
                raise UsageError(
                    f"process {others[0]} of {self.world} has another {name} than process 0: start all of them with "
                    "the same recipe, data, encoder and run folder"
                )
