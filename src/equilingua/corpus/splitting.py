"""Which part of a split each group falls into: a keyed hash of its name and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua import digests
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def sides(groups: Sequence[str], shares: Mapping[str, float], seed: int) -> NDArray[np.int64]:
    """Return the [groups] index of the part that each group belongs to.

    A group's part does not depend on which other groups there are, so a corpus can grow without moving a group from
    training to test. The shares are met in expectation.

    Args:
        groups: names of the groups.
        shares: the name of each part and its share, above 0 and adding up to 1.
        seed: key of the hash.

    Raises:
        UsageError: shares that do not add up to 1, or one at or below 0.
    """
    if not shares or not min(shares.values()) > 0 or not abs(sum(shares.values()) - 1) <= 1e-6:
        raise UsageError(f"shares {dict(shares)} must each be above 0 and add up to 1")
    # The top 53 bits: the quotient is then exact and below 1.
    points = (digests.numbers(groups, str(seed)) >> np.uint64(11)) / 2.0**53
    return np.searchsorted(np.cumsum(list(shares.values()))[:-1], points, side="right")
