"""A tokenizer normaliser's character map in the compiled form that the `tokenizers` library reads.

The form is SentencePiece's: the byte length of a double-array trie, the trie's 32-bit units (Darts-clone's layout),
then the replacements, each ended by a zero byte. A key's leaf holds the offset of its replacement.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

# A byte leads to the next node; 0, which ends a key, to the offset of its replacement.
_Trie = dict[int, "_Trie | int"]

_LEAF = 1 << 31
_HAS_LEAF = 1 << 8


def precompiled_charsmap(characters: Mapping[str, str]) -> bytes:
    """Compile a map from strings to their replacements, for `tokenizers.normalizers.Precompiled`.

    Raises:
        ValueError: a key or a replacement holds a zero byte, which the form cannot express.
    """
    replacements = bytearray()
    trie: _Trie = {}
    for key, replacement in characters.items():
        if "\0" in key + replacement or not key:
            raise ValueError(f"the character map entry {key!r} is empty or holds a zero byte")
        node = trie
        for byte in key.encode():
            child = node.setdefault(byte, {})
            assert isinstance(child, dict)
            node = child
        node[0] = len(replacements)
        replacements += replacement.encode() + b"\0"
    units = _double_array(trie).tobytes()
    return struct.pack("<I", len(units)) + units + bytes(replacements)


def _double_array(trie: _Trie) -> np.ndarray:
    """Lay a byte trie out as a double array: a child by byte c of the node at p lies at p ^ offset(p) ^ c."""
    units = np.zeros(1 << 16, dtype=np.uint32)
    used = np.zeros(1 << 16, dtype=bool)
    used[0] = True
    bases: set[int] = set()
    pending = [(0, trie)] if trie else []
    while pending:
        position, node = pending.pop()
        labels = np.array(sorted(node), dtype=np.int64)
        base = _free_base(used, bases, labels)
        if base + 256 > len(units):
            raise ValueError("the character map is too large for one double array")
        units[position] |= (position ^ base) << 10
        used[base ^ labels] = True
        bases.add(base)
        for label, child in node.items():
            if isinstance(child, int):
                units[base] = _LEAF | child
            else:
                units[base ^ label] |= label | (_HAS_LEAF if 0 in child else 0)
                pending.append((base ^ label, child))
    return units[: (int(np.flatnonzero(used)[-1]) | 0xFF) + 1]


def _free_base(used: np.ndarray, bases: set[int], labels: np.ndarray) -> int:
    """Return the first base that no node has yet (it would lead to that node's children) with all its places free."""
    first = int(labels[0])
    for place in np.flatnonzero(~used):
        base = int(place) ^ first
        if base and base not in bases and not used[base ^ labels].any():
            return base
    raise ValueError("the character map is too large for one double array")
