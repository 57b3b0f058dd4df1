"""The command `equilingua`: the verbs, and what a user sees when something goes wrong."""

from __future__ import annotations

import errno
import logging
import sys
import textwrap
from contextlib import suppress
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from equilingua import __version__, terminal
from equilingua.cli import compare, data, difference, evaluate, merge, recipe, report, study, train
from equilingua.errors import EquilinguaError, StoppedError
from equilingua.interruption import heed_interrupts


class _Commands(TyperGroup):
    """The verbs; typer would end an interrupted one without a word."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  (typer's own types are private)
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise StoppedError("interrupted") from None


app = typer.Typer(
    name="equilingua",
    cls=_Commands,
    help="Train and measure multilingual retrievers that rank a passage by what it says, not by its language.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("merge")(merge.merge)
app.command("difference")(difference.difference)
app.add_typer(data.app, name="data")
app.command("report")(report.report)
app.add_typer(recipe.app, name="recipe")
app.add_typer(study.app, name="study")


def _show_version(wanted: bool) -> None:
    if wanted:
        terminal.say(f"equilingua {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of every command."""
    context.obj = {"debug": debug}


def run() -> None:
    """Run the command line: one line for an error that a user can cause, and its exit code."""
    terminal.tolerate_encodings()
    logging.getLogger("equilingua").handlers = [_Warnings(logging.WARNING)]
    heed_interrupts()
    debug = "--debug" in sys.argv
    # `--debug` may stand after the verb, where people type it when a command has just failed.
    arguments = (["--debug"] if debug else []) + [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(args=arguments)
    except EquilinguaError as error:
        if debug:
            raise
        _say(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        if debug:
            raise
        _say(_system_error(error))
        sys.exit(1)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        what = textwrap.shorten(f"{type(error).__name__}: {error}", 400, placeholder=" …")
        _say(f"unexpected error: {what}; please report it, with what the same command says with --debug")
        sys.exit(1)


def _say(message: str) -> None:
    # After a SIGHUP there is no terminal any more.
    with suppress(OSError):
        terminal.say(f"equilingua: {' '.join(message.split())}", error=True)


class _Warnings(logging.Handler):
    """Prints what the package warns of, as errors are printed."""

    def emit(self, record: logging.LogRecord) -> None:
        _say(record.getMessage())


def _system_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    hint = "; free some space and run it again" if error.errno == errno.ENOSPC else ""
    return f"{where}{error.strerror or error}{hint}"
