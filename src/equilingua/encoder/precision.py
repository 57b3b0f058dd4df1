"""In which precision an encoder will run, told without loading torch where this machine has been asked before."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from equilingua import durable, provenance
from equilingua.places import cache_folder

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)

Known = Literal["float32", "bfloat16"]
_KNOWN: tuple[Known, ...] = ("float32", "bfloat16")


def expected(precision: Literal["auto", "float32", "bfloat16"], device: str | None) -> Known:
    """Return the precision of an encoder that will be loaded to a device.

    What "auto" comes to depends on the processor, the accelerators and torch, so the answer is kept in the cache under
    these. It may be out of date where an accelerator came or went; `actual` is asked once the encoder is loaded.

    Args:
        precision: as asked for.
        device: as torch names it; None for the fastest there is.
    """
    if precision != "auto":
        return precision
    note = _note(device)
    try:
        known = note.read_text("utf-8")
    except OSError:
        known = ""
    for name in _KNOWN:
        if known == name:
            return name
    import torch
    from sentence_transformers.util import get_device_name

    return actual(precision, torch.device(device or get_device_name()), device)


def actual(precision: Literal["auto", "float32", "bfloat16"], device: torch.device, asked: str | None = None) -> Known:
    """Return the precision of a loaded encoder on its device, and note it for `expected`.

    Args:
        precision: as asked for.
        device: where the encoder is.
        asked: the device that was asked for; None for the fastest there is.
    """
    if precision != "auto":
        return precision
    from equilingua.encoder.encode import has_bfloat16

    found: Known = "bfloat16" if has_bfloat16(device) else "float32"
    note = _note(asked)
    try:
        if not note.is_file() or note.read_text("utf-8") != found:
            durable.write_text(note, found)
    except OSError as error:
        _log.warning("%s: not written (%s); torch will be asked again", note, error.strerror)
    return found


def _note(device: str | None) -> Path:
    facts = (
        platform.node(),
        provenance.processor(),
        metadata.version("torch"),
        device,
        os.environ.get("CUDA_VISIBLE_DEVICES"),
        Path("/dev/nvidiactl").exists(),
    )
    return cache_folder() / "precision" / hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
