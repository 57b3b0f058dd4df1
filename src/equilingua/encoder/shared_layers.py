"""Encoders that differ in their top layers alone: what comes out of the lower ones is computed once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua import digests
from equilingua.encoder.activations import Activations
from equilingua.encoder.encode import dimension, encode_tokens, unit_length
from equilingua.encoder.fast_path import fast_path
from equilingua.encoder.fingerprint import of_loaded
from equilingua.encoder.layers import split
from equilingua.encoder.load import load
from equilingua.encoder.precision import product_dtype
from equilingua.encoder.token_store import SpecialTokens, TokenStore, tokenizer_fingerprint
from equilingua.encoder.tokens import tokenize
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from equilingua.encoder.tokens import Role


class SharedLayersEncoder:
    """Encodes texts from the states that enter the top layers; those are kept on disk for the next such encoder.

    They are kept by what the lower layers and the texts are, so that an encoder with other lower layers finds none of
    them. Kept in bfloat16, they move a vector by less than bfloat16's products do.

    Attributes:
        name: the encoder's.
        dim: length of its vectors.
        fingerprint: changes whenever its vectors do.
    """

    def __init__(self, name: str, top_layers: int) -> None:
        """Load an encoder.

        Args:
            name: what `equilingua.encoder.load.load` takes.
            top_layers: all layers below these are shared.

        Raises:
            UsageError: there is no such encoder, or it cannot be cut there, or our code cannot run it.
        """
        encoder = load(name)
        path = fast_path(encoder, product_dtype(encoder.device, "auto"))
        if path.way == "none":
            raise UsageError(f"encoder '{name}' has no layers that can be shared: {path.reason}")
        self._split = split(encoder, top_layers)
        self.name = name
        self.dim = dimension(encoder)
        self.fingerprint = f"{of_loaded(encoder)}-shared{top_layers}"

    def encode(
        self, texts: Sequence[str], role: Role, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, dim], of distinct texts.

        Args:
            texts: the same list in the same order finds what the last encoder has left.
            role: of all of them.
            progress: called with the number of texts done since the last call.
        """
        encoder = self._split.encoder
        tokens = tokenize(encoder, texts, role)
        nothing = np.zeros(0, np.int64)
        fingerprint = digests.of_parts([tokenizer_fingerprint(encoder), tokens.offsets, tokens.ids])
        store = TokenStore(tokens, np.arange(len(texts)), nothing, nothing, fingerprint, SpecialTokens.of(encoder))
        # The texts are cut already.
        longest = max(4, int(tokens.lengths.max(initial=0)))
        states = Activations.open(self._split, store, longest, longest)
        states.ensure(np.arange(len(texts)), longest)

        def report(rows: np.ndarray) -> None:
            if progress is not None:
                progress(len(rows))

        return unit_length(encode_tokens(encoder, tokens, report=report, states=states))
