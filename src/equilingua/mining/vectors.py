"""Vectors of many texts on disk, encoded in parts that a killed run need not do again."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from equilingua.encoder.encode import dimension, encode
from equilingua.encoder.rows_file import RowsFile
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.encode import Precision
    from equilingua.encoder.tokens import Role

# Some seconds of work on a processor, so that little is lost to a kill, and enough texts to order them by length.
PART = 4096


def encode_rows(
    encoder: SentenceTransformer,
    texts: Callable[[range], Sequence[str]],
    rows: int,
    role: Role,
    folder: Path,
    *,
    precision: Precision = "auto",
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Encode texts part by part; parts that the folder already holds are not encoded again.

    Args:
        encoder: what encodes.
        texts: returns the texts of some rows.
        rows: how many rows there are, at least 1.
        role: of the texts.
        folder: of these texts by this encoder and no others.
        precision: of matrix products.
        progress: called with the number of texts done since the last call.

    Returns:
        Unit vectors, float32 [rows, dim], on the disk; in memory only while they are asked for.

    Raises:
        DataError: a part cannot be written, and the earlier ones are kept; or one that is there is damaged.
    """
    starts = np.append(np.arange(0, rows, PART), rows)
    kept = RowsFile.open(folder, {"role": role}, starts, dimension(encoder), "<f4")
    for part, (start, stop) in enumerate(pairwise(starts.tolist())):
        number = np.array([part])
        if kept.there(number)[0]:
            kept.check(number)
            if progress is not None:
                progress(stop - start)
            continue
        vectors = encode(encoder, texts(range(start, stop)), role, precision=precision, progress=progress)
        try:
            kept.write(number, [vectors])
        except OSError as error:
            raise DataError(
                f"{folder}: cannot be written: {error.strerror or error}; what is done is kept: make room, or choose "
                "another place with EQUILINGUA_CACHE, and run it again"
            ) from error
    return kept.rows
