"""Files and folders that are either whole or absent, and that are known to be as they were written."""

from equilingua.durable.checked import (
    check,
    read_arrays,
    read_checked_json,
    read_table,
    seal,
    unusable,
    write_arrays,
    write_checked_json,
    write_table,
)
from equilingua.durable.locking import locked, make_once
from equilingua.durable.writing import ABANDONED_SECONDS, replacing, sweep, write_json, write_text

__all__ = [
    "ABANDONED_SECONDS",
    "check",
    "locked",
    "make_once",
    "read_arrays",
    "read_checked_json",
    "read_table",
    "replacing",
    "seal",
    "sweep",
    "unusable",
    "write_arrays",
    "write_checked_json",
    "write_json",
    "write_table",
    "write_text",
]
