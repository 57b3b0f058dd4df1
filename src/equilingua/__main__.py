"""`python -m equilingua` is the command `equilingua`."""

from equilingua.cli.main import run

run()
