import gzip
import sys
import unicodedata

import pyarrow as pa
import pytest

from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError


def test_lines_are_numbered_and_end_at_line_feeds_alone(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes("\ufeffeins\u2028zwei\r\ndrei\x85vier".encode())

    assert list(text_lines.of_file(path)) == [(f"{path}:1", "eins\u2028zwei"), (f"{path}:2", "drei\x85vier")]


def test_compressed_files_and_those_cut_short(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    plain = b'{"a": 1}\n' * 5000
    content = gzip.compress(plain)
    path.write_bytes(content)
    assert len(list(text_lines.of_file(path))) == 5000

    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"a\.jsonl\.gz: damaged or cut short"):
        list(text_lines.of_file(path))
    path.write_bytes(b"a browser has unpacked it")
    assert len(list(text_lines.of_file(path))) == 1
    packed = pa.compress(plain, codec="zstd", asbytes=True)
    path.write_bytes(packed + packed)
    assert len(list(text_lines.of_file(path))) == 10_000
    path.write_bytes(packed[:-3])
    with pytest.raises(DataError, match=r"a\.jsonl\.gz: damaged or cut short"):
        list(text_lines.of_file(path))


def test_bad_lines_are_named(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    with pytest.raises(DataError, match=r"a\.txt: cannot be read: No such file"):
        list(text_lines.of_file(path))
    path.write_bytes(b"fine\nb\xe4d\n")
    with pytest.raises(DataError, match=r"a\.txt:2: byte 2 of the line is not UTF-8"):
        list(text_lines.of_file(path))
    path.write_bytes(b"fine\n" + b"x" * 100)
    monkeypatch.setattr(text_lines, "LONGEST_LINE", 50)
    with pytest.raises(DataError, match=r"a\.txt:2: the line is longer than"):
        list(text_lines.of_file(path))


@pytest.mark.parametrize(
    "text",
    [
        " \t\r\n",
        "\u200b",
        "\u00ad",
        "\u00a0\u2003",
        "\ufeff",
        "\x00\x07",
        "\u200e\u202b",
        "\u3164\uffa0",
        "\u2800",
        "\ufe0f",
    ],
    ids=["spaces", "zero width", "soft hyphen", "wide", "mark", "control", "bidi", "Hangul", "Braille", "variation"],
)
def test_a_text_that_shows_nothing_is_empty(text):
    assert text_lines.tidy(text) == ""
    assert text_lines.tidy(f" {text}x ").endswith("x")


def test_every_letter_number_sign_and_mark_shows():
    hidden = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if not text_lines.tidy(character) and unicodedata.category(character)[0] not in "CZ"
    }

    assert {unicodedata.name(character).split()[0] for character in hidden} <= {
        "BRAILLE", "COMBINING", "HALFWIDTH", "HANGUL", "KHMER", "MONGOLIAN", "VARIATION"
    }  # fmt: skip
    assert text_lines.tidy("\u200eשלום\u200f") == "\u200eשלום\u200f"


def test_a_row_over_a_megabyte_is_read(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("ä" * (3 << 20) + "\n", encoding="utf-8")

    ((_, line),) = text_lines.of_file(path)
    assert len(line) == 3 << 20
