"""Arrow columns as numpy codes, and the order that finds all rows of a code without a scan."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equilingua import digests
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def encode(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int32]]:
    """Return the distinct values in the order first seen, and each row's index among them."""
    encoded = pc.dictionary_encode(one_chunk(column))
    return encoded.dictionary.to_pylist(), _frozen(encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32))


def encode_sorted(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int32]]:
    """Return the distinct values, sorted, and each row's index among them."""
    seen, codes = encode(column)
    order = sorted(range(len(seen)), key=seen.__getitem__)
    rank = np.empty(len(seen), np.int32)
    rank[order] = np.arange(len(seen), dtype=np.int32)
    return [seen[place] for place in order], _frozen(rank[codes])


def encode_ids(ids: pa.ChunkedArray, owner: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return codes that are equal exactly where both the id and its owner are; a null id gets a code of its own.

    Args:
        ids: [rows] strings or nulls.
        owner: [rows] code of what the id belongs to, since two owners may use the same id.
    """
    encoded = pc.dictionary_encode(one_chunk(ids))
    known = encoded.is_valid().to_numpy(zero_copy_only=False)
    places = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    keys = owner.astype(np.int64) * max(len(encoded.dictionary), 1) + places
    distinct, inverse = np.unique(keys[known], return_inverse=True)
    codes = np.empty(len(known), np.int64)
    codes[known] = inverse
    codes[~known] = len(distinct) + np.arange(len(known) - len(inverse))
    codes.setflags(write=False)
    return codes


def by_code(codes: NDArray[np.integer], kinds: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the [rows] row numbers grouped by code, ascending within each, and the [kinds + 1] offsets."""
    order = np.argsort(codes, kind="stable").astype(np.int64)
    order.setflags(write=False)
    return order, np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=kinds))]).astype(np.int64)


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the table with exactly the columns of `schema`, each one chunk; nullable and list columns may be absent.

    Raises:
        DataError: a needed column is missing, has another type, or holds nulls.
    """
    columns = []
    for field in schema:
        if field.name in table.column_names:
            columns.append(_cast(table[field.name], field))
        elif field.nullable or pa.types.is_list(field.type):
            columns.append(_empty_lists(pa.nulls(len(table), field.type), field))
        else:
            raise DataError(f"column '{field.name}' is missing: there are {', '.join(table.column_names) or 'none'}")
    return pa.table(columns, schema=schema).combine_chunks()


def fingerprint(table: pa.Table) -> str:
    """Return what changes exactly when a text of a table does, or their order; columns hold texts or lists of them."""
    columns = [one_chunk(column) for column in table.columns]
    lists = [column for column in columns if pa.types.is_list(column.type)]
    texts = [column.flatten() if pa.types.is_list(column.type) else column for column in columns]
    sizes = [pc.list_value_length(column).to_numpy(zero_copy_only=False).astype("<i8") for column in lists]
    return digests.of_parts(chain(*map(content, texts), sizes), algorithm="sha256")


def content(column: pa.Array) -> Iterator[Any]:
    """Yield what says which texts a column holds: how many, their lengths in bytes (-1 for none), and their bytes."""
    lengths = pc.fill_null(pc.binary_length(column), -1).to_numpy(zero_copy_only=False).astype("<i8")
    yield len(column).to_bytes(8, "little")
    yield lengths
    data, size = column.buffers()[2], int(np.maximum(lengths, 0).sum())
    if data is not None and size:
        # It may be a slice of a larger one.
        offsets = np.frombuffer(column.buffers()[1], np.int64 if pa.types.is_large_string(column.type) else np.int32)
        start = int(offsets[column.offset])
        yield memoryview(data)[start : start + size]


def one_chunk(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    joined = column.combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    try:
        cast = column.cast(field.type)
    except pa.ArrowException as error:
        raise DataError(f"column '{field.name}' holds {column.type}, not {field.type}") from error
    cast = _empty_lists(cast, field)
    if cast.null_count and not field.nullable:
        row = pc.index(cast.is_null(), value=True).as_py()
        raise DataError(f"column '{field.name}' has no value in row {row + 1}")
    return cast


def _empty_lists(column: pa.ChunkedArray | pa.Array, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    """Turn nulls of a list column into empty lists."""
    if not pa.types.is_list(field.type) or not column.null_count:
        return column
    return pc.fill_null(column, pa.scalar([], field.type))


def _frozen(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    codes.setflags(write=False)
    return codes
