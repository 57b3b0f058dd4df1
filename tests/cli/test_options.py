import os

import pytest

from equilingua.cli.options import check_json, progress_bars, write_json
from equilingua.errors import StoppedError, UsageError


@pytest.mark.parametrize("quiet", [True, False])
@pytest.mark.parametrize(("kept", "said"), [("", "interrupted"), ("half is kept", "interrupted: half is kept")])
def test_ctrl_c_says_what_is_kept(quiet, kept, said):
    with pytest.raises(StoppedError, match=f"^{said}$"), progress_bars(quiet=quiet, kept=kept):
        raise KeyboardInterrupt


def test_json_goes_into_a_device(tmp_path):
    node = tmp_path / "null"
    try:
        os.mknod(node, 0o666 | 0o020000, os.makedev(1, 3))
        node.write_text("")
    except OSError as error:
        pytest.skip(f"devices cannot be made here: {error}")

    check_json(node)
    assert write_json(node, {"a": 1})
    assert node.is_char_device()


def may_not(*places):
    for place in places:
        with pytest.raises(UsageError, match=f"--json: {place} must not be written by this user: give another place"):
            check_json(place)


def test_a_place_that_must_not_be_written_is_refused_first(tmp_path, as_nobody):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    locked, theirs, link = tmp_path / "open/locked", tmp_path / "theirs", tmp_path / "open/link"
    for file in (locked, theirs):
        file.write_text("old")
    theirs.chmod(0o666)
    link.symlink_to(theirs)

    as_nobody(may_not, locked, theirs, link, tmp_path / "new", tmp_path / "deep/new")
    as_nobody(check_json, tmp_path / "open/new")
    as_nobody(check_json, tmp_path / "open/deep/new")
