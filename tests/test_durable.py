import json
import os

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


def test_what_a_crash_of_the_same_process_number_left_is_replaced(tmp_path):
    target = tmp_path / "target"
    left = tmp_path / f".target.{os.getpid()}.part"
    folder(left, "left")

    durable.write_text(target, "new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]
