"""Texts through an engine and its cache: each distinct one once, kept as soon as it is there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equilingua.errors import EngineError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equilingua.corpus.augment.engines import Engine
    from equilingua.corpus.augment.translation_cache import TranslationCache

    # Told a stage, how many texts were done since it was last told, and how many there are.
    Progress = Callable[[str, int, int], None]

_BATCH = 64
# An engine that fails on one text after another is broken; the texts are not.
_FAILURES_IN_A_ROW = 5


@dataclass
class Translated:
    """The translations of texts.

    Attributes:
        texts: original → translation; a blank text is its own.
        failed: texts that the engine died or hung on.
        cached: how many were in the cache already.
        seconds: that the engine worked.
    """

    texts: dict[str, str]
    failed: set[str] = field(default_factory=set)
    cached: int = 0
    seconds: float = 0.0


def translate_texts(
    texts: Iterable[str],
    engine: Engine,
    cache: TranslationCache,
    *,
    stage: str,
    skip_failures: bool = False,
    progress: Progress | None = None,
) -> Translated:
    """Translate texts that the cache does not hold, and store each batch, whole or in part, when it ends.

    Args:
        texts: in any order, repeated or not.
        engine: what translates.
        cache: where translations are looked up and stored.
        stage: what progress is reported under.
        skip_failures: go on after a text on which the engine died or hung, without it.
        progress: told how many texts are done.

    Raises:
        EngineError: the engine died, hung or is out of step; what was done before is in the cache.
        StoppedError: somebody interrupted the work; likewise.
        DataError: the cache cannot be read or written.
    """
    distinct = dict.fromkeys(texts)
    blank = {text: text for text in distinct if not text.strip()}
    asked = [text for text in distinct if text not in blank]
    found = cache.get(engine.fingerprint, asked)
    result = Translated(texts=blank | found, cached=len(found))
    tell = progress if progress is not None else _silent
    tell(stage, len(result.texts), len(distinct))
    # Short texts first: the batches of a model then need little padding, and the first results come soon.
    left = sorted((text for text in asked if text not in found), key=lambda text: (len(text), text))
    start = time.monotonic()
    place = failures = 0
    try:
        while place < len(left):
            batch = left[place : place + _BATCH]
            done: dict[str, str] = {}
            try:
                # One by one, not in an expression: what is there when the engine fails is kept.
                for text, translated in zip(batch, engine.translate(batch), strict=True):
                    done[text] = translated  # noqa: PERF403
                failures = 0
            except EngineError as error:
                culprit = batch[len(done)]
                failures = 1 if done else failures + 1
                if not skip_failures or failures >= _FAILURES_IN_A_ROW:
                    raise EngineError(_where_it_failed(error, culprit, result, done, len(distinct))) from error
                result.failed.add(culprit)
                place += 1
            finally:
                # Also on the way out: what the engine gave is kept, whatever ends the batch.
                cache.put(engine.fingerprint, done)
                result.texts.update(done)
                tell(stage, len(done), len(distinct))
            place += len(done)
    except KeyboardInterrupt:
        raise StoppedError(
            f"interrupted: {len(result.texts):,} of {len(distinct):,} texts are translated and kept; "
            "the same command goes on from there"
        ) from None
    result.seconds = time.monotonic() - start
    return result


def _where_it_failed(error: EngineError, text: str, result: Translated, done: dict[str, str], whole: int) -> str:
    shown = text if len(text) <= 60 else text[:57] + "…"
    return (
        f"{error} (at the text '{shown}'); {len(result.texts) + len(done):,} of {whole:,} texts are translated and "
        "kept: the same command goes on from there, with --skip-failures also past a text that it fails on"
    )


def _silent(_stage: str, _done: int, _whole: int) -> None:
    """Tell nobody."""
