"""Chance: a random direction for every text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua import digests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from equilingua.encoder.tokens import Role

_DIM = 128


class RandomVectors:
    """Gaussian vectors of unit length, seeded by text and role: the same wherever and whenever they are made.

    The role is part of the seed because a question that is also a passage would find itself otherwise, which is more
    than chance.
    """

    name = "random"
    dim = _DIM
    fingerprint = f"random-1-{_DIM}"

    def encode(
        self, texts: Sequence[str], role: Role, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, dim]."""
        encoded = np.empty((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            seed = digests.of_text(f"{role}\n{text}")
            generator = np.random.Generator(np.random.Philox(key=int.from_bytes(seed)))
            encoded[row] = generator.standard_normal(self.dim)
        encoded /= np.linalg.norm(encoded, axis=1, keepdims=True)
        if progress is not None:
            progress(len(texts))
        return encoded
