"""Functions of each number by the C library, whose results do not depend on the processor.

Numpy has its own for processors with AVX-512, which round some numbers in another way than those for all others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def log2(values: NDArray[np.floating | np.integer]) -> NDArray[np.float64]:
    """Return the logarithms to base 2 of positive numbers [n]."""
    return np.fromiter(map(math.log2, values.tolist()), np.float64, len(values))


def exp(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return e to the power of numbers [n]."""
    return np.fromiter(map(math.exp, values.tolist()), np.float64, len(values))
