"""Figures that some benchmarks have besides those of ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Encode = Callable[[Sequence[str], Literal["query", "passage"]], NDArray[np.float32]]


def extras(encode: Encode, benchmark: str, languages: Iterable[str] | None = None) -> dict[str, Any]:
    """Measure what a benchmark has of its own: `{"bitext": …}` of Tatoeba, `{"options": …}` of DREAM and C3.

    Args:
        encode: returns float32 [texts, dim] of an encoder, from its cache where it has one.
        benchmark: the name that it was loaded by.
        languages: BCP-47 codes to keep; None means all.

    Returns:
        What stands in the result beside the settings; nothing for any other benchmark.

    Raises:
        DataError: the data cannot be had, or a vector is zero or not finite.
    """
    if benchmark == "tatoeba":
        from equilingua.evaluation.bitext import tatoeba_figures

        return {"bitext": tatoeba_figures(encode, languages)}
    if benchmark in {"dream", "c3"}:
        from equilingua.evaluation.options import choice_figures

        return {"options": choice_figures(encode, benchmark)}
    return {}
