import io
import re
import sys

import pytest

from equilingua import progress
from equilingua.progress import SparseLines, of_training, progress_bars


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 1000.0)
    lines = SparseLines()
    lines.say("too early")
    lines.say("needed", now=True)
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    lines.say("late enough")
    assert capsys.readouterr().err == "needed\nlate enough\n"


def test_without_a_terminal_progress_is_lines(monkeypatch, capsys):
    with progress_bars(show=True) as report:
        for done in (1000, 500, 500):
            report("encoding [b]", done, 2000)
    assert re.fullmatch(r"encoding \[b\]: 2,000 of 2,000 \(100%\), after \d+ s\n", capsys.readouterr().err)

    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    with progress_bars(show=True) as report:
        report("reading", 7, 0)
        report("encoding", 500, 2000)
    assert re.fullmatch(
        r"reading: 7, after \d+ s\nencoding: 500 of 2,000 \(25%\), after \d+ s\n", capsys.readouterr().err
    )


def test_on_a_terminal_progress_is_bars(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress_bars(show=True) as report:
        report("encoding", 500, 2000, "loss 1.2 [b]")
    assert "500/2000" in sys.stderr.getvalue()
    assert "loss 1.2 [b]" in sys.stderr.getvalue()
    assert "after" not in sys.stderr.getvalue()


def test_an_error_before_any_news_is_the_only_line(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with pytest.raises(ValueError, match="wrong"), progress_bars(show=True):
        raise ValueError("wrong")
    assert not sys.stderr.getvalue()


def test_nothing_is_shown_unless_asked_for(capsys):
    with progress_bars(show=False) as report:
        assert report is None
        assert of_training(report, 3) == {}
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("widgets", "shown"), [(True, "_Bars"), (False, "_Log")])
def test_a_notebook_without_widgets_has_lines(monkeypatch, widgets, shown):
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr(progress, "find_spec", lambda _: widgets or None)
    with progress_bars(show=True) as report:
        assert type(report).__name__ == shown


def test_what_is_left_of_a_long_stage_is_said(monkeypatch, capsys):
    clock = iter(range(0, 10**6, 60))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress_bars(show=True) as report:
        report("training", 100, 400)
        report("training", 100, 400, "loss 1.0")
    first, last = capsys.readouterr().err.splitlines()
    assert first == "training: 100 of 400 (25%), after 60 s"
    assert re.fullmatch(r"training: 200 of 400 \(50%\), loss 1\.0, about \d+ min left, after \d+ s", last)
