"""In which precision and on what kind of processor an encoder will run.

Told without loading torch where this machine has been asked before.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from equilingua import durable, provenance
from equilingua.places import cache_folder

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)

Known = Literal["float32", "bfloat16"]
_KNOWN: tuple[Known, ...] = ("float32", "bfloat16")


class Arithmetic(NamedTuple):
    """What the last bits of a vector depend on, besides encoder and text.

    Attributes:
        precision: of matrix products.
        kind: of processor, by what it computes with, such as "x86_64-avx512-avx512_bf16" or "cuda-9.0".
    """

    precision: Known
    kind: str


def expected(precision: Literal["auto", "float32", "bfloat16"], device: str | None) -> Arithmetic:
    """Return the arithmetic of an encoder that will be loaded to a device.

    It depends on the processor, the accelerators and torch, so the answer is kept in the cache under these. It may be
    out of date where an accelerator came or went; `actual` is asked once the encoder is loaded.

    Args:
        precision: as asked for.
        device: as torch names it; None for the fastest there is.
    """
    note = _note(device)
    try:
        known, _, found = note.read_text("utf-8").partition(" ")
    except (OSError, UnicodeDecodeError):
        known, found = "", ""
    for name in _KNOWN:
        if known == name and found:
            return Arithmetic(name if precision == "auto" else precision, found)
    import torch
    from sentence_transformers.util import get_device_name

    return actual(precision, torch.device(device or get_device_name()), device)


def actual(
    precision: Literal["auto", "float32", "bfloat16"], device: torch.device, asked: str | None = None
) -> Arithmetic:
    """Return the arithmetic of a loaded encoder on its device, and note it for `expected`.

    Args:
        precision: as asked for.
        device: where the encoder is.
        asked: the device that was asked for; None for the fastest there is.
    """
    from equilingua.encoder.encode import has_bfloat16

    found = Arithmetic("bfloat16" if has_bfloat16(device) else "float32", kind(device))
    note, text = _note(asked), " ".join(found)
    try:
        if not note.is_file() or note.read_bytes() != text.encode():
            durable.write_text(note, text)
    except OSError as error:
        _log.warning("%s: not written (%s); torch will be asked again", note, error.strerror)
    return found if precision == "auto" else found._replace(precision=precision)


def kind(device: torch.device) -> str:
    """Return by what a device computes: vectors that two devices of one kind make of a text are taken for the same."""
    import torch

    if device.type == "cuda":
        return "cuda-" + ".".join(map(str, torch.cuda.get_device_capability(device)))
    if device.type != "cpu":
        return device.type
    # What torch's own kernels use, which ATEN_CPU_CAPABILITY may limit; and the units that multiply bfloat16.
    parts = [platform.machine(), torch.backends.cpu.get_cpu_capability().lower()]
    able: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return "-".join(parts + [unit for unit in ("avx512_bf16", "amx_bf16") if able.get(unit)])


def _note(device: str | None) -> Path:
    facts = (
        platform.node(),
        provenance.processor(),
        metadata.version("torch"),
        device,
        os.environ.get("CUDA_VISIBLE_DEVICES"),
        os.environ.get("ATEN_CPU_CAPABILITY"),
        Path("/dev/nvidiactl").exists(),
    )
    return cache_folder() / "precision" / hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
