"""An encoder on a benchmark whose passages are too many for memory."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.errors import UsageError
from equilingua.evaluation.results import Result
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.collection import Collection
    from equilingua.evaluation.encoding import Encoding, Role

    Progress = Callable[[str, int, int], None]


def evaluate_collection(
    encoding: Encoding, collection: Collection, *, keep: bool = True, progress: Progress | None = None
) -> Result:
    """Measure an encoder on a collection, shard by shard; see `equilingua.evaluation.streaming.measure`.

    The vectors of passages are not cached, for they would fill a disk; what is kept is how far the ranking got.

    Args:
        encoding: the encoder.
        collection: what is measured.
        keep: go on from where an earlier run of the same encoder stopped, and leave what is done for a later one.
        progress: told about stages.

    Raises:
        UsageError: the encoder gives scores only.
        DataError: see `measure`.
    """
    from equilingua.evaluation.streaming.measure import measure

    spent = 0.0

    def encode(texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        nonlocal spent
        started, loading = time.perf_counter(), encoding.load_seconds
        vectors, _ = encoding.vectors(texts, role, keep=role == "query")
        spent += time.perf_counter() - started - (encoding.load_seconds - loading)
        return vectors

    started, loading = time.perf_counter(), encoding.load_seconds
    with tempfile.TemporaryDirectory() as scratch:
        folder = cache_folder() / "streaming" if keep else Path(scratch)
        benchmark, counts = measure(collection, encode, folder, encoding.identity, progress=progress)
    result = Result.of(benchmark, [(slice(0, len(benchmark.queries)), counts)])
    elapsed = time.perf_counter() - started - spent - (encoding.load_seconds - loading)
    return replace(result, encode_seconds=spent, score_seconds=elapsed)


def refuse(name: str, collection: Collection, posthoc: str | None) -> UsageError:
    """Say why a collection cannot be measured in this way."""
    if posthoc is not None:
        return UsageError(
            f"--posthoc {posthoc}: benchmark '{collection.name}' is read in pieces, and a method needs all its vectors "
            "at once: leave it out"
        )
    return UsageError(f"'{name}' gives scores of whole benchmarks only, and '{collection.name}' is read in pieces")
