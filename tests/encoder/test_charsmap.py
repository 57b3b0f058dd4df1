import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.normalizers import Precompiled

from equilingua.encoder.charsmap import precompiled_charsmap

# Letters of few Unicode blocks: their UTF-8 forms share prefixes, and every length of it occurs.
letters = st.one_of(*(st.integers(start, start + 90).map(chr) for start in (0x41, 0x3B1, 0x2010, 0x3041, 0x1D400)))
replacements = st.text(letters, max_size=4)


def lookup(charsmap, key):
    """Walk the trie by a whole key, as the format's description says; None where it holds no such key."""
    (size,) = struct.unpack_from("<I", charsmap)
    units = np.frombuffer(charsmap, "<u4", size // 4, 4)
    node = int(units[0]) >> 10
    has_leaf = False
    for byte in key.encode():
        place = node ^ byte
        if place >= len(units) or int(units[place]) & 0x800000FF != byte:
            return None
        node, has_leaf = place ^ (int(units[place]) >> 10), bool(units[place] & 0x100)
    if not has_leaf:
        return None
    start = 4 + size + (int(units[node]) & 0x7FFFFFFF)
    return charsmap[start : charsmap.index(b"\0", start)].decode()


@given(st.dictionaries(letters, replacements, min_size=1, max_size=60), st.lists(letters, max_size=40))
def test_the_tokenizers_library_replaces_exactly_the_mapped_characters(characters, others):
    normaliser = Precompiled(precompiled_charsmap(characters))

    for character in [*characters, *others]:
        assert normaliser.normalize_str(character) == characters.get(character, character)


@given(
    st.dictionaries(st.text("abcαβ\u2010", min_size=1, max_size=4), replacements, max_size=30),
    st.lists(st.text("abcαβ\u2010", max_size=4), max_size=30),
)
def test_keys_that_are_prefixes_of_one_another_are_told_apart(characters, others):
    charsmap = precompiled_charsmap(characters)

    for key in [*characters, *others]:
        assert lookup(charsmap, key) == characters.get(key)


def test_an_empty_map_changes_nothing():
    assert Precompiled(precompiled_charsmap({})).normalize_str("honey ﬁt") == "honey ﬁt"


def test_all_of_unicode_s_compatibility_characters_fit():
    import unicodedata

    characters = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(1, 0x30000)}
    characters = {old: new for old, new in characters.items() if old != new and not 0xD800 <= ord(old) < 0xE000}
    normaliser = Precompiled(precompiled_charsmap(characters))

    assert all(normaliser.normalize_str(old) == new for old, new in characters.items())


@pytest.mark.parametrize("characters", [{"a\0": "b"}, {"a": "b\0c"}, {"\0": ""}, {"": "b"}])
def test_an_empty_key_or_a_zero_byte_is_refused(characters):
    with pytest.raises(ValueError, match="empty or holds a zero byte"):
        precompiled_charsmap(characters)
