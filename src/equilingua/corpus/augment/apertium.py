"""Translation by Apertium: rules and dictionaries from Debian packages, offline, one pipeline for all texts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from equilingua.corpus.augment import apertium_modes, stream_format
from equilingua.corpus.augment.null_flush import NullFlushPipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Apertium:
    """One direction of Apertium, run as a long-lived pipeline; see `engines.Engine`."""

    def __init__(self, source: str, target: str, *, seconds: float = 60.0) -> None:
        """Find the direction; the pipeline starts with the first text.

        Args:
            source: BCP-47 code.
            target: BCP-47 code.
            seconds: for how long the pipeline may be silent before it is taken to hang.

        Raises:
            UsageError: the direction is not installed.
            EngineError: Apertium is not installed.
        """
        mode = apertium_modes.find(apertium_modes.data_folder(), source, target)
        commands = apertium_modes.pipeline(mode)
        version = apertium_modes.version()
        digest = apertium_modes.data_digest(commands)
        self.name = f"apertium-{version}"
        self.fingerprint = f"{self.name}:{mode.stem}:{digest}:{stream_format.VERSION}"
        self.details = {
            "engine": "apertium",
            "version": version,
            "direction": mode.stem,
            "data": apertium_modes.package(mode) or digest,
        }
        self._asked = 0
        self._pipeline = NullFlushPipeline(
            commands,
            name=f"Apertium {mode.stem}",
            seconds=seconds,
            environment=os.environ | {"LC_ALL": "C.UTF-8"},
        )

    def translate(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the translation of each text; see `engines.Engine`."""
        numbers = range(self._asked, self._asked + len(texts))
        self._asked += len(texts)
        messages = [stream_format.escape(text, number) for text, number in zip(texts, numbers, strict=True)]
        for text, number, answer in zip(texts, numbers, self._pipeline.answers(messages), strict=True):
            translated = stream_format.unescape(answer, text, number)
            if translated is None:
                fault = self._pipeline.fault()
                self.close()
                raise fault
            yield translated

    def close(self) -> None:
        """End the pipeline."""
        self._pipeline.close()
