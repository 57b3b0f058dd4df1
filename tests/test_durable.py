import json
import os
import random
import stat
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from equilingua import durable


def test_a_file_takes_its_place_whole(tmp_path):
    target = tmp_path / "new/folder/file.txt"
    durable.write_text(target, "först\n")
    durable.write_text(target, "zweite\n")

    assert target.read_text("utf-8") == "zweite\n"
    assert list(target.parent.iterdir()) == [target]


def test_json_keeps_its_letters(tmp_path):
    durable.write_json(tmp_path / "f.json", {"name": "ελληνικά", "n": 1})

    text = (tmp_path / "f.json").read_text("utf-8")
    assert "ελληνικά" in text
    assert text.endswith("}\n")
    assert json.loads(text) == {"name": "ελληνικά", "n": 1}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("x")])
def test_on_an_error_the_old_file_stays_and_nothing_else(tmp_path, error):
    target = tmp_path / "file"
    target.write_text("old")

    def write():
        with durable.replacing(target) as aside:
            aside.write_text("half of the n")
            raise error

    with pytest.raises(type(error)):
        write()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_cannot_be_json_leaves_the_old_file(tmp_path):
    durable.write_json(tmp_path / "f.json", [1])

    with pytest.raises(TypeError):
        durable.write_json(tmp_path / "f.json", {1, 2})
    assert json.loads((tmp_path / "f.json").read_text()) == [1]


def folder(path, content):
    path.mkdir()
    (path / "inside").write_text(content)


def test_a_folder_takes_its_place_whole(tmp_path):
    target = tmp_path / "target"
    for content in ("old", "new"):
        with durable.replacing(target) as aside:
            folder(aside, content)
            (aside / content).touch()

    assert (target / "inside").read_text() == "new"
    assert {path.name for path in target.iterdir()} == {"inside", "new"}
    assert list(tmp_path.iterdir()) == [target]


def test_on_an_error_the_old_folder_stays(tmp_path):
    target = tmp_path / "target"
    folder(target, "old")

    def write():
        with durable.replacing(target) as aside:
            folder(aside, "new")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write()
    assert (target / "inside").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_was_never_written_leaves_the_old_one(tmp_path):
    target = tmp_path / "target"
    folder(target, "old")

    with pytest.raises(FileNotFoundError), durable.replacing(target):
        pass
    assert (target / "inside").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def leftover(target, suffix="part", days=0.0):
    """What a killed process has left aside, some days ago."""
    path = target.with_name(f".{target.name}.other_host-7-0123abcd.{suffix}")
    folder(path, "left")
    at = time.time() - days * 24 * 3600
    for each in (path, path / "inside"):
        os.utime(each, (at, at))
    return path


def test_what_a_killed_process_left_long_ago_is_swept(tmp_path):
    old = leftover(tmp_path / "target", days=1.1)
    young = leftover(tmp_path / "target2", days=0.9)
    other = leftover(tmp_path / "another", days=9)

    durable.write_text(tmp_path / "target", "new")
    durable.write_text(tmp_path / "target2", "new")
    assert not old.exists()
    assert young.exists()
    assert other.exists()


def test_who_holds_the_lock_sweeps_whatever_is_left(tmp_path):
    left, other = leftover(tmp_path / "target"), leftover(tmp_path / "other")

    with durable.locked(tmp_path / "target") as waited:
        assert not waited
        assert not left.exists()
        assert other.exists()


def test_a_folder_is_swept_of_everything_left_aside(tmp_path):
    left = [leftover(tmp_path / "a.b"), leftover(tmp_path / "c", "old"), tmp_path / ".tmpXy12Za"]
    left[2].touch()
    kept = [tmp_path / ".a.lock", tmp_path / ".hidden", tmp_path / "c"]
    for path in kept:
        path.touch()

    durable.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == kept
    durable.sweep(tmp_path / "nowhere")


def test_what_its_writer_finishes_meanwhile_is_let_be(tmp_path, monkeypatch):
    leftover(tmp_path / "target")

    def finished(path):
        raise FileNotFoundError(2, "No such file", str(path))

    monkeypatch.setattr("equilingua.durable.writing._last_touched", finished)
    durable.sweep(tmp_path, seconds=1)


def test_a_folder_whose_renaming_was_cut_short_comes_back(tmp_path):
    leftover(tmp_path / "target", "old")
    leftover(tmp_path / "target", "part")

    durable.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert (tmp_path / "target/inside").read_text() == "left"


def test_two_that_write_the_same_do_not_meet(tmp_path):
    with durable.replacing(tmp_path / "f") as one, durable.replacing(tmp_path / "f") as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert (tmp_path / "f").read_text() == "one"
    assert list(tmp_path.iterdir()) == [tmp_path / "f"]


def test_a_lock_is_held_by_one(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    calls = []

    def wait():
        with durable.locked(tmp_path / "f", on_wait=lambda: calls.append("waits")) as waited:
            return waited

    def refuse():
        with pytest.raises(TimeoutError), durable.locked(tmp_path / "f", 0):
            pass

    with ThreadPoolExecutor() as pool:
        with durable.locked(tmp_path / "f"):
            pool.submit(refuse).result()
            waiting = pool.submit(wait)
            while not calls:
                time.sleep(0.01)
        assert waiting.result()


# What is no regular file, and links


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/file").write_text("old")
    (tmp_path / "first").symlink_to("disk/file")
    (tmp_path / "second").symlink_to(tmp_path / "first")

    durable.write_text(tmp_path / "second", "new")
    assert (tmp_path / "second").readlink() == tmp_path / "first"
    assert (tmp_path / "first").is_symlink()
    assert not (tmp_path / "disk/file").is_symlink()
    assert (tmp_path / "disk/file").read_text() == "new"
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["file"]


def test_a_link_to_a_folder_stays_and_the_folder_is_replaced(tmp_path):
    folder(tmp_path / "disk", "old")
    (tmp_path / "link").symlink_to("disk")

    with durable.replacing(tmp_path / "link") as aside:
        folder(aside, "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk/inside").read_text() == "new"


def test_a_link_to_nothing_makes_its_target(tmp_path):
    (tmp_path / "link").symlink_to("disk/file")

    durable.write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk/file").read_text() == "new"


def test_a_pipe_is_written_into(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    heard = []
    listener = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_text()))
    listener.start()

    durable.write_json(tmp_path / "pipe", {"a": 1})
    listener.join(10)
    assert json.loads(heard[0]) == {"a": 1}
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert list(tmp_path.iterdir()) == [tmp_path / "pipe"]


def test_nothing_is_written_into_a_pipe_by_what_fails(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    # Nobody reads it: to open it would hang.
    with pytest.raises(TypeError):
        durable.write_json(tmp_path / "pipe", {1, 2})


@pytest.fixture
def device(tmp_path):
    """Return a node of our own of a device as `/dev` has it, so that a mistake breaks no machine."""

    def make(minor):
        path = tmp_path / f"device-{minor}"
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            path.write_bytes(b"") if minor == 3 else path.open("rb").close()
        except OSError as error:
            pytest.skip(f"devices cannot be made here: {error}")
        return path

    return make


def test_a_device_stays_one(device, tmp_path):
    null = device(3)
    (tmp_path / "link").symlink_to(null)

    for path in (null, tmp_path / "link"):
        durable.write_text(path, "into nothing")
    assert stat.S_ISCHR(null.stat().st_mode)
    assert os.major(null.stat().st_rdev) == 1
    assert (tmp_path / "link").is_symlink()
    with pytest.raises(NotADirectoryError), durable.replacing(null) as aside:
        aside.mkdir()


def test_a_full_device_is_said(device):
    full = device(7)

    with pytest.raises(OSError, match="No space left"):
        durable.write_text(full, "x" * 10_000)
    assert stat.S_ISCHR(full.stat().st_mode)


@pytest.mark.parametrize("place", ["/dev/stdout", "out"])
def test_standard_output_in_a_file_goes_on_where_it_was(tmp_path, place):
    if place.startswith("/dev") and not os.path.exists(place):  # noqa: PTH110
        pytest.skip("this system has no /dev/stdout")
    script = f"""if True:
        from pathlib import Path
        from equilingua import durable
        print("before")
        durable.write_text(Path({place!r}), "content\\n")
        print("after")
    """
    with (tmp_path / "out").open("w") as out:
        subprocess.run([sys.executable, "-c", script], stdout=out, cwd=tmp_path, check=True)
    assert (tmp_path / "out").read_text() == "before\ncontent\nafter\n"


# Rights


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_files_have_the_rights_that_the_user_gives_new_ones(tmp_path):
    from safetensors.numpy import save_file

    durable.write_text(tmp_path / "text", "x")
    with durable.replacing(tmp_path / "folder") as aside:
        (aside / "deep").mkdir(parents=True)
        save_file({"a": np.zeros(3)}, aside / "deep/weights")
    with durable.replacing(tmp_path / "file") as aside:
        save_file({"a": np.zeros(3)}, aside)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"text": 0o640, "folder": 0o750, "deep": 0o750, "weights": 0o640, "file": 0o640}


@pytest.mark.usefixtures("umask")
def test_a_file_keeps_the_rights_that_it_was_given(tmp_path):
    (tmp_path / "text").write_text("old")
    (tmp_path / "text").chmod(0o604)

    durable.write_text(tmp_path / "text", "new")
    assert stat.S_IMODE((tmp_path / "text").stat().st_mode) == 0o604


def write_unasked(path):
    with pytest.raises(PermissionError, match="text"):
        durable.write_text(path, "new")


def test_a_file_that_must_not_be_written_is_not_replaced(tmp_path, as_nobody):
    (tmp_path / "text").write_text("old")
    (tmp_path / "text").chmod(0o444)
    tmp_path.chmod(0o777)

    as_nobody(write_unasked, tmp_path / "text")
    assert (tmp_path / "text").read_text() == "old"


# What is read back


def flipped(path, places):
    """Yield, with each of some bits of a file flipped."""
    content = path.read_bytes()
    for place in places:
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        yield
    path.write_bytes(content)


def test_a_record_comes_back_or_is_damaged(tmp_path):
    path, record = tmp_path / "f.json", {"ü": [1, 0.1, None, "x"], "7": {"a": float("inf")}}
    with pytest.raises(FileNotFoundError):
        durable.read_checked_json(path)
    durable.write_checked_json(path, record)

    assert durable.read_checked_json(path) == record
    for _ in flipped(path, range(path.stat().st_size * 8)):
        try:
            found = durable.read_checked_json(path)
        except ValueError:
            continue
        # A bit of the white space, or the case of an escape.
        assert found == record


def test_numbers_as_keys_are_texts(tmp_path):
    durable.write_checked_json(tmp_path / "f.json", {1: 2})

    assert durable.read_checked_json(tmp_path / "f.json") == {"1": 2}


def test_arrays_come_back_or_are_damaged(tmp_path):
    path = tmp_path / "deep" / "arrays.npz"
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.float32([0.5, 1e-9]), "c": np.array(["x", "yy"])}
    durable.write_arrays(path, arrays)

    def same():
        found = durable.read_arrays(path)
        return found.keys() == arrays.keys() and all(np.array_equal(found[name], arrays[name]) for name in arrays)

    assert same()
    for _ in flipped(path, range(0, path.stat().st_size * 8, 23)):
        with pytest.raises(ValueError, match="its checksum is another"):
            durable.read_arrays(path)
    for content in (b"", path.read_bytes()[:-30], b"x" * 500):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="its checksum is another"):
            durable.read_arrays(path)


def test_a_sealed_folder_is_as_it_was_or_damaged(tmp_path):
    with durable.replacing(tmp_path / "f") as aside:
        (aside / "deep").mkdir(parents=True)
        (aside / "deep/a").write_bytes(bytes(range(40)))
        (aside / "b").write_bytes(b"")
        durable.seal(aside)
    durable.check(tmp_path / "f")

    for _ in flipped(tmp_path / "f/deep/a", range(0, 320, 5)):
        with pytest.raises(ValueError, match="file 'deep/a' is not as it was written"):
            durable.check(tmp_path / "f")
    (tmp_path / "f/b").unlink()
    with pytest.raises(ValueError, match="file 'b' is missing"):
        durable.check(tmp_path / "f")
    (tmp_path / "f/.checksums.json").unlink()
    with pytest.raises(ValueError, match=r"no file '\.checksums\.json'"):
        durable.check(tmp_path / "f")


def test_only_what_was_read_is_damaged(tmp_path):
    denied = durable.unusable(tmp_path, PermissionError(13, "Permission denied"), "remove it")
    assert str(denied) == f"{tmp_path}: cannot be read: Permission denied"
    damaged = durable.unusable(tmp_path, ValueError("no JSON"), "remove it")
    assert str(damaged) == f"{tmp_path}: is damaged (no JSON): remove it"
    missing = durable.unusable(tmp_path, FileNotFoundError(2, "No such file", "deep/rows"), "remove it")
    assert str(missing) == "deep/rows: is missing: remove it"


def test_a_table_comes_back_or_is_damaged(tmp_path):
    import pyarrow as pa

    chance = random.Random(0)
    path, table = tmp_path / "t.parquet", pa.table({"text": [f"text {n * n}" for n in range(500)], "n": range(500)})
    durable.write_table(path, table)
    assert durable.read_table(path).equals(table)

    places = [chance.randrange(path.stat().st_size * 8) for _ in range(400)]
    noticed = 0
    for _ in flipped(path, places):
        try:
            found = durable.read_table(path)
        except ValueError:
            noticed += 1
            continue
        # Of what the format says beside the pages, not every bit matters; a text may come as bytes.
        assert found.cast(table.schema).equals(table)
    assert noticed > 300
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"t\.parquet"):
        durable.read_table(path)


def test_what_is_made_once_is_made_by_one(tmp_path):
    made = []

    def make(aside):
        made.append(aside)
        aside.write_text("whole")
        # Who comes meanwhile finds nothing, and waits.
        assert not (tmp_path / "f").exists()
        with pytest.raises(TimeoutError), durable.locked(tmp_path / "f", 0):
            pass

    durable.make_once(tmp_path / "f", make)
    durable.make_once(tmp_path / "f", make)
    assert (tmp_path / "f").read_text() == "whole"
    assert len(made) == 1


def test_what_is_damaged_is_said_and_made_again(tmp_path, caplog):
    def make(aside):
        aside.mkdir()
        (aside / "a").write_text("whole")
        durable.seal(aside)

    durable.make_once(tmp_path / "f", make, durable.check)
    (tmp_path / "f/a").write_text("wrong")
    durable.make_once(tmp_path / "f", make, durable.check)
    assert (tmp_path / "f/a").read_text() == "whole"
    assert caplog.messages == [f"{tmp_path / 'f'}: is damaged (file 'a' is not as it was written); it is made again"]
    durable.make_once(tmp_path / "f", make, durable.check)
    assert len(caplog.messages) == 1


def test_what_cannot_be_made_leaves_nothing(tmp_path):
    def make(aside):
        aside.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        durable.make_once(tmp_path / "f", make)
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []
