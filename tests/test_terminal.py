"""Texts of users on the terminal: shown, never obeyed, whatever the terminal's encoding."""

import io
import json
import os
import subprocess
import sys

import pytest
from rich.table import Table

from equilingua import terminal

NASTY = "[red]no[/red]\x1b[31m:smile:\x1b]0;title\x07\x9b2J\u202edne\r\x00\udcff"
PLAIN = "[red]no[/red]:smile:dne\ufffd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (NASTY, PLAIN),
        ("a\n\tb – ő ไทย 中文 🙂", "a\n\tb – ő ไทย 中文 🙂"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        # What is never closed takes nothing with it.
        ("\x1b]0;never closed", "0;never closed"),
        ("\x1b", ""),
    ],
)
def test_what_a_terminal_would_obey_is_left_out(text, shown):
    assert terminal.plain(text) == shown


def test_lines_and_tables_show_plain_text(capsys):
    terminal.say(NASTY)
    table = Table(NASTY, title=NASTY)
    table.add_row(NASTY)
    console = terminal.console()
    console.print(table)
    console.print(NASTY)

    out = capsys.readouterr().out
    assert out.count(PLAIN) == 5
    assert "\x1b" not in out


def test_json_keeps_what_it_escapes(capsys):
    terminal.say_json({"text": NASTY, "ü": "中"})

    out = capsys.readouterr().out
    assert json.loads(out)["text"] == NASTY
    assert "中" in out
    assert not set("\x1b\x9b\u202e\udcff") & set(out)


def test_a_stream_of_any_encoding_takes_any_text(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    terminal.tolerate_encodings()
    terminal.say("é 中")
    terminal.say_json("é 中")

    assert written.getvalue() == b'\xe9 \\u4e2d\n"\\u00e9 \\u4e2d"\n'


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_commands_work_where_the_terminal_is_not_utf_8(tmp_path, encoding):
    name = "[b]Größe\x1b[31m 中.jsonl"
    record = {"group": "1", "language": "en", "query": "q", "passage": "p", "source": "中\x1b[2J[b]"}
    (tmp_path / name).write_text(json.dumps(record), encoding="utf-8")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "equilingua", *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": encoding, "COLUMNS": "150"},
        )

    shown, listed, refused = run("data", "stats", name), run("data", "list"), run("data", "stats", f"no{name}")
    assert (shown.returncode, listed.returncode, refused.returncode) == (0, 0, 2)
    said = (shown.stdout + shown.stderr + refused.stderr).decode(encoding)
    assert "[b]Gr" in said
    assert "\\u4e2d[b]" in said
    assert "\x1b" not in said
    assert refused.stderr.count(b"\n") == 1
