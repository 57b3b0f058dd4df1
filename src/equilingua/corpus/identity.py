"""Which rows of a corpus have one passage, and what rows say about that which cannot be true.

A passage is told by its id and by its text: rows of a set with one passage id have one passage or its translations, and
rows of a language with equal text have one passage. Batches, masks, stored negatives and benchmarks all go by this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equilingua.corpus.columns import one_chunk
from equilingua.errors import DataError, UsageError
from equilingua.languages import alike, normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus


def canonical(table: pa.Table) -> pa.Table:
    """Return the table with ids in Unicode's NFC and language codes normalised, so that equal ones compare equal.

    Raises:
        DataError: a language code is unknown.
    """
    for name in ("group", "passage_id"):
        table = _with_column(table, name, pc.utf8_normalize(one_chunk(table[name]), "NFC"))
    encoded = pc.dictionary_encode(one_chunk(table["language"]))
    try:
        codes = pa.array([normalise(code) for code in encoded.dictionary.to_pylist()], pa.string())
    except UsageError as error:
        raise DataError(f"column 'language': {error}") from error
    return _with_column(table, "language", codes.take(encoded.indices))


def text_codes(languages: NDArray[np.int32], texts: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return codes that are equal exactly for equal texts of one language, counted from 0 and ascending by language.

    Args:
        languages: [rows] code of each row's language.
        texts: [rows] strings.
    """
    encoded = pc.dictionary_encode(one_chunk(texts))
    keys = languages.astype(np.int64) * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy()
    return _frozen(np.unique(keys, return_inverse=True)[1])


def passage_codes(ids: NDArray[np.int64], texts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return codes that are equal exactly for rows that have one passage, by id or by text or by a chain of both.

    Args:
        ids: [rows] equal for equal passage ids of one set; a row without an id has a code of its own.
        texts: [rows] of `text_codes`.

    >>> passage_codes(np.array([0, 1, 1, 2, 3]), np.array([0, 0, 1, 2, 3])).tolist()
    [0, 0, 0, 1, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first_text = int(ids.max(initial=-1)) + 1
    nodes = first_text + int(texts.max(initial=-1)) + 1
    rows = coo_array((np.ones(len(ids), np.int8), (ids, first_text + texts)), shape=(nodes, nodes))
    parts = connected_components(rows, directed=False)[1]
    return _frozen(np.unique(parts[ids], return_inverse=True)[1])


def require_one_text(corpus: ParallelCorpus, places: Sequence[str | None] | None = None) -> None:
    """Check that no passage id has two texts of one language.

    Args:
        corpus: the rows. Those made out of a set by translation or code-switching may say its passages in other words.
        places: [rows] where each row was read, for the message; None names it by its group.

    Raises:
        DataError: one has; the message names both rows.
    """
    given = np.array(["+" not in source for source in corpus.sources], np.bool_)[corpus.source_codes]
    rows = np.flatnonzero(given & one_chunk(corpus.table["passage_id"]).is_valid().to_numpy(zero_copy_only=False))
    keys = corpus.id_codes[rows] * len(corpus.languages) + corpus.language_codes[rows]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    first_rows = rows[first[inverse]]
    other = np.flatnonzero(corpus.text_codes[rows] != corpus.text_codes[first_rows])
    if len(other):
        two = [int(rows[other[0]]), int(first_rows[other[0]])]
        pair = corpus[two[0]]
        here, before = ((places and places[row]) or f"group '{corpus[row].group}'" for row in two)
        more = f" (and {len(other) - 1} more such rows)" if len(other) > 1 else ""
        raise DataError(
            f"{here}: passage_id '{pair.passage_id}' has another {pair.language} text than in {before}{more}: "
            "give each passage an id of its own, shared by its translations alone"
        )


def remarks(corpus: ParallelCorpus, places: Sequence[str] | None = None) -> list[str]:
    """Say what may be a mistake in a corpus: repeated rows, equal texts under several ids, two codes of a language.

    Args:
        corpus: the rows.
        places: [rows] where each row was read, to name one; None names it by its group.
    """
    said = repeated_rows(corpus, places)
    known = one_chunk(corpus.table["passage_id"]).is_valid().to_numpy(zero_copy_only=False)
    texts, ids = corpus.text_codes[known], corpus.id_codes[known]
    if several := len(np.unique(_both(texts, ids))) - len(np.unique(texts)):
        said.append(f"passages with the text of another passage id of their language: {several}: they count as one")
    return said + alike_languages(corpus.languages)


def repeated_rows(corpus: ParallelCorpus, places: Sequence[str] | None = None) -> list[str]:
    """Say how many rows have group, language, query and passage of an earlier one; `places` as for `remarks`."""
    queries = pc.dictionary_encode(one_chunk(corpus.table["query"])).indices.to_numpy()
    asked = _both(corpus.group_codes, queries)
    rows = np.unique(_both(asked, corpus.text_codes), return_index=True)[1]
    repeats = np.setdiff1d(np.arange(len(corpus)), rows)
    if not len(repeats):
        return []
    pair = corpus[int(repeats[0])]
    one = places[repeats[0]] if places else f"one of group '{pair.group}' in {pair.language}"
    return [
        f"rows that repeat an earlier one exactly: {len(repeats)}, such as {one}: training sees them as often as they "
        "are there, so take them away"
    ]


def alike_languages(codes: Sequence[str]) -> list[str]:
    """Say which of the codes may name one language, as `no` and `nb` do."""
    return [
        f"{' and '.join(group)} count as {len(group)} languages and may be one: if so, give all its texts one code"
        for group in alike(codes)
    ]


def _both(left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return codes that are equal exactly where both given codes are."""
    keys = left.astype(np.int64) * (int(right.max(initial=-1)) + 1) + right
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _with_column(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(name), column)


def _frozen(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    codes = codes.astype(np.int64, copy=False)
    codes.setflags(write=False)
    return codes
