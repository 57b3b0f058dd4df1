import pytest

from equilingua import cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.usefixtures("folder")
def test_what_was_noted_is_recalled_under_its_kind_and_name():
    cache.note("colours", "sky", {"blue": [1, 2]})
    cache.note("colours", "grass", "green")

    assert cache.recall("colours", "sky") == {"blue": [1, 2]}
    assert cache.recall("colours", "grass") == "green"
    assert cache.recall("colours", "sea") is None
    assert cache.recall("sounds", "sky") is None
    cache.note("colours", "sky", "grey")
    assert cache.recall("colours", "sky") == "grey"


def test_every_flipped_bit_is_said_and_nothing_is_recalled(folder, caplog):
    cache.note("colours", "sky", ["blue", 17])
    (path,) = folder.rglob("*.json")
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            caplog.clear()
            found = cache.recall("colours", "sky")
            # White space between the parts says nothing.
            assert found == ["blue", 17] or (found is None and str(path) in caplog.text)
    path.write_bytes(whole[: len(whole) // 2])
    assert cache.recall("colours", "sky") is None


def test_a_cache_that_cannot_be_written_costs_time_only(folder, caplog):
    folder.write_text("a file where the folder should be")

    cache.note("colours", "sky", "blue")
    assert "not written" in caplog.text
    assert cache.recall("colours", "sky") is None


def test_a_note_that_must_not_be_read_is_said(folder, as_nobody):
    cache.note("colours", "sky", "blue")
    (path,) = folder.rglob("*.json")
    path.chmod(0o600)

    assert as_nobody(cache.recall, "colours", "sky") is None
