"""In which precision and on what kind of processor an encoder will run.

Told without loading torch where this machine has been asked before.
"""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from equilingua import cache, digests, provenance

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import torch

Precision = Literal["auto", "bfloat16", "float32"]
_NOTES = "precision"


class Arithmetic(NamedTuple):
    """What the last bits of a vector depend on, besides encoder and text.

    Attributes:
        precision: of matrix products.
        kind: of processor, by what it computes with, such as "x86_64-avx512-avx512_bf16" or "cuda-9.0".
    """

    precision: Literal["bfloat16", "float32"]
    kind: str


def expected(precision: Precision, device: str | None) -> Arithmetic:
    """Return the arithmetic of an encoder that will be loaded to a device.

    It depends on the processor, the accelerators and torch, so the answer is kept in the cache under these. It may be
    out of date where an accelerator came or went; `actual` is asked once the encoder is loaded.

    Args:
        precision: as asked for.
        device: as torch names it; None for the fastest there is.
    """
    if known := cache.recall(_NOTES, _note_name(device)):
        found = Arithmetic(*known)
        return found if precision == "auto" else found._replace(precision=precision)
    import torch
    from sentence_transformers.util import get_device_name

    return actual(precision, torch.device(device or get_device_name()), device)


def actual(precision: Precision, device: torch.device, asked: str | None = None) -> Arithmetic:
    """Return the arithmetic of a loaded encoder on its device, and note it for `expected`.

    Args:
        precision: as asked for.
        device: where the encoder is.
        asked: the device that was asked for; None for the fastest there is.
    """
    found = Arithmetic("bfloat16" if has_bfloat16(device) else "float32", kind(device))
    if cache.recall(_NOTES, _note_name(asked)) != [*found]:
        cache.note(_NOTES, _note_name(asked), found)
    return found if precision == "auto" else found._replace(precision=precision)


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether a device multiplies bfloat16 matrices faster than float32 ones."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # torch before 2.12 cannot tell, and then stays with float32.
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)() if device.type == "cpu" else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def product_dtype(device: torch.device, precision: Precision) -> torch.dtype:
    """Return the type of matrix products: "auto" is bfloat16 where the device is fast at it."""
    import torch

    low = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.bfloat16 if low else torch.float32


def autocast(device: torch.device, products: torch.dtype) -> AbstractContextManager[object]:
    """Return the context in which matrix products are of a type."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=products is torch.bfloat16)


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


def _note_name(device: str | None) -> str:
    facts = (
        platform.node(),
        provenance.processor(),
        metadata.version("torch"),
        device,
        os.environ.get("CUDA_VISIBLE_DEVICES"),
        os.environ.get("ATEN_CPU_CAPABILITY"),
        Path("/dev/nvidiactl").exists(),
    )
    return digests.of_text(repr(facts)).hex()
