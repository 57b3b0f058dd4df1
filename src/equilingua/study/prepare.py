"""Files that a study needs before its first run: sets split by group, translations, switched codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua import durable
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from equilingua.study.definition import Preparation


def prepare(steps: Sequence[Preparation], tell: Callable[[str], None]) -> None:
    """Make what is not there yet, in the order of the study.

    Args:
        steps: of the study.
        tell: told of each step that is taken.

    Raises:
        UsageError: a file is there that was made differently, or by somebody else.
        DataError: a step failed; its last line says why.
    """
    for step in steps:
        stamp = Path(f"{step.files[0]}.prepared.json")
        declared = step.model_dump(mode="json")
        there = [file for file in step.files if Path(file).is_file()]
        if stamp.is_file():
            if json.loads(stamp.read_text(encoding="utf-8")) != declared:
                raise UsageError(f"{step.files[0]}: was prepared differently: remove it and {stamp}, and run again")
            if len(there) == len(step.files):
                continue
        elif there:
            raise UsageError(f"{there[0]}: is there, and this study did not make it: move it away, and run again")
        _take(step, tell)
        absent = [file for file in step.files if not Path(file).is_file()]
        if absent:
            raise DataError(f"{absent[0]}: was to be made by {' '.join(step.command or ())}, and is not there")
        durable.write_json(stamp, declared)


def _take(step: Preparation, tell: Callable[[str], None]) -> None:
    for file in step.files:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    if step.split is not None:
        tell(f"splitting {step.split}")
        _split(step)
        return
    assert step.command is not None
    tell(f"equilingua {' '.join(step.command)}")
    command = [sys.executable, "-m", "equilingua", *step.command, "--quiet"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"]
        raise DataError(f"equilingua {' '.join(step.command)}: {lines[-1].removeprefix('equilingua: ')}")


def _split(step: Preparation) -> None:
    from equilingua.corpus.load import load_corpus

    assert step.split is not None
    if step.shares is None:
        parts = {part: load_corpus(step.split, split=part) for part in step.parts or ()}
    else:
        parts = load_corpus(step.split).split(step.shares, step.seed)
    for part, corpus in parts.items():
        corpus.write_parquet(Path(f"{step.to}-{part}.parquet"))
