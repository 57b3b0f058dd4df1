import sqlite3

import pytest

from equilingua.corpus.augment.translation_cache import TranslationCache
from equilingua.errors import DataError


def test_what_is_stored_is_there_for_that_engine_and_text_alone(cache):
    cache.put("one", {"a": "A", "b": "B", "": "empty"})

    assert cache.get("one", ["b", "c", "a"]) == {"a": "A", "b": "B"}
    assert cache.get("two", ["a"]) == {}
    assert cache.get("one", []) == {}
    cache.put("one", {"a": "A2"})
    assert cache.get("one", ["a", ""]) == {"a": "A2", "": "empty"}


def test_many_texts_and_odd_ones(cache):
    texts = [f"text {number}" for number in range(1700)] + ["\ud800 half a pair", "null\0inside", "日本"]
    cache.put("one", {text: str(place) for place, text in enumerate(texts)})

    assert cache.get("one", texts) == {text: str(place) for place, text in enumerate(texts)}


def test_it_outlives_its_process_and_two_may_use_it_at_once(tmp_path):
    path = tmp_path / "new" / "translations.sqlite3"
    one, other = TranslationCache(path), TranslationCache(path)
    one.put("e", {"a": "A"})
    other.put("e", {"b": "B"})

    assert one.get("e", ["a", "b"]) == other.get("e", ["a", "b"]) == {"a": "A", "b": "B"}
    one.close()
    other.close()
    assert TranslationCache(path).get("e", ["a"]) == {"a": "A"}


def test_a_file_that_is_none_of_its_kind(tmp_path):
    path = tmp_path / "translations.sqlite3"
    path.write_text("not a database, but long enough to be taken for one's header " * 20)

    with pytest.raises(DataError, match=r"translations\.sqlite3: .*file is not a database; remove it"):
        TranslationCache(path)


def test_a_full_disk_stores_all_of_a_batch_or_nothing(cache):
    cache.put("e", {"kept": "1"})
    pages = cache._connection.execute("PRAGMA page_count").fetchone()[0]
    cache._connection.execute(f"PRAGMA max_page_count={pages + 2}")

    with pytest.raises(DataError, match="full; free some space and run it again: what was stored before is kept"):
        cache.put("e", {f"text {number}": "x" * 2000 for number in range(100)})
    assert cache.get("e", ["kept", "text 0", "text 1"]) == {"kept": "1"}


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(DataError, match="the translation cache cannot be used"):
        TranslationCache(tmp_path / "file" / "translations.sqlite3")


def test_a_file_of_another_program_is_left_as_it_is(tmp_path):
    path = tmp_path / "translations.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE checked_translations (other TEXT)")

    with pytest.raises(DataError, match="no such column"):
        TranslationCache(path).get("e", ["a"])


def test_every_flipped_bit_of_a_translation_is_noticed(tmp_path, caplog):
    path = tmp_path / "translations.sqlite3"
    cache = TranslationCache(path)
    cache.put("engine", {"one": "uno, dos, \u00fc", "two": "dos"})
    cache.close()
    content = path.read_bytes()
    at = content.index("uno, dos, \u00fc".encode())

    for bit in range(at * 8, (at + len("uno, dos, \u00fc".encode())) * 8):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        cache = TranslationCache(path)
        assert cache.get("engine", ["one", "two"]) == {"two": "dos"}
        cache.close()
    assert "1 translations are damaged and made anew" in caplog.text


def test_a_value_of_another_type_is_noticed(tmp_path):
    path = tmp_path / "translations.sqlite3"
    cache = TranslationCache(path)
    cache.put("engine", {"one": "uno", "two": "dos"})
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE checked_translations SET text = 7 WHERE text = ?", (b"uno",))
    assert cache.get("engine", ["one", "two"]) == {"two": "dos"}
    cache.close()


def refuse_unasked(path):
    with pytest.raises(DataError, match="let this user read and write it, or choose another place"):
        TranslationCache(path).put("engine", {"one": "uno"})


def test_a_cache_that_must_not_be_written_is_not_damaged(tmp_path, as_nobody):
    path = tmp_path / "translations.sqlite3"
    TranslationCache(path).close()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)

    as_nobody(refuse_unasked, path)
