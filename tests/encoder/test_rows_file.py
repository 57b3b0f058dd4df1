import multiprocessing

import numpy as np
import pytest

from equilingua.encoder.rows_file import RowsFile
from equilingua.errors import DataError

OFFSETS = np.array([0, 2, 2, 5, 6])


def opened(folder, offsets=OFFSETS):
    return RowsFile.open(folder, offsets, dim=3, dtype="<f4")


def block(number, value=None):
    rows = int(OFFSETS[number + 1] - OFFSETS[number])
    return np.full((rows, 3), number if value is None else value, np.float32)


def test_blocks_come_back_in_the_order_asked_for(tmp_path):
    file = opened(tmp_path / "rows")
    file.write(np.array([2, 0, 1]), [block(2), block(0), block(1)])

    again = opened(tmp_path / "rows")
    assert again.there(np.arange(4)).tolist() == [True, True, True, False]
    assert again.read(np.array([2, 1, 0, 2]))[:, 0].tolist() == [2, 2, 2, 0, 0, 2, 2, 2]
    assert again.read(np.array([1])).shape == (0, 3)


def test_the_file_is_sparse(tmp_path):
    offsets = np.arange(0, 10**8 + 1, 10**6)
    file = opened(tmp_path / "rows", offsets=offsets)

    assert file.bytes == 10**8 * 12
    assert (tmp_path / "rows" / "rows").stat().st_blocks * 512 < 10**6


def test_a_block_is_written_once(tmp_path):
    file = opened(tmp_path / "rows")
    file.write(np.array([2]), [block(2)])
    file.write(np.array([2, 3]), [block(2, 9.0), block(3)])

    assert file.read(np.array([2, 3]))[:, 0].tolist() == [2, 2, 2, 3]


def test_what_fails_does_not_count(tmp_path, monkeypatch):
    file = opened(tmp_path / "rows")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        file.write(np.array([0]), [block(0)])
    assert not file.there(np.array([0]))[0]


@pytest.mark.parametrize("name", ["rows", "done"])
def test_a_file_of_another_size_is_said_and_begun_anew(tmp_path, caplog, name):
    opened(tmp_path / "rows").write(np.array([0]), [block(0)])
    with (tmp_path / "rows" / name).open("r+b") as file:
        file.truncate(1)

    assert not opened(tmp_path / "rows").there(np.arange(4)).any()
    assert f"rows: is damaged (file '{name}' has another size); it is made again" in caplog.text


@pytest.mark.parametrize("name", ["rows", "done"])
def test_every_flipped_bit_is_noticed(tmp_path, name):
    file = opened(tmp_path / "rows")
    file.write(np.arange(4), [block(number) for number in range(4)])
    path = tmp_path / "rows" / name
    content = path.read_bytes()

    for bit in range(len(content) * 8):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"is damaged \(block \d has another checksum\): remove it"):
            file.read(np.arange(4))
        with pytest.raises(DataError, match="is damaged"):
            file.check(np.arange(4))


def test_a_mark_that_nobody_set_is_noticed(tmp_path):
    file = opened(tmp_path / "rows")
    for bit in range(64):
        (tmp_path / "rows/done").write_bytes((1 << bit).to_bytes(8, "little") + bytes(24))
        assert file.there(np.array([0]))[0]
        with pytest.raises(DataError, match="is damaged"):
            file.read(np.array([0]))


def open_unasked(folder):
    with pytest.raises(DataError, match=f"{folder}: cannot be read or written: Permission denied$"):
        opened(folder)


def test_rows_that_must_not_be_read_are_not_damaged(tmp_path, as_nobody):
    opened(tmp_path / "rows")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (tmp_path / "rows/done").chmod(0o600)

    as_nobody(open_unasked, tmp_path / "rows")
    assert (tmp_path / "rows/done").is_file()


def read_unasked(folder):
    assert opened(folder).read(np.array([2]))[0, 0] == 2


def test_rows_of_another_user_can_be_read(tmp_path, as_nobody):
    opened(tmp_path / "rows").write(np.array([2]), [block(2)])
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)

    as_nobody(read_unasked, tmp_path / "rows")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(DataError, match="cannot be read or written"):
        opened(tmp_path / "file" / "rows")


def _fill(folder, value):
    file = opened(folder)
    for number in range(4):
        file.write(np.array([number]), [block(number, value)])


def test_two_processes_fill_one_file(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_fill, args=(tmp_path / "rows", value)) for value in (1.0, 2.0)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(600)

    file = opened(tmp_path / "rows")
    assert file.there(np.arange(4)).all()
    for number in (0, 2, 3):
        rows = file.read(np.array([number]))
        assert rows.min() == rows.max()
        assert rows[0, 0] in {1.0, 2.0}
