"""Files and folders that are either whole or absent: written aside, then renamed."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write a file or a folder to; on success it takes the target's place.

    On any error what was written aside is removed and the old target stays whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    _remove(aside)
    try:
        yield aside
        if target.is_dir():
            retired = target.with_name(f".{target.name}.{os.getpid()}.old")
            target.rename(retired)
            try:
                aside.rename(target)
            except OSError:
                retired.rename(target)
                raise
            _remove(retired)
        else:
            aside.replace(target)
    finally:
        _remove(aside)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all."""
    with replacing(target) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(target: Path, record: Any) -> None:  # noqa: ANN401  (anything json can write)
    """Write a record as indented JSON, whole or not at all."""
    write_text(target, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
