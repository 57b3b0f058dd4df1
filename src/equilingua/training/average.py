"""The average of the weights over the steps of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping


class AveragedWeights:
    """The exponential moving average of the weights that train.

    a_t = d_t · a_(t−1) + (1 − d_t) · w_t with d_t = min(decay, 1 − 1/t): the mean of all steps so far while they are
    few, so that the weights that training began with have no part in it. Averages of iterates: Polyak and Juditsky
    (1992).

    Attributes:
        values: the average, by name; that of the weights themselves before the first step.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], decay: float) -> None:
        self.values = {name: weight.detach().clone() for name, weight in weights.items()}
        self._decay = decay

    def add(self, weights: Mapping[str, torch.Tensor], step: int) -> None:
        """Take in the weights after a step, counted from 0."""
        decay = min(self._decay, step / (step + 1))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.values.values()), [weights[name] for name in self.values], 1 - decay)

    def exchange(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Put the average into the weights, and the weights where the average was; twice is as if never."""
        with torch.no_grad():
            for name, value in self.values.items():
                kept = weights[name].clone()
                weights[name].copy_(value)
                value.copy_(kept)
