"""A temperature that is learned with the encoder."""

from __future__ import annotations

import math

import torch

from equilingua.training.recipe import COLDEST, HOTTEST


class LearnedTemperature(torch.nn.Module):
    """τ = exp(log_temperature), kept within [0.01, 1].

    As in CLIP (arXiv 2103.00020, section 2.5), which learns log 1/τ: the sign changes nothing in what is learned. The
    bound is put on the parameter itself before each use, not on its exponential: a clamp within the graph has no
    gradient beyond the bound, so a parameter that once stepped over it would never come back.

    Attributes:
        log_temperature: the parameter, a scalar; an optimiser should not decay it.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.log_temperature = torch.nn.Parameter(torch.tensor(math.log(temperature), dtype=torch.float32))

    def forward(self) -> torch.Tensor:
        """Return τ, a scalar with gradient."""
        with torch.no_grad():
            self.log_temperature.clamp_(math.log(COLDEST), math.log(HOTTEST))
        return self.log_temperature.exp()
