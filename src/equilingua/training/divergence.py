"""When a loss has got so bad that going on is a waste of time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

# Steps over which the loss is averaged, and after which it is judged at all. Hard batches come and go within them.
_WINDOW = 30
# How many times the loss of the first steps it may be.
_FACTOR = 2.0
# The loss of an encoder that cannot tell any candidate from another is log(candidates), give or take so much.
_CHANCE = 0.98


@dataclass(frozen=True)
class LossTrend:
    """How the loss of the newest steps compares to that of the first.

    Attributes:
        start: mean of the first steps, 30 or as many as there were.
        running: exponential mean over about as many of the newest.
        steps: how many losses were seen.
    """

    start: float = 0.0
    running: float = 0.0
    steps: int = 0

    def after(self, loss: float) -> LossTrend:
        """Return the trend with one more step's loss."""
        steps = self.steps + 1
        if steps <= _WINDOW:
            mean = self.start + (loss - self.start) / steps
            return LossTrend(mean, mean, steps)
        return replace(self, running=self.running + (loss - self.running) / _WINDOW, steps=steps)

    def diverges(self, candidates: int) -> bool:
        """Tell whether the running loss is both twice that of the first steps and no better than chance.

        An encoder that starts badly may stay near chance for long, and one that starts well may meet harder batches;
        neither is both.

        >>> trend = LossTrend()
        >>> for loss in [1.0] * 30 + [3.5] * 200:
        ...     trend = trend.after(loss)
        >>> trend.diverges(candidates=32), trend.diverges(candidates=64)
        (True, False)
        """
        return self.running > _FACTOR * self.start and self.running > _CHANCE * math.log(max(2, candidates))
