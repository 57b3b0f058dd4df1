"""What produced a figure: versions, machine and commit, recorded beside every result."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = ("torch", "transformers", "sentence-transformers", "tokenizers", "numpy", "pyarrow")


def versions() -> dict[str, str]:
    """Return the versions of Python, of this package and of those that a figure depends on."""
    from equilingua import __version__

    installed = {"python": platform.python_version(), "equilingua": __version__}
    for package in _PACKAGES:
        try:
            installed[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    revision = commit()
    return installed | ({"commit": revision} if revision else {})


@lru_cache(maxsize=1)
def commit() -> str | None:
    """Return the commit of the checkout that this package runs from ("+" when it has changes), or None."""
    here = Path(__file__).resolve().parent
    git = ["git", "-C", str(here)]
    try:
        tracked = _run([*git, "ls-files", "--error-unmatch", __file__])
        head = _run([*git, "rev-parse", "--short=12", "HEAD"])
        changed = _run([*git, "status", "--porcelain", "--untracked-files=no"])
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changed else "") if tracked else None


def machine() -> dict[str, Any]:
    """Return the processor, usable cores, memory in GiB, accelerators and system of this machine.

    Accelerators only if torch is loaded: where it is not, none was used.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    record: dict[str, Any] = {"system": platform.platform(), "processor": processor(), "cores": cores}
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        record["memory_gib"] = round(memory / 2**30, 1)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        record["accelerators"] = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return record


@lru_cache(maxsize=1)
def processor() -> str:
    """Return the processor's name, with those of its abilities that matter to speed."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    flags = [flag for flag in ("avx512_bf16", "avx512_vnni", "amx_bf16") if flag in fields.get("flags", "")]
    return " ".join([fields.get("model name", platform.machine()), *flags])


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()
